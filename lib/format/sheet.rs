//! Rows kept for printing: the cells' text in one piece, headings once per distinct list of them.
//!
//! Servers of different versions print different columns of one type. A sheet has the union of them: a
//! column that only some rows have stands behind the one that it follows there. A heading may stand twice
//! in a row, and its two columns are kept apart.

use super::align::is_plain;
use super::cell::Render;
use crate::merge::{Arena, Names, Span};
use crate::record::{Columns, Row, argument, within_argument};

/// What is printed where a row lacks a column that others of its type have.
pub(crate) const MISSING: &str = "<none>";

/// The heading that CLUSTER stands behind, and whose cells get the kind in front.
pub(crate) const NAME: &str = "NAME";

/// The rows of one type.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// As in [`Row::position`].
    pub(crate) position: u32,
    /// As in [`Row::resource`].
    pub(crate) resource: Box<str>,
    /// As in [`Row::type_`], or the resource where a row has none.
    pub(crate) type_: Box<str>,
    /// The union of columns.
    pub(crate) union: Vec<Column>,
    layouts: Vec<Vec<Column>>,
    last_layout: u32,
    rows: Vec<Entry>,
    /// The end of each cell, counted from the start of its row's text.
    ends: Vec<u32>,
    texts: Arena,
    /// The greatest length of each cell, where all rows have one layout.
    longest: Vec<u32>,
    /// Whether all cells are plain, as [`is_plain`] has it.
    is_plain: bool,
}

/// A column: its heading, and which of the columns with that heading it is, from 0.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Column {
    pub(crate) heading: Box<str>,
    pub(crate) repetition: u32,
}

/// Where rows of one cluster, one type and one list of columns belong, in the [`Sheets`] that it comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    sheet: usize,
    cluster: u32,
    layout: u32,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    cluster: u32,
    layout: u32,
    first_end: usize,
    text: Span,
}

/// A row of a sheet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SheetRow<'a> {
    /// The number of its cluster.
    pub(crate) cluster: u32,
    /// Which of the sheet's layouts it has.
    pub(crate) layout: usize,
    ends: &'a [u32],
    text: &'a [u8],
}

impl<'a> SheetRow<'a> {
    /// The text of a cell, counted in the row's own layout.
    pub(crate) fn cell(&self, index: usize) -> &'a str {
        // That it is one is checked again, which costs next to nothing.
        std::str::from_utf8(self.bytes(index)).unwrap_or_default()
    }

    /// The same in bytes, which are UTF-8.
    pub(crate) fn bytes(&self, index: usize) -> &'a [u8] {
        let end = |index: usize| self.ends.get(index).map_or(0, |end| *end as usize);
        let start = index.checked_sub(1).map_or(0, end);
        self.text.get(start..end(index)).unwrap_or_default()
    }
}

impl Sheet {
    fn new(row: &Row<'_>) -> Self {
        let type_ = if row.type_.is_empty() {
            &row.resource
        } else {
            &row.type_
        };
        Self {
            position: row.position,
            resource: row.resource.as_str().into(),
            type_: type_.as_str().into(),
            union: Vec::new(),
            layouts: Vec::new(),
            last_layout: 0,
            rows: Vec::new(),
            ends: Vec::new(),
            texts: Arena::default(),
            longest: Vec::new(),
            is_plain: true,
        }
    }

    /// Keeps a row whose cells are put behind one another by `append`, which is given `text` as room for them.
    fn push<C>(
        &mut self,
        place: Place,
        cells: impl ExactSizeIterator<Item = C>,
        mut append: impl FnMut(C, &mut String),
        text: &mut String,
    ) {
        let first_end = self.ends.len();
        text.clear();
        if self.longest.len() < cells.len() {
            self.longest.resize(cells.len(), 0);
        }
        let mut start = 0;
        for (cell, longest) in cells.zip(&mut self.longest) {
            append(cell, text);
            let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
            self.ends.push(end);
            *longest = (*longest).max(end - start);
            start = end;
        }
        self.is_plain = self.is_plain && is_plain(text);
        let text = self.texts.keep(text);
        self.add(place, first_end, text);
    }

    /// The same of cells that are plain and are kept as they are.
    fn push_plain<'a>(&mut self, place: Place, cells: impl ExactSizeIterator<Item = &'a [u8]> + Clone) {
        let first_end = self.ends.len();
        if self.longest.len() < cells.len() {
            self.longest.resize(cells.len(), 0);
        }
        let mut end = 0;
        let widths = cells.clone().zip(&mut self.longest);
        self.ends.extend(widths.map(|(cell, longest)| {
            let width = u32::try_from(cell.len()).unwrap_or(u32::MAX);
            *longest = width.max(*longest);
            end = width.saturating_add(end);
            end
        }));
        let text = self.texts.keep_parts(end as usize, cells);
        self.add(place, first_end, text);
    }

    fn add(&mut self, place: Place, first_end: usize, text: Span) {
        self.rows.push(Entry {
            cluster: place.cluster,
            layout: place.layout,
            first_end,
            text,
        });
    }

    /// The number of the layout that these columns have.
    fn layout(&mut self, columns: &Columns<'_>) -> u32 {
        let same = |layout: &Vec<Column>| {
            layout.len() == columns.0.len()
                && layout
                    .iter()
                    .zip(&columns.0)
                    .all(|(column, (heading, _))| *heading == *column.heading)
        };
        if self.layouts.get(self.last_layout as usize).is_some_and(same) {
            return self.last_layout;
        }
        let index = self.layouts.iter().position(same).unwrap_or_else(|| {
            let mut layout: Vec<Column> = Vec::with_capacity(columns.0.len());
            for (heading, _) in &columns.0 {
                let repetition = layout.iter().filter(|column| *heading == *column.heading).count();
                layout.push(Column {
                    heading: heading.as_str().into(),
                    repetition: u32::try_from(repetition).unwrap_or(u32::MAX),
                });
            }
            unite(&mut self.union, &layout);
            self.layouts.push(layout);
            self.layouts.len() - 1
        });
        self.last_layout = u32::try_from(index).unwrap_or(u32::MAX);
        self.last_layout
    }

    /// Its rows, in the order in which they came.
    pub(crate) fn rows(&self) -> impl Iterator<Item = SheetRow<'_>> {
        self.rows.iter().enumerate().map(|(index, entry)| {
            let next = self.rows.get(index + 1);
            let ends = entry.first_end..next.map_or(self.ends.len(), |next| next.first_end);
            SheetRow {
                cluster: entry.cluster,
                layout: entry.layout as usize,
                ends: self.ends.get(ends).unwrap_or_default(),
                text: self.texts.get_bytes(entry.text),
            }
        })
    }

    /// For each of the union's columns the greatest width of its cells, headings aside: where that is known without
    /// looking at them.
    pub(crate) fn widths(&self) -> Option<&[u32]> {
        // A union of one layout is that layout.
        (self.is_plain && self.layouts.len() == 1).then_some(self.longest.as_slice())
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// For each layout and each of the given columns, the cell that belongs there.
    pub(crate) fn places(&self, columns: &[Column]) -> Vec<Vec<Option<usize>>> {
        let of_layout = |layout: &Vec<Column>| {
            columns
                .iter()
                .map(|column| layout.iter().position(|own| own == column))
                .collect()
        };
        self.layouts.iter().map(of_layout).collect()
    }

    /// Forgets the rows and keeps the columns.
    fn clear(&mut self) {
        self.rows.clear();
        self.ends.clear();
        self.texts = Arena::default();
        self.longest.clear();
        self.is_plain = true;
    }
}

/// Adds columns to a union, each behind the one that it follows.
pub(crate) fn unite(union: &mut Vec<Column>, layout: &[Column]) {
    let mut behind = 0;
    for column in layout {
        behind = match union.iter().position(|known| known == column) {
            Some(at) => at + 1,
            None => {
                union.insert(behind, column.clone());
                behind + 1
            }
        };
    }
}

/// The sheets of a run, and the clusters that their rows are from.
#[derive(Debug)]
pub(crate) struct Sheets {
    render: Render,
    pub(crate) clusters: Names,
    sheets: Vec<Sheet>,
    last: usize,
    /// Where the last row went.
    last_place: Option<Place>,
    /// Where a row's text is put together.
    text: String,
}

impl Sheets {
    /// None yet; cells will be kept as `render` makes them.
    pub(crate) fn new(render: Render) -> Self {
        Self {
            render,
            clusters: Names::default(),
            sheets: Vec::new(),
            last: 0,
            last_place: None,
            text: String::new(),
        }
    }

    /// Keeps a row.
    pub(crate) fn push(&mut self, row: &Row<'_>) {
        let cluster = self.clusters.number(&row.cluster).0;
        let same = |sheet: &Sheet| {
            argument(sheet.position) == argument(row.position) && row.resource == *sheet.resource
        };
        if !self.sheets.get(self.last).is_some_and(same) {
            let same = self.sheets.iter().position(same).or_else(|| self.continued(row));
            self.last = same.unwrap_or_else(|| {
                self.sheets.push(Sheet::new(row));
                self.sheets.len() - 1
            });
        }
        if let Some(sheet) = self.sheets.get_mut(self.last) {
            let place = Place {
                sheet: self.last,
                cluster,
                layout: sheet.layout(&row.columns),
            };
            let cells = row.columns.0.iter().map(|(_, cell)| cell);
            sheet.push(place, cells, self.render, &mut self.text);
            self.last_place = Some(place);
        }
    }

    /// Where the row that was pushed last went.
    pub(crate) fn last_place(&self) -> Option<Place> {
        self.last_place
    }

    /// Keeps a row that belongs where another one went, given its cells, which are strings.
    pub(crate) fn push_at<'a>(&mut self, place: Place, cells: impl ExactSizeIterator<Item = &'a str>) {
        if let Some(sheet) = self.sheets.get_mut(place.sheet) {
            let render = |cell: &'a str, text: &mut String| (self.render)(&cell.into(), text);
            sheet.push(place, cells, render, &mut self.text);
        }
    }

    /// The same where they are plain, as [`is_plain`] has it: to every [`Render`] they look as they are.
    pub(crate) fn push_plain<'a>(
        &mut self,
        place: Place,
        cells: impl ExactSizeIterator<Item = &'a [u8]> + Clone,
    ) {
        if let Some(sheet) = self.sheets.get_mut(place.sheet) {
            sheet.push_plain(place, cells);
        }
    }

    /// The sheet that a row of `pod/a svc/missing pod/b` goes on with: names of another type stand between, and no
    /// cluster has them. Another version of the type right behind it begins a sheet, as in kubectl.
    fn continued(&self, row: &Row<'_>) -> Option<usize> {
        row.sort.as_ref()?;
        let before = self.sheets.iter().enumerate();
        let before = before.filter(|(_, sheet)| sheet.position < row.position);
        let (index, sheet) = before.max_by_key(|(_, sheet)| sheet.position)?;
        (row.resource == *sheet.resource && within_argument(row.position) == 0).then_some(index)
    }

    /// The sheets with their numbers, in the order of their arguments, and those of a category as they came.
    pub(crate) fn in_order(&self) -> Vec<(usize, &Sheet)> {
        let mut sheets: Vec<(usize, &Sheet)> = self.sheets.iter().enumerate().collect();
        sheets.sort_by_key(|(_, sheet)| argument(sheet.position));
        sheets
    }

    /// Whether there are rows of more than one type, those that were forgotten included.
    pub(crate) fn several_types(&self) -> bool {
        let first = self.sheets.first().map(|sheet| &sheet.resource);
        self.sheets.iter().any(|sheet| Some(&sheet.resource) != first)
    }

    /// Whether no rows are kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.sheets.iter().all(Sheet::is_empty)
    }

    /// Forgets the rows and keeps the columns.
    pub(crate) fn clear(&mut self) {
        self.sheets.iter_mut().for_each(Sheet::clear);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(headings: &[&str]) -> Vec<Column> {
        headings
            .iter()
            .map(|heading| Column {
                heading: (*heading).into(),
                repetition: 0,
            })
            .collect()
    }

    #[test]
    fn a_column_stands_behind_the_one_it_follows() {
        let mut union = layout(&["NAME", "STATUS", "AGE"]);
        unite(
            &mut union,
            &layout(&["NAMESPACE", "NAME", "ROLE", "STATUS", "AGE", "LABELS"]),
        );
        assert_eq!(
            union,
            layout(&["NAMESPACE", "NAME", "ROLE", "STATUS", "AGE", "LABELS"])
        );
        unite(&mut union, &layout(&["NAME", "AGE", "STATUS", "X"]));
        assert_eq!(
            union,
            layout(&["NAMESPACE", "NAME", "ROLE", "STATUS", "X", "AGE", "LABELS"])
        );
    }
}
