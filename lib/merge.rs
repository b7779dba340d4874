//! Puts the records of all clusters in order and sums up how they ended (mc-merge).
//!
//! Rows and objects come out in the order in which kubectl would print them: by the position of their type in what was
//! asked for, then by cluster, then in the order of the API server. A row with `sort` goes by that instead of the
//! server's order, and before the cluster where it says so. Every line is passed on byte for byte. The output is, in
//! this order:
//!
//! 1. Cluster, Asked and Problem records and kinds that this release does not know, as they arrive;
//! 2. rows and objects, in the order above;
//! 3. texts, by cluster, each cluster's in the order of arrival;
//! 4. Results, by cluster;
//! 5. one Summary, unless there was nothing to sum up.
//!
//! With [`Options::stream`] everything but the Summary passes in the order of arrival. Rows and objects of a watch
//! always do.
//!
//! With [`Options::strategy`], rows and objects are put together in another way: each is a file that implements `Order`.
//! Group records of other mc-merges are added up in any case.

mod compare;
mod computation;
mod expect;
mod field;
mod group_by;
mod groups;
mod key_bytes;
mod merger;
mod object_diff;
mod order;
mod row_key;
mod sort_keys;
mod spilled;
mod strategy;
mod table_order;
mod top;
mod union;

pub use computation::Computation;
pub use field::{Field, is_path, split_list};
pub use merger::{Merger, Options};
pub(crate) use merger::{no_room, not_a_record};
pub use object_diff::IgnoredFields;
pub use strategy::{CompareSpec, GroupSpec, Strategy, TopSpec};

use crate::exit::{Fatal, Status};
use crate::wire::{Line, LineReader};
use std::io::{BufWriter, Read, Write};

/// Bytes that are written at once. A pipe holds 64 KiB on Linux.
const WRITE_SIZE: usize = 64 << 10;

/// Runs mc-merge.
///
/// # Errors
/// Any error of the input or the output, and an input without any record.
pub fn run(
    options: Options,
    input: impl Read,
    output: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<Status, Fatal> {
    let mut output = BufWriter::with_capacity(WRITE_SIZE, output);
    let expect = options.expect.clone();
    let mut merger = Merger::new(options);
    let mut reader = LineReader::new(input);
    loop {
        // A record that passes at once must not wait in the buffer while this process waits for input.
        if !reader.has_buffered() {
            output.flush().map_err(|error| Fatal::output(&error))?;
        }
        match reader.next_numbered().map_err(|error| Fatal::input(&error))? {
            Some((number, Line::Text(line))) => merger.line(number, line, &mut output),
            Some((_, Line::Bad(bad))) => merger.bad_line(&bad, &mut output),
            None => break,
        }
        .map_err(|error| Fatal::output(&error))?;
        merger.problem().iter().for_each(|problem| complain(problem));
    }
    let is_empty = merger.is_empty();
    let finish = || {
        merger.end(&mut output)?;
        merger.problem().iter().for_each(|problem| complain(problem));
        if let Some(path) = &expect {
            expect::read(&mut merger, path, &mut output, complain)?;
        }
        let status = match is_empty {
            true => None,
            false => Some(merger.finish(&mut output)?),
        };
        output.flush()?;
        Ok(status)
    };
    let status = finish().map_err(|error| Fatal::output(&error))?;
    status.ok_or_else(Fatal::no_input)
}

#[cfg(test)]
mod tests;
