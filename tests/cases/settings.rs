//! Settings: what flags, variables and the configuration do to a run.

use crate::fleet::{Fleet, Spec};
use crate::support::{Home, check_snapshot};
use serde_json::Value;

const NAMES: [&str; 3] = ["dev-eu", "prod-eu", "prod-us"];

fn configured(fleet: &Fleet, text: &str) -> Home {
    let home = Home::of(fleet);
    home.write(".kube/kubectl-mc-config.yaml", text);
    home
}

const GATED: &str = "kubectl-mc get pods gated -o name";

fn pods(clusters: &[&str]) -> String {
    clusters
        .iter()
        .map(|cluster| format!("{cluster}\tpod/gated\n"))
        .collect()
}

#[test]
fn configured_selection_is_replaced_by_variable_and_flag() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = configured(&fleet, "defaults: {clusters: ['prod-*'], exclude: prod-us}\n");
    for (line, clusters) in [
        (GATED, &["prod-eu"][..]),
        (
            "KUBECTL_MC_EXCLUDE=prod-eu kubectl-mc get pods gated -o name",
            &["prod-us"],
        ),
        (
            "KUBECTL_MC_CLUSTERS=dev-eu kubectl-mc get pods gated -o name",
            &["dev-eu"],
        ),
        (
            "KUBECTL_MC_CLUSTERS=nothing kubectl-mc get pods gated -o name --clusters='*-eu'",
            &["dev-eu", "prod-eu"],
        ),
        ("mc-discover | mc-exec get pods gated -o name", &["prod-eu"]),
        // Names that are given have been chosen.
        ("echo dev-eu | mc-exec get pods gated -o name", &["dev-eu"]),
        (
            "echo dev-eu | mc-discover - | mc-exec get pods gated -o name",
            &["dev-eu"],
        ),
    ] {
        assert_eq!(home.shell(line).expect(0), pods(clusters), "{line}");
    }
}

#[test]
fn groups_are_saved_selections() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = configured(
        &fleet,
        "groups:\n  prod: ['prod-*']\n  eu: ['*-eu']\n  calm: ['@prod', '!@eu']\n  rest: ['!dev-*']\n  none: nothing\n",
    );
    for (flags, clusters) in [
        ("--clusters=@prod", &["prod-eu", "prod-us"][..]),
        ("--clusters=@prod,dev-*", &NAMES),
        ("--clusters=@calm", &["prod-us"]),
        ("--clusters=@rest", &["prod-eu", "prod-us"]),
        ("--exclude=@eu", &["prod-us"]),
        ("--clusters=@eu --exclude=@prod", &["dev-eu"]),
    ] {
        let clusters = pods(clusters);
        assert_eq!(
            home.shell(&format!("{GATED} {flags}")).expect(0),
            clusters,
            "{flags}"
        );
        let line = format!("mc-discover {flags} | mc-exec get pods gated -o name");
        assert_eq!(home.shell(&line).expect(0), clusters, "{line}");
    }
    let line = format!("KUBECTL_MC_CLUSTERS=@calm {GATED}");
    assert_eq!(home.shell(&line).expect(0), pods(&["prod-us"]));
    let line = format!("KUBECTL_MC_GROUPS='{{dev: [dev-*]}}' {GATED} --clusters=@dev");
    assert_eq!(home.shell(&line).expect(0), pods(&["dev-eu"]));

    let said = home.shell(&format!("{GATED} --clusters=@prdo")).complaint(2);
    assert_eq!(
        said,
        "mc-discover: --clusters \"@prdo\": there is no group \"prdo\" (did you mean \"prod\"?): the configuration has \
         calm, eu, none, prod, rest\n"
    );
    let said = home.shell(&format!("{GATED} --clusters=@none")).complaint(1);
    assert!(said.contains("no cluster matches --clusters \"@none\""), "{said}");
    home.write(
        ".kube/kubectl-mc-config.yaml",
        "defaults: {clusters: '@prod'}\ngroups: {prod: prod-us}\n",
    );
    assert_eq!(home.shell(GATED).expect(0), pods(&["prod-us"]));
    home.write(
        ".kube/kubectl-mc-config.yaml",
        "groups:\n  a: ['@b']\n  b: ['@a']\n",
    );
    let said = home.shell(GATED).complaint(1);
    assert!(
        said.contains("line 2, column 3: groups: group \"a\" contains itself: a → b → a"),
        "{said}"
    );
}

#[test]
fn setting_that_selects_nothing_is_named() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = configured(&fleet, "defaults: {clusters: tset}\n");
    let said = home.shell(GATED).complaint(1);
    assert!(
        said.contains("no cluster matches defaults.clusters \"tset\""),
        "{said}"
    );
    let line = format!("KUBECTL_MC_CLUSTERS=tset {GATED}");
    let said = home.shell(&line).complaint(1);
    assert!(
        said.contains("no cluster matches KUBECTL_MC_CLUSTERS \"tset\""),
        "{said}"
    );
    let line = format!("KUBECTL_MC_CLUSTERS=~/.kube/clusters.yaml {GATED}");
    let said = home.shell(&line).complaint(1);
    assert!(said.contains("KUBECTL_MC_MAPPING"), "{said}");
}

#[test]
fn region_of_no_hub_is_reported() {
    let fleet = Fleet::start(Spec::named(&NAMES[..1]));
    for (text, said) in [
        (
            "hubContext: hub\n",
            "none of the hubs has a region: name it with the hub in hubs of the configuration",
        ),
        (
            "hubs: [{context: hub, region: us}]\n",
            "no hub is there; the hubs' regions are us",
        ),
    ] {
        let home = configured(&fleet, text);
        let outcome = home.shell(&format!("{GATED} --region=eu-west-1"));
        let said = format!("mc-discover: Warning: --region \"eu-west-1\" chooses no hub: {said}\n");
        outcome.expect_saying(0, &said);
    }
    let home = configured(&fleet, "hubs: [{context: hub, region: eu}]\n");
    home.shell(&format!("{GATED} --region=eu-west-1")).expect(0);
}

#[test]
fn unknown_variable_is_reported_once() {
    let fleet = Fleet::start(Spec::named(&NAMES[..1]));
    let home = Home::of(&fleet);
    let outcome = home.shell(&format!("KUBECTL_MC_CLUSTER=dev-eu {GATED}"));
    outcome.expect_saying(
        0,
        "mc-discover: Warning: unknown environment variable KUBECTL_MC_CLUSTER (did you mean KUBECTL_MC_CLUSTERS or \
         KUBECTL_MC_CLUSTER_SET or KUBECTL_MC_CLUSTER_SELECTOR?)\n",
    );
}

#[test]
fn configured_output_format_is_that_of_the_wrapper() {
    let fleet = Fleet::start(Spec::named(&NAMES[..1]));
    let home = configured(&fleet, "defaults: {output: name}\n");
    assert_eq!(home.mc(&["get", "pods", "gated"]).expect(0), pods(&["dev-eu"]));
    let csv = home
        .shell("KUBECTL_MC_OUTPUT=csv kubectl-mc get pods gated")
        .expect(0);
    assert!(csv.starts_with("CLUSTER,NAME"), "{csv}");
    let table = home.mc(&["get", "pods", "gated", "-o", "table"]).expect(0);
    assert!(table.starts_with("NAME "), "{table}");
    // The format is an explicit flag of each process, and other pipes write records.
    assert_eq!(
        home.mc(&["get", "pods", "--print-pipeline"]).expect(0),
        "mc-discover | mc-resolve | mc-exec get pods --for=name | mc-merge | mc-format --output=name\n"
    );
    let records = home.shell("mc-discover | mc-exec get pods gated").expect(0);
    assert!(records.contains(r#"{"kind":"Row""#), "{records}");
    // Labels are columns of a table.
    home.mc(&["get", "pods", "gated", "--show-labels"]).expect(0);
    let said = home
        .shell("KUBECTL_MC_OUTPUT=tabel kubectl-mc get pods gated")
        .complaint(2);
    assert!(
        said.contains("KUBECTL_MC_OUTPUT: ") && said.contains("tabel"),
        "{said}"
    );
}

#[test]
fn cluster_column_is_left_out_by_flag() {
    let fleet = Fleet::start(Spec::named(&NAMES[..1]));
    let home = Home::of(&fleet);
    for line in [
        "kubectl-mc get pods gated --show-cluster-column=false",
        "KUBECTL_MC_SHOW_CLUSTER_COLUMN=false kubectl-mc get pods gated",
        "mc-discover | mc-exec get pods gated | mc-merge | mc-format --show-cluster-column=false",
        "mc-discover | mc-exec get pods gated -o table --show-cluster-column=false",
    ] {
        let table = home.shell(line).expect(0);
        let (headings, _) = table.split_once('\n').unwrap();
        let headings: Vec<&str> = headings.split_whitespace().collect();
        assert_eq!(headings, ["NAME", "READY", "STATUS", "RESTARTS", "AGE"], "{line}");
    }
    let name = home.mc(&[
        "get",
        "pods",
        "gated",
        "-o",
        "name",
        "--show-cluster-column=false",
    ]);
    assert_eq!(name.expect(0), "pod/gated\n");
}

#[test]
fn access_settings_are_flags_too() {
    let fleet = Fleet::start(Spec::named(&NAMES[..1]));
    let home = Home::of(&fleet);
    let said = home
        .shell(&format!("{GATED} --access-order=mapping"))
        .complaint(1);
    assert!(said.contains("Skipped"), "{said}");
    home.shell(&format!("{GATED} --access-order=context,mapping"))
        .expect(0);
    let said = home
        .shell(&format!("{GATED} --access-order=contexts"))
        .complaint(2);
    assert!(said.contains("unknown way \"contexts\""), "{said}");
    let said = home.shell(&format!("{GATED} --allowed-hosts='*'")).complaint(2);
    assert!(said.contains("it must end in a domain"), "{said}");
}

#[test]
fn config_view_shows_values_and_what_sets_them() {
    let home = Home::empty();
    home.write(
        ".kube/kubectl-mc-config.yaml",
        "hubs:\n- {context: hub-eu, region: eu}\n- hub-us\ngroups:\n  eu: ['*-eu', '!test-*']\n\
         discovery: {api: [ocm, about], cacheTTL: 1h30m}\nexecution:\n  # The default is true.\n  failFast: true\n  \
         timeout: 9s\naccess:\n  allowedHosts:\n    eks: [10.0.0.0/8]\n",
    );
    let transcript = home.transcript(&[
        "kubectl-mc config",
        "KUBECTL_MC_TIMEOUT=7 KUBECTL_MC_CLUSTERS=@eu kubectl-mc config view --no-stale --exclude=a,b --exclude=c",
        "kubectl-mc config view -o wide --allowed-commands='a *' --continue-on-error",
        "kubectl-mc config view -o yaml --source=stdin | head -17",
        "kubectl-mc config view -o csv",
        "kubectl-mc config veiw",
        "KUBECTL_MC_CACHE_TTL=1d kubectl-mc config view",
    ]);
    check_snapshot("config-view", &transcript);
    let view = home.mc(&["config", "view", "-o", "json"]).expect(0);
    let view: Value = serde_json::from_str(&view).unwrap();
    let settings = view["settings"].as_array().unwrap();
    let of = |key: &str| settings.iter().find(|setting| setting["key"] == key).unwrap();
    assert_eq!(of("groups")["value"]["eu"][1], "!test-*");
    assert_eq!(of("execution.continueOnError")["value"], false);
    assert_eq!(of("hubs")["value"][0]["region"], "eu");
}

#[test]
fn config_names_the_hub_of_the_mapping_file() {
    let home = Home::empty();
    home.write(".kube/kubectl-mc-clusters.yaml", "hubContext: hub\n");
    let view = home.mc(&["config", "view"]).expect(0);
    let line = view.lines().nth(1).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words, ["hubContext", "hub", "~/.kube/kubectl-mc-clusters.yaml"]);
}
