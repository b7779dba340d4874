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
pub use credential::{Credential, Version};
pub use screen::{Screen, Stderr};

use super::deadline::{FAR, HeldUp};
use super::error::Error;
use crate::mutex::lock;
use command::{Limits, PluginCommand};
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
    limits: Arc<Limits>,
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
    /// No plugin yet; `login_timeout` bounds one run that nobody on a terminal can be asked by, `logins` runs while one
    /// waits for a person, and their words go to the `screen`.
    pub fn new(login_timeout: Duration, logins: Arc<HeldUp>, screen: Arc<dyn Screen>) -> Self {
        Self {
            known: Mutex::default(),
            limits: Arc::new(Limits {
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

    /// The same with what is said to nobody.
    #[cfg(test)]
    pub(crate) fn for_tests(login_timeout: Duration) -> Self {
        Self::new(login_timeout, Arc::default(), Arc::new(Stderr("test")))
    }

    /// The plugin of an exec configuration; the same one for the same configuration, and the same cluster
    /// where it is told which (`provideClusterInfo`). Nothing runs yet.
    ///
    /// # Errors
    /// A configuration that client-go would not take.
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
        // Arguments and environment may hold secrets.
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

    /// A credential that has not expired: the one that there is, or that of a run, which is shared by
    /// everyone who waits for it and not stopped when they give up. `logins` runs while that run waits for a
    /// person, or for its turn.
    ///
    /// # Errors
    /// A plugin that is not there, fails, takes too long or answers something else; all who ask within a
    /// minute get the same error.
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
                // An error: the sender is gone, which is the end that is waited for.
                if running.changed().await.is_err() {
                    break;
                }
            }
        }
    }

    /// Returns whether the credential that there is had expired when it came.
    pub(crate) fn came_expired(&self) -> bool {
        lock(&self.state)
            .current
            .as_ref()
            .is_some_and(|current| current.came_expired())
    }

    /// After a server refused a credential (401): runs the plugin again, once for all who were refused with
    /// the same credential. `false` where it does not give another one that could be tried.
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
                // Another one is there already, or is being made.
                _ => {}
            }
        }
        self.credential(logins).await.is_ok()
    }
}

/// A run; whoever waits goes on when it is dropped, however it ended.
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
