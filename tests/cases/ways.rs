//! Access by access providers: which way into a member is chosen, with which plugin, and how the user's own files
//! decide that.

use crate::fleet::{Fleet, Member};
use crate::standins::Mode;
use crate::support::access::{
    CONFIG, LOCAL, MAPPING, eks, fleet, gke, home, mc, member, rows_of, tokens, with_tools,
};
use crate::support::{Home, records};
use serde_json::{Value, json};

#[test]
fn missing_credential_plugin_is_named_with_install_hint() {
    let members = [
        eks("a"),
        gke("b"),
        member("c", "aks", &[]),
        member("d", "corp", &[]),
    ];
    let fleet = Fleet::start(fleet(members));
    let home = Home::of(&fleet);
    home.write(CONFIG, LOCAL);
    let exec = json!({"command": "corp-login", "installHint": "ask\u{1b}[2J the desk\nfor it"});
    let file = json!({"providers": [{"name": "corp", "execConfig": exec}]});
    home.write(".kube/kubectl-mc-providers.json", &file.to_string());
    // Only our own, as this machine may have the real ones.
    let stderr = home
        .shell("PATH=${PATH%%:*}; kubectl-mc get pods -A -v")
        .complaint(1);
    for words in [
        "aws is not installed: it is not on PATH (aws) (install the AWS CLI and log in: aws configure)",
        "it is not on PATH (gke-gcloud-auth-plugin) (install it (gcloud components install gke-gcloud-auth-plugin)",
        "it is not on PATH (kubelogin) (install kubelogin (az aks install-cli) and log in: az login)",
        "it is not on PATH (corp-login) (ask the desk for it)",
    ] {
        assert!(stderr.contains(words), "{words}: {stderr}");
    }
}

#[test]
fn exec_api_version_of_the_hub_is_used() {
    let asks = |name: &str, provider: &str, version: &str| {
        let version = format!("client.authentication.k8s.io/{version}");
        let mut member = member(
            name,
            provider,
            &[("region", "eu-west-1"), ("auth.exec.apiVersion", &version)],
        );
        member.tokens.push("gke-token".into());
        member
    };
    let fleet = Fleet::start(fleet([
        asks("a", "eks", "v1"),
        asks("b", "eks", "v1beta1"),
        asks("c", "gke", "v1"),
    ]));
    let (home, tools) = home(&fleet);
    let outcome = mc(&home, "get pods -A -o name");
    assert_eq!(outcome.status, 3, "{outcome:?}");
    assert!(!rows_of(&outcome.stdout, "a").is_empty() && !rows_of(&outcome.stdout, "b").is_empty());
    let words = "gke-gcloud-auth-plugin is configured for client.authentication.k8s.io/v1 and answers in \
                 client.authentication.k8s.io/v1beta1";
    assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
    let mut asked: Vec<Value> = tools
        .asked()
        .into_iter()
        .map(|mut question| question["apiVersion"].take())
        .collect();
    asked.sort_by_key(Value::to_string);
    let [v1, v1beta1] = ["v1", "v1beta1"].map(|version| format!("client.authentication.k8s.io/{version}"));
    assert_eq!(asked, [json!(v1), json!(v1), json!(v1beta1)]);
}

#[test]
fn credential_plugin_with_a_client_certificate() {
    let member = Member {
        client_certificate: true,
        ..eks("a")
    };
    // A member with a context, whose kubeconfig has the certificate.
    let other = Member {
        client_certificate: true,
        ..Member::new("b")
    };
    let fleet = Fleet::start(fleet([member, other]));
    let (home, tools) = home(&fleet);
    let kubeconfig: Value =
        serde_yaml::from_str(&std::fs::read_to_string(fleet.kubeconfig()).unwrap()).unwrap();
    let users = kubeconfig["users"].as_array().unwrap();
    let user = users.iter().find(|user| user["name"] == "b").unwrap();
    let pem = |field: &str| {
        use base64::Engine as _;
        let data = user["user"][field].as_str().unwrap();
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(data).unwrap()).unwrap()
    };
    tools.certificate(&pem("client-certificate-data"), &pem("client-key-data"));
    tools.mode("aws", Mode::Certificate);
    let rows = mc(&home, "get pods -A -o name").expect(0);
    assert_eq!(rows_of(&rows, "a").len(), rows_of(&rows, "b").len());
    assert_eq!(tokens(&fleet, "a"), [""; 0]);
}

#[test]
fn provider_file_overrides_the_profile() {
    let prefix = "clusterprofiles.multicluster.x-k8s.io/exec";
    let member = |name: &str, provider: &str| {
        let extensions = json!([
            {"name": format!("{prefix}/additional-args"), "extension": ["--cluster", name]},
            {"name": format!("{prefix}/additional-envs"), "extension": {"CORP_REALM": "theirs"}},
            {"name": "client.authentication.k8s.io/exec", "extension": {"audience": name}},
        ]);
        let cluster =
            json!({"server": "@server@", "certificate-authority-data": "@ca@", "extensions": extensions});
        Member {
            access_providers: Some(json!([{"name": provider, "cluster": cluster}]).to_string()),
            ..eks(name)
        }
    };
    let fleet = Fleet::start(fleet([
        member("a", "corp"),
        member("b", "corp"),
        member("c", "strict"),
        member("d", "open"),
    ]));
    let (home, tools) = home(&fleet);
    let provider = |name: &str, args: Value, policies: (&str, &str), realm: Value| {
        json!({"name": name, "profileSourcedCLIArgsPolicy": policies.0, "profileSourcedEnvVarsPolicy": policies.1,
            "execConfig": {"apiVersion": "client.authentication.k8s.io/v1", "command": "corp-login", "args": args,
                "env": realm, "provideClusterInfo": name == "corp", "interactiveMode": "Never"}})
    };
    let ours = json!([{"name": "CORP_REALM", "value": "ours"}]);
    let file = json!({"providers": [
        provider("corp", json!(["token"]), ("Append", "AppendIfNotExists"), ours.clone()),
        provider("strict", json!(["token", "--cluster", "c"]), ("", "Ignore"), Value::Null),
        provider("open", json!(["token"]), ("Append", "Replace"), ours),
    ]});
    home.write("elsewhere/providers.json", &file.to_string());
    for line in ["--providers elsewhere/providers.json", "-v"] {
        let rows = home.shell(&with_tools(&format!(
            "KUBECTL_MC_PROVIDERS=elsewhere/providers.json kubectl-mc get pods -A -o name {line}"
        )));
        let rows = rows.expect(0);
        for name in ["a", "b", "c", "d"] {
            assert!(!rows_of(&rows, name).is_empty(), "{name}: {rows}");
        }
    }
    let mut calls = tools.calls();
    calls.sort();
    calls.dedup();
    assert_eq!(
        calls,
        ["a", "b", "c", "d"].map(|name| format!("corp-login token --cluster {name}"))
    );
    let mut realms = tools.realms();
    realms.sort();
    assert_eq!(
        realms,
        ["", "", "ours", "ours", "ours", "ours", "theirs", "theirs"]
    );
    // The plugin gets cluster information only if the file says so.
    let told: Vec<Value> = tools
        .asked()
        .into_iter()
        .map(|mut question| question["spec"]["cluster"].take())
        .collect();
    assert_eq!(told.iter().filter(|cluster| cluster.is_null()).count(), 4);
    for name in ["a", "b"] {
        let cluster = told
            .iter()
            .find(|cluster| cluster["config"] == json!({"audience": name}))
            .unwrap();
        assert_eq!(cluster["server"], fleet.member(name).server());
        assert!(cluster["certificate-authority-data"].is_string(), "{cluster}");
    }
}

#[test]
fn cluster_proxy_uses_the_hubs_user() {
    let of_hub = Member {
        tokens: vec!["hub-token".into()],
        ..member("a", "open-cluster-management", &[])
    };
    let fleet = Fleet::start(fleet([of_hub]));
    let home = Home::of(&fleet);
    // Another port of the hub's host may belong to another program.
    let refused = mc(&home, "get pods -A -o name").complaint(1);
    let allow = "access: {allowedHosts: {\"open-cluster-management\": [\"127.0.0.1\"]}}";
    assert!(
        refused.contains("(rule \"host\")") && refused.contains(allow),
        "{refused}"
    );
    home.write(".kube/kubectl-mc-config.yaml", &format!("{allow}\n"));
    let rows = mc(&home, "get pods -A -o name").expect(0);
    assert!(!rows_of(&rows, "a").is_empty());
    assert!(tokens(&fleet, "a").iter().all(|token| token == "hub-token"));
    let records = home.shell("mc-discover | mc-resolve");
    assert!(!records.stdout.contains("hub-token"), "{records:?}");
    assert!(records.stdout.contains(r#""user":"hub""#), "{records:?}");
}

#[test]
fn kuberc_plugin_policy_is_obeyed() {
    let fleet = Fleet::start(fleet([eks("a")]));
    let (home, tools) = home(&fleet);
    for (kuberc, words) in [
        (
            "credentialPluginPolicy: DenyAll\n",
            "says credentialPluginPolicy: DenyAll",
        ),
        (
            "credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: kubelogin}]\n",
            "add command: aws to credentialPluginAllowlist in kuberc",
        ),
    ] {
        home.write(".kube/kuberc", &format!("kind: Preference\n{kuberc}"));
        let stderr = mc(&home, "get pods -A").complaint(1);
        assert!(stderr.contains(words), "{stderr}");
    }
    assert_eq!(tools.calls(), [""; 0]);
    home.write(
        ".kube/kuberc",
        "kind: Preference\ncredentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: aws}]\n",
    );
    mc(&home, "get pods -A").expect(0);
}

/// The record that mc-resolve writes for `a`, and its messages about it.
#[track_caller]
fn resolved(home: &Home, of: &str) -> (Value, String) {
    let outcome = home.shell("mc-discover | mc-resolve -v");
    let records = records::read_all(&outcome.stdout);
    let record = records
        .into_iter()
        .find(|record| record["cluster"] == of)
        .unwrap();
    let said = outcome
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix(&format!("mc-resolve: {of}: ")));
    (record, said.unwrap_or_else(|| panic!("{outcome:?}")).to_owned())
}

#[test]
fn access_order_follows_the_configuration() {
    let with_context = Member {
        context: true,
        ..eks("a")
    };
    let fleet = Fleet::start(fleet([
        with_context,
        member("b", "other", &[]),
        member("c", "other", &[]),
    ]));
    let (home, _) = home(&fleet);
    home.write(MAPPING, "clusters: {a: hub, b: hub}\n");
    let server = fleet.member("a").server();
    let plugin = format!("access provider \"eks\": the credential plugin \"aws\", server {server}");
    let mapped = "context \"hub\", mapped in ~/.kube/kubectl-mc-clusters.yaml";
    let not = |what: &str, first: &str| format!("{what} not used, {first} first");
    let providers = "its access providers are";
    for (order, via, said) in [
        (
            "mapping, context, providers",
            "mapping",
            [
                mapped.to_owned(),
                not("the context of its own name is", "the mapping goes"),
                not(providers, "the mapping goes"),
            ]
            .join("; "),
        ),
        (
            "context, providers",
            "context",
            [
                "the context of its own name".to_owned(),
                not(providers, "the context goes"),
            ]
            .join("; "),
        ),
        (
            "providers, mapping",
            "provider",
            [
                plugin.clone(),
                not(
                    "the mapping in ~/.kube/kubectl-mc-clusters.yaml is",
                    "its access providers go",
                ),
            ]
            .join("; "),
        ),
        ("providers", "provider", plugin.clone()),
    ] {
        home.write(
            CONFIG,
            &format!("access: {{order: [{order}], allowedHosts: [127.0.0.1]}}\n"),
        );
        let (record, text) = resolved(&home, "a");
        assert_eq!(record["access"]["via"], via, "{order}");
        assert_eq!(text, said, "{order}");
    }
    // If a login parameter is missing, the mapping is used, and the message says so.
    home.write(
        CONFIG,
        "access: {order: [providers, mapping], allowedHosts: [127.0.0.1]}\n",
    );
    let (record, text) = resolved(&home, "b");
    assert_eq!(record["access"]["context"], "hub");
    let words = format!("{mapped}; access provider \"other\": it is not built in");
    assert!(text.starts_with(&words), "{text}");
    let (record, text) = resolved(&home, "c");
    assert_eq!(record["skip"]["reason"], "Skipped", "{record}");
    let unknown = "access provider \"other\": it is not built in, ~/.kube/kubectl-mc-providers.json has no provider of that name";
    assert!(text.starts_with("skipped: ") && text.contains(unknown), "{text}");
}

#[test]
fn wrong_access_section_is_reported_with_its_line() {
    let fleet = Fleet::start(fleet([eks("a")]));
    let (home, tools) = home(&fleet);
    for (section, words) in [
        (
            "order: [mapping, hub]",
            "unknown way \"hub\"; possible: mapping, context, server, providers",
        ),
        ("order: [mapping, mapping]", "\"mapping\" stands twice"),
        ("order: []", "an empty order leads into no cluster"),
        ("order: providers", "line 1"),
        ("ordr: [mapping]", "did you mean \"order\"?"),
        ("allowedHosts: ['*']", "is no host pattern"),
        ("allowedHosts: ['*.com']", "is no host pattern"),
        ("allowedHosts: {eks: ['https://x.example']}", "is no host pattern"),
        ("allowedHosts: [10.0.0.0/0]", "is no host pattern"),
        ("allowedCommands: ['*']", "names no command"),
        ("allowedCommands: ['']", "names no command"),
        ("allowedCommands: my-plugin", "line 1"),
        ("providers: not-there.json", "not-there.json"),
    ] {
        home.write(CONFIG, &format!("access: {{{section}}}\n"));
        let outcome = mc(&home, "get pods -A");
        assert!(
            outcome.status == 1 && outcome.stdout.is_empty(),
            "{section}: {outcome:?}"
        );
        assert!(outcome.stderr.contains(words), "{section}: {}", outcome.stderr);
    }
    home.write(
        "broken.json",
        "{\"providers\": [{\"name\": \"x\", \"execConfig\": {\"command\": \"\"}}]}",
    );
    home.write(CONFIG, LOCAL);
    let stderr = mc(&home, "get pods -A --providers broken.json").complaint(1);
    assert!(
        stderr.contains("broken.json: provider 1: its execConfig has no command"),
        "{stderr}"
    );
    assert_eq!(tools.calls(), [""; 0]);
}
