//! A kubeconfig: every context that it lists is either usable or refused.

use kubectl_mc::kubeconfig::Kubeconfig;
use std::path::Path;

/// A file's text.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(kubeconfig) = Kubeconfig::from_text(&text, Path::new("/nowhere/config")) else {
        return;
    };
    let _ = kubeconfig.current_context();
    for context in kubeconfig.context_names() {
        assert!(kubeconfig.has_context(context));
        let checked = kubeconfig.check(context).is_ok();
        let usable = kubeconfig.access(context).is_ok();
        assert!(checked || !usable, "{context:?} cannot be used and is");
        let _ = kubeconfig.did_you_mean(context);
    }
}
