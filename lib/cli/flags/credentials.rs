//! Flags that say with which credentials the clusters are asked.

use super::switch::as_switch;
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

/// Names what a hub may use.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Credentials")]
pub struct AccessArgs {
    /// The file of credential plugins by access provider (KEP-5339)
    /// [default: access.providers of the configuration, else ~/.kube/kubectl-mc-providers.json]
    #[arg(long, value_name = "FILE", global = true)]
    pub providers: Option<PathBuf>,
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
    #[arg(long, global = true, help_heading = "Output")]
    pub warnings_as_errors: bool,
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
