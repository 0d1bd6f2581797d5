#![no_main]

libfuzzer_sys::fuzz_target!(init: findgate_fuzz::plant("snapshot"), |data: &[u8]| findgate_fuzz::snapshot(data));
