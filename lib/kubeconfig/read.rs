//! Reads the text of one kubeconfig file.

use super::error::Error;
use super::excise;
use super::file::File;
use crate::config::yaml;
use serde::Deserialize as _;
use serde::de::Error as _;
use std::path::Path;

/// Parses a file's text. `file` is for error messages only.
pub(super) fn read(text: &str, file: &Path) -> Result<File, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let read = parse(text).map_err(|error| {
        Error(format!(
            "{}; correct the kubeconfig (kubectl config view checks it too)",
            yaml::problem(file, &error)
        ))
    })?;
    let foreign = |value: &str, ours: &str| !value.is_empty() && value != ours;
    if foreign(&read.kind, "Config") || foreign(&read.api_version, "v1") {
        return Err(Error(format!(
            "{}: not a kubeconfig: it has kind {:?} and apiVersion {:?} instead of Config and v1",
            file.display(),
            read.kind,
            read.api_version
        )));
    }
    // client-go refuses duplicates too, but prints the whole list with all its secrets.
    let duplicate = duplicate(read.clusters.iter().map(|entry| entry.name.as_str()))
        .map(|name| ("clusters", name))
        .or_else(|| duplicate(read.users.iter().map(|entry| entry.name.as_str())).map(|name| ("users", name)))
        .or_else(|| {
            duplicate(read.contexts.iter().map(|entry| entry.name.as_str())).map(|name| ("contexts", name))
        });
    if let Some((section, name)) = duplicate {
        return Err(Error(format!(
            "{}: duplicate name {name:?} in {section}: remove or rename one of the two",
            file.display()
        )));
    }
    Ok(read)
}

fn duplicate<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = std::collections::HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

fn parse(text: &str) -> Result<File, serde_yaml::Error> {
    if text.trim_start().starts_with('{')
        && let Ok(file) = serde_json::from_str(text)
    {
        return Ok(file);
    }
    if let Some((short, pieces)) = excise::excise(text)
        && let Ok(mut file) = parse_yaml(&short)
        && excise::restore(&mut file, &pieces)
    {
        return Ok(file);
    }
    parse_yaml(text)
}

fn parse_yaml(text: &str) -> Result<File, serde_yaml::Error> {
    // kubectl reads only the first of several documents.
    let Some(document) = serde_yaml::Deserializer::from_str(text).next() else {
        return Ok(File::default());
    };
    if !text.contains("<<") {
        return File::deserialize(document);
    }
    let mut value = serde_yaml::Value::deserialize(document)?;
    value.apply_merge()?;
    File::deserialize(value).map_err(|error| serde_yaml::Error::custom(error.to_string()))
}
