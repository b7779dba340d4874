//! Aligns columns as kubectl's `tabwriter` does (github.com/liggitt/tabwriter, minimal width 6, padding 3, widths
//! remembered), in two passes over the rows and without keeping their text.
//!
//! A cell is padded if another one follows it on its line, so a line ends in blanks if its last cell is empty.
//! Consecutive lines that have a cell in a column share the column's width; a line without one ends that run, and the
//! next run is at least as wide as those before it. A tab in a cell starts a new cell, a newline a new line.
//!
//! One difference is deliberate: kubectl counts characters, which misaligns wide ones. Here the columns of the terminal
//! are counted.

use unicode_width::UnicodeWidthStr;

/// The least width of a padded cell, padding included.
const MIN_WIDTH: usize = 6;

/// The blanks between a column's widest cell and the next column.
const PADDING: usize = 3;

/// The greatest width of a cell that widens its column where rows of several clusters are aligned. Without a limit, one
/// cell of a megabyte would add a megabyte to every row.
pub(crate) const WIDEST: usize = 4096;

/// The widths of a table's columns.
#[derive(Debug, Default)]
pub(crate) struct Aligner {
    /// The greatest width so far of each column. It is kept from one batch of rows to the next.
    remembered: Vec<usize>,
    /// For each column, the widths of its runs in this batch.
    runs: Vec<Vec<usize>>,
    /// For each column, the number of runs that the second pass has begun.
    begun: Vec<usize>,
    /// The next column, and the number of padded columns in the line before this one.
    column: usize,
    before: usize,
    /// True if cells wider than [`WIDEST`] are ignored.
    limited: bool,
}

/// The end of a cell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// Another cell follows.
    Cell,
    /// The row ends.
    Row,
}

impl End {
    /// Returns the end of the last piece of such a cell.
    fn of_piece(self) -> Break {
        match self {
            End::Cell => Break::Tab,
            End::Row => Break::Newline,
        }
    }
}

/// The end of a piece of a cell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Break {
    Tab,
    Newline,
    FormFeed,
}

impl Aligner {
    /// Ignores cells wider than [`WIDEST`] from now on.
    pub(crate) fn limit(&mut self) {
        self.limited = true;
    }

    fn is_too_wide(&self, width: usize) -> bool {
        self.limited && width > WIDEST
    }

    /// Measures the next cell, in the first pass.
    pub(crate) fn measure(&mut self, text: &str, end: End) {
        pieces(text, end, |_, width, end| match end {
            Break::Tab => self.measure_padded(width),
            _ => self.end_line(end),
        });
    }

    /// Measures rows whose cells are all of one piece, given the greatest width in each column.
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

    /// Ends the first pass.
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

    /// Writes the next cell, in the second pass, which is over the same cells. The output of `paint` must have the width
    /// of the text.
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

    /// Returns the padded width of each cell but the last, for rows whose cells are all of one piece. The caller writes
    /// these rows.
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

    /// Returns the padded width of the next cell, in the second pass.
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

    /// Ends the second pass. The next batch starts with the widths of this one.
    pub(crate) fn written(&mut self) {
        self.runs.clear();
        (self.column, self.before) = (0, 0);
    }

    fn end_line(&mut self, end: Break) {
        self.before = if end == Break::FormFeed { 0 } else { self.column };
        self.column = 0;
    }
}

/// Calls with each piece of a cell and its width. Nearly every cell is one piece of ASCII.
fn pieces(text: &str, end: End, mut each: impl FnMut(&str, usize, Break)) {
    let last = end.of_piece();
    if is_printable_ascii(text) {
        return each(text, text.len(), last);
    }
    let mut rest = text;
    // Tab, newline, vertical tab and form feed are consecutive.
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

/// Returns true for printable ASCII: a text of one piece, as wide as it has bytes.
pub(crate) fn is_printable_ascii(text: &str) -> bool {
    // No byte is further from a blank than a tilde is. A fold without an early exit is vectorised.
    let furthest = text
        .bytes()
        .fold(0, |most, byte| byte.wrapping_sub(b' ').max(most));
    furthest <= b'~' - b' '
}

/// Returns the width of a text on a terminal.
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
    fn last_cell_is_not_padded() {
        let rows: &[&[&str]] = &[
            &["NAME", "A", "LABELS"],
            &["x", "", ""],
            &["longer-name", "1", "a=b"],
        ];
        let expected = "NAME          A     LABELS\nx                   \nlonger-name   1     a=b\n";
        assert_eq!(aligned(&mut Aligner::default(), rows), expected);
    }

    #[test]
    fn tab_starts_a_column_and_later_runs_are_not_narrower() {
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
    fn widths_are_kept_between_batches() {
        let mut aligner = Aligner::default();
        assert_eq!(aligned(&mut aligner, &[&["abcdefgh", "x"]]), "abcdefgh   x\n");
        assert_eq!(aligned(&mut aligner, &[&["a", "x"]]), "a          x\n");
        assert_eq!(aligned(&mut aligner, &[&["abcdefghij", "x"]]), "abcdefghij   x\n");
        assert_eq!(aligned(&mut aligner, &[&["a", "x"]]), "a            x\n");
    }

    #[test]
    fn cell_wider_than_the_limit_does_not_widen_its_column() {
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
    fn wide_characters_are_aligned() {
        let rows: &[&[&str]] = &[&["日本", "x"], &["abcd", "x"], &["é", "x"]];
        assert_eq!(
            aligned(&mut Aligner::default(), rows),
            "日本   x\nabcd   x\né      x\n"
        );
    }

    proptest::proptest! {
        #[test]
        fn measuring_the_widest_cells_equals_measuring_all(rows in (1..5_usize).prop_flat_map(|cells| {
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
