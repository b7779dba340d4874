//! The flags of a list of clusters: `-L`, `--show-labels` and `--sort-by`.

use crate::exit::Fatal;
use crate::jsonpath::{self, Template};

/// The columns of a list of clusters besides its usual ones, and its order.
#[derive(Clone, Debug, Default)]
pub struct ClusterColumns {
    /// `-L`: labels or properties that have a column each.
    pub label_columns: Vec<String>,
    /// `--show-labels`
    pub show_labels: bool,
    /// `--sort-by`
    pub sort_by: Option<ClusterOrder>,
}

/// The key that clusters are sorted by: a column, or a field of their records.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterOrder {
    pub(super) typed: String,
    pub(super) field: Template,
}

impl ClusterOrder {
    /// Reads the heading of a column, or a JSONPath expression for a field of the Cluster record.
    ///
    /// # Errors
    /// It is neither.
    pub fn parse(text: &str) -> Result<Self, Fatal> {
        let refuse = |error: jsonpath::Error| {
            let why = error.0;
            Fatal::usage(format!(
                "--sort-by={text} is neither a column, as --sort-by=region, nor a field of the Cluster record, as \
                 --sort-by=.labels.env: {why}"
            ))
        };
        let path = jsonpath::relaxed(text).map_err(refuse)?;
        let field = Template::parse(&path).map_err(refuse)?.allow_missing_keys(true);
        let typed = text.to_owned();
        Ok(Self { typed, field })
    }
}
