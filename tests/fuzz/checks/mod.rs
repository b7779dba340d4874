//! The checks of the fuzz targets, a file each. `cargo test` runs them on the corpora.

pub mod credential;
pub mod jsonpath;
pub mod kubeconfig;
pub mod mapping;
pub mod providers;
pub mod record;
pub mod selector;
pub mod sort;
pub mod table;
pub mod template;

/// A check, which panics where something is wrong.
pub type Check = fn(&[u8]);

/// All of them, each by the name of its target and of its folder in the corpus.
pub const CHECKS: [(&str, Check); 10] = [
    ("record", record::check),
    ("table", table::check),
    ("selector", selector::check),
    ("jsonpath", jsonpath::check),
    ("sort", sort::check),
    ("template", template::check),
    ("kubeconfig", kubeconfig::check),
    ("mapping", mapping::check),
    ("providers", providers::check),
    ("credential", credential::check),
];
