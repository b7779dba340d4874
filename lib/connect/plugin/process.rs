//! The process of a credential plugin.

use super::messages::Messages;
use crate::mutex::lock;
use crate::program::group::ProcessGroup;
use crate::program::terminal::Terminal;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};
use std::io::{self, ErrorKind};
use std::process::ExitStatus;
use std::sync::Mutex;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Child;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

/// The most that a plugin may answer.
const MAX_ANSWER: usize = 1024 * 1024;

/// The most that it may write to stderr.
const MAX_STDERR: usize = 64 * 1024 * 1024;

/// How long its output is read after it has ended: a helper that it left running may keep the pipe open for ever.
const AFTER_THE_END: Duration = Duration::from_millis(500);

/// The pause between two checks of whether the terminal has stopped it.
pub(super) const CHECK_EVERY: Duration = Duration::from_millis(100);

/// A running plugin. If it is dropped before the plugin has ended, the plugin is killed, with everything it started in
/// its own process group.
pub(super) struct PluginProcess {
    pub child: Child,
    /// Its process group, if it has its own.
    pub group: Option<ProcessGroup>,
    /// The terminal, if it has that. It is taken back when the plugin ends.
    pub terminal: Option<Terminal>,
}

impl PluginProcess {
    /// Waits for its end, and returns its status and stdout. What it writes to stderr goes to `messages`, and `heard` is
    /// notified.
    pub(super) async fn output(
        &mut self,
        messages: &Mutex<Messages>,
        heard: &Notify,
    ) -> io::Result<(ExitStatus, Vec<u8>)> {
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
        let mut stderr_bytes = 0;
        let (status, (), ()) = tokio::try_join!(
            wait,
            read(pipes.0, ended.clone(), |piece| {
                stdout.extend_from_slice(piece);
                check_limit(stdout.len(), MAX_ANSWER, "answers")
            }),
            read(pipes.1, ended.clone(), |piece| {
                lock(messages).take(piece);
                heard.notify_one();
                stderr_bytes += piece.len();
                check_limit(stderr_bytes, MAX_STDERR, "says on stderr")
            }),
        )?;
        Ok((status, stdout))
    }

    /// Lets whatever a successful plugin left running (a browser, an agent) go on.
    pub(super) fn leave(self) {
        if let Some(group) = self.group {
            group.leave();
        }
    }
}

fn check_limit(bytes: usize, most: usize, does: &str) -> io::Result<()> {
    if bytes <= most {
        return Ok(());
    }
    let what = format!("{does} more than {most} bytes");
    Err(io::Error::new(ErrorKind::FileTooLarge, what))
}

/// Waits until the terminal has stopped a process, as it does with background processes that read from it.
pub(super) async fn stopped(pid: Option<u32>) {
    let pid = pid.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
    while let Some(pid) = pid {
        sleep(CHECK_EVERY).await;
        // With NOWAIT the process can still be waited for afterwards.
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        let signal = match waitid(WaitId::Pid(pid), options) {
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
        sleep(AFTER_THE_END).await;
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
