//! The syntaxes of documents.

mod emitter;
mod json;
mod kyaml;
mod yaml;
mod yaml_scalar;

pub(super) use emitter::Emitter;

use crate::term::Terminal;

/// The syntax of a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Syntax {
    Json,
    Yaml,
    Kyaml,
}

impl Syntax {
    /// Returns an emitter for one document.
    pub(super) fn emitter(self, terminal: Terminal) -> Box<dyn Emitter> {
        match self {
            Syntax::Json => Box::new(json::Json::new(terminal)),
            Syntax::Yaml => Box::new(yaml::Yaml::new(terminal.is_terminal)),
            Syntax::Kyaml => Box::new(kyaml::Kyaml::new(terminal.is_terminal)),
        }
    }
}
