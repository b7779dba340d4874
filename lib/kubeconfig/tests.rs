#![allow(clippy::unwrap_used, clippy::panic)]

mod cases;
mod merging;

use super::{Access, Kubeconfig, excise, read};
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert, proptest};
use secrecy::ExposeSecret as _;
use std::path::Path;

/// Returns a file with one context `c` for the cluster `a` and the user `u`.
fn one(cluster: &str, user: &str) -> String {
    format!(
        "clusters:\n- name: a\n  cluster: {{{cluster}}}\nusers:\n- name: u\n  user: {{{user}}}\n\
         contexts:\n- name: c\n  context: {{cluster: a, user: u}}\n"
    )
}

fn config(text: &str) -> Kubeconfig {
    Kubeconfig::from_text(text, Path::new("/k/config")).unwrap()
}

fn access(cluster: &str, user: &str) -> Access {
    config(&one(cluster, user)).access("c").unwrap()
}

/// Returns the error of using context `c`, without its fixed beginning and end.
fn refusal(cluster: &str, user: &str) -> String {
    let error = config(&one(cluster, user)).access("c").unwrap_err().0;
    let problem = error
        .strip_prefix("context \"c\" cannot be used: ")
        .unwrap_or_else(|| panic!("{error}"));
    let (problem, remedy) = problem.rsplit_once(" (correct ").unwrap();
    assert!(remedy.ends_with("in /k/config)"), "{remedy}");
    problem.to_owned()
}

fn broken(text: &str) -> String {
    Kubeconfig::from_text(text, Path::new("/k/config")).unwrap_err().0
}

const TLS: &str = "server: 'https://h'";

#[test]
fn name_and_password_of_a_server_url_become_basic_auth() {
    let user = "token: t, as: bob, exec: {apiVersion: client.authentication.k8s.io/v1, command: c, interactiveMode: Never}";
    let found = access("server: 'https://me:se%40cret@h:6443/path'", user);
    assert_eq!(found.cluster.server.as_deref(), Some("https://h:6443/path"));
    assert_eq!(found.user.username.as_deref(), Some("me"));
    let password = found
        .user
        .password
        .as_ref()
        .map(|password| password.expose_secret());
    assert_eq!(password, Some("se@cret"));
    assert!(found.user.token.is_none() && found.user.exec.is_none());
    assert_eq!(found.user.impersonate.as_deref(), Some("bob"));
    // Without TLS no credentials are sent. An at sign may be part of the path.
    assert_eq!(access("server: 'http://me:secret@h'", "").user.username, None);
    let path = access("server: 'https://h/a@b'", "token: t");
    assert_eq!(path.cluster.server.as_deref(), Some("https://h/a@b"));
    assert!(path.user.token.is_some());
}

#[test]
fn access_has_cluster_user_and_namespace_of_the_context() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("ca")).unwrap();
    std::fs::write(folder.path().join("ca/ca.crt"), "").unwrap();
    let text = one(
        "server: 'https://h:6443/path', tls-server-name: n, certificate-authority: ./ca/ca.crt, \
         insecure-skip-tls-verify: no, proxy-url: 'SOCKS5://p', disable-compression: on, \
         extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: x, 1: 2}}]",
        "",
    );
    let config = Kubeconfig::from_text(&text, &folder.path().join("config")).unwrap();
    let cluster = config.access("c").unwrap().cluster;
    assert_eq!(cluster.server.as_deref(), Some("https://h:6443/path"));
    assert_eq!(cluster.tls_server_name.as_deref(), Some("n"));
    let ca = folder.path().join("ca/ca.crt");
    assert_eq!(cluster.certificate_authority.as_deref(), ca.to_str());
    assert_eq!(cluster.insecure_skip_tls_verify, Some(false));
    assert_eq!(cluster.disable_compression, Some(true));
    assert_eq!(cluster.proxy_url.as_deref(), Some("SOCKS5://p"));
    let extension = &cluster.extensions.unwrap()[0];
    assert_eq!(extension.extension, serde_json::json!({"audience": "x", "1": 2}));
}

#[test]
fn credentials_are_used_with_tls_only() {
    let user = "token: t, tokenFile: f, as: jane, as-uid: '7', as-groups: [g, null], as-user-extra: {k: [v], n: null}";
    let access = access(TLS, user);
    assert_eq!(access.user.token.as_ref().unwrap().expose_secret(), "t");
    assert_eq!(access.user.token_file.as_deref(), Some("/k/f"));
    assert_eq!(access.user.impersonate_groups, Some(vec!["g".into(), "".into()]));
    let extra = access.user.impersonate_user_extra.unwrap();
    assert_eq!(
        (extra["k"].as_slice(), extra["n"].len()),
        (["v".to_owned()].as_slice(), 0)
    );

    for server in ["server: 'http://h'", "server: 'h:8080'"] {
        let access = self::access(server, user);
        assert!(access.cluster.server.unwrap().starts_with("http://h"));
        assert!(access.user.token.is_none() && access.user.token_file.is_none());
        assert_eq!(access.user.impersonate.as_deref(), Some("jane"));
    }
}

#[test]
fn credential_plugin_has_defaults_of_its_api_version() {
    let exec = access(
        TLS,
        "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./bin/login, args: null, \
         env: [{name: A, value: b}], installHint: get it}",
    )
    .user
    .exec
    .unwrap();
    assert_eq!(exec.command.as_deref(), Some("/k/bin/login"));
    assert!(matches!(
        exec.interactive_mode,
        Some(kube::config::ExecInteractiveMode::IfAvailable)
    ));
    assert_eq!(exec.args, None);
    assert_eq!(exec.env.unwrap()[0]["value"], "b");

    let exec = access(
        TLS,
        "exec: {apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: Never, args: [a, 5]}",
    )
    .user
    .exec
    .unwrap();
    assert_eq!(exec.command.as_deref(), Some("login"), "is looked for on PATH");
    assert_eq!(exec.args, Some(vec!["a".into(), "5".into()]));
}

#[test]
fn base64_is_decoded_as_leniently_as_in_go() {
    let ca = |text: &str| {
        access(&format!("{TLS}, certificate-authority-data: {text}"), "")
            .cluster
            .certificate_authority_data
    };
    assert_eq!(ca("QUJD").as_deref(), Some("QUJD"));
    assert_eq!(ca("\"QU\\nJD\\r\\n\"").as_deref(), Some("QUJD"));
    assert_eq!(ca("QUJ=").as_deref(), Some("QUI="), "unused bits");
    for text in ["QUI", "'!!!'", "'QUJD REVG'", "'QU-_'"] {
        assert_eq!(
            refusal(&format!("{TLS}, certificate-authority-data: {text}"), ""),
            "certificate-authority-data of a is not base64"
        );
    }
}

/// Each was run with kubectl 1.36, and the messages are its own.
#[test]
fn contexts_that_kubectl_refuses_are_refused() {
    let exec = "client.authentication.k8s.io/v1";
    for (cluster, user, problem) in [
        ("", "", "no server found for cluster \"a\"".to_owned()),
        ("server: ''", "", "no server found for cluster \"a\"".into()),
        (
            "server: 'http://h', proxy-url: 'ftp://user:hunter2@p'",
            "",
            "invalid 'proxy-url' for cluster \"a\": unsupported scheme \"ftp\", must be http, https, or socks5".into(),
        ),
        (
            "server: 'http://h', certificate-authority: none",
            "",
            "unable to read certificate-authority /k/none for a: no such file or directory".into(),
        ),
        (
            "server: 'https://h', insecure-skip-tls-verify: true, certificate-authority-data: QUJD",
            "",
            "specifying a root certificates file with the insecure flag is not allowed: cluster a has both \
             insecure-skip-tls-verify and a certificate-authority"
                .into(),
        ),
        (
            TLS,
            "client-certificate-data: QUJD",
            "client-key-data or client-key must be specified for u to use the clientCert authentication method"
                .into(),
        ),
        (
            TLS,
            "client-certificate: none",
            "client-key-data or client-key must be specified for u to use the clientCert authentication method; \
             unable to read client-certificate /k/none for u: no such file or directory"
                .into(),
        ),
        (
            TLS,
            "tokenFile: none",
            "unable to read tokenFile /k/none for u: no such file or directory".into(),
        ),
        (
            TLS,
            "token: hunter2, username: x",
            "more than one authentication method found for u; found [token basicAuth], only one is allowed".into(),
        ),
        (
            TLS,
            "exec: {command: x}",
            "apiVersion must be specified for u to use exec authentication plugin; \
             interactiveMode must be specified for u to use exec authentication plugin"
                .into(),
        ),
        (
            TLS,
            &format!("exec: {{command: x, apiVersion: {exec}, interactiveMode: Foo, env: [{{value: hunter2}}]}}"),
            "env variable name must be specified for u to use exec authentication plugin; \
             invalid interactiveMode for u: \"Foo\", must be Never, IfAvailable or Always"
                .into(),
        ),
        (
            TLS,
            "as-groups: [g]",
            "requesting uid, groups or user-extra for u without impersonating a user".into(),
        ),
    ] {
        assert_eq!(refusal(cluster, user), problem, "{cluster} | {user}");
    }
    assert_eq!(
        refusal(
            "server: 'https://h', certificate-authority: /dev/null, certificate-authority-data: QUJD",
            ""
        ),
        "certificate-authority-data and certificate-authority are both specified for a"
    );
    // Contexts that kubectl accepts.
    access(TLS, "client-key-data: QUJD");
    access(TLS, "token: t, tokenFile: none");
    access("server: 'http://h'", "tokenFile: none");
}

#[test]
fn missing_context_cluster_and_user_are_reported_with_similar_names() {
    let text = "clusters: [{name: alpha, cluster: {server: 'https://h'}}]\nusers: [{name: jane, user: {}}]\ncontexts:\n\
        - {name: no-cluster, context: {user: jane}}\n\
        - {name: lost-cluster, context: {cluster: alhpa, user: jane}}\n\
        - {name: lost-user, context: {cluster: alpha, user: jnae}}\n\
        - {name: anonymous, context: {cluster: alpha}}\n";
    let config = config(text);
    let error = |context: &str| config.access(context).unwrap_err().0;
    assert_eq!(
        error("no-clutser"),
        "context \"no-clutser\" does not exist (did you mean \"no-cluster\" or \"lost-cluster\"?): kubectl config get-contexts lists what is there"
    );
    assert_eq!(
        error("no-cluster"),
        "cluster was not specified for context \"no-cluster\" in /k/config: kubectl config set-context no-cluster --cluster=NAME sets it"
    );
    assert_eq!(
        error("lost-cluster"),
        "cluster \"alhpa\" was not found for context \"lost-cluster\" in /k/config (did you mean \"alpha\"?): kubectl config set-context lost-cluster --cluster=NAME corrects it"
    );
    assert!(error("lost-user").starts_with("user \"jnae\" was not found for context \"lost-user\""));
    assert!(config.check("anonymous").is_ok());
    assert_eq!(
        Kubeconfig::default().access("x").unwrap_err().0,
        "context \"x\" does not exist: there is no kubeconfig; set KUBECONFIG or HOME"
    );
    assert_eq!(
        self::config("").access("x").unwrap_err().0,
        "context \"x\" does not exist: there are no contexts in /k/config; set KUBECONFIG or --kubeconfig"
    );
}

#[test]
fn broken_file_is_reported_with_line_and_without_secrets() {
    let advice = "; correct the kubeconfig (kubectl config view checks it too)";
    for (text, error) in [
        (
            "users:\n- name: u\n  user: hunter2\n",
            "/k/config, line 3, column 9: users[0].user: expected a mapping, found a string",
        ),
        (
            "users:\n- name: u\n  user:\n    token: [hunter2]\n",
            "/k/config, line 4, column 12: users[0].user.token: expected a string, found a list",
        ),
        (
            "clusters: {hunter2: x}\n",
            "/k/config, line 1, column 11: clusters: expected a list, found a mapping",
        ),
        (
            "hunter2",
            "/k/config, line 1, column 1: expected a mapping, found a string",
        ),
        (
            "clusters:\n- name: a\n  cluster: {insecure-skip-tls-verify: hunter2}\n",
            "/k/config, line 3, column 39: clusters[0].cluster.insecure-skip-tls-verify: expected true or false, found a string",
        ),
        (
            "clusters:\n\t- name: a\n",
            "/k/config, line 2, column 1: not valid YAML: found character that cannot start any token, while scanning for the next token",
        ),
    ] {
        assert_eq!(broken(text), format!("{error}{advice}"), "{text}");
    }
    assert_eq!(
        broken("users:\n- {name: u, user: {token: hunter2}}\n- {name: u, user: {token: hunter3}}\n"),
        "/k/config: duplicate name \"u\" in users: remove or rename one of the two"
    );
    for text in ["kind: Pod\napiVersion: v1\n", "kind: Config\napiVersion: v2\n"] {
        assert!(
            broken(text).starts_with("/k/config: not a kubeconfig: it has kind"),
            "{text}"
        );
    }
    // The position is right although certificates were taken out.
    let text = format!(
        "users:\n- name: u\n  user:\n    client-key-data: {}\n    token: {{}}\n",
        "QUJD".repeat(30)
    );
    assert!(broken(&text).starts_with("/k/config, line 5, column 12: users[0].user.token: "));
}

#[test]
fn debug_shows_no_secrets() {
    let text = one(
        TLS,
        "token: hunter2, exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x, args: [hunter2], env: [{name: A, value: hunter2}]}",
    );
    let config = config(&text);
    let shown = format!("{config:?} {:?}", config.access("c").unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn certificates_are_taken_out_and_put_back() {
    let (ca, key) = ("QUJD".repeat(40), "REVG".repeat(40));
    let text = format!(
        "clusters:\r\n- cluster:\r\n    certificate-authority-data: {ca} \r\n    server: https://h\r\n  name: a\r\n\
         users:\r\n- name: u\r\n  user:\r\n    client-key-data: {key}"
    );
    let (short, pieces) = excise::excise(&text).unwrap();
    assert_eq!(pieces, [&ca, &key]);
    assert!(short.len() < 300, "{short}");
    let read = read::read(&text, Path::new("f")).unwrap();
    assert_eq!(
        (&read.clusters[0].cluster.ca_data, &read.users[0].user.key_data),
        (&ca, &key)
    );
}

/// Tests lines that look like an embedded certificate but are none.
#[test]
fn line_that_only_looks_like_a_certificate_is_not_taken_out() {
    let piece = "QUJD".repeat(40);
    let hint = format!("certificate-authority-data: {piece}\n");
    for text in [
        // Part of a block of text.
        format!("users:\n- name: u\n  user:\n    exec:\n      installHint: |\n        {hint}"),
        // Duplicate key: the last one counts.
        format!("clusters:\n- name: a\n  cluster:\n    {hint}    {hint}"),
        // Through an alias.
        format!("clusters:\n- name: a\n  cluster: &c\n    {hint}- name: b\n  cluster: *c\n"),
        // Key of another place.
        format!("other:\n  {hint}"),
        // Continues on the next line.
        format!("clusters:\n- name: a\n  cluster:\n    {hint}      QUJD\n"),
        // The placeholder itself.
        format!("clusters:\n- name: mc-excised-piece-0\n  cluster:\n    {hint}"),
    ] {
        let read = read::read(&text, Path::new("f")).unwrap();
        let plain = serde_yaml::from_str::<serde_yaml::Value>(&text);
        let hint_read = read
            .users
            .first()
            .and_then(|u| u.user.exec.as_ref())
            .map(|e| e.install_hint.clone());
        if let Some(hint_read) = hint_read {
            assert_eq!(hint_read, hint);
        }
        for cluster in &read.clusters {
            let expected = if text.contains("      QUJD\n") {
                format!("{piece} QUJD")
            } else {
                piece.clone()
            };
            assert_eq!(cluster.cluster.ca_data, expected, "{text} {plain:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A kubeconfig with any change is read or refused.
    #[test]
    fn a_mangled_kubeconfig_never_panics(
        at in any::<prop::sample::Index>(),
        len in 0usize..12,
        with in "[ -~\t\n\u{e9}]{0,6}",
        context in "[a-c]{0,2}",
    ) {
        let text = cases::everything();
        let mut at = at.index(text.len());
        while !text.is_char_boundary(at) { at -= 1; }
        let mut end = (at + len).min(text.len());
        while !text.is_char_boundary(end) { end += 1; }
        let mangled = format!("{}{with}{}", &text[..at], &text[end..]);
        if let Ok(config) = Kubeconfig::from_text(&mangled, Path::new("/k/config")) {
            let _ = config.access(&context);
            for name in config.context_names() {
                let _ = config.access(name);
            }
        }
    }

    /// Taking certificates out never changes what is read.
    #[test]
    fn excision_is_invisible(lines in prop::collection::vec(line(), 0..12)) {
        let text = format!("clusters:\n- name: a\n  cluster:\n{}", lines.concat());
        let with = read::read(&text, Path::new("f")).map(|f| f.clusters.into_iter().map(|c| c.cluster.ca_data).collect::<Vec<_>>());
        // A file that contains the placeholder is parsed unchanged.
        let without = read::read(&format!("{text}\n# mc-excised-piece-\n"), Path::new("f")).map(|f| f.clusters.into_iter().map(|c| c.cluster.ca_data).collect::<Vec<_>>());
        prop_assert!(with.is_ok() == without.is_ok() && with.unwrap_or_default() == without.unwrap_or_default());
    }
}

fn line() -> impl Strategy<Value = String> {
    let piece = "QUJD".repeat(20);
    prop::sample::select(vec![
        format!("    certificate-authority-data: {piece}\n"),
        format!("    certificate-authority-data: {piece}=\n"),
        format!("      certificate-authority-data: {piece}\n"),
        format!("    - certificate-authority-data: {piece}\n"),
        "    certificate-authority-data: |\n".to_owned(),
        "    server: x\n".to_owned(),
        "    server: >\n".to_owned(),
        format!("      {piece}\n"),
        "- name: b\n  cluster:\n".to_owned(),
        "  '\n".to_owned(),
        "\n".to_owned(),
    ])
}
