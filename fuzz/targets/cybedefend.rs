#![no_main]

libfuzzer_sys::fuzz_target!(init: findgate_fuzz::plant("cybedefend"), |data: &[u8]| findgate_fuzz::cybedefend(data));
