//! The command lines of all tools: a file a tool, and how what was typed becomes what is meant. Flags win over the
//! environment (`KUBECTL_MC_*`), and the environment over the configuration file.
//!
//! Each tool's file has its command, which is what was typed, and `run`, which calls the tool's module. Flags that several tools have
//! are written once, in `flags`; the verbs of mc-exec are in `verbs`. The wrapper's command line is the union of
//! both, so that it has every flag of every stage.

mod command_line;
#[cfg(feature = "cluster")]
pub mod complete;
pub mod config;
#[cfg(feature = "cluster")]
pub mod ctx;
#[cfg(feature = "cluster")]
pub mod discover;
#[cfg(feature = "cluster")]
pub mod doctor;
#[cfg(feature = "enrich")]
pub mod enrich;
mod examples;
#[cfg(feature = "cluster")]
pub mod exec;
pub mod flags;
pub mod format;
pub mod get;
mod load;
pub mod merge;
mod output;
#[cfg(feature = "cluster")]
mod reported_problems;
#[cfg(feature = "cluster")]
pub mod resolve;
#[cfg(feature = "cluster")]
mod resolver;
#[cfg(feature = "cluster")]
pub mod setup;
pub mod shell;
mod signals;
pub mod stage;
mod stderr;
#[cfg(feature = "cluster")]
mod stdin;
mod stdout;
pub mod tools;
pub mod verbs;
pub mod version;
#[cfg(feature = "cluster")]
mod want;
pub mod wrapper;

#[cfg(all(test, feature = "cluster"))]
mod tests {
    mod names;
    mod precedence;
}
