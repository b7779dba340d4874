//! The environment, laid over the configuration file.

use super::{Concurrency, Config, Error, MAX_CONCURRENCY, file, parse_duration};
use crate::suggest::did_you_mean;
use crate::term::Colorize;
use std::ffi::OsString;

/// What the names of all variables begin with.
const PREFIX: &str = "KUBECTL_MC_";

/// What follows it: all that there are.
pub(crate) const VARIABLES: [&str; 17] = [
    "ACCESSIBLE",
    "API",
    "CACHE_DIR",
    "CACHE_TTL",
    "CLUSTERS",
    "COLORIZE",
    "CONFIG",
    "CONTINUE_ON_ERROR",
    "HUB_CONTEXT",
    "MAX_CONCURRENCY",
    "MAX_STALE",
    "PLACEMENT",
    "PROVIDERS",
    "SHOW_CLUSTER_COLUMN",
    "SKIP_UNHEALTHY",
    "TIMEOUT",
    "VERIFY_SERVER",
];

/// What to say of the variables that look like ours and are none: a name with a typing error in it would have
/// no effect, and nobody would know. Those that are like none of ours are somebody else's.
pub fn mistyped(names: impl IntoIterator<Item = OsString>) -> Vec<String> {
    let mut said: Vec<String> = names
        .into_iter()
        .filter_map(|name| {
            let name = name.to_str()?;
            let rest = name
                .strip_prefix(PREFIX)
                .filter(|rest| !VARIABLES.contains(rest))?;
            let near = did_you_mean(rest, VARIABLES)
                .replace('"', "")
                .replace("mean ", "mean KUBECTL_MC_");
            (!near.is_empty()).then(|| {
                let near = near
                    .replace(", ", ", KUBECTL_MC_")
                    .replace(" or ", " or KUBECTL_MC_");
                format!("the environment variable {name} is none of ours{near}")
            })
        })
        .collect();
    said.sort_unstable();
    said
}

impl Config {
    /// Lays an environment over the file.
    pub(super) fn overlay(&mut self, variable: impl Fn(&str) -> Option<OsString>) -> Result<(), Error> {
        fn set<T>(
            target: &mut T,
            name: &str,
            value: Option<OsString>,
            read: impl Fn(&str) -> Result<T, String>,
        ) -> Result<(), Error> {
            let Some(value) = value.filter(|value| !value.is_empty()) else {
                return Ok(());
            };
            let value = value
                .to_str()
                .ok_or_else(|| "not UTF-8".to_owned())
                .and_then(read);
            *target = value.map_err(|problem| Error(format!("environment variable {name}: {problem}")))?;
            Ok(())
        }
        // The name of a variable is said once, for its value and for its error.
        macro_rules! take {
            ($name:literal, $target:expr, $read:expr) => {
                set(&mut $target, $name, variable($name), $read)?;
            };
        }
        take!("KUBECTL_MC_HUB_CONTEXT", self.hub_context, |text| Ok(Some(
            text.to_owned()
        )));
        take!("KUBECTL_MC_CACHE_TTL", self.discovery.cache_ttl, parse_duration);
        take!("KUBECTL_MC_API", self.discovery.api, file::sources_of);
        take!("KUBECTL_MC_PLACEMENT", self.discovery.placement, |text| Ok(Some(
            text.to_owned()
        )));
        take!(
            "KUBECTL_MC_SKIP_UNHEALTHY",
            self.discovery.skip_unhealthy,
            parse_bool
        );
        take!("KUBECTL_MC_MAX_STALE", self.discovery.max_stale, parse_duration);
        take!("KUBECTL_MC_ACCESSIBLE", self.discovery.accessible, parse_bool);
        take!(
            "KUBECTL_MC_MAX_CONCURRENCY",
            self.execution.max_concurrency,
            |text| parse_concurrency(text).map(Concurrency::asked)
        );
        take!("KUBECTL_MC_TIMEOUT", self.execution.timeout, parse_duration);
        take!(
            "KUBECTL_MC_CONTINUE_ON_ERROR",
            self.execution.continue_on_error,
            parse_bool
        );
        take!("KUBECTL_MC_PROVIDERS", self.access.providers, |text| Ok(Some(
            text.into()
        )));
        take!("KUBECTL_MC_VERIFY_SERVER", self.access.verify_server, parse_bool);
        take!("KUBECTL_MC_COLORIZE", self.output.colorize, colorize_of);
        take!(
            "KUBECTL_MC_SHOW_CLUSTER_COLUMN",
            self.output.show_cluster_column,
            parse_bool
        );
        Ok(())
    }
}

/// How many clusters at once, from a flag or an environment variable; 0 is no limit.
///
/// # Errors
/// What is no whole number, or more than [`MAX_CONCURRENCY`].
pub fn parse_concurrency(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|count| *count <= MAX_CONCURRENCY)
        .ok_or_else(|| format!("{text:?}: expected a whole number from 0 (no limit) to {MAX_CONCURRENCY}"))
}

fn parse_bool(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(format!("{text:?}: expected true or false")),
    }
}

/// As `output.colorize` has it: `true` means where it can be seen.
pub(super) fn colorize_of(text: &str) -> Result<Colorize, String> {
    match text {
        "auto" | "true" => Ok(Colorize::Auto),
        "always" => Ok(Colorize::Always),
        "never" | "false" => Ok(Colorize::Never),
        _ => Err(format!("{text:?}: expected true, false, auto, always or never")),
    }
}
