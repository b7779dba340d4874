//! Leader election by a Lease (`coordination.k8s.io/v1`), with the semantics of client-go's
//! `tools/leaderelection`: a holder that does not renew within the lease's duration, measured by the clock of
//! whoever watches it since it last saw the lease change, has lost it; clocks of different machines are never
//! compared. Every write carries the resourceVersion that was read, so of two candidates one gets a conflict.

use super::{log, text};
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Client;
use kube::api::{Api, ObjectMeta, PostParams};
use std::time::{Duration, Instant};

/// Which lease, and for how long it is held without being renewed.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Who this replica is; no other may be called the same.
    pub identity: String,
    /// For how long others wait for a holder that is silent, in whole seconds.
    pub duration: Duration,
}

impl Options {
    /// After how long without a renewal the holder itself gives up: before others may take over.
    fn renew_within(&self) -> Duration {
        self.duration * 2 / 3
    }

    /// Between two tries. client-go's defaults are 15, 10 and 2 seconds.
    fn retry(&self) -> Duration {
        self.duration * 2 / 15
    }
}

/// What was last seen of the lease, and since when it has looked like that.
#[derive(Clone, Debug)]
struct Seen {
    spec: LeaseSpec,
    since: Instant,
}

/// A candidate.
pub struct Elector {
    api: Api<Lease>,
    options: Options,
    seen: Option<Seen>,
    holding: bool,
}

impl Elector {
    /// A candidate that holds nothing yet.
    pub fn new(client: Client, options: Options) -> Self {
        Self {
            api: Api::namespaced(client, &options.namespace),
            options,
            seen: None,
            holding: false,
        }
    }

    /// Who this is.
    pub fn identity(&self) -> &str {
        &self.options.identity
    }

    /// Ends when the lease is this candidate's. `asked` is called whenever the API server has answered.
    pub async fn acquire(&mut self, asked: impl Fn()) {
        let mut last = String::new();
        loop {
            match self.attempt().await {
                Ok(true) => return asked(),
                Ok(false) => {
                    asked();
                    last.clear();
                }
                // Not once every two seconds.
                Err(error) => {
                    let error = text(&error);
                    if error != last {
                        log::error("cannot get the lease", &[("error", &error)]);
                        last = error;
                    }
                }
            }
            tokio::time::sleep(self.pause()).await;
        }
    }

    /// Renews the lease; ends when it is lost.
    pub async fn hold(&mut self) {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(self.options.retry()).await;
            let deadline = tokio::time::Instant::from_std(renewed + self.options.renew_within());
            match tokio::time::timeout_at(deadline, self.attempt()).await {
                Ok(Ok(true)) => renewed = Instant::now(),
                Ok(Ok(false)) => break,
                Ok(Err(error)) => {
                    log::warn("cannot renew the lease", &[("error", &text(&error))]);
                    if renewed.elapsed() >= self.options.renew_within() {
                        break;
                    }
                }
                Err(_) => {
                    log::warn("cannot renew the lease", &[("error", "no answer in time")]);
                    break;
                }
            }
        }
        self.holding = false;
    }

    /// Gives the lease back if it is held, so that another replica need not wait for it to run out.
    pub async fn release(&mut self) {
        if !std::mem::take(&mut self.holding) {
            return;
        }
        let result = async {
            let mut lease = self.api.get(&self.options.name).await?;
            let spec = lease.spec.get_or_insert_default();
            if spec.holder_identity.as_deref() != Some(self.identity()) {
                return Ok(());
            }
            spec.holder_identity = Some(String::new());
            spec.lease_duration_seconds = Some(1);
            spec.renew_time = Some(MicroTime(Timestamp::now()));
            self.api
                .replace(&self.options.name, &PostParams::default(), &lease)
                .await
                .map(drop)
        };
        match result.await {
            Ok(()) => log::info("the lease is given back", &[]),
            Err(error) => log::warn("the lease is not given back", &[("error", &text(&error))]),
        }
    }

    /// Candidates that started at once should not stay in step: up to a fifth longer.
    fn pause(&self) -> Duration {
        let retry = self.options.retry();
        let nanos = u32::try_from(Timestamp::now().subsec_nanosecond()).unwrap_or_default();
        retry + retry.mul_f64(f64::from(nanos % 1000) / 5000.0)
    }

    /// Takes or renews the lease if that is possible now, and says whether it is ours.
    async fn attempt(&mut self) -> Result<bool, kube::Error> {
        let now = Timestamp::now();
        let Some(mut lease) = self.api.get_opt(&self.options.name).await? else {
            let lease = Lease {
                metadata: ObjectMeta {
                    name: Some(self.options.name.clone()),
                    ..ObjectMeta::default()
                },
                spec: Some(next(None, &self.options, now)),
            };
            let made = self.api.create(&PostParams::default(), &lease).await;
            return self.taken(made);
        };
        let spec = lease.spec.clone().unwrap_or_default();
        if self.seen.as_ref().is_none_or(|seen| seen.spec != spec) {
            self.seen = Some(Seen {
                spec: spec.clone(),
                since: Instant::now(),
            });
        }
        let waited = self
            .seen
            .as_ref()
            .map(|seen| seen.since.elapsed())
            .unwrap_or_default();
        if !free(&spec, self.identity(), waited) {
            self.holding = false;
            return Ok(false);
        }
        lease.spec = Some(next(Some(&spec), &self.options, now));
        let replaced = self
            .api
            .replace(&self.options.name, &PostParams::default(), &lease)
            .await;
        self.taken(replaced)
    }

    /// What a write came to. Of a conflict, the next look at the lease says more.
    fn taken(&mut self, written: Result<Lease, kube::Error>) -> Result<bool, kube::Error> {
        match written {
            Ok(lease) => {
                self.seen = Some(Seen {
                    spec: lease.spec.unwrap_or_default(),
                    since: Instant::now(),
                });
                self.holding = true;
                Ok(true)
            }
            Err(kube::Error::Api(status)) if status.code == 409 && !self.holding => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whether a lease may be written by a candidate who has seen it like this for a time.
fn free(spec: &LeaseSpec, identity: &str, waited: Duration) -> bool {
    let holder = spec.holder_identity.as_deref().unwrap_or_default();
    let seconds = u64::try_from(spec.lease_duration_seconds.unwrap_or_default()).unwrap_or_default();
    holder.is_empty() || holder == identity || waited >= Duration::from_secs(seconds)
}

/// The lease as this candidate writes it over `old`.
fn next(old: Option<&LeaseSpec>, options: &Options, now: Timestamp) -> LeaseSpec {
    let renewed = old.filter(|old| old.holder_identity.as_deref() == Some(options.identity.as_str()));
    let transitions = old.and_then(|old| old.lease_transitions).unwrap_or_default();
    LeaseSpec {
        holder_identity: Some(options.identity.clone()),
        lease_duration_seconds: Some(i32::try_from(options.duration.as_secs()).unwrap_or(i32::MAX)),
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
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn options() -> Options {
        Options {
            namespace: "ns".into(),
            name: "lease".into(),
            identity: "me".into(),
            duration: Duration::from_secs(15),
        }
    }

    #[test]
    fn the_times_are_client_gos() {
        assert_eq!(options().renew_within(), Duration::from_secs(10));
        assert_eq!(options().retry(), Duration::from_secs(2));
    }

    #[test]
    fn a_lease_is_free_when_nobody_holds_it_or_its_holder_is_silent() {
        let held = |holder: &str| LeaseSpec {
            holder_identity: Some(holder.into()),
            lease_duration_seconds: Some(15),
            ..LeaseSpec::default()
        };
        let at = Duration::from_secs;
        assert!(free(&LeaseSpec::default(), "me", at(0)));
        assert!(free(&held(""), "me", at(0)));
        assert!(free(&held("me"), "me", at(0)));
        assert!(!free(&held("you"), "me", at(14)));
        assert!(free(&held("you"), "me", at(15)));
    }

    #[test]
    fn a_change_of_holders_is_a_transition_and_a_renewal_is_none() {
        let (early, late) = (Timestamp::new(1, 0).unwrap(), Timestamp::new(9, 0).unwrap());
        let first = next(None, &options(), early);
        assert_eq!(first.lease_transitions, Some(0));
        let renewed = next(Some(&first), &options(), late);
        assert_eq!(renewed.lease_transitions, Some(0));
        assert_eq!(renewed.acquire_time, Some(MicroTime(early)));
        assert_eq!(renewed.renew_time, Some(MicroTime(late)));
        let other = Options {
            identity: "you".into(),
            ..options()
        };
        let taken = next(Some(&renewed), &other, late);
        assert_eq!(taken.lease_transitions, Some(1));
        assert_eq!(taken.acquire_time, Some(MicroTime(late)));
    }
}
