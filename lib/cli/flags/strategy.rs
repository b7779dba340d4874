//! Flags that say how the rows of all clusters are put together.

use super::output::OutputName;
use super::switch::as_switch;
use crate::exit::Fatal;
use crate::format::Output;
use crate::merge::{
    CompareSpec, Computation, Field, GroupSpec, IgnoredFields, Strategy, TopSpec, is_path, split_list,
};
use crate::record::Operation;
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
    /// Add up what a field of the objects holds, in each group: --sum=.status.capacity.memory
    #[arg(long, value_name = "PATH,…", global = true)]
    pub sum: Vec<String>,
    /// Print the least value of a field in each group: a quantity, a number or a time
    #[arg(long, value_name = "PATH,…", global = true)]
    pub min: Vec<String>,
    /// Print the greatest value of a field in each group
    #[arg(long, value_name = "PATH,…", global = true)]
    pub max: Vec<String>,
    /// Print the average of a field in each group
    #[arg(long, value_name = "PATH,…", global = true)]
    pub avg: Vec<String>,
    /// Print rows that are equal on several clusters once, with their CLUSTERS; equal in all columns but AGE, or in
    /// those that are named: --fold=NAME,READY
    #[arg(long, value_name = "COLUMN|PATH,…", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          global = true)]
    pub fold: Option<String>,
    /// Print the N rows with the greatest values of --by, of all clusters or, with --group-by, of each group
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), global = true)]
    pub top: Option<u32>,
    /// The number, quantity or time that --top ranks by: RESTARTS, AGE or .spec.replicas
    #[arg(long, value_name = "COLUMN|PATH", global = true)]
    pub by: Option<String>,
    /// Compare the rows of every other cluster with those of this one, by type, namespace and name: what is added,
    /// missing or changed there. With -o json and yaml, compare objects
    #[arg(long, value_name = "CLUSTER", global = true)]
    pub diff: Option<String>,
    /// Print what differs from most clusters, and on which
    #[arg(long, global = true)]
    pub drift: bool,
    /// With --diff and --drift, do not compare this column, or this field of objects: --ignore=.metadata.annotations
    #[arg(long, value_name = "COLUMN|PATH,…", global = true)]
    pub ignore: Vec<String>,
    /// With --diff and --drift of objects, compare their status too
    #[arg(long, global = true)]
    pub with_status: bool,
    /// With --diff and --drift, exit with 4 if every cluster answered and there are differences
    #[arg(long, global = true)]
    pub exit_code: bool,
}

impl StrategyArgs {
    /// Returns the strategy that was typed, if one was.
    ///
    /// # Errors
    /// A field that is not valid, or flags that exclude one another.
    pub fn strategy(&self) -> Result<Option<Strategy>, Fatal> {
        let fold = self.fold();
        let groups = self.groups_flag();
        let typed = [
            self.diff.as_ref().map(|_| "--diff"),
            self.drift.then_some("--drift"),
            fold.map(|_| "--fold"),
            self.top.map(|_| "--top"),
            groups.filter(|flag| self.top.is_none() || *flag != "--group-by"),
        ];
        if let [one, other, ..] = typed.into_iter().flatten().collect::<Vec<_>>()[..] {
            return Err(exclusive(one, other));
        }
        if self.diff.is_some() || self.drift {
            return self.compare().map(Some);
        }
        for (flag, is_typed) in [
            ("--ignore", !self.ignore.is_empty()),
            ("--with-status", self.with_status),
            ("--exit-code", self.exit_code),
        ] {
            if is_typed {
                return Err(Fatal::usage(format!(
                    "error: {flag} goes with --diff and --drift only"
                )));
            }
        }
        match (self.top, &self.by) {
            (Some(count), Some(by)) => {
                let spec = TopSpec::new(usize::try_from(count).unwrap_or(usize::MAX), by, self.groups()?);
                let spec = spec.map_err(|error| Fatal::usage(format!("error: --by: {error}")))?;
                return Ok(Some(Strategy::Top(spec)));
            }
            (Some(_), None) => {
                return Err(Fatal::usage(
                    "error: --top needs --by: what the rows are ranked by",
                ));
            }
            (None, Some(_)) => return Err(Fatal::usage("error: --by goes with --top only")),
            (None, None) => {}
        }
        if let Some(fold) = fold {
            let by_all_columns = fold == "true";
            let listed = if by_all_columns { "" } else { fold };
            return Ok(Some(Strategy::Group(GroupSpec {
                fields: fields("--fold", listed, Field::parse)?,
                by_all_columns,
                folded: true,
                computed: Vec::new(),
            })));
        }
        if groups.is_none() {
            return Ok(None);
        }
        let mut computed = Vec::new();
        for (flag, paths, of) in [
            ("--sum", &self.sum, Operation::Sum),
            ("--min", &self.min, Operation::Min),
            ("--max", &self.max, Operation::Max),
            ("--avg", &self.avg, Operation::Avg),
        ] {
            for path in paths {
                computed.extend(fields(flag, path, |path| Computation::parse(of, path))?);
            }
        }
        Ok(Some(Strategy::Group(GroupSpec {
            fields: self.groups()?,
            computed,
            ..GroupSpec::default()
        })))
    }

    fn groups(&self) -> Result<Vec<Field>, Fatal> {
        let mut by = Vec::new();
        for listed in &self.group_by {
            by.extend(fields("--group-by", listed, Field::parse)?);
        }
        Ok(by)
    }

    fn fold(&self) -> Option<&str> {
        self.fold.as_deref().filter(|fold| *fold != "false")
    }

    fn compare(&self) -> Result<Strategy, Fatal> {
        let mut spec = CompareSpec {
            reference: self.diff.clone(),
            ignored_columns: Vec::new(),
            ignored_fields: IgnoredFields::new(self.with_status),
            exit_code: self.exit_code,
        };
        for word in self.ignore.iter().flat_map(|listed| split_list(listed)) {
            match is_path(word) {
                true => spec
                    .ignored_fields
                    .add(word)
                    .map_err(|error| Fatal::usage(format!("error: --ignore: {error}")))?,
                false => spec.ignored_columns.push(word.trim().to_uppercase()),
            }
        }
        Ok(Strategy::Compare(spec))
    }

    /// Returns a flag that asks for groups, if one was typed.
    fn groups_flag(&self) -> Option<&'static str> {
        let flags = [
            ("--group-by", !self.group_by.is_empty()),
            ("--count", self.count),
            ("--sum", !self.sum.is_empty()),
            ("--min", !self.min.is_empty()),
            ("--max", !self.max.is_empty()),
            ("--avg", !self.avg.is_empty()),
        ];
        let typed = flags.into_iter().find(|(_, is_typed)| *is_typed);
        typed.map(|(flag, _)| flag)
    }

    /// Refuses formats that have no place for what the strategy makes.
    ///
    /// # Errors
    /// The format is such a one.
    pub fn check(&self, output: Option<&OutputName>, is_list: bool) -> Result<(), Fatal> {
        let fits = match output.map(OutputName::output) {
            None | Some(Output::Auto | Output::Table | Output::Csv | Output::Tsv | Output::Ndjson) => true,
            Some(Output::Json | Output::Yaml | Output::Kyaml) => !is_list,
            Some(Output::Name) => self.top.is_some(),
            Some(Output::Template(_) | Output::Columns(_)) => false,
        };
        if fits {
            return Ok(());
        }
        Err(Fatal::usage(format!(
            "error: {} makes groups of rows, which cannot be put into a template, into columns of one's own, into names or into a \
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
        match (&self.diff, self.drift) {
            (Some(_), _) => "--diff",
            (None, true) => "--drift",
            _ if self.top.is_some() => "--top",
            (None, false) => self.groups_flag().unwrap_or("--fold"),
        }
    }
}

fn exclusive(one: &str, other: &str) -> Fatal {
    Fatal::usage(format!("error: {one} and {other} cannot be used together"))
}

/// Reads the fields that the value of a flag lists.
fn fields<T>(flag: &str, listed: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, Fatal> {
    let words = if listed.is_empty() {
        Vec::new()
    } else {
        split_list(listed)
    };
    let words = words.into_iter();
    words
        .map(|word| parse(word).map_err(|error| Fatal::usage(format!("error: {flag}: {error}"))))
        .collect()
}
