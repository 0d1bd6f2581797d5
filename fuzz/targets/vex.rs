#![no_main]

libfuzzer_sys::fuzz_target!(init: findgate_fuzz::plant("vex"), |data: &[u8]| findgate_fuzz::vex(data));
