//! A cell as text: as in kubectl's table, or in full.
//!
//! kubectl decodes a cell and prints it with Go's `fmt.Sprint` (`cli-runtime` `printers/tableprinter.go` and
//! `terminal.go`), and so does this module with numbers and lists.

use super::escape;
use super::options::Options;
use crate::json::{Tree, has_control};
use crate::jsonpath::Value;
use crate::record::Cell;
use crate::term;
use std::borrow::Cow;

/// Appends the text of a cell to that of a row's other cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Render {
    text: fn(&Cell<'_>, &mut String),
    escape: Option<fn(&str) -> Cow<'_, str>>,
}

impl Render {
    /// Renders cells as in kubectl's table: only the first line of a string, ESC as `^[`, null as nothing. In kubectl a
    /// tab begins a new column; on a terminal it is shown.
    pub(crate) fn table(options: &Options) -> Self {
        Self {
            text: in_table,
            escape: match (options.terminal.is_terminal, options.show_cluster_column) {
                (true, _) => Some(term::escape),
                // No cell can begin another column, or another row with another cluster's name.
                (false, true) => Some(term::escape_controls),
                (false, false) => None,
            },
        }
    }

    /// Renders cells as in kubectl's custom columns: all lines of a string, ESC as `^[`. In a table that names clusters,
    /// every row is one line.
    pub(crate) fn custom_columns(options: &Options) -> Self {
        Self {
            text: in_custom_column,
            escape: match (options.terminal.is_terminal, options.show_cluster_column) {
                (true, true) => Some(term::escape),
                (true, false) => Some(escape::lines),
                (false, true) => Some(term::escape_controls),
                (false, false) => None,
            },
        }
    }

    /// Renders cells in full, for machines: a string as it is, null as nothing, any other value in its JSON spelling.
    pub(crate) fn full() -> Self {
        Self {
            text: in_full,
            escape: None,
        }
    }

    pub(crate) fn append(self, cell: &Cell<'_>, out: &mut String) {
        let start = out.len();
        (self.text)(cell, out);
        if let Some(escape) = self.escape
            && let Some(Cow::Owned(escaped)) = out.get(start..).map(escape)
        {
            out.truncate(start);
            out.push_str(&escaped);
        }
    }
}

impl Default for Render {
    fn default() -> Self {
        Self::full()
    }
}

fn in_table(cell: &Cell<'_>, out: &mut String) {
    match cell {
        Cell::Text(text) if !has_control(text) => out.push_str(text),
        Cell::Text(text) => match text.find(['\u{c}', '\n', '\r']) {
            Some(end) => {
                escape_as_kubectl(&text[..end], out);
                out.push_str("...");
            }
            None => escape_as_kubectl(text, out),
        },
        Cell::Json(raw) => match raw.get() {
            "null" => {}
            json => escape_as_kubectl(&sprint(json), out),
        },
    }
}

fn in_custom_column(cell: &Cell<'_>, out: &mut String) {
    match cell {
        Cell::Text(text) => escape_as_kubectl(text, out),
        Cell::Json(_) => in_table(cell, out),
    }
}

fn in_full(cell: &Cell<'_>, out: &mut String) {
    match cell {
        Cell::Text(text) => out.push_str(text),
        Cell::Json(raw) if raw.get() == "null" => {}
        Cell::Json(raw) => out.push_str(raw.get()),
    }
}

fn escape_as_kubectl(text: &str, out: &mut String) {
    if !has_control(text) {
        return out.push_str(text);
    }
    for character in text.chars() {
        match character {
            '\u{1b}' => out.push_str("^["),
            '\r' => out.push_str("\\r"),
            _ => out.push(character),
        }
    }
}

/// Returns what Go's `fmt.Sprint` makes of a JSON value that is not a string.
fn sprint(json: &str) -> String {
    match Tree::of_valid(json) {
        Ok(tree) => Value::from(tree.root()).to_string(),
        // No API server prints a cell that is too deep or too large.
        Err(_) => json.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn options(is_terminal: bool, show_cluster_column: bool) -> Options {
        let mut options = crate::format::tests::options(crate::format::Output::Table);
        options.terminal.is_terminal = is_terminal;
        options.show_cluster_column = show_cluster_column;
        options
    }

    fn rendered(render: Render, json: &str) -> String {
        let mut out = String::new();
        render.append(&serde_json::from_str(json).unwrap(), &mut out);
        out
    }

    // What Go 1.26 printed for the same cells.
    #[test]
    fn cells_look_as_in_kubectl() {
        for (json, expected) in [
            ("null", ""),
            ("true", "true"),
            ("1", "1"),
            ("-0", "0"),
            ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "9.223372036854776e+18"),
            ("1.0", "1"),
            ("1.50", "1.5"),
            ("100000.0", "100000"),
            ("1e6", "1e+06"),
            ("123456789.0", "1.23456789e+08"),
            ("12345.678", "12345.678"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("1e100", "1e+100"),
            (r#"["a",1.5,null,[true]]"#, "[a 1.5 <nil> [true]]"),
            (r#"{"b":1,"a":"x"}"#, "map[a:x b:1]"),
            ("[]", "[]"),
            (r#""one\ntwo""#, "one..."),
            (r#""\r""#, "..."),
            (r#""a\fb""#, "a..."),
            (r#""\u001b[31mred\u0007""#, "^[[31mred\u{7}"),
            (r#"["a\rb\u001b"]"#, "[a\\rb^[]"),
            (r#""a\tb""#, "a\tb"),
        ] {
            assert_eq!(
                rendered(Render::table(&options(false, false)), json),
                expected,
                "{json}"
            );
        }
    }

    #[test]
    fn terminal_gets_no_control_characters() {
        assert_eq!(
            rendered(
                Render::table(&options(true, false)),
                r#""a\tb\u0007\u009b\u202e""#
            ),
            "a\\tb\\u{7}\\u{9b}\\u{202e}"
        );
    }

    #[test]
    fn cell_does_not_begin_a_row_or_a_column_in_a_table_with_clusters() {
        for (json, expected) in [
            (r#""a\tb\u000bc\u2028d\u0085""#, "a\\tb\\u{b}c\\u{2028}d\\u{85}"),
            (r#"["a\nb"]"#, "[a\\nb]"),
            (r#""a\nb""#, "a..."),
        ] {
            assert_eq!(rendered(Render::table(&options(false, true)), json), expected);
        }
        for is_terminal in [true, false] {
            let render = Render::custom_columns(&options(is_terminal, true));
            assert_eq!(rendered(render, r#""a\nb\u001b""#), "a\\nb^[");
        }
    }

    #[test]
    fn machines_get_the_whole_cell() {
        for (json, expected) in [
            ("null", ""),
            ("1.50", "1.50"),
            (r#""a\nb""#, "a\nb"),
            ("[1,\"a\"]", "[1,\"a\"]"),
        ] {
            assert_eq!(rendered(Render::full(), json), expected);
        }
    }
}
