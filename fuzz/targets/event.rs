#![no_main]

libfuzzer_sys::fuzz_target!(init: findgate_fuzz::plant("event"), |data: &[u8]| findgate_fuzz::event(data));
