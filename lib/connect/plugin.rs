//! Credential plugins: the programs that a kubeconfig's `exec` names (client-go
//! `plugin/pkg/client/auth/exec`, `client.authentication.k8s.io/v1` and `v1beta1`).
//!
//! All clusters that share an exec configuration share one run of it, however many wait for it, until its
//! credential expires. A run goes on when those who wait for it give up, so that a slow login serves the next
//! ones. The first run of a command is alone and has the terminal where there is one; after it a few run at once
//! without, and what fails then is run again alone (`turn`).

pub mod exec_credential;
mod kuberc;
mod messages;
mod run;
mod screen;
mod turns;

pub use screen::{Screen, Stderr};

use crate::connect::{Error, FAR, HeldUp, Identity, decode, lock, non_empty};
use crate::program;
use crate::record::Reason;
use kube::config::{Cluster, ExecConfig, ExecInteractiveMode};
use secrecy::SecretString;
use serde::Serialize;
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};
use turns::Tool;

/// How many plugins run at once: each may be a Python start of a second.
const AT_ONCE: usize = 8;

/// For how long the failure of a plugin is the answer for everyone who asks: with hundreds of clusters, each
/// trying again would wait for the same timeout in turn.
const FAILURE_LASTS: Duration = Duration::from_secs(60);

/// A credential that was made because a server refused the one before, and that is refused as well, is not
/// made again within this time.
const RENEWAL_LASTS: Duration = Duration::from_secs(60);

/// The extension of a kubeconfig's cluster that is handed to plugins.
const CLUSTER_EXTENSION: &str = "client.authentication.k8s.io/exec";

/// All plugins of a process.
#[derive(Debug)]
pub struct Plugins {
    known: Mutex<HashMap<String, Arc<Plugin>>>,
    limits: Arc<Limits>,
}

#[derive(Debug)]
struct Limits {
    /// For a run that nobody on a terminal can be asked by.
    login_timeout: Duration,
    /// kubectl's policy, read before the first run.
    kuberc: OnceLock<kuberc::Policy>,
    at_once: Semaphore,
    /// Held by the one plugin that talks to the user.
    terminal: tokio::sync::Mutex<()>,
    /// Runs meanwhile, and while one that has no terminal waits for whom it told where to log in.
    logins: Arc<HeldUp>,
    screen: Arc<dyn Screen>,
    /// By command.
    tools: Mutex<HashMap<String, Arc<Tool>>>,
}

/// One exec configuration, and the credential that it gave.
pub struct Plugin {
    limits: Arc<Limits>,
    tool: Arc<Tool>,
    /// The first context that uses it, for its words.
    context: String,
    /// As it is written in the kubeconfig.
    command: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    version: Version,
    mode: ExecInteractiveMode,
    install_hint: Option<String>,
    cluster: Option<ClusterInfo>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Arc<Credential>>,
    failed: Option<(Instant, Error)>,
    /// Whether the run under way waits for a person; closes when it has ended.
    running: Option<watch::Receiver<bool>>,
    /// Whether the next credential is made because a server refused the current one.
    renewing: bool,
}

/// The versions of the protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Version {
    /// `client.authentication.k8s.io/v1`
    V1,
    /// `client.authentication.k8s.io/v1beta1`
    V1Beta1,
}

impl Version {
    fn as_str(self) -> &'static str {
        match self {
            Version::V1 => "client.authentication.k8s.io/v1",
            Version::V1Beta1 => "client.authentication.k8s.io/v1beta1",
        }
    }
}

/// What a plugin answered.
#[derive(Debug)]
pub struct Credential {
    /// A bearer token.
    pub token: Option<SecretString>,
    /// A client certificate with its key, both PEM.
    pub certificate: Option<(String, SecretString)>,
    /// When it stops being accepted, as the plugin says.
    expires: Option<jiff::Timestamp>,
    /// True if that was over already when it came. This machine's clock may be wrong: the server judges.
    came_expired: bool,
    /// Whether it was made because a server refused the one before, and when.
    renewed: Option<Instant>,
}

impl Credential {
    fn new(
        token: Option<SecretString>,
        certificate: Option<(String, SecretString)>,
        expires: Option<jiff::Timestamp>,
    ) -> Self {
        let is_over = |expires: jiff::Timestamp| expires <= jiff::Timestamp::now();
        Self {
            token,
            certificate,
            expires,
            came_expired: expires.is_some_and(is_over),
            renewed: None,
        }
    }

    fn has_expired(&self) -> bool {
        !self.came_expired
            && self
                .expires
                .is_some_and(|expires| expires <= jiff::Timestamp::now())
    }

    /// Returns whether it had expired when it came, as the plugin says and this machine's clock.
    pub(crate) fn came_expired(&self) -> bool {
        self.came_expired
    }

    /// The client certificate, if there is one.
    pub(crate) fn identity(&self) -> Option<Identity> {
        let (certificate, key) = self.certificate.as_ref()?;
        Some(Identity::of_plugin(certificate, key))
    }
}

/// What a plugin with `provideClusterInfo` is told: `ExecCredential.spec.cluster`.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ClusterInfo {
    server: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    tls_server_name: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    insecure_skip_tls_verify: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    certificate_authority_data: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    proxy_url: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    disable_compression: bool,
    config: serde_json::Value,
}

impl ClusterInfo {
    /// What a kubeconfig's cluster says, with its CA file read.
    ///
    /// # Errors
    /// A CA that cannot be read.
    pub fn of(context: &str, cluster: &Cluster) -> Result<Self, Error> {
        use base64::Engine as _;
        let wrong = |what: String| Error::new(Reason::Unresolved, what);
        let data = non_empty(cluster.certificate_authority_data.as_deref());
        let file = non_empty(cluster.certificate_authority.as_deref());
        let authority = match (data, file) {
            (Some(data), _) => decode(data).map_err(|()| {
                wrong(format!(
                    "certificate-authority-data of context \"{context}\" is not base64"
                ))
            })?,
            (None, Some(file)) => std::fs::read(file).map_err(|error| {
                wrong(format!(
                    "cannot read certificate-authority {file} of context \"{context}\": {}",
                    crate::connect::io_text(&error)
                ))
            })?,
            (None, None) => Vec::new(),
        };
        let config = cluster
            .extensions
            .iter()
            .flatten()
            .find(|extension| extension.name == CLUSTER_EXTENSION)
            .map(|extension| extension.extension.clone());
        Ok(Self {
            server: cluster.server.clone().unwrap_or_default(),
            tls_server_name: cluster.tls_server_name.clone().unwrap_or_default(),
            insecure_skip_tls_verify: cluster.insecure_skip_tls_verify.unwrap_or_default(),
            certificate_authority_data: base64::engine::general_purpose::STANDARD.encode(authority),
            proxy_url: cluster.proxy_url.clone().unwrap_or_default(),
            disable_compression: cluster.disable_compression.unwrap_or_default(),
            config: config.unwrap_or_default(),
        })
    }
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
                tools: Mutex::default(),
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
        let plugin = Plugin::new(context, exec, cluster, self.limits.clone())?;
        let Some(key) = plugin.key() else {
            return Ok(Arc::new(plugin));
        };
        let mut known = lock(&self.known);
        Ok(known.entry(key).or_insert_with(|| Arc::new(plugin)).clone())
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Arguments and environment may hold secrets.
        f.debug_struct("Plugin")
            .field("command", &self.command)
            .finish_non_exhaustive()
    }
}

impl Plugin {
    fn new(
        context: &str,
        exec: &ExecConfig,
        cluster: Option<ClusterInfo>,
        limits: Arc<Limits>,
    ) -> Result<Self, Error> {
        let wrong = |what: &str| {
            Error::new(
                Reason::Unresolved,
                format!("the credential plugin (exec) of context \"{context}\" {what}"),
            )
            .with_hint("correct the user's exec section in the kubeconfig")
        };
        let command = non_empty(exec.command.as_deref()).ok_or_else(|| wrong("names no command"))?;
        let version = match exec.api_version.as_deref().unwrap_or_default() {
            "client.authentication.k8s.io/v1" => Version::V1,
            "client.authentication.k8s.io/v1beta1" => Version::V1Beta1,
            "" => return Err(wrong("names no apiVersion")),
            "client.authentication.k8s.io/v1alpha1" => {
                return Err(wrong(
                    "has the apiVersion v1alpha1, which kubectl removed in 1.24",
                ));
            }
            _ => return Err(wrong("has an unknown apiVersion")),
        };
        let mode = match (&exec.interactive_mode, version) {
            (Some(mode), _) => mode.clone(),
            (None, Version::V1Beta1) => ExecInteractiveMode::IfAvailable,
            (None, Version::V1) => return Err(wrong("names no interactiveMode")),
        };
        let variable = |entry: &HashMap<String, String>| {
            let name = non_empty(entry.get("name").map(String::as_str))?;
            Some((name.to_owned(), entry.get("value").cloned().unwrap_or_default()))
        };
        let env: Option<Vec<_>> = exec.env.iter().flatten().map(variable).collect();
        let tool = Arc::clone(lock(&limits.tools).entry(command.to_owned()).or_default());
        Ok(Self {
            limits,
            tool,
            context: context.to_owned(),
            command: command.to_owned(),
            args: exec.args.clone().unwrap_or_default(),
            env: env.ok_or_else(|| wrong("has an environment variable without a name"))?,
            version,
            mode,
            install_hint: non_empty(exec.install_hint.as_deref()).map(messages::clean),
            cluster,
            state: Mutex::default(),
        })
    }

    /// All that a run of it depends on. It holds whatever secrets the environment does: it is never shown. Not
    /// made of the configuration itself, which holds variables as maps, whose order is no order.
    fn key(&self) -> Option<String> {
        let question = (self.version.as_str(), &self.mode, &self.cluster);
        let program = (&self.command, &self.args, &self.env, &self.install_hint);
        serde_json::to_string(&(program, question)).ok()
    }

    /// As it is called in messages: `the credential plugin aws`.
    pub fn shown(&self) -> String {
        format!("the credential plugin {}", self.name())
    }

    fn name(&self) -> &str {
        self.command.rsplit('/').next().unwrap_or_default()
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
                        let running = Running {
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
struct Running {
    plugin: Arc<Plugin>,
    tell: watch::Sender<bool>,
}

impl Running {
    async fn run(self) {
        let outcome = self.plugin.run(&self.tell).await;
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

impl Drop for Running {
    fn drop(&mut self) {
        lock(&self.plugin.state).running = None;
    }
}

impl Plugin {
    /// The executable: the command itself where it has a slash, else what PATH has of it.
    fn executable(&self) -> Option<PathBuf> {
        program::find(&self.command)
    }
}

#[cfg(test)]
mod tests;
