//! The names of clusters in a sentence.

use crate::term;

/// The number of names before "and N more".
const MAX_NAMES: usize = 5;

/// Returns a few names, and how many more there are.
pub(super) fn list<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = names.len();
    // One more name is as short as "and 1 more".
    let shown = if count == MAX_NAMES + 1 {
        count
    } else {
        count.min(MAX_NAMES)
    };
    let mut text = names.take(shown).map(term::escape).collect::<Vec<_>>().join(", ");
    if shown < count {
        text.push_str(&format!(" and {} more", count - shown));
    }
    text
}
