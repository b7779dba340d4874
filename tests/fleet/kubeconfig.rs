//! The kubeconfig of a fleet.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::certs::ClientIdentity;

/// One cluster, its user and its context, which share a name.
pub struct Entry<'a> {
    /// The name of all three.
    pub name: &'a str,
    /// `https://127.0.0.1:port`.
    pub server: &'a str,
    /// The CA, unless the server speaks plain http.
    pub ca_pem: Option<&'a str>,
    /// How the user proves who they are.
    pub credential: Credential<'a>,
}

/// The credentials of a user.
pub enum Credential<'a> {
    /// A bearer token.
    Token(&'a str),
    /// A client certificate.
    Certificate(&'a ClientIdentity),
}

/// Renders a kubeconfig whose current context is `current`.
pub fn render(entries: &[Entry<'_>], current: &str) -> String {
    use std::fmt::Write as _;
    let (mut clusters, mut users, mut contexts) = (String::new(), String::new(), String::new());
    for Entry {
        name,
        server,
        ca_pem,
        credential,
    } in entries
    {
        // JSON strings are YAML strings.
        let name = serde_json::to_string(name).unwrap_or_default();
        let _ = write!(clusters, "- name: {name}\n  cluster:\n    server: {server}\n");
        if let Some(pem) = ca_pem {
            let _ = writeln!(
                clusters,
                "    certificate-authority-data: {}",
                STANDARD.encode(pem)
            );
        }
        let _ = write!(users, "- name: {name}\n  user:\n");
        let _ = match credential {
            Credential::Token(token) => writeln!(users, "    token: {token}"),
            Credential::Certificate(identity) => writeln!(
                users,
                "    client-certificate-data: {}\n    client-key-data: {}",
                STANDARD.encode(&identity.certificate_pem),
                STANDARD.encode(&identity.key_pem)
            ),
        };
        let _ = write!(
            contexts,
            "- name: {name}\n  context:\n    cluster: {name}\n    user: {name}\n"
        );
    }
    let current = serde_json::to_string(current).unwrap_or_default();
    format!(
        "apiVersion: v1\nkind: Config\nclusters:\n{clusters}users:\n{users}contexts:\n{contexts}current-context: {current}\n"
    )
}
