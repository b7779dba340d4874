//! The toolkit in a person's shell: completion scripts, man pages, and the paths to both.
//!
//! Package managers install these files. After `cargo install` or krew, which bring the binaries alone, they come from
//! the binary: `kubectl mc completion`, `kubectl mc man` and `kubectl mc shellenv`.

use super::examples;
use super::stdout::print;
use crate::error_text::io_text;
use crate::exit::{Fatal, Status};
use crate::program;
use clap::{Subcommand, ValueEnum};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The tools that a person types, each with a completion script and a man page. A test compares them with those of
/// `tools`, which needs the wrapper and so cannot be used here.
pub const TOOLS: [&str; 9] = [
    "kubectl-mc",
    "mc-discover",
    "mc-resolve",
    "mc-exec",
    "mc-merge",
    "mc-format",
    "mc-setup",
    "mc-doctor",
    "mc-ctx",
];

/// The wrapper's verbs that set up a shell.
#[derive(Clone, Debug, Subcommand)]
pub enum ShellVerb {
    /// Print the completion of kubectl-mc and the mc-* tools
    #[command(after_help = examples::COMPLETION)]
    Completion {
        /// The shell that reads it
        shell: Shell,
    },
    /// Print commands that put the toolkit, its man pages and completion on a shell's paths
    #[command(after_help = examples::SHELLENV)]
    Shellenv {
        /// The shell that reads them [default: the one that $SHELL names]
        shell: Option<Shell>,
    },
    /// Write the man pages into a folder, such as ~/.local/share/man
    #[command(after_help = examples::MAN)]
    Man {
        /// The folder, made if it is not there
        folder: PathBuf,
    },
}

impl ShellVerb {
    /// Prints or writes what is asked for.
    ///
    /// # Errors
    /// The shell is unknown, or a file could not be written.
    pub fn run(&self) -> Result<Status, Fatal> {
        let text = match self {
            Self::Completion { shell } => shell.completions(),
            Self::Shellenv { shell } => shell
                .or_else(Shell::of_environment)
                .ok_or_else(|| {
                    Fatal::usage("$SHELL names no shell that is known: name bash, zsh or fish, as in kubectl mc shellenv bash")
                })?
                .environment(&program::own_folder().map_err(|error| {
                    Fatal::failed(format!("cannot find the folder of kubectl-mc: {}", io_text(&error)))
                })?),
            Self::Man { folder } => return write_man_pages(folder),
        };
        print(&text)
    }
}

/// A shell that completion is written for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Shell {
    /// bash 4.2 or later
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}

impl Shell {
    /// Returns the shell that the environment names as the user's own, if it is one of these.
    fn of_environment() -> Option<Self> {
        let path = PathBuf::from(std::env::var_os("SHELL")?);
        Self::from_str(path.file_name()?.to_str()?, false).ok()
    }

    /// Returns the completion script of one tool.
    pub fn completion(self, tool: &str) -> String {
        let template = match self {
            Self::Bash => include_str!("shell/completion.bash"),
            Self::Zsh => include_str!("shell/completion.zsh"),
            Self::Fish => include_str!("shell/completion.fish"),
        };
        template
            .replace("@TOOL@", tool)
            .replace("@ID@", &tool.replace('-', "_"))
    }

    /// Returns the completion scripts of all tools, to be read by `source`.
    fn completions(self) -> String {
        TOOLS.map(|tool| self.completion(tool)).join("\n")
    }

    /// Returns commands that put the toolkit on the paths of this shell, to be read by `eval`.
    ///
    /// `bin` is the folder of the binaries; the man pages of an archive are in the folder `share/man` beside it.
    fn environment(self, bin: &Path) -> String {
        let man = bin.parent().map(|root| root.join("share/man"));
        let man = man.filter(|folder| folder.is_dir());
        let quoted = |path: &Path| self.quote(&path.display().to_string());
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = match self {
            Self::Bash | Self::Zsh => writeln!(text, "export PATH={}\"${{PATH:+:$PATH}}\"", quoted(bin)),
            Self::Fish => writeln!(text, "set -gx PATH {} $PATH", quoted(bin)),
        };
        if let Some(man) = man {
            // An empty entry stands for the system's own folders.
            let _ = match self {
                Self::Bash | Self::Zsh => {
                    writeln!(text, "export MANPATH={}\":${{MANPATH:-}}\"", quoted(&man))
                }
                Self::Fish => writeln!(
                    text,
                    "set -q MANPATH; or set -gx MANPATH ''\nset -gx MANPATH {} $MANPATH",
                    quoted(&man)
                ),
            };
        }
        let _ = match self {
            Self::Bash => writeln!(text, "source <(kubectl-mc completion bash)"),
            // Without compinit zsh has no completion that could be added to.
            Self::Zsh => writeln!(
                text,
                "(( $+functions[compdef] )) && source <(kubectl-mc completion zsh)"
            ),
            Self::Fish => writeln!(text, "kubectl-mc completion fish | source"),
        };
        text
    }

    fn quote(self, word: &str) -> String {
        match self {
            Self::Bash | Self::Zsh => format!("'{}'", word.replace('\'', r"'\''")),
            Self::Fish => format!("'{}'", word.replace('\\', r"\\").replace('\'', r"\'")),
        }
    }
}

/// Writes the man pages into `folder`, each in the folder of its section (`man1`, `man5`, `man7`).
///
/// # Errors
/// A file or a folder could not be written.
fn write_man_pages(folder: &Path) -> Result<Status, Fatal> {
    for (name, page) in PAGES {
        let section = name.rsplit('.').next().unwrap_or_default();
        let section = folder.join(format!("man{section}"));
        let file = section.join(name);
        std::fs::create_dir_all(&section)
            .and_then(|()| std::fs::write(&file, page))
            .map_err(|error| {
                Fatal::failed(format!("cannot write {}: {}", file.display(), io_text(&error)))
            })?;
    }
    Ok(Status::Complete)
}

/// Lists man pages by name, each with its text.
macro_rules! pages {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../man/", $name)))),*]
    };
}

/// The man pages of the toolkit.
pub const PAGES: [(&str, &str); 23] = pages![
    "kubectl-mc-clusters.1",
    "kubectl-mc-completion.1",
    "kubectl-mc-config.1",
    "kubectl-mc-config.5",
    "kubectl-mc-ctx.1",
    "kubectl-mc-doctor.1",
    "kubectl-mc-get.1",
    "kubectl-mc-man.1",
    "kubectl-mc-setup.1",
    "kubectl-mc-shellenv.1",
    "kubectl-mc-version.1",
    "kubectl-mc.1",
    "mc-ctx.1",
    "mc-discover.1",
    "mc-doctor.1",
    "mc-exec-get.1",
    "mc-exec-version.1",
    "mc-exec.1",
    "mc-format.1",
    "mc-merge.1",
    "mc-records.7",
    "mc-resolve.1",
    "mc-setup.1",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_each_shell() {
        let bin = Path::new("/o'p t\\/bin");
        assert!(
            Shell::Bash
                .environment(bin)
                .starts_with("export PATH='/o'\\''p t\\/bin'\"${PATH:+:$PATH}\"\n")
        );
        assert!(
            Shell::Fish
                .environment(bin)
                .starts_with("set -gx PATH '/o\\'p t\\\\/bin' $PATH\n")
        );
    }

    #[test]
    fn script_completes_its_tool_alone() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = shell.completion("mc-exec");
            assert!(!script.contains("@TOOL@") && !script.contains("@ID@"), "{script}");
            assert!(script.contains("kubectl_complete-mc --tool=mc-exec"), "{script}");
        }
    }
}
