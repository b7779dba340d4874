//! The whole fleet: a hub, its members, and commands run against them.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::apiserver::{self, ApiServer, Etcd, User};
use crate::fixtures::{self, Addresses};
use crate::reaper::Reaper;

/// One cluster: its name, the definitions that it has, and its fixtures.
struct Plan {
    name: &'static str,
    crds: &'static [&'static str],
    fixtures: &'static [&'static str],
    /// Whom its context in the usual kubeconfig is for; both ways to come in are in use.
    user: User,
}

/// The hub, then the members. They differ on purpose: `prod-eu-1` has everything, `prod-us-1` few pods,
/// `dev-eu-1` no widgets.
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
        crds: &["crds/widgets"],
        fixtures: &[
            "fixtures/namespaces",
            "fixtures/access",
            "fixtures/few-pods",
            "fixtures/workloads",
            "fixtures/nodes",
            "fixtures/network",
            "fixtures/config",
            "fixtures/widgets",
        ],
        user: User::AdminByCertificate,
    },
    Plan {
        name: "dev-eu-1",
        crds: &[],
        fixtures: &[
            "fixtures/namespaces",
            "fixtures/access",
            "fixtures/pods",
            "fixtures/jobs",
            "fixtures/nodes",
            "fixtures/network",
            "fixtures/config",
            "fixtures/storage",
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
        let folder = TempDir::with_prefix("kubectl-mc-e2e-").expect("a temporary folder").keep();
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
        let fleet = Fleet { etcd, servers, _reaper: reaper };
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
        Addresses { clusters: self.servers.iter().map(cluster).collect() }
    }

    fn fill(&self, plan: &Plan, addresses: &Addresses) {
        let home = Home::of(self);
        let name = plan.name;
        let crds = fixtures::read(plan.crds, addresses);
        if !crds.is_empty() {
            home.feed(name, &["create", "-f", "-"], &fixtures::creation(&crds));
            home.kubectl(&["--context", name, "wait", "--for=condition=Established", "crd", "--all"]).success();
        }
        let objects = fixtures::read(plan.fixtures, addresses);
        home.feed(name, &["create", "-f", "-"], &fixtures::creation(&objects));
        fixtures::age(&self.etcd, name, &objects);
        home.feed(name, &["replace", "--subresource=status", "-f", "-"], &fixtures::statuses(&objects));
    }

    /// The server of cluster `name`.
    pub fn server(&self, name: &str) -> &ApiServer {
        self.servers.iter().find(|s| s.name == name).expect("a cluster of the fleet")
    }

    /// A kubeconfig with a context for every cluster, current context `hub`. `users` says who some of them
    /// are for, where that is not the usual administrator.
    pub fn kubeconfig(&self, users: &[(&str, User)]) -> Value {
        use base64::Engine as _;
        let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        let (mut clusters, mut entries, mut contexts) = (Vec::new(), Vec::new(), Vec::new());
        for plan in &PLANS {
            let (name, server) = (plan.name, self.server(plan.name));
            let user = users.iter().find(|(n, _)| *n == name).map_or(plan.user, |(_, user)| *user);
            let user = match user.token() {
                Some(token) => json!({"token": token}),
                None => json!({
                    "client-certificate-data": base64(&server.admin.cert),
                    "client-key-data": base64(&server.admin.key),
                }),
            };
            let cluster = json!({"server": server.url(), "certificate-authority-data": base64(&server.ca)});
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

/// A home folder with a kubeconfig, and nothing else in the environment: what a test's commands see.
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// A home with the usual kubeconfig.
    pub fn new() -> Home {
        Home::of(fleet())
    }

    /// A home in which the contexts of some clusters are for other users.
    pub fn with_users(users: &[(&str, User)]) -> Home {
        Home::holding(&fleet().kubeconfig(users))
    }

    fn of(fleet: &Fleet) -> Home {
        Home::holding(&fleet.kubeconfig(&[]))
    }

    fn holding(kubeconfig: &Value) -> Home {
        let folder = TempDir::with_prefix("kubectl-mc-home-").expect("a temporary folder");
        let home = Home { folder };
        // JSON is YAML, and the reader under test takes both.
        home.write(".kube/config", &kubeconfig.to_string());
        home
    }

    /// Writes a file below the home folder.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a file below home")).expect("a folder below home");
        fs::write(path, text).expect("a file below home");
    }

    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        let path = format!("{}:{}:/usr/bin:/bin", binaries().display(), apiserver::assets().display());
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", path)
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs the pinned kubectl.
    pub fn kubectl(&self, args: &[&str]) -> Outcome {
        Outcome::of(self.command(apiserver::assets().join("kubectl")).args(args).output(), args)
    }

    /// Runs kubectl on cluster `name` with `input`, which must succeed.
    fn feed(&self, name: &str, args: &[&str], input: &Value) {
        let mut command = self.command(apiserver::assets().join("kubectl"));
        command.args(["--context", name]).args(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("kubectl starts");
        // kubectl reads its input to the end before it writes, so that this cannot stall.
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(input.to_string().as_bytes()).expect("kubectl reads");
        drop(stdin);
        let outcome = Outcome::of(child.wait_with_output(), args);
        assert_eq!(outcome.status, 0, "{name}: kubectl {args:?}:\n{}", outcome.stderr);
    }
}

/// The folder of the binaries under test.
fn binaries() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_kubectl-mc")).parent().expect("a folder").to_owned()
}

/// How a command ended.
#[derive(Debug)]
pub struct Outcome {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    fn of(output: std::io::Result<Output>, args: &[&str]) -> Outcome {
        let output = output.unwrap_or_else(|e| panic!("{args:?} does not start: {e}"));
        Outcome {
            // A signal has no status; no program under test exits with this one.
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("UTF-8 on stdout"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8 on stderr"),
        }
    }

    /// The standard output of a command that must have succeeded.
    pub fn success(self) -> String {
        assert_eq!(self.status, 0, "status {}:\n{}{}", self.status, self.stdout, self.stderr);
        self.stdout
    }
}
