//! Rows that are spelled as the one before them but for their values, as most rows are: where the values stand is
//! known then, and what else such a row says need not be found out again.

use super::align::is_plain;
use super::row_store::Place;
use crate::json::{has_control, quote_or_backslash};
use crate::record::{Cell, Row};

/// More digits than any count has, and few enough for each such number to be printed as it is spelled.
const DIGITS: usize = 18;

/// How the line of the last row is spelled around its values: its namespace, its name, its cells, and what it is
/// sorted by. A value is a string without escapes, or a whole number. All else, be it the cluster, a heading, a field
/// that nobody knows or a blank, is the same in each line of one shape, so that such a line is a record, as the first
/// was, and belongs to the same rows.
///
/// Where those are may change when other rows come between: then the shape has to be [forgotten](Self::forget).
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// The line without its values.
    frame: String,
    /// The values in the order of the line.
    slots: Vec<Slot>,
    /// The number of values before the first cell.
    first_cell: usize,
    /// The number of cells.
    cells: usize,
    /// Where its rows belong; `None` while there is no shape.
    place: Option<Place>,
}

/// Where a value stands.
#[derive(Debug)]
struct Slot {
    /// So many bytes of the frame stand between the value before and this one.
    framed: usize,
    /// Whether it is a string, whose quotes are the frame's.
    is_text: bool,
    /// In the line that fitted last.
    start: usize,
    end: usize,
}

/// What is to be kept of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fitting<'a> {
    /// Where it belongs.
    pub(super) place: Place,
    /// Whether all of its line is plain, as [`is_plain`] has it, and so are its cells.
    pub(super) is_plain: bool,
    line: &'a str,
    cells: &'a [Slot],
}

impl<'a> Fitting<'a> {
    /// The texts of its cells.
    pub(super) fn cells(&self) -> impl ExactSizeIterator<Item = &'a str> {
        let line = self.line;
        let cell = move |slot: &Slot| line.get(slot.start..slot.end);
        self.cells.iter().map(move |slot| cell(slot).unwrap_or_default())
    }

    /// The same in bytes.
    pub(super) fn bytes(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + Clone {
        let line = self.line.as_bytes();
        let cell = move |slot: &Slot| line.get(slot.start..slot.end);
        self.cells.iter().map(move |slot| cell(slot).unwrap_or_default())
    }
}

impl Shape {
    /// Forgets it: until a row is [learned](Self::learn) no line has it.
    pub(super) fn forget(&mut self) {
        self.place = None;
    }

    /// Takes note of how the line of a row is spelled, which has been kept at a place. It has no shape if a cell is
    /// another kind of value or stands before the name.
    pub(super) fn learn(&mut self, line: &str, row: &Row<'_>, place: Place) {
        self.place = self.take_apart(line, row).map(|()| place);
    }

    fn take_apart(&mut self, line: &str, row: &Row<'_>) -> Option<()> {
        self.frame.clear();
        self.slots.clear();
        let mut behind = 0;
        // One that is spelled in an unusual way is a part of the frame, as one that is not there.
        for text in [&row.namespace, &row.name] {
            let _ = self.add(line, text, true, &mut behind);
        }
        self.first_cell = self.slots.len();
        self.cells = row.columns.0.len();
        for (_, cell) in &row.columns.0 {
            match cell {
                Cell::Text(text) => self.add(line, text, true, &mut behind)?,
                Cell::Json(number) => self.add(line, number.get(), false, &mut behind)?,
            }
        }
        if let Some(sort) = row.sort {
            let list = sort.get();
            let list = list.strip_prefix(r#"{"by":"#).unwrap_or(list);
            let list = list.strip_suffix('}').unwrap_or(list);
            let only = list.strip_prefix('[').and_then(|list| list.strip_suffix(']'));
            let only = only.unwrap_or(list);
            let text = only.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            let _ = self.add(line, text.unwrap_or(only), text.is_some(), &mut behind);
        }
        self.frame.push_str(line.get(behind..)?);
        Some(())
    }

    /// Adds a value that stands in a line as it is, behind the one before.
    fn add(&mut self, line: &str, value: &str, is_text: bool, behind: &mut usize) -> Option<()> {
        // What has been read without being copied is found by its address.
        let start = value.as_ptr().addr().checked_sub(line.as_ptr().addr())?;
        let end = start + value.len();
        let is_there = match is_text {
            true => text_end(line.as_bytes(), start) == Some(end) && line.get(..start)?.ends_with('"'),
            false => number_end(line.as_bytes(), start) == Some(end),
        };
        if !is_there {
            return None;
        }
        let framed = line.get(*behind..start)?;
        self.frame.push_str(framed);
        self.slots.push(Slot {
            framed: framed.len(),
            is_text,
            start,
            end,
        });
        *behind = end;
        Some(())
    }

    /// What is to be kept of a row, if its line has this shape.
    pub(super) fn fit<'a>(&'a mut self, line: &'a str) -> Option<Fitting<'a>> {
        let place = self.place?;
        let (mut rest, mut frame) = (line.as_bytes(), self.frame.as_bytes());
        for slot in &mut self.slots {
            let (piece, behind) = frame.split_at_checked(slot.framed)?;
            frame = behind;
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
        let is_plain = is_plain(line);
        // JSON has none as they are.
        if !is_plain && has_control(line) {
            return None;
        }
        Some(Fitting {
            place,
            is_plain,
            line,
            cells: self.slots.get(self.first_cell..)?.get(..self.cells)?,
        })
    }
}

/// What stands behind a piece of the frame. Most pieces are short: two looks at eight bytes each, which may overlap, cost
/// less than a comparison that is made for long ones.
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

/// Where the text of a string without escapes ends that starts at a place.
fn text_end(line: &[u8], start: usize) -> Option<usize> {
    quote_or_backslash(line, start).filter(|end| line.get(*end) == Some(&b'"'))
}

/// The same of a whole number, printed as it is spelled.
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
    use crate::format::cell;
    use crate::format::row_store::Sheets;

    /// The shape of a line that is a row.
    fn shape(line: &str) -> Shape {
        let row: Row<'_> = serde_json::from_str(line).unwrap();
        let mut sheets = Sheets::new(cell::full, usize::MAX);
        sheets.push(&row).unwrap();
        let mut shape = Shape::default();
        shape.learn(line, &row, sheets.last_place().unwrap());
        shape
    }

    fn cells(shape: &mut Shape, line: &str) -> Option<Vec<String>> {
        shape
            .fit(line)
            .map(|row| row.cells().map(str::to_owned).collect())
    }

    const POD: &str = r#"{"kind":"Row","cluster":"c","resource":"pods","namespace":"n","name":"x","columns":{"NAME":"x","N":1,"AGE":""},"sort":{"by":["x"]}}"#;

    #[test]
    fn a_row_fits_that_differs_in_its_values() {
        let mut shape = shape(POD);
        assert_eq!(cells(&mut shape, POD).unwrap(), ["x", "1", ""]);
        assert!(shape.fit(POD).unwrap().is_plain);
        let line = r#"{"kind":"Row","cluster":"c","resource":"pods","namespace":"","name":"longer","columns":{"NAME":"é, \u007f","N":20,"AGE":"5d"},"sort":{"by":["2026-01-01T00:00:00Z"]}}"#;
        let line = line.replace("\\u007f", "\u{7f}");
        assert_eq!(cells(&mut shape, &line).unwrap(), ["é, \u{7f}", "20", "5d"]);
        assert!(!shape.fit(&line).unwrap().is_plain);
        shape.forget();
        assert_eq!(cells(&mut shape, POD), None);
    }

    #[test]
    fn nothing_else_fits() {
        let mut shape = shape(POD);
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
            assert_eq!(cells(&mut shape, &line), None, "{line}");
        }
        assert_eq!(cells(&mut shape, ""), None);
        assert!(cells(&mut shape, POD).is_some());
    }

    #[test]
    fn what_is_unusual_is_a_part_of_the_frame() {
        let line = r#"{"kind": "Row", "cluster": "c", "name": "\n", "x": "y", "columns": {"NAME": "x"}, "sort": [1, 2]}"#;
        let mut shape = shape(line);
        let other = line.replace(r#""x"}"#, r#""another"}"#);
        assert_eq!(cells(&mut shape, &other).unwrap(), ["another"]);
        for (from, to) in [(r"\n", "n"), ("\"y\"", "\"z\""), ("2]", "3]"), ("c\"", "c\" ")] {
            assert_eq!(cells(&mut shape, &line.replacen(from, to, 1)), None);
        }
    }

    #[test]
    fn some_rows_have_no_shape() {
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
            assert_eq!(cells(&mut shape(&line), &line), None, "{line}");
        }
        let line = r#"{"kind":"Row","cluster":"c","columns":{"NAME":"x"},"name":"x"}"#;
        assert_eq!(cells(&mut shape(line), line), None);
    }
}
