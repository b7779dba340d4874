//! The verb get: its flags, and the query that they come to.

use super::flags::as_switch;
#[cfg(feature = "cluster")]
use super::flags::{OutputArgs, OutputName};
#[cfg(feature = "cluster")]
use super::want::want;
#[cfg(feature = "cluster")]
use crate::exec;
#[cfg(feature = "cluster")]
use crate::exec::get::query::{Query, Watch};
use crate::exit::Fatal;
#[cfg(feature = "cluster")]
use crate::format::Output;
use crate::go::text::parse_int;
use crate::manifest::Files;
use clap::Args;

/// The flags and arguments of kubectl get.
#[derive(Args, Clone, Debug, Default)]
#[command(mut_args(as_switch))]
pub struct GetArgs {
    /// The objects to get, as in kubectl: TYPE [NAME …], TYPE/NAME …, or several types: pods,services
    #[arg(value_name = "TYPE")]
    pub args: Vec<String>,
    /// The namespace [default: that of each cluster's context]
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Get objects of all namespaces
    #[arg(short = 'A', long)]
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
    #[arg(long)]
    pub show_labels: bool,
    /// Succeed even if an object that is named does not exist on any cluster
    #[arg(long)]
    pub ignore_not_found: bool,
    /// How many objects one request fetches; 0 means all
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = parse_chunk_size)]
    pub chunk_size: u32,
    /// Print managedFields in JSON and YAML
    #[arg(long)]
    pub show_managed_fields: bool,
    /// Get a subresource of the named objects: status, scale, resize
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub subresource: String,
    /// With false, print NAME and AGE of each object instead of the server's columns
    #[arg(long, default_value = "true")]
    pub server_print: bool,
    /// Sort the objects of all clusters by a field: --sort-by=.metadata.creationTimestamp
    #[arg(long, value_name = "JSONPATH", default_value = "", hide_default_value = true)]
    pub sort_by: String,
    /// Get the objects that these files or folders hold; - is standard input: -f pod.yaml,svc.yaml (repeatable)
    #[arg(short, long, value_name = "FILE")]
    pub filename: Vec<String>,
    /// Get the objects of a kustomization, which kubectl kustomize makes
    #[arg(
        short,
        long,
        value_name = "DIR",
        default_value = "",
        hide_default_value = true
    )]
    pub kustomize: String,
    /// With -f, read the subfolders of folders too
    #[arg(short = 'R', long)]
    pub recursive: bool,
    /// The descriptor that -f - reads, because standard input is the stream of clusters
    #[arg(long, value_name = "N", hide = true)]
    pub stdin_fd: Option<std::os::fd::RawFd>,
    /// Request this path from every cluster and print the answers: --raw=/readyz
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true)]
    pub raw: String,
    /// Says whether to watch.
    #[command(flatten)]
    pub watch: WatchArgs,
}

/// Says whether to watch.
#[derive(Args, Clone, Debug, Default)]
#[command(mut_args(as_switch))]
pub struct WatchArgs {
    /// After the list, print what changes on any cluster, until interrupted
    #[arg(short = 'w', long)]
    pub watch: bool,
    /// Print what changes without the list before
    #[arg(long)]
    pub watch_only: bool,
    /// Print for each row or object whether it was added, modified or deleted
    #[arg(long)]
    pub output_watch_events: bool,
}

impl WatchArgs {
    /// Returns whether to watch.
    pub fn is_on(&self) -> bool {
        self.watch || self.watch_only
    }
}

impl GetArgs {
    /// Returns the files of objects that `-f` and `-k` name.
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
}

/// Returns all that the values of a flag list. Each is a line of CSV, as in kubectl's flag library.
fn listed(flag: &str, values: &[String]) -> Result<Vec<String>, Fatal> {
    let mut all = Vec::new();
    for value in values {
        all.extend(
            Files::split(value)
                .map_err(|why| Fatal::usage(format!("{flag} {value} is not a list: {why}")))?,
        );
    }
    Ok(all)
}

/// Reads a number as Go's strconv.ParseInt does. A number that does not fit means the largest that does.
fn parse_chunk_size(text: &str) -> Result<u32, String> {
    match parse_int(text) {
        Some(size @ 0..) => Ok(u32::try_from(size).unwrap_or(u32::MAX)),
        _ => Err("expected a number from 0 on".into()),
    }
}

#[cfg(feature = "cluster")]
impl GetArgs {
    /// Returns kubectl's warning about flags that do not go together, if there is one.
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

    /// Makes the query of what was typed, and returns it with the output format. As with kubectl, an error in the format
    /// or in its template (`output`) is reported last.
    ///
    /// # Errors
    /// Flags that exclude one another, and what [`exec::get::check`] refuses.
    pub fn query(
        &self,
        typed: &OutputArgs,
        output: Result<Option<OutputName>, Fatal>,
    ) -> Result<(Option<OutputName>, Query), Fatal> {
        // A format that is wrong counts as one that does not print rows.
        let wrong = || typed.output.as_ref().map(|_| OutputName::Plain(Output::Name));
        let assumed = output.as_ref().map_or_else(|_| wrong(), Clone::clone);
        let query = self.query_for(assumed.as_ref(), typed.output.as_deref().unwrap_or_default())?;
        Ok((output?, query))
    }

    /// Makes the query for a format; `typed` is the format as it was typed, if it was.
    fn query_for(&self, output: Option<&OutputName>, typed: &str) -> Result<Query, Fatal> {
        let label_columns = listed("--label-columns", &self.label_columns)?;
        let names_files = !self.filename.is_empty() || !self.kustomize.is_empty();
        // As in kubectl, a missing TYPE is reported before flags that exclude one another.
        if !self.args.is_empty() || names_files || !self.raw.is_empty() {
            self.check(output, typed)?;
        }
        let query = Query {
            args: self.args.clone(),
            namespace: self.namespace.clone(),
            all_namespaces: self.all_namespaces,
            selector: self.selector.clone(),
            field_selector: self.field_selector.clone(),
            want: want(output),
            trim: None,
            fields: None,
            show_labels: self.show_labels,
            label_columns,
            ignore_not_found: self.ignore_not_found,
            chunk_size: self.chunk_size,
            show_managed_fields: self.show_managed_fields
                || output.is_some_and(|output| output.output().shows_managed_fields())
                // kubectl removes them from objects only, and an event is not one.
                || self.watch.output_watch_events,
            subresource: match self.watch.is_on() || names_files {
                // As in kubectl, a watch and files get whole objects whatever the subresource is.
                true => String::new(),
                false => self.subresource.clone(),
            },
            plain_rows: !self.server_print,
            names_only: matches!(output, Some(OutputName::Plain(Output::Name))),
            raw: self.raw.clone(),
            sort_by: self.sort_by.clone(),
            files: self.files()?,
            watch: self.watch.is_on().then_some(Watch {
                // As in kubectl, --watch wins over --watch-only.
                only: !self.watch.watch,
                events: self.watch.output_watch_events,
                ..Watch::default()
            }),
        };
        exec::get::check(&query)?;
        Ok(query)
    }

    /// Refuses flags that exclude one another, in kubectl's words; `typed` is the format as it was typed, if it was.
    fn check(&self, output: Option<&OutputName>, typed: &str) -> Result<(), Fatal> {
        let refuse = |text: &str| Err(Fatal::usage(format!("error: {text}")).in_kubectls_words());
        if !self.raw.is_empty() {
            if !self.args.is_empty() {
                return refuse("arguments may not be passed when --raw is specified");
            }
            let selector = self.selector.as_deref().unwrap_or_default();
            if !selector.is_empty() || self.watch.is_on() {
                return refuse(
                    "--raw may not be specified with other flags that filter the server request or alter the output",
                );
            }
            // Records are how a pipe carries the answer, not another way to print it.
            if !matches!(output, None | Some(OutputName::Plain(Output::Ndjson))) {
                return refuse("--raw and --output are mutually exclusive");
            }
        }
        let has_labels = match output {
            None | Some(OutputName::Wide) => true,
            // As in kubectl, which checks what -o says and not --template.
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

#[cfg(all(test, feature = "cluster"))]
mod tests;
