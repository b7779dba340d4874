//! Flags that say how the answers are printed.

use super::switch::as_switch;
use crate::exit::{FailOn, Fatal};
use crate::format::{self, Output};
use clap::Args;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use std::io;

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
#[command(next_help_heading = "Output", mut_args(as_switch))]
pub struct TemplateArgs {
    /// The template, or the file that it is in, if --output does not say it: -o jsonpath --template='{.kind}'
    #[arg(long, value_name = "TEMPLATE", global = true)]
    pub template: Option<String>,
    /// With false, a field that a template names and an object lacks is an error
    #[arg(long, global = true)]
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
        let understood = format::parse_output_with(self.format_flags(template), read)?;
        Ok(match understood.output {
            Output::Auto => None,
            _ if understood.wide => Some(OutputName::Wide),
            output => Some(OutputName::Plain(output)),
        })
    }

    /// The format and the path, where a template or columns are in a file.
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

/// Takes any text, and tells completion the names. What is no format is refused later, in kubectl's words.
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

/// How a table looks.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output", mut_args(as_switch))]
pub struct TableArgs {
    /// Leave out the headings
    #[arg(long, global = true)]
    pub no_headers: bool,
    /// Lead each name with its kind: pod/web
    #[arg(long, global = true)]
    pub show_kind: bool,
    /// Make json, yaml and kyaml one plain List that kubectl and jq can read, each item annotated with its
    /// cluster
    #[arg(long, global = true)]
    pub output_list: bool,
    /// Put ' in front of cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)
    #[arg(long, global = true)]
    pub escape_formulas: bool,
}

/// As rows come, or when all are there.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output", mut_args(as_switch))]
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
