//! A command line as kubectl takes it: with flags before the verb, `_` in their names, and `-v 6`; and what is said about
//! a verb that there is not.

use crate::suggest::did_you_mean;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};
use std::ffi::OsString;

/// The verbs of kubectl 1.36.
const KUBECTL_VERBS: [&str; 42] = [
    "annotate",
    "api-resources",
    "api-versions",
    "apply",
    "attach",
    "auth",
    "autoscale",
    "certificate",
    "cluster-info",
    "config",
    "cordon",
    "cp",
    "create",
    "debug",
    "delete",
    "describe",
    "diff",
    "drain",
    "edit",
    "events",
    "exec",
    "explain",
    "expose",
    "get",
    "kuberc",
    "kustomize",
    "label",
    "logs",
    "options",
    "patch",
    "plugin",
    "port-forward",
    "proxy",
    "replace",
    "rollout",
    "run",
    "scale",
    "set",
    "taint",
    "top",
    "uncordon",
    "wait",
];

/// Returns the words of a command line in the order and the spelling that `command` reads: flags that come before the
/// verb are put after it, where those of the verb itself are known too.
pub fn arranged(words: impl Iterator<Item = OsString>, command: &Command) -> Vec<OsString> {
    let mut words: Vec<OsString> = with_level_of_v(with_dashes(words));
    if let Some(verb) = place_of_verb(&words, command).filter(|place| *place > 1)
        && command.has_subcommands()
    {
        words[1..=verb].rotate_right(1);
    }
    words
}

/// Replaces `_` by `-` in the names of flags: kubectl takes `--show_labels` too.
fn with_dashes(words: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut flags = true;
    words.map(move |word| {
        flags &= word != "--";
        match word.to_str() {
            Some(text) if flags && text.starts_with("--") => {
                let name = text.split('=').next().unwrap_or_default();
                format!("{}{}", name.replace('_', "-"), &text[name.len()..]).into()
            }
            _ => word,
        }
    })
}

/// Joins `-v 6` to `-v=6`. Here the level may be left out, so that the parser would take the number for a name.
fn with_level_of_v(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    let mut flags = true;
    for word in words {
        flags &= word != "--";
        let is_number = || !word.is_empty() && word.as_encoded_bytes().iter().all(u8::is_ascii_digit);
        match joined.last_mut() {
            Some(last) if flags && (last == "-v" || last == "--v") && is_number() => {
                *last = "-v=".into();
                last.push(&word);
            }
            _ => joined.push(word),
        }
    }
    joined
}

/// Returns where the verb is: the first word that is neither a flag nor the value of one.
fn place_of_verb(words: &[OsString], command: &Command) -> Option<usize> {
    let mut at = 1;
    loop {
        let word = words.get(at)?.to_str()?;
        if word == "--" {
            return None;
        }
        if !word.starts_with('-') || word == "-" {
            return Some(at);
        }
        at += if takes_next_word(word, command) { 2 } else { 1 };
    }
}

/// Returns true if the word after a flag is its value.
fn takes_next_word(word: &str, command: &Command) -> bool {
    if let Some(long) = word.strip_prefix("--") {
        return !long.contains('=')
            && find(command, |arg| arg.get_long() == Some(long)).is_some_and(takes_next);
    }
    let mut shorts = word.chars().skip(1);
    // What follows a short flag with a value is the value.
    let needs =
        shorts.find(|short| find(command, |arg| arg.get_short() == Some(*short)).is_some_and(takes_next));
    needs.is_some() && shorts.next().is_none()
}

/// Returns true if a flag's value is the next word, unless it is joined to the flag.
pub fn takes_next(flag: &Arg) -> bool {
    let values = flag.get_num_args().map_or(1, |number| number.min_values());
    flag.get_action().takes_values() && values > 0 && !flag.is_require_equals_set()
}

/// Finds a flag of a command or of one of its verbs.
fn find(command: &Command, is_it: impl Fn(&Arg) -> bool) -> Option<&Arg> {
    let of_verbs = command.get_subcommands().flat_map(Command::get_arguments);
    command.get_arguments().chain(of_verbs).find(|arg| is_it(arg))
}

/// Returns the message about a verb that is missing or that `command` does not have, if that is what is wrong.
pub fn unknown_verb(error: &clap::Error, command: &Command) -> Option<String> {
    let program = command.get_bin_name().unwrap_or(command.get_name());
    let verbs: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
    let verb = match (error.kind(), error.get(ContextKind::InvalidSubcommand)) {
        (ErrorKind::InvalidSubcommand, Some(ContextValue::String(verb))) => verb.as_str(),
        (ErrorKind::MissingSubcommand, _) => {
            return Some(format!(
                "the command is missing: {program} has {}",
                verbs.join(", ")
            ));
        }
        _ => return None,
    };
    if KUBECTL_VERBS.contains(&verb) {
        return Some(format!(
            "{program} has no command {verb:?} (it has {}); kubectl --context CONTEXT {verb} asks one cluster, and kubectl mc \
             clusters shows each cluster's context",
            verbs.join(", ")
        ));
    }
    let near = did_you_mean(verb, verbs.iter().copied());
    Some(format!(
        "unknown command {verb:?}{near}: {program} has {}",
        verbs.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::wrapper;

    fn arrange(line: &str) -> String {
        let words = line.split(' ').map(OsString::from);
        let words: Vec<String> = arranged(words, &wrapper::command())
            .into_iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        words.join(" ")
    }

    #[test]
    fn flags_may_come_before_the_verb() {
        for (line, expected) in [
            ("mc -n web get pods", "mc get -n web pods"),
            ("mc -A get pods", "mc get -A pods"),
            ("mc -nweb get pods", "mc get -nweb pods"),
            ("mc -Aoyaml get pods", "mc get -Aoyaml pods"),
            ("mc -Ao yaml get pods", "mc get -Ao yaml pods"),
            (
                "mc --namespace web -l a=b get pods",
                "mc get --namespace web -l a=b pods",
            ),
            ("mc --namespace=web get pods", "mc get --namespace=web pods"),
            (
                "mc --clusters a --healthy get pods",
                "mc get --clusters a --healthy pods",
            ),
            ("mc -v get pods", "mc get -v pods"),
            ("mc -v 6 get pods", "mc get -v=6 pods"),
            ("mc get pods -n web", "mc get pods -n web"),
            ("mc --refresh", "mc --refresh"),
            ("mc --clusters get", "mc --clusters get"),
            ("mc -- get", "mc -- get"),
            ("mc", "mc"),
        ] {
            assert_eq!(arrange(line), expected, "{line}");
        }
    }

    #[test]
    fn every_flag_of_the_wrapper_may_come_after_the_verb() {
        let command = wrapper::command();
        let local = command.get_arguments().filter(|arg| !arg.is_global_set());
        assert_eq!(
            local.map(|arg| arg.get_id().as_str()).collect::<Vec<_>>(),
            [""; 0]
        );
    }

    #[test]
    fn level_of_v_may_be_a_word_of_its_own() {
        assert_eq!(arrange("mc get pods -v 6 x"), "mc get pods -v=6 x");
        assert_eq!(arrange("mc get pods --v 6"), "mc get pods -v=6");
        assert_eq!(arrange("mc get pods -v x"), "mc get pods -v x");
        assert_eq!(arrange("mc get pods -- -v 6"), "mc get pods -- -v 6");
    }

    #[test]
    fn flags_may_have_underscores() {
        assert_eq!(
            arrange("mc get a_b --show_labels --sort_by=.a_b -n_x -- --a_b"),
            "mc get a_b --show-labels --sort-by=.a_b -n_x -- --a_b"
        );
    }
}
