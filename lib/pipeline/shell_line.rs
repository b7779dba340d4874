//! The chain as a line for a POSIX shell.

use super::process::Process;
use std::ffi::OsStr;
use std::path::Path;

/// Returns the chain as a line for a POSIX shell.
pub fn shell_line(stages: &[Process]) -> String {
    let stage = |stage: &Process| {
        let mut words = vec![stage.program.to_owned()];
        words.extend(stage.args.iter().map(|word| quote(word)));
        words.join(" ")
    };
    stages.iter().map(stage).collect::<Vec<_>>().join(" | ")
}

/// Quotes a word for a POSIX shell (XCU 2.2.2).
fn quote(word: &OsStr) -> String {
    let word = Path::new(word).display().to_string();
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_=+,./:@%".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        return word;
    }
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    // --flag='value' reads better than '--flag=value'.
    match word.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") && flag.chars().all(safe) => {
            format!("{flag}={}", quoted(value))
        }
        _ => quoted(&word),
    }
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
