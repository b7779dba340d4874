//! Interactive shells with completion, on a pseudo-terminal.

use super::Home;
use super::session::Session;
use std::path::Path;
use std::process::Command;

pub const BASH: &str = "/bin/bash";
pub const ZSH: &str = "/usr/bin/zsh";
pub const FISH: &str = "/usr/bin/fish";
pub const BASH_COMPLETION: &str = "/usr/share/bash-completion/bash_completion";
pub const PROMPT: &str = "READY> ";
/// Discards the line and enters an empty one, for a new prompt.
pub const EMPTIED: &str = "\u{15}\r";
/// Until the choices are listed, which bash does once there is nothing to add that they have in common.
pub const TABS_OF_BASH: &str = "\t\t\t";
pub const TABS_OF_ZSH: &str = "\t\t";
pub const TABS_OF_FISH: &str = "\t";

/// Returns whether a program and the files that it needs are there. Where `TEST_SHELLS` is set they have to be.
pub fn is_there(files: &[&str]) -> bool {
    let missing: Vec<_> = files.iter().filter(|file| !Path::new(file).exists()).collect();
    if !missing.is_empty() {
        let text = format!("{missing:?} not found: completion was not tested with that shell");
        assert!(std::env::var_os("TEST_SHELLS").is_none(), "{text}");
        eprintln!("SKIPPED: {text}");
    }
    missing.is_empty()
}

/// A shell that has read a completion script.
fn shell(home: &Home, program: &str, args: &[&str]) -> Session {
    let mut command: Command = home.command(program);
    let path = command
        .get_envs()
        .find_map(|(name, value)| value.filter(|_| name == "PATH"));
    let path = format!(
        "{}/bin:{}",
        home.path().display(),
        path.unwrap().to_str().unwrap()
    );
    command.args(args).env("PATH", path).env("LANG", "C.UTF-8");
    let mut session = Session::start(&command);
    session.wait_for(PROMPT);
    session
}

/// bash with its own completion, and these scripts.
pub fn bash(home: &Home, sources: &[&str]) -> Session {
    let mut rc = format!("PS1='{PROMPT}'\n. {BASH_COMPLETION}\n");
    for source in sources {
        rc.push_str(&format!(". {source}\n"));
    }
    for setting in [
        "enable-bracketed-paste off",
        "bell-style none",
        "completion-query-items 0",
        "page-completions off",
    ] {
        rc.push_str(&format!("bind 'set {setting}'\n"));
    }
    home.write("rc.bash", &rc);
    let file = home.path().join("rc.bash");
    shell(
        home,
        BASH,
        &["--noprofile", "--rcfile", file.to_str().unwrap(), "-i"],
    )
}

/// zsh with these scripts.
pub fn zsh(home: &Home, sources: &[&str]) -> Session {
    let mut rc = "autoload -Uz compinit && compinit -u -d $HOME/zcompdump\nLISTMAX=1000\n".to_owned();
    for source in sources {
        rc.push_str(&format!(". {source}\n"));
    }
    // Last: the test waits for it.
    rc.push_str(&format!("PS1='{PROMPT}'\n"));
    home.write(".zshrc", &rc);
    shell(home, ZSH, &["-d", "-i"])
}

/// fish with these scripts.
pub fn fish(home: &Home, sources: &[&str]) -> Session {
    let mut rc = "set -g fish_greeting\n".to_owned();
    for source in sources {
        rc.push_str(&format!("source {source}\n"));
    }
    rc.push_str(&format!("function fish_prompt; echo -n '{PROMPT}'; end\n"));
    home.write("rc.fish", &rc);
    let source = format!("source {}/rc.fish", home.path().display());
    shell(home, FISH, &["--no-config", "-C", &source, "-i"])
}
