//! The service account of the pod that this runs in, as a kubeconfig's context (client-go
//! `rest.InClusterConfig`).

use super::{Kubeconfig, read};
use std::path::Path;

/// The name of the context.
pub const IN_CLUSTER: &str = "in-cluster";

/// Where a pod finds its service account.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Returns a kubeconfig whose only context is the pod's service account; `None` outside of a pod.
///
/// The token is named by its file, because the kubelet replaces it before it expires.
pub(super) fn service_account() -> Option<Kubeconfig> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (host, port) = (set("KUBERNETES_SERVICE_HOST")?, set("KUBERNETES_SERVICE_PORT")?);
    of(&host, &port, Path::new(SERVICE_ACCOUNT))
}

fn of(host: &str, port: &str, folder: &Path) -> Option<Kubeconfig> {
    let token = folder.join("token");
    if !token.is_file() {
        return None;
    }
    // An IPv6 address stands in brackets.
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let path = |file: &Path| file.to_string_lossy().into_owned();
    let authority = folder.join("ca.crt");
    let namespace = std::fs::read_to_string(folder.join("namespace")).unwrap_or_default();
    let name = || IN_CLUSTER.to_owned();
    let mut config = Kubeconfig::default();
    config.merge(
        read::File {
            current_context: name(),
            clusters: vec![read::NamedCluster {
                name: name(),
                cluster: read::Cluster {
                    server: format!("https://{host}:{port}"),
                    // client-go goes on without it, too.
                    ca_file: if authority.is_file() {
                        path(&authority)
                    } else {
                        String::new()
                    },
                    ..read::Cluster::default()
                },
            }],
            users: vec![read::NamedUser {
                name: name(),
                user: read::User {
                    token_file: path(&token),
                    ..read::User::default()
                },
            }],
            contexts: vec![read::NamedContext {
                name: name(),
                context: read::Context {
                    cluster: name(),
                    user: name(),
                    namespace: namespace.trim().to_owned(),
                },
            }],
            ..read::File::default()
        },
        folder,
    );
    Some(config)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{IN_CLUSTER, of};

    #[test]
    fn the_service_account_of_a_pod_is_a_context() {
        let folder = tempfile::tempdir().unwrap();
        assert!(of("10.0.0.1", "443", folder.path()).is_none());
        std::fs::write(folder.path().join("token"), "t").unwrap();
        let access = of("fd00::1", "6443", folder.path())
            .unwrap()
            .access(IN_CLUSTER)
            .unwrap();
        assert_eq!(access.cluster.server.as_deref(), Some("https://[fd00::1]:6443"));
        assert_eq!(
            (access.cluster.certificate_authority, access.namespace),
            (None, None)
        );
        std::fs::write(folder.path().join("ca.crt"), "").unwrap();
        std::fs::write(folder.path().join("namespace"), "kubectl-mc\n").unwrap();
        let config = of("10.0.0.1", "443", folder.path()).unwrap();
        assert_eq!(config.current_context(), Some(IN_CLUSTER));
        let access = config.access(IN_CLUSTER).unwrap();
        assert_eq!(access.cluster.server.as_deref(), Some("https://10.0.0.1:443"));
        assert_eq!(access.namespace.as_deref(), Some("kubectl-mc"));
        let file = |name: &str| Some(folder.path().join(name).display().to_string());
        assert_eq!(access.cluster.certificate_authority, file("ca.crt"));
        // By its file: it is replaced while we run.
        assert_eq!(
            (access.user.token_file, access.user.token.is_none()),
            (file("token"), true)
        );
    }
}
