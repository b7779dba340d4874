//! Converts a context to kube's types.

use super::access::Access;
use super::check::{self, Parts};
use super::file;
use crate::percent;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::config::{AuthInfo, AuthProviderConfig, Cluster, ExecConfig, ExecInteractiveMode, NamedExtension};
use std::collections::HashMap;

/// Returns a checked context as what is needed to connect.
pub(super) fn access(name: &str, parts: &Parts<'_>) -> Access {
    let mut user = parts.user.map(auth_info).unwrap_or_default();
    let (server, login) = without_login(&parts.cluster.server);
    if !check::has_tls(&parts.cluster.server) {
        user = AuthInfo {
            impersonate: user.impersonate,
            impersonate_uid: user.impersonate_uid,
            impersonate_groups: user.impersonate_groups,
            impersonate_user_extra: user.impersonate_user_extra,
            ..AuthInfo::default()
        };
    } else if let Some((name, password)) = login {
        // Go's HTTP client sends the name and password of the URL, and client-go adds no other credential to a request
        // that has one.
        user = AuthInfo {
            username: Some(name),
            password: Some(password.into()),
            token: None,
            token_file: None,
            exec: None,
            auth_provider: None,
            ..user
        };
    }
    Access {
        context: name.to_owned(),
        cluster: cluster(parts.cluster, &server),
        user,
        namespace: filled(&parts.context.namespace),
        origin: None,
    }
}

/// Splits the name and the password off a server's URL (`https://name:password@host`), so that no message shows them.
pub(super) fn without_login(server: &str) -> (String, Option<(String, String)>) {
    let start = server.find("://").map_or(0, |at| at + "://".len());
    let end = server[start..]
        .find(['/', '?', '#'])
        .map_or(server.len(), |at| start + at);
    let Some(at) = server[start..end].rfind('@').map(|at| start + at) else {
        return (server.to_owned(), None);
    };
    let login = &server[start..at];
    let (name, password) = login.split_once(':').unwrap_or((login, ""));
    (
        format!("{}{}", &server[..start], &server[at + 1..]),
        Some((percent::decode(name), percent::decode(password))),
    )
}

fn cluster(cluster: &file::Cluster, server: &str) -> Cluster {
    let server = if server.contains("://") {
        server.to_owned()
    } else {
        format!("http://{server}")
    };
    let extensions: Vec<NamedExtension> = cluster
        .extensions
        .iter()
        .map(|entry| NamedExtension {
            name: entry.name.clone(),
            extension: entry.extension.clone(),
        })
        .collect();
    Cluster {
        server: Some(server),
        insecure_skip_tls_verify: Some(cluster.insecure.0),
        certificate_authority: filled(&cluster.ca_file),
        certificate_authority_data: data(&cluster.ca_data),
        proxy_url: filled(&cluster.proxy_url),
        disable_compression: Some(cluster.disable_compression.0),
        tls_server_name: filled(&cluster.tls_server_name),
        extensions: (!extensions.is_empty()).then_some(extensions),
        ..Cluster::default()
    }
}

fn auth_info(user: &file::User) -> AuthInfo {
    let groups = texts(&user.impersonate_groups);
    let extra: HashMap<String, Vec<String>> = user
        .impersonate_extra
        .iter()
        .map(|(key, values)| (key.clone(), texts(values.as_deref().unwrap_or_default())))
        .collect();
    AuthInfo {
        username: filled(&user.username),
        password: filled(&user.password).map(Into::into),
        token: filled(&user.token).map(Into::into),
        token_file: filled(&user.token_file),
        client_certificate: filled(&user.certificate_file),
        client_certificate_data: data(&user.certificate_data),
        client_key: filled(&user.key_file),
        client_key_data: data(&user.key_data).map(Into::into),
        impersonate: filled(&user.impersonate),
        impersonate_uid: filled(&user.impersonate_uid),
        impersonate_groups: (!groups.is_empty()).then_some(groups),
        impersonate_user_extra: (!extra.is_empty()).then_some(extra),
        auth_provider: user.auth_provider.as_ref().map(|provider| AuthProviderConfig {
            name: provider.name.clone(),
            config: provider
                .config
                .iter()
                .map(|(key, value)| (key.clone(), value.clone().unwrap_or_default()))
                .collect(),
            ..AuthProviderConfig::default()
        }),
        exec: user.exec.as_ref().map(exec),
        ..AuthInfo::default()
    }
}

fn exec(exec: &file::Exec) -> ExecConfig {
    let args = texts(&exec.args);
    let env: Vec<HashMap<String, String>> = exec
        .env
        .iter()
        .map(|variable| {
            HashMap::from([
                ("name".to_owned(), variable.name.clone()),
                ("value".to_owned(), variable.value.clone()),
            ])
        })
        .collect();
    ExecConfig {
        api_version: filled(&exec.api_version),
        command: filled(&exec.command),
        args: (!args.is_empty()).then_some(args),
        env: (!env.is_empty()).then_some(env),
        install_hint: filled(&exec.install_hint),
        interactive_mode: match check::interactive_mode(exec) {
            "Never" => Some(ExecInteractiveMode::Never),
            "IfAvailable" => Some(ExecInteractiveMode::IfAvailable),
            "Always" => Some(ExecInteractiveMode::Always),
            _ => None,
        },
        provide_cluster_info: exec.provide_cluster_info.0,
        ..ExecConfig::default()
    }
}

/// Returns `None` for an empty string, which in Go's types is the same as an absent one.
fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn texts(values: &[Option<String>]) -> Vec<String> {
    values
        .iter()
        .map(|value| value.clone().unwrap_or_default())
        .collect()
}

/// Rewrites base64 that only Go's lenient reader takes in its strict form.
fn data(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    if !text.ends_with('=') && !text.contains(['\r', '\n']) {
        return Some(text.to_owned());
    }
    check::decode(text).map(|bytes| STANDARD.encode(bytes))
}
