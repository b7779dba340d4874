//! The environment variables, `KUBECTL_MC_*`.

use super::error::Error;
use super::keys::{KEYS, Key, PREFIX};
use super::settings::Config;
use crate::suggest::suggestions;
use std::ffi::OsString;

/// The variables that say where the two files are, which no key of these can say.
pub const FILE_VARIABLES: [&str; 2] = ["KUBECTL_MC_CONFIG", "KUBECTL_MC_MAPPING"];

/// The variable of the one hub.
pub const HUB_CONTEXT: &str = "KUBECTL_MC_HUB_CONTEXT";

/// Returns the names of all variables.
pub fn variables() -> impl Iterator<Item = String> {
    let of_keys = KEYS.iter().flat_map(Key::names).map(|name| name.variable());
    of_keys.chain(FILE_VARIABLES.map(str::to_owned))
}

/// A variable that sets a setting.
pub struct Variable {
    pub name: String,
    pub text: OsString,
    is_opposite: bool,
}

impl Key {
    /// Returns the variable that sets it, if one does. A variable that is empty counts as not set.
    ///
    /// # Errors
    /// Two variables set it.
    pub fn variable_of(
        &self,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Variable>, Error> {
        let mut found: Option<Variable> = None;
        for of_key in self.names() {
            let name = of_key.variable();
            let Some(text) = variable(&name).filter(|text| !text.is_empty()) else {
                continue;
            };
            if let Some(before) = found {
                return Err(Error(format!(
                    "environment variables {} and {name} are the same setting: unset one of them",
                    before.name
                )));
            }
            found = Some(Variable {
                name,
                text,
                is_opposite: of_key.is_opposite,
            });
        }
        Ok(found)
    }
}

impl Config {
    /// Replaces settings by the environment's.
    pub(crate) fn overlay(&mut self, variable: impl Fn(&str) -> Option<OsString>) -> Result<(), Error> {
        for key in KEYS {
            let Some(set) = key.variable_of(&variable)? else {
                continue;
            };
            let before = self.hub_context.take_if(|_| key.name == "hubs");
            set.text
                .to_str()
                .ok_or_else(|| "not UTF-8".to_owned())
                .and_then(|text| {
                    not_a_path(&set.name, text)?;
                    key.value.read_text(text, set.is_opposite, self)
                })
                .map_err(|problem| Error(format!("environment variable {}: {problem}", set.name)))?;
            // A variable wins over the file, but not over another variable.
            if before.is_some() && variable(HUB_CONTEXT).is_some_and(|text| !text.is_empty()) {
                return Err(Error(format!(
                    "environment variable {HUB_CONTEXT} names one hub and {} several: unset one of them",
                    set.name
                )));
            }
        }
        Ok(())
    }
}

/// Returns what sets a setting of the configuration, as messages name it: the variable, else the key.
pub fn set_by(path: &str) -> String {
    let key = KEYS.iter().find(|key| key.path() == path);
    let variable = key.and_then(|key| key.variable_of(|name| std::env::var_os(name)).ok()?);
    variable.map_or_else(|| path.to_owned(), |variable| variable.name)
}

/// Refuses a path in the variable that named the mapping file once.
fn not_a_path(name: &str, text: &str) -> Result<(), String> {
    let is_path = || text.contains('/') || text.ends_with(".yaml") || text.ends_with(".yml");
    match name == "KUBECTL_MC_CLUSTERS" && is_path() {
        true => Err(format!(
            "{text:?} is a path, but this variable chooses clusters, as --clusters does: set KUBECTL_MC_MAPPING for \
             another mapping file"
        )),
        false => Ok(()),
    }
}

/// Returns a sentence for each variable that begins like ours and is unknown: a misspelled name would have no effect,
/// and the user would not notice.
pub fn unknown_variables(names: impl IntoIterator<Item = OsString>) -> Vec<String> {
    let known: Vec<String> = variables().collect();
    let words = || known.iter().filter_map(|name| name.strip_prefix(PREFIX));
    let mut sentences: Vec<String> = names
        .into_iter()
        .filter_map(|name| {
            let name = name.to_str()?;
            let word = name.strip_prefix(PREFIX).filter(|word| !word.is_empty())?;
            if known.iter().any(|known| known == name) {
                return None;
            }
            let near: Vec<String> = suggestions(word, words())
                .into_iter()
                .map(|word| format!("{PREFIX}{word}"))
                .collect();
            Some(match near.as_slice() {
                [] => format!(
                    "unknown environment variable {name}: kubectl mc config view -o wide lists those that there are"
                ),
                near => format!(
                    "unknown environment variable {name} (did you mean {}?)",
                    near.join(" or ")
                ),
            })
        })
        .collect();
    sentences.sort_unstable();
    sentences
}
