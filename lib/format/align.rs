//! Columns as kubectl aligns them: what its `tabwriter` (github.com/liggitt/tabwriter, minimal width 6,
//! padding 3, widths remembered) does, in two passes over the rows and without keeping their text.
//!
//! A cell that something follows on its line is padded; the last one of a line is not, so that a line
//! ends in blanks where its last cell is empty. Lines that follow one another and have a cell in a
//! column share its width; a line without ends that run, and the next run is at least as wide as those
//! before it. A tab in a cell starts a new cell, a newline a new line.
//!
//! One difference is deliberate: kubectl counts characters, which misaligns wide ones. Here it is the
//! columns that they take on a terminal.

use unicode_width::UnicodeWidthStr;

/// Columns that a padded cell takes at least, padding included.
const MIN_WIDTH: usize = 6;

/// Blanks between a column's widest cell and the next column.
const PADDING: usize = 3;

/// A cell that takes more columns than this does not widen its column where rows of several clusters are aligned: else
/// one cell of a megabyte would make that of each row.
pub(crate) const WIDEST: usize = 4096;

/// The widths of a table's columns.
#[derive(Debug, Default)]
pub(crate) struct Aligner {
    /// The greatest width so far of each column, kept from one batch of rows to the next.
    remembered: Vec<usize>,
    /// For each column, the widths of its runs in this batch.
    runs: Vec<Vec<usize>>,
    /// For each column, how many of its runs the second pass has begun.
    begun: Vec<usize>,
    /// The column that comes next, and how many padded ones the line before this one had.
    column: usize,
    before: usize,
    /// True if cells wider than [`WIDEST`] count for nothing.
    limited: bool,
}

/// What ends a cell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// Another cell.
    Cell,
    /// The end of the row.
    Row,
}

impl End {
    /// What ends the last piece of such a cell.
    fn of_piece(self) -> Break {
        match self {
            End::Cell => Break::Tab,
            End::Row => Break::Newline,
        }
    }
}

/// What ends a piece of a cell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Break {
    Tab,
    Newline,
    FormFeed,
}

impl Aligner {
    /// From now on only cells that are not wider than [`WIDEST`] widen their columns.
    pub(crate) fn limit(&mut self) {
        self.limited = true;
    }

    fn is_too_wide(&self, width: usize) -> bool {
        self.limited && width > WIDEST
    }

    /// First pass: takes the next cell's width into account.
    pub(crate) fn measure(&mut self, text: &str, end: End) {
        pieces(text, end, |_, width, end| match end {
            Break::Tab => self.measure_padded(width),
            _ => self.end_line(end),
        });
    }

    /// The same for rows that all have these cells, each of one piece, of which a width is the greatest in its
    /// column.
    pub(crate) fn measure_rows(&mut self, widths: &[usize]) {
        let padded = widths.len().saturating_sub(1);
        widths
            .iter()
            .take(padded)
            .for_each(|width| self.measure_padded(*width));
        self.end_line(Break::Newline);
    }

    fn measure_padded(&mut self, width: usize) {
        let width = if self.is_too_wide(width) { 0 } else { width };
        let width = (width + PADDING).max(MIN_WIDTH);
        if self.runs.len() <= self.column {
            self.runs.resize(self.column + 1, Vec::new());
        }
        let continues = self.column < self.before;
        if let Some(runs) = self.runs.get_mut(self.column) {
            match runs.last_mut() {
                Some(run) if continues => *run = width.max(*run),
                _ => runs.push(width),
            }
        }
        self.column += 1;
    }

    /// Between the passes.
    pub(crate) fn measured(&mut self) {
        if self.remembered.len() < self.runs.len() {
            self.remembered.resize(self.runs.len(), 0);
        }
        for (runs, remembered) in self.runs.iter_mut().zip(&mut self.remembered) {
            for run in runs {
                *run = (*run).max(*remembered);
                *remembered = *run;
            }
        }
        self.begun = vec![0; self.runs.len()];
        (self.column, self.before) = (0, 0);
    }

    /// Second pass, over the same cells: writes the next one. What `paint` makes of its text must take as
    /// many columns as the text itself.
    pub(crate) fn write(
        &mut self,
        output: &mut Vec<u8>,
        text: &str,
        end: End,
        paint: impl Fn(&mut Vec<u8>, &str),
    ) {
        pieces(text, end, |piece, width, end| {
            paint(output, piece);
            self.write_end(output, width, end);
        });
    }

    /// The same for rows that all have so many cells, each of one piece: how wide each of these is with its padding.
    /// The rows are for the caller to write; the last cell of each is not padded.
    pub(crate) fn begin_rows(&mut self, cells: usize) -> Vec<usize> {
        let widths = (1..cells).map(|_| self.padded_width()).collect();
        self.end_line(Break::Newline);
        widths
    }

    fn write_end(&mut self, output: &mut Vec<u8>, width: usize, end: Break) {
        if end != Break::Tab {
            self.end_line(end);
            return output.push(b'\n');
        }
        let padding = match (self.padded_width(), self.is_too_wide(width)) {
            (_, true) => PADDING,
            (padded, false) => padded.saturating_sub(width),
        };
        output.resize(output.len() + padding, b' ');
    }

    /// Second pass: how wide the next cell is with its padding.
    fn padded_width(&mut self) -> usize {
        let continues = self.column < self.before;
        let mut width = 0;
        if let (Some(begun), Some(runs)) = (self.begun.get_mut(self.column), self.runs.get(self.column)) {
            *begun += usize::from(!continues);
            width = runs.get(begun.saturating_sub(1)).copied().unwrap_or_default();
        }
        self.column += 1;
        width
    }

    /// After the second pass: the next batch starts with the widths of this one.
    pub(crate) fn written(&mut self) {
        self.runs.clear();
        (self.column, self.before) = (0, 0);
    }

    fn end_line(&mut self, end: Break) {
        self.before = if end == Break::FormFeed { 0 } else { self.column };
        self.column = 0;
    }
}

/// Calls with each piece of a cell and the columns that it takes. Nearly every cell is one piece of ASCII.
fn pieces(text: &str, end: End, mut each: impl FnMut(&str, usize, Break)) {
    let last = end.of_piece();
    if is_plain(text) {
        return each(text, text.len(), last);
    }
    let mut rest = text;
    // Tab, newline, vertical tab and form feed are neighbours.
    while let Some(at) = rest.bytes().position(|byte| (b'\t'..=0x0c).contains(&byte)) {
        let ends = match rest.as_bytes().get(at) {
            Some(b'\n') => Break::Newline,
            Some(0x0c) => Break::FormFeed,
            _ => Break::Tab,
        };
        each(&rest[..at], width(&rest[..at]), ends);
        rest = &rest[at + 1..];
    }
    each(rest, width(rest), last);
}

/// Whether a text is one piece, and takes as many columns as it has bytes: printable ASCII.
pub(crate) fn is_plain(text: &str) -> bool {
    // All at once, for which the compiler takes wide registers: no byte is further from a blank than a tilde is.
    let furthest = text
        .bytes()
        .fold(0, |most, byte| byte.wrapping_sub(b' ').max(most));
    furthest <= b'~' - b' '
}

/// The columns that a text takes.
fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::strategy::Strategy;

    fn aligned(aligner: &mut Aligner, rows: &[&[&str]]) -> String {
        let ends = |row: &[&str], index: usize| {
            if index + 1 == row.len() {
                End::Row
            } else {
                End::Cell
            }
        };
        for row in rows {
            for (index, cell) in row.iter().enumerate() {
                aligner.measure(cell, ends(row, index));
            }
        }
        aligner.measured();
        let mut output = Vec::new();
        let plain = |output: &mut Vec<u8>, text: &str| output.extend_from_slice(text.as_bytes());
        for row in rows {
            for (index, cell) in row.iter().enumerate() {
                aligner.write(&mut output, cell, ends(row, index), plain);
            }
        }
        aligner.written();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn the_last_cell_is_not_padded() {
        let rows: &[&[&str]] = &[
            &["NAME", "A", "LABELS"],
            &["x", "", ""],
            &["longer-name", "1", "a=b"],
        ];
        let expected = "NAME          A     LABELS\nx                   \nlonger-name   1     a=b\n";
        assert_eq!(aligned(&mut Aligner::default(), rows), expected);
    }

    #[test]
    fn a_tab_starts_a_column_and_later_runs_are_no_narrower() {
        let rows: &[&[&str]] = &[
            &["a", "b"],
            &["123456789\tx", "b"],
            &["c", "d\te"],
            &["f"],
            &["g", "h"],
        ];
        let expected = "a           b\n123456789   x     b\nc           d     e\nf\ng           h\n";
        assert_eq!(aligned(&mut Aligner::default(), rows), expected);
    }

    #[test]
    fn widths_grow_from_batch_to_batch() {
        let mut aligner = Aligner::default();
        assert_eq!(aligned(&mut aligner, &[&["abcdefgh", "x"]]), "abcdefgh   x\n");
        assert_eq!(aligned(&mut aligner, &[&["a", "x"]]), "a          x\n");
        assert_eq!(aligned(&mut aligner, &[&["abcdefghij", "x"]]), "abcdefghij   x\n");
        assert_eq!(aligned(&mut aligner, &[&["a", "x"]]), "a            x\n");
    }

    #[test]
    fn a_cell_that_is_too_wide_widens_no_other() {
        let huge = "x".repeat(WIDEST + 1);
        let most = "x".repeat(WIDEST);
        let mut aligner = Aligner::default();
        aligner.limit();
        let text = aligned(&mut aligner, &[&[huge.as_str(), "y"], &["abcd", "y"]]);
        assert_eq!(text, format!("{huge}   y\nabcd   y\n"));
        let text = aligned(&mut Aligner::default(), &[&[huge.as_str(), "y"], &["abcd", "y"]]);
        assert_eq!(text.len(), 2 * (WIDEST + 1 + "   y\n".len()));
        let text = aligned(&mut aligner, &[&[most.as_str(), "y"], &["abcd", "y"]]);
        assert_eq!(text.len(), 2 * (WIDEST + "   y\n".len()));
    }

    #[test]
    fn wide_characters_align() {
        let rows: &[&[&str]] = &[&["日本", "x"], &["abcd", "x"], &["é", "x"]];
        assert_eq!(
            aligned(&mut Aligner::default(), rows),
            "日本   x\nabcd   x\né      x\n"
        );
    }

    proptest::proptest! {
        /// Rows of plain cells come out alike whether each of them is measured or only the widest.
        #[test]
        fn the_widest_cells_stand_for_all(rows in (1..5_usize).prop_flat_map(|cells| {
            proptest::collection::vec(proptest::collection::vec("[ -~]{0,9}", cells), 1..6)
        })) {
            let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
            let cells: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
            let (mut whole, mut short) = (Aligner::default(), Aligner::default());
            // The first batch widens the second, in which a heading stands above.
            for heading in [None, Some("HEADING")] {
                let heading: Vec<&str> = heading.iter().flat_map(|text| vec![*text; cells[0].len()]).collect();
                let mut batch = cells.clone();
                if !heading.is_empty() {
                    batch.insert(0, &heading);
                }
                let expected = aligned(&mut whole, &batch);
                let widths: Vec<usize> = (0..cells[0].len())
                    .map(|index| cells.iter().map(|row| row[index].len()).max().unwrap())
                    .collect();
                let end = |index: usize| if index + 1 == widths.len() { End::Row } else { End::Cell };
                heading.iter().enumerate().for_each(|(index, cell)| short.measure(cell, end(index)));
                short.measure_rows(&widths);
                short.measured();
                let mut output = Vec::new();
                let plain = |output: &mut Vec<u8>, text: &str| output.extend_from_slice(text.as_bytes());
                heading.iter().enumerate().for_each(|(index, cell)| short.write(&mut output, cell, end(index), plain));
                let mut output = String::from_utf8(output).unwrap();
                let padded = short.begin_rows(widths.len());
                for row in &cells {
                    let (last, cells) = row.split_last().unwrap();
                    for (cell, width) in cells.iter().zip(&padded) {
                        output.push_str(&format!("{cell:width$}"));
                    }
                    output.push_str(&format!("{last}\n"));
                }
                short.written();
                proptest::prop_assert_eq!(output, expected);
            }
        }
    }
}
