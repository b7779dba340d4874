//! Leader election with a Lease (`coordination.k8s.io/v1`) and the semantics of client-go's `tools/leaderelection`. A
//! holder that does not renew within the lease's duration has lost it. Each candidate measures that with its own clock,
//! since it last saw the lease change; clocks of different machines are never compared. Every write carries the
//! resourceVersion that was read, so of two candidates one gets a conflict.

use super::hub_api::error_text;
use super::log;
use crate::jitter::random_fraction;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Client;
use kube::api::{Api, ObjectMeta, PostParams};
use std::time::Duration;
use tokio::time::Instant;

const NO_ANSWER: &str = "no answer in time";

/// The lease, and how long it is held without being renewed.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// How long others wait for a holder that does not renew, in whole seconds.
    pub duration: Duration,
}

impl Options {
    /// Returns the time without a renewal after which the holder itself gives up, before others may take over.
    fn renew_within(&self) -> Duration {
        self.duration * 2 / 3
    }

    /// Returns the interval between attempts. client-go's defaults are 15, 10 and 2 seconds.
    fn retry(&self) -> Duration {
        self.duration * 2 / 15
    }
}

/// The lease as it was last read, and since when it has been like that.
#[derive(Clone, Debug)]
struct ObservedLease {
    spec: LeaseSpec,
    since: Instant,
}

/// A candidate.
pub struct Elector {
    api: Api<Lease>,
    options: Options,
    identity: String,
    seen: Option<ObservedLease>,
    /// When the last successful request was sent. Others count from later, when they see the change.
    renewed: Option<Instant>,
}

impl Elector {
    /// Creates a candidate. Its identity must be unique.
    pub fn new(client: Client, options: Options, identity: String) -> Self {
        Self {
            api: Api::namespaced(client, &options.namespace),
            options,
            identity,
            seen: None,
            renewed: None,
        }
    }

    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Waits until the lease is this candidate's. `asked` is called whenever the API server has answered.
    pub async fn acquire(&mut self, asked: impl Fn()) {
        let mut last = String::new();
        loop {
            let within = self.options.renew_within();
            let error = match tokio::time::timeout(within, self.attempt()).await {
                Ok(Ok(ours)) => {
                    asked();
                    if ours {
                        return;
                    }
                    String::new()
                }
                Ok(Err(error)) => error_text(&error),
                Err(_) => NO_ANSWER.to_owned(),
            };
            // Attempts come every two seconds: log each error once.
            if !error.is_empty() && error != last {
                log::error("cannot get the lease", &[("error", &error)]);
            }
            last = error;
            tokio::time::sleep(self.pause()).await;
        }
    }

    /// Renews the lease until it is lost to another holder, or was not renewed in time.
    pub async fn hold(&mut self) {
        while let Some(renewed) = self.renewed {
            let deadline = renewed + self.options.renew_within();
            let next = Instant::now() + self.options.retry();
            tokio::time::sleep_until(next.min(deadline)).await;
            if Instant::now() >= deadline {
                return;
            }
            // Leave time for another request in case this one is lost.
            let limit = deadline.min(Instant::now() + self.options.renew_within() / 2);
            let error = match tokio::time::timeout_at(limit, self.attempt()).await {
                Ok(Ok(true)) => continue,
                Ok(Ok(false)) => "another replica holds it".to_owned(),
                Ok(Err(error)) => error_text(&error),
                Err(_) => NO_ANSWER.to_owned(),
            };
            log::warn("cannot renew the lease", &[("error", &error)]);
        }
    }

    /// Releases the lease if it is this candidate's, so that others need not wait for it to expire.
    pub async fn release(&mut self) {
        let result = async {
            let Some(mut lease) = self.api.get_opt(&self.options.name).await? else {
                return Ok(false);
            };
            let spec = lease.spec.get_or_insert_default();
            if spec.holder_identity.as_deref() != Some(self.identity()) {
                return Ok(false);
            }
            spec.holder_identity = Some(String::new());
            spec.lease_duration_seconds = Some(1);
            spec.renew_time = Some(MicroTime(Timestamp::now()));
            let params = PostParams::default();
            let released = self.api.replace(&self.options.name, &params, &lease).await;
            released.map(|_| true)
        };
        match result.await {
            Ok(true) => log::info("the lease is given back", &[]),
            Ok(false) => {}
            Err(error) => log::warn("the lease is not given back", &[("error", &error_text(&error))]),
        }
    }

    /// Returns a pause that is up to a fifth longer, so that candidates that started together don't stay in step.
    fn pause(&self) -> Duration {
        let retry = self.options.retry();
        retry + retry.mul_f64(random_fraction() / 5.0)
    }

    /// Takes or renews the lease if possible, and returns true if it is ours.
    async fn attempt(&mut self) -> Result<bool, kube::Error> {
        let (started, now) = (Instant::now(), Timestamp::now());
        let Some(mut lease) = self.api.get_opt(&self.options.name).await? else {
            let lease = Lease {
                metadata: ObjectMeta {
                    name: Some(self.options.name.clone()),
                    ..ObjectMeta::default()
                },
                spec: Some(self.next(None, now)),
            };
            let made = self.api.create(&PostParams::default(), &lease).await;
            return self.taken(started, made);
        };
        let spec = lease.spec.clone().unwrap_or_default();
        let since = match &self.seen {
            Some(seen) if seen.spec == spec => seen.since,
            _ => Instant::now(),
        };
        self.seen = Some(ObservedLease {
            spec: spec.clone(),
            since,
        });
        if !free(&spec, &self.identity, self.options.duration, since.elapsed()) {
            self.renewed = None;
            return Ok(false);
        }
        lease.spec = Some(self.next(Some(&spec), now));
        let params = PostParams::default();
        let replaced = self.api.replace(&self.options.name, &params, &lease).await;
        self.taken(started, replaced)
    }

    fn next(&self, old: Option<&LeaseSpec>, now: Timestamp) -> LeaseSpec {
        next(old, &self.identity, self.options.duration, now)
    }

    /// Evaluates a write. After a conflict, the next read of the lease shows the holder.
    fn taken(&mut self, started: Instant, written: Result<Lease, kube::Error>) -> Result<bool, kube::Error> {
        match written {
            Ok(lease) => {
                self.seen = Some(ObservedLease {
                    spec: lease.spec.unwrap_or_default(),
                    since: Instant::now(),
                });
                self.renewed = Some(started);
                Ok(true)
            }
            Err(kube::Error::Api(status)) if status.code == 409 && self.renewed.is_none() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Returns true if a candidate that has seen the lease unchanged for `waited` may take it.
fn free(spec: &LeaseSpec, identity: &str, usual: Duration, waited: Duration) -> bool {
    let holder = spec.holder_identity.as_deref().unwrap_or_default();
    let seconds = spec
        .lease_duration_seconds
        .and_then(|seconds| u64::try_from(seconds).ok());
    let duration = seconds.map_or(usual, Duration::from_secs);
    holder.is_empty() || holder == identity || waited >= duration
}

/// Returns the lease that this candidate writes over `old`.
fn next(old: Option<&LeaseSpec>, identity: &str, duration: Duration, now: Timestamp) -> LeaseSpec {
    let renewed = old.filter(|old| old.holder_identity.as_deref() == Some(identity));
    let transitions = old.and_then(|old| old.lease_transitions).unwrap_or_default();
    LeaseSpec {
        holder_identity: Some(identity.to_owned()),
        lease_duration_seconds: Some(i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)),
        acquire_time: renewed
            .and_then(|old| old.acquire_time.clone())
            .or(Some(MicroTime(now))),
        renew_time: Some(MicroTime(now)),
        lease_transitions: Some(match (old, renewed) {
            (Some(_), None) => transitions.saturating_add(1),
            _ => transitions,
        }),
        ..LeaseSpec::default()
    }
}

#[cfg(test)]
mod tests;
