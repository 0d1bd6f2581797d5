#![no_main]

libfuzzer_sys::fuzz_target!(init: findgate_fuzz::plant("appsecplus"), |data: &[u8]| findgate_fuzz::appsecplus(data));
