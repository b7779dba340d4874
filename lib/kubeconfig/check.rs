//! Checks that a context can be used, as kubectl does before it connects (client-go
//! `tools/clientcmd/validation.go`). The messages are kubectl's, each with a remedy.

use super::error::Error;
use super::file;
use super::merged::{Entry, Merged};
use super::proxy_url::Proxy;
use crate::error_text::io_text;
use base64::Engine as _;
use std::fs::File;
use std::path::Path;

/// A context with its cluster and user, all of them checked.
pub(super) struct Parts<'a> {
    pub context: &'a file::Context,
    pub cluster: &'a file::Cluster,
    /// `None` if the context names no user. Such a context is anonymous.
    pub user: Option<&'a file::User>,
}

/// Looks up a context and checks it.
pub(super) fn parts<'a>(config: &'a Merged, name: &str) -> Result<Parts<'a>, Error> {
    let Some(Entry { value: context, file }) = config.contexts.get(name) else {
        return Err(no_context(config, name));
    };
    let at = file.display();
    if context.cluster.is_empty() {
        return Err(Error(format!(
            "cluster was not specified for context {name:?} in {at}: \
             kubectl config set-context {name} --cluster=NAME sets it"
        )));
    }
    let Some(cluster) = config.clusters.get(&context.cluster) else {
        let near = crate::suggest::did_you_mean(&context.cluster, config.clusters.keys().map(String::as_str));
        return Err(Error(format!(
            "cluster {:?} was not found for context {name:?} in {at}{near}: \
             kubectl config set-context {name} --cluster=NAME corrects it",
            context.cluster
        )));
    };
    let user = if context.user.is_empty() {
        None
    } else if let Some(user) = config.users.get(&context.user) {
        Some(user)
    } else {
        // kubectl would continue without credentials, and the server would answer 401 or 403.
        let near = crate::suggest::did_you_mean(&context.user, config.users.keys().map(String::as_str));
        return Err(Error(format!(
            "user {:?} was not found for context {name:?} in {at}{near}: \
             kubectl config set-context {name} --user=NAME corrects it",
            context.user
        )));
    };

    let mut problems = Vec::new();
    check_cluster(&context.cluster, &cluster.value, &mut problems);
    report(name, &problems, "cluster", &context.cluster, &cluster.file)?;
    if let Some(user) = user {
        let tls = has_tls(&cluster.value.server);
        check_user(&context.user, &user.value, tls, &mut problems);
        report(name, &problems, "user", &context.user, &user.file)?;
    }
    Ok(Parts {
        context,
        cluster: &cluster.value,
        user: user.map(|user| &user.value),
    })
}

fn no_context(config: &Merged, name: &str) -> Error {
    let looked = || {
        let files: Vec<String> = config
            .files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        files.join(", ")
    };
    let what = format!("context {name:?} does not exist");
    Error(if config.context_names.is_empty() {
        match looked() {
            files if files.is_empty() => format!("{what}: there is no kubeconfig; set KUBECONFIG or HOME"),
            files => format!("{what}: there are no contexts in {files}; set KUBECONFIG or --kubeconfig"),
        }
    } else {
        format!(
            "{what}{}: kubectl config get-contexts lists what is there",
            config.did_you_mean(name)
        )
    })
}

fn report(context: &str, problems: &[String], section: &str, name: &str, file: &Path) -> Result<(), Error> {
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error(format!(
        "context {context:?} cannot be used: {} (correct {section} {name:?} in {})",
        problems.join("; "),
        file.display()
    )))
}

/// Returns true if a server is reached with TLS. One without a scheme is not (client-go `rest.DefaultServerURL` before
/// the CA is known).
pub(super) fn has_tls(server: &str) -> bool {
    server
        .get(..8)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
}

fn check_cluster(name: &str, cluster: &file::Cluster, problems: &mut Vec<String>) {
    if cluster.server.is_empty() {
        problems.push(format!("no server found for cluster {name:?}"));
    }
    if !cluster.proxy_url.is_empty() {
        // The rest of the URL may contain a password.
        let scheme = cluster
            .proxy_url
            .split_once("://")
            .map_or("http", |(scheme, _)| scheme)
            .to_ascii_lowercase();
        if !matches!(scheme.as_str(), "http" | "https" | "socks5" | "socks5h") {
            problems.push(format!(
                "invalid 'proxy-url' for cluster {name:?}: unsupported scheme {scheme:?}, must be http, \
                 https, or socks5"
            ));
        } else if let Err(what) = Proxy::parse(&cluster.proxy_url) {
            problems.push(format!("invalid 'proxy-url' for cluster {name:?}: it {what}"));
        }
    }
    let has_data = !cluster.ca_data.is_empty();
    if !cluster.ca_file.is_empty() {
        if has_data {
            problems.push(format!(
                "certificate-authority-data and certificate-authority are both specified for {name}"
            ));
        }
        check_file("certificate-authority", &cluster.ca_file, name, problems);
    }
    if cluster.insecure.0 && (has_data || !cluster.ca_file.is_empty()) && has_tls(&cluster.server) {
        problems.push(format!(
            "specifying a root certificates file with the insecure flag is not allowed: cluster {name} has \
             both insecure-skip-tls-verify and a certificate-authority"
        ));
    }
    check_base64("certificate-authority-data", &cluster.ca_data, name, problems);
}

fn check_user(name: &str, user: &file::User, tls: bool, problems: &mut Vec<String>) {
    let has_data = !user.certificate_data.is_empty();
    if !user.certificate_file.is_empty() || has_data {
        if !user.certificate_file.is_empty() && has_data {
            problems.push(format!(
                "client-certificate-data and client-certificate are both specified for {name}"
            ));
        }
        if !user.key_file.is_empty() && !user.key_data.is_empty() {
            problems.push(format!(
                "client-key-data and client-key are both specified for {name}"
            ));
        }
        if user.key_file.is_empty() && user.key_data.is_empty() {
            problems.push(format!(
                "client-key-data or client-key must be specified for {name} to use the clientCert \
                 authentication method"
            ));
        }
        check_file("client-certificate", &user.certificate_file, name, problems);
        check_file("client-key", &user.key_file, name, problems);
    }
    check_base64("client-certificate-data", &user.certificate_data, name, problems);
    check_base64("client-key-data", &user.key_data, name, problems);
    // If there is a token, the file may be missing. kubectl reads it only for TLS.
    if user.token.is_empty() && tls {
        check_file("tokenFile", &user.token_file, name, problems);
    }
    if !user.token.is_empty() && (!user.username.is_empty() || !user.password.is_empty()) {
        problems.push(format!(
            "more than one authentication method found for {name}; found [token basicAuth], only one is \
             allowed"
        ));
    }
    if let Some(exec) = &user.exec {
        if user.auth_provider.is_some() {
            problems.push(format!(
                "authProvider cannot be provided in combination with an exec plugin for {name}"
            ));
        }
        check_exec(name, exec, problems);
    }
    let impersonates = !user.impersonate_uid.is_empty()
        || !user.impersonate_groups.is_empty()
        || !user.impersonate_extra.is_empty();
    if impersonates && user.impersonate.is_empty() {
        problems.push(format!(
            "requesting uid, groups or user-extra for {name} without impersonating a user"
        ));
    }
}

fn check_exec(name: &str, exec: &file::Exec, problems: &mut Vec<String>) {
    let mut must = |what: &str| {
        problems.push(format!(
            "{what} must be specified for {name} to use exec authentication plugin"
        ));
    };
    if exec.command.is_empty() {
        must("command");
    }
    if exec.api_version.is_empty() {
        must("apiVersion");
    }
    if exec.env.iter().any(|variable| variable.name.is_empty()) {
        must("env variable name");
    }
    match interactive_mode(exec) {
        "" => must("interactiveMode"),
        "Never" | "IfAvailable" | "Always" => {}
        other => problems.push(format!(
            "invalid interactiveMode for {name}: {other:?}, must be Never, IfAvailable or Always"
        )),
    }
}

/// Returns the mode, with client-go's default for the API's beta versions (`api/v1/defaults.go`).
pub(super) fn interactive_mode(exec: &file::Exec) -> &str {
    match (exec.interactive_mode.as_str(), exec.api_version.as_str()) {
        ("", "client.authentication.k8s.io/v1beta1" | "client.authentication.k8s.io/v1alpha1") => {
            "IfAvailable"
        }
        (mode, _) => mode,
    }
}

fn check_file(field: &str, file: &str, name: &str, problems: &mut Vec<String>) {
    if file.is_empty() {
        return;
    }
    if let Err(error) = File::open(file) {
        problems.push(format!(
            "unable to read {field} {file} for {name}: {}",
            io_text(&error)
        ));
    }
}

fn check_base64(field: &str, data: &str, name: &str, problems: &mut Vec<String>) {
    if decode(data).is_none() {
        problems.push(format!("{field} of {name} is not base64"));
    }
}

/// Decodes base64 as Go does: line breaks are skipped, and the unused bits of the last character may be set.
pub(crate) fn decode(data: &str) -> Option<Vec<u8>> {
    const LENIENT: base64::engine::GeneralPurpose = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    if memchr::memchr2(b'\r', b'\n', data.as_bytes()).is_some() {
        LENIENT.decode(data.replace(['\r', '\n'], "")).ok()
    } else {
        LENIENT.decode(data).ok()
    }
}
