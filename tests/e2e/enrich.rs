//! mc-enrich on a hub of its own, which has Open Cluster Management's APIs and not its controllers. It runs
//! with the rights that `deploy/enrich/rbac.yaml` gives, and with no others.

use std::fs;
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::apiserver::{ApiServer, Etcd};
use crate::fixtures;
use crate::home::{Home, Outcome};
use crate::reaper::Reaper;

/// Far above what anything takes here, so that what never comes fails a test.
const WITHIN: Duration = Duration::from_secs(120);

const AWS: [(&str, &str); 3] = [
    ("product.open-cluster-management.io", "EKS"),
    ("platform.open-cluster-management.io", "AWS"),
    (
        "id.eks.amazonaws.com",
        "arn:aws:eks:eu-west-1:123456789012:cluster/shop",
    ),
];

/// A running hub.
struct Hub {
    home: Home,
    server: ApiServer,
    _etcd: Etcd,
    reaper: Reaper,
}

impl Hub {
    /// With both APIs, the addon's manifests and two empty copies of the profile `shop`.
    fn start() -> Hub {
        let folder = TempDir::with_prefix("kubectl-mc-enrich-")
            .expect("a folder")
            .keep();
        let mut reaper = Reaper::new(&folder);
        let etcd = Etcd::start(&folder, &mut reaper);
        let mut server = ApiServer::start("enrich", &folder, &etcd, &mut reaper);
        server.wait();
        let home = Home::holding(&folder, &kubeconfig(&server, "admin-token"));
        let hub = Hub {
            home,
            server,
            _etcd: etcd,
            reaper,
        };
        let data = |file: &str| fs::read_to_string(fixtures::data().join(file)).expect("a fixture");
        hub.home.write("crds.yaml", &data("enrich/crds.yaml"));
        hub.kubectl("create -f crds.yaml");
        hub.kubectl("wait --for=condition=Established crd --all");
        let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/enrich");
        for file in ["namespace", "rbac", "deployment"] {
            // The real objects: a manifest that the API server refuses fails here.
            let manifest = fs::read_to_string(deploy.join(format!("{file}.yaml"))).expect("a manifest");
            hub.home.write(&format!("{file}.yaml"), &manifest);
            hub.kubectl(&format!("create --validate=strict -f {file}.yaml"));
        }
        let token = hub.kubectl("create token mc-enrich --namespace kubectl-mc --duration=1h");
        hub.home
            .write("addon", &kubeconfig(&hub.server, token.trim()).to_string());
        for namespace in ["one", "two"] {
            hub.kubectl(&format!("create namespace {namespace}"));
            hub.create(&json!({
                "apiVersion": "multicluster.x-k8s.io/v1alpha1", "kind": "ClusterProfile",
                "metadata": {"name": "shop", "namespace": namespace, "labels": {
                    "x-k8s.io/cluster-manager": "open-cluster-management",
                    "open-cluster-management.io/cluster-name": "shop",
                }},
                "spec": {"clusterManager": {"name": "open-cluster-management"}},
            }));
        }
        hub.create(&json!({
            "apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster",
            "metadata": {"name": "shop"},
            "spec": {"managedClusterClientConfigs":
                [{"url": hub.server.url(), "caBundle": BASE64.encode(&hub.server.ca)}]},
        }));
        hub
    }

    fn kubectl(&self, line: &str) -> String {
        self.home.kubectl(&line.split(' ').collect::<Vec<_>>()).success()
    }

    fn create(&self, object: &Value) {
        self.home.feed("enrich", &["create", "-f", "-"], object);
    }

    fn claim(&self, claims: &[(&str, &str)]) {
        let claims: Vec<Value> = claims
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        self.patch("managedcluster shop", &json!({"clusterClaims": claims}));
    }

    fn patch(&self, what: &str, status: &Value) {
        let patch = json!({"status": status}).to_string();
        let (kind, name) = what.split_once(' ').expect("kind and name");
        let mut args = vec!["patch", kind];
        args.extend(name.split(' '));
        args.extend(["--subresource=status", "--type=merge", "-p", &patch]);
        self.home.kubectl(&args).success();
    }

    fn profile(&self, namespace: &str) -> Value {
        let text = self.kubectl(&format!("get clusterprofile shop -n {namespace} -o json"));
        serde_json::from_str(&text).expect("kubectl's JSON")
    }

    fn property(&self, namespace: &str, name: &str) -> Option<String> {
        let profile = self.profile(namespace);
        let properties = profile["status"]["properties"].as_array()?;
        let found = properties.iter().find(|property| property["name"] == name)?;
        found["value"].as_str().map(str::to_owned)
    }

    fn versions(&self) -> Vec<Value> {
        let version = |namespace| self.profile(namespace)["metadata"]["resourceVersion"].clone();
        vec![version("one"), version("two")]
    }

    /// mc-enrich with the addon's own rights.
    fn enrich(&self, line: &str) -> Outcome {
        self.home.shell(&format!("mc-enrich --kubeconfig addon {line}"))
    }

    /// A replica that goes on; its log is the file of its name.
    fn replica(&mut self, name: &str) -> Child {
        let line = format!(
            "exec mc-enrich --kubeconfig addon --lease-namespace kubectl-mc --lease-duration 6s \
             --address 127.0.0.1:0 2>{name}.log"
        );
        let mut command = self.home.command("/bin/sh");
        command.args(["-c", &line]).env("POD_NAME", name);
        self.reaper.spawn(&mut command)
    }

    fn leader(&self) -> String {
        let lease = self.home.kubectl(&[
            "get",
            "lease",
            "kubectl-mc-enrich",
            "-n",
            "kubectl-mc",
            "-o",
            "jsonpath={.spec.holderIdentity}",
        ]);
        lease.stdout.split('_').next().unwrap_or_default().to_owned()
    }

    fn wait(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let start = Instant::now();
        while !holds() {
            assert!(
                start.elapsed() < WITHIN,
                "{what}:\n{}",
                self.home.shell("cat *.log").stdout
            );
            thread::sleep(Duration::from_millis(100));
        }
    }
}

fn kubeconfig(server: &ApiServer, token: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "enrich",
        "clusters": [{"name": "hub", "cluster":
            {"server": server.url(), "certificate-authority-data": BASE64.encode(&server.ca)}}],
        "users": [{"name": "me", "user": {"token": token}}],
        "contexts": [{"name": "enrich", "context": {"cluster": "hub", "user": "me"}}],
    })
}

#[test]
fn empty_profiles_are_filled_once_and_then_left_alone() {
    let hub = Hub::start();
    hub.claim(&AWS);
    // Somebody else's, in a list of ours.
    let theirs =
        json!({"properties": [{"name": "nodes", "value": "3"}, {"name": "account", "value": "theirs"}]});
    hub.patch("clusterprofile shop -n one", &theirs);

    let before = hub.versions();
    let dry = hub.enrich("--dry-run --output json");
    assert_eq!(dry.status, 0, "{}", dry.stderr);
    let lines: Vec<Value> = dry
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 2, "{}", dry.stdout);
    assert_eq!(lines[0]["status"]["accessProviders"][0]["name"], "eks");
    assert!(hub.enrich("--dry-run").success().starts_with("---\napiVersion:"));
    assert_eq!(hub.versions(), before, "a dry run writes nothing");

    hub.enrich("--once").success();
    assert_eq!(hub.property("one", "cloud.provider").as_deref(), Some("aws"));
    assert_eq!(hub.property("two", "region").as_deref(), Some("eu-west-1"));
    assert_eq!(hub.property("two", "account").as_deref(), Some("123456789012"));
    assert_eq!(hub.property("one", "nodes").as_deref(), Some("3"));
    assert_eq!(
        hub.property("one", "account").as_deref(),
        Some("theirs"),
        "nothing is forced"
    );
    let cluster = &hub.profile("one")["status"]["accessProviders"][0]["cluster"];
    assert_eq!(cluster["server"], hub.server.url());
    let exec = json!({"clusterName": "shop", "region": "eu-west-1", "account": "123456789012"});
    assert_eq!(cluster["extensions"][0]["extension"], exec);

    let written = hub.versions();
    let again = hub.enrich("--once");
    assert_eq!(again.status, 0, "{}", again.stderr);
    assert!(again.stderr.contains("\"applied\":\"0\""), "{}", again.stderr);
    assert_eq!(hub.versions(), written, "an unchanged profile is not written");

    // Nothing but the one value is left out, and an Event says so.
    hub.claim(&[
        AWS[0],
        AWS[1],
        ("region.open-cluster-management.io", &"x".repeat(1025)),
    ]);
    hub.enrich("--once").success();
    assert_eq!(hub.property("two", "region"), None);
    assert_eq!(
        hub.property("two", "account"),
        None,
        "what is known no more is taken back"
    );
    assert_eq!(hub.property("two", "cluster.type").as_deref(), Some("eks"));
    let events = hub.kubectl("get events -n two --field-selector reason=ValueTooLong -o name");
    assert_eq!(events.lines().count(), 1, "{events}");
}

#[test]
fn one_replica_leads_and_the_other_takes_over() {
    let mut hub = Hub::start();
    hub.claim(&AWS);
    let mut first = hub.replica("first");
    hub.wait("the first leads", || hub.leader() == "first");
    hub.wait("it writes", || {
        hub.property("two", "region").as_deref() == Some("eu-west-1")
    });
    let second = hub.replica("second");
    let log =
        |name: &str| fs::read_to_string(hub.home.path().join(format!("{name}.log"))).unwrap_or_default();
    hub.wait("the second waits", || {
        log("second").contains("waiting for the lease")
    });

    // A writer that replaces all properties, as OCM does: it wins at once, and access stays.
    hub.patch(
        "clusterprofile shop -n one",
        &json!({"properties": [{"name": "claim", "value": "x"}]}),
    );
    hub.wait("it is noticed", || log("first").contains("PropertiesRemoved"));
    let versions = hub.versions();
    assert_eq!(hub.property("one", "region"), None);
    assert_eq!(hub.profile("one")["status"]["accessProviders"][0]["name"], "eks");

    // The others are written, by the leader alone.
    hub.claim(&[AWS[0], ("region", "us-east-1")]);
    hub.wait("a change arrives", || {
        hub.property("two", "region").as_deref() == Some("us-east-1")
    });
    assert_ne!(hub.versions(), versions);
    assert!(!log("second").contains("\"applied\""), "{}", log("second"));

    first.kill().expect("it is killed");
    first.wait().expect("it ends");
    hub.claim(&[AWS[0], ("region", "us-west-2")]);
    hub.wait("the second leads", || hub.leader() == "second");
    hub.wait("it writes", || {
        hub.property("two", "region").as_deref() == Some("us-west-2")
    });

    // SIGTERM: the lease is given back and the status is 0.
    let mut second = second;
    hub.home.shell(&format!("kill -TERM {}", second.id())).success();
    assert!(second.wait().expect("it ends").success(), "{}", log("second"));
    assert_eq!(hub.leader(), "");
    assert!(
        log("second").contains("the lease is given back"),
        "{}",
        log("second")
    );
}
