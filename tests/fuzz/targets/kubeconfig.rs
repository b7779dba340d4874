#![no_main]

#[path = "../checks/kubeconfig.rs"]
mod kubeconfig;

libfuzzer_sys::fuzz_target!(|data: &[u8]| kubeconfig::check(data));
