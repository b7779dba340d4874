//! The groups of flags that several tools have.

use crate::config::{Source, parse_concurrency, parse_duration};
use crate::exit::{FailOn, Fatal};
use crate::format::{self, Output};
use crate::go::text::parse_int;
use crate::manifest::Files;
use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{ArgAction, Args};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Whose credentials.
#[derive(Args, Clone, Debug, Default)]
pub struct KubeconfigArgs {
    /// The kubeconfig to use, in place of $KUBECONFIG and ~/.kube/config
    #[arg(long, value_name = "FILE", global = true, help_heading = "Credentials")]
    pub kubeconfig: Option<PathBuf>,
}

/// What a hub may have a say in.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Credentials")]
pub struct AccessArgs {
    /// The credential plugins by access provider (KEP-5339)
    /// [default: access.providers of the configuration, else ~/.kube/kubectl-mc-providers.json]
    #[arg(long, value_name = "FILE", global = true)]
    pub providers: Option<PathBuf>,
}

/// Which clusters.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Fleet")]
pub struct FleetArgs {
    /// Names or globs of the clusters to ask: --clusters=prod-*,eu-* (repeatable)
    #[arg(long, value_name = "GLOB", global = true)]
    pub clusters: Vec<String>,
    /// Names or globs of clusters to leave out (repeatable)
    #[arg(long, value_name = "GLOB", global = true)]
    pub exclude: Vec<String>,
    /// A label selector over the clusters' labels and properties: 'env in (prod,stage),!legacy'
    #[arg(long, value_name = "SELECTOR", global = true)]
    pub cluster_selector: Option<String>,
    /// Names or globs of cluster sets: only clusters that are in one of them (repeatable)
    #[arg(long, value_name = "SET", global = true)]
    pub cluster_set: Vec<String>,
    /// Leave out clusters whose control plane is unhealthy
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL", global = true)]
    pub healthy: bool,
    /// Name unhealthy clusters and do not ask them [default: discovery.skipUnhealthy, else false]
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_possible_values = true, action = ArgAction::Set, value_parser = parse_bool,
          value_name = "BOOL", global = true)]
    pub skip_unhealthy: Option<bool>,
    /// The hub's kubeconfig context
    ///
    /// Without it: KUBECTL_MC_HUB_CONTEXT, else hubContext or hubs in the configuration, else hubContext in the
    /// mapping file, else the kubeconfig's current context.
    #[arg(long, value_name = "CONTEXT", global = true)]
    pub hub_context: Option<String>,
    /// Only what this namespace of the hub lists, in place of all namespaces
    #[arg(long, value_name = "NAMESPACE", global = true)]
    pub hub_namespace: Option<String>,
    /// What lists the fleet, joined where it is several (repeatable) [default: discovery.api of the
    /// configuration, else clusterprofile]
    #[arg(long, value_name = "SOURCE", global = true, value_delimiter = ',', value_parser = source_parser())]
    pub source: Vec<Source>,
    /// Only clusters that this placement chose, with --source inventory [default: discovery.placement]
    #[arg(long, value_name = "[NAMESPACE/]NAME", global = true)]
    pub placement: Option<String>,
    /// Names or globs of contexts, with --source kubeconfig or about (repeatable)
    #[arg(long, value_name = "GLOB", global = true)]
    pub contexts: Vec<String>,
    /// Of several hubs that know a cluster prefer the one of this region
    #[arg(long, value_name = "REGION", global = true)]
    pub region: Option<String>,
    /// Ask the hub even if the cached fleet is fresh
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL", global = true)]
    pub refresh: bool,
    /// Fail when the hub cannot be reached, in place of using an expired cache with exit status 3
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL", global = true)]
    pub no_stale: bool,
    /// How old an expired cache may be that is used when the hub cannot be reached, 0 for never
    /// [default: discovery.maxStale, else 24h]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration)]
    pub max_stale: Option<Duration>,
}

/// Which clusters, by whether there is a way into them.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Fleet")]
pub struct AccessibleArgs {
    /// Leave out clusters that nothing leads into, without a word [default: discovery.accessible, else false]
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_possible_values = true, action = ArgAction::Set, value_parser = parse_bool,
          value_name = "BOOL", global = true)]
    pub accessible: Option<bool>,
}

/// How many are asked at once, and how long they may take.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Execution")]
pub struct LimitArgs {
    /// At most so many clusters at once, 0 for no limit [default: execution.maxConcurrency, else 10, where silent
    /// ones make way within a second]
    #[arg(long, value_name = "N", global = true, value_parser = parse_concurrency)]
    pub concurrency: Option<usize>,
    /// For looking up, connecting and the TLS handshake, 0 for no limit [default: 5s]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration)]
    pub connect_timeout: Option<Duration>,
    /// For the whole run, 0 for no limit [default: 60s, or 5s a cluster, or --timeout and --connect-timeout
    /// together, whichever is most]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration)]
    pub total_timeout: Option<Duration>,
}

#[cfg(feature = "cluster")]
impl LimitArgs {
    /// How many clusters at once.
    pub(super) fn concurrency(&self, config: &crate::config::Config) -> crate::config::Concurrency {
        self.concurrency.map_or(
            config.execution.max_concurrency,
            crate::config::Concurrency::asked,
        )
    }

    /// For DNS, TCP and TLS together.
    pub(super) fn connect_timeout(&self) -> std::time::Duration {
        let default = crate::connect::Options::default().connect_timeout;
        self.connect_timeout.map_or(default, super::limit)
    }
}

/// What else governs a run over the members.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Execution")]
pub struct RunArgs {
    /// Stop everything when the first cluster fails [default: not execution.continueOnError]
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_possible_values = true, action = ArgAction::Set, value_parser = parse_bool,
          value_name = "BOOL", global = true)]
    pub fail_fast: Option<bool>,
}

/// For how long one cluster, the hub included, is waited for.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Execution")]
pub struct TimeoutArgs {
    /// For one cluster: 30s, 2m, 0 for no limit [default: execution.timeout, else 30s]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration,
          overrides_with = "request_timeout")]
    pub timeout: Option<Duration>,
    /// The same, as kubectl calls it: 30s, 2m, or a number of seconds; 0 waits for ever
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration, overrides_with = "timeout")]
    pub request_timeout: Option<Duration>,
}

impl TimeoutArgs {
    /// The time that was typed, zero for no limit; `None` where none was.
    pub fn typed(&self) -> Option<Duration> {
        self.request_timeout.or(self.timeout)
    }
}

/// What kubectl get takes.
#[derive(Args, Clone, Debug, Default)]
pub struct GetArgs {
    /// What to get, as with kubectl: TYPE [NAME …], TYPE/NAME …, or several types: pods,services
    #[arg(value_name = "TYPE")]
    pub args: Vec<String>,
    /// The namespace [default: that of each cluster's context]
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// All namespaces
    #[arg(short = 'A', long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL")]
    pub all_namespaces: bool,
    /// A label selector: -l app=web,tier!=cache
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// A field selector: --field-selector status.phase=Running
    #[arg(long, value_name = "SELECTOR")]
    pub field_selector: Option<String>,
    /// Labels to show as columns: -L app,tier (repeatable)
    #[arg(short = 'L', long, value_name = "LABELS")]
    pub label_columns: Vec<String>,
    /// Show all labels as the last column
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL")]
    pub show_labels: bool,
    /// Treat what is asked for by name and is nowhere as success
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL")]
    pub ignore_not_found: bool,
    /// How many objects a request fetches at once, 0 for all
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = parse_chunk_size)]
    pub chunk_size: u32,
    /// Keep managedFields in JSON and YAML
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL")]
    pub show_managed_fields: bool,
    /// Get a subresource of what is named: status, scale, resize
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub subresource: String,
    /// With false, print NAME and AGE of each object in place of the server's columns
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "true", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL")]
    pub server_print: bool,
    /// Sort by a field, over all clusters: --sort-by=.metadata.creationTimestamp
    #[arg(long, value_name = "JSONPATH", default_value = "", hide_default_value = true)]
    pub sort_by: String,
    /// Get what these files name: files, folders, or - for standard input: -f pod.yaml,svc.yaml (repeatable)
    #[arg(short, long, value_name = "FILE")]
    pub filename: Vec<String>,
    /// Get what a kustomization names, by kubectl kustomize
    #[arg(
        short,
        long,
        value_name = "DIR",
        default_value = "",
        hide_default_value = true
    )]
    pub kustomize: String,
    /// Look for the files of -f in the folders of a folder too
    #[arg(short = 'R', long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL")]
    pub recursive: bool,
    /// The descriptor that -f - reads, where standard input is the stream of clusters
    #[arg(long, value_name = "N", hide = true)]
    pub stdin_fd: Option<std::os::fd::RawFd>,
    /// Ask every cluster for this path and print what it answers: --raw=/readyz
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true)]
    pub raw: String,
    /// See there.
    #[command(flatten)]
    pub watch: WatchArgs,
}

/// Whether to go on with what changes.
#[derive(Args, Clone, Debug, Default)]
pub struct WatchArgs {
    /// List, then go on with what changes on any cluster, until interrupted
    #[arg(short = 'w', long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL")]
    pub watch: bool,
    /// The same without the list
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL")]
    pub watch_only: bool,
    /// Say of each row or object whether it was added, modified or deleted
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL")]
    pub output_watch_events: bool,
}

impl WatchArgs {
    /// Whether to watch.
    pub fn is_on(&self) -> bool {
        self.watch || self.watch_only
    }
}

impl GetArgs {
    /// The files that are named.
    ///
    /// # Errors
    /// A quote that is not closed.
    pub fn files(&self) -> Result<Files, Fatal> {
        let filenames = listed("--filename", &self.filename)?;
        Ok(Files {
            filenames,
            kustomize: self.kustomize.clone(),
            recursive: self.recursive,
            stdin: self.stdin_fd,
        })
    }

    /// What is named by `-L`: labels, or as with kubectl no label by `-L ''`.
    ///
    /// # Errors
    /// A quote that is not closed.
    pub fn labels(&self) -> Result<Vec<String>, Fatal> {
        listed("--label-columns", &self.label_columns)
    }
}

/// All that the values of a flag list, each being a line of CSV, as kubectl's flag library has it.
fn listed(flag: &str, values: &[String]) -> Result<Vec<String>, Fatal> {
    let mut all = Vec::new();
    for value in values {
        all.extend(
            Files::split(value)
                .map_err(|why| Fatal::usage(format!("error: {flag} {value} is no list: {why}")))?,
        );
    }
    Ok(all)
}

/// How a fleet is set up.
#[derive(Args, Clone, Debug, Default)]
pub struct SetupArgs {
    /// Only the clusters of this cloud
    #[arg(long, value_name = "CLOUD", value_parser = provider_parser())]
    pub provider: Option<String>,
    /// Agree to what would be asked: running the clouds' tools, writing the files
    #[arg(short, long)]
    pub yes: bool,
    /// Print what would be run and changed, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The output format.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// The output format: table, wide, json, yaml, kyaml, name, csv, tsv, ndjson, go-template=TEMPLATE,
    /// go-template-file=FILE, jsonpath=TEMPLATE,
    /// jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADING:PATH,…,
    /// custom-columns-file=FILE, csv=HEADING:PATH,… or tsv=…
    #[arg(short, long, value_name = "FORMAT", global = true, hide_possible_values = true,
          value_parser = OutputParser)]
    pub output: Option<String>,
}

/// What goes with formats that are made by a template.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct TemplateArgs {
    /// The template, or the file that it is in, if --output does not say it: -o jsonpath --template='{.kind}'
    #[arg(long, value_name = "TEMPLATE", global = true)]
    pub template: Option<String>,
    /// With false, a field that a template names and an object lacks is an error
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_possible_values = true, action = ArgAction::Set, value_parser = parse_bool,
          value_name = "BOOL", global = true)]
    pub allow_missing_template_keys: Option<bool>,
}

impl OutputArgs {
    /// What was typed comes to, `None` where nothing was typed. Files with templates are read.
    ///
    /// # Errors
    /// kubectl's words for what is no format, or no template.
    pub fn understand(&self, template: &TemplateArgs) -> Result<Option<OutputName>, Fatal> {
        self.understand_reading(template, &mut |path| std::fs::read(path))
    }

    /// The same, with a file read by `read`.
    ///
    /// # Errors
    /// As [`understand`](Self::understand).
    pub fn understand_reading(
        &self,
        template: &TemplateArgs,
        read: &mut dyn FnMut(&str) -> io::Result<Vec<u8>>,
    ) -> Result<Option<OutputName>, Fatal> {
        let understood = format::understand_reading(self.typed(template), read)?;
        Ok(match understood.output {
            Output::Auto => None,
            _ if understood.wide => Some(OutputName::Wide),
            output => Some(OutputName::Plain(output)),
        })
    }

    /// The format and the path, where a template or columns are in a file.
    pub fn file<'a>(&'a self, template: &'a TemplateArgs) -> Option<(&'a str, &'a str)> {
        format::file_of(self.typed(template))
    }

    fn typed<'a>(&'a self, template: &'a TemplateArgs) -> format::Typed<'a> {
        format::Typed {
            output: self.output.as_deref().unwrap_or_default(),
            template: template.template.as_deref().unwrap_or_default(),
            allow_missing_keys: template.allow_missing_template_keys.unwrap_or(true),
        }
    }
}

/// Takes any text, and tells completion the names. What is no format is refused later, in kubectl's words.
#[derive(Clone)]
pub(super) struct OutputParser;

impl TypedValueParser for OutputParser {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(format::NAMES.iter().map(PossibleValue::new)))
    }
}

/// How a table looks.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct TableArgs {
    /// Leave out the headings
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL", global = true)]
    pub no_headers: bool,
    /// Lead each name with its kind: pod/web
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL", global = true)]
    pub show_kind: bool,
    /// Make json, yaml and kyaml one plain List that kubectl and jq can read, each item annotated with its
    /// cluster
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL", global = true)]
    pub output_list: bool,
    /// Put ' in front of cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL", global = true)]
    pub escape_formulas: bool,
}

/// As rows come, or when all are there.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct StreamArgs {
    /// Print rows as they come, in place of sorting them when all are there
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL", global = true)]
    pub stream: bool,
}

/// From how many failures on a run has failed.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct StatusArgs {
    /// Exit with 3 when this many of the clusters did not answer: any, all or a percentage
    #[arg(long, value_name = "any|all|N%", default_value_t = FailOn::Any, hide_default_value = true, global = true)]
    pub fail_on: FailOn,
}

/// More on stderr.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct VerboseArgs {
    /// Name every cluster that did not answer, with the reason and what to try
    #[arg(short, long, num_args = 0..=1, require_equals = true, default_missing_value = "1",
          default_value_t = 0, hide_default_value = true, value_name = "LEVEL", global = true)]
    pub verbose: u8,
}

impl VerboseArgs {
    /// Whether to say more. kubectl's levels (`-v=6`) are taken, and are all the same here.
    pub fn is_verbose(&self) -> bool {
        self.verbose > 0
    }
}

/// A name that `-o` takes. `wide` is a table of more columns, so it says two things: what to ask for, and
/// how to print it.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputName {
    /// Any format but wide.
    Plain(Output),
    /// `wide`
    Wide,
}

impl OutputName {
    /// How it is printed.
    pub fn output(&self) -> Output {
        match self {
            OutputName::Plain(output) => output.clone(),
            OutputName::Wide => Output::Table,
        }
    }
}

fn provider_parser() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new([
        PossibleValue::new("aws").alias("eks"),
        PossibleValue::new("gcp").aliases(["google", "gke"]),
        PossibleValue::new("azure").alias("aks"),
        PossibleValue::new("alibaba").aliases(["aliyun", "ack"]),
    ])
}

fn source_parser() -> impl TypedValueParser<Value = Source> {
    let named = |source: Source| {
        let value = PossibleValue::new(source.as_str());
        match source {
            Source::Stdin => value.alias("-"),
            _ => value,
        }
    };
    PossibleValuesParser::new(Source::ALL.map(named)).map(|name| {
        let found = Source::ALL.into_iter().find(|source| source.as_str() == name);
        // Only the alias has another name.
        found.unwrap_or(Source::Stdin)
    })
}

/// A number as Go's strconv.ParseInt reads it; more than there is room for means as much as fits.
fn parse_chunk_size(text: &str) -> Result<u32, String> {
    match parse_int(text) {
        Some(size @ 0..) => Ok(u32::try_from(size).unwrap_or(u32::MAX)),
        _ => Err("expected a number from 0 on".into()),
    }
}

/// A boolean as Go's strconv.ParseBool reads it: kubectl's flags take `--show-labels=1`.
pub(super) fn parse_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("expected true or false".into()),
    }
}
