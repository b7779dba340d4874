//! A row as the store hands it out.

/// A row of one type, read from memory or from a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoredRow<'a> {
    /// The number of its cluster.
    pub(crate) cluster: u32,
    /// The index of its list of columns.
    pub(crate) layout: usize,
    /// The end of each cell in `text`.
    pub(super) ends: &'a [u32],
    pub(super) text: &'a [u8],
}

impl<'a> StoredRow<'a> {
    /// Returns the text of a cell, counted in the row's own list of columns.
    pub(crate) fn cell(&self, index: usize) -> &'a str {
        // It is known to be UTF-8; checking it again costs next to nothing.
        std::str::from_utf8(self.bytes(index)).unwrap_or_default()
    }

    /// Returns the same in bytes, which are UTF-8.
    pub(crate) fn bytes(&self, index: usize) -> &'a [u8] {
        let end = |index: usize| self.ends.get(index).map_or(0, |end| *end as usize);
        let start = index.checked_sub(1).map_or(0, end);
        self.text.get(start..end(index)).unwrap_or_default()
    }
}
