#![no_main]

#[path = "../checks/credential.rs"]
mod credential;

libfuzzer_sys::fuzz_target!(|data: &[u8]| credential::check(data));
