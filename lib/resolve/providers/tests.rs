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

mod hostile_hub;

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
        config: config::AccessSettings {
            allowed_hosts: allow
                .iter()
                .map(|host| (None, HostPattern::parse(host).unwrap()))
                .collect(),
            allowed_commands: commands.iter().map(|line| (*line).to_owned()).collect(),
            allowed_variables: vec!["B".into()],
            ..config::AccessSettings::default()
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

/// Returns the command line that would run.
fn line(resolver: &Resolver, access: &Access<'_>) -> String {
    let exec = resolver.connection(access, "prod").unwrap().user.exec.unwrap();
    format!("{} {}", exec.command.unwrap(), exec.args.unwrap().join(" "))
}

const TENANT: &str = "00000000-1111-2222-3333-444444444444";

/// Returns an access provider with an extension for its plugin.
fn told(name: &str, server: &str, extension: &Value) -> Value {
    let extensions = json!([{"name": "client.authentication.k8s.io/exec", "extension": extension}]);
    json!([{"name": name, "cluster": {"server": server, "extensions": extensions}}])
}

#[test]
fn built_in_plugin_of_each_cloud_is_used() {
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
        // If the host names no region, aws uses the user's own.
        (
            json!([{"name": "eks", "cluster": {"server": "https://ABC123.eks.amazonaws.com"}}]),
            json!({}),
            "aws eks get-token --cluster-name prod --output json",
        ),
        // The extension that mc-enrich writes, without properties, and with those of another cluster.
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

/// Tests OpenShift on Amazon's machines, as mc-enrich describes it.
#[test]
fn built_in_plugin_is_for_clusters_of_its_cloud_only() {
    let providers = json!([{"name": "kubernetes", "cluster": {"server": EKS}}]);
    let properties = json!({"cluster.type": "kubernetes", "cloud.provider": "aws", "region": "eu-west-1"});
    let line = record(&providers, &properties);
    match resolved(&resolver(&[], &[]), &line) {
        Resolution::Skip(skip) => assert!(skip.message.contains("it is not built in"), "{}", skip.message),
        Resolution::Access(access) => panic!("{access:?}"),
    }
}

#[test]
fn order_and_policies_of_provider_file_apply() {
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
fn cluster_proxy_gets_hub_user_only_at_hub_address() {
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
        // The hub's own address is verified as the user's own context says, not as a profile says.
        let authority = made.cluster.certificate_authority_data.unwrap();
        assert_eq!(authority, if is_hub { base64("own") } else { base64(&pem()) });
        assert_eq!(made.cluster.tls_server_name.is_none(), is_hub);
    }
    // Another port of the hub's host may belong to anyone.
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

#[test]
fn refusal_says_how_to_allow_it() {
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
fn certificate_authority_encoded_twice_is_decoded() {
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

/// Tests that hosts are allowed for the credential that is used, whatever provider the record names.
#[test]
fn hosts_of_one_provider_are_not_allowed_for_another() {
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

/// Tests that a plugin gets the hub's configuration only if the provider file says so.
#[test]
fn plugin_config_is_passed_to_providers_of_the_file_only() {
    let resolver = resolver(&[], &[]);
    let access = json!({"provider": "open-cluster-management", "server": "https://hub.example:6443", "user": "hub",
        "plugin": {"config": {"audience": "x"}}});
    let access: Access<'static> = serde_json::from_str::<Access<'_>>(&access.to_string())
        .unwrap()
        .into_owned();
    let made = resolver.connection(&access, "prod").unwrap();
    assert!(made.cluster.extensions.is_none());
}

#[test]
fn managedcluster_gives_access_by_vendor_and_client_config() {
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
    // The label that OCM sets if it has detected the vendor.
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
fn explanation_names_what_was_tried() {
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

/// Tests flags that a hub may not set unless the user allows them in the configuration.
#[test]
fn identity_flags_are_allowed_by_configured_command_line() {
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
        // Its hosts are still those of the built-in plugin.
        let elsewhere = json!([{"name": "kubeconfig", "cluster": {"server": "https://evil.example"}}]);
        assert!(matches!(
            resolved(&resolver(&[], &[allowed]), &record(&elsewhere, &properties)),
            Resolution::Skip(skip) if skip.message.contains("(rule \"host\")")
        ));
    }
}

#[test]
fn refused_variable_is_named_with_the_configuration_that_allows_it() {
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
