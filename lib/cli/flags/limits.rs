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
    #[arg(long, visible_alias = "max-concurrency", value_name = "N", global = true, value_parser = parse_concurrency)]
    pub concurrency: Option<Concurrency>,
    /// The time for DNS lookup, connecting and TLS handshake; 0 is no limit [default:
    /// execution.connectTimeout, else 5s]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration)]
    pub connect_timeout: Option<Duration>,
    /// The time for the whole run; 0 is no limit [default: execution.totalTimeout, else 60s, or 5s for each cluster, or --timeout plus
    /// --connect-timeout, whichever is longest]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration)]
    pub total_timeout: Option<Duration>,
    /// How long a credential plugin may take that cannot ask a person on a terminal; 0 is no limit [default:
    /// access.loginTimeout, else 5m]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration)]
    pub login_timeout: Option<Duration>,
}

#[cfg(feature = "cluster")]
impl LimitArgs {
    /// Returns how many clusters are asked at once.
    pub fn concurrency(&self, config: &Config) -> Concurrency {
        self.concurrency.unwrap_or(config.execution.max_concurrency)
    }

    /// Returns the time for DNS, TCP and TLS together.
    pub fn connect_timeout(&self, config: &Config) -> Duration {
        no_limit_if_zero(self.connect_timeout.unwrap_or(config.execution.connect_timeout))
    }

    /// Returns the time for the whole run, if one was typed or configured.
    pub fn total_timeout(&self, config: &Config) -> Option<Duration> {
        self.total_timeout
            .or(config.execution.total_timeout)
            .map(no_limit_if_zero)
    }

    /// Returns the time for a credential plugin that cannot ask a person; zero is no limit.
    pub fn login_timeout(&self, config: &Config) -> Duration {
        self.login_timeout.unwrap_or(config.access.login_timeout)
    }
}

/// Says when a run stops.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Execution", mut_args(as_switch))]
pub struct RunArgs {
    /// Stop all when the first cluster fails [default: not execution.continueOnError]
    #[arg(long, global = true, overrides_with = "continue_on_error")]
    pub fail_fast: Option<bool>,
    /// With false, the same as --fail-fast [default: execution.continueOnError, else true]
    #[arg(long, global = true, overrides_with = "fail_fast")]
    pub continue_on_error: Option<bool>,
}

#[cfg(feature = "cluster")]
impl RunArgs {
    /// Returns whether all stop when the first cluster fails.
    pub fn fail_fast(&self, config: &Config) -> bool {
        let goes_on = self.continue_on_error.or(self.fail_fast.map(|fails| !fails));
        !goes_on.unwrap_or(config.execution.continue_on_error)
    }
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
    /// The cache folder; its subfolder kubectl-mc is used [default: discovery.cacheDir, else ~/.kube/cache]
    #[arg(long, value_name = "FOLDER", global = true)]
    pub cache_dir: Option<PathBuf>,
}

#[cfg(feature = "cluster")]
impl CacheArgs {
    /// Returns our own folder in the cache.
    pub fn folder(&self, paths: &Paths, config: &Config) -> PathBuf {
        let typed = self
            .cache_dir
            .as_deref()
            .filter(|folder| !folder.as_os_str().is_empty());
        paths.cache(typed.or(config.discovery.cache_dir.as_deref()))
    }
}
