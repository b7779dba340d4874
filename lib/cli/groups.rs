//! The groups of flags that several tools have.

use crate::config::{Source, parse_concurrency, parse_duration};
use crate::exit::{FailOn, Fatal};
use crate::format::{self, Output};
use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{ArgAction, Args};
use std::path::PathBuf;
use std::time::Duration;

/// Whose credentials.
#[derive(Args, Clone, Debug, Default)]
pub struct KubeconfigArgs {
    /// The kubeconfig to use, in place of $KUBECONFIG and ~/.kube/config
    #[arg(long, value_name = "FILE", global = true, help_heading = "Credentials")]
    pub kubeconfig: Option<PathBuf>,
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
    /// Leave out clusters whose ControlPlaneHealthy is False
    #[arg(long, global = true)]
    pub healthy: bool,
    /// The hub's kubeconfig context
    ///
    /// Without it: hubContext in the configuration or the mapping file, else the kubeconfig's current
    /// context.
    #[arg(long, value_name = "CONTEXT", global = true)]
    pub hub_context: Option<String>,
    /// Only what this namespace of the hub lists, in place of all namespaces
    #[arg(long, value_name = "NAMESPACE", global = true)]
    pub hub_namespace: Option<String>,
    /// The API that lists the fleet [default: discovery.api of the configuration, else clusterprofile]
    #[arg(long, value_name = "API", global = true, value_parser = source_parser())]
    pub source: Option<Source>,
    /// Ask the hub even if the cached fleet is fresh
    #[arg(long, global = true)]
    pub refresh: bool,
    /// Fail when the hub cannot be reached, in place of using an expired cache with a warning
    #[arg(long, global = true)]
    pub no_stale: bool,
}

/// How the members are asked.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Execution")]
pub struct RunArgs {
    /// How many clusters at once, 0 for no limit [default: execution.maxConcurrency, else 10]
    #[arg(long, value_name = "N", global = true, value_parser = parse_concurrency)]
    pub concurrency: Option<usize>,
    /// For looking up, connecting and the TLS handshake, 0 for no limit [default: 5s]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration)]
    pub connect_timeout: Option<Duration>,
    /// For the whole run, 0 for no limit [default: 60s, or 5s a cluster, or --timeout and --connect-timeout
    /// together, whichever is most]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration)]
    pub total_timeout: Option<Duration>,
    /// Stop everything when the first cluster fails [default: not execution.continueOnError]
    #[arg(long, global = true)]
    pub fail_fast: bool,
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
    #[arg(short = 'L', long, value_name = "LABELS", value_delimiter = ',')]
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
    #[arg(long, value_name = "N", default_value_t = 500)]
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
    /// Ask every cluster for this path and print what it answers: --raw=/readyz
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true)]
    pub raw: String,
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
        let typed = format::Typed {
            output: self.output.as_deref().unwrap_or_default(),
            template: template.template.as_deref().unwrap_or_default(),
            allow_missing_keys: template.allow_missing_template_keys.unwrap_or(true),
        };
        let understood = format::understand(typed)?;
        Ok(match understood.output {
            Output::Auto => None,
            _ if understood.wide => Some(OutputName::Wide),
            output => Some(OutputName::Plain(output)),
        })
    }
}

/// Takes any text, and tells completion the names. What is no format is refused later, in kubectl's words.
#[derive(Clone)]
struct OutputParser;

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
    #[arg(long, global = true)]
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

fn source_parser() -> impl TypedValueParser<Value = Source> {
    PossibleValuesParser::new(["clusterprofile", "about", "inventory"]).map(|name| match name.as_str() {
        "about" => Source::About,
        "inventory" => Source::Inventory,
        _ => Source::ClusterProfile,
    })
}

/// A boolean as Go's strconv.ParseBool reads it: kubectl's flags take `--show-labels=1`.
pub(super) fn parse_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("expected true or false".into()),
    }
}
