//! Where the cell of a column is in a row.

use super::stored_row::StoredRow;
use super::type_rows::TypeRows;

/// Finds a row's cell for each of some columns. Rows that follow one another mostly have the same columns, for which
/// that is worked out once.
#[derive(Debug)]
pub(crate) struct ColumnMap<'a> {
    rows: &'a TypeRows,
    /// The columns, by their numbers in the union of the rows; `None` for one that is not in it.
    order: Vec<Option<u32>>,
    layout: Option<usize>,
    /// For each column of the union, its index in the layout.
    indexes: Vec<Option<u32>>,
    cells: Vec<Option<u32>>,
}

impl<'a> ColumnMap<'a> {
    pub(crate) fn new(rows: &'a TypeRows, order: Vec<Option<u32>>) -> Self {
        Self {
            rows,
            order,
            layout: None,
            indexes: Vec::new(),
            cells: Vec::new(),
        }
    }

    /// Returns the index of a row's cell for each column.
    pub(crate) fn cells_of(&mut self, row: StoredRow<'_>) -> &[Option<u32>] {
        if self.layout != Some(row.layout) {
            self.layout = Some(row.layout);
            self.indexes.clear();
            self.indexes.resize(self.rows.union.len(), None);
            let layout = self.rows.layouts.get(row.layout).into_iter().flatten();
            for (index, number) in (0_u32..).zip(layout) {
                if let Some(of_column) = self.indexes.get_mut(*number as usize) {
                    *of_column = Some(index);
                }
            }
            let indexes = &self.indexes;
            let cell = |number: &Option<u32>| number.and_then(|number| *indexes.get(number as usize)?);
            self.cells.clear();
            self.cells.extend(self.order.iter().map(cell));
        }
        &self.cells
    }
}
