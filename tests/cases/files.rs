//! The user's files: those that are named must be there, and what names a thing that is not is said.

use crate::fleet::{Fleet, Spec};
use crate::support::Home;

/// Runs `kubectl mc clusters` with a variable set, and gives its one line of complaint.
#[track_caller]
fn complaint(home: &Home, variable: &str, value: &str) -> String {
    let stderr = home
        .shell(&format!("{variable}={value} kubectl-mc clusters"))
        .complaint(1);
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

#[test]
fn a_file_that_the_environment_names_must_be_there() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    for variable in ["KUBECTL_MC_CONFIG", "KUBECTL_MC_CLUSTERS"] {
        let stderr = complaint(&home, variable, "nowhere.yaml");
        assert!(
            stderr.contains("nowhere.yaml is not there") && stderr.contains(variable),
            "{stderr}"
        );
        for value in ["", "/dev/null"] {
            let line = format!("{variable}={value} kubectl-mc clusters");
            home.shell(&line).expect(0);
        }
    }
}

#[test]
fn a_home_that_is_no_folder_has_no_files() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    let outcome = home.shell("HOME=/dev/null kubectl-mc get pods gated -o name");
    assert!(outcome.stderr.contains("cannot be cached"), "{outcome:?}");
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    assert_eq!(outcome.expect(0), "prod-eu-1\tpod/gated\n");
}

#[test]
fn a_hub_s_context_that_is_not_there_is_said_with_what_names_it() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    let mc = "kubectl-mc clusters";
    home.write(".kube/kubectl-mc-clusters.yaml", "hubContext: hup\n");
    let by_mapping = home.shell(mc).complaint(1);
    home.write(".kube/kubectl-mc-config.yaml", "hubContext: hup\n");
    let by_config = home.shell(mc).complaint(1);
    let by_variable = complaint(&home, "KUBECTL_MC_HUB_CONTEXT", "hup");
    let by_flag = home.mc(&["clusters", "--hub-context", "hup"]).complaint(1);
    for (stderr, place) in [
        (by_mapping, "kubectl-mc-clusters.yaml"),
        (by_config, "kubectl-mc-config.yaml"),
        (by_variable, "KUBECTL_MC_HUB_CONTEXT"),
        (by_flag, "--hub-context"),
    ] {
        assert!(
            stderr.contains(place) && stderr.contains("did you mean \"hub\""),
            "{stderr}"
        );
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
    // A flag goes over the variable, and that over both files.
    home.shell("KUBECTL_MC_HUB_CONTEXT=hub kubectl-mc clusters")
        .expect(0);
    home.shell("KUBECTL_MC_HUB_CONTEXT=hup kubectl-mc clusters --hub-context hub")
        .expect(0);
}

#[test]
fn without_any_context_the_places_that_were_looked_at_are_named() {
    let home = Home::empty();
    let stderr = complaint(&home, "KUBECONFIG", "one:two");
    assert!(
        stderr.contains("one, two") && stderr.contains("KUBECONFIG"),
        "{stderr}"
    );
}
