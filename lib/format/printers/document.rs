//! One document of everything: MultiClusterResult, as JSON or YAML.
//!
//! ```yaml
//! apiVersion: kubectl-mc.k8s.io/v1alpha1
//! kind: MultiClusterResult
//! clusters:          # that answered or sent something, by name
//! - cluster: prod-eu
//!   items: []        # objects as the API server wrote them, or rows as heading → cell
//!   text: "…"        # only where the answer is text
//! summary:
//!   total: 2
//!   successful: 1
//!   failed: 1
//!   skipped: 0
//!   errors:
//!     prod-us:
//!       reason: Timeout
//!       message: …
//!   problems:        # only where a stage lost something or failed
//!   - stage: mc-discover
//!     message: …
//! ```
//!
//! With `--output-list` it is a plain `v1` List of the objects, each with an annotation that names its
//! cluster; what a List has no place for is said on stderr only.
//!
//! Cluster records come as a `ClusterList` with the records as `items`, or in the field `fleet` where
//! there are answers as well.

use crate::format::cluster_annotation::annotate;
use crate::format::headings::CLUSTER;
use crate::format::items::Items;
use crate::format::syntax::{CHUNK, Emitter};
use crate::json::{Bracket, Token};
use crate::outcomes::Outcomes;
use crate::record::headings::distinct;
use crate::record::{Cell, Row};
use std::collections::BTreeMap;
use std::io::{self, Write};

const API_VERSION: &str = "kubectl-mc.k8s.io/v1alpha1";

/// What the document will hold.
#[derive(Debug)]
pub(crate) struct Document {
    list: bool,
    pub(crate) items: Items,
    fleet: Vec<String>,
    texts: BTreeMap<String, String>,
    /// How long these are together, and may be.
    texts_length: usize,
    most_text: usize,
}

impl Document {
    /// An empty document; with `list`, a plain List. So many bytes of what waits for its end are kept in memory.
    pub(crate) fn new(list: bool, memory: usize) -> Self {
        Self {
            list,
            items: Items::new(memory),
            fleet: Vec::new(),
            texts: BTreeMap::new(),
            texts_length: 0,
            most_text: memory / 4,
        }
    }

    /// Whether it holds nothing but objects.
    pub(crate) fn is_list(&self) -> bool {
        self.list
    }

    /// Keeps an object.
    pub(crate) fn push_object(&mut self, cluster: &str, json: &str) {
        self.items.push(cluster, json);
    }

    /// Keeps a row as an object of its columns.
    pub(crate) fn push_row(&mut self, row: &Row<'_>) {
        self.push_object(&row.cluster, &row_json(None, row));
    }

    /// Keeps a Cluster record.
    pub(crate) fn push_cluster(&mut self, line: &str) {
        self.fleet.push(line.to_owned());
    }

    /// Keeps text that a cluster answered with. In a document it is one string, which is in memory as a whole.
    pub(crate) fn push_text(&mut self, cluster: &str, text: &str) {
        let number = self.items.clusters.number(cluster).0;
        if self.items.left_out.has(number) {
            return;
        }
        self.texts_length += text.len();
        if self.texts_length > self.most_text {
            let largest = self.texts.iter().max_by_key(|(_, text)| text.len());
            let largest = largest.map_or(cluster, |(name, _)| name).to_owned();
            let error = io::Error::other(format!(
                "a document takes {} MiB of text; the other formats take more",
                self.most_text >> 20
            ));
            let largest_number = self.items.clusters.number(&largest).0;
            self.items.leave_out(largest_number, &error);
            self.texts.remove(&largest);
            self.texts_length = self.texts.values().map(String::len).sum();
            if largest == cluster {
                return;
            }
        }
        self.texts.entry(cluster.to_owned()).or_default().push_str(text);
    }

    /// Drops what clusters answered.
    pub(crate) fn forget_answers(&mut self) {
        self.items.clear();
        self.texts.clear();
        self.texts_length = 0;
    }

    /// Writes it all.
    pub(crate) fn print(
        mut self,
        outcomes: &Outcomes,
        emitter: &mut dyn Emitter,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        if self.list && self.fleet.is_empty() {
            return self.print_list(emitter, output);
        }
        let answers = outcomes.is_known() || !self.items.is_empty() || !self.texts.is_empty();
        let list = !answers && !self.fleet.is_empty();
        open(emitter, Bracket::Object);
        member(emitter, "apiVersion", API_VERSION);
        member(
            emitter,
            "kind",
            if list { "ClusterList" } else { "MultiClusterResult" },
        );
        if !self.fleet.is_empty() {
            key(emitter, if list { "items" } else { "fleet" });
            open(emitter, Bracket::Array);
            for record in &self.fleet {
                emitter.value(record);
                drain(emitter, output, CHUNK)?;
            }
            close(emitter, Bracket::Array);
        }
        if !list {
            self.print_clusters(outcomes, emitter, output)?;
            // Of rows alone nobody knows whether they are all.
            if outcomes.is_known() || !answers || !outcomes.problems().is_empty() {
                key(emitter, "summary");
                summary(emitter, outcomes);
            }
        }
        close(emitter, Bracket::Object);
        drain(emitter, output, 0)
    }

    fn print_list(mut self, emitter: &mut dyn Emitter, output: &mut dyn Write) -> io::Result<()> {
        let order = self.sort();
        open(emitter, Bracket::Object);
        member(emitter, "apiVersion", "v1");
        key(emitter, "items");
        open(emitter, Bracket::Array);
        for number in order {
            let name = self.items.clusters.name(number).to_owned();
            self.items
                .each_of(number, |json| value(emitter, &annotate(json, &name), output))?;
        }
        close(emitter, Bracket::Array);
        member(emitter, "kind", "List");
        key(emitter, "metadata");
        open(emitter, Bracket::Object);
        member(emitter, "resourceVersion", "");
        close(emitter, Bracket::Object);
        close(emitter, Bracket::Object);
        drain(emitter, output, 0)
    }

    fn print_clusters(
        &mut self,
        outcomes: &Outcomes,
        emitter: &mut dyn Emitter,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        for cluster in outcomes.answered().chain(self.texts.keys().map(String::as_str)) {
            self.items.clusters.number(cluster);
        }
        let order = self.sort();
        key(emitter, "clusters");
        open(emitter, Bracket::Array);
        for number in order {
            let name = self.items.clusters.name(number).to_owned();
            open(emitter, Bracket::Object);
            member(emitter, "cluster", &name);
            key(emitter, "items");
            open(emitter, Bracket::Array);
            self.items.each_of(number, |json| value(emitter, json, output))?;
            close(emitter, Bracket::Array);
            if let Some(text) = self.texts.get(&name) {
                member(emitter, "text", text);
            }
            close(emitter, Bracket::Object);
            drain(emitter, output, CHUNK)?;
        }
        close(emitter, Bracket::Array);
        Ok(())
    }

    /// The clusters in the order of their names, which their objects then have, too.
    fn sort(&mut self) -> Vec<u32> {
        let ranks = self.items.clusters.ranks();
        self.items.sort(&ranks);
        let mut order: Vec<(u32, u32)> = ranks.iter().copied().zip(0..).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, number)| number).collect()
    }
}

/// From so many bytes on a value is handed on piece by piece.
const LONG: usize = 1 << 20;

/// Writes a whole value, and hands it on.
fn value(emitter: &mut dyn Emitter, json: &str, output: &mut dyn Write) -> io::Result<()> {
    match json.len() > LONG {
        true => emitter.long_value(json, output)?,
        false => emitter.value(json),
    }
    drain(emitter, output, CHUNK)
}

/// A row as an object of its columns, perhaps led by its cluster. Keys of an object must differ, so the second
/// column of one heading gets `_2` behind it.
pub(crate) fn row_json(cluster: Option<&str>, row: &Row<'_>) -> String {
    let mut json = String::from("{");
    if let Some(cluster) = cluster {
        json.push_str("\"CLUSTER\":");
        json.push_str(&quote(cluster));
    }
    let headings: Vec<&str> = row
        .columns
        .0
        .iter()
        .map(|(heading, _)| heading.as_str())
        .collect();
    let taken: &[&str] = if cluster.is_some() { &[CLUSTER] } else { &[] };
    for (index, (key, (_, cell))) in distinct(taken, &headings).iter().zip(&row.columns.0).enumerate() {
        if index > 0 || cluster.is_some() {
            json.push(',');
        }
        json.push_str(&quote(key));
        json.push(':');
        match cell {
            Cell::Text(text) => json.push_str(&quote(text)),
            Cell::Json(raw) => json.push_str(raw.get()),
        }
    }
    json.push('}');
    json
}

fn summary(emitter: &mut dyn Emitter, outcomes: &Outcomes) {
    let counts = outcomes.counts();
    open(emitter, Bracket::Object);
    for (name, count) in [
        ("total", counts.total()),
        ("successful", counts.successful),
        ("failed", counts.failed),
        ("skipped", counts.skipped),
    ] {
        key(emitter, name);
        emitter.token(Token::Plain(&count.to_string()));
    }
    key(emitter, "errors");
    open(emitter, Bracket::Object);
    for failure in outcomes.failures() {
        key(emitter, failure.cluster);
        open(emitter, Bracket::Object);
        if let Some(reason) = failure.reason {
            member(emitter, "reason", reason.as_str());
        }
        member(emitter, "message", failure.message);
        close(emitter, Bracket::Object);
    }
    close(emitter, Bracket::Object);
    if !outcomes.problems().is_empty() {
        key(emitter, "problems");
        open(emitter, Bracket::Array);
        for problem in outcomes.problems() {
            open(emitter, Bracket::Object);
            member(emitter, "stage", &problem.stage);
            member(emitter, "message", &problem.message);
            close(emitter, Bracket::Object);
        }
        close(emitter, Bracket::Array);
    }
    close(emitter, Bracket::Object);
}

fn open(emitter: &mut dyn Emitter, bracket: Bracket) {
    emitter.token(Token::Open(bracket));
}

fn close(emitter: &mut dyn Emitter, bracket: Bracket) {
    emitter.token(Token::Close(bracket));
}

fn key(emitter: &mut dyn Emitter, name: &str) {
    emitter.token(Token::Key(&quote(name)));
}

fn member(emitter: &mut dyn Emitter, name: &str, text: &str) {
    key(emitter, name);
    emitter.token(Token::Text(&quote(text)));
}

/// A JSON string.
fn quote(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Hands on what has been written, if it is more than a little.
fn drain(emitter: &mut dyn Emitter, output: &mut dyn Write, little: usize) -> io::Result<()> {
    if emitter.text().len() > little {
        output.write_all(emitter.text())?;
        emitter.clear();
    }
    Ok(())
}
