//! What each format keeps of the records until it prints them.

mod custom_columns;
mod delimited;
mod document;
mod failures;
pub(super) mod name;
mod table;
mod template;

pub(super) use custom_columns::Columned;
pub(super) use document::{Document, row_json};
pub(super) use failures::Failures;
pub(super) use table::Table;

use super::left_out::LeftOut;
use super::options::Options;
use super::output::Output;
use super::row_store::Sheets;
use super::syntax::Syntax;
use crate::spill::Spool;
use delimited::{Separator, Values};
use template::Answers;

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
