//! Runs of a credential plugin.
//!
//! Where a person can be asked, a run that is alone has the terminal: it stays in our process group, so that
//! `/dev/tty` works, its stderr is ours, and it has no deadline. The others are in groups of their own and have no
//! terminal; what they say while they wait is passed on.

use super::kuberc::Policy;
use super::messages::{Words, clean};
use super::screen::Screen;
use super::turns::Turn;
use super::{ClusterInfo, Credential, Plugin, exec_credential};
use crate::connect::{Error, FAR, HeldUpGuard, format_duration, io_text, lock};
use crate::program::group::Group;
use crate::program::terminal::{self, Terminal};
use crate::record::Reason;
use kube::config::ExecInteractiveMode;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};
use serde::Serialize;
use signal_hook::consts::SIGINT;
use std::io::{self, ErrorKind, IsTerminal as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, sleep_until};

/// The most that a plugin may answer.
const MAX_ANSWER: usize = 1024 * 1024;

/// The most that it may say on stderr.
const MAX_NOISE: usize = 64 * 1024 * 1024;

/// So long a plugin without the terminal counts as one of those that run at once, and others wait for one that is
/// alone. What takes longer waits for something, and others could wait for it for as long as they may take.
const COUNTS_FOR: Duration = Duration::from_secs(3);

/// For how long a plugin's output is read on after it has ended, as a helper that it left behind may hold it
/// open for ever.
const AFTER_THE_END: Duration = Duration::from_millis(500);

/// The pause between two looks at whether the terminal has stopped it.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The time that the next plugin waits for our own end, after a Ctrl-C that ended one.
const OUR_OWN_END: Duration = Duration::from_millis(500);

/// Why a run gave no credential.
struct Failed {
    error: Error,
    /// Set where it may do better alone.
    may_do_alone: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            error,
            may_do_alone: false,
        }
    }
}

impl Plugin {
    /// Runs it when it is its turn, and tells those who wait for it whether that is to wait for a person.
    pub(super) async fn run(&self, tell: &watch::Sender<bool>) -> Result<Credential, Error> {
        let executable = self.allowed_executable()?;
        let must_ask = self.mode == ExecInteractiveMode::Always;
        if must_ask && !terminal::is_there() {
            return Err(self.has_nobody_to_ask());
        }
        // Before its turn comes it waits for others, and perhaps for the person who is at one of them.
        tell.send_replace(true);
        let turn = self.tool.turn(must_ask).await;
        let is_alone = matches!(turn, Turn::Alone { .. });
        let failed = match self.run_once(&executable, turn, tell).await {
            Err(failed) if failed.may_do_alone && !is_alone => failed,
            ended => return ended.map_err(|failed| failed.error),
        };
        tell.send_replace(true);
        let Some(turn) = self.tool.another().await else {
            return Err(failed.error);
        };
        let ended = self.run_once(&executable, turn, tell).await;
        // On the terminal it says by itself why it fails, and here it did before.
        ended.map_err(|again| match again.may_do_alone {
            true => failed.error,
            false => again.error,
        })
    }

    /// One run.
    async fn run_once(
        &self,
        executable: &Path,
        turn: Turn,
        tell: &watch::Sender<bool>,
    ) -> Result<Credential, Failed> {
        if !matches!(turn, Turn::Alone { .. }) {
            return self.run_without_terminal(executable, turn, tell).await;
        }
        let person = match terminal::is_there() {
            true => Some(self.limits.terminal.lock().await),
            false => None,
        };
        let ended = match person.as_ref().and_then(|_| Terminal::borrow()) {
            Some(terminal) => self.run_on_terminal(executable, terminal).await,
            None if self.mode == ExecInteractiveMode::Always => Err(self.has_nobody_to_ask().into()),
            None => {
                drop(person);
                return self.run_without_terminal(executable, turn, tell).await;
            }
        };
        self.tool.has_run();
        self.tool.ended_alone(ended.is_ok());
        ended
    }

    /// A run with the terminal. It ends when it ends, or by Ctrl-C; one that says that it never asks may still open a
    /// browser, and has the time that it has without a terminal.
    async fn run_on_terminal(&self, executable: &Path, terminal: Terminal) -> Result<Credential, Failed> {
        let _login = self.limits.logins.start();
        let _lent = Lent::new(&self.limits.screen);
        let interactive = self.mode != ExecInteractiveMode::Never;
        let limit = if interactive {
            FAR
        } else {
            self.limits.login_timeout
        };
        let mut command = self.command(executable, interactive);
        // It stays in our process group: another one could not read the terminal.
        let stdin = if interactive {
            terminal.stdin()
        } else {
            Stdio::null()
        };
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
        let mut running = Running {
            child,
            group: None,
            terminal: Some(terminal),
        };
        let words = Mutex::new(Words::new());
        let heard = Notify::new();
        let ended = tokio::select! {
            ended = tokio::time::timeout(limit, running.output(&words, &heard)) => ended,
            never = self.speak(&words, &heard, || ()) => never,
        };
        if let Ok(Ok((status, _))) = &ended
            && (status.signal() == Some(SIGINT) || status.code() == Some(128 + SIGINT))
        {
            // The person meant us all, and no other one is to ask now.
            sleep(OUR_OWN_END).await;
        }
        self.understand(ended, running, limit, &lock(&words))
    }

    /// A run in the background: what it says is passed on while it waits, and that it said something makes what it
    /// takes a person's time.
    async fn run_without_terminal(
        &self,
        executable: &Path,
        turn: Turn,
        tell: &watch::Sender<bool>,
    ) -> Result<Credential, Failed> {
        let is_alone = matches!(turn, Turn::Alone { .. });
        let slot = self.limits.at_once.acquire().await.ok();
        tell.send_replace(false);
        let mut command = self.command(executable, false);
        command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0);
        let (child, group) = Group::start(|| command.spawn(), Child::id)
            .map_err(|error| self.not_started(executable, &error))?;
        let pid = child.id();
        let mut running = Running {
            child,
            group,
            terminal: None,
        };
        let words = Mutex::new(Words::new());
        let heard = Notify::new();
        let limit = self.limits.login_timeout;
        let mut login: Option<HeldUpGuard<'_>> = None;
        let give_way = async {
            sleep(COUNTS_FOR).await;
            self.tool.has_run();
            drop((turn, slot));
            std::future::pending().await
        };
        let ended = tokio::select! {
            ended = tokio::time::timeout(limit, running.output(&words, &heard)) => Some(ended),
            () = stopped(pid) => None,
            never = give_way => never,
            never = self.speak(&words, &heard, || {
                login.get_or_insert_with(|| self.limits.logins.start());
                tell.send_replace(true);
            }) => never,
        };
        self.tool.has_run();
        let words = lock(&words);
        let ended = match ended {
            Some(ended) => self.understand(ended, running, limit, &words),
            None => Err(Failed {
                error: self.failed(&format!(
                    "asks on the terminal, which it cannot have in the background{}",
                    words.complaint()
                )),
                may_do_alone: true,
            }),
        };
        if is_alone {
            self.tool.ended_alone(ended.is_ok());
        }
        ended
    }

    /// Passes on what is said, while nobody else has the terminal; `waits` is called when it said something and goes
    /// on. Never ends.
    async fn speak<T>(&self, words: &Mutex<Words>, heard: &Notify, mut waits: impl FnMut()) -> T {
        let lead = format!("{}: {}", self.context, self.name());
        loop {
            let due = lock(words).due();
            tokio::select! {
                biased;
                () = sleep_until(due.unwrap_or_else(|| tokio::time::Instant::now() + FAR)), if due.is_some() => {}
                () = heard.notified() => continue,
            }
            waits();
            if io::stderr().is_terminal() && self.limits.terminal.try_lock().is_err() {
                // Somebody is being asked something else there.
                sleep(LOOK_EVERY).await;
                continue;
            }
            if let Some(text) = lock(words).fresh(&lead, &self.tool.said) {
                self.limits.screen.say(&text);
            }
            tokio::task::yield_now().await;
        }
    }

    fn failed(&self, what: &str) -> Error {
        Error::new(Reason::CredentialPlugin, format!("{} {what}", self.shown())).with_hint(self.by_hand())
    }

    /// What to do with a plugin that does not do its work.
    pub(crate) fn by_hand(&self) -> String {
        format!("run it by hand and log in where it asks to: {}", self.command)
    }

    fn has_nobody_to_ask(&self) -> Error {
        let what = format!(
            "{} has to ask on a terminal (interactiveMode: Always), and there is none",
            self.shown()
        );
        Error::new(Reason::CredentialPlugin, what)
            .with_hint("log in once by hand, or set interactiveMode: IfAvailable if it can do without asking")
    }

    /// The file that it is, where kubectl's own policy lets it run.
    fn allowed_executable(&self) -> Result<PathBuf, Error> {
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
        Ok(executable)
    }

    fn command(&self, executable: &Path, interactive: bool) -> Command {
        let mut command = Command::new(executable);
        command
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .env("KUBERNETES_EXEC_INFO", self.info(interactive))
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

    /// Makes a credential, or an error, of how a run ended.
    fn understand(
        &self,
        ended: Result<io::Result<(ExitStatus, Vec<u8>)>, tokio::time::error::Elapsed>,
        running: Running,
        limit: Duration,
        words: &Words,
    ) -> Result<Credential, Failed> {
        let complaint = words.complaint();
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
            // What it said may be what it waits for: a page to open, a code to enter.
            Err(_) => {
                let what = format!("has not ended within {}{complaint}", format_duration(limit));
                return Err(self.failed(&what).into());
            }
        };
        let may_do_alone = |what: &str| Failed {
            error: self.failed(what),
            may_do_alone: true,
        };
        if !status.success() {
            return Err(may_do_alone(&format!("failed ({status}){complaint}")));
        }
        running.leave();
        exec_credential::read(&stdout, self.version)
            .map_err(|what| may_do_alone(&format!("{what}{complaint}")))
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

/// A plugin that runs; dropped before its end, it ends with all that it started in its own group.
struct Running {
    child: Child,
    /// Its process group, where it has one of its own.
    group: Option<Group>,
    /// The terminal, where it has that; it gets it back after the plugin's end.
    terminal: Option<Terminal>,
}

impl Running {
    /// How it ended, and what it answered; what it says meanwhile is noted in `words`, and `heard` is told.
    async fn output(&mut self, words: &Mutex<Words>, heard: &Notify) -> io::Result<(ExitStatus, Vec<u8>)> {
        let pipes = (self.child.stdout.take(), self.child.stderr.take());
        let (has_ended, ended) = watch::channel(false);
        let (child, terminal) = (&mut self.child, &self.terminal);
        let wait = async {
            let status = child.wait().await;
            if let Some(terminal) = terminal {
                terminal.is_over();
            }
            has_ended.send_replace(true);
            status
        };
        let mut stdout = Vec::new();
        let mut noise = 0;
        let (status, (), ()) = tokio::try_join!(
            wait,
            read(pipes.0, ended.clone(), |piece| {
                stdout.extend_from_slice(piece);
                bounded(stdout.len(), MAX_ANSWER, "answers")
            }),
            read(pipes.1, ended.clone(), |piece| {
                lock(words).take(piece);
                heard.notify_one();
                noise += piece.len();
                bounded(noise, MAX_NOISE, "says on stderr")
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

fn bounded(bytes: usize, most: usize, does: &str) -> io::Result<()> {
    if bytes <= most {
        return Ok(());
    }
    let what = format!("{does} more than {most} bytes");
    Err(io::Error::new(ErrorKind::FileTooLarge, what))
}

/// The screen while a plugin has the terminal.
struct Lent(Arc<dyn Screen>);

impl Lent {
    fn new(screen: &Arc<dyn Screen>) -> Self {
        screen.lend();
        Self(Arc::clone(screen))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.0.take_back();
    }
}

/// Waits until the terminal has stopped a process, as it does with those in the background that read from it.
async fn stopped(pid: Option<u32>) {
    let pid = pid.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
    while let Some(pid) = pid {
        sleep(LOOK_EVERY).await;
        // Whoever waits for its end still finds it.
        let look = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        let signal = match waitid(WaitId::Pid(pid), look) {
            Ok(state) => state.and_then(|state| state.stopping_signal()),
            Err(_) => break,
        };
        if signal.is_some_and(|signal| [Signal::TTIN, Signal::TTOU].map(Signal::as_raw).contains(&signal)) {
            return;
        }
    }
    std::future::pending().await
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
