//! Flags for lists of clusters.

use super::switch::as_switch;
use crate::exit::Fatal;
use crate::format::{ClusterColumns, ClusterOrder};
use clap::Args;

/// Says what a list of clusters shows besides its usual columns, and its order.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output", mut_args(as_switch))]
pub struct ClusterColumnArgs {
    /// In a list of clusters, labels or properties to show as columns: -L env,owner (repeatable)
    #[arg(short = 'L', long, value_name = "KEYS", value_delimiter = ',')]
    pub label_columns: Vec<String>,
    /// In a list of clusters, show all labels as the last column
    #[arg(long)]
    pub show_labels: bool,
    /// Sort a list of clusters by a column or by a field of the records: --sort-by=region, --sort-by=.labels.env
    #[arg(long, value_name = "COLUMN|JSONPATH")]
    pub sort_by: Option<String>,
}

impl ClusterColumnArgs {
    /// Returns what was typed.
    ///
    /// # Errors
    /// The order is neither a column nor a path.
    pub fn understand(&self) -> Result<ClusterColumns, Fatal> {
        let sort_by = self.sort_by.as_deref().filter(|typed| !typed.is_empty());
        Ok(ClusterColumns {
            label_columns: self.label_columns.clone(),
            show_labels: self.show_labels,
            sort_by: sort_by.map(ClusterOrder::parse).transpose()?,
        })
    }
}
