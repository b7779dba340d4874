//! Keys of the cache: texts that identify a server and a user. They contain no secrets, because files are named after
//! them.

use super::address::Server;
use super::proxy::{Environment, Proxy};
use crate::kubeconfig::Access;
use kube::config::AuthInfo;
use secrecy::ExposeSecret;

/// Returns a key for a server. It includes everything that decides which server is reached: another proxy or another
/// certificate authority may lead to a different server at the same address.
pub(crate) fn server_key(access: &Access) -> String {
    let cluster = &access.cluster;
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let parts = [
        text(&cluster.server),
        proxy(access),
        text(&cluster.tls_server_name),
        text(&cluster.certificate_authority),
        text(&cluster.certificate_authority_data),
        // Without verification another server may answer than the one that was verified before.
        match cluster.insecure_skip_tls_verify {
            Some(true) => "unverified".to_owned(),
            _ => String::new(),
        },
    ];
    parts.join("\n")
}

/// Returns the proxy, from the kubeconfig or the environment, and its user without the password.
fn proxy(access: &Access) -> String {
    let Ok(server) = Server::parse("", access.cluster.server.as_deref().unwrap_or_default()) else {
        return String::new();
    };
    let own = access.cluster.proxy_url.as_deref();
    match Proxy::of("", own, &Environment::from_env(), &server) {
        Ok(Some(proxy)) => {
            let user = proxy.user.as_ref().map(|(name, _)| format!(" as {name}"));
            format!("{proxy}{}", user.unwrap_or_default())
        }
        // An unusable proxy is reported when the connection is made.
        Ok(None) | Err(_) => String::new(),
    }
}

/// Returns a key for a kubeconfig's user that stays the same when the credentials are renewed: it consists of names,
/// certificates, commands, and the subject of a token that has one. `entry` is the user's name in the kubeconfig, and
/// the file.
pub(crate) fn user_key(user: &AuthInfo, entry: &str) -> String {
    let mut parts = Vec::new();
    let mut add = |what: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            parts.push(format!("{what}={value}"));
        }
    };
    add("certificate", user.client_certificate.as_deref());
    add("certificate", user.client_certificate_data.as_deref());
    add("name", user.username.as_deref());
    add("file", user.token_file.as_deref());
    if let Some(token) = user.token.as_ref().map(ExposeSecret::expose_secret) {
        // A token without a subject is identified by its kubeconfig entry, as its text changes when it is renewed.
        let subject = subject(token).unwrap_or_else(|| entry.to_owned());
        add("token", Some(&subject));
    }
    if user.password.is_some() {
        add("password", Some(entry));
    }
    if let Some(provider) = &user.auth_provider {
        add("provider", Some(&provider.name));
        for key in ["idp-issuer-url", "client-id"] {
            add(key, provider.config.get(key).map(String::as_str));
        }
        add("entry", Some(entry));
    }
    if let Some(exec) = &user.exec {
        add("command", exec.command.as_deref());
        for arg in public_args(exec.args.as_deref().unwrap_or_default()) {
            add("arg", Some(arg));
        }
        for variable in exec.env.iter().flatten() {
            let name = variable.get("name").map(String::as_str).unwrap_or_default();
            // Other variables may hold secrets.
            let value = variable.get("value").filter(|_| name.ends_with("PROFILE"));
            add(name, Some(value.map_or("set", String::as_str)));
        }
    }
    add("as", user.impersonate.as_deref());
    add("as-uid", user.impersonate_uid.as_deref());
    for group in user.impersonate_groups.iter().flatten() {
        add("as-group", Some(group));
    }
    parts.join("\n")
}

/// Returns the arguments of a credential plugin, without those that look like secrets.
fn public_args(args: &[String]) -> impl Iterator<Item = &str> {
    let is_secret = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["secret", "password", "token="]
            .iter()
            .any(|word| text.contains(word))
    };
    args.iter().enumerate().filter_map(move |(at, arg)| {
        let follows = at
            .checked_sub(1)
            .and_then(|before| args.get(before))
            .is_some_and(|before| before.starts_with('-') && is_secret(before));
        (!follows && !is_secret(arg)).then_some(arg.as_str())
    })
}

/// Returns issuer and subject of a JWT (RFC 7519), which stay the same when it is renewed.
fn subject(token: &str) -> Option<String> {
    use base64::Engine as _;
    #[derive(serde::Deserialize)]
    struct Claims {
        #[serde(default)]
        iss: String,
        sub: String,
    }
    let payload = token.trim().split('.').nth(1)?;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let claims = engine.decode(payload.trim_end_matches('=')).ok()?;
    let Claims { iss, sub } = serde_json::from_slice(&claims).ok()?;
    Some(format!("{sub} of {iss}"))
}

#[cfg(test)]
mod tests {
    use super::{server_key, user_key};
    use crate::kubeconfig::Kubeconfig;
    use std::path::Path;

    fn access(cluster: &str, user: &str) -> crate::kubeconfig::Access {
        let text = format!(
            "{{clusters: [{{name: a, cluster: {{{cluster}}}}}], users: [{{name: u, user: {{{user}}}}}], \
             contexts: [{{name: c, context: {{cluster: a, user: u}}}}]}}"
        );
        let config = Kubeconfig::from_text(&text, Path::new("/k/config")).unwrap();
        config.access("c").unwrap()
    }

    const SERVER: &str = "server: 'https://hub.example:6443'";

    #[test]
    fn server_keys_differ_by_proxy_authority_and_tls_name() {
        let plain = server_key(&access(SERVER, ""));
        for more in [
            "proxy-url: 'http://p:3128'",
            "proxy-url: 'http://q:3128'",
            "proxy-url: 'http://me:secret@p:3128'",
            "tls-server-name: other",
            "certificate-authority-data: YQ==",
            "insecure-skip-tls-verify: true",
        ] {
            let other = server_key(&access(&format!("{SERVER}, {more}"), ""));
            assert_ne!(other, plain, "{more}");
            assert!(!other.contains("secret"), "{other}");
        }
        let with = |password: &str| {
            server_key(&access(
                &format!("{SERVER}, proxy-url: 'http://me:{password}@p:1'"),
                "",
            ))
        };
        assert_eq!(with("old"), with("new"));
    }

    #[test]
    fn user_keys_survive_renewed_credentials_and_hold_no_secret() {
        let of = |user: &str, entry: &str| user_key(&access(SERVER, user).user, entry);
        // {"iss":"i","sub":"a"} and {"iss":"i","sub":"b"}, signed differently.
        let jwt = |payload: &str, signature: &str| format!("token: x.{payload}.{signature}");
        let (a, b) = ("eyJpc3MiOiJpIiwic3ViIjoiYSJ9", "eyJpc3MiOiJpIiwic3ViIjoiYiJ9");
        assert_eq!(of(&jwt(a, "old"), "u in /1"), of(&jwt(a, "new"), "u in /2"));
        assert_ne!(of(&jwt(a, "x"), "u"), of(&jwt(b, "x"), "u"));
        assert_eq!(of("token: old", "u in /1"), of("token: new", "u in /1"));
        assert_ne!(of("token: one", "u in /1"), of("token: one", "u in /2"));
        assert_ne!(
            of("username: me, password: one", "u"),
            of("username: you, password: one", "u")
        );
        let exec = |args: &str, env: &str| {
            let exec =
                "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: aws";
            of(&format!("{exec}, args: [{args}], env: [{env}]}}"), "u in /1")
        };
        assert_ne!(
            exec("get-token, --role-arn, x", ""),
            exec("get-token, --role-arn, y", "")
        );
        let profile = |name: &str| format!("{{name: AWS_PROFILE, value: {name}}}");
        assert_ne!(exec("", &profile("one")), exec("", &profile("two")));
        assert_eq!(
            exec("--client-secret, one", "{name: KEY, value: one}"),
            exec("--client-secret, two", "{name: KEY, value: two}")
        );
        for user in ["token: s3cret", "username: me, password: s3cret"] {
            assert!(!of(user, "u").contains("s3cret"), "{user}");
        }
        assert_ne!(of("as: alice", "u"), of("as: bob", "u"));
    }
}
