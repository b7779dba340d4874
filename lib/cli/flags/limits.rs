//! Flags that bound a run: how many clusters at once, for how long, and what is cached.

use super::switch::as_switch;
use crate::config::{Concurrency, parse_concurrency, parse_duration};
#[cfg(feature = "cluster")]
use crate::config::{Config, Paths, no_limit_if_zero};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// How many are asked at once, and how long they may take.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Execution")]
pub struct LimitArgs {
    /// At most so many clusters at once, 0 for no limit [default: execution.maxConcurrency, else 10, where silent
    /// ones make way within a second]
    #[arg(long, value_name = "N", global = true, value_parser = parse_concurrency)]
    pub concurrency: Option<Concurrency>,
    /// For looking up, connecting and the TLS handshake, 0 for no limit [default: 5s]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration)]
    pub connect_timeout: Option<Duration>,
    /// For the whole run, 0 for no limit [default: 60s, or 5s a cluster, or --timeout and --connect-timeout
    /// together, whichever is most]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration)]
    pub total_timeout: Option<Duration>,
}

#[cfg(feature = "cluster")]
impl LimitArgs {
    /// How many clusters at once.
    pub fn concurrency(&self, config: &Config) -> Concurrency {
        self.concurrency.unwrap_or(config.execution.max_concurrency)
    }

    /// For DNS, TCP and TLS together.
    pub fn connect_timeout(&self) -> Duration {
        let default = crate::connect::ConnectorOptions::default().connect_timeout;
        self.connect_timeout.map_or(default, no_limit_if_zero)
    }

    /// The whole run's time limit, if one was typed.
    pub fn total_timeout(&self) -> Option<Duration> {
        self.total_timeout.map(no_limit_if_zero)
    }
}

/// What else governs a run over the members.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Execution", mut_args(as_switch))]
pub struct RunArgs {
    /// Stop everything when the first cluster fails [default: not execution.continueOnError]
    #[arg(long, global = true)]
    pub fail_fast: Option<bool>,
}

/// For how long one cluster, the hub included, is waited for.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Execution")]
pub struct TimeoutArgs {
    /// For one cluster: 30s, 2m, 0 for no limit [default: execution.timeout, else 30s]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration,
          overrides_with = "request_timeout")]
    pub timeout: Option<Duration>,
    /// The same, as kubectl calls it: 30s, 2m, or a number of seconds; 0 waits for ever
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration, overrides_with = "timeout")]
    pub request_timeout: Option<Duration>,
}

#[cfg(feature = "cluster")]
impl TimeoutArgs {
    /// The time limit for one cluster that was typed, if any.
    pub fn typed(&self) -> Option<Duration> {
        self.request_timeout.or(self.timeout).map(no_limit_if_zero)
    }

    /// The time limit for one cluster: what was typed, else the configuration's.
    pub fn timeout(&self, config: &Config) -> Duration {
        self.typed()
            .unwrap_or_else(|| no_limit_if_zero(config.execution.timeout))
    }
}

/// Where what is known of the fleet and of its types is kept between runs.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Execution")]
pub struct CacheArgs {
    /// The folder of the cache, in which kubectl-mc/ is used [default: ~/.kube/cache]
    #[arg(long, value_name = "FOLDER", global = true)]
    pub cache_dir: Option<PathBuf>,
}

#[cfg(feature = "cluster")]
impl CacheArgs {
    /// Our own folder in it.
    pub fn folder(&self, paths: &Paths) -> PathBuf {
        match &self.cache_dir {
            Some(folder) if !folder.as_os_str().is_empty() => folder.join("kubectl-mc"),
            _ => paths.cache(),
        }
    }
}
