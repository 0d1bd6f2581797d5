#![no_main]

libfuzzer_sys::fuzz_target!(init: findgate_fuzz::plant("comment"), |data: &[u8]| findgate_fuzz::comment(data));
