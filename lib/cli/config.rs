//! `kubectl mc config`: explains the settings, and shows which are in force and where each of them is set.

use super::flags::OutputName;
use super::load::load_config;
use super::stdout::print;
use crate::config::{Config, KEYS, Key, Paths, SettingName};
use crate::exit::{Fatal, Status};
use crate::format::Output;
use crate::term;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, ValueEnum};
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// The arguments of config.
#[derive(Args, Clone, Debug)]
pub struct ConfigArgs {
    /// Without it, the files are named and the settings explained
    pub action: Option<ConfigAction>,
}

/// The alternatives to an explanation.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ConfigAction {
    /// Show every setting that is in force, and the flag, the variable or the line of the file that sets it
    View,
}

/// The output of `config view`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConfigView<'a> {
    api_version: &'a str,
    kind: &'a str,
    settings: &'a [InForce],
}

/// A setting that is in force.
#[derive(Serialize)]
struct InForce {
    key: String,
    value: Value,
    from: String,
    flag: String,
    variable: String,
}

/// A command line in clap's two forms.
#[derive(Clone, Copy)]
struct CommandLine<'a> {
    command: &'a Command,
    matches: &'a ArgMatches,
}

impl ConfigArgs {
    /// Prints what is asked for. A setting that is typed is found in the command line, which is in clap's two forms.
    ///
    /// # Errors
    /// A file or a variable that is wrong, or a format that there is not.
    pub fn run(
        &self,
        output: Option<OutputName>,
        command: &Command,
        matches: &ArgMatches,
    ) -> Result<Status, Fatal> {
        if self.action.is_none() {
            return print(&explanation(
                &Paths::from_env().map_err(|error| Fatal::failed(error.0))?,
            ));
        }
        let (paths, config) = load_config()?;
        let line = CommandLine { command, matches };
        let is_wide = matches!(output, Some(OutputName::Wide));
        let settings = in_force(&paths, config, line);
        let document = ConfigView {
            api_version: "kubectl-mc.k8s.io/v1alpha1",
            kind: "ConfigView",
            settings: &settings,
        };
        let text = match output.map(|output| output.output()) {
            None | Some(Output::Table) => table(&settings, is_wide),
            Some(Output::Json) => serde_json::to_string_pretty(&document)
                .map(|text| text + "\n")
                .map_err(|error| Fatal::failed(error.to_string()))?,
            Some(Output::Yaml) => {
                serde_yaml::to_string(&document).map_err(|error| Fatal::failed(error.to_string()))?
            }
            Some(_) => {
                return Err(Fatal::usage(
                    "config view prints a table, JSON with -o json or YAML with -o yaml",
                ));
            }
        };
        print(&text)
    }
}

fn explanation(paths: &Paths) -> String {
    let named = |file: std::path::PathBuf, variable: &str| {
        let is_there = if file.exists() { "" } else { ", which is not there" };
        let variable = match variable {
            "" => String::new(),
            variable => format!(" ({variable} names another)"),
        };
        format!("{}{is_there}{variable}", paths.at_home(&file))
    };
    format!(
        "A setting has one name in three spellings: the flag --max-stale, the variable KUBECTL_MC_MAX_STALE and the key\n\
         discovery.maxStale of the configuration file. Flags win over variables, and variables over the file.\n\
         \n\
         Configuration: {}\n\
         Clusters mapped to contexts: {}\n\
         Credential plugins of providers: {}\n\
         \n\
         kubectl mc config view shows what is in force, and where it is set.\n\
         man 5 kubectl-mc-config describes all settings and files.\n",
        named(paths.config(), "KUBECTL_MC_CONFIG"),
        named(paths.mapping(), "KUBECTL_MC_MAPPING"),
        named(paths.providers(), "KUBECTL_MC_PROVIDERS"),
    )
}

/// Returns all settings, with what sets each.
fn in_force(paths: &Paths, mut config: Config, line: CommandLine<'_>) -> Vec<InForce> {
    let file = paths.config();
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    KEYS.iter()
        .map(|key| {
            let (value, from) = match line.typed(key, &mut config) {
                Some(typed) => typed,
                None => match key.variable_of(|name| std::env::var_os(name)) {
                    Ok(Some(variable)) => (key.value_in(&config), variable.name),
                    _ => match (key.line_in(&text), of_mapping(key, paths, &config)) {
                        (Some(number), _) => {
                            let from = format!("{}:{number}", paths.at_home(&file));
                            (key.value_in(&config), from)
                        }
                        (None, Some(mapped)) => mapped,
                        (None, None) => (key.value_in(&config), "default".to_owned()),
                    },
                },
            };
            InForce {
                key: key.path(),
                value,
                from,
                flag: line.flag(key).map(long).unwrap_or_default(),
                variable: key.names().map(|name| name.variable()).next().unwrap_or_default(),
            }
        })
        .collect()
}

/// Returns the hub's context that the mapping file names, which counts if nothing else names a hub.
fn of_mapping(key: &Key, paths: &Paths, config: &Config) -> Option<(Value, String)> {
    if key.name != "hubContext" || !config.hubs.is_empty() {
        return None;
    }
    let context = paths.load_mapping().ok()?.hub_context?;
    Some((json!(context), paths.at_home(&paths.mapping())))
}

fn long(arg: &Arg) -> String {
    format!("--{}", arg.get_long().unwrap_or_default())
}

impl CommandLine<'_> {
    /// Returns the flag of a setting.
    fn flag(&self, key: &Key) -> Option<&Arg> {
        key.names().find_map(|name| self.flag_named(&name))
    }

    fn flag_named(&self, name: &SettingName) -> Option<&Arg> {
        let flag = name.flag();
        self.command.get_arguments().find(|arg| {
            let aliases = arg.get_all_aliases().unwrap_or_default();
            arg.get_long().into_iter().chain(aliases).any(|long| long == flag)
        })
    }

    /// Returns what was typed for a setting, and the flag.
    fn typed(&self, key: &Key, config: &mut Config) -> Option<(Value, String)> {
        for name in key.names() {
            // The view's own format is not a setting of what others print.
            let Some(arg) = self.flag_named(&name).filter(|arg| arg.get_id() != "output") else {
                continue;
            };
            if let Some(text) = self.text(arg.get_id().as_str()) {
                return Some((key.typed(&name, &text, config), long(arg)));
            }
        }
        // Other flags for a setting's usual value, or for one of them.
        let name = key.names().next()?;
        match key.name {
            "timeout" => {
                let text = self.text("request_timeout")?;
                Some((key.typed(&name, &text, config), "--request-timeout".to_owned()))
            }
            "maxStale" if self.text("no_stale")? == "true" => {
                Some((key.typed(&name, "0", config), "--no-stale".to_owned()))
            }
            _ => None,
        }
    }

    /// Returns the text of a flag that was typed.
    fn text(&self, id: &str) -> Option<String> {
        if self.matches.value_source(id) != Some(ValueSource::CommandLine) {
            return None;
        }
        let values: Vec<String> = self
            .matches
            .get_raw(id)?
            .map(|value| value.to_string_lossy().into_owned())
            .collect();
        Some(values.join(if id == "allowed_commands" { "\n" } else { "," }))
    }
}

fn table(settings: &[InForce], is_wide: bool) -> String {
    let headings = ["SETTING", "VALUE", "FROM", "FLAG", "VARIABLE"].map(str::to_owned);
    let mut rows = vec![headings];
    rows.extend(settings.iter().map(|setting| {
        [
            setting.key.clone(),
            term::escape(&cell(&setting.value)).into_owned(),
            setting.from.clone(),
            setting.flag.clone(),
            setting.variable.clone(),
        ]
    }));
    let count = if is_wide { 5 } else { 3 };
    let mut text = String::new();
    let widths: Vec<usize> = (0..count)
        .map(|column| {
            rows.iter()
                .map(|row| row[column].width())
                .max()
                .unwrap_or_default()
        })
        .collect();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            // Writing to a String does not fail.
            let _ = write!(line, "{cell}{:1$}", "", width + 3 - cell.width());
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Returns a value as a cell: a list with commas, a mapping as in JSON.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "<none>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(cell).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}
