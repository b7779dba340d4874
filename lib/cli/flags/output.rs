//! Flags that say how the answers are printed.

use super::switch::as_switch;
use crate::config::{Config, Pager, parse_colorize, parse_pager};
use crate::exit::{FailOn, Fatal};
use crate::format::{self, Output};
use crate::term::Colorize;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use std::convert::Infallible;
use std::io;

/// Names the output format.
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

/// Goes with output formats that are made by a template.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output", mut_args(as_switch))]
pub struct TemplateArgs {
    /// The template or its file, if --output does not have it: -o jsonpath --template='{.kind}'
    #[arg(long, value_name = "TEMPLATE", global = true)]
    pub template: Option<String>,
    /// With false, a field that an object lacks is an error in a template
    #[arg(long, global = true)]
    pub allow_missing_template_keys: Option<bool>,
}

impl OutputArgs {
    /// Returns the format that was typed, if one was. The file of a template is read.
    ///
    /// # Errors
    /// The format or its template is wrong; the message is kubectl's.
    pub fn understand(&self, template: &TemplateArgs) -> Result<Option<OutputName>, Fatal> {
        self.understand_reading(template, &mut |path| std::fs::read(path))
    }

    /// Does the same, with a file read by `read`.
    ///
    /// # Errors
    /// Those of [`understand`](Self::understand).
    pub fn understand_reading(
        &self,
        template: &TemplateArgs,
        read: &mut dyn FnMut(&str) -> io::Result<Vec<u8>>,
    ) -> Result<Option<OutputName>, Fatal> {
        let understood = format::parse_output_with(self.format_flags(template), read)?;
        Ok(match understood.output {
            Output::Auto => None,
            _ if understood.wide => Some(OutputName::Wide),
            output => Some(OutputName::Plain(output)),
        })
    }

    /// Returns the format and the path, if the template or the columns are in a file.
    pub fn file<'a>(&'a self, template: &'a TemplateArgs) -> Option<(&'a str, &'a str)> {
        format::template_file(self.format_flags(template))
    }

    fn format_flags<'a>(&'a self, template: &'a TemplateArgs) -> format::FormatFlags<'a> {
        format::FormatFlags {
            output: self.output.as_deref().unwrap_or_default(),
            template: template.template.as_deref().unwrap_or_default(),
            allow_missing_keys: template.allow_missing_template_keys.unwrap_or(true),
        }
    }
}

/// Accepts any text, and gives completion the names of formats. A wrong format is refused later, with kubectl's message.
#[derive(Clone)]
pub struct OutputParser;

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

/// Says when output is coloured.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct ColorArgs {
    /// When to colour the output; auto is on a terminal, unless NO_COLOR or CLICOLOR_FORCE is set [default:
    /// output.colorize, else auto]
    #[arg(long, visible_alias = "colorize", value_name = "WHEN", global = true, hide_possible_values = true,
          value_parser = when_parser())]
    color: Option<Colorize>,
}

fn when_parser() -> impl TypedValueParser<Value = Colorize> {
    let also = ["true", "false"].map(|when| PossibleValue::new(when).hide(true));
    let usual = ["auto", "always", "never"].map(PossibleValue::new);
    PossibleValuesParser::new(usual.into_iter().chain(also)).try_map(|when| parse_colorize(&when))
}

impl ColorArgs {
    /// Returns when output is coloured.
    pub fn colorize(&self, config: &Config) -> Colorize {
        self.color.unwrap_or(config.output.colorize)
    }
}

/// Says whether a pager is used.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output", mut_args(as_switch))]
pub struct PagerArgs {
    /// Show output that is longer than the screen with this command [default: output.pager, else PAGER, else less]
    #[arg(long, value_name = "COMMAND", global = true, value_parser = |text: &str| Ok::<_, Infallible>(parse_pager(text)))]
    pager: Option<Pager>,
    /// Use no pager
    #[arg(long, global = true)]
    no_pager: bool,
}

impl PagerArgs {
    /// Returns the pager's command.
    pub fn command(&self, config: &Config) -> Option<String> {
        match self.pager.as_ref().unwrap_or(&config.output.pager) {
            _ if self.no_pager => None,
            Pager::Never => None,
            Pager::Command(command) => Some(command.clone()),
            Pager::Auto => match std::env::var("PAGER") {
                Ok(command) => match parse_pager(&command) {
                    Pager::Command(command) => Some(command),
                    Pager::Never | Pager::Auto => None,
                },
                Err(_) => Some("less".to_owned()),
            },
        }
    }
}

/// Says how tables and lists look.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output", mut_args(as_switch))]
pub struct TableArgs {
    /// Do not print headings
    #[arg(long, global = true)]
    pub no_headers: bool,
    /// Print the kind before each name: pod/web
    #[arg(long, global = true)]
    pub show_kind: bool,
    /// Print json, yaml and kyaml as one plain List that kubectl and jq can read, each item annotated with its
    /// cluster
    #[arg(long, global = true)]
    pub output_list: bool,
    /// Put ' before cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)
    /// [default: output.escapeFormulas, else false]
    #[arg(long, global = true)]
    pub escape_formulas: Option<bool>,
    /// With false, do not show which cluster each row is of: one cluster's output is then kubectl's
    /// [default: output.showClusterColumn, else true]
    #[arg(long, global = true)]
    pub show_cluster_column: Option<bool>,
    /// `--color`
    #[command(flatten)]
    pub color: ColorArgs,
}

/// Says when rows are printed.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output", mut_args(as_switch))]
pub struct StreamArgs {
    /// Print rows as they arrive, instead of sorting them at the end
    #[arg(long, global = true)]
    pub stream: bool,
}

/// Says how many failures make a run partial.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct StatusArgs {
    /// Exit with 3 if this many clusters did not answer: any, all or a percentage [default: execution.failOn, else any]
    #[arg(long, value_name = "any|all|N%", global = true)]
    pub fail_on: Option<FailOn>,
}

impl StatusArgs {
    /// Returns how many failures make a run partial.
    pub fn fail_on(&self, config: &Config) -> FailOn {
        self.fail_on.unwrap_or(config.execution.fail_on)
    }
}

/// Says how much is reported.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct VerboseArgs {
    /// Report every cluster that did not answer, with the reason and what to try
    #[arg(short, long, num_args = 0..=1, require_equals = true, default_missing_value = "1",
          default_value_t = 0, hide_default_value = true, value_name = "LEVEL", global = true)]
    pub verbose: u8,
}

impl VerboseArgs {
    /// Returns whether more is reported. kubectl's levels (`-v=6`) are accepted, and all mean the same here.
    pub fn is_verbose(&self) -> bool {
        self.verbose > 0
    }
}

/// A format of `-o`. `wide` is a table with more columns, so it says two things: what to ask for, and how to print it.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputName {
    /// Every format but wide.
    Plain(Output),
    /// `wide`
    Wide,
}

impl OutputName {
    /// Returns the format that it is printed in.
    pub fn output(&self) -> Output {
        match self {
            OutputName::Plain(output) => output.clone(),
            OutputName::Wide => Output::Table,
        }
    }
}
