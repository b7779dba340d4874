//! Man pages and completions are generated from the command lines and committed. A stale one fails its test.
//!
//! `make docs` (this test with `UPDATE=1`) writes them anew.

use crate::support::check_file;
use clap::Command;
use clap_mangen::Man;
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
const IN_THE_PIPE: [&str; 7] = [
    "kubectl-mc-get",
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

/// A page without version and date, which would go stale with every release.
fn page(command: &Command, name: &str) -> Vec<u8> {
    let command = command.clone().name(name.to_owned()).version(None);
    let man = Man::new(command)
        .source("kubectl-mc")
        .manual("kubectl-mc")
        .date("");
    let mut page = Vec::new();
    man.render_title(&mut page).unwrap();
    man.render_name_section(&mut page).unwrap();
    man.render_synopsis_section(&mut page).unwrap();
    man.render_description_section(&mut page).unwrap();
    man.render_options_section(&mut page).unwrap();
    man.render_subcommands_section(&mut page).unwrap();
    man.render_extra_section(&mut page).unwrap();
    if IN_THE_PIPE.iter().any(|tool| name.starts_with(tool)) {
        page.extend_from_slice(EXIT_STATUS.as_bytes());
    }
    page.extend_from_slice(
        b".SH \"SEE ALSO\"\n\
          .BR kubectl\\-mc (1),\n.BR mc\\-discover (1),\n.BR mc\\-resolve (1),\n.BR mc\\-exec (1),\n\
          .BR mc\\-merge (1),\n.BR mc\\-format (1),\n.BR mc\\-setup (1),\n.BR mc\\-doctor (1),\n\
          .BR kubectl\\-mc\\-config (5),\n.BR mc\\-records (7)\n",
    );
    page
}

#[test]
fn man_pages_are_fresh() {
    let folder = root().join("man");
    let mut expected: BTreeSet<String> = BY_HAND.iter().map(|name| (*name).to_owned()).collect();
    let mut keep = |name: String, page: Vec<u8>| {
        check_file(&format!("man/{name}"), &page);
        expected.insert(name);
    };
    for mut command in commands() {
        command.build();
        let name = command.get_name().to_owned();
        keep(format!("{name}.1"), page(&command, &name));
        for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
            let name = format!("{name}-{}", verb.get_name());
            let notes = root().join("tests/data/man").join(format!("{name}.roff"));
            let mut page = page(verb, &name);
            page.extend(std::fs::read(notes).unwrap_or_default());
            keep(format!("{name}.1"), page);
        }
    }
    check_folder(&folder, &expected);
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
    let mut seen = BTreeSet::new();
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
