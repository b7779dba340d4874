//! The query of `kubectl get`, as the command line says it.

use crate::exec::want::Want;
use crate::jsonpath::{self, Fields, Template};
use crate::manifest::Files;
use std::sync::Arc;
use std::time::Duration;

/// A `kubectl get …` whose flags have been parsed. Which of its arguments are types and which are names depends on the
/// types that a cluster serves.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// TYPE[.VERSION][.GROUP][,…] [NAME …] or TYPE/NAME …, as typed.
    pub args: Vec<String>,
    /// `-n`; `None` is the context's own namespace.
    pub namespace: Option<String>,
    /// `-A`
    pub all_namespaces: bool,
    /// `-l`
    pub selector: Option<String>,
    /// `--field-selector`
    pub field_selector: Option<String>,
    /// The kind of records that are written.
    pub want: Want,
    /// The fields of each object that are sent; `None` is all.
    pub trim: Option<Arc<Fields>>,
    /// `--fields`: the fields of each object that its row gets.
    pub fields: Option<SentFields>,
    /// `--show-labels`
    pub show_labels: bool,
    /// `-L`
    pub label_columns: Vec<String>,
    /// `--ignore-not-found`
    pub ignore_not_found: bool,
    /// `--chunk-size`; 0 asks for everything at once.
    pub chunk_size: u32,
    /// `--show-managed-fields`
    pub show_managed_fields: bool,
    /// `--subresource`; empty is none.
    pub subresource: String,
    /// `--server-print=false`: rows of only NAME and AGE, made here from plain objects.
    pub plain_rows: bool,
    /// True if only the type and name of each row will be printed (`-o name`).
    pub names_only: bool,
    /// `--sort-by`: an expression; empty is none.
    pub sort_by: String,
    /// `--raw`: a path that is asked for instead of objects; empty is none.
    pub raw: String,
    /// `-f`, `-k` and `-R`
    pub files: Files,
    /// `-w` and its kind; `None` asks once.
    pub watch: Option<Watch>,
}

/// Fields that rows bring along.
#[derive(Clone, Debug, PartialEq)]
pub struct SentFields {
    /// The fields.
    pub fields: Arc<Fields>,
    /// True if managedFields may be among them.
    pub reach_managed_fields: bool,
}

impl SentFields {
    /// Parses paths; `None` if there are none.
    ///
    /// # Errors
    /// The first path that is not valid.
    pub fn parse(paths: &[String]) -> Result<Option<Self>, String> {
        if paths.is_empty() {
            return Ok(None);
        }
        let mut fields = Fields::default();
        let mut reach_managed_fields = false;
        for path in paths {
            let template = jsonpath::relaxed(path).and_then(|path| Template::parse(&path));
            let template = template.map_err(|error| format!("error: --fields {path}: {error}"))?;
            template.add_fields(&mut fields);
            reach_managed_fields |= template.reaches(&["metadata", "managedFields"]);
        }
        Ok(Some(Self {
            fields: Arc::new(fields),
            reach_managed_fields,
        }))
    }
}

/// How objects are watched.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Watch {
    /// `--watch-only`: objects that exist when the watch starts are not shown.
    pub only: bool,
    /// `--output-watch-events`: rows have the event in a column EVENT, and objects are wrapped in their event.
    pub events: bool,
    /// How long one attempt to list and to begin watching a cluster may take.
    pub timeout: Duration,
    /// How long a cluster is watched, after which the watch ends with success; `None` is forever.
    pub limit: Option<Duration>,
}
