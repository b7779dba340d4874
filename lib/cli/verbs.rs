//! The verbs of mc-exec. `kubectl mc` has the same: a verb that is added here is one of both.

use super::examples;
#[cfg(feature = "cluster")]
use super::flags::{OutputArgs, OutputName};
use super::get::GetArgs;
use super::version::VersionArgs;
use crate::exit::Fatal;
use crate::manifest::Files;
use clap::Subcommand;

/// A verb with its flags.
#[derive(Debug, Subcommand)]
pub enum ExecVerb {
    /// Display one or many resources of every cluster, as kubectl get does for one
    #[command(after_help = examples::GET)]
    Get(Box<GetArgs>),
    /// Show the version of every cluster's API server
    #[command(after_help = examples::VERSION)]
    Version(VersionArgs),
}

impl ExecVerb {
    /// Returns the files that the verb reads.
    ///
    /// # Errors
    /// A list of files that cannot be read.
    pub fn files(&self) -> Result<Files, Fatal> {
        match self {
            ExecVerb::Get(get) => get.files(),
            ExecVerb::Version(_) => Ok(Files::default()),
        }
    }

    /// Returns whether answers have to be printed as they come, because they do not end.
    pub fn is_endless(&self) -> bool {
        match self {
            ExecVerb::Get(get) => get.watch.is_on(),
            ExecVerb::Version(_) => false,
        }
    }

    /// Checks the command line as far as that is possible before a cluster is asked. `output` is the format that
    /// `typed` was read as, which is returned.
    ///
    /// # Errors
    /// The first mistake.
    #[cfg(feature = "cluster")]
    pub fn check(
        &self,
        typed: &OutputArgs,
        output: Result<Option<OutputName>, Fatal>,
    ) -> Result<Option<OutputName>, Fatal> {
        match self {
            ExecVerb::Get(get) => get.query(typed, output).map(|(output, _)| output),
            ExecVerb::Version(version) => version.check(typed, output),
        }
    }
}
