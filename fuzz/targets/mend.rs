#![no_main]

libfuzzer_sys::fuzz_target!(init: findgate_fuzz::plant("mend"), |data: &[u8]| findgate_fuzz::mend(data));
