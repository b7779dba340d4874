//! Reading the user's files.

use super::error::Error;
use super::section::{Reader, Section};
use super::yaml;
use crate::error_text::io_text;
use serde::de::DeserializeSeed;
use std::io;
use std::path::Path;

/// Reads a file as a section. A file that is not there counts as empty.
///
/// # Errors
/// A file that cannot be read, and any mistake in it.
pub fn read<S: Section>(file: &Path, section: S) -> Result<S, Error> {
    match std::fs::read_to_string(file) {
        Ok(text) => parse(&text, file, section),
        // The home folder of a service account may be /dev/null.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            parse("", file, section)
        }
        Err(error) => Err(Error(format!(
            "cannot read {}: {}",
            file.display(),
            io_text(&error)
        ))),
    }
}

/// Reads a file's text; `file` is for messages.
///
/// # Errors
/// Any mistake in it.
pub fn parse<S: Section>(text: &str, file: &Path, section: S) -> Result<S, Error> {
    deserialize(text, section).map_err(|error| Error(yaml::problem(file, &error)))
}

/// Returns the line of the first mistake in a file's text.
pub fn mistake_at<S: Section>(text: &str, section: S) -> Option<usize> {
    let error = deserialize(text, section).err()?;
    error.location().map(|place| place.line())
}

fn deserialize<S: Section>(text: &str, section: S) -> Result<S, serde_yaml::Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Reader(section).deserialize(serde_yaml::Deserializer::from_str(text))
}
