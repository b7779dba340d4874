//! The verb version: its flag, and what it prints without asking a cluster.

#[cfg(feature = "cluster")]
use super::flags::OutputArgs;
use super::flags::{OutputName, as_switch};
use super::stdout::print;
use crate::exit::{Fatal, Status};
use crate::format::Output;
use clap::Args;

/// The flags of version.
#[derive(Args, Clone, Debug, Default)]
#[command(mut_args(as_switch))]
pub struct VersionArgs {
    /// Print only the version of kubectl-mc itself, and ask no cluster
    #[arg(long)]
    pub client: bool,
}

impl VersionArgs {
    /// Refuses the one format that prints nothing of a version, and returns any other. `output` is the format that
    /// `typed` was read as.
    ///
    /// # Errors
    /// The format is that one, or it is wrong.
    #[cfg(feature = "cluster")]
    pub fn check(
        &self,
        typed: &OutputArgs,
        output: Result<Option<OutputName>, Fatal>,
    ) -> Result<Option<OutputName>, Fatal> {
        match output? {
            Some(OutputName::Plain(Output::Name)) if !self.client => Err(Fatal::usage(format!(
                "-o {} prints names of objects, and a version has none: use another format, or kubectl mc \
                 clusters -o name for the names of the clusters",
                typed.output.as_deref().unwrap_or_default()
            ))),
            output => Ok(output),
        }
    }
}

/// Prints the version of kubectl-mc itself.
///
/// # Errors
/// An output that cannot be written.
pub fn print_client(output: Option<&OutputName>) -> Result<Status, Fatal> {
    let version = env!("CARGO_PKG_VERSION");
    let line = match output.map(OutputName::output) {
        Some(Output::Json | Output::Ndjson) => format!(r#"{{"kubectl-mc":"{version}"}}"#),
        Some(Output::Yaml) => format!("kubectl-mc: {version}"),
        _ => format!("kubectl-mc {version}"),
    };
    print(&format!("{line}\n"))
}
