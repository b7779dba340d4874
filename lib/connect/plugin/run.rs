//! Runs of a credential plugin.
//!
//! If there is a terminal, a run that is alone gets it: it stays in our process group, so that `/dev/tty` works, it shares
//! our stderr, and it has no time limit. The other runs have process groups of their own and no terminal; what they print
//! while they wait is passed on.

use super::cluster_info::ClusterInfo;
use super::command::PluginCommand;
use super::credential::Credential;
use super::exec_credential;
use super::kuberc::KubercPolicy;
use super::messages::{Messages, clean};
use super::process::{CHECK_EVERY, PluginProcess, stopped};
use super::turns::Turn;
use crate::connect::deadline::{FAR, HeldUpGuard, format_duration};
use crate::connect::error::Error;
use crate::error_text::io_text;
use crate::mutex::lock;
use crate::program::group::ProcessGroup;
use crate::program::terminal::{self, Terminal};
use kube::config::ExecInteractiveMode;
use serde::Serialize;
use signal_hook::consts::SIGINT;
use std::io::{self, ErrorKind, IsTerminal as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, sleep_until};

/// After this time a plugin without a terminal no longer counts as one of those that run at once, and others no longer
/// wait for one that runs alone: it is waiting for something, and could do so for long.
const COUNTS_FOR: Duration = Duration::from_secs(3);

/// The pause after a Ctrl-C that ended a plugin: it most likely ends this process too, before the next plugin asks.
const AFTER_INTERRUPT: Duration = Duration::from_millis(500);

/// Says why a run returned no credential.
struct FailedRun {
    error: Error,
    /// True if a run that is alone may succeed.
    may_do_alone: bool,
}

impl From<Error> for FailedRun {
    fn from(error: Error) -> Self {
        Self {
            error,
            may_do_alone: false,
        }
    }
}

impl PluginCommand {
    /// Runs it when its turn comes. `tell` is set to true while it waits for a person.
    pub(super) async fn run(&self, tell: &watch::Sender<bool>) -> Result<Credential, Error> {
        let executable = self.allowed_executable()?;
        let must_ask = self.mode == ExecInteractiveMode::Always;
        if must_ask && !terminal::is_there() {
            return Err(self.no_terminal());
        }
        // Until its turn comes it waits for other runs, which may be waiting for a person.
        tell.send_replace(true);
        let turn = self.turns.turn(must_ask).await;
        let is_alone = matches!(turn, Turn::Alone { .. });
        let failed = match self.run_once(&executable, turn, tell).await {
            Err(failed) if failed.may_do_alone && !is_alone => failed,
            ended => return ended.map_err(|failed| failed.error),
        };
        tell.send_replace(true);
        let Some(turn) = self.turns.another().await else {
            return Err(failed.error);
        };
        let ended = self.run_once(&executable, turn, tell).await;
        // With the terminal, its own words went there: the error of the first run quotes them.
        ended.map_err(|again| match again.may_do_alone {
            true => failed.error,
            false => again.error,
        })
    }

    async fn run_once(
        &self,
        executable: &Path,
        turn: Turn,
        tell: &watch::Sender<bool>,
    ) -> Result<Credential, FailedRun> {
        if !matches!(turn, Turn::Alone { .. }) {
            return self.run_without_terminal(executable, turn, tell).await;
        }
        let has_terminal = match terminal::is_there() {
            true => Some(self.limits.terminal.lock().await),
            false => None,
        };
        let ended = match has_terminal.as_ref().and_then(|_| Terminal::borrow()) {
            Some(terminal) => self.run_on_terminal(executable, terminal).await,
            None if self.mode == ExecInteractiveMode::Always => Err(self.no_terminal().into()),
            None => {
                drop(has_terminal);
                return self.run_without_terminal(executable, turn, tell).await;
            }
        };
        self.turns.has_run();
        self.turns.ended_alone(ended.is_ok());
        ended
    }

    /// Runs it with the terminal, without a time limit: Ctrl-C ends it. A plugin that never asks may still open a
    /// browser, so that it gets the terminal too, with the limit of the others.
    async fn run_on_terminal(&self, executable: &Path, terminal: Terminal) -> Result<Credential, FailedRun> {
        let _login = self.limits.logins.start();
        let lead = format!(
            "{} for {}: ",
            self.shown().trim_start_matches("the "),
            self.context
        );
        let _lent = self.limits.screen.lend(&lead);
        let interactive = self.mode != ExecInteractiveMode::Never;
        let (limit, stdin) = match interactive {
            true => (FAR, terminal.stdin()),
            false => (self.limits.login_timeout, Stdio::null()),
        };
        // It stays in our process group: a process of another one could not read from the terminal.
        let mut command = self.command(executable, interactive);
        let stderr = match io::stderr().is_terminal() {
            true => Stdio::inherit(),
            false => Stdio::piped(),
        };
        let child = command
            .stdin(stdin)
            .stderr(stderr)
            .spawn()
            .map_err(|error| self.not_started(executable, &error))?;
        terminal.lend_to(child.id());
        let mut process = PluginProcess {
            child,
            group: None,
            terminal: Some(terminal),
        };
        let messages = Mutex::new(Messages::new());
        let heard = Notify::new();
        let ended = tokio::select! {
            ended = tokio::time::timeout(limit, process.output(&messages, &heard)) => ended,
            never = self.pass_on(&messages, &heard, || ()) => never,
        };
        if let Ok(Ok((status, _))) = &ended
            && (status.signal() == Some(SIGINT) || status.code() == Some(128 + SIGINT))
        {
            // The user wants all of us to stop, so that no other plugin should ask now.
            sleep(AFTER_INTERRUPT).await;
        }
        self.finish(ended, process, limit, &lock(&messages))
    }

    /// Runs it in the background. Once it prints something and goes on, its time counts as a person's.
    async fn run_without_terminal(
        &self,
        executable: &Path,
        turn: Turn,
        tell: &watch::Sender<bool>,
    ) -> Result<Credential, FailedRun> {
        let is_alone = matches!(turn, Turn::Alone { .. });
        let slot = self.limits.at_once.acquire().await.ok();
        tell.send_replace(false);
        let mut command = self.command(executable, false);
        command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0);
        let (child, group) = ProcessGroup::start(|| command.spawn(), Child::id)
            .map_err(|error| self.not_started(executable, &error))?;
        let pid = child.id();
        let mut process = PluginProcess {
            child,
            group,
            terminal: None,
        };
        let messages = Mutex::new(Messages::new());
        let heard = Notify::new();
        let limit = self.limits.login_timeout;
        let mut login: Option<HeldUpGuard<'_>> = None;
        let give_way = async {
            sleep(COUNTS_FOR).await;
            self.turns.has_run();
            drop((turn, slot));
            std::future::pending().await
        };
        let ended = tokio::select! {
            ended = tokio::time::timeout(limit, process.output(&messages, &heard)) => Some(ended),
            () = stopped(pid) => None,
            never = give_way => never,
            never = self.pass_on(&messages, &heard, || {
                login.get_or_insert_with(|| self.limits.logins.start());
                tell.send_replace(true);
            }) => never,
        };
        self.turns.has_run();
        let messages = lock(&messages);
        let ended = match ended {
            Some(ended) => self.finish(ended, process, limit, &messages),
            None => Err(FailedRun {
                error: self.failed(&format!(
                    "asks on the terminal, which it cannot have in the background{}",
                    messages.quote()
                )),
                may_do_alone: true,
            }),
        };
        if is_alone {
            self.turns.ended_alone(ended.is_ok());
        }
        ended
    }

    /// Passes on what it prints, while no other plugin has the terminal. `waits` is called when it printed something and
    /// goes on. Never ends.
    async fn pass_on<T>(&self, messages: &Mutex<Messages>, heard: &Notify, mut waits: impl FnMut()) -> T {
        let lead = format!("{}: {}", self.context, self.name());
        loop {
            let due = lock(messages).due();
            tokio::select! {
                biased;
                () = sleep_until(due.unwrap_or_else(|| tokio::time::Instant::now() + FAR)), if due.is_some() => {}
                () = heard.notified() => continue,
            }
            waits();
            if io::stderr().is_terminal() && self.limits.terminal.try_lock().is_err() {
                // Another plugin is asking something there.
                sleep(CHECK_EVERY).await;
                continue;
            }
            if let Some(text) = lock(messages).fresh(&lead, &self.turns.shown) {
                self.limits.screen.say(&text);
            }
            tokio::task::yield_now().await;
        }
    }

    fn failed(&self, what: &str) -> Error {
        Error::credential_plugin(format!("{} {what}", self.shown())).with_hint(self.by_hand())
    }

    fn no_terminal(&self) -> Error {
        let what = format!(
            "{} has to ask on a terminal (interactiveMode: Always), and there is none",
            self.shown()
        );
        Error::credential_plugin(what)
            .with_hint("run this on a terminal, or set interactiveMode: IfAvailable in the kubeconfig if the plugin can do without asking")
    }

    /// Finds the executable, and checks that kubectl's own policy allows it.
    fn allowed_executable(&self) -> Result<PathBuf, Error> {
        let Some(executable) = self.executable() else {
            return Err(self.missing());
        };
        let kuberc = self.limits.kuberc.get_or_init(KubercPolicy::from_env);
        kuberc.check(&self.program, &executable).map_err(|why| {
            let what = format!("{} is not run: {}", self.shown(), clean(&why));
            Error::credential_plugin(what).with_hint(format!(
                "kubectl would not run it either: add command: {} to credentialPluginAllowlist in kuberc",
                clean(&self.program)
            ))
        })?;
        Ok(executable)
    }

    fn command(&self, executable: &Path, interactive: bool) -> Command {
        let mut command = Command::new(executable);
        command
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .env("KUBERNETES_EXEC_INFO", self.exec_info(interactive))
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    fn not_started(&self, executable: &Path, error: &io::Error) -> Error {
        match error.kind() {
            ErrorKind::NotFound => self.missing(),
            _ => self.failed(&format!(
                "cannot be run ({}): {}",
                executable.display(),
                io_text(error)
            )),
        }
    }

    /// Turns the end of a run into a credential or an error.
    fn finish(
        &self,
        ended: Result<io::Result<(ExitStatus, Vec<u8>)>, tokio::time::error::Elapsed>,
        process: PluginProcess,
        limit: Duration,
        messages: &Messages,
    ) -> Result<Credential, FailedRun> {
        let quote = messages.quote();
        let (status, stdout) = match ended {
            Ok(Ok(ended)) => ended,
            Ok(Err(error)) if error.kind() == ErrorKind::FileTooLarge => {
                return Err(self.failed(&error.to_string()).into());
            }
            Ok(Err(error)) => {
                return Err(self
                    .failed(&format!("cannot be read: {}", io_text(&error)))
                    .into());
            }
            // The quote may say what it waited for: a page to open, a code to enter.
            Err(_) => {
                let what = format!("has not ended within {}{quote}", format_duration(limit));
                return Err(self.failed(&what).into());
            }
        };
        let may_do_alone = |what: &str| FailedRun {
            error: self.failed(what),
            may_do_alone: true,
        };
        if !status.success() {
            return Err(may_do_alone(&format!("failed ({status}){quote}")));
        }
        process.leave();
        exec_credential::read(&stdout, self.version).map_err(|what| may_do_alone(&format!("{what}{quote}")))
    }

    fn missing(&self) -> Error {
        let place = if self.program.contains('/') {
            "there is no such file"
        } else {
            "it is not on PATH"
        };
        let hint = self.install_hint.clone().unwrap_or_else(|| {
            "install the credential plugin that the kubeconfig names, or correct its command".into()
        });
        Error::credential_plugin(format!(
            "{} is not installed: {place} ({})",
            self.shown(),
            clean(&self.program)
        ))
        .with_hint(hint)
    }

    /// Returns KUBERNETES_EXEC_INFO, encoded as client-go does.
    fn exec_info(&self, interactive: bool) -> String {
        let info = ExecInfo {
            kind: "ExecCredential",
            api_version: self.version.as_str(),
            spec: ExecInfoSpec {
                cluster: self.cluster.as_ref(),
                interactive,
            },
        };
        serde_json::to_string(&info).unwrap_or_default()
    }
}

/// The ExecCredential that is sent to a plugin.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExecInfo<'a> {
    kind: &'static str,
    api_version: &'static str,
    spec: ExecInfoSpec<'a>,
}

#[derive(Serialize)]
struct ExecInfoSpec<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a ClusterInfo>,
    interactive: bool,
}
