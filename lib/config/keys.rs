//! The table of the configuration's keys. A key is written here, with its variable, and as a field of
//! [`Config`](super::settings::Config).

use super::duration::{go_duration, parse_duration};
use super::error::Error;
use super::file;
use super::section::{API_VERSION, Constant, Reader, Section, not_empty};
use super::settings::{AllowedHost, Concurrency, Config, Hub, Way};
use super::source::{Source, sources_of};
use super::values::{self, parse_bool, parse_colorize, parse_concurrency, scalar};
use crate::suggest::did_you_mean;
use crate::term::Colorize;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A key of the configuration file.
pub struct Key {
    /// The key's section; empty at the top level.
    pub section: &'static str,
    /// The key in the section.
    pub name: &'static str,
    /// The environment variable for it, without `KUBECTL_MC_`; empty where only the file has the key.
    pub variable: &'static str,
    value: Value,
}

/// The type of a key's value, and the field that it is stored in.
enum Value {
    Bool(fn(&mut Config) -> &mut bool),
    Duration(fn(&mut Config) -> &mut Duration),
    Text(fn(&mut Config) -> &mut Option<String>),
    File(fn(&mut Config) -> &mut Option<PathBuf>),
    Concurrency(fn(&mut Config) -> &mut Concurrency),
    Colorize(fn(&mut Config) -> &mut Colorize),
    Sources(fn(&mut Config) -> &mut Vec<Source>),
    Hubs(fn(&mut Config) -> &mut Vec<Hub>),
    Order(fn(&mut Config) -> &mut Vec<Way>),
    Hosts(fn(&mut Config) -> &mut Vec<AllowedHost>),
    Commands(fn(&mut Config) -> &mut Vec<String>),
    Variables(fn(&mut Config) -> &mut Vec<String>),
}

const fn key(section: &'static str, name: &'static str, variable: &'static str, value: Value) -> Key {
    Key {
        section,
        name,
        variable,
        value,
    }
}

/// All keys, in the order in which errors list them.
#[rustfmt::skip]
pub const KEYS: [Key; 20] = [
    key("", "hubContext", "HUB_CONTEXT", Value::Text(|config| &mut config.hub_context)),
    key("", "hubs", "", Value::Hubs(|config| &mut config.hubs)),
    key("discovery", "cacheTTL", "CACHE_TTL", Value::Duration(|config| &mut config.discovery.cache_ttl)),
    key("discovery", "api", "API", Value::Sources(|config| &mut config.discovery.api)),
    key("discovery", "placement", "PLACEMENT", Value::Text(|config| &mut config.discovery.placement)),
    key("discovery", "skipUnhealthy", "SKIP_UNHEALTHY", Value::Bool(|config| &mut config.discovery.skip_unhealthy)),
    key("discovery", "maxStale", "MAX_STALE", Value::Duration(|config| &mut config.discovery.max_stale)),
    key("discovery", "accessible", "ACCESSIBLE", Value::Bool(|config| &mut config.discovery.accessible)),
    key("execution", "maxConcurrency", "MAX_CONCURRENCY", Value::Concurrency(|config| &mut config.execution.max_concurrency)),
    key("execution", "timeout", "TIMEOUT", Value::Duration(|config| &mut config.execution.timeout)),
    key("execution", "continueOnError", "CONTINUE_ON_ERROR", Value::Bool(|config| &mut config.execution.continue_on_error)),
    key("access", "order", "", Value::Order(|config| &mut config.access.order)),
    key("access", "providers", "PROVIDERS", Value::File(|config| &mut config.access.providers)),
    key("access", "allowedHosts", "", Value::Hosts(|config| &mut config.access.allowed_hosts)),
    key("access", "allowedCommands", "", Value::Commands(|config| &mut config.access.allowed_commands)),
    key("access", "verifyServer", "VERIFY_SERVER", Value::Bool(|config| &mut config.access.verify_server)),
    key("access", "allowedVariables", "", Value::Variables(|config| &mut config.access.allowed_variables)),
    key("access", "loginTimeout", "", Value::Duration(|config| &mut config.access.login_timeout)),
    key("output", "colorize", "COLORIZE", Value::Colorize(|config| &mut config.output.colorize)),
    key("output", "showClusterColumn", "SHOW_CLUSTER_COLUMN", Value::Bool(|config| &mut config.output.show_cluster_column)),
];

/// Prefix of the names of all our environment variables.
const PREFIX: &str = "KUBECTL_MC_";

/// The variables that say where files are.
pub const FILE_VARIABLES: [&str; 3] = ["CACHE_DIR", "CLUSTERS", "CONFIG"];

/// Returns the names of all variables, without the prefix.
pub fn variables() -> impl Iterator<Item = &'static str> {
    let of_keys = KEYS.iter().map(|key| key.variable);
    of_keys.filter(|name| !name.is_empty()).chain(FILE_VARIABLES)
}

/// Returns the sections of the file.
pub fn sections() -> Vec<&'static str> {
    let mut sections: Vec<&str> = KEYS.iter().map(|key| key.section).collect();
    sections.dedup();
    sections.retain(|section| !section.is_empty());
    sections
}

impl Key {
    /// Returns the key with its section: `discovery.cacheTTL`.
    pub fn path(&self) -> String {
        match self.section {
            "" => self.name.to_owned(),
            section => format!("{section}.{}", self.name),
        }
    }
}

/// One section of the configuration file; the empty name is the top level.
struct ConfigSection<'a> {
    config: &'a mut Config,
    section: &'static str,
}

impl Section for ConfigSection<'_> {
    fn keys(&self) -> Vec<&'static str> {
        let own = KEYS.iter().filter(|key| key.section == self.section);
        let own = own.map(|key| key.name);
        match self.section {
            "" => ["apiVersion", "kind"]
                .into_iter()
                .chain(own)
                .chain(sections())
                .collect(),
            _ => own.collect(),
        }
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &'static str, map: &mut A) -> Result<(), A::Error> {
        let found = KEYS
            .iter()
            .find(|key| key.section == self.section && key.name == name);
        let config = &mut *self.config;
        match (name, found) {
            (_, Some(key)) => map.next_value_seed(FileValue {
                value: &key.value,
                config,
            }),
            ("apiVersion", None) => map.next_value_seed(API_VERSION),
            ("kind", None) => map.next_value_seed(Constant("Config")),
            (section, None) => map
                .next_value_seed(Reader(ConfigSection { config, section }))
                .map(drop),
        }
    }

    fn elsewhere(&self, key: &str) -> String {
        if key == "clusters" {
            return " (it belongs into kubectl-mc-clusters.yaml)".into();
        }
        let paths: Vec<String> = KEYS.iter().map(Key::path).collect();
        did_you_mean(key, paths.iter().map(String::as_str))
    }
}

/// Reads a value from the file into its field.
struct FileValue<'a> {
    value: &'a Value,
    config: &'a mut Config,
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
        let config = self.config;
        match self.value {
            Value::Bool(field) => *field(config) = bool::deserialize(from)?,
            Value::Duration(field) => {
                *field(config) = scalar(from, "a duration like 30s, 5m or 1h30m", go_duration)?;
            }
            Value::Text(field) => *field(config) = not_empty(Some(String::deserialize(from)?)),
            Value::File(field) => {
                *field(config) = not_empty(Some(String::deserialize(from)?)).map(PathBuf::from);
            }
            Value::Concurrency(field) => *field(config) = scalar(from, "a whole number", parse_concurrency)?,
            Value::Colorize(field) => {
                *field(config) = scalar(from, "true, false, auto, always or never", parse_colorize)?;
            }
            Value::Sources(field) => *field(config) = values::sources(from)?,
            Value::Hubs(field) => *field(config) = values::hubs(from)?,
            Value::Order(field) => *field(config) = values::order(from)?,
            Value::Hosts(field) => *field(config) = values::hosts(from)?,
            Value::Commands(field) => *field(config) = values::commands(from)?,
            Value::Variables(field) => *field(config) = values::variables(from)?,
        }
        Ok(())
    }
}

impl Config {
    /// Reads a file over the defaults. One that is not there gives the defaults.
    ///
    /// # Errors
    /// A file that cannot be read, unknown keys, keys that are repeated, wrong types, and values out of range: with
    /// file, line and column, and the nearest key that there is.
    pub fn load(file: &Path) -> Result<Self, Error> {
        let mut config = Self::default();
        file::read(file, config.top_level())?;
        Ok(config)
    }

    /// Reads a file's text over the defaults, as [`load`](Self::load) does.
    #[cfg(test)]
    pub(crate) fn from_text(text: &str, file: &Path) -> Result<Self, Error> {
        let mut config = Self::default();
        file::parse(text, file, config.top_level())?;
        Ok(config)
    }

    fn top_level(&mut self) -> ConfigSection<'_> {
        ConfigSection {
            config: self,
            section: "",
        }
    }

    /// Replaces settings by the environment's. A variable that is empty counts as not set.
    pub(crate) fn overlay(&mut self, variable: impl Fn(&str) -> Option<OsString>) -> Result<(), Error> {
        for key in KEYS.iter().filter(|key| !key.variable.is_empty()) {
            let name = format!("{PREFIX}{}", key.variable);
            let Some(text) = variable(&name).filter(|text| !text.is_empty()) else {
                continue;
            };
            text.to_str()
                .ok_or_else(|| "not UTF-8".to_owned())
                .and_then(|text| key.value.read_variable(text, self))
                .map_err(|problem| Error(format!("environment variable {name}: {problem}")))?;
        }
        Ok(())
    }
}

impl Value {
    fn read_variable(&self, text: &str, config: &mut Config) -> Result<(), String> {
        match self {
            Value::Bool(field) => *field(config) = parse_bool(text)?,
            Value::Duration(field) => *field(config) = parse_duration(text)?,
            Value::Text(field) => *field(config) = Some(text.to_owned()),
            Value::File(field) => *field(config) = Some(text.into()),
            Value::Concurrency(field) => *field(config) = parse_concurrency(text)?,
            Value::Colorize(field) => *field(config) = parse_colorize(text)?,
            Value::Sources(field) => *field(config) = sources_of(text)?,
            Value::Hubs(_) | Value::Order(_) | Value::Hosts(_) | Value::Commands(_) | Value::Variables(_) => {
                return Err("only the file can set it".into());
            }
        }
        Ok(())
    }
}

/// Returns a sentence for each variable that looks like one of ours and is unknown: a misspelled name would have no
/// effect, and the user would not notice. A variable that resembles none of ours is taken for another program's.
pub fn mistyped(names: impl IntoIterator<Item = OsString>) -> Vec<String> {
    let mut sentences: Vec<String> = names
        .into_iter()
        .filter_map(|name| {
            let name = name.to_str()?;
            let rest = name
                .strip_prefix(PREFIX)
                .filter(|rest| !variables().any(|known| known == *rest))?;
            let hint = did_you_mean(rest, variables());
            (!hint.is_empty()).then(|| {
                // Each name in the hint is in quotes.
                let hint = hint.replace(" \"", " KUBECTL_MC_").replace('"', "");
                format!("unknown environment variable {name}{hint}")
            })
        })
        .collect();
    sentences.sort_unstable();
    sentences
}
