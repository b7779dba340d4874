//! A context with all that is needed to connect.

use kube::config::{AuthInfo, Cluster};
use std::fmt;
use std::path::PathBuf;

/// A context with the cluster and the user that it names. Paths are absolute (in the file they are relative to the
/// file's folder) and embedded certificates and keys are valid base64. If there are both a token and a token file, the
/// file takes precedence whenever it can be read, as in client-go.
///
/// If the server has no TLS, the user has no credentials, only an impersonated user: kubectl does not send credentials
/// to such a server either.
#[derive(Clone)]
pub struct Access {
    /// The context's name.
    pub context: String,
    /// Server, trust and proxy. The server is a URL with `http` or another scheme.
    pub cluster: Cluster,
    /// Credentials.
    pub user: AuthInfo,
    /// The context's namespace, if it has one that is not empty.
    pub namespace: Option<String>,
    /// The kubeconfig entry of the user, if it comes from a file.
    pub origin: Option<Origin>,
}

/// The place of a user's entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    /// The kubeconfig.
    pub file: PathBuf,
    /// The user's name there.
    pub user: String,
}

// Not derived: kube's types show the arguments and the environment of a credential plugin, which may contain secrets.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("context", &self.context)
            .field("server", &self.cluster.server)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}
