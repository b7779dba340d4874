//! One run of a credential plugin.

use super::kuberc::Policy;
use super::{ClusterInfo, Credential, Plugin, answer};
use crate::connect::{Error, io_text, span};
use crate::program::group::Group;
use crate::record::Reason;
use crate::term::is_hostile;
use kube::config::ExecInteractiveMode;
use serde::Serialize;
use std::io::{self, ErrorKind, IsTerminal as _};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// The most that a plugin may answer.
const MAX_ANSWER: usize = 1024 * 1024;

/// How much of the end of its stderr is shown when it fails.
const MAX_COMPLAINT: usize = 2 * 1024;

/// A login that a person takes part in: a browser, a second factor.
const INTERACTIVE_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// So long a plugin counts as one of those that run at once. What takes longer waits for something, and others
/// could wait for it for as long as they may take.
const COUNTS_FOR: Duration = Duration::from_secs(3);

/// For how long a plugin's output is read on after it has ended, as a helper that it left behind may hold it
/// open for ever.
const AFTER_THE_END: Duration = Duration::from_millis(500);

impl Plugin {
    /// Runs it, and tells those who wait for it whether that is to wait for a person.
    pub(super) async fn run(&self, tell: &watch::Sender<bool>) -> Result<Credential, Error> {
        let interactive = self.is_interactive()?;
        let (_terminal, _login);
        let mut slot = None;
        let limit = if interactive {
            // Before its turn comes it waits for the person who is at another.
            tell.send_replace(true);
            _terminal = self.limits.terminal.lock().await;
            _login = self.limits.logins.start();
            INTERACTIVE_TIMEOUT
        } else {
            slot = self.limits.at_once.acquire().await.ok();
            self.limits.timeout
        };
        let mut running = self.start(interactive)?;
        let mut stderr = Vec::new();
        let give_way = async {
            tokio::time::sleep(COUNTS_FOR).await;
            drop(slot);
            std::future::pending().await
        };
        let outcome = tokio::select! {
            outcome = tokio::time::timeout(limit, running.output(&mut stderr)) => outcome,
            never = give_way => never,
        };
        let complaint = complaint(&stderr);
        let (status, stdout) = match outcome {
            Ok(Ok(ended)) => ended,
            Ok(Err(error)) if error.kind() == ErrorKind::FileTooLarge => {
                return Err(self.failed(&format!("answers more than {MAX_ANSWER} bytes")));
            }
            Ok(Err(error)) => return Err(self.failed(&format!("cannot be read: {}", io_text(&error)))),
            // What it said may be what it waits for: a page to open, a code to enter.
            Err(_) => return Err(self.failed(&format!("has not ended within {}{complaint}", span(limit)))),
        };
        if !status.success() {
            return Err(self.failed(&format!("failed ({status}){complaint}")));
        }
        running.leave();
        answer::read(&stdout, self.version).map_err(|what| self.failed(&format!("{what}{complaint}")))
    }

    fn failed(&self, what: &str) -> Error {
        Error::new(Reason::CredentialPlugin, format!("{} {what}", self.shown())).with_hint(self.by_hand())
    }

    /// What to do with a plugin that does not do its work.
    pub(crate) fn by_hand(&self) -> String {
        format!("run it by hand and log in where it asks to: {}", self.command)
    }

    /// Whether the plugin talks to a person, on a terminal: our stdin where that is one, as in a pipe it is the
    /// record stream, and for one that must ask the terminal behind stderr.
    fn is_interactive(&self) -> Result<bool, Error> {
        match self.mode {
            ExecInteractiveMode::Never => Ok(false),
            ExecInteractiveMode::IfAvailable => Ok(io::stdin().is_terminal()),
            // In a pipe stdin is the record stream, and a person may be there all the same.
            ExecInteractiveMode::Always if io::stdin().is_terminal() || terminal().is_some() => Ok(true),
            ExecInteractiveMode::Always => Err(Error::new(
                Reason::CredentialPlugin,
                format!(
                    "{} has to ask on a terminal (interactiveMode: Always), and there is none",
                    self.shown()
                ),
            )
            .with_hint(
                "log in once by hand, or set interactiveMode: IfAvailable if it can do without asking",
            )),
        }
    }

    fn start(&self, interactive: bool) -> Result<Running, Error> {
        let Some(executable) = self.executable() else {
            return Err(self.missing());
        };
        let kuberc = self.limits.kuberc.get_or_init(Policy::from_env);
        kuberc.check(&self.command, &executable).map_err(|why| {
            let what = format!("{} is not run: {}", self.shown(), clean(&why));
            Error::new(Reason::CredentialPlugin, what).with_hint(format!(
                "kubectl would not run it either: add command: {} to credentialPluginAllowlist in kuberc",
                clean(&self.command)
            ))
        })?;
        let mut command = Command::new(&executable);
        command
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .env("KUBERNETES_EXEC_INFO", self.info(interactive))
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        if interactive {
            // It stays in our process group: another one could not read the terminal.
            let stdin = match terminal() {
                Some(terminal) if !io::stdin().is_terminal() => Stdio::from(terminal),
                _ => Stdio::inherit(),
            };
            command.stdin(stdin).stderr(Stdio::inherit());
        } else {
            command
                .stdin(Stdio::null())
                .stderr(Stdio::piped())
                .process_group(0);
        }
        let started = if interactive {
            command.spawn().map(|child| (child, None))
        } else {
            Group::start(|| command.spawn(), Child::id)
        };
        let (child, group) = started.map_err(|error| match error.kind() {
            ErrorKind::NotFound => self.missing(),
            _ => self.failed(&format!(
                "cannot be run ({}): {}",
                executable.display(),
                io_text(&error)
            )),
        })?;
        Ok(Running { child, group })
    }

    fn missing(&self) -> Error {
        let place = if self.command.contains('/') {
            "there is no such file"
        } else {
            "it is not on PATH"
        };
        let hint = self.install_hint.clone().unwrap_or_else(|| {
            "install the credential plugin that the kubeconfig names, or correct its command".into()
        });
        Error::new(
            Reason::CredentialPlugin,
            format!(
                "{} is not installed: {place} ({})",
                self.shown(),
                clean(&self.command)
            ),
        )
        .with_hint(hint)
    }

    /// KUBERNETES_EXEC_INFO, as client-go encodes it.
    fn info(&self, interactive: bool) -> String {
        let question = Question {
            kind: "ExecCredential",
            api_version: self.version.as_str(),
            spec: Spec {
                cluster: self.cluster.as_ref(),
                interactive,
            },
        };
        serde_json::to_string(&question).unwrap_or_default()
    }
}

/// ExecCredential, as it is sent to a plugin.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Question<'a> {
    kind: &'static str,
    api_version: &'static str,
    spec: Spec<'a>,
}

#[derive(Serialize)]
struct Spec<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a ClusterInfo>,
    interactive: bool,
}

/// A plugin that runs; dropped before its end, it ends with all that it started.
struct Running {
    child: Child,
    /// Its process group, where it has one of its own.
    group: Option<Group>,
}

impl Running {
    /// How it ended, and what it answered; what it complained of so far is in `stderr` at any time.
    async fn output(&mut self, stderr: &mut Vec<u8>) -> io::Result<(ExitStatus, Vec<u8>)> {
        let pipes = (self.child.stdout.take(), self.child.stderr.take());
        let (has_ended, ended) = watch::channel(false);
        let wait = async {
            let status = self.child.wait().await;
            has_ended.send_replace(true);
            status
        };
        let mut stdout = Vec::new();
        let (status, (), ()) = tokio::try_join!(
            wait,
            read(pipes.0, ended.clone(), |piece| {
                stdout.extend_from_slice(piece);
                match stdout.len() {
                    0..=MAX_ANSWER => Ok(()),
                    _ => Err(ErrorKind::FileTooLarge.into()),
                }
            }),
            read(pipes.1, ended.clone(), |piece| {
                stderr.extend_from_slice(piece);
                stderr.drain(..stderr.len().saturating_sub(MAX_COMPLAINT));
                Ok(())
            }),
        )?;
        Ok((status, stdout))
    }

    /// It did what it should: what it left running (a browser, an agent) is none of our business.
    fn leave(self) {
        if let Some(group) = self.group {
            group.leave();
        }
    }
}

/// Reads to the end, or until a while after the process has ended.
async fn read(
    stream: Option<impl AsyncRead + Unpin>,
    mut ended: watch::Receiver<bool>,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let Some(mut stream) = stream else {
        return Ok(());
    };
    let long_ended = async move {
        let _ = ended.wait_for(|ended| *ended).await;
        tokio::time::sleep(AFTER_THE_END).await;
    };
    tokio::pin!(long_ended);
    let mut piece = vec![0; 4096];
    loop {
        let count = tokio::select! {
            count = stream.read(&mut piece) => count?,
            () = &mut long_ended => 0,
        };
        if count == 0 {
            return Ok(());
        }
        take(&piece[..count])?;
    }
}

/// The terminal of a person who watches our stderr.
fn terminal() -> Option<std::fs::File> {
    if !io::stderr().is_terminal() {
        return None;
    }
    std::fs::File::open("/dev/tty").ok()
}

/// The last lines that a plugin wrote on stderr, on one line.
fn complaint(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<_> = text.lines().map(clean).filter(|line| !line.is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(5)..];
    if last.is_empty() {
        String::new()
    } else {
        format!(": {}", last.join(" "))
    }
}

/// Text without control characters and without the sequences of a terminal that begin with one.
pub(super) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => {
                // CSI … final byte; any other escape is two characters.
                if characters.next() == Some('[') {
                    characters
                        .by_ref()
                        .find(|next| ('\u{40}'..='\u{7e}').contains(next));
                }
            }
            '\n' | '\t' => cleaned.push(' '),
            _ if is_hostile(character) => {}
            _ => cleaned.push(character),
        }
    }
    cleaned.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plugin_says_cannot_drive_a_terminal() {
        assert_eq!(
            clean("\u{1b}[1;31mno\u{1b}[0m \u{7}login\u{202e}\r\n now"),
            "no login  now"
        );
        assert_eq!(complaint(b"a\n\n\x1b]b\n"), ": a b");
        assert_eq!(complaint(b"\n"), "");
    }
}
