//! Man pages and completions are generated from the command lines and committed. A stale one fails its test.
//!
//! `make docs` (this test with `UPDATE=1`) writes them anew.

use crate::support::check_file;
use crate::support::man_page::{DATE, ManPage, split_help};
use clap::Command;
use kubectl_mc::cli::shell::{PAGES, Shell};
use kubectl_mc::cli::tools::commands;
use kubectl_mc::config::{Config, KEYS, Key, SettingName};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Pages that are written by hand.
const BY_HAND: [&str; 2] = ["mc-records.7", "kubectl-mc-config.5"];

/// The tools whose exit statuses follow from the records.
const IN_THE_PIPE: [&str; 8] = [
    "kubectl-mc-get",
    "kubectl-mc-version",
    "kubectl-mc-clusters",
    "mc-discover",
    "mc-resolve",
    "mc-exec",
    "mc-merge",
    "mc-format",
];

const EXIT_STATUS: &str = "\
.SH \"EXIT STATUS\"
.TP
.B 0
Every selected cluster answered, and no stage lost anything.
.TP
.B 1
Nothing could be done: no cluster answered, the hub failed or lists nothing, a file could not be read, a plugin
failed, or no record came on standard input.
.TP
.B 2
The command line of this tool, or of one before it in the pipe, was wrong.
.TP
.B 3
Partial: something came, and a cluster did not answer, a stage lost something, or the fleet is from an expired cache.
.TP
.B 4
With \\-\\-exit\\-code: every cluster answered, and there are differences.
.TP
.B 130
Interrupted; what had arrived was printed first.
.PP
What the stages before lost reaches each tool by the records
.BR Asked ,
.B Problem
and
.BR Result ;
see
.BR mc\\-records (7).
";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Asserts that a folder has exactly these files. Those of the addon count where it is built.
fn check_folder(folder: &Path, expected: &BTreeSet<String>) {
    let found: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| cfg!(feature = "enrich") || !name.contains("mc-enrich"))
        .collect();
    assert_eq!(&found, expected, "in {}", folder.display());
}

/// The verbs that ask no cluster, to which the flags of the others mean nothing.
const OF_THE_SHELL: [&str; 3] = ["completion", "shellenv", "man"];

fn page(command: &Command, name: &str) -> String {
    let notes = root().join("tests/data/man").join(format!("{name}.roff"));
    let notes = std::fs::read_to_string(notes).unwrap_or_default();
    let is_in_pipe = IN_THE_PIPE.iter().any(|tool| name.starts_with(tool));
    ManPage {
        name,
        command,
        notes: &notes,
        exit_status: if is_in_pipe { EXIT_STATUS } else { "" },
        takes_global_flags: !OF_THE_SHELL.contains(&command.get_name()),
    }
    .source()
}

/// Returns every page's name and command: of each tool, and of each of its verbs.
fn page_commands() -> Vec<(String, Command)> {
    let mut pages = Vec::new();
    for mut command in commands() {
        command.build();
        let name = command.get_name().to_owned();
        for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
            pages.push((format!("{name}-{}", verb.get_name()), verb.clone()));
        }
        pages.push((name, command));
    }
    pages
}

#[test]
fn man_pages_are_fresh() {
    let mut expected: BTreeSet<String> = BY_HAND.iter().map(|name| (*name).to_owned()).collect();
    for (name, command) in page_commands() {
        let file = format!("{name}.1");
        check_file(&format!("man/{file}"), page(&command, &name).as_bytes());
        expected.insert(file);
    }
    check_folder(&root().join("man"), &expected);
    for name in BY_HAND {
        let page = std::fs::read_to_string(root().join("man").join(name)).unwrap();
        let title = page.lines().next().unwrap();
        assert!(title.contains(&format!(" {DATE} ")), "man/{name}: {title}");
    }
}

/// Every tool and every verb shows in its help how it is used.
#[test]
fn help_of_every_verb_has_examples_that_parse() {
    let mut problems = Vec::new();
    for (name, command) in page_commands() {
        let help = command
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let (examples, _) = split_help(&help);
        let lines = examples
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with('#'));
        let lines: Vec<&str> = lines.collect();
        let mut tools = 0;
        for words in lines.iter().flat_map(|line| command_lines(line)) {
            let Some((tool, words)) = tool_of(&words) else {
                continue;
            };
            tools += 1;
            let words = std::iter::once(&tool).chain(words);
            // The wrapper takes --refresh without a verb.
            let words: Vec<&String> = words.filter(|word| *word != "--refresh").collect();
            if words.len() == 1 && tool == "kubectl-mc" {
                continue;
            }
            let parsed = kubectl_mc::cli::tools::command(&tool)
                .unwrap()
                .try_get_matches_from(words);
            if let Err(error) = parsed {
                problems.push(format!("{name}: {error}"));
            }
        }
        if tools == 0 {
            problems.push(format!("{name} has no examples"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Returns the words of each command of a shell line.
fn command_lines(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let (mut word, mut quote, mut is_word) = (String::new(), None, false);
    for character in line
        .replace("\"$(", " ( ")
        .replace(")\"", " ) ")
        .chars()
        .chain(['\n'])
    {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (Some(_), _) => word.push(character),
            (None, '\'' | '"') => (quote, is_word) = (Some(character), true),
            (None, '|' | ';' | '(' | ')' | '<' | '>' | '&' | ' ' | '\n') => {
                if is_word {
                    commands.last_mut().unwrap().push(std::mem::take(&mut word));
                    is_word = false;
                }
                if !" \n".contains(character) {
                    commands.push(Vec::new());
                }
            }
            _ => {
                word.push(character);
                is_word = true;
            }
        }
    }
    commands
}

/// Returns the tool of ours that a command runs, perhaps on another machine, and its words.
fn tool_of(words: &[String]) -> Option<(String, &[String])> {
    let at = words
        .iter()
        .position(|word| word.starts_with("mc-") || word == "kubectl-mc" || word == "kubectl")?;
    match words.get(at..)? {
        [kubectl, mc, rest @ ..] if kubectl == "kubectl" => {
            (mc == "mc").then(|| ("kubectl-mc".to_owned(), rest))
        }
        [tool, rest @ ..] => Some((tool.clone(), rest)),
        [] => None,
    }
}

#[test]
fn completions_are_fresh() {
    let shells = [
        (Shell::Bash, "bash", "", ""),
        (Shell::Zsh, "zsh", "_", ""),
        (Shell::Fish, "fish", "", ".fish"),
    ];
    for (shell, folder, before, after) in shells {
        let mut expected = BTreeSet::new();
        for command in commands() {
            let tool = command.get_name();
            let file = format!("{before}{tool}{after}");
            check_file(
                &format!("completions/{folder}/{file}"),
                shell.completion(tool).as_bytes(),
            );
            expected.insert(file);
        }
        check_folder(&root().join("completions").join(folder), &expected);
    }
}

/// `kubectl mc man` writes the pages that the folder has, but for the addon's.
#[test]
fn built_in_man_pages_are_all() {
    let mut built_in: Vec<&str> = PAGES.iter().map(|(name, _)| *name).collect();
    built_in.sort_unstable();
    let mut folder: Vec<String> = std::fs::read_dir(root().join("man"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "mc-enrich.1")
        .collect();
    folder.sort_unstable();
    assert_eq!(built_in, folder);
}

/// The page on the configuration is written by hand but for the list of settings, which is made from their table.
#[test]
fn man_page_of_the_configuration_lists_every_setting() {
    let page = std::fs::read_to_string(root().join("man/kubectl-mc-config.5")).unwrap();
    let (before, rest) = page.split_once(SETTINGS_BEGIN).unwrap();
    let (_, after) = rest.split_once(SETTINGS_END).unwrap();
    let mut settings = String::new();
    for key in KEYS {
        let mut spelled = key.names().map(|name| spellings(key, &name));
        write!(settings, ".TP\n{}", spelled.next().unwrap()).unwrap();
        let default = match key.value_in(&Config::default()) {
            Value::Null => String::new(),
            Value::Array(list) => {
                let list: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
                format!(" The default is {}.", list.join(","))
            }
            Value::String(text) => format!(" The default is {text}."),
            default => format!(" The default is {default}."),
        };
        writeln!(settings, "{}{}", roff(key.about), roff(&default)).unwrap();
        for (name, spelled) in key.names().skip(1).zip(spelled) {
            let lead = if name.is_opposite {
                "The opposite of it is"
            } else {
                "It may also be written"
            };
            writeln!(settings, "{lead}\n{}.", spelled.trim_end()).unwrap();
        }
    }
    let fresh = format!("{before}{SETTINGS_BEGIN}{settings}{SETTINGS_END}{after}");
    check_file("man/kubectl-mc-config.5", fresh.as_bytes());
}

const SETTINGS_BEGIN: &str = ".\\\" The list of settings is made by `make docs`.\n";
const SETTINGS_END: &str = ".\\\" The end of the list of settings.\n";

/// Returns a name of a setting as key, flag and variable.
fn spellings(key: &Key, name: &SettingName) -> String {
    let path = key.path_of(name.key);
    let has_flag = commands().next().is_some_and(|mut command| {
        command.build();
        let names = |arg: &clap::Arg| {
            let aliases = arg.get_all_aliases().unwrap_or_default();
            arg.get_long()
                .into_iter()
                .chain(aliases)
                .any(|long| long == name.flag())
        };
        command.get_arguments().any(names)
    });
    match has_flag {
        true => format!(
            ".BR {} \", \" \\-\\-{} \", \" {}\n",
            roff(&path),
            roff(&name.flag()),
            roff(&name.variable())
        ),
        false => format!(".BR {} \", \" {}\n", roff(&path), roff(&name.variable())),
    }
}

fn roff(text: &str) -> String {
    text.replace('\\', "\\\\").replace('-', "\\-")
}

/// The page on records is written by hand from `lib/record.rs`: the section of each kind must list all its fields,
/// and what is inside of these must be named.
#[test]
fn man_page_of_records_lists_every_field() {
    let page = std::fs::read_to_string(root().join("man/mc-records.7"))
        .unwrap()
        .replace("\\-", "-");
    let mut missing = Vec::new();
    // A Show has no field but its kind.
    let mut seen = BTreeSet::from(["Show".to_owned()]);
    for (kind, field) in record_fields() {
        let is_there = match &kind {
            Some(kind) => {
                seen.insert(kind.clone());
                is_listed(&page, kind, &field)
            }
            // It is of a record that another one holds.
            None => page
                .lines()
                .filter(|line| line.starts_with(".B"))
                .any(|line| line.split(' ').any(|word| word.trim_matches('"') == field)),
        };
        if !is_there {
            missing.push(format!("{field} of {}", kind.as_deref().unwrap_or("a part")));
        }
    }
    assert!(missing.is_empty(), "man/mc-records.7 lacks {missing:?}");
    let sections = page.lines().skip_while(|line| *line != ".SH KINDS").skip(1);
    let sections = sections.take_while(|line| !line.starts_with(".SH "));
    let sections: BTreeSet<String> = sections
        .filter_map(|line| line.strip_prefix(".SS "))
        .map(str::to_owned)
        .collect();
    assert_eq!(sections, seen);
}

/// Returns the public fields of all records, each with the kind of its record; without one where it is of a part.
pub fn record_fields() -> Vec<(Option<String>, String)> {
    let folder = root().join("lib/record");
    let entries = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let files: Vec<PathBuf> = files.chain([root().join("lib/record.rs")]).collect();
    let mut fields = Vec::new();
    for file in files {
        let source = std::fs::read_to_string(file).unwrap();
        let (mut kind, mut is_record, mut renamed) = (None, false, None);
        for line in source
            .lines()
            .take_while(|line| !line.starts_with("#[cfg(test)]"))
        {
            let value = |key: &str| {
                let (_, rest) = line.split_once(key)?;
                rest.split('"').next().map(str::to_owned)
            };
            if line.starts_with("#[serde(tag = \"kind\"") {
                kind = value("rename = \"");
            } else if line.starts_with("#[derive(") {
                is_record = line.contains("Serialize");
            } else if line.starts_with('}') {
                (kind, is_record) = (None, false);
            } else if line.starts_with("    #[serde(") {
                renamed = value("rename = \"");
            } else if let Some(rest) = line.strip_prefix("    pub ")
                && is_record
                && let Some((name, _)) = rest.split_once(": ")
                && !name.contains('(')
            {
                let name = renamed.take().unwrap_or_else(|| camel_case(name));
                fields.push((kind.clone(), name));
            }
        }
    }
    fields
}

/// Returns whether a field is a term of its kind's section, or of the one that this refers to.
fn is_listed(page: &str, kind: &str, field: &str) -> bool {
    let start = format!(".SS {kind}\n");
    let Some((_, section)) = page.split_once(&start) else {
        return false;
    };
    let section = section.split("\n.S").next().unwrap_or_default();
    let term = format!(".TP\n.B {field}\n");
    section.contains(&term)
        || section.contains("The other fields are those of a Row") && is_listed(page, "Row", field)
}

fn camel_case(snake: &str) -> String {
    let mut words = snake.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        camel.push_str(&word[..1].to_uppercase());
        camel.push_str(&word[1..]);
    }
    camel
}

/// A file of tests that no module includes would never run.
#[test]
fn every_test_file_is_included() {
    let main = std::fs::read_to_string(root().join("tests/integration.rs")).unwrap();
    for entry in std::fs::read_dir(root().join("tests/cases")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(
            main.contains(&format!("mod {module};")),
            "tests/cases/{name} is not included"
        );
    }
}
