#![no_main]

libfuzzer_sys::fuzz_target!(init: findgate_fuzz::plant("address"), |data: &[u8]| findgate_fuzz::address(data));
