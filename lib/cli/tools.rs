//! Every tool's command line, for completion and the man pages.

use super::{discover, doctor, exec, format, merge, resolve, setup, wrapper};
use clap::{Command, CommandFactory};

/// Makes the command of a tool.
type Make = fn() -> Command;

/// All tools, in the order of the pipe, then those beside it.
const TOOLS: &[Make] = &[
    wrapper::command,
    discover::DiscoverCommand::command,
    resolve::ResolveCommand::command,
    exec::ExecCommand::command,
    merge::MergeCommand::command,
    format::FormatCommand::command,
    setup::SetupCommand::command,
    doctor::DoctorCommand::command,
    #[cfg(feature = "enrich")]
    super::enrich::EnrichCommand::command,
];

/// Returns the command of every tool. Each is made when it is asked for: completion needs one of them.
pub fn commands() -> impl Iterator<Item = Command> {
    TOOLS.iter().map(|make| make())
}

/// Returns the command of one tool, by the name of its program.
pub fn command(tool: &str) -> Option<Command> {
    commands().find(|command| command.get_name() == tool)
}
