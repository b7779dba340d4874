//! The fleet: what discovery finds, and which clusters there is access to.

use super::cluster::{Checked, Right, Way};
use super::report::Report;
use crate::config::Source;
use crate::discover::{self, Member};
use crate::exit::Status;
use crate::kubeconfig::Access;
use crate::record::Cluster;
use crate::resolve::{Resolution, Resolver, Verdict};

/// The fleet as discovery lists it.
#[derive(Default)]
pub struct Fleet {
    pub members: Vec<Member>,
    /// True if no cluster is missing from it, on purpose or not.
    pub is_whole: bool,
}

/// Lists the fleet and reports what discovery finds.
pub fn list(options: &discover::Options, resolver: &Resolver, report: &mut Report) -> Fleet {
    let listed = discover::list(
        options,
        discover::Files {
            kubeconfig: resolver.kubeconfig(),
            mapping: resolver.mapping(),
        },
        std::io::stdin(),
        &mut std::io::sink(),
        &mut |finding| {
            let remedy = finding.remedy.as_deref();
            let remedy = remedy.unwrap_or("look at the ClusterProfiles on the hub");
            report.warn("fleet", finding.text(), remedy);
        },
    );
    let listing = match listed {
        Ok(listing) => listing,
        Err(error) => {
            for reason in error.reasons {
                let remedy = reason.remedy.as_deref();
                let remedy = remedy.unwrap_or("see the findings of the hub");
                report.fail("fleet", reason.text(), remedy);
            }
            return Fleet::default();
        }
    };
    let text = format!("{} clusters", listing.members.len());
    let is_complete = listing.status == Status::Complete;
    match is_complete {
        true => report.ok("fleet", text),
        false => report.warn(
            "fleet",
            format!("{text}, and some that cannot be listed"),
            "see above",
        ),
    }
    Fleet {
        members: listing.members,
        is_whole: is_complete && lists_all(options),
    }
}

/// Returns whether the options leave no cluster out.
fn lists_all(options: &discover::Options) -> bool {
    let selection = &options.selection;
    selection.clusters.is_empty()
        && selection.exclude.is_empty()
        && selection.selector.is_none()
        && selection.cluster_sets.is_empty()
        && !selection.healthy
        && options.contexts.is_empty()
        && options.placement.is_none()
        && options.hub_namespace.is_none()
        && !options.sources.contains(&Source::Stdin)
}

/// A cluster as it is checked: what is known of it before it is asked.
pub struct Candidate {
    /// The cluster's name.
    pub name: String,
    /// The findings about the access to it.
    pub report: Report,
    /// The access, if there is any.
    pub access: Option<MemberAccess>,
}

/// The access to a cluster.
pub struct MemberAccess {
    access: Access,
    /// The access provider, if access is not by a context.
    provider: Option<String>,
}

impl MemberAccess {
    /// Returns what is checked of the cluster.
    pub fn target(&self) -> Checked<'_> {
        Checked {
            access: &self.access,
            way: match &self.provider {
                Some(provider) => Way::Provider(provider),
                None => Way::Context(&self.access.context),
            },
            right: Right {
                group: "",
                resource: "pods",
                namespace: None,
            },
            is_hub: false,
        }
    }
}

/// Finds the access to each cluster, as a run would find it. Clusters that lead to one server are reported.
pub fn candidates(resolver: &Resolver, clusters: &[Cluster<'_>], report: &mut Report) -> Vec<Candidate> {
    let candidate = |cluster: &Cluster<'_>| {
        let name = cluster.cluster.as_str();
        let mut report = Report::about_cluster(name);
        Candidate {
            name: name.to_owned(),
            access: access(resolver, cluster, &mut report),
            report,
        }
    };
    let candidates = clusters.iter().map(candidate).collect();
    for (clusters, server) in resolver.same_servers() {
        let names: Vec<String> = clusters.iter().map(|name| format!("{name:?}")).collect();
        report.warn(
            "access",
            format!(
                "the clusters {} lead to one server, {server}: its rows come more than once",
                names.join(", ")
            ),
            "leave one out (--exclude), or correct the mapping",
        );
    }
    candidates
}

fn access(resolver: &Resolver, cluster: &Cluster<'_>, report: &mut Report) -> Option<MemberAccess> {
    let name = cluster.cluster.as_str();
    let explained = resolver.explain(cluster);
    let access = match &explained.resolution {
        Resolution::Access(access) => access,
        Resolution::Skip(skip) => {
            let remedy = "run kubectl mc setup, or map it in ~/.kube/kubectl-mc-clusters.yaml";
            report.fail("access", skip.message.to_string(), remedy);
            return None;
        }
    };
    if let Some(doubt) = &explained.doubt {
        let remedy =
            "correct the mapping or the context, or allow the host of a gateway in access.allowedHosts";
        report.warn("access", doubt.clone(), remedy);
    }
    let provider = match access.context {
        Some(_) => None,
        None => Some(access.provider.as_deref().unwrap_or_default().to_owned()),
    };
    match resolver.connection(access, name) {
        Ok(access) => {
            // The check of the connection names a context.
            if provider.is_some() {
                let mut tried = explained.tried.iter();
                let chosen = tried.find(|tried| tried.verdict == Verdict::Chosen);
                report.ok(
                    "access",
                    chosen.map_or_else(String::new, |chosen| chosen.why.clone()),
                );
            }
            Some(MemberAccess { access, provider })
        }
        Err(error) => {
            let remedy = error.hint.as_deref();
            let remedy = remedy.unwrap_or("correct the context in the kubeconfig");
            report.fail("access", error.message.clone(), remedy);
            None
        }
    }
}
