//! The output formats, one a file.

mod answer_lines;
mod custom_columns;
mod delimited;
mod document;
mod name;
mod ndjson;
mod table;
mod template;

use super::options::Options;
use super::output::Output;
use super::printer::Printer;
use super::syntax::Syntax;
use custom_columns::CustomColumnsPrinter;
use delimited::{DelimitedPrinter, Separator};
use document::DocumentPrinter;
use name::NamePrinter;
use ndjson::NdjsonPrinter;
use table::TablePrinter;
use template::TemplatePrinter;

/// Returns the printer of a format. Without one it is a table, unless the first record is an
/// [object](for_objects).
pub(super) fn choose(options: &Options) -> Box<dyn Printer> {
    let own = || options.clone();
    match &options.output {
        Output::Auto | Output::Table => Box::new(TablePrinter::new(own())),
        Output::Json => Box::new(DocumentPrinter::new(own(), Syntax::Json)),
        Output::Yaml => Box::new(DocumentPrinter::new(own(), Syntax::Yaml)),
        Output::Kyaml => Box::new(DocumentPrinter::new(own(), Syntax::Kyaml)),
        Output::Name => Box::new(NamePrinter::new(own())),
        Output::Csv => Box::new(DelimitedPrinter::new(own(), Separator::Comma)),
        Output::Tsv => Box::new(DelimitedPrinter::new(own(), Separator::Tab)),
        Output::Ndjson => Box::new(NdjsonPrinter::new(options.terminal)),
        Output::Template(template) => Box::new(TemplatePrinter::new(own(), template.clone())),
        Output::Columns(columns) => Box::new(CustomColumnsPrinter::new(options, columns.clone())),
    }
}

/// Returns the printer of objects for which no format was asked for.
pub(super) fn for_objects(options: &Options) -> Box<dyn Printer> {
    Box::new(DocumentPrinter::new(options.clone(), Syntax::Json))
}
