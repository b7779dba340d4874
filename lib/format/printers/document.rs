//! One document of everything: MultiClusterResult, as JSON, YAML or KYAML.
//!
//! ```yaml
//! apiVersion: kubectl-mc.k8s.io/v1alpha1
//! kind: MultiClusterResult
//! clusters:          # those that answered or sent something, by name
//! - cluster: prod-eu
//!   items: []        # objects as the API server wrote them, or rows as heading → cell
//!   text: "…"        # only where the answer is text
//! groups: []         # instead of the clusters, where mc-merge made groups: the fields of Group records
//! summary:
//!   total: 2
//!   successful: 1
//!   failed: 1
//!   skipped: 0
//!   lacking: counts lack 1 of 2 clusters   # only of groups and rankings
//!   errors:
//!     prod-us:
//!       reason: Timeout
//!       message: …
//!   problems:        # only where a stage lost something or failed
//!   - stage: mc-discover
//!     message: …
//! ```
//!
//! With `--output-list` it is a plain `v1` List of the objects, each with an annotation that names its cluster.
//! Everything that a List has no place for is said on stderr only.
//!
//! Cluster records come as a `ClusterList` with the records as `items`, or in the field `fleet` where there are answers
//! as well.
//!
//! In a watch, each object is a document of its own as soon as it comes, with `---` between those of YAML. The
//! annotation of `--output-list` names its cluster, unless clusters' names are off.

mod writer;

use crate::format::cluster_annotation::annotate;
use crate::format::cluster_rows::with_each_authority_once;
use crate::format::escape;
use crate::format::headings::CLUSTER;
use crate::format::items::Items;
use crate::format::left_out::LeftOut;
use crate::format::line_error::LineError;
use crate::format::options::Options;
use crate::format::printer::Printer;
use crate::format::syntax::Syntax;
use crate::json::Bracket;
use crate::outcomes::Outcomes;
use crate::record::fast_row;
use crate::record::headings::distinct;
use crate::record::{Cell, Cluster, Event, Group, Object, Outcome, Row, Str, Text};
use crate::spill::ClusterStore as _;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};
use writer::{DocumentWriter, quote};

const API_VERSION: &str = "kubectl-mc.k8s.io/v1alpha1";

/// Prints a document.
pub(super) struct DocumentPrinter {
    options: Options,
    syntax: Syntax,
    items: Items,
    /// Groups, as JSON.
    groups: Vec<String>,
    /// The lines of Cluster records.
    fleet: Vec<String>,
    /// The text that each cluster answered with.
    texts: BTreeMap<String, String>,
    /// The length of all texts together.
    texts_length: usize,
    /// True if records are printed as they come, since a watch has no end.
    is_watching: bool,
    /// True if a document of a watch has been printed.
    has_documents: bool,
}

impl DocumentPrinter {
    pub(super) fn new(options: Options, syntax: Syntax) -> Self {
        Self {
            items: Items::new(options.memory),
            options,
            syntax,
            groups: Vec::new(),
            fleet: Vec::new(),
            texts: BTreeMap::new(),
            texts_length: 0,
            is_watching: false,
            has_documents: false,
        }
    }

    /// Keeps text that a cluster answered with. In the document it is one string, which has to be in memory as a whole.
    fn push_text(&mut self, cluster: &str, text: &str) {
        let number = self.items.clusters.number(cluster).0;
        if self.items.left_out.has(number) {
            return;
        }
        let limit = self.options.memory / 4;
        self.texts_length += text.len();
        if self.texts_length > limit {
            let largest = self.texts.iter().max_by_key(|(_, text)| text.len());
            let largest = largest.map_or(cluster, |(name, _)| name).to_owned();
            let error = io::Error::other(format!(
                "a document takes {} MiB of text; the other formats take more",
                limit >> 20
            ));
            let largest_number = self.items.clusters.number(&largest).0;
            self.items.leave_out(largest_number, error);
            self.texts.remove(&largest);
            self.texts_length = self.texts.values().map(String::len).sum();
            if largest == cluster {
                return;
            }
        }
        self.texts.entry(cluster.to_owned()).or_default().push_str(text);
    }

    fn print_result(&mut self, outcomes: &Outcomes, writer: &mut DocumentWriter<'_>) -> io::Result<()> {
        let answers = outcomes.is_known()
            || !self.groups.is_empty()
            || !self.items.is_empty()
            || !self.texts.is_empty();
        let only_fleet = !answers && !self.fleet.is_empty();
        writer.open(Bracket::Object);
        writer.member("apiVersion", API_VERSION);
        writer.member(
            "kind",
            if only_fleet {
                "ClusterList"
            } else {
                "MultiClusterResult"
            },
        );
        if !self.fleet.is_empty() {
            writer.key(if only_fleet { "items" } else { "fleet" });
            writer.open(Bracket::Array);
            for record in &self.fleet {
                writer.value(record)?;
            }
            writer.close(Bracket::Array);
        }
        if !self.groups.is_empty() {
            writer.key("groups");
            writer.open(Bracket::Array);
            for group in &self.groups {
                writer.value(group)?;
            }
            writer.close(Bracket::Array);
        }
        if !only_fleet {
            // Groups name their clusters.
            if self.groups.is_empty() || !self.items.is_empty() || !self.texts.is_empty() {
                self.print_clusters(outcomes, writer)?;
            }
            // From rows alone it is not known whether they are all.
            if outcomes.is_known() || !answers || !outcomes.problems().is_empty() {
                print_summary(outcomes, writer);
            }
        }
        writer.close(Bracket::Object);
        Ok(())
    }

    fn print_list(&mut self, writer: &mut DocumentWriter<'_>) -> io::Result<()> {
        let order = self.sort();
        writer.open(Bracket::Object);
        writer.member("apiVersion", "v1");
        writer.key("items");
        writer.open(Bracket::Array);
        for number in order {
            let name = self.items.clusters.name(number).to_owned();
            self.items
                .each_of(number, |json| writer.value(&annotate(json, &name)))?;
        }
        writer.close(Bracket::Array);
        writer.member("kind", "List");
        writer.key("metadata");
        writer.open(Bracket::Object);
        writer.member("resourceVersion", "");
        writer.close(Bracket::Object);
        writer.close(Bracket::Object);
        Ok(())
    }

    fn print_clusters(&mut self, outcomes: &Outcomes, writer: &mut DocumentWriter<'_>) -> io::Result<()> {
        for cluster in outcomes.answered().chain(self.texts.keys().map(String::as_str)) {
            self.items.clusters.number(cluster);
        }
        let order = self.sort();
        writer.key("clusters");
        writer.open(Bracket::Array);
        for number in order {
            let name = self.items.clusters.name(number).to_owned();
            writer.open(Bracket::Object);
            writer.member("cluster", &name);
            writer.key("items");
            writer.open(Bracket::Array);
            self.items.each_of(number, |json| writer.value(json))?;
            writer.close(Bracket::Array);
            if let Some(text) = self.texts.get(&name) {
                writer.member("text", text);
            }
            writer.close(Bracket::Object);
            writer.hand_on()?;
        }
        writer.close(Bracket::Array);
        Ok(())
    }

    /// Sorts the objects by the names of their clusters, and returns the clusters in that order.
    fn sort(&mut self) -> Vec<u32> {
        let ranks = self.items.clusters.ranks();
        self.items.sort(&ranks);
        let mut order: Vec<(u32, u32)> = ranks.iter().copied().zip(0..).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, number)| number).collect()
    }

    /// Prints a document of a watch.
    fn print_watched(&mut self, json: &str, output: &mut dyn Write) -> io::Result<()> {
        let is_first = !std::mem::replace(&mut self.has_documents, true);
        if !is_first && self.syntax == Syntax::Yaml {
            output.write_all(b"---\n")?;
        }
        let mut emitter = self.syntax.emitter(self.options.terminal);
        emitter.value(json);
        output.write_all(emitter.text())
    }
}

impl Printer for DocumentPrinter {
    fn row(&mut self, row: &Row<'_>) -> Result<(), LineError> {
        if self.options.list {
            return Err(LineError::NeedsObjects);
        }
        self.items.push(&row.cluster, &row_json(None, row));
        Ok(())
    }

    fn cluster(&mut self, line: &str, _cluster: &Cluster<'_>) -> Result<(), LineError> {
        self.fleet.push(with_each_authority_once(line).into_owned());
        Ok(())
    }

    fn group(&mut self, group: &Group<'_>) -> Result<(), LineError> {
        if self.options.list {
            return Err(LineError::NotForGroups);
        }
        let json = serde_json::to_string(group)?;
        let json = json
            .strip_prefix(r#"{"kind":"Group","#)
            .map(|rest| format!("{{{rest}"));
        self.groups.extend(json);
        Ok(())
    }

    fn object(&mut self, object: &Object<'_>) -> Result<(), LineError> {
        self.items.push(&object.cluster, object.object.get());
        Ok(())
    }

    fn object_line<'l>(&mut self, line: &'l str) -> Option<Str<'l>> {
        let (cluster, json) = fast_row::object(line).ok()?;
        self.items.push(&cluster, json);
        Some(cluster)
    }

    fn text(&mut self, text: &Text<'_>) -> Result<bool, LineError> {
        if self.options.list {
            return Err(LineError::NeedsObjects);
        }
        self.push_text(&text.cluster, &text.text);
        Ok(true)
    }

    fn watched_row(&mut self, row: &mut Row<'_>, output: &mut dyn Write) -> Result<(), LineError> {
        self.is_watching = true;
        let cluster = self.options.show_cluster_column.then_some(&*row.cluster);
        Ok(self.print_watched(&row_json(cluster, row), output)?)
    }

    fn watched_object(&mut self, object: &Object<'_>, output: &mut dyn Write) -> Result<(), LineError> {
        self.is_watching = true;
        let named = |json| match self.options.show_cluster_column {
            true => Cow::Owned(annotate(json, &object.cluster)),
            false => Cow::Borrowed(json),
        };
        let event = object.event.map_or("", Event::as_str);
        let json = object.object.get();
        // The record has a whole event where `--output-watch-events` asks for it.
        let inner = json
            .strip_prefix(&format!(r#"{{"type":"{event}","object":"#))
            .and_then(|rest| rest.strip_suffix('}'));
        let json = match (inner.map(named), self.syntax) {
            (None, _) => named(json),
            // kubectl writes an event in one line of JSON.
            (Some(inner), Syntax::Json) => {
                let line = format!("{{\"type\":\"{event}\",\"object\":{inner}}}\n");
                return Ok(output.write_all(escape::json(&line, self.options.terminal).as_bytes())?);
            }
            // kubectl sorts the keys of YAML.
            (Some(inner), Syntax::Yaml) => format!(r#"{{"object":{inner},"type":"{event}"}}"#).into(),
            (Some(inner), Syntax::Kyaml) => format!(r#"{{"type":"{event}","object":{inner}}}"#).into(),
        };
        Ok(self.print_watched(&json, output)?)
    }

    fn outcome(&mut self, outcome: &Outcome<'_>, _output: &mut dyn Write) -> io::Result<()> {
        self.is_watching |= outcome.watched;
        Ok(())
    }

    fn left_out(&mut self) -> Option<&mut LeftOut> {
        Some(&mut self.items.left_out)
    }

    fn forget_answers(&mut self) {
        self.groups.clear();
        self.items.clear();
        self.texts.clear();
        self.texts_length = 0;
    }

    fn finish(&mut self, outcomes: &Outcomes, _is_over: bool, output: &mut dyn Write) -> io::Result<()> {
        if self.is_watching {
            return Ok(());
        }
        let mut writer = DocumentWriter::new(self.syntax.emitter(self.options.terminal), output);
        match self.options.list && self.fleet.is_empty() {
            true => self.print_list(&mut writer)?,
            false => self.print_result(outcomes, &mut writer)?,
        }
        writer.finish()
    }
}

/// Returns a row as an object of its columns, in a watch with its cluster first. Keys of an object must differ, so the
/// second column of one heading is called `HEADING_2`.
fn row_json(cluster: Option<&str>, row: &Row<'_>) -> String {
    let mut json = String::from("{");
    if let Some(cluster) = cluster {
        json.push_str("\"CLUSTER\":");
        json.push_str(&quote(cluster));
    }
    let columns = &row.columns.0;
    let headings: Vec<&str> = columns.iter().map(|(heading, _)| heading.as_str()).collect();
    let taken: &[&str] = if cluster.is_some() { &[CLUSTER] } else { &[] };
    for (index, (key, (_, cell))) in distinct(taken, &headings).iter().zip(columns).enumerate() {
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

fn print_summary(outcomes: &Outcomes, writer: &mut DocumentWriter<'_>) {
    let counts = outcomes.counts();
    writer.key("summary");
    writer.open(Bracket::Object);
    writer.count("total", counts.total());
    writer.count("successful", counts.successful);
    writer.count("failed", counts.failed);
    writer.count("skipped", counts.skipped);
    if let Some(lacking) = outcomes.lack_of_clusters() {
        writer.member("lacking", lacking);
    }
    writer.key("errors");
    writer.open(Bracket::Object);
    for failure in outcomes.failures() {
        writer.key(failure.cluster);
        writer.open(Bracket::Object);
        if let Some(reason) = failure.reason {
            writer.member("reason", reason.as_str());
        }
        writer.member("message", failure.message);
        writer.close(Bracket::Object);
    }
    writer.close(Bracket::Object);
    if !outcomes.problems().is_empty() {
        writer.key("problems");
        writer.open(Bracket::Array);
        for problem in outcomes.problems() {
            writer.open(Bracket::Object);
            writer.member("stage", &problem.stage);
            writer.member("message", &problem.message);
            writer.close(Bracket::Object);
        }
        writer.close(Bracket::Array);
    }
    writer.close(Bracket::Object);
}
