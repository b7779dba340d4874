//! The hub's addon, `mc-enrich`. It watches Open Cluster Management's ManagedClusters and writes what they say about
//! cloud and access into the status of their ClusterProfiles, so that readers of the hub need no mapping of their own.
//!
//! | module | purpose |
//! |---|---|
//! | [`vendors`] | the properties that are published, and where each is read |
//! | [`login`] | the command with which a person logs in to a cluster, as properties |
//! | [`apply`] | the server-side apply that gives a profile these properties |
//! | [`controller`] | watching and retrying, with kube's runtime |
//! | [`once`] | one pass over all profiles |
//! | [`profile_state`] | the backoff of each profile, also against a writer that removes our properties |
//! | [`events`] | Events about profiles |
//! | [`lease`] | leader election |
//! | [`serve`] | metrics and health |
//! | [`log`] | a structured log |
//!
//! # Beside Open Cluster Management
//!
//! OCM's registration controller replaces all of `status.properties` with the cluster's claims on every event of the
//! profile, its own writes included, as if there was no other writer. Putting properties back at once would become a
//! fight at the speed of the API server. So properties that vanish are put back after growing pauses
//! ([`profile_state::ProfileState`]), and an Event says so. Access providers are left alone by other managers, so what a
//! credential plugin needs is also written into ours (in the extension `client.authentication.k8s.io/exec`), where it
//! stays. Claims that have the names of properties arrive through OCM itself.

pub(crate) mod apply;
pub(crate) mod controller;
pub(crate) mod events;
mod hub_api;
pub(crate) mod lease;
pub(crate) mod log;
pub(crate) mod login;
pub(crate) mod once;
pub(crate) mod profile_state;
pub(crate) mod serve;
mod stop;
pub(crate) mod vendors;

pub use hub_api::FIELD_MANAGER;
pub(crate) use hub_api::error_text;

use crate::error_text::chain;
use crate::exit::{Fatal, Status};
use kube::Client;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use stop::{GRACE, StopSignal, on_signal};

/// The options of mc-enrich.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name of this replica; it must be unique.
    pub identity: String,
    /// The address at which metrics and health are served, if at all.
    pub address: Option<SocketAddr>,
    /// The lease that decides which replica writes; `None` if this is the only one.
    pub lease: Option<lease::Options>,
    /// The interval at which every profile is reconciled.
    pub resync: Duration,
}

/// Watches until SIGTERM or SIGINT, then finishes what is under way and releases the lease.
///
/// # Errors
/// The address cannot be bound; the lease was lost, so that another replica may be writing by now.
pub async fn run(client: Client, options: &Options) -> Result<Status, Fatal> {
    let metrics = Arc::new(serve::Metrics::default());
    let stop = on_signal()?;
    let server = match options.address {
        Some(address) => {
            let (address, server) = serve::bind(address, Arc::clone(&metrics))
                .await
                .map_err(|error| Fatal::failed(format!("cannot serve on {address}: {}", chain(&error))))?;
            log::info("serving", &[("address", &address.to_string())]);
            Some(tokio::spawn(server))
        }
        None => None,
    };
    let work = || controller::run(&client, options.resync, &metrics, &options.identity, stop.clone());
    let outcome = match &options.lease {
        None => {
            metrics.set_leader(true);
            work().await;
            Ok(())
        }
        Some(lease) => {
            let mut elector = lease::Elector::new(client.clone(), lease.clone(), options.identity.clone());
            let outcome = lead(&mut elector, &metrics, stop.clone(), work).await;
            metrics.set_leader(false);
            if tokio::time::timeout(GRACE, elector.release()).await.is_err() {
                log::warn("the lease is not given back: no answer", &[]);
            }
            outcome
        }
    };
    if let Some(server) = server {
        server.abort();
    }
    log::info("stopped", &[]);
    outcome.map(|()| Status::Complete)
}

/// Waits to be the leader, and works for as long as it is.
async fn lead<W: Future<Output = ()>>(
    elector: &mut lease::Elector,
    metrics: &serve::Metrics,
    stop: StopSignal,
    work: impl FnOnce() -> W,
) -> Result<(), Fatal> {
    log::info("waiting for the lease", &[("identity", elector.identity())]);
    tokio::select! {
        () = stop => return Ok(()),
        () = elector.acquire(|| metrics.set_ready()) => {}
    }
    metrics.set_leader(true);
    log::info("leading", &[("identity", elector.identity())]);
    tokio::select! {
        biased;
        () = elector.hold() => {
            Err(Fatal::failed("the lease is lost: another replica may be writing, so this one ends"))
        }
        () = work() => Ok(()),
    }
}
