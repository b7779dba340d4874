//! The default format: kubectl's table, with a column CLUSTER after NAME.
//!
//! Without that column and for one cluster it is kubectl's byte for byte, `--no-headers`, several types and kind prefixes
//! included. Each type has its own table. A cell is `<none>` if the cluster's server does not print the column and others
//! do.
//!
//! If the clusters are asked about their contexts' own namespaces and these differ, NAMESPACE is the first column, as with
//! `-A`.
//!
//! With that column, nothing that a cluster says can pass for something of another one: every row is one line, control
//! characters are escaped in pipes too, and no two columns have the same heading.

use crate::format::align::{Aligner, End, WIDEST, is_printable_ascii};
use crate::format::cell::Render;
use crate::format::cluster_rows::{ClusterRows, has_no_cluster};
use crate::format::escape;
use crate::format::group_rows;
use crate::format::headings::{CLUSTER, MISSING, NAME, NAMESPACE};
use crate::format::left_out::LeftOut;
use crate::format::line_error::LineError;
use crate::format::namespaces::Namespaces;
use crate::format::options::{Options, WRITE_SIZE};
use crate::format::printer::Printer;
use crate::format::row_store::{ColumnMap, RowStore, StoredRow, TypeRows};
use crate::record::headings::distinct;
use crate::record::{Asked, Cell, Cluster, Group, Outcome, Row};
use crate::term::{self, Label, Terminal};
use std::borrow::Cow;
use std::io::{self, Write};

/// The heading of the column that mc-exec adds for `--output-watch-events`.
const EVENT: &str = "EVENT";

/// Prints tables.
#[derive(Debug)]
pub(super) struct TablePrinter {
    options: Options,
    store: RowStore,
    /// Clusters that are rows themselves.
    fleet: ClusterRows,
    /// For each type, the widths of its columns so far.
    aligners: Vec<Aligner>,
    /// The type whose headings were printed last, and how many columns it had then.
    printed: Option<(usize, usize)>,
    /// The clusters' names as they are printed, by number, and whether all are plain.
    clusters: Vec<ShownCluster>,
    plain_clusters: bool,
    namespaces: Namespaces,
    /// True if a cluster answered for several types, though all rows may be of one.
    several_types: bool,
}

/// A cluster's name and the namespace that it is asked about, as they are printed.
#[derive(Debug)]
struct ShownCluster {
    name: String,
    namespace: String,
}

/// The content of a column.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Content {
    /// The name of the row's cluster.
    Cluster,
    /// The namespace that the row's cluster is asked about.
    Namespace,
    /// The cell of this index among the columns of the rows.
    Cell(usize),
}

/// A column of the table.
struct ShownColumn<'a> {
    heading: Cow<'a, str>,
    content: Content,
    is_name: bool,
    meaning: Meaning,
}

/// The meaning of a column's cells, which decides their colour.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Meaning {
    Cluster,
    Status,
    Heading,
    Other,
}

impl TablePrinter {
    pub(super) fn new(options: Options) -> Self {
        let render = Render::table(&options);
        Self::with_cells(options, render)
    }

    /// Returns a printer for custom columns, whose cells may have several lines where no cluster is shown.
    pub(super) fn of_columns(options: Options) -> Self {
        let render = Render::custom_columns(&options);
        Self::with_cells(options, render)
    }

    fn with_cells(options: Options, render: Render) -> Self {
        Self {
            store: RowStore::new(render, options.memory),
            options,
            fleet: ClusterRows::default(),
            aligners: Vec::new(),
            printed: None,
            clusters: Vec::new(),
            plain_clusters: true,
            namespaces: Namespaces::default(),
            several_types: false,
        }
    }
}

impl Printer for TablePrinter {
    fn row(&mut self, row: &Row<'_>) -> Result<(), LineError> {
        self.store.push(row)
    }

    fn cluster(&mut self, _line: &str, cluster: &Cluster<'_>) -> Result<(), LineError> {
        self.fleet.push(cluster, &self.options, false);
        Ok(())
    }

    fn group(&mut self, group: &Group<'_>) -> Result<(), LineError> {
        self.row(&group_rows::row(group, &self.options, true))
    }

    fn watched_row(&mut self, row: &mut Row<'_>, _output: &mut dyn Write) -> Result<(), LineError> {
        // kubectl gives all events one width, so that the columns after them stay in place.
        if let Some(event) = row.event
            && let Some((heading, cell)) = row.columns.0.first_mut()
            && *heading == *EVENT
            && matches!(cell, Cell::Text(text) if *text == *event.as_str())
        {
            *cell = Cell::from(format!("{:8}", event.as_str()));
        }
        self.row(row)
    }

    fn outcome(&mut self, outcome: &Outcome<'_>, _output: &mut dyn Write) -> io::Result<()> {
        self.several_types |= outcome.types > 1;
        Ok(())
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

    fn holds_rows(&self) -> bool {
        !self.store.is_empty() || !self.fleet.is_empty()
    }

    fn forget_answers(&mut self) {
        let several_types = self.several_types;
        *self = Self {
            several_types,
            ..Self::new(self.options.clone())
        };
    }

    /// Prints the rows so far and forgets them. Widths stay, and headings are not repeated for the same columns of the
    /// same type. Where there are several types, here or elsewhere, names are prefixed with their kind.
    fn print(&mut self, output: &mut dyn Write) -> io::Result<()> {
        for row in self.fleet.take(self.options.wide) {
            // No cluster has as many columns as would be too many.
            let _ = self.store.push(&row);
        }
        let with_kind = self.several_types || self.options.show_kind || self.store.several_types();
        for name in self.store.clusters.iter().skip(self.clusters.len()) {
            let namespace = term::escape(self.namespaces.of(name)).into_owned();
            let name = term::escape(name).into_owned();
            self.plain_clusters &= is_printable_ascii(&name) && is_printable_ascii(&namespace);
            self.clusters.push(ShownCluster { name, namespace });
        }
        // For a single cluster the table is kubectl's, in which a cell of any width widens its column.
        let limited = self.options.show_cluster_column || self.clusters.len() > 1;
        for (index, rows) in self.store.in_order() {
            if self.aligners.len() <= index {
                self.aligners.resize_with(index + 1, Aligner::default);
            }
            let Some(aligner) = self.aligners.get_mut(index) else {
                continue;
            };
            let shows_namespace = self.namespaces.differ()
                && self.options.show_cluster_column
                && rows.is_namespaced
                && !has_no_cluster(&rows.resource);
            let columns = rows.union.len() + usize::from(shows_namespace);
            let mut headings = false;
            if !self.options.no_headers {
                headings = self.printed != Some((index, columns));
                if self.printed.is_some_and(|(last, _)| last != index) {
                    output.write_all(b"\n")?;
                }
            }
            if headings {
                self.printed = Some((index, columns));
            }
            if limited {
                aligner.limit();
            }
            let batch = Batch::new(
                &self.options,
                rows,
                &self.clusters,
                shows_namespace,
                with_kind,
                headings,
            );
            let widths = batch.widths().filter(|_| self.plain_clusters);
            let widths = widths.filter(|widths| !limited || widths.iter().all(|width| *width <= WIDEST));
            batch.each_heading(|text, end, _| aligner.measure(text, end));
            match &widths {
                Some(widths) => aligner.measure_rows(widths),
                None => batch.each_cell(|text, end, _| {
                    aligner.measure(text, end);
                    Ok(())
                })?,
            }
            aligner.measured();
            let terminal = self.options.terminal;
            let mut lines = Vec::with_capacity(2 * WRITE_SIZE);
            let mut write = |lines: &mut Vec<u8>, text: &str, end: End, meaning: Meaning| {
                aligner.write(lines, text, end, |lines, text| {
                    paint(lines, terminal, meaning, text)
                });
            };
            batch.each_heading(|text, end, meaning| write(&mut lines, text, end, meaning));
            if widths.is_some() && !terminal.color {
                let widths = aligner.begin_rows(batch.shown.len());
                batch.write_plain(&widths, &mut lines, output)?;
            } else {
                batch.each_cell(|text, end, meaning| {
                    write(&mut lines, text, end, meaning);
                    if end == End::Row {
                        write_full(&mut lines, output)
                    } else {
                        Ok(())
                    }
                })?;
            }
            output.write_all(&lines)?;
            aligner.written();
        }
        self.store.clear();
        Ok(())
    }
}

/// A batch of rows of one type.
struct Batch<'a> {
    rows: &'a TypeRows,
    shown: Vec<ShownColumn<'a>>,
    /// The shown columns without CLUSTER, by their numbers in the union of the rows.
    order: Vec<u32>,
    /// The clusters by number.
    clusters: &'a [ShownCluster],
    /// The prefix of names, with its slash.
    kind: Option<String>,
    headings: bool,
}

impl<'a> Batch<'a> {
    fn new(
        options: &Options,
        rows: &'a TypeRows,
        clusters: &'a [ShownCluster],
        shows_namespace: bool,
        with_kind: bool,
        headings: bool,
    ) -> Self {
        let shows_cluster = options.show_cluster_column && !has_no_cluster(&rows.resource);
        let order = rows.union.order();
        let columns: Vec<_> = order
            .iter()
            .filter_map(|number| rows.union.get(*number))
            .collect();
        let texts: Vec<&str> = columns.iter().map(|column| &*column.heading).collect();
        let texts: Vec<Cow<'a, str>> = match (headings, shows_cluster) {
            (false, _) => texts.iter().map(|_| Cow::Borrowed("")).collect(),
            (true, true) if shows_namespace => distinct(&[CLUSTER, NAMESPACE], &texts),
            (true, true) => distinct(&[CLUSTER], &texts),
            (true, false) => texts.into_iter().map(Cow::Borrowed).collect(),
        };
        let mut shown: Vec<ShownColumn<'a>> = Vec::with_capacity(columns.len() + 1);
        shown.extend(
            columns
                .iter()
                .zip(texts)
                .enumerate()
                .map(|(index, (column, text))| ShownColumn {
                    heading: match is_printable_ascii(&text) {
                        true => text,
                        false => Cow::Owned(escape::line(&text, options).into_owned()),
                    },
                    content: Content::Cell(index),
                    is_name: *column.heading == *NAME && column.repetition == 0,
                    meaning: match &*column.heading {
                        "STATUS" | "HEALTH" => Meaning::Status,
                        _ => Meaning::Other,
                    },
                }),
        );
        if shows_cluster {
            let name = shown.iter().position(|column| column.is_name);
            let cluster = ShownColumn {
                heading: CLUSTER.into(),
                content: Content::Cluster,
                is_name: false,
                meaning: Meaning::Cluster,
            };
            shown.insert(name.map_or(0, |name| name + 1), cluster);
        }
        if shows_namespace {
            let is_event = columns.first().is_some_and(|column| *column.heading == *EVENT);
            let namespace = ShownColumn {
                heading: NAMESPACE.into(),
                content: Content::Namespace,
                is_name: false,
                meaning: Meaning::Other,
            };
            shown.insert(usize::from(is_event), namespace);
        }
        let with_kind = with_kind && !has_no_cluster(&rows.resource);
        Self {
            rows,
            shown,
            order,
            clusters,
            kind: with_kind.then(|| format!("{}/", escape::line(&rows.type_, options))),
            headings,
        }
    }

    /// Returns the end of a column's cells.
    fn end(&self, index: usize) -> End {
        match index + 1 < self.shown.len() {
            true => End::Cell,
            false => End::Row,
        }
    }

    /// Returns the greatest width of each column's cells, headings left out, if it is known without looking at them. All
    /// cells are of one piece then.
    fn widths(&self) -> Option<Vec<usize>> {
        let widths = self.rows.widths().filter(|_| self.kind.is_none())?;
        let clusters = || {
            self.rows
                .clusters()
                .filter_map(|cluster| self.clusters.get(cluster as usize))
        };
        let shown = self.shown.iter().map(|shown| match shown.content {
            Content::Cell(index) => widths.get(index).map(|width| *width as usize),
            Content::Cluster => clusters().map(|cluster| cluster.name.len()).max(),
            Content::Namespace => clusters().map(|cluster| cluster.namespace.len()).max(),
        });
        shown.collect()
    }

    /// Calls with each heading.
    fn each_heading(&self, mut call: impl FnMut(&str, End, Meaning)) {
        if self.headings {
            for (index, shown) in self.shown.iter().enumerate() {
                call(&shown.heading, self.end(index), Meaning::Heading);
            }
        }
    }

    /// Calls with each cell, row by row.
    fn each_cell(&self, mut call: impl FnMut(&str, End, Meaning) -> io::Result<()>) -> io::Result<()> {
        let mut prefixed = String::new();
        let order = self.order.iter().map(|number| Some(*number));
        let mut cells = ColumnMap::new(self.rows, order.collect());
        self.rows.each_row(|row| {
            let cells = cells.cells_of(row);
            for (index, shown) in self.shown.iter().enumerate() {
                let mut text = match shown.content {
                    Content::Cluster => self.cluster(row),
                    Content::Namespace => self.namespace(row),
                    Content::Cell(index) => match cells.get(index).copied().flatten() {
                        Some(cell) => row.cell(cell as usize),
                        None => MISSING,
                    },
                };
                if let Some(kind) = &self.kind
                    && shown.is_name
                {
                    prefixed.clear();
                    prefixed.push_str(kind);
                    prefixed.push_str(text);
                    text = &prefixed;
                }
                call(text, self.end(index), shown.meaning)?;
            }
            Ok(())
        })
    }

    /// Writes the rows if their [`widths`](Self::widths) are known, given the padded width of each cell but the last.
    fn write_plain(&self, widths: &[usize], lines: &mut Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
        let Some((last, shown)) = self.shown.split_last() else {
            return Ok(());
        };
        let padded: usize = widths.iter().sum();
        self.rows.each_row(|row| {
            // There is one layout, so a column has the same number there as in the union.
            let cell = |shown: &ShownColumn<'_>| match shown.content {
                Content::Cell(index) => row.bytes(index),
                Content::Cluster => self.cluster(row).as_bytes(),
                Content::Namespace => self.namespace(row).as_bytes(),
            };
            // Writing the cells over a line of blanks takes half as long as padding each.
            let mut at = lines.len();
            lines.resize(at + padded, b' ');
            for (shown, width) in shown.iter().zip(widths) {
                let cell = cell(shown);
                if let Some(room) = lines.get_mut(at..at + cell.len()) {
                    room.copy_from_slice(cell);
                }
                at += width;
            }
            lines.extend_from_slice(cell(last));
            lines.push(b'\n');
            write_full(lines, output)
        })
    }

    fn cluster(&self, row: StoredRow<'_>) -> &str {
        let cluster = self.clusters.get(row.cluster as usize);
        cluster.map_or("", |cluster| &cluster.name)
    }

    fn namespace(&self, row: StoredRow<'_>) -> &str {
        let cluster = self.clusters.get(row.cluster as usize);
        cluster.map_or("", |cluster| &cluster.namespace)
    }
}

/// Hands lines to the output once there are enough of them.
fn write_full(lines: &mut Vec<u8>, output: &mut dyn Write) -> io::Result<()> {
    if lines.len() >= WRITE_SIZE {
        output.write_all(lines)?;
        lines.clear();
    }
    Ok(())
}

fn paint(output: &mut Vec<u8>, terminal: Terminal, meaning: Meaning, text: &str) {
    let label = match meaning {
        _ if !terminal.color => None,
        Meaning::Cluster => Some(Label::Cluster),
        Meaning::Heading => Some(Label::Heading),
        Meaning::Status => status(text),
        Meaning::Other => None,
    };
    match label {
        Some(label) => output.extend_from_slice(terminal.paint(label, text).as_bytes()),
        None => output.extend_from_slice(text.as_bytes()),
    }
}

/// Returns the colour of common words in a STATUS or HEALTH column.
fn status(text: &str) -> Option<Label> {
    // A node may be `Ready,SchedulingDisabled`, a starting pod `Init:0/1`, a failed one `Init:Error`.
    let word = text.rsplit(':').next().unwrap_or(text);
    Some(match word {
        "Running" | "Ready" | "Active" | "Bound" | "Available" | "Healthy" | "True" | "Established" => {
            Label::Good
        }
        "Completed" | "Succeeded" | "Complete" => Label::Faint,
        "Pending" | "ContainerCreating" | "PodInitializing" | "Terminating" | "Unknown" | "Released"
        | "NotTriggerScaleUp" | "SchedulingGated" | "Suspended" => Label::Warning,
        "Error"
        | "Failed"
        | "NotReady"
        | "Unhealthy"
        | "Lost"
        | "Evicted"
        | "OOMKilled"
        | "DeadlineExceeded"
        | "ErrImagePull"
        | "ImagePullBackOff"
        | "CrashLoopBackOff"
        | "InvalidImageName"
        | "CreateContainerError"
        | "CreateContainerConfigError"
        | "RunContainerError"
        | "ContainerStatusUnknown"
        | "NodeLost" => Label::Bad,
        _ if text.starts_with("Ready,") || text.starts_with("Init:") => Label::Warning,
        _ if text.starts_with("NotReady,") => Label::Bad,
        _ => return None,
    })
}
