//! The table of settings. A setting is written here, and as a field of [`Config`](super::settings::Config) with its
//! default. Its name is that of its flag, its variable and its key: `--max-stale`, `KUBECTL_MC_MAX_STALE` and
//! `discovery.maxStale`.

use super::error::Error;
use super::file;
use super::section::{API_VERSION, Constant, Reader, Section};
use super::setting::{FileValue, Value};
use super::settings::Config;
use crate::suggest::did_you_mean;
use serde::de::{Error as _, MapAccess};
use std::path::Path;

/// A setting: a key of the configuration file, a flag and an environment variable.
#[derive(Debug)]
pub struct Key {
    /// The key's section; empty at the top level.
    pub section: &'static str,
    /// The key in the section.
    pub name: &'static str,
    /// A sentence for the man page that says what it sets.
    pub about: &'static str,
    /// The name of flag and variable, if the key's name says too little without its section; else empty.
    word: &'static str,
    /// Another name for it, in the file, as a flag and as a variable; empty if there is none.
    also: &'static str,
    /// A name for the opposite of it, which is true where it is false; empty if there is none.
    opposite: &'static str,
    pub(super) value: Value,
}

const fn key(section: &'static str, name: &'static str, about: &'static str, value: Value) -> Key {
    Key {
        section,
        name,
        about,
        word: "",
        also: "",
        opposite: "",
        value,
    }
}

impl Key {
    const fn word(self, word: &'static str) -> Self {
        Self { word, ..self }
    }

    const fn also(self, also: &'static str) -> Self {
        Self { also, ..self }
    }

    const fn opposite(self, opposite: &'static str) -> Self {
        Self { opposite, ..self }
    }
}

/// All settings, in the order in which errors and the man page list them.
#[rustfmt::skip]
pub static KEYS: &[Key] = &[
    key("", "hubContext", "The kubeconfig context of the hub. Without it, the kubeconfig's current context.",
        Value::Text(|config| &mut config.hub_context)),
    key("", "hubs", "Several hubs instead of one: contexts, or mappings with context and region.",
        Value::Hubs(|config| &mut config.hubs)),
    key("", "groups", "Saved selections of clusters by name: prod is used as --clusters=@prod.",
        Value::Groups(|config| &mut config.groups)),
    key("defaults", "clusters", "Names, globs or @GROUPs of the clusters to ask.",
        Value::Texts(|config| &mut config.defaults.clusters)),
    key("defaults", "exclude", "Names, globs or @GROUPs of clusters to leave out.",
        Value::Texts(|config| &mut config.defaults.exclude)),
    key("defaults", "clusterSelector", "A label selector for the clusters' labels and properties.",
        Value::Text(|config| &mut config.defaults.cluster_selector)),
    key("defaults", "clusterSet", "Names or globs of cluster sets: only clusters in one of them are asked.",
        Value::Texts(|config| &mut config.defaults.cluster_set)),
    key("defaults", "healthy", "Leave out clusters whose control plane is unhealthy.",
        Value::Bool(|config| &mut config.defaults.healthy)),
    key("defaults", "output", "The output format of kubectl mc get, version and clusters.",
        Value::Text(|config| &mut config.defaults.output)),
    key("discovery", "source", "Where the list of clusters comes from: one source, or several in the order of their precedence.",
        Value::Sources(|config| &mut config.discovery.source)).also("api"),
    key("discovery", "cacheTTL", "How long a cached fleet is used without asking the hub.",
        Value::Duration(|config| &mut config.discovery.cache_ttl)),
    key("discovery", "maxStale", "How old a cached fleet may be that is used when the hub cannot be reached; 0 means never.",
        Value::Duration(|config| &mut config.discovery.max_stale)),
    key("discovery", "cacheDir", "The cache folder; its subfolder kubectl-mc is used.",
        Value::File(|config| &mut config.discovery.cache_dir)),
    key("discovery", "hubNamespace", "Use only what this namespace of the hub lists, instead of all namespaces.",
        Value::Text(|config| &mut config.discovery.hub_namespace)),
    key("discovery", "placement", "With the source inventory, only the clusters of this placement.",
        Value::Text(|config| &mut config.discovery.placement)),
    key("discovery", "contexts", "With the sources kubeconfig and about, names or globs of contexts.",
        Value::Texts(|config| &mut config.discovery.contexts)),
    key("discovery", "region", "When several hubs list a cluster, use the one in this region.",
        Value::Text(|config| &mut config.discovery.region)),
    key("discovery", "skipUnhealthy", "Report unhealthy clusters as skipped instead of asking them.",
        Value::Bool(|config| &mut config.discovery.skip_unhealthy)),
    key("discovery", "accessible", "Leave out clusters that you have no access to, without reporting them.",
        Value::Bool(|config| &mut config.discovery.accessible)),
    key("execution", "maxConcurrency", "How many clusters are asked at once; 0 is no limit.",
        Value::Concurrency(|config| &mut config.execution.max_concurrency)).also("concurrency"),
    key("execution", "timeout", "The time for one cluster; 0 is no limit.",
        Value::Duration(|config| &mut config.execution.timeout)),
    key("execution", "connectTimeout", "The time for DNS lookup, connecting and TLS handshake; 0 is no limit.",
        Value::Duration(|config| &mut config.execution.connect_timeout)),
    key("execution", "totalTimeout", "The time for the whole run; 0 is no limit. Without it, the longest of 60s, 5s for each cluster, and timeout plus connectTimeout.",
        Value::MaybeDuration(|config| &mut config.execution.total_timeout)),
    key("execution", "continueOnError", "Whether the other clusters go on when one fails.",
        Value::Bool(|config| &mut config.execution.continue_on_error)).opposite("failFast"),
    key("execution", "failOn", "Exit with 3 if this many clusters did not answer: any, all or a percentage.",
        Value::FailOn(|config| &mut config.execution.fail_on)),
    key("execution", "warningsAsErrors", "Count a cluster as failed if its server sends a warning.",
        Value::Bool(|config| &mut config.execution.warnings_as_errors)),
    key("access", "order", "Where the access to a cluster is looked for; the first one that has it wins.",
        Value::Order(|config| &mut config.access.order)).word("accessOrder"),
    key("access", "providers", "The file of credential plugins by access provider.",
        Value::File(|config| &mut config.access.providers)),
    key("access", "allowedHosts", "Where credentials may be sent in addition to the hosts of EKS, GKE and AKS.",
        Value::Hosts(|config| &mut config.access.allowed_hosts)),
    key("access", "allowedCommands", "Command lines that a hub may name as a credential plugin.",
        Value::Commands(|config| &mut config.access.allowed_commands)),
    key("access", "allowedVariables", "Variables that a hub may set in the environment of a plugin of the provider file.",
        Value::Variables(|config| &mut config.access.allowed_variables)),
    key("access", "verifyServer", "Refuse a context that leads to another server than the hub publishes.",
        Value::Bool(|config| &mut config.access.verify_server)),
    key("access", "loginTimeout", "How long a credential plugin may take that cannot ask a person on a terminal; 0 is no limit.",
        Value::Duration(|config| &mut config.access.login_timeout)),
    key("output", "colorize", "When output is coloured: auto (or true) on a terminal, always, never (or false).",
        Value::Colorize(|config| &mut config.output.colorize)).also("color"),
    key("output", "showClusterColumn", "Show which cluster each row is of. With false, one cluster's output is kubectl's.",
        Value::Bool(|config| &mut config.output.show_cluster_column)),
    key("output", "escapeFormulas", "Put ' before cells of csv and tsv that a spreadsheet would take for a formula.",
        Value::Bool(|config| &mut config.output.escape_formulas)),
    key("output", "pager", "The command that shows output which is longer than the screen: auto (or true) is what PAGER names, else less; never (or false) is none.",
        Value::Pager(|config| &mut config.output.pager)),
];

/// Returns the sections of the file.
pub fn sections() -> Vec<&'static str> {
    let mut sections: Vec<&str> = KEYS.iter().map(|key| key.section).collect();
    sections.dedup();
    sections.retain(|section| !section.is_empty());
    sections
}

/// A name of a setting.
#[derive(Clone, Copy, Debug)]
pub struct SettingName {
    /// The key in its section.
    pub key: &'static str,
    /// The name that flag and variable have, in the file's spelling.
    word: &'static str,
    /// True if it names the opposite of the setting.
    pub is_opposite: bool,
}

impl SettingName {
    /// Returns its flag without the dashes: `max-stale`.
    pub fn flag(&self) -> String {
        let mut flag = String::with_capacity(self.word.len() + 4);
        let mut after_small = false;
        for character in self.word.chars() {
            if character.is_ascii_uppercase() && after_small {
                flag.push('-');
            }
            after_small = character.is_ascii_lowercase();
            flag.push(character.to_ascii_lowercase());
        }
        flag
    }

    /// Returns its environment variable: `KUBECTL_MC_MAX_STALE`.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.flag().to_ascii_uppercase().replace('-', "_"))
    }
}

/// Prefix of the names of all our environment variables.
pub(super) const PREFIX: &str = "KUBECTL_MC_";

impl Key {
    /// Returns the key with its section: `discovery.cacheTTL`.
    pub fn path(&self) -> String {
        self.path_of(self.name)
    }

    /// Returns one of its names with the section.
    pub fn path_of(&self, name: &str) -> String {
        match self.section {
            "" => name.to_owned(),
            section => format!("{section}.{name}"),
        }
    }

    /// Returns its names, the usual one first.
    pub fn names(&self) -> impl Iterator<Item = SettingName> {
        let word = if self.word.is_empty() {
            self.name
        } else {
            self.word
        };
        let name = |key, word, is_opposite| SettingName {
            key,
            word,
            is_opposite,
        };
        [
            name(self.name, word, false),
            name(self.also, self.also, false),
            name(self.opposite, self.opposite, true),
        ]
        .into_iter()
        .filter(|name| !name.key.is_empty())
    }

    /// Returns the usual flag without the dashes.
    pub fn flag(&self) -> String {
        self.names().next().map(|name| name.flag()).unwrap_or_default()
    }

    /// Returns the usual environment variable.
    pub fn variable(&self) -> String {
        self.names()
            .next()
            .map(|name| name.variable())
            .unwrap_or_default()
    }

    /// Returns the value that was typed for one of its flags, as the file would have it, and sets it.
    pub fn typed(&self, name: &SettingName, text: &str, config: &mut Config) -> serde_json::Value {
        match self.value.read_text(text, name.is_opposite, config) {
            Ok(()) => self.value_in(config),
            // Only a flag may say so.
            Err(_) => text.into(),
        }
    }

    /// Returns its value in a configuration, as the file would have it; null if there is none.
    pub fn value_in(&self, config: &Config) -> serde_json::Value {
        self.value.shown(&mut config.clone())
    }
}

/// One section of the configuration file; the empty name is the top level.
struct ConfigSection<'a> {
    config: &'a mut Config,
    section: &'static str,
    /// The keys that have been read, by their usual names.
    read: Vec<(&'static str, &'static str)>,
    /// The key that is to be taken for an unknown one, to learn its place from the error.
    hidden: Option<&'a Key>,
}

impl ConfigSection<'_> {
    /// Returns the keys of this section.
    fn own(&self) -> impl Iterator<Item = &'static Key> {
        let section = self.section;
        KEYS.iter().filter(move |key| key.section == section)
    }

    /// Returns the keys that stand beside those of the table.
    fn others(&self) -> Vec<&'static str> {
        match self.section {
            "" => ["apiVersion", "kind"].into_iter().chain(sections()).collect(),
            _ => Vec::new(),
        }
    }
}

impl Section for ConfigSection<'_> {
    fn keys(&self) -> Vec<&'static str> {
        let mut keys = self.others();
        let at = keys.len().min(2);
        keys.splice(at..at, self.own().map(|key| key.name));
        keys
    }

    fn known(&self, name: &str) -> Option<&'static str> {
        let hidden = |key: &&Key| self.hidden.is_some_and(|hidden| std::ptr::eq(hidden, *key));
        let names = self.own().filter(|key| !hidden(key)).flat_map(Key::names);
        let mut names = names.map(|name| name.key).chain(self.others());
        names.find(|known| *known == name)
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, name: &'static str, map: &mut A) -> Result<(), A::Error> {
        let mut names = self
            .own()
            .flat_map(|key| key.names().map(move |name| (key, name)));
        let found = names.find(|(_, found)| found.key == name);
        drop(names);
        let config = &mut *self.config;
        match (name, found) {
            (_, Some((key, found))) => {
                if let Some((_, before)) = self.read.iter().find(|(read, _)| *read == key.name) {
                    return Err(A::Error::custom(format_args!(
                        "{before} and {name} are the same setting: leave one of them out"
                    )));
                }
                self.read.push((key.name, name));
                map.next_value_seed(FileValue {
                    value: &key.value,
                    is_opposite: found.is_opposite,
                    config,
                })
            }
            ("apiVersion", None) => map.next_value_seed(API_VERSION),
            ("kind", None) => map.next_value_seed(Constant("Config")),
            (section, None) => map
                .next_value_seed(Reader(ConfigSection {
                    config,
                    section,
                    read: Vec::new(),
                    hidden: self.hidden,
                }))
                .map(drop),
        }
    }

    fn elsewhere(&self, key: &str) -> String {
        if key == "clusters" {
            return " (defaults.clusters chooses clusters, kubectl-mc-clusters.yaml maps them to contexts)"
                .into();
        }
        let paths: Vec<String> = KEYS.iter().map(Key::path).collect();
        did_you_mean(key, paths.iter().map(String::as_str))
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
        file::read(file, config.top_level(None))?;
        Ok(config)
    }

    /// Reads a file's text over the defaults, as [`load`](Self::load) does.
    #[cfg(test)]
    pub(crate) fn from_text(text: &str, file: &Path) -> Result<Self, Error> {
        let mut config = Self::default();
        file::parse(text, file, config.top_level(None))?;
        Ok(config)
    }

    fn top_level<'a>(&'a mut self, hidden: Option<&'a Key>) -> ConfigSection<'a> {
        ConfigSection {
            config: self,
            section: "",
            read: Vec::new(),
            hidden,
        }
    }
}

impl Key {
    /// Returns the line of a configuration file at which the key stands, if it does. The text is one that
    /// [`Config::load`] can read.
    pub fn line_in(&self, text: &str) -> Option<usize> {
        // Reading fails at the key if it counts as unknown.
        file::mistake_at(text, Config::default().top_level(Some(self)))
    }
}
