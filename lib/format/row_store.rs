//! Rows kept for printing: the cells' text in one piece, headings once per distinct list of them.
//!
//! A sheet has the union of its rows' columns. A heading may stand twice in a row, and its two columns are kept apart.
//! Whatever a record holds, keeping it takes no longer than its length asks for; and no cluster can widen the others'
//! rows by more columns than any real one has.

mod spilled;

use super::align::is_plain;
use super::cell::Render;
use super::column_union::Union;
use super::left_out::LeftOut;
use crate::arena::{Arena, Names, Span};
use crate::record::headings::MAX_COLUMNS;
use crate::record::{Columns, Row, argument, within_argument};
use spilled::{Aside, weight};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::io;

/// The most columns that one cluster may add to a table: those of its server's Table, and some for what the user asked
/// for beside them.
const MAX_ADDED: usize = MAX_COLUMNS + MAX_COLUMNS / 4;

/// The most that it may add to the tables of all types together.
const MAX_ADDED_TO_ALL: usize = 50 * MAX_COLUMNS;

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
    pub(crate) union: Union,
    /// Lists of columns, by their numbers in the union.
    layouts: Vec<Vec<u32>>,
    last_layout: u32,
    /// The layouts by a hash of their headings.
    by_hash: HashMap<u64, Vec<u32>>,
    hasher: RandomState,
    /// How many columns each cluster has added.
    added: HashMap<u32, usize>,
    rows: Vec<Entry>,
    /// The end of each cell, counted from the start of its row's text.
    ends: Vec<u32>,
    texts: Arena,
    /// The greatest length of each cell, where all rows have one layout.
    longest: Vec<u32>,
    /// Whether all cells are plain, as [`is_plain`] has it.
    is_plain: bool,
    /// The memory that its rows take, in bytes.
    weight: usize,
    /// Rows that came before those in memory.
    aside: Aside,
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
            union: Union::default(),
            layouts: Vec::new(),
            last_layout: 0,
            by_hash: HashMap::new(),
            hasher: RandomState::new(),
            added: HashMap::new(),
            rows: Vec::new(),
            ends: Vec::new(),
            texts: Arena::default(),
            longest: Vec::new(),
            is_plain: true,
            weight: 0,
            aside: Aside::default(),
        }
    }

    /// Keeps a row whose cells are put behind one another by `append`, which is given `text` as room for them. Says how
    /// many bytes of memory that takes, as do the others.
    fn push<C>(
        &mut self,
        place: Place,
        cells: impl ExactSizeIterator<Item = C>,
        mut append: impl FnMut(C, &mut String),
        text: &mut String,
    ) -> usize {
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
        self.add(place, first_end, text)
    }

    /// The same of cells that are plain and are kept as they are.
    fn push_plain<'a>(
        &mut self,
        place: Place,
        cells: impl ExactSizeIterator<Item = &'a [u8]> + Clone,
    ) -> usize {
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
        self.add(place, first_end, text)
    }

    fn add(&mut self, place: Place, first_end: usize, text: Span) -> usize {
        let bytes = weight(self.ends.len() - first_end, text.length());
        self.weight += bytes;
        self.rows.push(Entry {
            cluster: place.cluster,
            layout: place.layout,
            first_end,
            text,
        });
        bytes
    }

    /// The number of the layout that these columns have, and how many of them are new; `None` if those are more than
    /// a cluster may add.
    fn layout(&mut self, cluster: u32, columns: &Columns<'_>, room: usize) -> Option<(u32, usize)> {
        if self.has_layout(self.last_layout, columns) {
            return Some((self.last_layout, 0));
        }
        let headings = || columns.0.iter().map(|(heading, _)| heading.as_str());
        let hash = self.hasher.hash_one(headings().collect::<Vec<_>>());
        let known = self.by_hash.get(&hash).into_iter().flatten().copied();
        if let Some(known) = { known }.find(|layout| self.has_layout(*layout, columns)) {
            self.last_layout = known;
            return Some((known, 0));
        }
        let layout = Union::columns_of(headings());
        let new = self.union.lacks(&layout);
        let added = self.added.entry(cluster).or_default();
        if new > room.min(MAX_ADDED.saturating_sub(*added)) {
            return None;
        }
        *added += new;
        let numbers = self.union.add(layout.iter());
        self.last_layout = u32::try_from(self.layouts.len()).unwrap_or(u32::MAX);
        self.layouts.push(numbers);
        self.by_hash.entry(hash).or_default().push(self.last_layout);
        Some((self.last_layout, new))
    }

    /// Returns whether these are the columns of a layout.
    fn has_layout(&self, layout: u32, columns: &Columns<'_>) -> bool {
        let Some(layout) = self.layouts.get(layout as usize) else {
            return false;
        };
        let is_same = |(number, heading): (&u32, &str)| {
            self.union
                .get(*number)
                .is_some_and(|column| *column.heading == *heading)
        };
        let headings = columns.0.iter().map(|(heading, _)| heading.as_str());
        layout.len() == columns.0.len() && layout.iter().zip(headings).all(is_same)
    }

    /// Calls with each of its rows, in the order in which they came.
    ///
    /// # Errors
    /// Any error of `call`; rows that were put aside and cannot be read.
    pub(crate) fn each_row(&self, mut call: impl FnMut(SheetRow<'_>) -> io::Result<()>) -> io::Result<()> {
        self.aside.each(&mut call)?;
        self.rows().try_for_each(call)
    }

    /// The clusters of its rows, some of them several times.
    pub(crate) fn clusters(&self) -> impl Iterator<Item = u32> {
        self.aside
            .clusters()
            .chain(self.rows.iter().map(|row| row.cluster))
    }

    /// Its rows that are in memory, in the order in which they came.
    fn rows(&self) -> impl Iterator<Item = SheetRow<'_>> {
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
        self.rows.is_empty() && self.aside.is_empty()
    }

    /// Forgets the rows and keeps the columns.
    fn clear(&mut self) {
        self.rows.clear();
        self.ends.clear();
        self.texts = Arena::default();
        self.longest.clear();
        self.is_plain = true;
        self.weight = 0;
        self.aside = Aside::default();
    }
}

/// For each of some columns the cell of a row that belongs there, worked out anew where rows have another layout than
/// those before them.
#[derive(Debug)]
pub(crate) struct Cells<'a> {
    sheet: &'a Sheet,
    /// The columns, by their numbers in the sheet's union; `None` for what is not in it.
    order: Vec<Option<u32>>,
    layout: Option<usize>,
    /// By the columns' numbers, their places in the layout.
    places: Vec<Option<u32>>,
    cells: Vec<Option<u32>>,
}

impl<'a> Cells<'a> {
    /// Of these columns.
    pub(crate) fn new(sheet: &'a Sheet, order: Vec<Option<u32>>) -> Self {
        Self {
            sheet,
            order,
            layout: None,
            places: Vec::new(),
            cells: Vec::new(),
        }
    }

    /// Those of a row, in the order of the columns: which of its cells stands there.
    pub(crate) fn of(&mut self, row: SheetRow<'_>) -> &[Option<u32>] {
        if self.layout != Some(row.layout) {
            self.layout = Some(row.layout);
            self.places.clear();
            self.places.resize(self.sheet.union.len(), None);
            for (place, number) in (0_u32..).zip(self.sheet.layouts.get(row.layout).into_iter().flatten()) {
                if let Some(at) = self.places.get_mut(*number as usize) {
                    *at = Some(place);
                }
            }
            let places = &self.places;
            let cell = |number: &Option<u32>| number.and_then(|number| *places.get(number as usize)?);
            self.cells.clear();
            self.cells.extend(self.order.iter().map(cell));
        }
        &self.cells
    }
}

/// A row that would add more columns than a cluster may.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TooManyColumns;

/// The sheets of a run, and the clusters that their rows are from.
#[derive(Debug)]
pub(crate) struct Sheets {
    render: Render,
    pub(crate) clusters: Names,
    sheets: Vec<Sheet>,
    /// Which sheet has the rows of an argument and a resource.
    by_resource: HashMap<u32, HashMap<Box<str>, usize>>,
    /// The last sheet of each position.
    by_position: BTreeMap<u32, usize>,
    /// The sheets that have rows.
    filled: Vec<usize>,
    /// True if they are of more than one resource.
    several_types: bool,
    /// How many columns each cluster has added to all of them.
    added: HashMap<u32, usize>,
    last: usize,
    /// Where the last row went.
    last_place: Option<Place>,
    /// Where a row's text is put together.
    text: String,
    /// How many bytes of rows are kept in memory; the others go into files.
    memory: usize,
    /// How many there are.
    weight: usize,
    /// How long these may become, for tests of a full disk.
    disk: Option<u64>,
    /// Clusters whose rows there is no room for.
    pub(super) left_out: LeftOut,
}

impl Sheets {
    /// None yet; cells will be kept as `render` makes them, so many bytes of them in memory.
    pub(crate) fn new(render: Render, memory: usize) -> Self {
        Self {
            render,
            clusters: Names::default(),
            sheets: Vec::new(),
            by_resource: HashMap::new(),
            by_position: BTreeMap::new(),
            filled: Vec::new(),
            several_types: false,
            added: HashMap::new(),
            last: 0,
            last_place: None,
            text: String::new(),
            memory,
            weight: 0,
            disk: None,
            left_out: LeftOut::default(),
        }
    }

    /// Keeps a row.
    ///
    /// # Errors
    /// It would add more columns than its cluster may.
    pub(crate) fn push(&mut self, row: &Row<'_>) -> Result<(), TooManyColumns> {
        let cluster = self.clusters.number(&row.cluster).0;
        let same = |sheet: &Sheet| {
            argument(sheet.position) == argument(row.position) && row.resource == *sheet.resource
        };
        if !self.sheets.get(self.last).is_some_and(same) {
            let known = self.by_resource.get(&argument(row.position));
            let known = known.and_then(|known| known.get(row.resource.as_str()).copied());
            let known = known.or_else(|| self.continued(row));
            self.last = known.unwrap_or_else(|| self.begin(row));
        }
        if self.left_out.has(cluster) {
            self.last_place = None;
            return Ok(());
        }
        let Some(sheet) = self.sheets.get_mut(self.last) else {
            return Ok(());
        };
        let added = self.added.get(&cluster).copied().unwrap_or_default();
        let room = MAX_ADDED_TO_ALL.saturating_sub(added);
        let (layout, new) = sheet.layout(cluster, &row.columns, room).ok_or(TooManyColumns)?;
        if new > 0 {
            self.added.insert(cluster, added + new);
        }
        let place = Place {
            sheet: self.last,
            cluster,
            layout,
        };
        if sheet.is_empty() {
            self.filled.push(self.last);
        }
        let cells = row.columns.0.iter().map(|(_, cell)| cell);
        let bytes = sheet.push(place, cells, self.render, &mut self.text);
        self.last_place = Some(place);
        self.weigh(bytes);
        Ok(())
    }

    /// Takes note of a row of so many bytes, and puts rows aside where there are too many in memory.
    fn weigh(&mut self, bytes: usize) {
        self.weight += bytes;
        if self.weight > self.memory {
            self.put_aside();
        }
    }

    /// Begins the sheet that a row belongs to.
    fn begin(&mut self, row: &Row<'_>) -> usize {
        let index = self.sheets.len();
        let first = self.sheets.first();
        self.several_types |= first.is_some_and(|first| row.resource != *first.resource);
        self.sheets.push(Sheet::new(row));
        let of_argument = self.by_resource.entry(argument(row.position)).or_default();
        of_argument.entry(row.resource.as_str().into()).or_insert(index);
        self.by_position.insert(row.position, index);
        index
    }

    /// Where the row that was pushed last went.
    pub(crate) fn last_place(&self) -> Option<Place> {
        self.last_place
    }

    /// Keeps a row that belongs where another one went, given its cells, which are strings.
    pub(crate) fn push_at<'a>(&mut self, place: Place, cells: impl ExactSizeIterator<Item = &'a str>) {
        if !self.left_out.has(place.cluster)
            && let Some(sheet) = self.sheets.get_mut(place.sheet)
        {
            if sheet.is_empty() {
                self.filled.push(place.sheet);
            }
            let render = |cell: &'a str, text: &mut String| (self.render)(&cell.into(), text);
            let bytes = sheet.push(place, cells, render, &mut self.text);
            self.weigh(bytes);
        }
    }

    /// The same where they are plain, as [`is_plain`] has it: to every [`Render`] they look as they are.
    pub(crate) fn push_plain<'a>(
        &mut self,
        place: Place,
        cells: impl ExactSizeIterator<Item = &'a [u8]> + Clone,
    ) {
        if !self.left_out.has(place.cluster)
            && let Some(sheet) = self.sheets.get_mut(place.sheet)
        {
            if sheet.is_empty() {
                self.filled.push(place.sheet);
            }
            let bytes = sheet.push_plain(place, cells);
            self.weigh(bytes);
        }
    }

    /// The sheet that a row of `pod/a svc/missing pod/b` goes on with: names of another type stand between, and no
    /// cluster has them. Another version of the type right behind it begins a sheet, as in kubectl.
    fn continued(&self, row: &Row<'_>) -> Option<usize> {
        row.sort.as_ref()?;
        let (_, index) = self.by_position.range(..row.position).next_back()?;
        let sheet = self.sheets.get(*index)?;
        (row.resource == *sheet.resource && within_argument(row.position) == 0).then_some(*index)
    }

    /// The sheets that have rows, with their numbers, in the order of their arguments, and those of a category as they
    /// came.
    pub(crate) fn in_order(&self) -> Vec<(usize, &Sheet)> {
        let filled = self.filled.iter();
        let mut sheets: Vec<(usize, &Sheet)> = filled
            .filter_map(|index| Some((*index, self.sheets.get(*index)?)))
            .collect();
        sheets.sort_by_key(|(index, sheet)| (argument(sheet.position), *index));
        sheets
    }

    /// Whether there are rows of more than one type, those that were forgotten included.
    pub(crate) fn several_types(&self) -> bool {
        self.several_types
    }

    /// Whether no rows are kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.filled.is_empty()
    }

    /// Forgets the rows and keeps the columns.
    pub(crate) fn clear(&mut self) {
        for index in self.filled.drain(..) {
            if let Some(sheet) = self.sheets.get_mut(index) {
                sheet.clear();
            }
        }
        self.weight = 0;
    }
}
