#![no_main]

#[path = "../checks/mapping.rs"]
mod mapping;

libfuzzer_sys::fuzz_target!(|data: &[u8]| mapping::check(data));
