//! The files of objects that `-f`, `-k` and `-R` name, read as kubectl reads them (cli-runtime
//! `pkg/resource/builder.go` and `visitor.go`), with its error messages.
//!
//! Finding the files and reading them are two steps. The first can be taken early, to refuse a wrong command line; the
//! second only once, since a pipe can be read only once.

mod document;
mod files;
mod objects;
mod sources;
mod yaml;

pub use files::Files;
pub use objects::{Content, Document, Manifest, Object};
pub use sources::Sources;

#[cfg(test)]
mod tests;
