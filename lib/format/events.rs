//! What is watched, printed as it comes: a row, an object or a name an event.
//!
//! What was there when a cluster's watch began is aligned together where it came together; from then on a row
//! keeps the widths that there are, or widens them for those behind it, as kubectl does it. JSON is one
//! document an object, YAML and KYAML are documents with `---` between them. Each names its cluster in the
//! annotation of `--output-list`, unless the clusters' names are off.
//!
//! An object that a template or a column fails on is the last: as with kubectl, nothing is printed behind it
//! ([`Formatter::is_over`]), so that it is said at once and not when somebody ends the watch.

use super::cluster_annotation::annotate;
use super::printers::row_json;
use super::{Formatter, Sink, Syntax, escape};
use crate::record::{Cell, Event, Object, Row};
use std::borrow::Cow;
use std::io::{self, Write};

/// The heading of what happened, which mc-exec adds for `--output-watch-events`.
const EVENT: &str = "EVENT";

impl Formatter {
    /// Prints a row of what is watched, or keeps one that was there already until the next
    /// [`flush`](Self::flush).
    pub(super) fn event_row(
        &mut self,
        mut row: Row<'_>,
        event: Event,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        self.begin_watching();
        if !row.listed {
            self.print_rows(output)?;
        }
        match &self.sink {
            Some(Sink::Document(_, syntax)) => {
                let syntax = *syntax;
                let cluster = self.options.show_cluster_column.then_some(&*row.cluster);
                return self.document(syntax, &row_json(cluster, &row), output);
            }
            None | Some(Sink::Table(_)) => pad_event(&mut row, event),
            _ => {}
        }
        self.row(&row, output)?;
        if row.listed {
            Ok(())
        } else {
            self.print_rows(output)
        }
    }

    /// The same for an object.
    pub(super) fn event_object(
        &mut self,
        object: &Object<'_>,
        event: Event,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        self.begin_watching();
        let json = object.object.get();
        match &mut self.sink {
            None => self.event_document(Syntax::Json, object, event, output),
            Some(Sink::Document(_, syntax)) => {
                let syntax = *syntax;
                self.event_document(syntax, object, event, output)
            }
            // kubectl gives a template each object on its own then.
            Some(Sink::Template(answers)) => answers.event(&object.cluster, json, object.listed, output),
            Some(Sink::Columns(columns)) => {
                if !object.listed {
                    columns.print(output)?;
                }
                columns.push(&object.cluster, false, json);
                if object.listed {
                    if columns.failures.failed > 0 {
                        columns.failures.of_listed();
                    }
                    Ok(())
                } else {
                    columns.print(output)
                }
            }
            _ => self.object(object, output),
        }
    }

    /// Whether nothing more is printed, since an object of what is watched could not be.
    pub(super) fn is_over(&self) -> bool {
        let failed = match &self.sink {
            Some(Sink::Template(answers)) => answers.failures.failed,
            Some(Sink::Columns(columns)) => columns.failures.failed,
            _ => 0,
        };
        self.watching && failed > 0
    }

    /// There is no end that anything could wait for.
    fn begin_watching(&mut self) {
        self.watching = true;
        self.options.stream = true;
    }

    fn event_document(
        &mut self,
        syntax: Syntax,
        object: &Object<'_>,
        event: Event,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let json = object.object.get();
        let named = |json| match self.options.show_cluster_column {
            true => Cow::Owned(annotate(json, &object.cluster)),
            false => Cow::Borrowed(json),
        };
        let event = event.as_str();
        let inner = json
            .strip_prefix(&format!(r#"{{"type":"{event}","object":"#))
            .and_then(|rest| rest.strip_suffix('}'));
        let Some(inner) = inner else {
            let json = named(json);
            return self.document(syntax, &json, output);
        };
        let inner = named(inner);
        match syntax {
            // A line an event, as kubectl writes it.
            Syntax::Json => {
                let line = format!("{{\"type\":\"{event}\",\"object\":{inner}}}\n");
                output.write_all(escape::json(&line, self.options.terminal).as_bytes())
            }
            // In the order of the alphabet, as kubectl has it.
            Syntax::Yaml => {
                let json = format!(r#"{{"object":{inner},"type":"{event}"}}"#);
                self.document(syntax, &json, output)
            }
            Syntax::Kyaml => {
                let json = format!(r#"{{"type":"{event}","object":{inner}}}"#);
                self.document(syntax, &json, output)
            }
        }
    }

    fn document(&mut self, syntax: Syntax, json: &str, output: &mut dyn Write) -> io::Result<()> {
        let is_first = !std::mem::replace(&mut self.has_documents, true);
        if !is_first && matches!(syntax, Syntax::Yaml) {
            output.write_all(b"---\n")?;
        }
        let mut emitter = syntax.emitter(self.options.terminal);
        emitter.value(json);
        output.write_all(emitter.text())
    }
}

/// kubectl gives all events one width, so that the columns behind stand still.
fn pad_event(row: &mut Row<'_>, event: Event) {
    if let Some((heading, cell)) = row.columns.0.first_mut()
        && *heading == *EVENT
        && matches!(cell, Cell::Text(text) if *text == *event.as_str())
    {
        *cell = Cell::from(format!("{:8}", event.as_str()));
    }
}
