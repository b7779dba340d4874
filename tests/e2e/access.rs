//! Access on the fly on real API servers: the same pods with no context and no mapping at all, through what a hub
//! publishes of its members, as a mapping file gives.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::apiserver::{ApiServer, User};
use crate::fixtures::{self, Addresses};
use crate::fleet::fleet;
use crate::home::{Home, Outcome};
use crate::reaper::Reaper;
use crate::standins::{Mode, Standins};

/// The hub's context.
const HUB: &str = "access-hub";

/// Each member, and the cluster of the fleet that it is.
const MEMBERS: [(&str, &str); 5] = [
    ("prod-eu-1", "prod-eu-1"),
    ("google-1", "prod-us-1"),
    ("azure-1", "dev-eu-1"),
    ("proxied-1", "prod-us-1"),
    ("corp-1", "dev-eu-1"),
];

const CONFIG: &str = ".kube/kubectl-mc-config.yaml";

/// Nothing of the clouds' is on a loopback address but what the user says.
const ALLOWED: &str = "access: {allowedHosts: [127.0.0.1]}\n";

/// A hub of its own, as others list the shared one; its members are the shared fleet's.
struct Hub {
    server: ApiServer,
    _reaper: Reaper,
}

fn hub() -> &'static Hub {
    static STARTED: LazyLock<Hub> = LazyLock::new(Hub::start);
    &STARTED
}

impl Hub {
    fn start() -> Hub {
        let folder = TempDir::with_prefix("kubectl-mc-e2e-access-")
            .expect("a temporary folder")
            .keep();
        let mut reaper = Reaper::new(&folder);
        let mut server = ApiServer::start(HUB, &folder, &fleet().etcd, &mut reaper);
        server.wait();
        let hub = Hub {
            server,
            _reaper: reaper,
        };
        let home = hub.home();
        let addresses = Addresses { clusters: Vec::new() };
        home.feed(
            HUB,
            &["create", "-f", "-"],
            &fixtures::creation(&fixtures::read(&["crds/clusterprofiles"], &addresses)),
        );
        home.kubectl(&[
            "--context",
            HUB,
            "wait",
            "--for=condition=Established",
            "crd",
            "--all",
        ])
        .success();
        let profiles = profiles();
        home.feed(HUB, &["create", "-f", "-"], &fixtures::creation(&profiles));
        home.feed(
            HUB,
            &["replace", "--subresource=status", "-f", "-"],
            &fixtures::statuses(&profiles),
        );
        hub
    }

    /// A home whose kubeconfig leads to this hub and nowhere else.
    fn home(&self) -> Home {
        Home::holding(&fleet().folder, &self.kubeconfig())
    }

    fn kubeconfig(&self) -> Value {
        let server = &self.server;
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": HUB,
            "clusters": [{"name": HUB, "cluster": {"server": server.url(), "certificate-authority-data": BASE64.encode(&server.ca)}}],
            "users": [{"name": HUB, "user": {"token": User::Admin.token()}}],
            "contexts": [{"name": HUB, "context": {"cluster": HUB, "user": HUB}}],
        })
    }
}

/// ClusterProfiles in the shapes of their writers.
fn profiles() -> Vec<Value> {
    let cluster = |of: &str| {
        let server = fleet().server(of);
        json!({"server": server.url(), "certificate-authority-data": BASE64.encode(&server.ca)})
    };
    // KubeFleet's are base64 twice.
    let twice = |of: &str| {
        let server = fleet().server(of);
        json!({"server": server.url(), "certificate-authority-data": BASE64.encode(BASE64.encode(&server.ca))})
    };
    let mut corp = twice("dev-eu-1");
    corp["extensions"] = json!([{
        "name": "clusterprofiles.multicluster.x-k8s.io/exec/additional-args",
        "extension": {"args": ["--cluster", "dev-eu-1"]},
    }]);
    let profile = |name: &str, manager: &str, mut status: Value| {
        status["conditions"] = json!([{"type": "ControlPlaneHealthy", "status": "True", "reason": "Available",
            "message": "", "lastTransitionTime": "2026-01-02T03:04:05Z"}]);
        json!({
            "apiVersion": "multicluster.x-k8s.io/v1alpha1", "kind": "ClusterProfile",
            "metadata": {"namespace": "default", "name": name},
            "spec": {"displayName": name, "clusterManager": {"name": manager}}, "status": status,
        })
    };
    let ocm = "open-cluster-management";
    vec![
        profile(
            "prod-eu-1",
            ocm,
            json!({
                "accessProviders": [{"name": "eks", "cluster": cluster("prod-eu-1")}],
                "properties": [{"name": "platform.open-cluster-management.io", "value": "AWS"},
                    {"name": "region.open-cluster-management.io", "value": "eu-west-1"}],
            }),
        ),
        profile(
            "google-1",
            "gke-fleet",
            json!({
                "accessProviders": [{"name": "google", "cluster": cluster("prod-us-1")}],
                "credentialProviders": [{"name": "google", "cluster": {"server": "https://deprecated.example.test"}}],
                "properties": [{"name": "location", "value": "us-central1"}],
            }),
        ),
        profile(
            "azure-1",
            "KubeFleet",
            json!({
                "credentialProviders": [{"name": "KubeFleet", "cluster": twice("dev-eu-1")}],
                "properties": [{"name": "cluster.type", "value": "aks"},
                    {"name": "azure.tenant.id", "value": "00000000-1111-2222-3333-444444444444"}],
            }),
        ),
        profile(
            "proxied-1",
            ocm,
            json!({"accessProviders": [{"name": ocm, "cluster": cluster("prod-us-1")}]}),
        ),
        profile(
            "corp-1",
            "KubeFleet",
            json!({"accessProviders": [{"name": "corp", "cluster": corp}]}),
        ),
    ]
}

/// A user with the clouds' tools, a provider file, and neither a mapping nor a context but the hub's.
fn user() -> (Home, Standins) {
    let home = hub().home();
    home.write(CONFIG, ALLOWED);
    let corp = json!({"name": "corp", "profileSourcedCLIArgsPolicy": "Append",
        "execConfig": {"apiVersion": "client.authentication.k8s.io/v1", "command": "corp-login", "args": ["token"],
            "interactiveMode": "Never", "provideClusterInfo": true}});
    home.write(
        ".kube/kubectl-mc-providers.json",
        &json!({"providers": [corp]}).to_string(),
    );
    let tools = Standins::in_home(home.path());
    (home, tools)
}

fn mc(home: &Home, args: &str) -> Outcome {
    home.shell(&format!("PATH=\"$HOME/bin:$PATH\" kubectl mc {args}"))
}

/// The rows for a user who has a context for every member, and a mapping to them.
fn by_mapping(args: &str) -> String {
    let mut kubeconfig = hub().kubeconfig();
    let all = fleet().kubeconfig(&[]);
    for key in ["clusters", "users", "contexts"] {
        let more = all[key].as_array().expect("a list").iter().cloned();
        kubeconfig[key].as_array_mut().expect("a list").extend(more);
    }
    let home = Home::holding(&fleet().folder, &kubeconfig);
    let mapped: String = MEMBERS
        .iter()
        .map(|(member, context)| format!("  {member}: {context}\n"))
        .collect();
    home.write(".kube/kubectl-mc-clusters.yaml", &format!("clusters:\n{mapped}"));
    home.shell(&format!("kubectl mc {args}")).success()
}

#[test]
fn access_by_providers_equals_access_by_mapping() {
    let (home, tools) = user();
    for args in [
        "get pods -A -o name",
        "get pods -A -o json",
        "get pods,services -A -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName",
        "get nodes -l kubernetes.io/os=linux -o csv=NAME:.metadata.name",
        "get pods cart-0 -n shop -o yaml --ignore-not-found",
    ] {
        assert_eq!(mc(&home, args).success(), by_mapping(args), "{args}");
    }
    let mut calls = tools.calls();
    assert_eq!(
        calls.len(),
        5 * 4,
        "one a cloud and a run, and none for the proxy: {calls:?}"
    );
    calls.sort();
    calls.dedup();
    let tenant = "--tenant-id 00000000-1111-2222-3333-444444444444";
    assert_eq!(
        calls,
        [
            "aws --region eu-west-1 eks get-token --cluster-name prod-eu-1 --output json".to_owned(),
            "corp-login token --cluster dev-eu-1".to_owned(),
            "gke-gcloud-auth-plugin".to_owned(),
            format!(
                "kubelogin get-token --login azurecli --server-id 6dae42f8-4368-4678-94ff-3960e28e3630 {tenant}"
            ),
        ]
    );
    let told = tools
        .asked()
        .into_iter()
        .map(|mut question| question["spec"]["cluster"]["server"].take());
    let told: Vec<Value> = told.filter(|server| !server.is_null()).collect();
    assert_eq!(told, vec![json!(fleet().server("dev-eu-1").url()); 5]);
}

#[test]
fn client_certificate_plugin_and_a_failing_one() {
    let (home, tools) = user();
    let admin = &fleet().server("prod-eu-1").admin;
    tools.certificate(&admin.cert, &admin.key);
    tools.mode("aws", Mode::Certificate);
    tools.mode("kubelogin", Mode::Fail);
    tools.token("gke-gcloud-auth-plugin", "a-token-of-nobody");
    let outcome = mc(&home, "get pods -A -o name -v");
    assert_eq!(outcome.status, 3, "{outcome:?}");
    let of_whom = |cluster: &str| {
        let rows = by_mapping(&format!("get pods -A -o name --clusters {cluster}"));
        assert!(rows.contains("pod/"), "{rows}");
        rows
    };
    let expected: String = ["corp-1", "prod-eu-1", "proxied-1"].map(of_whom).concat();
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&outcome.stdout), sorted(&expected));
    for words in [
        "azure-1: CredentialPlugin: the credential plugin kubelogin failed (exit status: 1)",
        "google-1: Unauthorized",
        "the credential of the credential plugin gke-gcloud-auth-plugin is not accepted",
    ] {
        assert!(outcome.stderr.contains(words), "{words}: {}", outcome.stderr);
    }
    assert_eq!(
        tools.runs("gke-gcloud-auth-plugin"),
        2,
        "once more after the refusal"
    );
    assert!(!outcome.stderr.contains("-token"), "{}", outcome.stderr);
}

#[test]
fn no_token_is_sent_without_allowed_hosts() {
    let (home, tools) = user();
    home.write(CONFIG, "");
    let outcome = mc(&home, "get pods -A -o name -v");
    assert_eq!((outcome.status, &*outcome.stdout), (1, ""), "{outcome:?}");
    let allow = "access: {allowedHosts: {\"eks\": [\"127.0.0.1\"]}}";
    assert!(outcome.stderr.contains(allow), "{}", outcome.stderr);
    assert_eq!(tools.calls(), [""; 0]);
    // What it says is what does it.
    home.write(CONFIG, &format!("{allow}\n"));
    let outcome = mc(&home, "get pods -A -o name -v");
    assert!(outcome.stdout.contains("prod-eu-1\tpod/"), "{outcome:?}");
    assert_eq!(tools.calls().len(), 1);
}

#[test]
fn doctor_checks_access_providers() {
    let (home, _tools) = user();
    let shown = mc(&home, "doctor").success();
    for (member, _) in MEMBERS {
        let line = shown
            .lines()
            .find(|line| line.contains(&format!("{member} rbac")));
        assert!(
            line.is_some_and(|line| line.contains("may list pods in all namespaces")),
            "{shown}"
        );
    }
    assert!(shown.contains(", 0 broken"), "{shown}");
}
