//! The syntaxes of documents.

mod emitter;
mod json;
mod kyaml;
mod yaml;
mod yaml_scalar;

pub(super) use emitter::Emitter;

use crate::term::Terminal;

/// How a document is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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
