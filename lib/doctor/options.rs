//! The options of mc-doctor.

use crate::config::{Concurrency, Paths};
use crate::discover;
use std::time::Duration;

/// The options of mc-doctor, with the configuration and the environment taken in.
#[derive(Debug)]
pub struct Options {
    /// The options of discovery. The hubs in them are checked.
    pub discover: discover::Options,
    /// A contradiction in the configuration.
    pub contradiction: Option<String>,
    /// The time for each cluster, the hub included.
    pub timeout: Duration,
    /// Of that, the time for connecting.
    pub connect_timeout: Duration,
    /// How many clusters are checked at once.
    pub concurrency: Concurrency,
    /// The paths of the user's files.
    pub paths: Paths,
    /// The programs that `kubectl mc get` starts.
    pub stages: Vec<&'static str>,
}
