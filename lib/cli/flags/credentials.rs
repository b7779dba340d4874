//! Flags that say with which credentials the clusters are asked.

use super::switch::as_switch;
use crate::config::{
    AccessSettings, AllowedHost, Way, parse_commands, parse_hosts, parse_order, parse_variables,
};
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Names the kubeconfig.
#[derive(Args, Clone, Debug, Default)]
pub struct KubeconfigArgs {
    /// The kubeconfig to use instead of $KUBECONFIG and ~/.kube/config
    #[arg(long, value_name = "FILE", global = true, help_heading = "Credentials")]
    pub kubeconfig: Option<PathBuf>,
}

/// The items of one value of a flag.
type Items<T> = Vec<T>;

/// Says where the access to a cluster is looked for, and what a hub may use.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Credentials", mut_args(as_switch))]
pub struct AccessArgs {
    /// The file of credential plugins by access provider (KEP-5339)
    /// [default: access.providers of the configuration, else ~/.kube/kubectl-mc-providers.json]
    #[arg(long, value_name = "FILE", global = true)]
    pub providers: Option<PathBuf>,
    /// Where the access to a cluster is looked for, in this order: mapping, context, server, providers [default:
    /// access.order, else all four]
    #[arg(long, value_name = "WAYS", global = true, value_parser = parse_order)]
    pub access_order: Option<Items<Way>>,
    /// Hosts that credentials may be sent to, in addition to those of EKS, GKE and AKS: '*.corp.example,10.0.0.0/8'
    /// (repeatable) [default: access.allowedHosts]
    #[arg(long, value_name = "HOSTS", global = true, value_parser = parse_hosts)]
    pub allowed_hosts: Vec<Items<AllowedHost>>,
    /// A command line that a hub may name as a credential plugin, with * for one argument (repeatable) [default:
    /// access.allowedCommands]
    #[arg(long, value_name = "COMMAND", global = true, value_parser = parse_commands)]
    pub allowed_commands: Vec<Items<String>>,
    /// Variables that a hub may set in the environment of a plugin of the provider file (repeatable) [default:
    /// access.allowedVariables]
    #[arg(long, value_name = "NAMES", global = true, value_parser = parse_variables)]
    pub allowed_variables: Vec<Items<String>>,
    /// Refuse a context that leads to another server than the hub publishes [default: access.verifyServer, else false]
    #[arg(long, global = true)]
    pub verify_server: Option<bool>,
}

impl AccessArgs {
    /// Returns the settings with those replaced that were typed.
    pub fn over(&self, settings: &AccessSettings) -> AccessSettings {
        let mut settings = settings.clone();
        if self.providers.is_some() {
            settings.providers.clone_from(&self.providers);
        }
        if let Some(order) = &self.access_order {
            settings.order.clone_from(order);
        }
        if !self.allowed_hosts.is_empty() {
            settings.allowed_hosts = self.allowed_hosts.concat();
        }
        if !self.allowed_commands.is_empty() {
            settings.allowed_commands = self.allowed_commands.concat();
        }
        if !self.allowed_variables.is_empty() {
            settings.allowed_variables = self.allowed_variables.concat();
        }
        settings.verify_server = self.verify_server.unwrap_or(settings.verify_server);
        settings
    }
}

/// Impersonates a user on every member, and says how its warnings are taken.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Credentials", mut_args(as_switch))]
pub struct ActAsArgs {
    /// A user or a service account to impersonate on every member
    #[arg(long = "as", value_name = "USER", global = true)]
    pub as_user: Option<String>,
    /// A group to impersonate (repeatable)
    #[arg(long, value_name = "GROUP", global = true)]
    pub as_group: Vec<String>,
    /// A UID to impersonate
    #[arg(long, value_name = "UID", global = true)]
    pub as_uid: Option<String>,
    /// An extra field of the user to impersonate (repeatable)
    #[arg(long, value_name = "KEY=VALUE", global = true, value_parser = parse_extra)]
    pub as_user_extra: Vec<(String, String)>,
    /// Count a cluster as failed if its server sends a warning; its rows are printed all the same
    /// [default: execution.warningsAsErrors, else false]
    #[arg(long, global = true, help_heading = "Output")]
    pub warnings_as_errors: Option<bool>,
}

impl ActAsArgs {
    /// Returns the extra fields, by key.
    pub fn extra(&self) -> BTreeMap<String, Vec<String>> {
        let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, value) in &self.as_user_extra {
            extra.entry(key.clone()).or_default().push(value.clone());
        }
        extra
    }
}

/// Splits at the first `=`, as kubectl does. kubectl ignores a value without one.
fn parse_extra(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".into()),
    }
}
