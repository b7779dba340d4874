#![no_main]

#[path = "../checks/providers.rs"]
mod providers;

libfuzzer_sys::fuzz_target!(|data: &[u8]| providers::check(data));
