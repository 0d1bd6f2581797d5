#![no_main]

libfuzzer_sys::fuzz_target!(init: findgate_fuzz::plant("policy"), |data: &[u8]| findgate_fuzz::policy(data));
