//! The service account of the pod that the process runs in, as a context (client-go `rest.InClusterConfig`).

use super::file;
use super::merged::Merged;
use std::path::Path;

/// The name of the context.
pub const IN_CLUSTER: &str = "in-cluster";

/// The folder in which the kubelet mounts a pod's service account.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Returns a kubeconfig whose only context is the pod's service account, or `None` outside of a pod.
///
/// The user has a token file and not a token, because the kubelet replaces the token before it expires.
pub(super) fn service_account() -> Option<Merged> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (host, port) = (set("KUBERNETES_SERVICE_HOST")?, set("KUBERNETES_SERVICE_PORT")?);
    of(&host, &port, Path::new(SERVICE_ACCOUNT))
}

fn of(host: &str, port: &str, folder: &Path) -> Option<Merged> {
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
    let mut config = Merged::default();
    config.add_file(
        file::File {
            current_context: name(),
            clusters: vec![file::NamedCluster {
                name: name(),
                cluster: file::Cluster {
                    server: format!("https://{host}:{port}"),
                    // client-go does without it, too.
                    ca_file: if authority.is_file() {
                        path(&authority)
                    } else {
                        String::new()
                    },
                    ..file::Cluster::default()
                },
            }],
            users: vec![file::NamedUser {
                name: name(),
                user: file::User {
                    token_file: path(&token),
                    ..file::User::default()
                },
            }],
            contexts: vec![file::NamedContext {
                name: name(),
                context: file::Context {
                    cluster: name(),
                    user: name(),
                    namespace: namespace.trim().to_owned(),
                },
            }],
            ..file::File::default()
        },
        folder,
    );
    Some(config)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{IN_CLUSTER, of};
    use crate::kubeconfig::Kubeconfig;

    #[test]
    fn service_account_of_a_pod_becomes_a_context() {
        let folder = tempfile::tempdir().unwrap();
        assert!(of("10.0.0.1", "443", folder.path()).is_none());
        std::fs::write(folder.path().join("token"), "t").unwrap();
        let access = Kubeconfig(of("fd00::1", "6443", folder.path()).unwrap())
            .access(IN_CLUSTER)
            .unwrap();
        assert_eq!(access.cluster.server.as_deref(), Some("https://[fd00::1]:6443"));
        assert_eq!(
            (access.cluster.certificate_authority, access.namespace),
            (None, None)
        );
        std::fs::write(folder.path().join("ca.crt"), "").unwrap();
        std::fs::write(folder.path().join("namespace"), "kubectl-mc\n").unwrap();
        let config = Kubeconfig(of("10.0.0.1", "443", folder.path()).unwrap());
        assert_eq!(config.current_context(), Some(IN_CLUSTER));
        let access = config.access(IN_CLUSTER).unwrap();
        assert_eq!(access.cluster.server.as_deref(), Some("https://10.0.0.1:443"));
        assert_eq!(access.namespace.as_deref(), Some("kubectl-mc"));
        let file = |name: &str| Some(folder.path().join(name).display().to_string());
        assert_eq!(access.cluster.certificate_authority, file("ca.crt"));
        // The token is read from its file on use, because the kubelet replaces it.
        assert_eq!(
            (access.user.token_file, access.user.token.is_none()),
            (file("token"), true)
        );
    }
}
