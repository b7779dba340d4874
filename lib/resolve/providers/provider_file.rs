//! The provider file: the user's credential plugins by access provider, in the format of KEP-5339 and
//! `sigs.k8s.io/cluster-inventory-api`.

use super::rule::{Refusal, Rule, shown};
use super::variables::{self, Judgement};
use crate::config::yaml;
use crate::error_text::io_text;
use crate::record;
use kube::config::{ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// The provider file. Earlier entries take precedence.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct ProviderFile {
    #[serde(default)]
    pub providers: Vec<ProviderEntry>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ProviderEntry {
    pub name: String,
    #[serde(rename = "execConfig")]
    exec: ExecConfig,
    #[serde(default, rename = "profileSourcedCLIArgsPolicy")]
    args_policy: Option<ArgsPolicy>,
    #[serde(default, rename = "profileSourcedEnvVarsPolicy")]
    env_policy: Option<EnvPolicy>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
enum ArgsPolicy {
    Append,
    #[default]
    #[serde(alias = "")]
    Ignore,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
enum EnvPolicy {
    AppendIfNotExists,
    Replace,
    #[default]
    #[serde(alias = "")]
    Ignore,
}

impl ProviderFile {
    /// Reads the file. It must exist if the user has `named` it.
    ///
    /// # Errors
    /// The file cannot be read, or is not a provider file; the message has the line.
    pub(super) fn load(file: &Path, named: bool) -> Result<Self, String> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error)
                if !named
                    && matches!(
                        error.kind(),
                        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                    ) =>
            {
                return Ok(Self::default());
            }
            Err(error) => return Err(format!("cannot read {}: {}", file.display(), io_text(&error))),
        };
        Self::from_text(&text, file)
    }

    /// Parses the text of the file. Relative commands are relative to the folder of `file`.
    ///
    /// # Errors
    /// The text is not a provider file; the message has the line.
    pub(super) fn from_text(text: &str, file: &Path) -> Result<Self, String> {
        let mut read: Self = serde_yaml::from_str(text).map_err(|error| yaml::problem(file, &error))?;
        let folder = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let folder = folder.parent().unwrap_or(Path::new("/")).to_owned();
        for (index, provider) in read.providers.iter_mut().enumerate() {
            let wrong = |what: &str| format!("{}: provider {}: {what}", file.display(), index + 1);
            if provider.name.is_empty() {
                return Err(wrong("it has no name"));
            }
            let exec = &mut provider.exec;
            let mut variables = exec.env.iter().flatten();
            if variables.any(|variable| !variable.contains_key("name")) {
                return Err(wrong("its execConfig has an environment variable without a name"));
            }
            let Some(command) = exec.command.as_mut().filter(|command| !command.is_empty()) else {
                return Err(wrong("its execConfig has no command"));
            };
            // As in a kubeconfig, a command with a slash is relative to the file, and one without is looked up on PATH.
            if command.contains('/') {
                *command = folder.join(&*command).to_string_lossy().into_owned();
            }
        }
        Ok(read)
    }

    pub(super) fn named(&self, name: &str) -> Option<&ProviderEntry> {
        self.providers.iter().find(|provider| provider.name == name)
    }
}

impl ProviderEntry {
    pub(super) fn command(&self) -> &str {
        self.exec.command.as_deref().unwrap_or_default()
    }

    pub(super) fn takes_args(&self) -> bool {
        self.args_policy == Some(ArgsPolicy::Append)
    }

    pub(super) fn takes_env(&self) -> bool {
        !matches!(self.env_policy, None | Some(EnvPolicy::Ignore))
    }

    pub(super) fn takes_config(&self) -> bool {
        self.exec.provide_cluster_info
    }

    /// Returns the exec configuration of the entry, with what a profile adds as far as the entry's policies allow.
    /// `variables` are the names that the user's configuration leaves to profiles.
    pub(super) fn exec(
        &self,
        plugin: Option<&record::Plugin<'_>>,
        variables: &[String],
    ) -> Result<ExecConfig, Refusal> {
        let mut args = self.exec.args.clone().unwrap_or_default();
        let mut env: BTreeMap<String, String> = BTreeMap::new();
        for variable in self.exec.env.iter().flatten() {
            let field = |name| variable.get(name).cloned().unwrap_or_default();
            env.insert(field("name"), field("value"));
        }
        if let Some(plugin) = plugin {
            if self.takes_args() {
                for arg in &plugin.args {
                    if arg.chars().any(char::is_control) {
                        let what = format!("the profile adds the argument {}", shown(arg));
                        return Err(Refusal::new(Rule::Arguments, what));
                    }
                    args.push(arg.to_string());
                }
            }
            if self.takes_env() {
                for (name, value) in &plugin.env {
                    let is_replaced = self.env_policy == Some(EnvPolicy::Replace);
                    let is_there = env.contains_key(name.as_str());
                    if is_there && !is_replaced {
                        continue;
                    }
                    let what = format!("the profile sets the environment variable {}", shown(name));
                    let refusal = Refusal::new(Rule::Environment, what);
                    if value.contains('\0') {
                        return Err(refusal);
                    }
                    match variables::judge(name, is_there, variables) {
                        Judgement::Allowed => env.insert(name.to_string(), value.to_string()),
                        Judgement::Refused => {
                            return Err(refusal.allowed_by(&format!(
                                "if any value of it is fine, write into CONFIG: access: {{allowedVariables: \
                                 [{name}]}}, or name the plugin in the provider file as you want it"
                            )));
                        }
                        Judgement::Never => return Err(refusal),
                    };
                }
            }
        }
        let env: Vec<HashMap<String, String>> = env
            .into_iter()
            .map(|(name, value)| HashMap::from([("name".to_owned(), name), ("value".to_owned(), value)]))
            .collect();
        let mut exec = self.exec.clone();
        exec.args = Some(args);
        exec.env = Some(env);
        exec.api_version
            .get_or_insert_with(|| "client.authentication.k8s.io/v1".to_owned());
        exec.interactive_mode
            .get_or_insert(ExecInteractiveMode::IfAvailable);
        Ok(exec)
    }
}
