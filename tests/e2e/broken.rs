//! A member whose APIService has no service behind it, as where metrics-server is away: what it cannot say it has is in
//! doubt, and all else it answers.

use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::apiserver::{ApiServer, User};
use crate::fixtures::{self, Addresses};
use crate::fleet::{RICH, fleet};
use crate::home::Home;
use crate::reaper::Reaper;

/// The member's name, and its context's.
const BROKEN: &str = "broken";

/// Far above what anything takes here, so that what never comes fails a test.
const WITHIN: Duration = Duration::from_secs(120);

struct Member {
    server: ApiServer,
    _reaper: Reaper,
}

fn member() -> &'static Member {
    static STARTED: LazyLock<Member> = LazyLock::new(Member::start);
    &STARTED
}

impl Member {
    fn start() -> Member {
        let folder = TempDir::with_prefix("kubectl-mc-e2e-broken-")
            .expect("a temporary folder")
            .keep();
        let mut reaper = Reaper::new(&folder);
        let mut server = ApiServer::start(BROKEN, &folder, &fleet().etcd, &mut reaper);
        server.wait();
        let member = Member {
            server,
            _reaper: reaper,
        };
        let home = member.home();
        let crds = fixtures::read(&["crds/gauges"], &Addresses { clusters: Vec::new() });
        home.feed(BROKEN, &["create", "-f", "-"], &fixtures::creation(&crds));
        let wait = ["wait", "--for=condition=Established", "crd", "--all"];
        home.kubectl(&[&["--context", BROKEN], &wait[..]].concat())
            .success();
        home.feed(
            BROKEN,
            &["create", "-f", "-"],
            &json!({
                "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
                "metadata": {"name": "v1beta1.metrics.k8s.io"},
                "spec": {"group": "metrics.k8s.io", "version": "v1beta1", "insecureSkipTLSVerify": true,
                    "groupPriorityMinimum": 100, "versionPriority": 100,
                    "service": {"name": "metrics-server", "namespace": "kube-system"}},
            }),
        );
        // Until then the server has not looked for it.
        let start = Instant::now();
        while !member.is_known_to_be_broken() {
            assert!(start.elapsed() < WITHIN, "the API is not said to be stale");
            thread::sleep(Duration::from_millis(200));
        }
        member
    }

    fn is_known_to_be_broken(&self) -> bool {
        let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
        let groups = self.server.get(User::Admin, "/apis", accept).json();
        let groups = groups["items"].as_array().cloned().unwrap_or_default();
        groups.iter().any(|group| {
            group["metadata"]["name"] == "metrics.k8s.io" && group["versions"][0]["freshness"] == "Stale"
        })
    }

    /// A home whose kubeconfig leads to this member and to one that is in order.
    fn home(&self) -> Home {
        let good = fleet().server(RICH);
        let of = |server: &ApiServer| -> [Value; 3] {
            let name = server.name;
            let ca = BASE64.encode(&server.ca);
            [
                json!({"name": name, "cluster": {"server": server.url(), "certificate-authority-data": ca}}),
                json!({"name": name, "user": {"token": User::Admin.token()}}),
                json!({"name": name, "context": {"cluster": name, "user": name}}),
            ]
        };
        let [good, broken] = [of(good), of(&self.server)];
        let pair = |index: usize| [&good[index], &broken[index]];
        Home::holding(
            &fleet().folder,
            &json!({"apiVersion": "v1", "kind": "Config", "current-context": BROKEN,
                "clusters": pair(0), "users": pair(1), "contexts": pair(2)}),
        )
    }
}

#[test]
fn broken_apiservice_fails_only_its_own_types() {
    let home = member().home();
    let get = |args: &[&str]| home.get(&[args, &["--source", "kubeconfig", "-v"]].concat());
    for typed in [
        "podmetrics",
        "podmetrics.metrics.k8s.io",
        "podmetrics.v1beta1.metrics.k8s.io",
    ] {
        let theirs = home.kubectl(&["--context", BROKEN, "get", typed]);
        assert_eq!(theirs.status, 1, "{typed}: {theirs:?}");
        let error = theirs.stderr.lines().last().expect("an error");
        let error = error.strip_prefix("error: ").unwrap_or(error);
        let ours = get(&[typed]);
        assert_eq!(ours.status, 1, "{typed}: {ours:?}");
        let said = format!("  {BROKEN}: ServerError: {error}");
        assert!(ours.stderr.contains(&said), "{typed}: {theirs:?} {ours:?}");
        assert!(
            ours.stderr
                .contains("kubectl --context CONTEXT get apiservice v1beta1.metrics.k8s.io"),
            "{typed}: {ours:?}"
        );
    }
    // Without a group it may be there, too; with one it merely lacks it.
    let doubt = get(&["widgets", "-A"]);
    assert_eq!(doubt.status, 3, "{doubt:?}");
    assert!(doubt.stdout.contains(RICH), "{doubt:?}");
    for args in [&["widgets.example.com", "-A"][..], &["gauges", "-A"], &["ns"]] {
        let outcome = get(args);
        assert_eq!(outcome.status, 0, "{args:?}: {outcome:?}");
    }
    let all = get(&["all"]);
    assert_eq!(all.status, 0, "{all:?}");
    assert!(
        all.stderr
            .contains("the server cannot say what is in metrics.k8s.io/v1beta1"),
        "{all:?}"
    );
    let theirs = home.kubectl(&["--context", BROKEN, "get", "all"]);
    assert_eq!(theirs.status, 0, "{theirs:?}");
}
