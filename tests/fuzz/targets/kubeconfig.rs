//! A kubeconfig: every context that it lists is either usable or refused, and no error shows a secret.

#![no_main]

use kubectl_mc::kubeconfig::Kubeconfig;
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|text: &str| {
    let Ok(kubeconfig) = Kubeconfig::from_text(text, Path::new("/nowhere/config")) else {
        return;
    };
    let _ = kubeconfig.current_context();
    for context in kubeconfig.context_names() {
        assert!(kubeconfig.has_context(context));
        let _ = kubeconfig.check(context);
        let _ = kubeconfig.access(context);
        let _ = kubeconfig.did_you_mean(context);
    }
});
