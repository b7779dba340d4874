//! Flags that say how the rows of all clusters are put together.

use super::output::OutputName;
use super::switch::as_switch;
use crate::exit::Fatal;
use crate::format::Output;
use crate::merge::{Field, GroupSpec, Strategy, split_list};
use clap::Args;

/// Says how the rows of all clusters are put together, instead of one after the other.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Groups", mut_args(as_switch))]
pub struct StrategyArgs {
    /// Count rows by their values in these columns, or in these fields if there is a dot: STATUS, CLUSTER,NODE or
    /// VERSION:.status.nodeInfo.kubeletVersion
    #[arg(long, value_name = "COLUMN|PATH,…", global = true)]
    pub group_by: Vec<String>,
    /// Count the rows; without --group-by, all of them
    #[arg(long, global = true)]
    pub count: bool,
}

impl StrategyArgs {
    /// Returns the strategy that was typed, if one was.
    ///
    /// # Errors
    /// A field that is not valid, or flags that exclude one another.
    pub fn strategy(&self) -> Result<Option<Strategy>, Fatal> {
        if self.group_by.is_empty() && !self.count {
            return Ok(None);
        }
        let fields = fields("--group-by", &self.group_by, Field::parse)?;
        Ok(Some(Strategy::Group(GroupSpec { fields })))
    }

    /// Refuses formats that have no place for what the strategy makes.
    ///
    /// # Errors
    /// The format is such a one.
    pub fn check(&self, output: Option<&OutputName>, is_list: bool) -> Result<(), Fatal> {
        let fits = match output.map(OutputName::output) {
            None | Some(Output::Auto | Output::Table | Output::Csv | Output::Tsv | Output::Ndjson) => true,
            Some(Output::Json | Output::Yaml | Output::Kyaml) => !is_list,
            Some(Output::Name | Output::Template(_) | Output::Columns(_)) => false,
        };
        if fits {
            return Ok(());
        }
        Err(Fatal::usage(format!(
            "error: {} makes groups, which cannot be put into a template, into columns of one's own, into names or into a \
             List: use -o table, wide, csv, tsv, json, yaml, kyaml or ndjson",
            self.flag()
        )))
    }

    /// Refuses rows that do not end.
    ///
    /// # Errors
    /// There is no end, or it is not waited for.
    pub fn check_end(&self, is_endless: bool, is_streamed: bool) -> Result<(), Fatal> {
        let flag = self.flag();
        match (is_endless, is_streamed) {
            (true, _) => Err(Fatal::usage(format!(
                "error: {flag} cannot be used with --watch: its result is known when all rows have come, and a watch has \
                 no end; try watch kubectl mc get …"
            ))),
            (_, true) => Err(Fatal::usage(format!(
                "error: {flag} cannot be used with --stream: its result is known when all rows have come"
            ))),
            _ => Ok(()),
        }
    }

    /// Returns the flag that asks for the strategy.
    pub fn flag(&self) -> &'static str {
        match self.group_by.is_empty() {
            true => "--count",
            false => "--group-by",
        }
    }
}

/// Reads the fields that a flag lists.
fn fields(
    flag: &str,
    values: &[String],
    parse: impl Fn(&str) -> Result<Field, String>,
) -> Result<Vec<Field>, Fatal> {
    let words = values.iter().flat_map(|value| split_list(value));
    words
        .map(|word| parse(word).map_err(|error| Fatal::usage(format!("error: {flag}: {error}"))))
        .collect()
}
