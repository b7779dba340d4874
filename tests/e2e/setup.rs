//! `kubectl mc setup` from no mapping to rows, and `kubectl mc doctor`, on real API servers.

use serde_json::{Value, json};

use crate::apiserver::User;
use crate::fleet::{HUB, fleet};
use crate::home::Home;
use crate::standins::Standins;

const MEMBER: &str = "prod-eu-1";

/// A home whose kubeconfig has a context for the hub only; its aws adds one for the member, with kubectl.
fn home(member: User) -> Home {
    let mut kubeconfig = fleet().kubeconfig(&[(MEMBER, member)]);
    kubeconfig["contexts"] = json!([{"name": HUB, "context": {"cluster": HUB, "user": "hub-user"}}]);
    let home = Home::holding(&fleet().folder, &kubeconfig);
    Standins::in_home(home.path()).fetch(
        "aws",
        "eks update-kubeconfig --name prod-eu-1 --region eu-west-1",
        "arn=arn:aws:eks:eu-west-1:111122223333:cluster/prod-eu-1\n\
         kubectl config set-context $arn --cluster=prod-eu-1 --user=prod-eu-1-user && kubectl config use-context $arn\n",
    );
    home
}

#[test]
fn setup_leads_from_no_mapping_to_rows() {
    let home = home(User::Admin);
    let set_up =
        "chmod 600 .kube/config; PATH=\"$HOME/bin:$PATH\" kubectl mc setup --yes --clusters prod-eu-1";
    let shown = home.shell(set_up).success();
    assert!(
        shown.contains("0 had access already, 1 set up, 0 left"),
        "{shown}"
    );
    let rows = home
        .shell("kubectl mc get pods -A --clusters prod-eu-1 -o name")
        .success();
    assert!(rows.contains("prod-eu-1\tpod/cart-0"), "{rows}");
    let again = home.shell(set_up).success();
    assert!(
        again.contains("1 had access already, 0 set up, 0 left"),
        "{again}"
    );
    let doctor = home.shell("kubectl mc doctor --clusters prod-eu-1").success();
    assert!(doctor.contains(", 0 broken"), "{doctor}");
}

#[test]
fn doctor_finds_the_right_that_is_missing() {
    let home = home(User::Nobody);
    let set_up = "PATH=\"$HOME/bin:$PATH\" kubectl mc setup --yes --clusters prod-eu-1";
    home.shell(set_up).success();
    let outcome = home.shell("kubectl mc doctor --clusters prod-eu-1 -o json");
    assert_eq!(outcome.status, 1, "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).expect("a report");
    let findings = report["findings"].as_array().expect("findings");
    let rbac = findings
        .iter()
        .find(|one| one["cluster"] == MEMBER && one["check"] == "rbac");
    let rbac = rbac.expect("a finding about rights");
    assert_eq!(rbac["level"], "fail", "{outcome:?}");
    assert!(
        rbac["message"]
            .as_str()
            .expect("text")
            .contains("may not list pods"),
        "{outcome:?}"
    );
}
