//! Entries that are not used because another kubeconfig file has entries of the same name.

use crate::error_text::listed;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The most names that are listed.
const MOST: usize = 5;

/// An entry that is not used because an earlier file has a different one of the same name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hidden {
    /// `context`, `cluster` or `user`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// The file that it is in.
    pub file: PathBuf,
    /// The file whose entry of this name is used.
    pub by: PathBuf,
}

/// Returns one line that names the hidden entries, or `None` if there are none.
pub(super) fn sentence(hidden: &[Hidden]) -> Option<String> {
    let mut pairs: BTreeMap<(&Path, &Path), Vec<String>> = BTreeMap::new();
    for entry in hidden {
        pairs
            .entry((&entry.file, &entry.by))
            .or_default()
            .push(format!("{} {:?}", entry.kind, entry.name));
    }
    let clauses: Vec<String> = pairs
        .into_iter()
        .map(|((file, by), names)| {
            format!(
                "{} of {}, because {} has others of the same name",
                listed(names.iter(), MOST),
                file.display(),
                by.display()
            )
        })
        .collect();
    (!clauses.is_empty()).then(|| {
        format!(
            "not used, as with kubectl: {}; rename one of the two, or choose a file with --kubeconfig",
            clauses.join("; ")
        )
    })
}
