//! The user's file of credential plugins by access provider, and what a hub publishes for it: whatever either
//! says, a server without TLS is never connected to.

use kubectl_mc::config::{AccessSettings, ClusterMapping};
use kubectl_mc::kubeconfig::Kubeconfig;
use kubectl_mc::resolve::providers::Policy;
use kubectl_mc::resolve::{Resolution, Resolver};
use std::path::Path;

/// The line between the file and the Cluster record.
const BORDER: &str = "\n---\n";

/// The file's text, and after a line of `---` a Cluster record.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (file, record) = text.split_once(BORDER).unwrap_or((&text, ""));
    let Ok(policy) = Policy::from_text(AccessSettings::default(), file, Path::new("/nowhere/providers"))
    else {
        return;
    };
    let resolver = Resolver::new(Kubeconfig::default(), ClusterMapping::default()).with_policy(policy);
    let Ok(Some(cluster)) = resolver.cluster_of_line(record) else {
        return;
    };
    let Resolution::Access(access) = cluster.resolution else {
        return;
    };
    if let Ok(connection) = resolver.connection(&access, &cluster.name) {
        let server = connection.cluster.server.unwrap_or_default();
        assert!(server.starts_with("https://"), "{server}");
        assert!(connection.cluster.insecure_skip_tls_verify.is_none());
        assert!(connection.cluster.proxy_url.is_none());
        assert!(connection.cluster.certificate_authority.is_none());
    }
}
