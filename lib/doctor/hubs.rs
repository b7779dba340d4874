//! The hubs: what names them, and the checks of each.

use super::cluster::{Checked, Right, Way};
use super::report::Report;
use crate::discover;
use crate::kubeconfig::{Access, Kubeconfig};

/// Reports which contexts the hubs have and where those are named, and returns the contexts that there are.
pub fn named(options: &discover::Options, kubeconfig: &Kubeconfig, report: &mut Report) -> Vec<String> {
    if !options.needs_hub() {
        return Vec::new();
    }
    let hubs = options.hubs.iter();
    let mut named: Vec<(&str, &str)> = hubs.map(|hub| (hub.name.as_str(), hub.by.as_str())).collect();
    if let Some(current) = kubeconfig.current_context().filter(|_| named.is_empty()) {
        named.push((current, "current-context in the kubeconfig"));
    }
    if named.is_empty() {
        report.fail(
            "hub",
            "nothing names the hub's context".into(),
            "run kubectl mc setup, or write hubContext: into ~/.kube/kubectl-mc-clusters.yaml",
        );
    }
    let mut found = Vec::new();
    for (name, by) in named {
        if kubeconfig.has_context(name) {
            report.ok("hub", format!("context {name:?}, as {by} says"));
            found.push(name.to_owned());
        } else {
            let near = kubeconfig.did_you_mean(name);
            let problem = format!("{by} names the context {name:?}, which is not in the kubeconfig{near}");
            report.fail("hub", problem, "run kubectl mc setup, or correct the name");
        }
    }
    found
}

/// Returns what is checked of a hub.
pub fn target<'a>(context: &'a str, access: &'a Access, namespace: Option<&'a str>) -> Checked<'a> {
    Checked {
        access,
        way: Way::Context(context),
        right: Right {
            group: "multicluster.x-k8s.io",
            resource: "clusterprofiles",
            namespace,
        },
        is_hub: true,
    }
}
