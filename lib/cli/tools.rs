//! Every tool's command line, for completion and the man pages.

use super::{discover, doctor, exec, format, merge, resolve, setup, wrapper};
use clap::{Command, CommandFactory};

/// Returns the command of every tool, in the order of the pipe, then those beside it.
pub fn commands() -> Vec<Command> {
    vec![
        wrapper::command(),
        discover::DiscoverCommand::command(),
        resolve::ResolveCommand::command(),
        exec::ExecCommand::command(),
        merge::MergeCommand::command(),
        format::FormatCommand::command(),
        setup::SetupCommand::command(),
        doctor::DoctorCommand::command(),
        #[cfg(feature = "enrich")]
        super::enrich::EnrichCommand::command(),
    ]
}

/// Returns the command of one tool, by the name of its program.
pub fn command(tool: &str) -> Option<Command> {
    commands().into_iter().find(|command| command.get_name() == tool)
}
