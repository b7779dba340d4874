//! mc-doctor: every link of the way from here to each cluster, checked, and for each that is broken what to do.
//!
//! The user's files, kubectl and the plugin, the hub and what it serves, then all clusters in parallel: the way
//! into each, its credential plugin, connecting and TLS, the clocks, and whether its pods may be listed. Nothing
//! is changed: the only requests that are not a GET are SelfSubjectAccessReviews, which the API does not store.

mod cluster;
mod files;
mod mapping;
mod programs;
mod report;

pub use report::{Finding, Level, Report};

use crate::config::{Paths, Source};
use crate::connect::plugin::Stderr;
use crate::connect::{self, Connector};
use crate::discover;
use crate::exit::{Fatal, Status};
use crate::kubeconfig::{Access, Kubeconfig};
use crate::record::Cluster;
use crate::resolve::{Resolution, Resolver, Verdict, at_home};
use cluster::{Right, Target, Way};
use futures_util::stream::{self, StreamExt};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Builder;

/// What mc-doctor was asked for, with configuration and environment taken in.
#[derive(Debug)]
pub struct Options {
    /// How the fleet is found; its hubs are checked.
    pub discover: discover::Options,
    /// A contradiction in the configuration.
    pub contradiction: Option<String>,
    /// For each cluster, the hub included.
    pub timeout: Duration,
    /// Of that, for connecting.
    pub connect_timeout: Duration,
    /// How many clusters at once; 0 is no limit.
    pub concurrency: usize,
    /// Where the user's files are.
    pub paths: Paths,
}

/// mc-doctor: what was found, in the order in which the links depend on each other. `load` reads the kubeconfig
/// and the mapping.
///
/// # Errors
/// None that a finding could say: only that there is no network at all to check with.
pub fn run(
    options: &Options,
    kubeconfig: Result<Kubeconfig, Fatal>,
    load: &dyn Fn() -> Result<Resolver, Fatal>,
) -> Result<Report, Fatal> {
    let mut report = Report::default();
    files::check(&options.paths, kubeconfig.as_ref().ok(), &mut report);
    if let Some(problem) = &options.contradiction {
        report.fail("config", problem.clone(), "correct the file");
    }
    programs::check(&mut report);
    let kubeconfig = match kubeconfig {
        Ok(kubeconfig) => kubeconfig,
        Err(error) => {
            report.fail(
                "kubeconfig",
                error.message,
                "correct it, or name another with --kubeconfig",
            );
            return Ok(report);
        }
    };
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Fatal::failed(format!("cannot start the network: {error}")))?;
    let connector = Connector::new(connect::ConnectorOptions {
        connect_timeout: options.connect_timeout,
        login_timeout: options.discover.limits.login_timeout,
        screen: Arc::new(Stderr("mc-doctor")),
        ..connect::ConnectorOptions::default()
    });
    for hub in hubs(options, &kubeconfig, &mut report) {
        let access = match kubeconfig.access(&hub) {
            Ok(access) => access,
            Err(error) => {
                report.fail("hub access", error.0, "correct the context in the kubeconfig");
                continue;
            }
        };
        let target = Target {
            name: "hub",
            access: &access,
            way: Way::Context(&hub),
            right: Right {
                group: "multicluster.x-k8s.io",
                resource: "clusterprofiles",
                namespace: options.discover.hub_namespace.as_deref(),
            },
            is_hub: true,
        };
        let found = runtime.block_on(cluster::check(&connector, &target, options.timeout));
        report.findings.extend(found);
    }
    match load() {
        Err(error) => report.fail("mapping", error.message, "correct the file, or remove it"),
        Ok(resolver) => {
            let (members, is_complete) = fleet(options, &resolver, &mut report);
            let clusters: Vec<Cluster<'_>> = members.iter().map(discover::Member::cluster).collect();
            let whole = (is_complete && lists_all(&options.discover)).then_some(clusters.as_slice());
            let checks = mapping::Mapping {
                mapping: resolver.mapping(),
                file: &at_home(&options.paths.clusters()),
                kubeconfig: resolver.kubeconfig(),
            };
            checks.check(whole, &mut report);
            let ways = ways(&resolver, &members, &mut report);
            let limit = if options.concurrency == 0 {
                usize::MAX
            } else {
                options.concurrency
            };
            let connector = &connector;
            let checks = ways.iter().map(|member| async move {
                let target = Target {
                    name: &member.name,
                    access: &member.access,
                    way: match &member.provider {
                        Some(provider) => Way::Provider(provider),
                        None => Way::Context(&member.access.context),
                    },
                    right: Right {
                        group: "",
                        resource: "pods",
                        namespace: None,
                    },
                    is_hub: false,
                };
                cluster::check(connector, &target, options.timeout).await
            });
            // In the order of the fleet, however they come.
            let found: Vec<Vec<Finding>> = runtime.block_on(
                stream::iter(checks)
                    .buffered(limit.min(ways.len().max(1)))
                    .collect(),
            );
            report.findings.extend(found.into_iter().flatten());
        }
    }
    // A name that is being looked up would hold the process.
    runtime.shutdown_background();
    Ok(report)
}

/// The hubs' contexts, having reported what names them.
fn hubs(options: &Options, kubeconfig: &Kubeconfig, report: &mut Report) -> Vec<String> {
    if !options.discover.sources.iter().any(|source| source.needs_hub()) {
        return Vec::new();
    }
    let mut named: Vec<(String, String)> = Vec::new();
    for hub in &options.discover.hubs {
        named.push((hub.name.clone(), hub.by.clone()));
    }
    if let Some(current) = kubeconfig.current_context().filter(|_| named.is_empty()) {
        named.push((current.to_owned(), "current-context in the kubeconfig".to_owned()));
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
        if kubeconfig.has_context(&name) {
            report.ok("hub", format!("context {name:?}, as {by} says"));
            found.push(name);
        } else {
            let near = kubeconfig.did_you_mean(&name);
            let problem = format!("{by} names the context {name:?}, which is not in the kubeconfig{near}");
            report.fail("hub", problem, "run kubectl mc setup, or correct the name");
        }
    }
    found
}

/// Tells whether nothing is left out of the fleet on purpose.
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

/// Lists the fleet, from the cache if that is fresh, and reports what discovery finds. Returns the clusters, and true if
/// none is missing.
fn fleet(options: &Options, resolver: &Resolver, report: &mut Report) -> (Vec<discover::Member>, bool) {
    let mut findings = Vec::new();
    let listed = discover::list(
        &options.discover,
        discover::Files {
            kubeconfig: resolver.kubeconfig(),
            mapping: resolver.mapping(),
        },
        std::io::stdin(),
        &mut std::io::sink(),
        &mut |finding| findings.push(finding),
    );
    for finding in findings {
        let remedy = finding.remedy.as_deref();
        report.warn(
            "fleet",
            finding.text(),
            remedy.unwrap_or("look at the ClusterProfiles on the hub"),
        );
    }
    match listed {
        Err(error) => {
            for reason in error.reasons {
                let remedy = reason.remedy.as_deref();
                report.fail(
                    "fleet",
                    reason.text(),
                    remedy.unwrap_or("see what is said of the hub"),
                );
            }
            (Vec::new(), false)
        }
        Ok(listing) => {
            let text = format!("{} clusters", listing.members.len());
            let is_complete = listing.status == Status::Complete;
            if is_complete {
                report.ok("fleet", text);
            } else {
                let text = format!("{text}, and some that cannot be listed");
                report.warn("fleet", text, "see above");
            }
            (listing.members, is_complete)
        }
    }
}

/// A member that there is a way into.
struct Member {
    name: String,
    access: Access,
    /// The access provider that the way is by, if it is not a context.
    provider: Option<String>,
}

/// The way into each cluster, as a run would take it; those that have none are reported.
fn ways(resolver: &Resolver, members: &[discover::Member], report: &mut Report) -> Vec<Member> {
    let mut ways = Vec::new();
    for member in members {
        let (name, cluster) = (member.name(), member.cluster());
        let explained = resolver.explain(&cluster);
        let way = match &explained.resolution {
            Resolution::Access(access) => access,
            Resolution::Skip(skip) => {
                let remedy = "run kubectl mc setup, or map it in ~/.kube/kubectl-mc-clusters.yaml";
                report.cluster(
                    name,
                    Level::Fail,
                    "access",
                    skip.message.as_str().to_owned(),
                    Some(remedy),
                );
                continue;
            }
        };
        if let Some(doubt) = &explained.doubt {
            let remedy =
                "correct the mapping or the context, or allow the host of a gateway in access.allowedHosts";
            report.cluster(name, Level::Warn, "access", doubt.clone(), Some(remedy));
        }
        let provider = way.context.is_none().then_some(way.provider.as_deref());
        let provider = provider.map(|provider| provider.unwrap_or_default().to_owned());
        match resolver.connection(way, name) {
            Ok(access) => {
                // A context is told of where it is connected to.
                if provider.is_some() {
                    let chosen = explained
                        .tried
                        .iter()
                        .find(|tried| tried.verdict == Verdict::Chosen);
                    let why = chosen.map_or_else(String::new, |chosen| chosen.why.clone());
                    report.cluster(name, Level::Ok, "access", why, None);
                }
                ways.push(Member {
                    name: name.to_owned(),
                    access,
                    provider,
                });
            }
            Err(error) => {
                let remedy = error
                    .hint
                    .as_deref()
                    .unwrap_or("correct the context in the kubeconfig");
                report.cluster(name, Level::Fail, "access", error.message.clone(), Some(remedy));
            }
        }
    }
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
    ways
}
