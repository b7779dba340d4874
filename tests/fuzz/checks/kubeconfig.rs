//! A kubeconfig: every context that it lists is either usable, with all that is needed to connect, or refused with
//! the reason.

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
        let _ = kubeconfig.did_you_mean(context);
        let endpoint = kubeconfig.endpoint(context);
        match kubeconfig.access(context) {
            Ok(access) => {
                assert_eq!(access.context, context);
                let server = access.cluster.server.unwrap_or_default();
                let (_, address) = server.split_once("://").expect("a URL");
                let named = endpoint.expect("the context's cluster is there").server;
                assert!(
                    !named.is_empty() && [server.as_str(), address].contains(&&*named),
                    "{context:?} leads to {server:?} and names {named:?}"
                );
                let is_verified = access.cluster.insecure_skip_tls_verify != Some(true);
                let has_authority = access.cluster.certificate_authority.is_some()
                    || access.cluster.certificate_authority_data.is_some();
                let has_tls = server.to_ascii_lowercase().starts_with("https://");
                assert!(
                    is_verified || !has_authority || !has_tls,
                    "{context:?} has authorities that nothing is verified with"
                );
                assert!(
                    has_tls || access.user.token.is_none() && access.user.password.is_none(),
                    "{context:?} sends credentials without TLS"
                );
            }
            Err(error) => {
                assert!(
                    error.0.contains(&format!("{context:?}")),
                    "{context:?}: {}",
                    error.0
                );
                assert!(
                    endpoint.is_none() || error.0.contains("/nowhere/config"),
                    "{}",
                    error.0
                );
            }
        }
    }
}
