#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| alexnet_tui_fuzz::pth(bytes));
