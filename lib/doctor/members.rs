//! The members: all of them are checked side by side, within the limits that mc-exec keeps to.

use super::cluster;
use super::fleet::Candidate;
use super::progress::Progress;
use super::report::Report;
use crate::connect::Connector;
use crate::connect::concurrency::{Patience, Slots};
use futures_util::stream::{self, StreamExt};
use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How the members are checked.
pub struct Checks<'a> {
    pub connector: &'a Connector,
    /// The time for each.
    pub timeout: Duration,
    pub slots: Slots,
    pub progress: &'a Progress,
}

impl Checks<'_> {
    /// Checks all clusters, and adds what is found to the report. It is shown in the order of the clusters, or as they
    /// end. Stops early if nobody reads the output any more.
    pub async fn run(&self, candidates: Vec<Candidate>, report: &mut Report) {
        let answering = Semaphore::new(self.slots.answering.min(Semaphore::MAX_PERMITS));
        let answering = &answering;
        let checks = candidates.into_iter().enumerate();
        let checks = checks.map(|(index, candidate)| async move {
            let name = candidate.name.clone();
            (index, name, self.check(candidate, answering).await)
        });
        let mut checks = pin!(stream::iter(checks).buffer_unordered(self.slots.open));
        // What is found of clusters before which others are shown.
        let mut waiting: BTreeMap<usize, (String, Report)> = BTreeMap::new();
        let mut next = 0;
        while let Some((index, name, found)) = checks.next().await {
            waiting.insert(index, (name, found));
            while let Some(first) = waiting.first_entry()
                && (*first.key() == next || self.progress.shows_as_they_end())
            {
                let (name, found) = first.remove();
                report.extend(found);
                self.progress.checked(&name);
                next += 1;
            }
            if self.progress.is_broken() {
                return;
            }
        }
    }

    /// Checks one cluster once there is a slot for it. One that is silent gives its slot to the next, unless the number
    /// of slots was asked for.
    async fn check(&self, candidate: Candidate, answering: &Semaphore) -> Report {
        let slot = answering.acquire().await;
        let Some(access) = &candidate.access else {
            return candidate.report;
        };
        let target = access.target();
        let checked = cluster::check(self.connector, &target, self.timeout, candidate.report);
        let mut checked = pin!(checked);
        let patience = Patience::new(&self.slots).limit();
        if !self.slots.is_maximum {
            if let Ok(report) = timeout(patience, &mut checked).await {
                return report;
            }
            drop(slot);
        }
        checked.await
    }
}
