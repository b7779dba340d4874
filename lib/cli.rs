//! A clap struct a tool, and how what was typed becomes what is meant: flags win over the environment
//! (`KUBECTL_MC_*`), the environment over the configuration file.
//!
//! Each tool's module has `Args` (what was typed) and `run` (what it comes to). The groups of flags that
//! several tools have stand once, in [`groups`]; the wrapper's command line is their union, so a flag that a
//! stage has is a flag that the wrapper has.

#[cfg(feature = "cluster")]
pub mod complete;
#[cfg(feature = "cluster")]
pub mod discover;
#[cfg(feature = "cluster")]
pub mod doctor;
#[cfg(feature = "enrich")]
pub mod enrich;
#[cfg(feature = "cluster")]
pub mod exec;
pub mod format;
#[path = "cli/flags/output.rs"]
pub mod groups;
#[path = "cli/flags/refused.rs"]
pub mod kubectl;
pub mod merge;
mod output;
#[cfg(all(test, feature = "cluster"))]
mod precedence;
#[cfg(feature = "cluster")]
mod reported_problems;
#[cfg(feature = "cluster")]
pub mod resolve;
#[cfg(feature = "cluster")]
pub mod setup;
mod signals;
pub mod stage;
pub mod wrapper;

use crate::config::{Config, Paths};
use crate::exit::Fatal;
#[cfg(feature = "cluster")]
use crate::exit::Status;
use crate::term;
use std::io::Write;

/// The configuration with the environment taken in.
fn load_config() -> Result<(Paths, Config), Fatal> {
    let paths = Paths::from_env().map_err(|error| Fatal::failed(error.0))?;
    let config = paths.load_config().map_err(|error| Fatal::failed(error.0))?;
    Ok((paths, config))
}

/// For the tools that a run begins with: the others would say it again.
#[cfg(feature = "cluster")]
fn warn_of_variables(tool: &'static str) {
    for said in crate::config::mistyped(std::env::vars_os().map(|(name, _)| name)) {
        complain_as(tool)(&format!("warning: {said}"));
    }
}

/// The kubeconfig that `--kubeconfig` or the environment names.
#[cfg(feature = "cluster")]
fn load_kubeconfig(typed: &groups::KubeconfigArgs) -> Result<crate::kubeconfig::Kubeconfig, Fatal> {
    crate::kubeconfig::Kubeconfig::load(typed.kubeconfig.as_deref()).map_err(|error| Fatal::failed(error.0))
}

/// Returns what the user allows hubs.
#[cfg(feature = "cluster")]
fn allowed(config: &Config, typed: &groups::AccessArgs) -> crate::config::Access {
    let mut allowed = config.access.clone();
    if typed.providers.is_some() {
        allowed.providers.clone_from(&typed.providers);
    }
    allowed
}

/// What mc-resolve and mc-exec look clusters up in.
#[cfg(feature = "cluster")]
fn load_resolver(
    paths: &Paths,
    config: &Config,
    typed: &groups::KubeconfigArgs,
    access: &groups::AccessArgs,
) -> Result<crate::resolve::Resolver, Fatal> {
    use crate::resolve::providers::Policy;
    let mapping = paths.load_mapping().map_err(|error| Fatal::failed(error.0))?;
    let allowed = allowed(config, access);
    let config_file = crate::resolve::at_home(&paths.config());
    let policy = Policy::load(allowed, &paths.providers(), config_file).map_err(Fatal::failed)?;
    Ok(crate::resolve::Resolver::new(load_kubeconfig(typed)?, mapping).with_policy(policy))
}

/// Returns what a bare name is looked up in: the fleet that the configuration names. `None` where no hub lists it.
#[cfg(feature = "cluster")]
fn fleet_of_names(paths: &Paths, config: &Config, args: &discover::Args) -> Option<crate::discover::Options> {
    // What is wrong with the hubs is said by whoever needs them.
    let mut options = discover::options(args, paths, config).ok()?;
    options.sources.retain(|source| source.needs_hub());
    (!options.sources.is_empty()).then_some(options)
}

/// Returns what was loaded; or, where that failed and no cluster comes anyway, the status of the stages before: then
/// one of those has said what is wrong, and a person need not read it from every stage. What they wrote is passed on.
#[cfg(feature = "cluster")]
fn unless_idle<T>(loaded: Result<T, Fatal>, writes_records: bool) -> Result<Result<T, Status>, Fatal> {
    use crate::exit::FailOn;
    use crate::outcomes::Outcomes;
    use crate::record;
    use crate::wire::{Line, LineReader, looks_like_json, pass_on};
    let error = match loaded {
        Ok(loaded) => return Ok(Ok(loaded)),
        Err(error) => error,
    };
    let mut outcomes = Outcomes::default();
    let mut reader = LineReader::new(std::io::stdin());
    while let Ok(Some(Line::Text(line))) = reader.next_line() {
        let is_cluster =
            !looks_like_json(line) || record::kind(line).is_ok_and(|kind| kind == record::CLUSTER);
        if is_cluster {
            return Err(error);
        }
        outcomes.saw_passed_on(line);
        if writes_records {
            pass_on(&mut std::io::stdout(), line).map_err(|error| Fatal::output(&error))?;
        }
    }
    match outcomes.problems() {
        [] => Err(error),
        _ => Ok(Err(outcomes.status(FailOn::Any))),
    }
}

/// A time limit as it was given: 0 is none, as with kubectl's `--request-timeout`.
#[cfg(feature = "cluster")]
fn limit(given: std::time::Duration) -> std::time::Duration {
    if given.is_zero() {
        crate::config::NO_LIMIT
    } else {
        given
    }
}

/// A line on stderr behind the tool's name.
fn complain_as(tool: &'static str) -> impl FnMut(&str) {
    move |message: &str| term::complain(tool, message)
}

/// A line on stderr as it is: what kubectl would have said must be said in its words.
fn say(message: &str) {
    // An error on stderr has nowhere to go.
    let _ = writeln!(std::io::stderr(), "{message}");
}

/// Refuses to wait for records that nobody is going to type.
#[cfg(feature = "cluster")]
fn need_piped_stdin(tool: &str) -> Result<(), Fatal> {
    use std::io::IsTerminal;
    if std::io::stdin().is_terminal() {
        return Err(Fatal::usage(format!(
            "reads clusters from standard input, which is a terminal: try mc-discover | {tool} …, or \
             kubectl mc get …"
        )));
    }
    Ok(())
}
