//! kubectl's global flags: those that make sense over many clusters, and those that don't, which say what to
//! use in their place.

use super::groups::{GetArgs, OutputName, parse_bool};
use crate::config::Paths;
use crate::exit::Fatal;
use crate::format::Output;
use clap::{ArgAction, Args};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Whom to be on every member, and how to take what its server warns of.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Credentials")]
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
    /// Count a cluster whose server warns as failed; its rows are printed all the same
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL", global = true,
          help_heading = "Output")]
    pub warnings_as_errors: bool,
}

impl ActAsArgs {
    /// The extra fields, by key.
    pub fn extra(&self) -> BTreeMap<String, Vec<String>> {
        let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, value) in &self.as_user_extra {
            extra.entry(key.clone()).or_default().push(value.clone());
        }
        extra
    }
}

/// Where what is known of the fleet and of its types is kept between runs.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Execution")]
pub struct CacheArgs {
    /// The folder of the cache, in which kubectl-mc/ is used [default: ~/.kube/cache]
    #[arg(long, value_name = "FOLDER", global = true)]
    pub cache_dir: Option<PathBuf>,
}

impl CacheArgs {
    /// Our own folder in it.
    pub fn folder(&self, paths: &Paths) -> PathBuf {
        match &self.cache_dir {
            Some(folder) if !folder.as_os_str().is_empty() => folder.join("kubectl-mc"),
            _ => paths.cache(),
        }
    }
}

/// kubectl's flags that choose one cluster, or its user: here there are many.
#[derive(Args, Clone, Default)]
pub struct RefusedArgs {
    #[arg(long, hide = true, global = true, value_name = "CONTEXT")]
    context: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "CLUSTER")]
    cluster: Option<String>,
    #[arg(short, long, hide = true, global = true, value_name = "URL")]
    server: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "NAME")]
    tls_server_name: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "FILE")]
    certificate_authority: Option<String>,
    #[arg(long, hide = true, global = true, num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_name = "BOOL", hide_possible_values = true)]
    insecure_skip_tls_verify: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "USER")]
    user: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "TOKEN")]
    token: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "NAME")]
    username: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "PASSWORD")]
    password: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "FILE")]
    client_certificate: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "FILE")]
    client_key: Option<String>,
}

// Not derived: a token or a password must not be shown.
impl std::fmt::Debug for RefusedArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefusedArgs")
    }
}

const CHOOSE: &str = "many clusters are asked at once: choose them with --clusters=NAME or --cluster-selector, \
and the hub that lists them with --hub-context";

const SERVERS: &str = "each cluster has its own server and certificate authority, those of its kubeconfig \
context: change them there, with kubectl config set-cluster";

const USERS: &str = "each cluster is asked with the credentials of its own kubeconfig context: change them \
there, with kubectl config set-credentials, or give the cluster another context in \
~/.kube/kubectl-mc-clusters.yaml";

impl RefusedArgs {
    /// Refuses what was typed.
    ///
    /// # Errors
    /// Names the first of the flags that were typed, and what to use in its place.
    pub fn refuse(&self) -> Result<(), Fatal> {
        let typed = [
            ("context", &self.context, CHOOSE),
            ("cluster", &self.cluster, CHOOSE),
            ("server", &self.server, SERVERS),
            ("tls-server-name", &self.tls_server_name, SERVERS),
            ("certificate-authority", &self.certificate_authority, SERVERS),
            (
                "insecure-skip-tls-verify",
                &self.insecure_skip_tls_verify,
                SERVERS,
            ),
            ("user", &self.user, USERS),
            ("token", &self.token, USERS),
            ("username", &self.username, USERS),
            ("password", &self.password, USERS),
            ("client-certificate", &self.client_certificate, USERS),
            ("client-key", &self.client_key, USERS),
        ];
        match typed.into_iter().find(|(_, value, _)| value.is_some()) {
            Some((flag, _, instead)) => Err(Fatal::usage(format!("--{flag} is not taken: {instead}"))),
            None => Ok(()),
        }
    }
}

impl GetArgs {
    /// What kubectl warns of before it asks for anything.
    pub fn warning(&self) -> Option<&'static str> {
        if self.sort_by.is_empty() {
            None
        } else if self.watch.watch {
            Some("warning: --watch requested, --sort-by will be ignored for watch events received")
        } else if self.watch.watch_only {
            Some("warning: --watch-only requested, --sort-by will be ignored")
        } else {
            None
        }
    }

    /// Whether nothing is named that could be got.
    pub fn names_nothing(&self) -> bool {
        self.args.is_empty() && !self.names_files() && self.raw.is_empty()
    }

    /// Whether it is files that name what is to be got.
    pub fn names_files(&self) -> bool {
        !self.filename.is_empty() || !self.kustomize.is_empty()
    }

    /// Refuses flags that exclude one another, in kubectl's words; `typed` is what `-o` was given, if anything.
    ///
    /// # Errors
    /// The first of them.
    pub fn check(&self, output: Option<&OutputName>, typed: &str) -> Result<(), Fatal> {
        let refuse = |text: &str| Err(Fatal::usage(format!("error: {text}")));
        if !self.raw.is_empty() {
            if !self.args.is_empty() {
                return refuse("arguments may not be passed when --raw is specified");
            }
            if self
                .selector
                .as_deref()
                .is_some_and(|selector| !selector.is_empty())
                || self.watch.is_on()
            {
                return refuse(
                    "--raw may not be specified with other flags that filter the server request or alter the output",
                );
            }
            // Records are how a pipe carries it, not another way to print it.
            if !matches!(output, None | Some(OutputName::Plain(Output::Ndjson))) {
                return refuse("--raw and --output are mutually exclusive");
            }
        }
        let has_labels = match output {
            None | Some(OutputName::Wide) => true,
            // As with kubectl, which looks for what -o says and not for --template.
            Some(OutputName::Plain(output)) => typed.is_empty() || output.shows_rows(),
        };
        if self.show_labels && !has_labels && self.raw.is_empty() {
            return refuse(&format!(
                "--show-labels option cannot be used with {typed} printer"
            ));
        }
        if self.watch.output_watch_events && !self.watch.is_on() {
            return refuse("--output-watch-events option can only be used with --watch or --watch-only");
        }
        Ok(())
    }
}

/// The first `=` separates, as with kubectl, which ignores what has none.
fn parse_extra(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".into()),
    }
}
