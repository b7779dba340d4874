//! The chain as a line for a POSIX shell.

use super::process::Process;
use crate::program::shell_word::quote;

/// Returns the chain as a line for a POSIX shell.
pub fn shell_line(stages: &[Process]) -> String {
    let stage = |stage: &Process| {
        let mut words = vec![stage.program.to_owned()];
        words.extend(stage.args.iter().map(quote));
        words.join(" ")
    };
    stages.iter().map(stage).collect::<Vec<_>>().join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn stage(program: &'static str, args: &[&str]) -> Process {
        Process {
            program,
            args: args.iter().map(OsString::from).collect(),
            inherits: Vec::new(),
            ends_with_input: false,
            may_page: false,
        }
    }

    #[test]
    fn the_shell_line_can_be_pasted() {
        let stages = [
            stage("mc-discover", &["--clusters=prod-*"]),
            stage("mc-exec", &["get", "pods", "it's", ""]),
        ];
        assert_eq!(
            shell_line(&stages),
            r"mc-discover --clusters='prod-*' | mc-exec get pods 'it'\''s' ''"
        );
    }
}
