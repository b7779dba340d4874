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

use super::list::annotate;
use super::table::CLUSTER;
use crate::json::{Bracket, Token, Tokens};
use crate::merge::outcomes::Outcomes;
use crate::merge::{Arena, Names, Span};
use crate::record::headings::distinct;
use crate::record::{Cell, Row};
use std::collections::BTreeMap;
use std::io::{self, Write};

const API_VERSION: &str = "kubectl-mc.k8s.io/v1alpha1";

/// Text is handed to the output in pieces of about this many bytes.
const CHUNK: usize = 64 << 10;

/// Writes JSON tokens in some syntax.
pub(crate) trait Emitter {
    /// The next token of the one value that is written.
    fn token(&mut self, token: Token<'_>);

    /// A whole value, which is JSON text.
    fn value(&mut self, json: &str) {
        for token in Tokens::new(json) {
            self.token(token);
        }
    }

    /// What has been written so far, as UTF-8.
    fn text(&self) -> &[u8];

    /// Forgets what has been written so far.
    fn clear(&mut self);
}

/// What the document will hold.
#[derive(Debug, Default)]
pub(crate) struct Document {
    list: bool,
    clusters: Names,
    items: Vec<(u32, Span)>,
    fleet: Vec<Span>,
    texts: BTreeMap<String, String>,
    arena: Arena,
}

impl Document {
    /// An empty document; with `list`, a plain List.
    pub(crate) fn new(list: bool) -> Self {
        Self {
            list,
            ..Self::default()
        }
    }

    /// Whether it holds nothing but objects.
    pub(crate) fn is_list(&self) -> bool {
        self.list
    }

    /// Keeps an object.
    pub(crate) fn push_object(&mut self, cluster: &str, json: &str) {
        let cluster = self.clusters.number(cluster).0;
        let span = self.arena.keep(json);
        self.items.push((cluster, span));
    }

    /// Keeps a row as an object of its columns.
    pub(crate) fn push_row(&mut self, row: &Row<'_>) {
        self.push_object(&row.cluster, &row_json(None, row));
    }

    /// Keeps a Cluster record.
    pub(crate) fn push_cluster(&mut self, line: &str) {
        let span = self.arena.keep(line);
        self.fleet.push(span);
    }

    /// Keeps text that a cluster answered with.
    pub(crate) fn push_text(&mut self, cluster: &str, text: &str) {
        self.texts.entry(cluster.to_owned()).or_default().push_str(text);
    }

    /// Drops what clusters answered.
    pub(crate) fn forget_answers(&mut self) {
        self.items.clear();
        self.texts.clear();
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
            for span in &self.fleet {
                emitter.value(self.arena.get(*span));
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
        let ranks = self.clusters.ranks();
        self.items
            .sort_by_key(|(cluster, _)| ranks.get(*cluster as usize).copied());
        open(emitter, Bracket::Object);
        member(emitter, "apiVersion", "v1");
        key(emitter, "items");
        open(emitter, Bracket::Array);
        for (cluster, span) in &self.items {
            emitter.value(&annotate(self.arena.get(*span), self.clusters.name(*cluster)));
            self.arena.let_go(*span, 1);
            drain(emitter, output, CHUNK)?;
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
            self.clusters.number(cluster);
        }
        let ranks = self.clusters.ranks();
        let rank = |cluster: u32| ranks.get(cluster as usize).copied();
        self.items.sort_by_key(|(cluster, _)| rank(*cluster));
        let mut by_rank: Vec<(Option<u32>, u32)> = (0u32..)
            .take(ranks.len())
            .map(|number| (rank(number), number))
            .collect();
        by_rank.sort_unstable();

        key(emitter, "clusters");
        open(emitter, Bracket::Array);
        let mut items = self.items.iter().peekable();
        for (_, number) in by_rank {
            let name = self.clusters.name(number);
            open(emitter, Bracket::Object);
            member(emitter, "cluster", name);
            key(emitter, "items");
            open(emitter, Bracket::Array);
            while let Some((_, span)) = items.next_if(|(cluster, _)| *cluster == number) {
                emitter.value(self.arena.get(*span));
                self.arena.let_go(*span, 1);
                drain(emitter, output, CHUNK)?;
            }
            close(emitter, Bracket::Array);
            if let Some(text) = self.texts.get(name) {
                member(emitter, "text", text);
            }
            close(emitter, Bracket::Object);
            drain(emitter, output, CHUNK)?;
        }
        close(emitter, Bracket::Array);
        Ok(())
    }
}

/// A row as an object of its columns, perhaps led by its cluster. Keys of an object must differ, so the second
/// column of one heading gets `_2` behind it.
pub(super) fn row_json(cluster: Option<&str>, row: &Row<'_>) -> String {
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
