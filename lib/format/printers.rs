//! What each format keeps of the records until it prints them.

use super::custom_columns::Columned;
use super::delimited::{Separator, Values};
use super::document::{Document, Emitter};
use super::left_out::LeftOut;
use super::options::Options;
use super::output::Output;
use super::row_store::Sheets;
use super::table::Table;
use super::template::Answers;
use super::{json, kyaml, yaml};
use crate::spill::Spool;
use crate::term::Terminal;

/// Where records go.
pub(super) enum Sink {
    Table(Table),
    Values(Values),
    Document(Document, Syntax),
    /// Lines that wait for the end.
    Name(Spool),
    Template(Box<Answers>),
    Columns(Box<Columned>),
    Ndjson,
}

impl Sink {
    /// Of which clusters it prints no more, where there may be any.
    pub(super) fn left_out(&mut self) -> Option<&mut LeftOut> {
        match self {
            Sink::Table(table) => Some(&mut table.sheets().left_out),
            Sink::Values(values) => Some(&mut values.sheets().left_out),
            Sink::Columns(columns) => Some(&mut columns.sheets().left_out),
            Sink::Document(document, _) => Some(&mut document.items.left_out),
            Sink::Template(answers) => Some(&mut answers.items.left_out),
            Sink::Name(_) | Sink::Ndjson => None,
        }
    }

    /// Where rows are kept of which nothing but the cells is printed.
    pub(super) fn sheets(&mut self) -> Option<&mut Sheets> {
        match self {
            Sink::Table(table) => Some(table.sheets()),
            Sink::Values(values) => Some(values.sheets()),
            _ => None,
        }
    }
}

/// How a document is written.
#[derive(Clone, Copy)]
pub(super) enum Syntax {
    Json,
    Yaml,
    Kyaml,
}

impl Syntax {
    /// What writes it.
    pub(super) fn emitter(self, terminal: Terminal) -> Box<dyn Emitter> {
        match self {
            Syntax::Json => Box::new(json::Json::new(terminal)),
            Syntax::Yaml => Box::new(yaml::Yaml::new(terminal.is_terminal)),
            Syntax::Kyaml => Box::new(kyaml::Kyaml::new(terminal.is_terminal)),
        }
    }
}

/// What a format keeps of the records; `None` until the first of them says which format suits.
pub(super) fn of(options: &Options) -> Option<Sink> {
    match &options.output {
        Output::Auto => None,
        Output::Table => Some(Sink::Table(Table::new(options.clone()))),
        Output::Json => Some(Sink::Document(
            Document::new(options.list, options.memory),
            Syntax::Json,
        )),
        Output::Yaml => Some(Sink::Document(
            Document::new(options.list, options.memory),
            Syntax::Yaml,
        )),
        Output::Kyaml => Some(Sink::Document(
            Document::new(options.list, options.memory),
            Syntax::Kyaml,
        )),
        Output::Name => Some(Sink::Name(Spool::new(options.memory))),
        Output::Csv => Some(Sink::Values(Values::new(options.clone(), Separator::Comma))),
        Output::Tsv => Some(Sink::Values(Values::new(options.clone(), Separator::Tab))),
        Output::Ndjson => Some(Sink::Ndjson),
        Output::Template(template) => Some(Sink::Template(Box::new(Answers::new(
            options.clone(),
            template.clone(),
        )))),
        Output::Columns(columns) => Some(Sink::Columns(Box::new(Columned::new(options, columns.clone())))),
    }
}
