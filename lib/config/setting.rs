//! The value of a setting: how it is read from the file, a variable or a flag, and how it is shown.

use super::duration::{go_duration, go_text, parse_duration};
use super::groups::Groups;
use super::section::not_empty;
use super::settings::{AllowedHost, Concurrency, Config, Hub, Pager, Way};
use super::source::{Source, sources_of};
use super::values::{self, parse_bool, parse_colorize, parse_concurrency, parse_pager, scalar};
use crate::exit::FailOn;
use crate::term::Colorize;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Visitor};
use serde_json::{Map, Value as Json, json};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The type of a setting's value, and the field that it is stored in.
#[derive(Debug)]
pub enum Value {
    Bool(fn(&mut Config) -> &mut bool),
    Duration(fn(&mut Config) -> &mut Duration),
    MaybeDuration(fn(&mut Config) -> &mut Option<Duration>),
    Text(fn(&mut Config) -> &mut Option<String>),
    Texts(fn(&mut Config) -> &mut Vec<String>),
    File(fn(&mut Config) -> &mut Option<PathBuf>),
    Concurrency(fn(&mut Config) -> &mut Concurrency),
    Colorize(fn(&mut Config) -> &mut Colorize),
    Pager(fn(&mut Config) -> &mut Pager),
    FailOn(fn(&mut Config) -> &mut FailOn),
    Sources(fn(&mut Config) -> &mut Vec<Source>),
    Groups(fn(&mut Config) -> &mut Groups),
    Hubs(fn(&mut Config) -> &mut Vec<Hub>),
    Order(fn(&mut Config) -> &mut Vec<Way>),
    Hosts(fn(&mut Config) -> &mut Vec<AllowedHost>),
    Commands(fn(&mut Config) -> &mut Vec<String>),
    Variables(fn(&mut Config) -> &mut Vec<String>),
}

/// Reads a value from the file into its field.
pub struct FileValue<'a> {
    pub value: &'a Value,
    /// True if the key is a name for the opposite of the setting.
    pub is_opposite: bool,
    pub config: &'a mut Config,
}

impl<'de> DeserializeSeed<'de> for FileValue<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for FileValue<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        self.value.read(from, self.config)?;
        self.value.turn(self.is_opposite, self.config);
        Ok(())
    }
}

impl Value {
    fn read<'de, D: Deserializer<'de>>(&self, from: D, config: &mut Config) -> Result<(), D::Error> {
        const DURATION: &str = "a duration like 30s, 5m or 1h30m";
        match self {
            Value::Bool(field) => *field(config) = bool::deserialize(from)?,
            Value::Duration(field) => *field(config) = scalar(from, DURATION, go_duration)?,
            Value::MaybeDuration(field) => *field(config) = Some(scalar(from, DURATION, go_duration)?),
            Value::Text(field) => *field(config) = not_empty(Some(String::deserialize(from)?)),
            Value::Texts(field) => *field(config) = values::texts(from)?,
            Value::File(field) => {
                *field(config) = not_empty(Some(String::deserialize(from)?)).map(PathBuf::from);
            }
            Value::Concurrency(field) => *field(config) = scalar(from, "a whole number", parse_concurrency)?,
            Value::Colorize(field) => {
                *field(config) = scalar(from, "true, false, auto, always or never", parse_colorize)?;
            }
            Value::Pager(field) => {
                *field(config) = scalar(from, "a command, true or false", |text| Ok(parse_pager(text)))?;
            }
            Value::FailOn(field) => {
                *field(config) = scalar(from, "any, all or a percentage", |text| {
                    text.parse().map_err(|problem| format!("{text:?}: {problem}"))
                })?;
            }
            Value::Sources(field) => *field(config) = values::sources(from)?,
            Value::Groups(field) => *field(config) = values::groups(from)?,
            Value::Hubs(field) => *field(config) = values::hubs(from)?,
            Value::Order(field) => *field(config) = values::order(from)?,
            Value::Hosts(field) => *field(config) = values::hosts(from)?,
            Value::Commands(field) => *field(config) = values::commands(from)?,
            Value::Variables(field) => *field(config) = values::variables(from)?,
        }
        Ok(())
    }

    /// Reads the text of a variable. What is a list or a mapping in the file may be written as there; without brackets,
    /// a list is separated by commas.
    ///
    /// # Errors
    /// A text that is not such a value.
    pub fn read_text(&self, text: &str, is_opposite: bool, config: &mut Config) -> Result<(), String> {
        match self {
            Value::Bool(field) => *field(config) = parse_bool(text)?,
            Value::Duration(field) => *field(config) = parse_duration(text)?,
            Value::MaybeDuration(field) => *field(config) = Some(parse_duration(text)?),
            Value::Text(field) => *field(config) = Some(text.to_owned()),
            // Globs, whose brackets are not those of a list.
            Value::Texts(field) => *field(config) = vec![text.to_owned()],
            Value::File(field) => *field(config) = Some(text.into()),
            Value::Concurrency(field) => *field(config) = parse_concurrency(text)?,
            Value::Colorize(field) => *field(config) = parse_colorize(text)?,
            Value::Pager(field) => *field(config) = parse_pager(text),
            Value::FailOn(field) => {
                *field(config) = text.parse().map_err(|problem| format!("{text:?}: {problem}"))?;
            }
            Value::Sources(field) => *field(config) = sources_of(text)?,
            Value::Groups(field) => *field(config) = values::parse_groups(text)?,
            Value::Hubs(field) => *field(config) = values::parse_hubs(text)?,
            Value::Order(field) => *field(config) = values::parse_order(text)?,
            Value::Hosts(field) => *field(config) = values::parse_hosts(text)?,
            Value::Commands(field) => *field(config) = values::parse_commands(text)?,
            Value::Variables(field) => *field(config) = values::parse_variables(text)?,
        }
        self.turn(is_opposite, config);
        Ok(())
    }

    /// Negates what was read by a name for the opposite.
    fn turn(&self, is_opposite: bool, config: &mut Config) {
        if let Value::Bool(field) = self
            && is_opposite
        {
            let value = field(config);
            *value = !*value;
        }
    }

    /// Returns the value in a configuration, as the file would have it; null if there is none.
    pub fn shown(&self, config: &mut Config) -> Json {
        let list = |texts: &mut dyn Iterator<Item = &str>| match Json::from_iter(texts) {
            Json::Array(list) if list.is_empty() => Json::Null,
            list => list,
        };
        match self {
            Value::Bool(field) => json!(*field(config)),
            Value::Duration(field) => json!(go_text(*field(config))),
            Value::MaybeDuration(field) => json!(field(config).map(go_text)),
            Value::Text(field) => json!(field(config)),
            Value::Texts(field) | Value::Commands(field) | Value::Variables(field) => {
                list(&mut field(config).iter().map(String::as_str))
            }
            Value::File(field) => json!(field(config).as_ref().map(|file| file.display().to_string())),
            Value::Concurrency(field) => json!(field(config).most),
            Value::Colorize(field) => json!(field(config).as_str()),
            Value::Pager(field) => json!(field(config).as_str()),
            Value::FailOn(field) => json!(field(config).to_string()),
            Value::Sources(field) => list(&mut field(config).iter().map(|source| source.as_str())),
            Value::Order(field) => list(&mut field(config).iter().map(|way| way.as_str())),
            Value::Groups(field) => match field(config).lists() {
                none if none.is_empty() => Json::Null,
                lists => json!(lists),
            },
            Value::Hubs(field) => match field(config).as_slice() {
                [] => Json::Null,
                hubs => hubs.iter().map(hub).collect(),
            },
            Value::Hosts(field) => hosts(field(config)),
        }
    }
}

fn hub(hub: &Hub) -> Json {
    match &hub.region {
        None => json!(hub.context),
        Some(region) => json!({"context": hub.context, "region": region}),
    }
}

/// Shows patterns of hosts as one list, or as one for each provider where they are for different ones.
fn hosts(allowed: &[AllowedHost]) -> Json {
    let mut lists = Map::new();
    for (provider, host) in allowed {
        let Some(provider) = provider else {
            return allowed.iter().map(|(_, host)| host.to_string()).collect();
        };
        let list = lists.entry(provider.as_str()).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(json!(host.to_string()));
        }
    }
    match lists.is_empty() {
        true => Json::Null,
        false => Json::Object(lists),
    }
}
