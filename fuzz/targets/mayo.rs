#![no_main]

libfuzzer_sys::fuzz_target!(init: findgate_fuzz::plant("mayo"), |data: &[u8]| findgate_fuzz::mayo(data));
