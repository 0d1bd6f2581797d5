#![no_main]

libfuzzer_sys::fuzz_target!(init: findgate_fuzz::plant("waivers"), |data: &[u8]| findgate_fuzz::waivers(data));
