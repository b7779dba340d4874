//! kubectl's flags that choose one cluster or its user. They are refused, with what to use instead.

use crate::exit::Fatal;
use clap::Args;

/// kubectl's flags that choose one cluster or its user. Here there are many.
#[derive(Args, Clone, Default)]
pub struct RefusedArgs {
    #[arg(long, hide = true, global = true, value_name = "CONTEXT")]
    context: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "CLUSTER")]
    cluster: Option<String>,
    #[arg(short, long, hide = true, global = true, value_name = "URL")]
    server: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "NAME")]
    tls_server_name: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "FILE")]
    certificate_authority: Option<String>,
    #[arg(long, hide = true, global = true, num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_name = "BOOL", hide_possible_values = true)]
    insecure_skip_tls_verify: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "USER")]
    user: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "TOKEN")]
    token: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "NAME")]
    username: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "PASSWORD")]
    password: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "FILE")]
    client_certificate: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "FILE")]
    client_key: Option<String>,
}

// Not derived, since it would print a token or a password.
impl std::fmt::Debug for RefusedArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefusedArgs")
    }
}

const CHOOSE: &str = "many clusters are asked at once: choose them with --clusters=NAME or --cluster-selector, \
and the hub that lists them with --hub-context";

const SERVERS: &str = "each cluster has its own server and certificate authority, those of its kubeconfig \
context: change them there, with kubectl config set-cluster";

const USERS: &str = "each cluster is asked with the credentials of its own kubeconfig context: change them \
there, with kubectl config set-credentials, or give the cluster another context in \
~/.kube/kubectl-mc-clusters.yaml";

impl RefusedArgs {
    /// Refuses the flags that were typed.
    ///
    /// # Errors
    /// One was typed. The message says what to use instead.
    pub fn refuse(&self) -> Result<(), Fatal> {
        let typed = [
            ("context", &self.context, CHOOSE),
            ("cluster", &self.cluster, CHOOSE),
            ("server", &self.server, SERVERS),
            ("tls-server-name", &self.tls_server_name, SERVERS),
            ("certificate-authority", &self.certificate_authority, SERVERS),
            (
                "insecure-skip-tls-verify",
                &self.insecure_skip_tls_verify,
                SERVERS,
            ),
            ("user", &self.user, USERS),
            ("token", &self.token, USERS),
            ("username", &self.username, USERS),
            ("password", &self.password, USERS),
            ("client-certificate", &self.client_certificate, USERS),
            ("client-key", &self.client_key, USERS),
        ];
        match typed.into_iter().find(|(_, value, _)| value.is_some()) {
            Some((flag, _, instead)) => Err(Fatal::usage(format!("--{flag} is not supported: {instead}"))),
            None => Ok(()),
        }
    }
}
