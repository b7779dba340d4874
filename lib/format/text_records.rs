//! Text that is no row: what a cluster answered, and what it says beside that.

use super::{Formatter, Sink, escape, stderr_summary};
use crate::record::{self, Cell, Row, Text};
use std::io::{self, Write};

impl Formatter {
    /// What a cluster says to the user: at the end and each text once, or at once where rows are streamed.
    pub(super) fn aside(&mut self, text: &Text<'_>, complain: &mut dyn FnMut(&str)) {
        for line in text.text.lines() {
            let clusters = self.asides.entry(line.to_owned()).or_default();
            if clusters.last().is_none_or(|(last, _)| *last != *text.cluster) {
                clusters.push((text.cluster.to_string(), self.asides_seen));
                self.asides_seen += 1;
            }
        }
        if self.options.stream {
            stderr_summary::asides(&self.options, &self.asides, complain);
            self.asides.clear();
        }
    }

    /// Prints text, behind the rows that came before it.
    pub(super) fn text(&mut self, text: &Text<'_>, output: &mut dyn Write) -> io::Result<()> {
        self.saw_data(&text.cluster);
        match &mut self.sink {
            Some(Sink::Document(document, _)) if document.is_list() => {
                self.unfit = true;
                return Ok(());
            }
            Some(Sink::Document(document, _)) => {
                document.push_text(&text.cluster, &text.text);
                return Ok(());
            }
            Some(Sink::Values(values)) => {
                for line in text.text.lines() {
                    let kept = values.push(&Row {
                        cluster: text.cluster.as_str().into(),
                        columns: record::Columns(vec![("TEXT".into(), Cell::from(line))]),
                        resource: "text".into(),
                        ..Row::default()
                    });
                    self.refused |= kept.is_err();
                }
                return Ok(());
            }
            _ => {}
        }
        let wait = !self.held.is_empty()
            || match &self.sink {
                Some(Sink::Table(table)) => !table.is_empty(),
                Some(Sink::Columns(columns)) => !columns.is_empty(),
                _ => false,
            };
        let mut lines = String::new();
        for line in text.text.split_inclusive('\n') {
            if self.options.show_cluster_column {
                lines.push_str(&escape::line(&text.cluster, &self.options));
                lines.push('\t');
            }
            let (line, newline) = line.strip_suffix('\n').map_or((line, false), |line| (line, true));
            // Of a line that bears a cluster's name no other program may make two.
            let (line, end) = line.strip_suffix('\r').map_or((line, ""), |line| (line, "\r"));
            for (index, piece) in line.split('\t').enumerate() {
                if index > 0 {
                    lines.push_str(&escape::text("\t", self.options.terminal));
                }
                lines.push_str(&escape::line(piece, &self.options));
            }
            lines.push_str(&escape::text(end, self.options.terminal));
            // Without clusters' names it is as it came, which may be without a newline at its end.
            if newline || self.options.show_cluster_column {
                lines.push('\n');
            }
        }
        if wait {
            self.held.add(lines.as_bytes());
            return Ok(());
        }
        output.write_all(lines.as_bytes())
    }
}
