//! mc-doctor: checks every link on the way to each cluster, and says for each that is broken what to do.
//!
//! The links are the user's files, kubectl and the plugin, the hub and what it serves, then for all clusters in parallel
//! the access, its credential plugin, connecting and TLS, the clocks, and whether pods may be listed. Each finding is
//! shown as soon as there is one; those of a cluster together, once the cluster is done. Nothing is changed: the only
//! requests that are not a GET are SelfSubjectAccessReviews, which the API does not store.

mod cluster;
mod files;
mod finding;
mod fleet;
mod hubs;
mod mapping;
mod members;
mod options;
mod programs;
mod progress;
mod report;

pub use finding::{Finding, Level};
pub use options::Options;
pub use progress::{Form, Progress};
pub use report::Report;

use crate::connect::concurrency::{Slots, raise_open_file_limit};
use crate::connect::plugin::Screen;
use crate::connect::{self, Connector};
use crate::discover;
use crate::exit::Fatal;
use crate::kubeconfig::Kubeconfig;
use crate::record::Cluster;
use crate::resolve::{Resolver, at_home};
use crate::runtime::with_runtime;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Runs mc-doctor and returns its findings, in the order in which the links depend on each other. They are shown as
/// they come. `load` reads the kubeconfig and the mapping file.
///
/// # Errors
/// The network cannot be used at all. Everything else is a finding.
pub fn run(
    options: &Options,
    kubeconfig: Result<Kubeconfig, Fatal>,
    load: &dyn Fn() -> Result<Resolver, Fatal>,
    progress: &Arc<Progress>,
) -> Result<Report, Fatal> {
    with_runtime(|runtime| {
        let mut report = Report::shown(progress);
        files::check(&options.paths, kubeconfig.as_ref().ok(), &mut report);
        if let Some(problem) = &options.contradiction {
            report.fail("config", problem.clone(), "correct the file");
        }
        programs::check(runtime, &options.stages, &mut report);
        match kubeconfig {
            Ok(kubeconfig) => check_clusters(options, &kubeconfig, load, runtime, progress, &mut report),
            Err(error) => report.fail(
                "kubeconfig",
                error.message,
                "correct it, or name another with --kubeconfig",
            ),
        }
        report
    })
}

/// Checks the hubs, and each cluster that they list.
fn check_clusters(
    options: &Options,
    kubeconfig: &Kubeconfig,
    load: &dyn Fn() -> Result<Resolver, Fatal>,
    runtime: &Runtime,
    progress: &Progress,
    report: &mut Report,
) {
    let connector = Connector::new(connect::ConnectorOptions {
        connect_timeout: options.connect_timeout,
        login_timeout: options.discover.limits.login_timeout,
        screen: Screen::of("mc-doctor"),
        ..connect::ConnectorOptions::default()
    });
    for hub in hubs::named(&options.discover, kubeconfig, report) {
        match kubeconfig.access(&hub) {
            Ok(access) => {
                let target = hubs::target(&hub, &access, options.discover.hub_namespace.as_deref());
                let about = report.about_hub();
                let found = runtime.block_on(cluster::check(&connector, &target, options.timeout, about));
                report.take(found);
            }
            Err(error) => report.fail("hub access", error.0, "correct the context in the kubeconfig"),
        }
    }
    let resolver = match load() {
        Ok(resolver) => resolver,
        Err(error) => return report.fail("mapping", error.message, "correct the file, or remove it"),
    };
    let fleet = fleet::list(&options.discover, &resolver, report);
    let clusters: Vec<Cluster<'_>> = fleet.members.iter().map(discover::Member::cluster).collect();
    let mapping = mapping::Mapping {
        mapping: resolver.mapping(),
        file: &at_home(&options.paths.mapping()),
        kubeconfig: resolver.kubeconfig(),
    };
    mapping.check(fleet.is_whole.then_some(clusters.as_slice()), report);
    let candidates = fleet::candidates(&resolver, &clusters, report);
    progress.expect(candidates.iter().map(|one| one.name.clone()).collect());
    let slots = Slots::new(options.concurrency, raise_open_file_limit());
    let checks = members::Checks {
        connector: &connector,
        timeout: options.timeout,
        slots,
        progress,
    };
    runtime.block_on(checks.run(candidates, report));
}
