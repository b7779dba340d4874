//! A man page made from a command line.

use clap::{Arg, ArgAction, Command};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The date of the pages. It changes with a release, so that pages are the same on every day between.
pub const DATE: &str = "2026-12-01";

/// The longest line of a page's source that mandoc has no complaint about.
const WIDTH: usize = 78;

/// The pages that every page refers to, but for itself.
const SEE_ALSO: [(&str, u8); 11] = [
    ("kubectl-mc", 1),
    ("mc-discover", 1),
    ("mc-resolve", 1),
    ("mc-exec", 1),
    ("mc-merge", 1),
    ("mc-format", 1),
    ("mc-setup", 1),
    ("mc-doctor", 1),
    ("mc-ctx", 1),
    ("kubectl-mc-config", 5),
    ("mc-records", 7),
];

/// A man page.
pub struct ManPage<'a> {
    /// The page's name, without its section.
    pub name: &'a str,
    pub command: &'a Command,
    /// Sections that are written by hand, after the options.
    pub notes: &'a str,
    /// The section about the exit status; empty if the help has it.
    pub exit_status: &'a str,
    /// True if the flags of all verbs mean something to this one.
    pub takes_global_flags: bool,
}

impl ManPage<'_> {
    /// Returns the page's source.
    pub fn source(&self) -> String {
        let command = self.command;
        let title = self.name.to_uppercase();
        let mut page = format!(
            ".TH {title} 1 {DATE} kubectl-mc \"kubectl-mc manual\"
"
        );
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        page.push_str(".SH NAME\n");
        paragraph(&mut page, &format!("{} - {about}", self.name));
        self.synopsis(&mut page);
        page.push_str(".SH DESCRIPTION\n");
        let long = command.get_long_about().map(ToString::to_string);
        let mut long = long.unwrap_or(about);
        if !long.ends_with('.') {
            long.push('.');
        }
        paragraphs(&mut page, &long, ".PP");
        let help = command.get_after_long_help().or(command.get_after_help());
        let help = help.map(ToString::to_string).unwrap_or_default();
        let (examples, rest) = split_help(&help);
        let (status, notes): (Vec<&str>, Vec<&str>) = rest
            .split("\n\n")
            .partition(|part| part.starts_with("Exit status:"));
        // ENVIRONMENT and FILES say the same of settings.
        let notes: Vec<&str> = notes
            .into_iter()
            .filter(|part| !part.starts_with("Settings:"))
            .collect();
        let notes = notes.join("\n\n");
        if !notes.trim().is_empty() {
            page.push_str(".PP\n");
            paragraphs(&mut page, &notes, ".PP");
        }
        self.verbs(&mut page);
        self.options(&mut page);
        page.push_str(&ascii(self.notes));
        page.push_str(self.exit_status);
        if let (true, Some(status)) = (self.exit_status.is_empty(), status.first()) {
            exit_status(&mut page, status);
        }
        self.environment(&mut page);
        self.files(&mut page);
        example_section(&mut page, examples);
        self.see_also(&mut page);
        page
    }

    fn synopsis(&self, page: &mut String) {
        let command = self.command;
        let name = command.get_bin_name().unwrap_or(self.name);
        let mut words = format!(".SH SYNOPSIS\n\\fB{}\\fR", escape(name));
        let verbs = command.get_subcommands().filter(|verb| verb.get_name() != "help");
        if verbs.count() > 0 {
            words.push_str(" \\fIVERB\\fR");
        }
        for argument in command
            .get_positionals()
            .filter(|argument| !argument.is_hide_set())
        {
            let value = escape(&value_name(argument));
            let more = if matches!(argument.get_action(), ArgAction::Append) {
                " ..."
            } else {
                ""
            };
            let _ = match argument.is_required_set() {
                true => write!(words, " \\fI{value}\\fR{more}"),
                false => write!(words, " [\\fI{value}\\fR{more}]"),
            };
        }
        if self.flags().count() > 1 {
            words.push_str(" [\\fIOPTION\\fR ...]");
        }
        page.push_str(&words);
        page.push('\n');
    }

    /// Returns the flags that the page describes.
    fn flags(&self) -> impl Iterator<Item = &Arg> {
        let flags = self.command.get_arguments().filter(|flag| !flag.is_positional());
        flags.filter(|flag| !flag.is_hide_set() && (self.takes_global_flags || !flag.is_global_set()))
    }

    fn has_flag(&self, name: &str) -> bool {
        self.flags().any(|flag| flag.get_long() == Some(name))
    }

    fn verbs(&self, page: &mut String) {
        let verbs = self.command.get_subcommands();
        let mut verbs = verbs
            .filter(|verb| verb.get_name() != "help" && !verb.is_hide_set())
            .peekable();
        if verbs.peek().is_some() {
            page.push_str(".SH VERBS\n");
        }
        for verb in verbs {
            let _ = writeln!(page, ".TP\n.B {}", escape(verb.get_name()));
            paragraph(
                page,
                &verb.get_about().map(ToString::to_string).unwrap_or_default(),
            );
            let _ = writeln!(
                page,
                "See\n.BR {} (1).",
                escape(&format!("{}-{}", self.name, verb.get_name()))
            );
        }
    }

    fn options(&self, page: &mut String) {
        page.push_str(".SH OPTIONS\n");
        for argument in self
            .command
            .get_positionals()
            .filter(|argument| !argument.is_hide_set())
        {
            let _ = writeln!(page, ".TP\n.I {}", escape(&value_name(argument)));
            describe(page, argument);
        }
        let mut headings: Vec<&str> = Vec::new();
        let mut groups: BTreeMap<&str, Vec<&Arg>> = BTreeMap::new();
        for flag in self.flags() {
            let heading = flag.get_help_heading().unwrap_or_default();
            if !groups.contains_key(heading) {
                headings.push(heading);
            }
            groups.entry(heading).or_default().push(flag);
        }
        // The command's own flags come first.
        headings.sort_by_key(|heading| !heading.is_empty());
        for heading in headings {
            if !heading.is_empty() {
                let _ = writeln!(page, ".SS {}", escape(heading));
            }
            for flag in &groups[heading] {
                let _ = writeln!(page, ".TP\n{}", spelled(flag));
                describe(page, flag);
            }
        }
    }

    fn environment(&self, page: &mut String) {
        let is_of_network = self.has_flag("connect-timeout");
        let shows = self.has_flag("output");
        let variables = [
            (
                self.has_flag("kubeconfig"),
                "KUBECONFIG",
                "The kubeconfigs, separated by colons, instead of ~/.kube/config.",
            ),
            (
                self.has_flag("kubeconfig"),
                "KUBECTL_MC_CONFIG",
                "The configuration file.",
            ),
            (
                self.has_flag("providers") || self.has_flag("hub-context"),
                "KUBECTL_MC_MAPPING",
                "The file that maps clusters to contexts.",
            ),
            (
                self.has_flag("kubeconfig") || shows,
                "KUBECTL_MC_*",
                "Settings, where no flag says otherwise: see kubectl-mc-config(5).",
            ),
            (
                is_of_network,
                "HTTPS_PROXY, HTTP_PROXY, NO_PROXY",
                "Proxies to the API servers, as kubectl uses them.",
            ),
            (
                self.has_flag("filename") || self.has_flag("kustomize"),
                "KUBECTL_PATH",
                "The kubectl that -k runs, instead of the one on PATH.",
            ),
            (shows, "NO_COLOR", "If it is not empty, nothing is coloured."),
            (
                self.has_flag("stream"),
                "TMPDIR",
                "The folder for what does not fit into memory, instead of /tmp.",
            ),
            (
                self.name.ends_with("shellenv"),
                "SHELL",
                "The shell that the commands are for, if none is named.",
            ),
        ];
        terms(page, "ENVIRONMENT", &variables);
    }

    fn files(&self, page: &mut String) {
        let (has_kubeconfig, resolves) = (self.has_flag("kubeconfig"), self.has_flag("providers"));
        let files = [
            (
                has_kubeconfig,
                "~/.kube/config",
                "The kubeconfig, with the context of the hub and those of clusters.",
            ),
            (
                has_kubeconfig,
                "~/.kube/kubectl-mc-config.yaml",
                "The configuration: see kubectl-mc-config(5).",
            ),
            (
                resolves || self.has_flag("hub-context"),
                "~/.kube/kubectl-mc-clusters.yaml",
                "Which context is whose cluster's: see kubectl-mc-config(5).",
            ),
            (
                resolves,
                "~/.kube/kubectl-mc-providers.json",
                "The credential plugins of access providers.",
            ),
            (
                self.has_flag("cache-dir"),
                "~/.kube/cache/kubectl-mc",
                "The cache: fleets, and the types that clusters serve.",
            ),
        ];
        terms(page, "FILES", &files);
    }

    fn see_also(&self, page: &mut String) {
        page.push_str(".SH \"SEE ALSO\"\n");
        let others: Vec<String> = SEE_ALSO
            .iter()
            .filter(|(name, _)| *name != self.name)
            .map(|(name, section)| format!(".BR {} ({section})", escape(name)))
            .collect();
        page.push_str(&others.join(",\n"));
        page.push('\n');
    }
}

/// Splits what follows the help into the examples and the rest.
pub fn split_help(help: &str) -> (&str, &str) {
    match help.strip_prefix("Examples:\n") {
        Some(help) => help.split_once("\n\n").unwrap_or((help, "")),
        None => ("", help),
    }
}

fn exit_status(page: &mut String, text: &str) {
    page.push_str(".SH \"EXIT STATUS\"\n");
    let text = text.trim_start_matches("Exit status:").replace('\n', " ");
    // `0 all is well, 1 nothing is, 2 …`: a number begins an item.
    let mut items: Vec<(String, String)> = Vec::new();
    for word in text.split_whitespace() {
        match items.last_mut() {
            Some((_, about)) if word.parse::<u8>().is_err() => {
                let _ = write!(about, "{word} ");
            }
            _ => items.push((word.to_owned(), String::new())),
        }
    }
    for (number, about) in items {
        let _ = writeln!(page, ".TP\n.B {number}");
        let about = about.trim_end().trim_end_matches([',', '.']);
        let mut letters = about.chars();
        let first = letters.next().unwrap().to_uppercase();
        paragraph(page, &format!("{first}{}.", letters.as_str()));
    }
}

fn terms(page: &mut String, title: &str, terms: &[(bool, &str, &str)]) {
    let mut terms = terms.iter().filter(|(is_there, ..)| *is_there).peekable();
    if terms.peek().is_some() {
        let _ = writeln!(page, ".SH {title}");
    }
    for (_, term, about) in terms {
        let _ = writeln!(page, ".TP\n.B {}", escape(term));
        paragraph(page, about);
    }
}

fn example_section(page: &mut String, examples: &str) {
    if examples.is_empty() {
        return;
    }
    page.push_str(".SH EXAMPLES\n");
    let (mut is_code, mut is_later) = (false, false);
    for line in examples.lines().map(str::trim_start) {
        let comment = line.strip_prefix("# ");
        if is_code == comment.is_some() {
            page.push_str(if is_code { ".fi\n.RE\n" } else { ".RS\n.nf\n" });
            is_code = !is_code;
        }
        match comment {
            Some(comment) => {
                if is_later {
                    page.push_str(".PP\n");
                }
                is_later = true;
                paragraph(page, &format!("{comment}:"));
            }
            None => {
                page.push_str(&escape(line));
                page.push('\n');
            }
        }
    }
    page.push_str(".fi\n.RE\n");
}

/// Returns a flag as it is typed.
fn spelled(flag: &Arg) -> String {
    let short = flag.get_short().map(|short| format!("\\fB\\-{short}\\fR"));
    let long = flag
        .get_long()
        .map(|long| format!("\\fB{}\\fR", escape(&format!("--{long}"))));
    let names: Vec<String> = short.into_iter().chain(long).collect();
    let mut text = names.join(", ");
    if matches!(flag.get_action(), ArgAction::Set | ArgAction::Append) {
        let value = escape(&value_name(flag));
        let is_optional = flag.get_num_args().is_some_and(|number| number.min_values() == 0);
        text.push_str(&match is_optional {
            true => format!("[=\\fI{value}\\fR]"),
            false => format!(" \\fI{value}\\fR"),
        });
    }
    text
}

fn value_name(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    match names {
        [] => argument.get_id().as_str().to_uppercase(),
        names => names
            .iter()
            .map(|name| name.as_str())
            .collect::<Vec<_>>()
            .join(" "),
    }
}

/// Writes what a flag or an argument is for.
fn describe(page: &mut String, argument: &Arg) {
    let help = argument.get_long_help().or(argument.get_help());
    let mut text = help.map(ToString::to_string).unwrap_or_default();
    let defaults = argument.get_default_values();
    if !argument.is_hide_default_value_set() && !defaults.is_empty() {
        let defaults: Vec<_> = defaults.iter().map(|value| value.to_string_lossy()).collect();
        let _ = write!(text, " [default: {}]", defaults.join(","));
    }
    paragraphs(page, &text, ".IP");
    let values = argument.get_possible_values();
    let is_switch = values.iter().any(|value| value.get_name() == "true");
    if !values.is_empty() && !argument.is_hide_possible_values_set() && !is_switch {
        let names: Vec<&str> = values.iter().map(|value| value.get_name()).collect();
        page.push_str(".IP\n");
        paragraph(page, &format!("Possible values: {}.", names.join(", ")));
    }
}

/// Writes paragraphs that are separated by empty lines. One whose lines are indented is left as it is.
fn paragraphs(page: &mut String, text: &str, separator: &str) {
    let parts = text.split("\n\n").filter(|part| !part.trim().is_empty());
    for (index, part) in parts.enumerate() {
        if index > 0 {
            let _ = writeln!(page, "{separator}");
        }
        if part.starts_with("  ") {
            let _ = writeln!(page, ".nf");
            for line in part.lines() {
                let _ = writeln!(page, "{}", escape(line));
            }
            let _ = writeln!(page, ".fi");
        } else {
            paragraph(page, part);
        }
    }
}

/// Writes a paragraph in short lines.
fn paragraph(page: &mut String, text: &str) {
    let mut length = 0;
    for word in text.split_whitespace().map(escape) {
        if length > 0 && length + 1 + word.len() > WIDTH {
            page.push('\n');
            length = 0;
        }
        if length > 0 {
            page.push(' ');
            length += 1;
        }
        // At the beginning of a line these would make it a request.
        if length == 0 && word.starts_with(['.', '\'']) {
            page.push_str("\\&");
        }
        page.push_str(&word);
        length += word.len();
    }
    page.push('\n');
}

/// Returns text with roff's characters escaped, and those that only some terminals and readers know.
pub fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\e"),
            '-' => escaped.push_str("\\-"),
            '\'' => escaped.push_str("\\(aq"),
            '`' => escaped.push_str("\\(ga"),
            '^' => escaped.push_str("\\(ha"),
            '~' => escaped.push_str("\\(ti"),
            character => escaped.push(character),
        }
    }
    ascii(&escaped)
}

/// Returns a page's source in ASCII, which is all that groff reads by itself.
fn ascii(source: &str) -> String {
    let escape = |character: char| match character.is_ascii() {
        true => character.to_string(),
        false => format!("\\[u{:04X}]", u32::from(character)),
    };
    source.chars().map(escape).collect()
}
