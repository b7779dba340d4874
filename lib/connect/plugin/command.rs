//! The command of a credential plugin, as a kubeconfig's `exec` has it, and what all commands share.

use super::cluster_info::ClusterInfo;
use super::credential::ExecVersion;
use super::kuberc;
use super::messages;
use super::screen::Screen;
use super::turns::Turns;
use crate::connect::deadline::HeldUp;
use crate::connect::error::Error;
use crate::connect::text::non_empty;
use crate::mutex::lock;
use crate::program;
use kube::config::{ExecConfig, ExecInteractiveMode};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Settings and limits that all plugins share.
#[derive(Debug)]
pub(super) struct PluginLimits {
    /// The limit for a run that cannot ask on a terminal.
    pub login_timeout: Duration,
    /// kubectl's policy, read before the first run.
    pub kuberc: OnceLock<kuberc::KubercPolicy>,
    pub at_once: Semaphore,
    /// Held by the one plugin that has the terminal.
    pub terminal: tokio::sync::Mutex<()>,
    /// A clock that runs meanwhile, and while a plugin without a terminal waits for someone to log in elsewhere.
    pub logins: Arc<HeldUp>,
    pub screen: Screen,
    /// By command.
    pub turns: Mutex<HashMap<String, Arc<Turns>>>,
}

/// A program with its arguments, and what it is told.
pub(super) struct PluginCommand {
    pub limits: Arc<PluginLimits>,
    pub turns: Arc<Turns>,
    /// The first context that uses it, for messages.
    pub context: String,
    /// The program, as written in the kubeconfig.
    pub program: String,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub version: ExecVersion,
    pub mode: ExecInteractiveMode,
    pub install_hint: Option<String>,
    pub cluster: Option<ClusterInfo>,
}

impl PluginCommand {
    pub(super) fn new(
        context: &str,
        exec: &ExecConfig,
        cluster: Option<ClusterInfo>,
        limits: Arc<PluginLimits>,
    ) -> Result<Self, Error> {
        let wrong = |what: &str| {
            Error::unresolved(format!(
                "the credential plugin (exec) of context \"{context}\" {what}"
            ))
            .with_hint("correct the user's exec section in the kubeconfig")
        };
        let program = non_empty(exec.command.as_deref()).ok_or_else(|| wrong("names no command"))?;
        let version = match exec.api_version.as_deref().unwrap_or_default() {
            "" => return Err(wrong("names no apiVersion")),
            "client.authentication.k8s.io/v1alpha1" => {
                return Err(wrong(
                    "has the apiVersion v1alpha1, which kubectl removed in 1.24",
                ));
            }
            named => ExecVersion::ALL
                .into_iter()
                .find(|version| version.as_str() == named)
                .ok_or_else(|| wrong("has an unknown apiVersion"))?,
        };
        let mode = match (&exec.interactive_mode, version) {
            (Some(mode), _) => mode.clone(),
            (None, ExecVersion::V1Beta1) => ExecInteractiveMode::IfAvailable,
            (None, ExecVersion::V1) => return Err(wrong("names no interactiveMode")),
        };
        let variable = |entry: &HashMap<String, String>| {
            let name = non_empty(entry.get("name").map(String::as_str))?;
            Some((name.to_owned(), entry.get("value").cloned().unwrap_or_default()))
        };
        let env: Option<Vec<_>> = exec.env.iter().flatten().map(variable).collect();
        let turns = Arc::clone(lock(&limits.turns).entry(program.to_owned()).or_default());
        Ok(Self {
            limits,
            turns,
            context: context.to_owned(),
            program: program.to_owned(),
            args: exec.args.clone().unwrap_or_default(),
            env: env.ok_or_else(|| wrong("has an environment variable without a name"))?,
            version,
            mode,
            install_hint: non_empty(exec.install_hint.as_deref()).map(messages::clean),
            cluster,
        })
    }

    /// Returns everything that a run depends on, as text. It may hold secrets and is never shown. It is not made from the
    /// `ExecConfig` itself, where variables are maps, which have no order.
    pub(super) fn key(&self) -> Option<String> {
        let question = (self.version.as_str(), &self.mode, &self.cluster);
        let program = (&self.program, &self.args, &self.env, &self.install_hint);
        serde_json::to_string(&(program, question)).ok()
    }

    /// Returns its name in messages: `the credential plugin aws`.
    pub(super) fn shown(&self) -> String {
        format!("the credential plugin {}", self.name())
    }

    pub(super) fn name(&self) -> &str {
        self.program.rsplit('/').next().unwrap_or_default()
    }

    /// Returns what to do about a plugin that does not work.
    pub(super) fn by_hand(&self) -> String {
        format!("run it by hand and log in where it asks to: {}", self.program)
    }

    /// Finds the executable: the program itself if it has a slash, or else on PATH.
    pub(super) fn executable(&self) -> Option<PathBuf> {
        program::find(&self.program)
    }
}
