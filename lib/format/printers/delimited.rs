//! `-o csv` and `-o tsv`: comma- and tab-separated values, for spreadsheets and scripts.
//!
//! They are one table with one row of headings: CLUSTER, then TYPE if there are several types, then NAMESPACE if the
//! clusters are asked about their contexts' own namespaces and these differ, then the union of the
//! types' columns. Cells are whole, and escaped only on a terminal; a cell that a row does not have is empty. CSV is
//! RFC 4180 but for its line ends, which are `\n`, as Unix tools want them. TSV has no quotes: tab, newline, carriage
//! return and backslash are `\t`, `\n`, `\r` and `\\`.
//!
//! No two columns have the same heading: CLUSTER and TYPE are ours, and a server's column of that name gets a number
//! after it. Cells are what clusters say, byte for byte, control characters included, and a spreadsheet may read one as
//! a formula: `--escape-formulas` prevents that. Scripts get them as they are.
//!
//! With `--stream` the headings are repeated when the columns change.

use crate::format::cell::Render;
use crate::format::cluster_rows::{ClusterRows, has_no_cluster};
use crate::format::column_union::ColumnUnion;
use crate::format::escape;
use crate::format::group_rows;
use crate::format::headings::{CLUSTER, NAMESPACE};
use crate::format::left_out::LeftOut;
use crate::format::line_error::LineError;
use crate::format::namespaces::Namespaces;
use crate::format::options::Options;
use crate::format::printer::Printer;
use crate::format::row_store::{ColumnMap, RowStore};
use crate::record::headings::distinct;
use crate::record::{self, Asked, Cell, Cluster, Group, Row, Text};
use crate::term::Terminal;
use std::borrow::Cow;
use std::io::{self, Write};

/// The character between two values.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Separator {
    /// CSV.
    Comma,
    /// TSV.
    Tab,
}

/// Prints separated values.
#[derive(Debug)]
pub(super) struct DelimitedPrinter {
    options: Options,
    separator: Separator,
    store: RowStore,
    /// Clusters that are rows themselves.
    fleet: ClusterRows,
    /// The columns of all types.
    union: ColumnUnion,
    /// For each type, the numbers of its columns in the union of all types, by their numbers in its own.
    numbers: Vec<Vec<u32>>,
    namespaces: Namespaces,
    /// True if there was a row that is not a cluster itself.
    has_answers: bool,
    headings: Vec<String>,
}

impl DelimitedPrinter {
    pub(super) fn new(options: Options, separator: Separator) -> Self {
        Self {
            store: RowStore::new(Render::full(), options.memory),
            options,
            separator,
            fleet: ClusterRows::default(),
            namespaces: Namespaces::default(),
            union: ColumnUnion::default(),
            numbers: Vec::new(),
            has_answers: false,
            headings: Vec::new(),
        }
    }
}

impl Printer for DelimitedPrinter {
    fn row(&mut self, row: &Row<'_>) -> Result<(), LineError> {
        self.store.push(row)
    }

    fn cluster(&mut self, _line: &str, cluster: &Cluster<'_>) -> Result<(), LineError> {
        self.fleet.push(cluster, &self.options, true);
        Ok(())
    }

    fn group(&mut self, group: &Group<'_>) -> Result<(), LineError> {
        self.row(&group_rows::row(group, &self.options, false))
    }

    fn text(&mut self, text: &Text<'_>) -> Result<bool, LineError> {
        for line in text.text.lines() {
            self.row(&Row {
                cluster: text.cluster.as_str().into(),
                columns: record::Columns(vec![("TEXT".into(), Cell::from(line))]),
                resource: "text".into(),
                ..Row::default()
            })?;
        }
        Ok(true)
    }

    fn asked(&mut self, asked: &Asked<'_>) {
        self.namespaces.saw(asked);
    }

    fn row_store(&mut self) -> Option<&mut RowStore> {
        Some(&mut self.store)
    }

    fn left_out(&mut self) -> Option<&mut LeftOut> {
        Some(&mut self.store.left_out)
    }

    fn forget_answers(&mut self) {
        self.store.clear();
        self.fleet.clear();
    }

    fn print(&mut self, output: &mut dyn Write) -> io::Result<()> {
        for row in self.fleet.take(true) {
            // No cluster has as many columns as would be too many.
            let _ = self.store.push(&row);
        }
        if self.store.is_empty() {
            return Ok(());
        }
        let types = self.store.in_order();
        for (index, rows) in &types {
            if self.numbers.len() <= *index {
                self.numbers.resize_with(index + 1, Vec::new);
            }
            if let Some(numbers) = self.numbers.get_mut(*index)
                && numbers.len() < rows.union.len()
            {
                let order = rows.union.order();
                let columns = order.iter().filter_map(|number| rows.union.get(*number));
                let united = self.union.add(columns);
                numbers.resize(rows.union.len(), 0);
                for (own, united) in order.iter().zip(united) {
                    if let Some(number) = numbers.get_mut(*own as usize) {
                        *number = united;
                    }
                }
            }
        }
        // Rows of a list of clusters have their names already.
        self.has_answers |= types.iter().any(|(_, rows)| !has_no_cluster(&rows.resource));
        let with_cluster = self.options.show_cluster_column && self.has_answers;
        let with_type = self.store.several_types();
        let with_namespace =
            with_cluster && self.namespaces.differ() && types.iter().any(|(_, rows)| rows.is_namespaced);
        let order = self.union.order();
        let mut headings: Vec<&str> = Vec::with_capacity(order.len() + 3);
        headings.extend(with_cluster.then_some(CLUSTER));
        headings.extend(with_type.then_some("TYPE"));
        headings.extend(with_namespace.then_some(NAMESPACE));
        let columns = order.iter().filter_map(|number| self.union.get(*number));
        headings.extend(columns.map(|column| &*column.heading));
        let headings = distinct(&[], &headings);

        let mut lines = Lines::new(self.separator, &self.options, output);
        if headings != self.headings {
            if !self.options.no_headers {
                lines.write(headings.iter().map(|heading| &**heading))?;
            }
            self.headings = headings.into_iter().map(Cow::into_owned).collect();
        }
        for (index, rows) in &types {
            let mut own = vec![None; order.len()];
            for (number, united) in (0_u32..).zip(self.numbers.get(*index).into_iter().flatten()) {
                if let Some(place) = own.get_mut(*united as usize) {
                    *place = Some(number);
                }
            }
            let own = order
                .iter()
                .map(|united| own.get(*united as usize).copied().flatten());
            let mut cells = ColumnMap::new(rows, own.collect());
            rows.each_row(|row| {
                let cluster = with_cluster.then(|| self.store.clusters.name(row.cluster));
                let type_ = with_type.then_some(&*rows.type_);
                let namespace = with_namespace.then(|| match rows.is_namespaced {
                    true => self.namespaces.of(self.store.clusters.name(row.cluster)),
                    false => "",
                });
                let cells = cells.cells_of(row).iter();
                let cells = cells.map(|cell| cell.map_or("", |cell| row.cell(cell as usize)));
                lines.write(cluster.into_iter().chain(type_).chain(namespace).chain(cells))
            })?;
        }
        lines.flush()?;
        self.store.clear();
        Ok(())
    }
}

/// Writes lines of separated values.
struct Lines<'a> {
    writer: Writer<'a>,
    terminal: Terminal,
    escape_formulas: bool,
}

enum Writer<'a> {
    Comma(Box<csv::Writer<&'a mut dyn Write>>),
    Tab(&'a mut dyn Write),
}

impl<'a> Lines<'a> {
    fn new(separator: Separator, options: &Options, output: &'a mut dyn Write) -> Self {
        let writer = match separator {
            // Flexible, so that a wrong number of values is not an error.
            Separator::Comma => Writer::Comma(Box::new(
                csv::WriterBuilder::new().flexible(true).from_writer(output),
            )),
            Separator::Tab => Writer::Tab(output),
        };
        Self {
            writer,
            terminal: options.terminal,
            escape_formulas: options.escape_formulas,
        }
    }

    fn write<'v>(&mut self, values: impl Iterator<Item = &'v str>) -> io::Result<()> {
        let (terminal, escape) = (self.terminal, self.escape_formulas);
        let values = values.map(|value| if escape { as_text(value) } else { value.into() });
        match &mut self.writer {
            Writer::Comma(writer) => {
                for value in values {
                    // Newlines are harmless within quotes.
                    let value = match terminal.is_terminal {
                        true => escape::lines(&value).into_owned().into(),
                        false => value,
                    };
                    writer.write_field(value.as_bytes()).map_err(io_error)?;
                }
                writer.write_record(None::<&[u8]>).map_err(io_error)
            }
            Writer::Tab(output) => {
                for (index, value) in values.enumerate() {
                    if index > 0 {
                        output.write_all(b"\t")?;
                    }
                    output.write_all(escape::text(&escape_tsv(&value), terminal).as_bytes())?;
                }
                output.write_all(b"\n")
            }
        }
    }

    fn flush(self) -> io::Result<()> {
        match self.writer {
            // Empties the writer only: the output is flushed by its owner.
            Writer::Comma(writer) => writer
                .into_inner()
                .map(|_| ())
                .map_err(csv::IntoInnerError::into_error),
            Writer::Tab(_) => Ok(()),
        }
    }
}

/// Returns a value that a spreadsheet reads as text: one that could begin a formula gets a `'` in front (OWASP, CSV
/// injection). A number stays one.
fn as_text(value: &str) -> Cow<'_, str> {
    let begins_one = value.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if begins_one && value.parse::<f64>().is_err() {
        Cow::Owned(format!("'{value}"))
    } else {
        Cow::Borrowed(value)
    }
}

fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn escape_tsv(text: &str) -> Cow<'_, str> {
    if !text.contains(['\t', '\n', '\r', '\\']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\t' => escaped.push_str("\\t"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\\' => escaped.push_str("\\\\"),
            _ => escaped.push(character),
        }
    }
    Cow::Owned(escaped)
}
