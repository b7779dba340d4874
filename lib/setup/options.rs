//! The options of mc-setup.

use crate::config::Paths;
use crate::discover;
use crate::vendor::Vendor;
use std::path::PathBuf;
use std::time::Duration;

/// The options of mc-setup, with the configuration and the environment taken in.
#[derive(Debug)]
pub struct Options {
    /// Only clusters of this cloud are set up.
    pub provider: Option<Vendor>,
    /// Every question is answered with its usual answer.
    pub yes: bool,
    /// Clusters whose access is made on the fly get a context, too.
    pub with_contexts: bool,
    /// Nothing is changed: what would be done is printed.
    pub dry_run: bool,
    /// The options of discovery.
    pub discover: discover::Options,
    /// The time for a context to answer.
    pub timeout: Duration,
    /// Of that, the time for connecting.
    pub connect_timeout: Duration,
    /// `--kubeconfig`
    pub kubeconfig: Option<PathBuf>,
    /// The paths of the user's files.
    pub paths: Paths,
}
