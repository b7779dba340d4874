//! A hub that has Open Cluster Management's APIs and not its controllers, with the addon mc-enrich, which runs with
//! the rights that `deploy/enrich/rbac.yaml` gives and with no others.

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
use crate::http::{self, Request};
use crate::reaper::Reaper;

/// Far above what anything takes here, so that what never comes fails a test.
const WITHIN: Duration = Duration::from_secs(120);

const LEASE: [&str; 5] = ["get", "lease", "kubectl-mc-enrich", "-n", "kubectl-mc"];

/// A running hub.
pub struct Hub {
    pub home: Home,
    pub server: ApiServer,
    _etcd: Etcd,
    reaper: Reaper,
}

impl Hub {
    /// With the APIs and the addon's manifests, and no cluster.
    pub fn start() -> Hub {
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
        let crds = fs::read_to_string(fixtures::data().join("enrich/crds.yaml")).expect("a fixture");
        hub.home.write("crds.yaml", &crds);
        hub.kubectl("create -f crds.yaml");
        hub.kubectl("wait --for=condition=Established crd --all");
        let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/enrich");
        for file in ["namespace", "rbac", "deployment", "addon"] {
            // The real objects: a manifest that the API server refuses fails here.
            let manifest = fs::read_to_string(deploy.join(format!("{file}.yaml"))).expect("a manifest");
            hub.home.write(&format!("{file}.yaml"), &manifest);
            hub.kubectl(&format!("create --validate=strict -f {file}.yaml"));
        }
        let token = hub.kubectl("create token mc-enrich --namespace kubectl-mc --duration=1h");
        let addon = kubeconfig(&hub.server, token.trim());
        hub.home.write("addon", &addon.to_string());
        hub
    }

    /// Empty profiles of a cluster, one in each namespace.
    pub fn add_profiles(&self, cluster: &str, namespaces: &[&str]) {
        for namespace in namespaces {
            self.create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}));
            self.add_profile(cluster, namespace);
        }
    }

    /// An empty profile, in a namespace that is there.
    pub fn add_profile(&self, cluster: &str, namespace: &str) {
        self.create(&json!({
            "apiVersion": "multicluster.x-k8s.io/v1alpha1", "kind": "ClusterProfile",
            "metadata": {"name": cluster, "namespace": namespace, "labels": {
                "x-k8s.io/cluster-manager": "open-cluster-management",
                "open-cluster-management.io/cluster-name": cluster,
            }},
            "spec": {"clusterManager": {"name": "open-cluster-management"}},
        }));
    }

    /// A ManagedCluster.
    pub fn add_cluster(&self, name: &str, labels: &Value, url: &str, ca: &str) {
        self.create(&json!({
            "apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster",
            "metadata": {"name": name, "labels": labels},
            "spec": {"managedClusterClientConfigs": [{"url": url, "caBundle": BASE64.encode(ca)}]},
        }));
    }

    /// Creates an object as an administrator.
    pub fn create(&self, object: &Value) {
        self.home.feed("enrich", &["create", "-f", "-"], object);
    }

    pub fn kubectl(&self, line: &str) -> String {
        self.home.kubectl(&line.split(' ').collect::<Vec<_>>()).success()
    }

    /// Sets a cluster's claims, as its agent does.
    pub fn claim(&self, cluster: &str, claims: &[(&str, &str)]) {
        let claims: Vec<Value> = claims
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        self.patch(&["managedcluster", cluster], &json!({"clusterClaims": claims}));
    }

    /// Merges into the status of an object.
    pub fn patch(&self, what: &[&str], status: &Value) {
        let patch = json!({"status": status}).to_string();
        let args = [
            &["patch"],
            what,
            &["--subresource=status", "--type=merge", "-p", &patch],
        ]
        .concat();
        self.home.kubectl(&args).success();
    }

    /// A copy of the profile `shop`.
    pub fn profile(&self, namespace: &str) -> Value {
        let text = self.kubectl(&format!("get clusterprofile shop -n {namespace} -o json"));
        serde_json::from_str(&text).expect("kubectl's JSON")
    }

    pub fn property(&self, namespace: &str, name: &str) -> Option<String> {
        property(&self.profile(namespace), name)
    }

    /// The resourceVersions of both copies.
    pub fn versions(&self) -> Vec<Value> {
        let version = |namespace| self.profile(namespace)["metadata"]["resourceVersion"].clone();
        vec![version("one"), version("two")]
    }

    /// mc-enrich with the addon's own rights.
    pub fn enrich(&self, line: &str) -> Outcome {
        self.home.shell(&format!("mc-enrich --kubeconfig addon {line}"))
    }

    /// A replica that goes on; its log is the file of its name.
    pub fn replica(&mut self, name: &str, flags: &str) -> Child {
        let line = format!(
            "exec mc-enrich --kubeconfig addon --lease-namespace kubectl-mc --lease-duration 6s \
             --address 127.0.0.1:0 {flags} 2>{name}.log"
        );
        let mut command = self.home.command("/bin/sh");
        command.args(["-c", &line]).env("POD_NAME", name);
        self.reaper.spawn(&mut command)
    }

    /// Tells a replica to stop, which it must do well.
    pub fn stop(&self, name: &str, mut replica: Child) {
        self.home.shell(&format!("kill -TERM {}", replica.id())).success();
        let status = replica.wait().expect("it ends");
        assert!(status.success(), "{status} {:?}", self.log(name));
    }

    /// The stderr of a replica so far.
    pub fn log(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.home.path().join(format!("{name}.log"))).unwrap_or_default();
        // The last line may be under way.
        let whole = text.rsplit_once('\n').map(|(whole, _)| whole).unwrap_or_default();
        whole
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| json!({"message": line})))
            .collect()
    }

    /// How often a replica has said this.
    pub fn said(&self, name: &str, message: &str) -> usize {
        let is_it = |line: &&Value| line["message"].as_str().is_some_and(|text| text == message);
        self.log(name).iter().filter(is_it).count()
    }

    /// The response of a replica at a path: status and body.
    pub fn served(&self, name: &str, path: &str) -> (u16, String) {
        let log = self.log(name);
        let serving = log.iter().find(|line| line["message"] == "serving");
        let address = serving.expect("it serves")["address"]
            .as_str()
            .expect("an address");
        let request = Request {
            method: "GET",
            path,
            headers: &[],
            body: b"",
        };
        let answer = http::plain(address.parse().expect("an address"), &request).expect("an answer");
        (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// The holder of the lease, if there is one.
    pub fn leader(&self) -> String {
        let lease = [&LEASE[..], &["-o", "jsonpath={.spec.holderIdentity}"]].concat();
        let holder = self.home.kubectl(&lease).stdout;
        holder.split('_').next().unwrap_or_default().to_owned()
    }

    /// Kills the API server as a crash would, and waits for nothing.
    pub fn crash(&mut self) {
        self.server.kill(&mut self.reaper);
    }

    /// Starts it again, and waits until it is ready.
    pub fn recover(&mut self) {
        self.server.restart(&mut self.reaper);
    }

    /// Waits until something holds; without a moment's rest, as each look is a kubectl.
    pub fn wait(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let start = Instant::now();
        while !holds() {
            assert!(
                start.elapsed() < WITHIN,
                "{what}:\n{}",
                self.home.shell("tail -n 20 *.log").stdout
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A property of a profile.
pub fn property(profile: &Value, name: &str) -> Option<String> {
    let properties = profile["status"]["properties"].as_array()?;
    let found = properties.iter().find(|property| property["name"] == name)?;
    found["value"].as_str().map(str::to_owned)
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
