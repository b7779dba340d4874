//! Lines of rows that differ from the line before in their values only, as most lines do: their values are found
//! without reading them as JSON again.

use super::group::RowGroup;
use crate::format::align::is_printable_ascii;
use crate::json::{has_control, quote_or_backslash};
use crate::record::{Cell, Row};

/// The most digits of a number in a cell. Longer ones might be printed differently from how they are spelled.
const DIGITS: usize = 18;

/// The line of the last row without its values: its namespace, its name, its cells, and its sort key. A value is a
/// string without escapes or a whole number. Everything else has to be the same, byte for byte: the cluster, headings,
/// unknown fields, blanks. A line that fits is therefore a record, as the first one was, and belongs to the same group.
///
/// A group is only valid until other rows are pushed: then the template has to be [forgotten](Self::forget).
#[derive(Debug, Default)]
pub(super) struct RowTemplate {
    /// The line without its values.
    frame: String,
    /// The values in the order of the line.
    slots: Vec<Slot>,
    /// The number of values before the first cell.
    first_cell: usize,
    /// The number of cells.
    cells: usize,
    /// The group of the rows; `None` while there is no template.
    group: Option<RowGroup>,
}

/// The place of a value in the line.
#[derive(Debug)]
struct Slot {
    /// The bytes of the frame between the value before and this one.
    framed: usize,
    /// True for a string, whose quotes belong to the frame.
    is_text: bool,
    /// In the line that fitted last.
    start: usize,
    end: usize,
}

/// The row of a line that fits.
#[derive(Clone, Copy, Debug)]
pub(super) struct FittingRow<'a> {
    pub(super) group: RowGroup,
    /// True if the whole line is printable ASCII; then its cells are, too.
    pub(super) is_plain: bool,
    line: &'a str,
    cells: &'a [Slot],
}

impl<'a> FittingRow<'a> {
    /// Returns the texts of the cells.
    pub(super) fn cells(&self) -> impl ExactSizeIterator<Item = &'a str> {
        let line = self.line;
        let cell = move |slot: &Slot| line.get(slot.start..slot.end);
        self.cells.iter().map(move |slot| cell(slot).unwrap_or_default())
    }

    /// Returns the same in bytes.
    pub(super) fn bytes(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + Clone {
        let line = self.line.as_bytes();
        let cell = move |slot: &Slot| line.get(slot.start..slot.end);
        self.cells.iter().map(move |slot| cell(slot).unwrap_or_default())
    }
}

impl RowTemplate {
    /// Lets no line fit until the next [`learn`](Self::learn).
    pub(super) fn forget(&mut self) {
        self.group = None;
    }

    /// Learns the line of a row that was put into a group. There is no template if a cell is another kind of value or
    /// comes before the name.
    pub(super) fn learn(&mut self, line: &str, row: &Row<'_>, group: RowGroup) {
        self.group = self.take_apart(line, row).map(|()| group);
    }

    fn take_apart(&mut self, line: &str, row: &Row<'_>) -> Option<()> {
        self.frame.clear();
        self.slots.clear();
        let mut last_end = 0;
        // A value that is missing, or spelled in an unusual way, becomes part of the frame.
        for text in [&row.namespace, &row.name] {
            let _ = self.add(line, text, true, &mut last_end);
        }
        self.first_cell = self.slots.len();
        self.cells = row.columns.0.len();
        for (_, cell) in &row.columns.0 {
            match cell {
                Cell::Text(text) => self.add(line, text, true, &mut last_end)?,
                Cell::Json(number) => self.add(line, number.get(), false, &mut last_end)?,
            }
        }
        if let Some(sort) = row.sort {
            let list = sort.get();
            let list = list.strip_prefix(r#"{"by":"#).unwrap_or(list);
            let list = list.strip_suffix('}').unwrap_or(list);
            let only = list.strip_prefix('[').and_then(|list| list.strip_suffix(']'));
            let only = only.unwrap_or(list);
            let text = only.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            let _ = self.add(line, text.unwrap_or(only), text.is_some(), &mut last_end);
        }
        self.frame.push_str(line.get(last_end..)?);
        Some(())
    }

    /// Adds a value that comes after the last one and is in the line as it is.
    fn add(&mut self, line: &str, value: &str, is_text: bool, last_end: &mut usize) -> Option<()> {
        // A value that was read without being copied is found by its address.
        let start = value.as_ptr().addr().checked_sub(line.as_ptr().addr())?;
        let end = start + value.len();
        let is_there = match is_text {
            true => text_end(line.as_bytes(), start) == Some(end) && line.get(..start)?.ends_with('"'),
            false => number_end(line.as_bytes(), start) == Some(end),
        };
        if !is_there {
            return None;
        }
        let framed = line.get(*last_end..start)?;
        self.frame.push_str(framed);
        self.slots.push(Slot {
            framed: framed.len(),
            is_text,
            start,
            end,
        });
        *last_end = end;
        Some(())
    }

    /// Returns the row of a line that fits.
    pub(super) fn fit<'a>(&'a mut self, line: &'a str) -> Option<FittingRow<'a>> {
        let group = self.group?;
        let (mut rest, mut frame) = (line.as_bytes(), self.frame.as_bytes());
        for slot in &mut self.slots {
            let (piece, next) = frame.split_at_checked(slot.framed)?;
            frame = next;
            rest = strip(rest, piece)?;
            slot.start = line.len() - rest.len();
            let length = match slot.is_text {
                true => quote_or_backslash(rest, 0)?,
                false => number_end(rest, 0)?,
            };
            slot.end = slot.start + length;
            rest = rest.get(length..)?;
        }
        if rest != frame {
            return None;
        }
        let is_plain = is_printable_ascii(line);
        // JSON does not allow them unescaped.
        if !is_plain && has_control(line) {
            return None;
        }
        Some(FittingRow {
            group,
            is_plain,
            line,
            cells: self.slots.get(self.first_cell..)?.get(..self.cells)?,
        })
    }
}

/// Returns the rest of a line after a piece of the frame. Most pieces are short: two comparisons of eight bytes, which
/// may overlap, cost less than one that is made for long ones.
fn strip<'a>(line: &'a [u8], piece: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(piece.len())?;
    let is_same = match (piece.first_chunk::<8>(), piece.last_chunk::<8>()) {
        (Some(first), Some(last)) if piece.len() <= 16 => {
            start.first_chunk() == Some(first) && start.last_chunk() == Some(last)
        }
        _ => start == piece,
    };
    is_same.then_some(rest)
}

/// Returns the end of a string without escapes whose text starts at `start`.
fn text_end(line: &[u8], start: usize) -> Option<usize> {
    quote_or_backslash(line, start).filter(|end| line.get(*end) == Some(&b'"'))
}

/// Returns the end of a whole number that is printed as it is spelled.
fn number_end(line: &[u8], start: usize) -> Option<usize> {
    let rest = line.get(start..)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let leads = digits > 1 && rest.first() == Some(&b'0');
    (1..=DIGITS)
        .contains(&digits)
        .then_some(start + digits)
        .filter(|_| !leads)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn template(line: &str) -> RowTemplate {
        let row: Row<'_> = serde_json::from_str(line).unwrap();
        let group = RowGroup {
            type_index: 0,
            cluster: 0,
            layout: 0,
        };
        let mut template = RowTemplate::default();
        template.learn(line, &row, group);
        template
    }

    fn cells(template: &mut RowTemplate, line: &str) -> Option<Vec<String>> {
        template
            .fit(line)
            .map(|row| row.cells().map(str::to_owned).collect())
    }

    const POD: &str = r#"{"kind":"Row","cluster":"c","resource":"pods","namespace":"n","name":"x","columns":{"NAME":"x","N":1,"AGE":""},"sort":{"by":["x"]}}"#;

    #[test]
    fn row_with_other_values_fits() {
        let mut template = template(POD);
        assert_eq!(cells(&mut template, POD).unwrap(), ["x", "1", ""]);
        assert!(template.fit(POD).unwrap().is_plain);
        let line = r#"{"kind":"Row","cluster":"c","resource":"pods","namespace":"","name":"longer","columns":{"NAME":"é, \u007f","N":20,"AGE":"5d"},"sort":{"by":["2026-01-01T00:00:00Z"]}}"#;
        let line = line.replace("\\u007f", "\u{7f}");
        assert_eq!(cells(&mut template, &line).unwrap(), ["é, \u{7f}", "20", "5d"]);
        assert!(!template.fit(&line).unwrap().is_plain);
        template.forget();
        assert_eq!(cells(&mut template, POD), None);
    }

    #[test]
    fn line_with_any_other_difference_does_not_fit() {
        let mut template = template(POD);
        for (from, to) in [
            (r#""c""#, r#""d""#),
            ("pods", "pod"),
            ("NAME", "NAM"),
            (r#""NAME":"x""#, r#""NAME":"\u0078""#),
            (r#""NAME":"x""#, "\"NAME\":\"\t\""),
            (r#""NAME":"x""#, r#""NAME":1"#),
            (r#""NAME":"x""#, r#""NAME":"x"#),
            (r#""NAME":"x""#, r#""NAME":"x","NAME":"x""#),
            (":1,", ":\"1\","),
            (":1,", ":01,"),
            (":1,", ":-1,"),
            (":1,", ":1.0,"),
            (":1,", ":,"),
            (":1,", ":1234567890123456789,"),
            (r#""name":"x","#, ""),
            (r#"["x"]"#, r#"["x","y"]"#),
            ("]}}", "]},\"event\":\"ADDED\"}"),
            ("]}}", "]}"),
            ("]}}", "]}} "),
        ] {
            let line = POD.replacen(from, to, 1);
            assert_ne!(line, POD, "{from}");
            assert_eq!(cells(&mut template, &line), None, "{line}");
        }
        assert_eq!(cells(&mut template, ""), None);
        assert!(cells(&mut template, POD).is_some());
    }

    #[test]
    fn unusual_spelling_is_part_of_the_frame() {
        let line = r#"{"kind": "Row", "cluster": "c", "name": "\n", "x": "y", "columns": {"NAME": "x"}, "sort": [1, 2]}"#;
        let mut template = template(line);
        let other = line.replace(r#""x"}"#, r#""another"}"#);
        assert_eq!(cells(&mut template, &other).unwrap(), ["another"]);
        for (from, to) in [(r"\n", "n"), ("\"y\"", "\"z\""), ("2]", "3]"), ("c\"", "c\" ")] {
            assert_eq!(cells(&mut template, &line.replacen(from, to, 1)), None);
        }
    }

    #[test]
    fn rows_without_a_template() {
        for cell in [
            "null",
            "true",
            "-1",
            "1.5",
            "[]",
            r#""\n""#,
            "1234567890123456789",
        ] {
            let line = format!(r#"{{"kind":"Row","cluster":"c","columns":{{"NAME":"x","A":{cell}}}}}"#);
            assert_eq!(cells(&mut template(&line), &line), None, "{line}");
        }
        let line = r#"{"kind":"Row","cluster":"c","columns":{"NAME":"x"},"name":"x"}"#;
        assert_eq!(cells(&mut template(line), line), None);
    }
}
