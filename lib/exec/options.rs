//! Settings of a run, whatever the verb.

use super::act_as::ActAs;
use crate::config::Concurrency;
use crate::exit::FailOn;
use std::time::Duration;

/// Settings of a run that hold for every verb, with configuration and environment taken in.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many clusters are asked at once.
    pub concurrency: Concurrency,
    /// The time for one cluster, from the start of its query to the last byte.
    pub timeout: Duration,
    /// The time for DNS, TCP and TLS together.
    pub connect_timeout: Duration,
    /// The time for the whole run; `None` is max(60 s, clusters × 5 s, `timeout` + `connect_timeout`).
    pub total_timeout: Option<Duration>,
    /// True if the first cluster that fails stops the run.
    pub fail_fast: bool,
    /// Which outcomes make the run a partial failure.
    pub fail_on: FailOn,
    /// True if a progress line is drawn on stderr while clusters are outstanding.
    pub progress: bool,
    /// True if the progress line offers to show the rows so far.
    pub offer_rows: bool,
    /// True if every request is reported on stderr.
    pub verbose: bool,
    /// The user to impersonate on every cluster.
    pub act_as: ActAs,
    /// True if a cluster whose server sends a warning counts as failed.
    pub warnings_as_errors: bool,
}
