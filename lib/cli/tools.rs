//! Every tool's command line, for completion and the man pages.

#[cfg(feature = "enrich")]
use super::enrich;
#[cfg(feature = "cluster")]
use super::{ctx, discover, doctor, exec, resolve, setup};
use super::{format, merge, wrapper};
use clap::{Command, CommandFactory};

/// Makes the command of a tool.
type Make = fn() -> Command;

/// All tools that are built, in the order of the pipe, then those beside it.
const TOOLS: &[Make] = &[
    wrapper::command,
    #[cfg(feature = "cluster")]
    discover::DiscoverCommand::command,
    #[cfg(feature = "cluster")]
    resolve::ResolveCommand::command,
    #[cfg(feature = "cluster")]
    exec::ExecCommand::command,
    merge::MergeCommand::command,
    format::FormatCommand::command,
    #[cfg(feature = "cluster")]
    setup::SetupCommand::command,
    #[cfg(feature = "cluster")]
    doctor::DoctorCommand::command,
    #[cfg(feature = "cluster")]
    ctx::CtxCommand::command,
    #[cfg(feature = "enrich")]
    enrich::EnrichCommand::command,
];

/// Returns the command of every tool. Each is made when it is asked for: completion needs one of them.
pub fn commands() -> impl Iterator<Item = Command> {
    TOOLS.iter().map(|make| make())
}

/// Returns the command of one tool, by the name of its program.
#[cfg(feature = "cluster")]
pub fn command(tool: &str) -> Option<Command> {
    commands().find(|command| command.get_name() == tool)
}

#[cfg(all(test, feature = "cluster"))]
mod tests {
    use super::commands;
    use crate::cli::shell::TOOLS;

    #[test]
    fn every_tool_but_the_addon_has_a_completion_script() {
        let names: Vec<String> = commands().map(|command| command.get_name().to_owned()).collect();
        let typed: Vec<&String> = names.iter().filter(|name| *name != "mc-enrich").collect();
        assert_eq!(typed, TOOLS.iter().collect::<Vec<_>>());
    }
}
