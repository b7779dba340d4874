//! mc-format: prints records for people, spreadsheets and scripts.
//!
//! An output format is a [`Printer`](printer::Printer), one a file in `printers`. Which cluster failed, and why, goes to
//! `complain`, one line a call and exactly as it should be printed: some of these lines are kubectl's own and scripts
//! compare them.

mod align;
mod cell;
mod cluster_annotation;
mod cluster_columns;
mod cluster_names;
mod cluster_order;
mod cluster_rows;
mod column_union;
mod custom_columns;
mod escape;
mod failure_kinds;
mod failures;
mod fold_names;
mod formatter;
mod group_rows;
mod headings;
mod human_writer;
mod items;
mod left_out;
mod line_error;
mod namespaces;
mod options;
mod output;
mod printer;
mod printers;
mod report;
mod row_store;
mod stderr_summary;
mod syntax;
mod template_engine;
mod text_lines;
mod warnings;

pub use crate::spill::MOST_HELD;
pub use cluster_columns::{ClusterColumns, ClusterOrder};
#[cfg(feature = "cluster")]
pub(crate) use cluster_rows::FLEET;
pub use custom_columns::{CustomColumns, RowLayout};
pub use formatter::Formatter;
pub use human_writer::HumanWriter;
pub use options::Options;
pub use output::{FormatFlags, NAMES, Output, ParsedFormat, parse_output, parse_output_with, template_file};
pub use template_engine::Template;

use crate::exit::{Fatal, Status};
use crate::wire::{Line, LineReader};
use options::WRITE_SIZE;
use std::io::{BufWriter, Read, Write};

/// Prints the records of an input.
///
/// # Errors
/// Fails on the input or the output itself, and on an input without a line.
pub fn run(
    options: Options,
    input: impl Read,
    output: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<Status, Fatal> {
    let mut output = BufWriter::with_capacity(WRITE_SIZE, output);
    let mut formatter = Formatter::new(options);
    let mut reader = LineReader::new(input);
    loop {
        if !reader.has_buffered() {
            formatter
                .flush(&mut output)
                .map_err(|error| Fatal::output(&error))?;
        }
        match reader.next_numbered().map_err(|error| Fatal::input(&error))? {
            Some((number, Line::Text(line))) => formatter
                .line(number, line, &mut output, complain)
                .map_err(|error| Fatal::output(&error))?,
            Some((_, Line::Bad(bad))) => formatter.bad_line(&bad, complain),
            None => break,
        }
        if formatter.is_over() {
            break;
        }
    }
    // A long line has made its buffer long, and printing takes memory.
    drop(reader);
    let is_empty = formatter.is_empty();
    let status = formatter
        .finish(&mut output, complain)
        .map_err(|error| Fatal::output(&error))?;
    match is_empty {
        true => Err(Fatal::no_input()),
        false => Ok(status),
    }
}

#[cfg(test)]
mod tests;
