#![no_main]

libfuzzer_sys::fuzz_target!(init: findgate_fuzz::plant("evaluation"), |data: &[u8]| findgate_fuzz::evaluation(data));
