//! mc-enrich on a hub of its own: what it writes and what it leaves alone, replicas and their lease, a writer that
//! works against it, and the way from empty profiles to rows.

use std::time::Instant;

use serde_json::{Value, json};

use crate::addon::{Hub, property};
use crate::fleet::fleet;
use crate::standins::Standins;

const AWS: [(&str, &str); 3] = [
    ("product.open-cluster-management.io", "EKS"),
    ("platform.open-cluster-management.io", "AWS"),
    (
        "id.eks.amazonaws.com",
        "arn:aws:eks:eu-west-1:123456789012:cluster/shop",
    ),
];

/// A hub with the cluster `shop`, whose server is the hub's own, and two empty copies of its profile.
fn hub() -> Hub {
    let hub = Hub::start();
    hub.add_profiles("shop", &["one", "two"]);
    hub.add_cluster("shop", &json!({}), &hub.server.url(), &hub.server.ca);
    hub
}

#[test]
fn addon_fills_empty_profiles_once() {
    let mut hub = hub();
    hub.claim("shop", &AWS);
    // An entry that is not ours, in a list of ours.
    let theirs =
        json!({"properties": [{"name": "nodes", "value": "3"}, {"name": "account", "value": "theirs"}]});
    hub.patch(&["clusterprofile", "shop", "-n", "one"], &theirs);

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
    for (name, value) in [
        ("auth.exec.command", "aws"),
        (
            "auth.exec.args",
            "eks,get-token,--cluster-name,shop,--region,eu-west-1",
        ),
        ("auth.exec.apiVersion", "client.authentication.k8s.io/v1beta1"),
    ] {
        assert_eq!(hub.property("two", name).as_deref(), Some(value));
    }
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

    // Nothing but the one value is left out, and an Event says so, however often it is found.
    hub.claim(
        "shop",
        &[
            AWS[0],
            AWS[1],
            ("region.open-cluster-management.io", &"x".repeat(1025)),
        ],
    );
    hub.enrich("--once").success();
    hub.enrich("--once").success();
    assert_eq!(hub.property("two", "region"), None);
    assert_eq!(
        hub.property("two", "account"),
        None,
        "what is known no more is taken back"
    );
    assert_eq!(hub.property("two", "cluster.type").as_deref(), Some("eks"));
    let job = hub.replica("job", "--no-lease --resync 200ms");
    let is_looked_at = |count: usize| {
        let (_, metrics) = hub.served("job", "/metrics");
        let unchanged = metrics
            .lines()
            .find_map(|line| line.strip_prefix("mc_enrich_reconciles_total{result=\"unchanged\"} "));
        unchanged.is_some_and(|value| value.parse::<usize>().expect("a number") >= count)
    };
    hub.wait("it serves", || hub.said("job", "serving") == 1);
    hub.wait("both are looked at several times", || is_looked_at(10));
    let (_, metrics) = hub.served("job", "/metrics");
    assert!(metrics.contains("\nmc_enrich_refused_values 2\n"), "{metrics}");
    for namespace in ["one", "two"] {
        let events = hub.kubectl(&format!("get events -n {namespace} -o json"));
        let events: Value = serde_json::from_str(&events).expect("kubectl's JSON");
        let events = events["items"].as_array().expect("a list");
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!(events[0]["reason"], "ValueTooLong");
        assert_eq!(events[0]["involvedObject"]["name"], "shop");
    }
    hub.stop("job", job);
}

/// A profile written by hand, of a ManagedCluster whose annotations say what it is.
#[test]
fn addon_fills_a_profile_by_the_clusters_name() {
    let hub = Hub::start();
    hub.add_cluster("shop", &json!({}), &hub.server.url(), &hub.server.ca);
    hub.kubectl("annotate managedcluster shop vendor=EKS cluster-name=production region=us-east-1");
    hub.kubectl("create namespace one");
    for (name, manager) in [("shop", "open-cluster-management"), ("other", "gke-fleet")] {
        hub.create(&json!({
            "apiVersion": "multicluster.x-k8s.io/v1alpha1", "kind": "ClusterProfile",
            "metadata": {"name": name, "namespace": "one"},
            "spec": {"clusterManager": {"name": manager}},
        }));
    }
    hub.add_cluster(
        "other",
        &json!({"vendor": "EKS"}),
        &hub.server.url(),
        &hub.server.ca,
    );
    let once = hub.enrich("--once");
    assert_eq!(once.status, 0, "{}", once.stderr);
    assert!(once.stderr.contains("\"applied\":\"1\""), "{}", once.stderr);
    for (name, value) in [
        ("cluster.type", "eks"),
        ("cloud.provider", "aws"),
        (
            "auth.exec.args",
            "eks,get-token,--cluster-name,production,--region,us-east-1",
        ),
    ] {
        assert_eq!(hub.property("one", name).as_deref(), Some(value));
    }
}

#[test]
fn addon_has_no_other_rights() {
    let hub = hub();
    hub.kubectl("create secret generic password -n one --from-literal=a=b");
    hub.enrich("--once").success();
    for line in [
        "get secrets -A",
        "get secret password -n one",
        "get nodes",
        "get managedcluster shop",
        "patch managedcluster shop --type=merge -p {\"metadata\":{\"labels\":{\"a\":\"b\"}}}",
        "delete managedcluster shop",
        "patch clusterprofile shop -n one --type=merge -p {\"metadata\":{\"labels\":{\"a\":\"b\"}}}",
        "delete clusterprofile shop -n one",
        "get leases -n kubectl-mc",
        "get lease other -n kubectl-mc",
        "delete lease kubectl-mc-enrich -n kubectl-mc",
        "get events -A",
        "create configmap a -n kubectl-mc",
        "get lease kubectl-mc-enrich -n one",
        "create token mc-enrich -n kubectl-mc",
    ] {
        let args: Vec<&str> = ["--kubeconfig", "addon"]
            .into_iter()
            .chain(line.split(' '))
            .collect();
        let outcome = hub.home.kubectl(&args);
        assert_ne!(outcome.status, 0, "{line}");
        assert!(
            outcome
                .stderr
                .contains("is forbidden: User \"system:serviceaccount:kubectl-mc:mc-enrich\""),
            "{line}: {}",
            outcome.stderr
        );
    }
}

#[test]
fn addon_leader_election() {
    let mut hub = hub();
    hub.claim("shop", &AWS);
    let mut first = hub.replica("first", "");
    hub.wait("the first leads", || hub.leader() == "first");
    hub.wait("it writes", || {
        hub.property("two", "region").as_deref() == Some("eu-west-1")
    });
    let mut second = hub.replica("second", "");
    hub.wait("the second waits", || {
        hub.said("second", "waiting for the lease") == 1
    });
    hub.wait("the second is ready", || hub.served("second", "/readyz").0 == 200);
    assert_eq!(hub.served("second", "/healthz"), (200, "ok\n".to_owned()));
    assert!(
        hub.served("second", "/metrics")
            .1
            .contains("\nmc_enrich_leader 0\n")
    );
    let (_, metrics) = hub.served("first", "/metrics");
    assert!(metrics.contains("\nmc_enrich_leader 1\n"), "{metrics}");
    assert!(metrics.contains("\nmc_enrich_cluster_profiles 2\n"), "{metrics}");

    // Changes and new profiles are written, by the leader alone.
    hub.claim("shop", &[AWS[0], ("region", "us-east-1")]);
    hub.wait("a change arrives", || {
        hub.property("two", "region").as_deref() == Some("us-east-1")
    });
    hub.add_profiles("shop", &["three"]);
    hub.wait("a new copy is filled", || {
        hub.property("three", "region").as_deref() == Some("us-east-1")
    });
    assert_eq!(hub.said("second", "applied"), 0);

    first.kill().expect("it is killed");
    first.wait().expect("it ends");
    hub.claim("shop", &[AWS[0], ("region", "us-west-2")]);
    hub.wait("the second leads", || hub.leader() == "second");
    hub.wait("it writes", || {
        hub.property("two", "region").as_deref() == Some("us-west-2")
    });

    // A replica that cannot renew the lease must stop: another may have it.
    hub.crash();
    let status = second.wait().expect("it ends");
    assert_eq!(status.code(), Some(1), "{:?}", hub.log("second"));
    hub.recover();

    // SIGTERM: the lease is given back and the status is 0.
    let third = hub.replica("third", "");
    hub.wait("the third leads", || hub.leader() == "third");
    hub.wait("it watches", || hub.said("third", "watching") == 1);
    hub.stop("third", third);
    assert_eq!(hub.leader(), "");
    assert_eq!(hub.said("third", "the lease is given back"), 1);
    assert_eq!(hub.said("third", "what was under way is given up"), 0);
}

#[test]
fn addon_survives_a_restart_of_the_hub() {
    let mut hub = hub();
    hub.claim("shop", &AWS);
    let replica = hub.replica("only", "--no-lease");
    hub.wait("it writes", || {
        hub.property("two", "region").as_deref() == Some("eu-west-1")
    });
    hub.crash();
    hub.wait("both watches fail", || hub.said("only", "cannot watch") >= 2);
    hub.recover();
    hub.claim("shop", &[AWS[0], ("region", "us-east-1")]);
    hub.wait("it writes again", || {
        hub.property("two", "region").as_deref() == Some("us-east-1")
    });
    hub.stop("only", replica);
}

/// Open Cluster Management sets a profile's properties to the cluster's claims whenever it sees another state.
#[test]
fn addon_backs_off_if_properties_are_rewritten() {
    let mut hub = hub();
    hub.claim("shop", &AWS);
    let replica = hub.replica("only", "--no-lease");
    let ours = |profile: &Value| property(profile, "region").is_some();
    hub.wait("it writes", || ours(&hub.profile("one")));
    let access = hub.profile("one")["status"]["accessProviders"].clone();

    let start = Instant::now();
    let claims: Vec<Value> = AWS
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let mut put_back: Vec<Value> = Vec::new();
    let mut rewrites = 0;
    hub.wait("they are put back three times", || {
        let profile = hub.profile("one");
        if !ours(&profile) {
            return false;
        }
        if rewrites > 0 {
            put_back.push(profile["metadata"]["resourceVersion"].clone());
        }
        if put_back.len() < 3 {
            hub.patch(
                &["clusterprofile", "shop", "-n", "one"],
                &json!({"properties": claims}),
            );
            rewrites += 1;
        }
        put_back.len() == 3
    });
    // Pauses of 1, 2 and 4 seconds: so many writes take so long at least, whatever the machine.
    let most = (start.elapsed().as_secs_f64() + 1.0).log2();
    let (_, metrics) = hub.served("only", "/metrics");
    assert!(
        put_back.len() as f64 <= most,
        "{put_back:?} in {:?}",
        start.elapsed()
    );
    put_back.dedup();
    assert_eq!(put_back.len(), 3, "each is a write of its own");
    // One for each profile, and those.
    assert!(
        metrics.contains("mc_enrich_reconciles_total{result=\"applied\"} 5\n"),
        "{metrics}"
    );
    assert!(
        metrics.contains("\nmc_enrich_removed_properties_total 3\n"),
        "{metrics}"
    );
    assert_eq!(hub.profile("one")["status"]["accessProviders"], access);
    let product = "product.open-cluster-management.io";
    assert_eq!(
        hub.property("one", product).as_deref(),
        Some("EKS"),
        "theirs stay"
    );
    let events = hub.kubectl("get events -n one --field-selector reason=PropertiesRemoved -o name");
    assert_eq!(events.lines().count(), 1, "{events}");
    hub.stop("only", replica);
}

/// A cluster's name, its labels and its claims.
type Member<'a> = (&'a str, Value, &'a [(&'a str, &'a str)]);

/// There is no mapping, and no context but the hub's in the kubeconfig.
#[test]
fn addon_gives_access_without_a_mapping() {
    let hub = Hub::start();
    hub.kubectl("create namespace fleet");
    let members: [Member; 3] = [
        (
            "prod-eu-1",
            json!({}),
            &[AWS[0], ("id.x", "arn:aws:eks:eu-west-1:1:cluster/prod-eu-1")],
        ),
        (
            "prod-us-1",
            json!({"vendor": "GKE", "region": "us-central1"}),
            &[],
        ),
        (
            "dev-eu-1",
            json!({"cloud": "Azure"}),
            &[
                ("product.open-cluster-management.io", "AKS"),
                ("tenant.id", "00000000-1111-2222-3333-444444444444"),
            ],
        ),
    ];
    for (name, labels, claims) in &members {
        let server = fleet().server(name);
        hub.add_cluster(name, labels, &server.url(), &server.ca);
        hub.add_profile(name, "fleet");
        hub.claim(name, claims);
    }
    let standins = Standins::in_home(hub.home.path());
    // Those of the clouds are known to kubectl-mc; these are the user's to allow.
    hub.home.write(
        ".kube/kubectl-mc-config.yaml",
        "access: {allowedHosts: {eks: [127.0.0.1], gke: [127.0.0.1], aks: [127.0.0.1]}}\n",
    );
    let get = || {
        hub.home
            .shell("PATH=\"$HOME/bin:$PATH\" kubectl mc get pods -A -o name --refresh")
    };
    let before = get();
    assert_ne!(before.status, 0, "{}", before.stdout);
    assert_eq!(standins.calls(), [""; 0]);

    hub.enrich("--once").success();
    let mut calls = vec![
        "aws --region eu-west-1 eks get-token --cluster-name prod-eu-1 --output json",
        "gke-gcloud-auth-plugin",
        "kubelogin get-token --login azurecli --server-id 6dae42f8-4368-4678-94ff-3960e28e3630 --tenant-id \
         00000000-1111-2222-3333-444444444444",
    ];
    let rows = get().success();
    for (name, ..) in &members {
        assert!(rows.contains(&format!("{name}\tpod/cart-0\tshop\n")), "{rows}");
    }
    let sorted = |mut calls: Vec<String>| {
        calls.sort();
        calls
    };
    assert_eq!(sorted(standins.calls()), calls);

    // Properties come and go with Open Cluster Management; what the plugins need stays.
    for (name, ..) in &members {
        hub.patch(
            &["clusterprofile", name, "-n", "fleet"],
            &json!({"properties": []}),
        );
    }
    assert_eq!(get().success(), rows);
    calls.extend(calls.clone());
    calls.sort();
    assert_eq!(sorted(standins.calls()), calls);
}
