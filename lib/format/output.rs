//! `-o` and `--template`: the names of the formats, and kubectl's errors for any others
//! (`kubectl/pkg/cmd/get/get_flags.go`, `cli-runtime/pkg/genericclioptions`).

use super::custom_columns::{CustomColumns, RowLayout};
use super::template_engine::Template;
use crate::error_text::io_text;
use crate::exit::Fatal;
use crate::jsonpath::Fields;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

/// An output format (`-o`).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Output {
    /// The format that suits the records: a table of rows, JSON of objects, a list of clusters.
    #[default]
    Auto,
    /// kubectl's table with a column CLUSTER, as wide as the rows.
    Table,
    /// One MultiClusterResult as JSON.
    Json,
    /// One MultiClusterResult as YAML.
    Yaml,
    /// One MultiClusterResult as KYAML.
    Kyaml,
    /// `type/name`, prefixed with the cluster's name.
    Name,
    /// Comma-separated values (RFC 4180), CLUSTER first.
    Csv,
    /// Tab-separated values, CLUSTER first.
    Tsv,
    /// The records themselves.
    Ndjson,
    /// The output of a template for each cluster's answer.
    Template(Template),
    /// Columns that the user chose, as a table or as separated values.
    Columns(CustomColumns),
}

impl Output {
    /// Returns true if stderr reports that nothing was found, as kubectl does for its table.
    pub(super) fn is_for_people(&self) -> bool {
        matches!(self, Output::Auto | Output::Table | Output::Csv | Output::Tsv)
    }

    /// Returns true if it shows the columns of rows.
    pub fn shows_rows(&self) -> bool {
        self.is_for_people() || matches!(self, Output::Ndjson)
    }

    /// Returns true if it is made of whole objects instead of rows.
    pub fn needs_objects(&self) -> bool {
        matches!(
            self,
            Output::Json | Output::Yaml | Output::Kyaml | Output::Template(_) | Output::Columns(_)
        )
    }

    /// Returns the fields of an object that it looks at; `None` for all of them.
    pub fn fields(&self) -> Option<Arc<Fields>> {
        match self {
            Output::Columns(columns) => columns.fields(),
            _ => None,
        }
    }

    /// Returns true if it could show an object's managedFields, which kubectl leaves out of JSON and YAML only.
    pub fn shows_managed_fields(&self) -> bool {
        match self {
            Output::Template(_) => true,
            Output::Columns(columns) => columns.reach(&["metadata", "managedFields"]),
            _ => false,
        }
    }
}

/// The flags that choose the format.
#[derive(Clone, Copy, Debug)]
pub struct FormatFlags<'a> {
    /// `-o`; empty if it was not given.
    pub output: &'a str,
    /// `--template`; empty if it was not given.
    pub template: &'a str,
    /// `--allow-missing-template-keys`
    pub allow_missing_keys: bool,
}

/// A format, parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedFormat {
    /// The format.
    pub output: Output,
    /// True for a table with more columns.
    pub wide: bool,
}

/// The names that `-o` takes, sorted. Those of templates and columns are followed by `=` and the template or the
/// columns, unless `--template` has them.
pub const NAMES: [&str; 18] = [
    "csv",
    "custom-columns",
    "custom-columns-file",
    "go-template",
    "go-template-file",
    "json",
    "jsonpath",
    "jsonpath-as-json",
    "jsonpath-file",
    "kyaml",
    "name",
    "ndjson",
    "table",
    "template",
    "templatefile",
    "tsv",
    "wide",
    "yaml",
];

/// Parses the format, and reads the file of its template.
///
/// # Errors
/// kubectl's words for an unknown format, an invalid template, and a file that cannot be read.
pub fn parse_output(flags: FormatFlags<'_>) -> Result<ParsedFormat, Fatal> {
    parse_output_with(flags, &mut |path| std::fs::read(path))
}

/// Parses the format like [`parse_output`], but reads a file with `read_file`, which is called once at most.
///
/// # Errors
/// As [`parse_output`].
pub fn parse_output_with(
    flags: FormatFlags<'_>,
    read_file: &mut dyn FnMut(&str) -> io::Result<Vec<u8>>,
) -> Result<ParsedFormat, Fatal> {
    let mut read = |path: &str, failure: &str| {
        let bytes = read_file(path).map_err(|error| unreadable(&error, path, failure))?;
        Ok::<_, Fatal>(String::from_utf8_lossy(&bytes).into_owned())
    };
    let format = match flags.output {
        "" if flags.template.is_empty() => {
            return Ok(ParsedFormat {
                output: Output::Auto,
                wide: false,
            });
        }
        "" => "go-template",
        format => format,
    };
    let (name, argument) = name_and_argument(format, flags.template);
    let is_bare = !format.contains('=');
    let allow = flags.allow_missing_keys;
    let output = match name {
        "jsonpath" | "jsonpath-as-json" | "jsonpath-file" | "go-template" | "template"
        | "go-template-file" | "templatefile"
            if argument.is_empty() =>
        {
            Err("template format specified but no template given".to_owned())
        }
        "jsonpath" => Template::jsonpath(argument, allow, false).map(Output::Template),
        "jsonpath-as-json" => Template::jsonpath(argument, allow, true).map(Output::Template),
        "jsonpath-file" => {
            let text = read(argument, "error reading --template")?;
            Template::jsonpath(&text, allow, false).map(Output::Template)
        }
        "go-template" | "template" => Template::go(argument, allow).map(Output::Template),
        "go-template-file" | "templatefile" => {
            let text = read(argument, "error reading --template")?;
            Template::go(&text, allow).map(Output::Template)
        }
        "custom-columns-file" if !argument.is_empty() => {
            let text = match read(argument, "error reading template") {
                // kubectl only looks at whether the file can be opened, as a folder can, and then reads nothing.
                Err(_) if Path::new(argument).is_dir() => String::new(),
                text => text?,
            };
            CustomColumns::from_file(&text).map(Output::Columns)
        }
        "custom-columns" | "custom-columns-file" => {
            CustomColumns::from_spec(argument, RowLayout::Table).map(Output::Columns)
        }
        "csv" if !is_bare => CustomColumns::from_spec(argument, RowLayout::Csv).map(Output::Columns),
        "tsv" if !is_bare => CustomColumns::from_spec(argument, RowLayout::Tsv).map(Output::Columns),
        "wide" if is_bare => Ok(Output::Table),
        // As in kubectl, the case of these names does not matter, and so it is for our own.
        _ => Ok(match format.to_ascii_lowercase().as_str() {
            "json" => Output::Json,
            "yaml" => Output::Yaml,
            "kyaml" => Output::Kyaml,
            "name" => Output::Name,
            "table" => Output::Table,
            "csv" => Output::Csv,
            "tsv" => Output::Tsv,
            "ndjson" => Output::Ndjson,
            _ => return Err(no_such_format(format)),
        }),
    };
    Ok(ParsedFormat {
        output: output.map_err(|error| Fatal::usage(format!("error: {error}")).in_kubectls_words())?,
        wide: format == "wide",
    })
}

/// Returns the name of a format, and its template or columns. --template takes precedence, and the name must then have
/// no `=`.
fn name_and_argument<'a>(format: &'a str, template: &'a str) -> (&'a str, &'a str) {
    match format.split_once('=') {
        Some((name, argument)) if template.is_empty() => (name, argument),
        _ => (format, template),
    }
}

fn no_such_format(format: &str) -> Fatal {
    Fatal::usage(format!(
        "error: unable to match a printer suitable for the output format {}, allowed formats are: {}",
        crate::go::text::quote(format),
        NAMES.join(",")
    ))
    .in_kubectls_words()
}

/// Returns kubectl's error for a file: `<failure> <path>, open <path>: no such file or directory`.
fn unreadable(error: &io::Error, path: &str, failure: &str) -> Fatal {
    let operation = match error.kind() {
        ErrorKind::IsADirectory => "read",
        _ => "open",
    };
    let text = io_text(error);
    Fatal::failed(format!("error: {failure} {path}, {operation} {path}: {text}")).in_kubectls_words()
}

/// Returns the name of a format that reads its template or columns from a file, and the file's path.
pub fn template_file(flags: FormatFlags<'_>) -> Option<(&str, &str)> {
    let (name, argument) = name_and_argument(flags.output, flags.template);
    let is_file = matches!(
        name,
        "jsonpath-file" | "go-template-file" | "templatefile" | "custom-columns-file"
    );
    (is_file && !argument.is_empty()).then_some((name, argument))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn plain(output: Output) -> ParsedFormat {
        ParsedFormat { output, wide: false }
    }

    fn outcome(output: &str, template: &str) -> Result<ParsedFormat, String> {
        let flags = FormatFlags {
            output,
            template,
            allow_missing_keys: true,
        };
        parse_output(flags).map_err(|fatal| fatal.message)
    }

    #[test]
    fn names_of_formats() {
        for (typed, expected) in [
            ("", Output::Auto),
            ("table", Output::Table),
            ("json", Output::Json),
            ("JSON", Output::Json),
            ("yaml", Output::Yaml),
            ("KYaml", Output::Kyaml),
            ("Name", Output::Name),
            ("csv", Output::Csv),
            ("tsv", Output::Tsv),
            ("ndjson", Output::Ndjson),
        ] {
            assert_eq!(outcome(typed, "").unwrap(), plain(expected), "{typed}");
        }
        assert!(outcome("wide", "").unwrap().wide);
        assert_eq!(outcome("json", "{.x}").unwrap(), plain(Output::Json));
    }

    #[test]
    fn template_after_the_name_or_in_its_own_flag() {
        let inline = outcome("jsonpath={.a=b}", "").unwrap();
        assert_eq!(outcome("jsonpath", "{.a=b}").unwrap(), inline);
        assert!(matches!(inline.output, Output::Template(_)));
        let inline = outcome("go-template={{.a}}", "").unwrap();
        for name in ["", "go-template", "template"] {
            assert_eq!(outcome(name, "{{.a}}").unwrap(), inline);
        }
        assert_eq!(
            outcome("custom-columns=A:.a", "").unwrap(),
            outcome("custom-columns", "A:.a").unwrap()
        );
    }

    /// kubectl's own words.
    #[test]
    fn unknown_format_and_invalid_template() {
        let none = "error: template format specified but no template given";
        let columns = "error: custom-columns format specified but no custom columns given";
        for (typed, template, expected) in [
            ("jsonpath", "", none),
            ("jsonpath=", "", none),
            ("jsonpath-file", "", none),
            ("jsonpath-as-json=", "", none),
            ("go-template=", "", none),
            ("custom-columns", "", columns),
            ("custom-columns=", "", columns),
            ("custom-columns-file=", "", columns),
            (
                "jsonpath={.a",
                "",
                "error: error parsing jsonpath {.a, unclosed action",
            ),
            (
                "template={{.a",
                "",
                "error: error parsing template {{.a, template: output:1: unclosed action",
            ),
            (
                "templatefile=/does/not/exist",
                "",
                "error: error reading --template /does/not/exist, open /does/not/exist: no such file or directory",
            ),
            (
                "jsonpath-file=/does/not/exist",
                "",
                "error: error reading --template /does/not/exist, open /does/not/exist: no such file or directory",
            ),
            (
                "custom-columns-file=/does/not/exist",
                "",
                "error: error reading template /does/not/exist, open /does/not/exist: no such file or directory",
            ),
            (
                "custom-columns=NAME",
                "",
                "error: unexpected custom-columns spec: NAME, expected <header>:<json-path-expr>",
            ),
        ] {
            assert_eq!(outcome(typed, template).unwrap_err(), expected);
        }
        for (typed, template) in [
            ("x", ""),
            ("WIDE", ""),
            ("json=x", ""),
            ("jsonpath={.a}", "{.b}"),
            ("Jsonpath={.a}", ""),
            ("x\"y", ""),
        ] {
            let error = outcome(typed, template).unwrap_err();
            let start = format!(
                "error: unable to match a printer suitable for the output format {typed:?}, allowed formats are: csv,"
            );
            assert!(error.starts_with(&start), "{error}");
        }
    }
}
