#![no_main]

libfuzzer_sys::fuzz_target!(init: findgate_fuzz::plant("sarif"), |data: &[u8]| findgate_fuzz::sarif(data));
