//! The mapping file and the configuration, as documentation writes them.

use crate::fleet::{Fleet, Spec};
use crate::support::{Home, check_snapshot};

const MAPPING: &str = ".kube/kubectl-mc-clusters.yaml";
const CONFIG: &str = ".kube/kubectl-mc-config.yaml";

/// The shortest mapping file.
const SHORT_EXAMPLE: &str = "apiVersion: kubectl-mc.k8s.io/v1alpha1
kind: ClusterMapping
clusters:
- name: prod-us-west-1    # ClusterProfile name
  context: eks-us-west    # kubeconfig context name
- name: prod-eu-central-1
  context: eks-eu-central
- name: on-prem-dc1
  context: on-prem-1
";

/// The mapping file with a hub and metadata.
const EXAMPLE: &str = "apiVersion: kubectl-mc.k8s.io/v1alpha1
kind: ClusterMapping
hubContext: my-hub-cluster  # Optional: default hub context
clusters:
- name: prod-us-west-1
  context: eks-us-west
  cloudProvider: aws        # Optional: for platform helper support
  region: us-west-2         # Optional: for platform helper support
- name: prod-eu-central-1
  context: eks-eu-central
  cloudProvider: aws
  region: eu-central-1
- name: on-prem-dc1
  context: on-prem-1
  # No cloud metadata - manually managed
";

const CONFIG_EXAMPLE: &str = "apiVersion: kubectl-mc.k8s.io/v1alpha1
kind: Config
discovery:
  cacheTTL: 5m
  api: clusterprofile  # or 'about' or 'inventory'
execution:
  maxConcurrency: 10
  timeout: 30s
  continueOnError: true
output:
  colorize: true
  showClusterColumn: true
";

const NAMES: [&str; 3] = ["prod-us-west-1", "prod-eu-central-1", "on-prem-dc1"];

/// The contexts of the examples, and the members that they lead to.
const CONTEXTS: [(&str, &str); 4] = [
    ("my-hub-cluster", "hub"),
    ("eks-us-west", NAMES[0]),
    ("eks-eu-central", NAMES[1]),
    ("on-prem-1", NAMES[2]),
];

/// A home with these contexts and no others, which stand last in its kubeconfig.
fn home(fleet: &Fleet, current: &str, contexts: &[(&str, &str)]) -> Home {
    let home = Home::empty();
    let whole = std::fs::read_to_string(fleet.kubeconfig()).unwrap();
    let (before, _) = whole.split_once("contexts:\n").unwrap();
    let contexts: String = contexts
        .iter()
        .map(|(name, member)| format!("- {{name: {name}, context: {{cluster: {member}, user: {member}}}}}\n"))
        .collect();
    home.write(
        ".kube/config",
        &format!("current-context: {current}\n{before}contexts:\n{contexts}"),
    );
    home
}

fn read(home: &Home, path: &str) -> String {
    std::fs::read_to_string(home.path().join(path)).unwrap_or_default()
}

const PODS: [&str; 5] = ["get", "pods", "gated", "-o", "name"];
const ALL: &str = "on-prem-dc1\tpod/gated\nprod-eu-central-1\tpod/gated\nprod-us-west-1\tpod/gated\n";

const ONE_SERVER: &str = "mc-resolve: Warning: several clusters lead to one server, so that its rows come more than \
    once: prod-us-west-1 and web (https://127.0.0.1:PORT): leave one out with --exclude, or \
    correct the mapping\n";

#[test]
fn documented_mapping_examples_work() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    // The first example names no hub: it is the current context.
    let by_current = home(&fleet, "my-hub-cluster", &CONTEXTS);
    by_current.write(MAPPING, SHORT_EXAMPLE);
    assert_eq!(by_current.mc(&PODS).expect(0), ALL);
    // The second does, whatever the current context is.
    let by_mapping = home(&fleet, "eks-us-west", &CONTEXTS);
    by_mapping.mc(&PODS).expect_saying(
        1,
        "mc-discover: context \"eks-us-west\" (https://127.0.0.1:PORT) does not serve ClusterProfile \
            (multicluster.x-k8s.io/v1alpha1), and is taken for the hub because it is the current context: \
            install the Cluster Inventory API there, or name the hub with --hub-context, or with kubectl mc setup, \
            which keeps it; without any hub, --source kubeconfig asks every context\n",
    );
    by_mapping.write(MAPPING, EXAMPLE);
    assert_eq!(by_mapping.mc(&PODS).expect(0), ALL);
    let stages =
        by_mapping.shell("mc-discover | mc-resolve | mc-exec get pods gated | mc-merge | mc-format -o name");
    assert_eq!(stages.expect(0), ALL);
    let table = by_mapping.mc(&["clusters"]).expect(0);
    assert!(table.contains("mapping → eks-us-west"), "{table}");
}

#[test]
fn documented_configuration_keys_take_effect() {
    let fleet = Fleet::start(Spec::named(&NAMES).every_source());
    let home = home(&fleet, "my-hub-cluster", &CONTEXTS);
    home.write(MAPPING, SHORT_EXAMPLE);
    home.write(CONFIG, CONFIG_EXAMPLE);
    let lists = || fleet.hub().counters().requests();
    assert_eq!(home.mc(&PODS).expect(0), ALL);
    let once = lists();
    home.mc(&PODS).expect(0);
    assert_eq!(lists(), once, "within cacheTTL the hub is not asked");

    let with = |from: &str, to: &str| {
        assert!(CONFIG_EXAMPLE.contains(from), "{from}");
        home.write(CONFIG, &CONFIG_EXAMPLE.replace(from, to));
    };
    let table = ["get", "pods", "gated"];
    with("cacheTTL: 5m", "cacheTTL: 0s");
    home.mc(&PODS).expect(0);
    assert_eq!(lists(), once + 1);
    with("api: clusterprofile", "api: about");
    assert_eq!(
        home.mc(&["clusters", "-o", "name"])
            .expect_saying(
                0,
                "mc-discover: Warning: these clusters do not serve ClusterProperty (about.k8s.io) and are listed without \
                 properties: \"my-hub-cluster\"\n"
            )
            .lines()
            .count(),
        4
    );
    with("api: clusterprofile", "api: inventory");
    let chosen = home.mc(&["clusters", "-o", "name"]).expect(0);
    assert_eq!(chosen, "prod-eu-central-1\nprod-us-west-1\n");
    with("timeout: 30s", "timeout: 1ns");
    let late = home.mc(&[&table[..], &["-v"]].concat()).complaint(1);
    assert!(late.contains("Timeout"), "{late}");
    with("continueOnError: true", "continueOnError: 7");
    let wrong = home.mc(&table).complaint(1);
    assert!(
        wrong.contains("line 9, column 20: execution.continueOnError"),
        "{wrong}"
    );
    with("colorize: true", "colorize: always");
    assert!(home.mc(&table).expect(0).contains("\u{1b}["));
    with("colorize: true", "colorize: false");
    assert!(
        home.on_terminal("kubectl-mc get pods gated")
            .expect(0)
            .contains("CLUSTER")
    );
    with("showClusterColumn: true", "showClusterColumn: false");
    assert!(!home.mc(&table).expect(0).contains("CLUSTER"));
}

/// From the highest: the flag, the variable, the configuration file, the mapping file, and the current
/// context.
#[test]
fn hub_context_precedence() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = home(&fleet, "current", &CONTEXTS);
    let mut steps: Vec<(&str, &str)> = Vec::new();
    let asked = |home: &Home, variable: &str, flag: &str| {
        let said = home.shell(&format!("{variable} mc-discover {flag}")).complaint(1);
        let (_, rest) = said.split_once("\"").unwrap_or_else(|| panic!("{said}"));
        rest.split_once('"').unwrap().0.to_owned()
    };
    assert_eq!(asked(&home, "", ""), "current");
    home.write(MAPPING, "hubContext: of-mapping\n");
    assert_eq!(asked(&home, "", ""), "of-mapping");
    home.write(CONFIG, "hubContext: of-config\n");
    assert_eq!(asked(&home, "", ""), "of-config");
    let variable = "KUBECTL_MC_HUB_CONTEXT=of-variable";
    assert_eq!(asked(&home, variable, ""), "of-variable");
    assert_eq!(asked(&home, variable, "--hub-context of-flag"), "of-flag");
    steps.push((variable, "--hub-context my-hub-cluster"));
    for (variable, flag) in steps {
        home.shell(&format!("{variable} mc-discover {flag}")).expect(0);
    }
}

#[test]
fn mapping_mistakes_are_reported_by_every_command() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = home(&fleet, "my-hub-cluster", &CONTEXTS);
    let mut said = String::new();
    for (from, to) in [
        ("name: on-prem-dc1", "name: prod-us-west-1"),
        ("- name: on-prem-dc1\n  context", "- context"),
        ("kind: ClusterMapping", "kind: ClusterMap"),
        ("v1alpha1", "v1"),
    ] {
        home.write(MAPPING, &SHORT_EXAMPLE.replace(from, to));
        said += &format!("# {from:?} is {to:?}\n");
        said += &home.transcript(&[
            "kubectl-mc get pods",
            "kubectl-mc clusters",
            "kubectl-mc setup --yes",
            "kubectl-mc doctor | grep -A1 mapping",
        ]);
    }
    check_snapshot("mapping-mistakes", &said);
    // An entry may have keys of its own.
    home.write(
        MAPPING,
        &SHORT_EXAMPLE.replace(
            "  context: on-prem-1",
            "  owner: {team: web}\n  context: on-prem-1",
        ),
    );
    assert_eq!(home.mc(&PODS).expect(0), ALL);
}

/// A ClusterProfile whose own name is not the cluster's.
fn profile(name: &str, cluster: &str) -> String {
    format!(
        r#"{{"apiVersion": "multicluster.x-k8s.io/v1alpha1", "kind": "ClusterProfile",
           "metadata": {{"name": "{name}", "namespace": "fleet"}}, "spec": {{"clusterName": "{cluster}"}}}}"#
    )
}

#[test]
fn mapping_entry_matches_the_profile_name() {
    let mut spec = Spec::named(&NAMES[..1]);
    spec.extra_profiles = vec![
        profile("profile-of-web", "web"),
        profile("shared", "one"),
        profile("shared", "two"),
        profile(NAMES[0], "three"),
    ];
    let fleet = Fleet::start(spec);
    let home = home(&fleet, "my-hub-cluster", &CONTEXTS[..2]);
    home.write(
        MAPPING,
        "clusters:\n- {name: profile-of-web, context: eks-us-west}\n- {name: shared, context: eks-us-west}\n\
         - {name: prod-us-west-1, context: eks-us-west}\n",
    );
    let rows = home
        .mc(&[&PODS[..], &["--clusters", "web,prod-us-west-1"]].concat())
        .expect_saying(0, ONE_SERVER);
    assert_eq!(rows, "prod-us-west-1\tpod/gated\nweb\tpod/gated\n");
    // A profile name that several clusters have maps none of them.
    let table = home.mc(&["clusters"]).expect_saying(0, ONE_SERVER);
    for cluster in ["one", "two", "three"] {
        let line = table.lines().find(|line| line.starts_with(cluster)).unwrap();
        assert!(line.contains("Skipped"), "{table}");
    }
}

#[test]
fn setup_uses_mapping_metadata_and_keeps_the_rest() {
    let mut spec = Spec::named(&NAMES);
    for member in &mut spec.members {
        member.labels.clear();
    }
    let fleet = Fleet::start(spec);
    let contexts = [CONTEXTS[0], CONTEXTS[3]];
    let home = home(&fleet, "my-hub-cluster", &contexts);
    // As in the example, but without the contexts that the cloud's tool is going to write.
    let start = EXAMPLE
        .replace("  context: eks-us-west\n", "  owner: {team: web}  # ask them\n")
        .replace("  context: eks-eu-central\n", "");
    home.write(MAPPING, &start);
    let arn = |region: &str, name: &str| format!("arn:aws:eks:{region}:111122223333:cluster/{name}");
    let cases = [(NAMES[0], "us-west-2"), (NAMES[1], "eu-central-1")];
    let fetches = cases.map(|(name, region)| {
        let arn = arn(region, name);
        format!(
            "\"eks update-kubeconfig --name {name} --region {region}\") printf -- '- {{name: \"{arn}\", context: \
             {{cluster: {name}, user: {name}}}}}\\n' >>\"$HOME/.kube/config\" ;;\n"
        )
    });
    home.script(
        "aws",
        &format!(
            "case \"$*\" in \"sts get-caller-identity\") echo me ;;\n{}*) exit 64 ;; esac\n",
            fetches.concat()
        ),
    );
    let setup = "PATH=\"$HOME/bin:$PATH\" kubectl-mc setup --yes";
    let shown = home.shell(setup).expect(0);
    assert!(
        shown.contains("1 had access already, 2 set up, 0 left"),
        "{shown}"
    );
    let expected = start
        .replace(
            "  region: us-west-2         # Optional: for platform helper support\n",
            &format!(
                "  region: us-west-2         # Optional: for platform helper support\n  context: {}\n",
                arn(cases[0].1, cases[0].0)
            ),
        )
        .replace(
            "  region: eu-central-1\n",
            &format!(
                "  region: eu-central-1\n  context: {}\n",
                arn(cases[1].1, cases[1].0)
            ),
        );
    assert_eq!(read(&home, MAPPING), expected);
    assert_eq!(read(&home, &format!("{MAPPING}.bak")), start);
    assert_eq!(read(&home, CONFIG), "", "the hub is named already");
    assert_eq!(home.mc(&PODS).expect(0), ALL);
}

#[test]
fn doctor_reports_mapping_mistakes() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = home(&fleet, "my-hub-cluster", &CONTEXTS);
    let mut said = String::new();
    let wrong = EXAMPLE
        .replace("name: prod-us-west-1", "name: prod-us-west1")
        .replace("context: eks-us-west\n", "context: on-prem-1\n  Region: eu\n")
        + "- name: gone\n  context: nowhere\n";
    for mapping in [EXAMPLE, &wrong] {
        home.write(MAPPING, mapping);
        said += &home.transcript(&[
            "kubectl-mc doctor | grep -A1 mapping",
            // With a selection, an entry without a cluster means nothing.
            "kubectl-mc doctor --clusters on-prem-dc1 | grep -A1 mapping",
        ]);
    }
    check_snapshot("mapping-doctor", &said);
}
