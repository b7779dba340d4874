//! The hub's addon, `mc-enrich`: watches Open Cluster Management's ManagedClusters and writes what they say of
//! cloud and access into the status of their ClusterProfiles, so that nobody who reads the hub needs a mapping.
//!
//! | module | what it is for |
//! |---|---|
//! | [`vendors`] | what is published of a cluster, and where it is read: the table |
//! | [`login`] | the command with which a person logs in to a cluster, as properties |
//! | [`apply`] | what has to be applied to a profile so that it says that |
//! | [`controller`] | kube's runtime around it: watching, retrying |
//! | [`once`] | the same, once |
//! | [`standing`] | how things stand with one profile: backoff, and giving way to a writer that removes ours |
//! | [`events`] | what people are told who look at a profile |
//! | [`lease`] | one of several replicas leads |
//! | [`serve`] | metrics and health |
//! | [`log`] | a structured log |
//!
//! # Beside Open Cluster Management
//!
//! OCM's registration controller replaces `status.properties` as a whole with the cluster's claims, on every
//! event of the profile, its own writes included: it knows of no other writer. Whoever put properties back
//! each time would fight it as fast as the API server goes. So properties that vanish are put back later and
//! later ([`standing::Standing`]), with an Event that says so; and since nobody touches access providers
//! that they do not own, what a credential plugin needs stands in ours as well (in the extension
//! `client.authentication.k8s.io/exec`), where it stays. Claims named as the properties come through OCM itself.

pub mod apply;
pub mod controller;
pub mod events;
mod hub_api;
pub mod lease;
pub mod log;
pub mod login;
pub mod once;
pub mod serve;
pub mod standing;
mod stop;
pub mod vendors;

pub use hub_api::FIELD_MANAGER;
pub(crate) use hub_api::error_text;

use crate::error_text::chain;
use crate::exit::{Fatal, Status};
use kube::Client;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use stop::{GRACE, Stop, on_signal};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who this replica is; no other may be called the same.
    pub identity: String,
    /// Where metrics and health are served; `None` is nowhere.
    pub address: Option<SocketAddr>,
    /// Without it, this replica writes without asking others.
    pub lease: Option<lease::Options>,
    /// After how long every profile is looked at again.
    pub resync: Duration,
}

/// Watches until SIGTERM or SIGINT; finishes what is under way and gives the lease back then.
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
    stop: Stop,
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
