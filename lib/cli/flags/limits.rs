//! Flags that bound a run: how many clusters at once, for how long, and what is cached.

use super::switch::as_switch;
use crate::config::{Concurrency, parse_concurrency, parse_duration};
#[cfg(feature = "cluster")]
use crate::config::{Config, Paths, no_limit_if_zero};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// Bounds a run.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Execution")]
pub struct LimitArgs {
    /// Ask at most this many clusters at once; 0 is no limit [default: execution.maxConcurrency, else 10, of which one
    /// that does not answer within a second lets the next one start]
    #[arg(long, value_name = "N", global = true, value_parser = parse_concurrency)]
    pub concurrency: Option<Concurrency>,
    /// The time for DNS lookup, connecting and TLS handshake; 0 is no limit [default: 5s]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration)]
    pub connect_timeout: Option<Duration>,
    /// The time for the whole run; 0 is no limit [default: 60s, or 5s for each cluster, or --timeout plus
    /// --connect-timeout, whichever is longest]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration)]
    pub total_timeout: Option<Duration>,
}

#[cfg(feature = "cluster")]
impl LimitArgs {
    /// Returns how many clusters are asked at once.
    pub fn concurrency(&self, config: &Config) -> Concurrency {
        self.concurrency.unwrap_or(config.execution.max_concurrency)
    }

    /// Returns the time for DNS, TCP and TLS together.
    pub fn connect_timeout(&self) -> Duration {
        let default = crate::connect::ConnectorOptions::default().connect_timeout;
        self.connect_timeout.map_or(default, no_limit_if_zero)
    }

    /// Returns the time for the whole run, if one was typed.
    pub fn total_timeout(&self) -> Option<Duration> {
        self.total_timeout.map(no_limit_if_zero)
    }
}

/// Says when a run stops.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Execution", mut_args(as_switch))]
pub struct RunArgs {
    /// Stop all when the first cluster fails [default: not execution.continueOnError]
    #[arg(long, global = true)]
    pub fail_fast: Option<bool>,
}

/// Bounds the query of one cluster, the hub included.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Execution")]
pub struct TimeoutArgs {
    /// The time for one cluster: 30s, 2m; 0 is no limit [default: execution.timeout, else 30s]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration,
          overrides_with = "request_timeout")]
    pub timeout: Option<Duration>,
    /// kubectl's name for --timeout: 30s, 2m, or a number of seconds; 0 is no limit
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration, overrides_with = "timeout")]
    pub request_timeout: Option<Duration>,
}

#[cfg(feature = "cluster")]
impl TimeoutArgs {
    /// Returns the time for one cluster, if one was typed.
    pub fn typed(&self) -> Option<Duration> {
        self.request_timeout.or(self.timeout).map(no_limit_if_zero)
    }

    /// Returns the time for one cluster: what was typed, else the configuration's.
    pub fn timeout(&self, config: &Config) -> Duration {
        self.typed()
            .unwrap_or_else(|| no_limit_if_zero(config.execution.timeout))
    }
}

/// Says where the cache is.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Execution")]
pub struct CacheArgs {
    /// The cache folder; its subfolder kubectl-mc is used [default: ~/.kube/cache]
    #[arg(long, value_name = "FOLDER", global = true)]
    pub cache_dir: Option<PathBuf>,
}

#[cfg(feature = "cluster")]
impl CacheArgs {
    /// Returns our own folder in the cache.
    pub fn folder(&self, paths: &Paths) -> PathBuf {
        match &self.cache_dir {
            Some(folder) if !folder.as_os_str().is_empty() => folder.join("kubectl-mc"),
            _ => paths.cache(),
        }
    }
}
