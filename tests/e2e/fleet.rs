//! The whole fleet: a hub and its members, started and filled.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::apiserver::{ApiServer, Etcd, User};
use crate::fixtures::{self, Addresses};
use crate::home::Home;
use crate::reaper::Reaper;

/// One cluster: its name, the definitions that it has, and its fixtures.
struct Plan {
    name: &'static str,
    crds: &'static [&'static str],
    fixtures: &'static [&'static str],
    /// The user of its context in the usual kubeconfig; both ways to log in are in use.
    user: User,
}

/// The hub, then the members. They differ on purpose: `prod-eu-1` has everything, `prod-us-1` few pods,
/// `dev-eu-1` no widgets. `prod-us-1` is a second hub as well. Gauges and beacons, in namespace `mixed`, are on the
/// last two, each in its own way.
const PLANS: [Plan; 4] = [
    Plan {
        name: HUB,
        crds: &["crds/clusterprofiles"],
        fixtures: &["fixtures/access", "fixtures/hub"],
        user: User::AdminByCertificate,
    },
    Plan {
        name: "prod-eu-1",
        crds: &["crds/widgets"],
        fixtures: &[
            "fixtures/namespaces",
            "fixtures/access",
            "fixtures/pods",
            "fixtures/workloads",
            "fixtures/jobs",
            "fixtures/nodes",
            "fixtures/network",
            "fixtures/config",
            "fixtures/storage",
            "fixtures/events",
            "fixtures/widgets",
        ],
        user: User::Admin,
    },
    Plan {
        name: "prod-us-1",
        crds: &[
            "crds/widgets",
            "crds/clusterprofiles",
            "crds/sources",
            "crds/about",
            "crds/gauges",
        ],
        fixtures: &[
            "fixtures/namespaces",
            "fixtures/access",
            "fixtures/few-pods",
            "fixtures/workloads",
            "fixtures/nodes",
            "fixtures/network",
            "fixtures/config",
            "fixtures/widgets",
            "fixtures/second-hub",
            "fixtures/about",
            "fixtures/mixed",
        ],
        user: User::AdminByCertificate,
    },
    Plan {
        name: "dev-eu-1",
        crds: &["crds/about-old", "crds/gauges-old"],
        fixtures: &[
            "fixtures/namespaces",
            "fixtures/access",
            "fixtures/pods",
            "fixtures/jobs",
            "fixtures/nodes",
            "fixtures/network",
            "fixtures/config",
            "fixtures/storage",
            "fixtures/about-old",
            "fixtures/mixed-old",
        ],
        user: User::Admin,
    },
];

/// The hub's name, and its context's.
pub const HUB: &str = "hub";
/// The member that has every fixture.
pub const RICH: &str = "prod-eu-1";
/// All members.
pub const MEMBERS: [&str; 3] = ["prod-eu-1", "prod-us-1", "dev-eu-1"];

/// A running fleet.
pub struct Fleet {
    /// Everything that it writes, test homes included, so that the reaper removes all of it.
    pub folder: PathBuf,
    pub etcd: Etcd,
    servers: Vec<ApiServer>,
    /// Last, so that it outlives the others.
    _reaper: Reaper,
}

/// The fleet that all tests of this binary share, started by the first that asks. If it does not start, it is
/// not tried again for the next test. A `static` is never dropped; the reaper sees to its end.
pub fn fleet() -> &'static Fleet {
    static FLEET: LazyLock<Fleet> = LazyLock::new(Fleet::start);
    &FLEET
}

impl Fleet {
    /// Starts every server, and fills it.
    fn start() -> Fleet {
        let folder = TempDir::with_prefix("kubectl-mc-e2e-")
            .expect("a temporary folder")
            .keep();
        let mut reaper = Reaper::new(&folder);
        let etcd = Etcd::start(&folder, &mut reaper);
        let mut servers: Vec<ApiServer> = PLANS
            .iter()
            .map(|plan| ApiServer::start(plan.name, &folder, &etcd, &mut reaper))
            .collect();
        thread::scope(|scope| {
            for server in &mut servers {
                scope.spawn(|| server.wait());
            }
        });
        let fleet = Fleet {
            folder,
            etcd,
            servers,
            _reaper: reaper,
        };
        let addresses = fleet.addresses();
        thread::scope(|scope| {
            for plan in &PLANS {
                scope.spawn(|| fleet.fill(plan, &addresses));
            }
        });
        fleet
    }

    fn addresses(&self) -> Addresses {
        let cluster = |s: &ApiServer| (s.name.to_owned(), s.url(), s.ca.clone());
        Addresses {
            clusters: self.servers.iter().map(cluster).collect(),
        }
    }

    fn fill(&self, plan: &Plan, addresses: &Addresses) {
        let home = Home::holding(&self.folder, &self.kubeconfig(&[]));
        let name = plan.name;
        let crds = fixtures::read(plan.crds, addresses);
        if !crds.is_empty() {
            home.feed(name, &["create", "-f", "-"], &fixtures::creation(&crds));
            home.kubectl(&[
                "--context",
                name,
                "wait",
                "--for=condition=Established",
                "crd",
                "--all",
            ])
            .success();
        }
        let objects = fixtures::read(plan.fixtures, addresses);
        home.feed(name, &["create", "-f", "-"], &fixtures::creation(&objects));
        fixtures::age(&self.etcd, name, &objects);
        home.feed(
            name,
            &["replace", "--subresource=status", "-f", "-"],
            &fixtures::statuses(&objects),
        );
    }

    /// The server of cluster `name`.
    pub fn server(&self, name: &str) -> &ApiServer {
        self.servers
            .iter()
            .find(|s| s.name == name)
            .expect("a cluster of the fleet")
    }

    /// A kubeconfig with a context for every cluster, current context `hub`. `users` says who some of them
    /// are for, where that is not the usual administrator.
    pub fn kubeconfig(&self, users: &[(&str, User)]) -> Value {
        let (mut clusters, mut entries, mut contexts) = (Vec::new(), Vec::new(), Vec::new());
        for plan in &PLANS {
            let (name, server) = (plan.name, self.server(plan.name));
            let user = users
                .iter()
                .find(|(n, _)| *n == name)
                .map_or(plan.user, |(_, user)| *user);
            let user = match user.token() {
                Some(token) => json!({"token": token}),
                None => json!({
                    "client-certificate-data": BASE64.encode(&server.admin.cert),
                    "client-key-data": BASE64.encode(&server.admin.key),
                }),
            };
            let cluster =
                json!({"server": server.url(), "certificate-authority-data": BASE64.encode(&server.ca)});
            clusters.push(json!({"name": name, "cluster": cluster}));
            entries.push(json!({"name": format!("{name}-user"), "user": user}));
            let context = json!({"cluster": name, "user": format!("{name}-user")});
            contexts.push(json!({"name": name, "context": context}));
        }
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": HUB,
            "clusters": clusters, "users": entries, "contexts": contexts,
        })
    }
}

/// A fixture that no cluster gets would look tested and not be.
#[test]
fn every_fixture_is_in_use() {
    for folder in ["crds", "fixtures"] {
        for entry in std::fs::read_dir(fixtures::data().join(folder)).expect("a folder of fixtures") {
            let path = entry.expect("an entry").path();
            let stem = path
                .file_stem()
                .expect("a file")
                .to_str()
                .expect("a UTF-8 name")
                .to_owned();
            let name = format!("{folder}/{stem}");
            let used = PLANS
                .iter()
                .any(|p| p.crds.contains(&&*name) || p.fixtures.contains(&&*name));
            assert!(used, "no cluster gets {}", path.display());
        }
    }
}
