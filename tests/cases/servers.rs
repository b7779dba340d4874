//! Contexts and the servers that the hub publishes: contexts are found by server, with a warning if a mapping leads
//! elsewhere, and plain names are looked up in the fleet.

use crate::fleet::{Fault, Fleet, HUB, Member, Spec};
use crate::support::access::{CONFIG, MAPPING, eks, fleet, home, result, results, with_tools};
use crate::support::{Home, Outcome};

/// A hub that publishes each member's server, and a kubeconfig whose contexts have a cloud's names.
fn clouds() -> (Fleet, Home) {
    let mut spec = Spec::named(&["prod-eu-1", "prod-us-1", "dev-eu-1"]);
    spec.access_provider = Some("corp".into());
    spec.ca_per_member = true;
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    let text = std::fs::read_to_string(fleet.kubeconfig()).unwrap();
    let mut config: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    for context in config["contexts"].as_array_mut().unwrap() {
        let name = context["name"].as_str().unwrap().to_owned();
        if name != HUB {
            context["name"] = format!("arn:aws:eks:eu-west-1:111122223333:cluster/{name}-x").into();
        }
    }
    home.write("clouds", &config.to_string());
    (fleet, home)
}

fn run(home: &Home, line: &str) -> Outcome {
    home.shell(&with_tools(&format!(
        "KUBECONFIG=$HOME/clouds; export KUBECONFIG; {line}"
    )))
}

#[test]
fn contexts_named_by_cloud_tools_need_no_mapping() {
    let (fleet, home) = clouds();
    let got = run(&home, "kubectl-mc get pods -A -o name");
    assert_eq!((got.status, got.stderr.as_str()), (0, ""), "{got:?}");
    for member in fleet.members() {
        assert_eq!(member.counters().requests(), 1);
    }
    let listed = run(&home, "kubectl-mc clusters");
    let context = "arn:aws:eks:eu-west-1:111122223333:cluster/prod-eu-1-x";
    assert!(
        listed.stdout.contains(&format!("server → {context}")),
        "{listed:?}"
    );
    let setup = run(&home, "mc-setup --yes");
    assert!(
        setup.stderr.contains("3 had access already") || setup.stdout.contains("3 had access already"),
        "{setup:?}"
    );
    let mapping = std::fs::read_to_string(home.path().join(MAPPING)).unwrap_or_default();
    assert!(!mapping.contains("prod-eu-1"), "{mapping}");
}

#[test]
fn mapping_to_another_server_is_warned_about() {
    let (fleet, home) = clouds();
    let dev = "arn:aws:eks:eu-west-1:111122223333:cluster/dev-eu-1-x";
    home.write(MAPPING, &format!("clusters: {{prod-eu-1: '{dev}'}}\n"));
    for line in [
        "kubectl-mc get pods -A -o name",
        "kubectl-mc clusters",
        "mc-discover | mc-exec get pods -A",
    ] {
        let got = run(&home, line);
        assert_eq!(got.status, 0, "{got:?}");
        // One line for the mapping to another server, and one for the server of two clusters.
        let lines: Vec<&str> = got.stderr.lines().collect();
        let [elsewhere, twice] = lines.as_slice() else {
            panic!("{got:?}")
        };
        assert!(
            elsewhere.contains(&format!("prod-eu-1: context {dev:?} leads to ")),
            "{elsewhere}"
        );
        assert!(twice.contains("dev-eu-1 and prod-eu-1 ("), "{twice}");
    }
    let doctor = run(&home, "mc-doctor");
    assert!(doctor.stdout.contains("and the hub publishes"), "{doctor:?}");
    assert!(doctor.stdout.contains("lead to one server"), "{doctor:?}");
    home.write(CONFIG, "access: {verifyServer: true}\n");
    fleet.reset_counters();
    let refused = run(&home, "mc-discover --clusters=prod-eu-1 | mc-exec get pods -A");
    let results = results(&refused.stdout);
    assert_eq!(result(&results, "prod-eu-1")["reason"], "Unresolved");
    assert_eq!(fleet.member("dev-eu-1").counters().requests(), 0);
    let whole = run(&home, "kubectl-mc get pods -A -o name");
    assert_eq!(whole.status, 3, "{whole:?}");
    home.write(CONFIG, "");
    run(&home, "KUBECTL_MC_VERIFY_SERVER=true kubectl-mc get pods -A").complaint(3);
}

#[test]
fn several_contexts_of_one_server_are_reported_once() {
    let fleet = Fleet::start(Spec::named(&["one", "two"]));
    let home = Home::of(&fleet);
    let text = std::fs::read_to_string(fleet.kubeconfig()).unwrap();
    let mut config: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    let contexts = config["contexts"].as_array_mut().unwrap();
    let mut again = contexts.last().unwrap().clone();
    again["name"] = "again".into();
    contexts.push(again);
    home.write("clouds", &config.to_string());
    let got = run(
        &home,
        "kubectl-mc get pods -A --source kubeconfig --contexts 'one,two,again'",
    );
    assert_eq!(got.stderr.matches("again and two (").count(), 1, "{got:?}");
    assert_eq!(got.stderr.lines().count(), 1, "{got:?}");
    got.expect_saying(
        0,
        "mc-resolve: Warning: several clusters lead to one server, so that its rows come more than \
            once: again and two (https://127.0.0.1:PORT): leave one out with --exclude, or correct the \
            mapping\n",
    );
    let doctor = run(&home, "mc-doctor --source kubeconfig");
    assert!(
        doctor.stdout.contains("\"again\", \"two\" lead to one server"),
        "{doctor:?}"
    );
}

#[test]
fn accessible_leaves_out_clusters_without_access() {
    let mut spec = Spec::named(&["one", "two", "three"]);
    spec.members[2].context = false;
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    home.mc(&["get", "pods", "-A"]).complaint(3);
    for line in [
        "kubectl-mc get pods -A --accessible -o name",
        "mc-discover | mc-exec get pods -A --accessible",
        "mc-discover | mc-resolve --accessible | mc-exec get pods -A",
        "KUBECTL_MC_ACCESSIBLE=true kubectl-mc get pods -A",
        "kubectl-mc clusters --accessible",
    ] {
        let got = home.shell(line);
        assert_eq!((got.status, got.stderr.as_str()), (0, ""), "{line}: {got:?}");
        assert!(
            got.stdout.contains("one") && !got.stdout.contains("three"),
            "{line}: {got:?}"
        );
    }
    home.write(CONFIG, "discovery: {accessible: true}\n");
    home.mc(&["get", "pods", "-A"]).expect(0);
    home.mc(&["get", "pods", "-A", "--accessible=false"]).complaint(3);
    // No cluster at all is an error, like a pattern without a match.
    let none = home.mc(&["get", "pods", "-A", "--clusters=three"]);
    assert!(
        none.stderr.contains("--accessible leaves none of 1 clusters"),
        "{none:?}"
    );
    none.complaint(1);
    // A mapping to a missing context is a mistake: such a cluster is not left out.
    home.write(MAPPING, "clusters: {three: gone}\n");
    home.mc(&["get", "pods", "-A"]).complaint(3);
}

#[test]
fn plain_names_are_looked_up_in_the_cached_fleet() {
    let hub = Fleet::start(fleet([eks("prod-1"), eks("prod-2"), eks("dev-1")]));
    let (home, _tools) = home(&hub);
    let get = |line: &str| home.shell(&with_tools(line));
    // From the cache, which mc-discover has just written.
    let names = "mc-discover | sed 's/.*\"cluster\":\"\\([^\"]*\\)\".*/\\1/' | grep prod";
    let got = get(&format!("{names} | mc-exec get pods -A"));
    assert_eq!(got.status, 0, "{got:?}");
    assert_eq!(hub.hub().counters().requests(), 1);
    let all = results(&got.stdout);
    assert!(
        all.len() == 2 && all.iter().all(|result| result["ok"] == true),
        "{got:?}"
    );
    // The cache is used whatever its age, also while the hub is down.
    home.write(
        CONFIG,
        "discovery: {cacheTTL: 0s}\naccess: {allowedHosts: [127.0.0.1]}\n",
    );
    hub.hub().set_fault(Fault::Error);
    hub.reset_counters();
    let got = get("echo prod-1 | mc-resolve | mc-exec get pods -A");
    assert!(got.stdout.contains("\"ok\":true"), "{got:?}");
    assert_eq!(hub.hub().counters().requests(), 0);
    // Without a cache the hub is asked once, and only for clusters that have no context or mapping.
    std::fs::remove_dir_all(home.path().join(".kube/cache")).unwrap();
    hub.hub().set_fault(Fault::None);
    let got = get("printf 'hub\\nprod-1\\ndev-1\\n' | mc-exec get pods -A");
    assert_eq!(
        results(&got.stdout)
            .iter()
            .filter(|result| result["ok"] == true)
            .count(),
        3,
        "{got:?}"
    );
    let paths = hub.hub().counters().paths();
    assert_eq!(
        paths
            .iter()
            .filter(|(path, _)| path.contains("clusterprofiles"))
            .map(|(_, count)| count.0)
            .sum::<u64>(),
        1
    );
    // A context of that name needs no hub.
    std::fs::remove_dir_all(home.path().join(".kube/cache")).unwrap();
    hub.reset_counters();
    get("echo hub | mc-resolve").expect(0);
    assert_eq!(hub.hub().counters().requests(), 0);
    // If the hub does not list its fleet, that is reported, and the name stays unknown.
    hub.hub().set_fault(Fault::Error);
    let got = get("echo prod-1 | mc-exec get pods -A");
    assert!(
        got.stderr
            .contains("\"prod-1\" cannot be looked up in the fleet: "),
        "{got:?}"
    );
    assert!(got.stdout.contains("no context named"), "{got:?}");
}

#[test]
fn managed_clusters_give_access_by_their_server() {
    let mut spec = fleet([
        Member {
            labels: vec![
                ("vendor".into(), "EKS".into()),
                ("region".into(), "eu-west-1".into()),
            ],
            ..eks("prod-eu-1")
        },
        Member {
            labels: vec![("vendor".into(), "OpenShift".into())],
            ..eks("prod-us-1")
        },
    ]);
    spec.every_source = true;
    let hub = Fleet::start(spec);
    let (home, _tools) = home(&hub);
    let got = home.shell(&with_tools("mc-discover --source ocm | mc-exec get pods -A"));
    let all = results(&got.stdout);
    assert_eq!(result(&all, "prod-eu-1")["ok"], true, "{got:?}");
    assert_eq!(result(&all, "prod-us-1")["reason"], "Skipped", "{got:?}");
    assert_eq!(got.status, 3);
}
