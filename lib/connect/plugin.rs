//! Credential plugins: the programs that a kubeconfig's `exec` names (client-go `plugin/pkg/client/auth/exec`,
//! `client.authentication.k8s.io/v1` and `v1beta1`).
//!
//! All clusters with the same exec configuration share one run, however many wait for it, until its credential expires. A
//! run goes on when those who wait for it give up, so that a slow login helps the next ones. The first run of a program is
//! alone, and has the terminal if there is one; after it a few run at once without a terminal, and those that fail are run
//! again alone (`turns`).

mod cluster_info;
mod command;
mod credential;
pub mod exec_credential;
mod kuberc;
mod messages;
mod process;
mod run;
mod screen;
mod turns;

pub(crate) use cluster_info::CLUSTER_EXTENSION;
pub use cluster_info::ClusterInfo;
pub use credential::{Credential, ExecVersion};
pub use screen::Screen;

use super::deadline::{FAR, HeldUp};
use super::error::Error;
use crate::mutex::lock;
use command::{PluginCommand, PluginLimits};
use kube::config::ExecConfig;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};

/// How many plugins run at once: each may take a second of CPU just to start Python.
const AT_ONCE: usize = 8;

/// How long a failure is returned to everyone who asks: with hundreds of clusters, each would otherwise try again and
/// wait for the same timeout.
const FAILURE_LASTS: Duration = Duration::from_secs(60);

/// A credential that replaced a refused one, and that is refused as well, is not replaced again within this time.
const RENEWAL_LASTS: Duration = Duration::from_secs(60);

/// The plugins of a process.
#[derive(Debug)]
pub struct Plugins {
    known: Mutex<HashMap<String, Arc<Plugin>>>,
    limits: Arc<PluginLimits>,
}

/// One exec configuration, and the credential that it returned.
pub struct Plugin {
    command: PluginCommand,
    state: Mutex<PluginState>,
}

#[derive(Default)]
struct PluginState {
    current: Option<Arc<Credential>>,
    failed: Option<(Instant, Error)>,
    /// Set while a run is under way: true if it waits for a person. It closes when the run ends.
    running: Option<watch::Receiver<bool>>,
    /// True if the next credential replaces one that a server refused.
    renewing: bool,
}

impl Plugins {
    /// Creates an empty set. `login_timeout` limits a run that cannot ask on a terminal, the clock `logins` runs while a
    /// plugin waits for a person, and messages go to the `screen`.
    pub fn new(login_timeout: Duration, logins: Arc<HeldUp>, screen: Screen) -> Self {
        Self {
            known: Mutex::default(),
            limits: Arc::new(PluginLimits {
                login_timeout: login_timeout.min(FAR),
                kuberc: OnceLock::new(),
                at_once: Semaphore::new(AT_ONCE),
                terminal: tokio::sync::Mutex::default(),
                logins,
                screen,
                turns: Mutex::default(),
            }),
        }
    }

    /// Creates an empty set with stderr as its screen.
    #[cfg(test)]
    pub(crate) fn for_tests(login_timeout: Duration) -> Self {
        Self::new(login_timeout, Arc::default(), Screen::of("test"))
    }

    /// Returns the plugin for an exec configuration: the same one for the same configuration, and for the same cluster if it
    /// is told which (`provideClusterInfo`). It does not run yet.
    ///
    /// # Errors
    /// client-go would refuse the configuration.
    pub fn plugin(
        &self,
        context: &str,
        exec: &ExecConfig,
        cluster: Option<ClusterInfo>,
    ) -> Result<Arc<Plugin>, Error> {
        let command = PluginCommand::new(context, exec, cluster, self.limits.clone())?;
        let key = command.key();
        let new = || {
            Arc::new(Plugin {
                command,
                state: Mutex::default(),
            })
        };
        Ok(match key {
            None => new(),
            Some(key) => lock(&self.known).entry(key).or_insert_with(new).clone(),
        })
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Arguments and environment may contain secrets.
        f.debug_struct("Plugin")
            .field("command", &self.command.program)
            .finish_non_exhaustive()
    }
}

impl Plugin {
    /// Returns its name in messages: `the credential plugin aws`.
    pub fn shown(&self) -> String {
        self.command.shown()
    }

    /// Returns what to do about a plugin that does not work.
    pub(crate) fn by_hand(&self) -> String {
        self.command.by_hand()
    }

    /// Returns a credential that has not expired: the current one, or that of a run. Everyone who waits shares the run, and it
    /// goes on when they give up. The clock `logins` runs while the run waits for a person, or for its turn.
    ///
    /// # Errors
    /// The plugin is missing, fails, takes too long or answers something else. Everyone who asks within a minute gets the
    /// same error.
    pub async fn credential(self: &Arc<Self>, logins: &HeldUp) -> Result<Arc<Credential>, Error> {
        loop {
            let mut running = {
                let mut state = lock(&self.state);
                if let Some(current) = state.current.as_ref().filter(|current| !current.has_expired()) {
                    return Ok(current.clone());
                }
                if let Some((when, error)) = &state.failed
                    && when.elapsed() < FAILURE_LASTS
                {
                    return Err(error.clone());
                }
                match &state.running {
                    Some(running) => running.clone(),
                    None => {
                        let (tell, told) = watch::channel(false);
                        state.running = Some(told.clone());
                        let running = SharedRun {
                            plugin: self.clone(),
                            tell,
                        };
                        tokio::spawn(running.run());
                        told
                    }
                }
            };
            loop {
                let is_login = *running.borrow_and_update();
                let _not_counted = is_login.then(|| logins.start());
                // An error means that the run has ended: its sender is gone.
                if running.changed().await.is_err() {
                    break;
                }
            }
        }
    }

    /// Returns true if the current credential had expired when it came.
    pub(crate) fn came_expired(&self) -> bool {
        lock(&self.state)
            .current
            .as_ref()
            .is_some_and(|current| current.came_expired())
    }

    /// Runs the plugin again after a server refused its credential (401), once for everyone who was refused with the same
    /// credential. Returns false if there is no new credential to try.
    pub async fn renew(self: &Arc<Self>, used: &Arc<Credential>, logins: &HeldUp) -> bool {
        {
            let mut state = lock(&self.state);
            match &state.current {
                Some(current) if Arc::ptr_eq(current, used) => {
                    if used.renewed.is_some_and(|when| when.elapsed() < RENEWAL_LASTS) {
                        return false;
                    }
                    state.current = None;
                    state.failed = None;
                    state.renewing = true;
                }
                // There is a new credential already, or a run for it.
                _ => {}
            }
        }
        self.credential(logins).await.is_ok()
    }
}

/// A run. When it is dropped, those who wait go on.
struct SharedRun {
    plugin: Arc<Plugin>,
    tell: watch::Sender<bool>,
}

impl SharedRun {
    async fn run(self) {
        let outcome = self.plugin.command.run(&self.tell).await;
        let mut state = lock(&self.plugin.state);
        match outcome {
            Ok(mut credential) => {
                credential.renewed = std::mem::take(&mut state.renewing).then(Instant::now);
                state.current = Some(Arc::new(credential));
                state.failed = None;
            }
            Err(error) => {
                state.current = None;
                state.failed = Some((Instant::now(), error));
            }
        }
    }
}

impl Drop for SharedRun {
    fn drop(&mut self) {
        lock(&self.plugin.state).running = None;
    }
}

#[cfg(test)]
mod tests;
