//! Shell completion of `kubectl mc`, by kubectl's convention for plugins: an executable
//! `kubectl_complete-mc` gets the words typed after `mc`, the last being the one to complete (perhaps
//! empty), and prints one choice on each line, with a tab and a description, and last `:N`, Cobra's directive. The
//! installed scripts of `kubectl-mc` and of the `mc-*` tools call it with `--tool=NAME` before the words.
//!
//! No network: clusters, their sets and placements come from the discovery cache, regions from the configuration's
//! hubs, types from a built-in list and the cache. A failure gives fewer choices and never a message into the user's
//! prompt.
//!
//! Most choices are names that a hub, a cluster or a kubeconfig made up, and the completion script of kubectl up to
//! 1.33 has bash expand every choice (`compgen -W`): a `$(…)` in one would run at TAB. So a choice that has any
//! character which a shell or a terminal could take for more than itself is not offered.

use super::stdout::print;
use super::{tools, wrapper};
use crate::config::Paths;
use crate::discover::cache::Seen;
use crate::exit::{Fatal, Status};
use crate::{discover, exec, kubeconfig};
use clap::{Arg, ArgAction, Command};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write as _;

/// Cobra's ShellCompDirectiveNoSpace: the word may go on.
const NO_SPACE: u8 = 2;
/// Cobra's ShellCompDirectiveNoFileComp: no file names where there is no choice.
const NO_FILES: u8 = 4;

/// The words that can be completed to.
#[derive(Debug, Default, Eq, PartialEq)]
struct Choices {
    /// Choice and description.
    words: Vec<(String, String)>,
    /// Cobra's directive.
    directive: u8,
}

impl Choices {
    /// Only the choices that no shell and no terminal takes for more than themselves.
    fn harmless(mut self) -> Self {
        self.words.retain(|(word, _)| is_harmless(word));
        for (_, description) in &mut self.words {
            description.retain(is_harmless_in_description);
        }
        self
    }
}

/// Returns whether a choice can be handed to any completion script. An allow-list: what bash, zsh, fish and the
/// scripts between them expand is too much to list.
fn is_harmless(word: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._@:/,=-".contains(&byte);
    !word.is_empty() && word.bytes().all(is_plain)
}

/// Returns the same for a character of a description, which is shown and never inserted.
fn is_harmless_in_description(character: char) -> bool {
    (character.is_ascii_graphic() || character == ' ') && !"$`\\".contains(character)
}

/// kubectl_complete-mc.
///
/// # Errors
/// Only on the output itself.
pub fn run(words: impl Iterator<Item = OsString>) -> Result<Status, Fatal> {
    let words: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    // Our own scripts name the tool that is typed. kubectl's script means `kubectl mc`.
    let named = words
        .split_first()
        .and_then(|(first, rest)| Some((first.strip_prefix("--tool=")?, rest)));
    let (command, words) = match named {
        Some((tool, rest)) => (tools::command(tool), rest),
        None => (Some(wrapper::command()), words.as_slice()),
    };
    let choices = command.map_or_else(none, |command| complete(command, words, &Known).harmless());
    let mut text = String::new();
    for (word, description) in &choices.words {
        // Writing to a String does not fail.
        let _ = match description.as_str() {
            "" => writeln!(text, "{word}"),
            _ => writeln!(text, "{word}\t{description}"),
        };
    }
    let _ = writeln!(text, ":{}", choices.directive);
    print(&text)
}

/// The names in the user's files.
trait Names {
    fn seen(&self) -> Seen;
    fn regions(&self) -> Vec<String>;
    fn contexts(&self) -> Vec<String>;
    fn types(&self) -> Vec<String>;
}

struct Known;

impl Names for Known {
    fn seen(&self) -> Seen {
        Paths::from_env()
            .map(|paths| discover::cache::read_any(&paths.cache()))
            .unwrap_or_default()
    }

    fn regions(&self) -> Vec<String> {
        let config = Paths::from_env().ok().and_then(|paths| paths.load_config().ok());
        let hubs = config.map(|config| config.hubs).unwrap_or_default();
        let regions: BTreeSet<String> = hubs.into_iter().filter_map(|hub| hub.region).collect();
        regions.into_iter().collect()
    }

    fn contexts(&self) -> Vec<String> {
        let kubeconfig = kubeconfig::Kubeconfig::load(None).unwrap_or_default();
        kubeconfig.context_names().map(str::to_owned).collect()
    }

    fn types(&self) -> Vec<String> {
        Paths::from_env()
            .map(|paths| exec::get::known_types(&paths.cache()))
            .unwrap_or_default()
    }
}

fn complete(mut root: Command, words: &[String], known: &impl Names) -> Choices {
    root.build();
    let Some((last, before)) = words.split_last() else {
        return Choices::default();
    };
    let typed = Typed::read(&root, before);
    if let Some(flag) = typed.open_flag {
        return values(&flag, last, known);
    }
    if let Some((name, value)) = last.strip_prefix("--").and_then(|word| word.split_once('=')) {
        return find(typed.command, name).map_or_else(Choices::default, |flag| values(flag, value, known));
    }
    if last.starts_with('-') && !typed.flags_ended {
        return flags(typed.command, last);
    }
    match (typed.command.get_name(), typed.words) {
        ("get", 0) => Choices {
            // As in kubectl, a blank follows: most people ask for one type.
            directive: NO_FILES,
            ..listed(known.types(), last)
        },
        ("get", _) => none(),
        _ if typed.command.has_subcommands() => verbs(typed.command, last),
        _ => none(),
    }
}

/// The words before the one to complete.
struct Typed<'a> {
    /// The deepest command that is named.
    command: &'a Command,
    /// The number of words that are not flags.
    words: usize,
    /// A flag whose value the last word is.
    open_flag: Option<Arg>,
    /// True after `--`.
    flags_ended: bool,
}

impl<'a> Typed<'a> {
    fn read(root: &'a Command, before: &[String]) -> Self {
        let mut typed = Self {
            command: root,
            words: 0,
            open_flag: None,
            flags_ended: false,
        };
        for word in before {
            if typed.open_flag.take().is_some() {
                continue;
            }
            if typed.flags_ended || !word.starts_with('-') || word == "-" {
                match typed.command.find_subcommand(word) {
                    Some(verb) => typed.command = verb,
                    None => typed.words += 1,
                }
            } else if word == "--" {
                typed.flags_ended = true;
            } else if !word.contains('=') {
                typed.open_flag = find(typed.command, word.trim_start_matches('-'))
                    .filter(|arg| takes_next(arg))
                    .cloned();
            }
        }
        typed
    }
}

/// A flag by its long name or its one letter.
fn find<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|arg| {
        arg.get_long() == Some(name) || arg.get_short().is_some_and(|short| name.chars().eq([short]))
    })
}

/// Returns whether a flag's value is the next word.
fn takes_next(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
        && arg.get_num_args().is_none_or(|number| number.min_values() > 0)
}

fn values(flag: &Arg, prefix: &str, known: &impl Names) -> Choices {
    match flag.get_id().as_str() {
        "clusters" | "exclude" => listed(known.seen().clusters, prefix),
        "cluster_set" => listed(known.seen().cluster_sets, prefix),
        "placement" => plain(known.seen().placements, prefix),
        "region" => plain(known.regions(), prefix),
        "contexts" => listed(known.contexts(), prefix),
        "source" => {
            let values = flag.get_possible_values();
            listed(values.iter().map(|value| value.get_name().to_owned()), prefix)
        }
        "hub_context" => plain(known.contexts(), prefix),
        "kubeconfig" => Choices::default(),
        _ => {
            let values = flag.get_possible_values();
            plain(values.iter().map(|value| value.get_name().to_owned()), prefix)
        }
    }
}

fn flags(command: &Command, prefix: &str) -> Choices {
    let mut words: Vec<(String, String)> = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set())
        .filter_map(|arg| Some((format!("--{}", arg.get_long()?), first_line(arg.get_help()))))
        .filter(|(word, _)| word.starts_with(prefix))
        .collect();
    words.sort();
    Choices {
        words,
        directive: NO_FILES,
    }
}

fn verbs(command: &Command, prefix: &str) -> Choices {
    let words = command
        .get_subcommands()
        .map(|verb| (verb.get_name().to_owned(), first_line(verb.get_about())))
        .filter(|(word, _)| word.starts_with(prefix));
    Choices {
        words: words.collect(),
        directive: NO_FILES,
    }
}

/// Returns whether a name would be taken for a flag if it were inserted.
fn is_flag(name: &str) -> bool {
    name.starts_with('-')
}

fn first_line(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string)
        .unwrap_or_default()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn none() -> Choices {
    Choices {
        words: Vec::new(),
        directive: NO_FILES,
    }
}

fn plain(choices: impl IntoIterator<Item = String>, prefix: &str) -> Choices {
    let words = choices
        .into_iter()
        .filter(|word| word.starts_with(prefix) && !is_flag(word))
        .map(|word| (word, String::new()));
    Choices {
        words: words.collect(),
        directive: NO_FILES,
    }
}

/// The last item of a list with commas; those before it stay and are not offered again.
fn listed(choices: impl IntoIterator<Item = String>, prefix: &str) -> Choices {
    let (done, rest) = prefix
        .rsplit_once(',')
        .map_or(("", prefix), |(done, rest)| (done, rest));
    let lead = if prefix.contains(',') {
        format!("{done},")
    } else {
        String::new()
    };
    let words = choices
        .into_iter()
        .filter(|word| word.starts_with(rest) && !is_flag(word))
        .filter(|word| !done.split(',').any(|other| other == word))
        .map(|word| (format!("{lead}{word}"), String::new()));
    Choices {
        words: words.collect(),
        directive: NO_FILES | NO_SPACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Names for Fixed {
        fn seen(&self) -> Seen {
            Seen {
                clusters: ["prod-eu-1", "prod-us-2", "dev-eu-3"].map(String::from).into(),
                cluster_sets: ["global", "shop"].map(String::from).into(),
                placements: ["shop/web"].map(String::from).into(),
            }
        }

        fn regions(&self) -> Vec<String> {
            ["eu", "us"].map(String::from).into()
        }

        fn contexts(&self) -> Vec<String> {
            ["hub", "prod-eu-1"].map(String::from).into()
        }

        fn types(&self) -> Vec<String> {
            ["pods", "podtemplates", "services"].map(String::from).into()
        }
    }

    fn choices(line: &str) -> Vec<String> {
        let words: Vec<String> = line.split(' ').map(String::from).collect();
        complete(wrapper::command(), &words, &Fixed)
            .words
            .into_iter()
            .map(|(word, _)| word)
            .collect()
    }

    #[test]
    fn verbs_wherever_flags_stand() {
        assert_eq!(choices("cl"), ["clusters"]);
        assert_eq!(choices("--healthy --clusters x g"), ["get"]);
    }

    #[test]
    fn types_and_lists_of_types() {
        assert_eq!(choices("get pod"), ["pods", "podtemplates"]);
        assert_eq!(choices("get pods,s"), ["pods,services"]);
        assert_eq!(choices("get -n kube-system ser"), ["services"]);
        assert!(choices("get pods ").is_empty());
    }

    #[test]
    fn a_type_is_followed_by_a_blank_and_a_list_of_clusters_is_not() {
        let directive = |words: &[&str]| {
            let words: Vec<String> = words.iter().copied().map(String::from).collect();
            complete(wrapper::command(), &words, &Fixed).directive
        };
        assert_eq!(directive(&["get", "pods"]), NO_FILES);
        assert_eq!(directive(&["get", "--clusters", "prod"]), NO_FILES | NO_SPACE);
    }

    #[test]
    fn values_of_flags() {
        assert_eq!(choices("get pods --clusters pro"), ["prod-eu-1", "prod-us-2"]);
        assert_eq!(
            choices("get pods --clusters=prod-eu-1,p"),
            ["prod-eu-1,prod-us-2"]
        );
        assert_eq!(choices("get pods --cluster-set=shop,g"), ["shop,global"]);
        assert_eq!(choices("get pods --placement s"), ["shop/web"]);
        assert_eq!(choices("get pods --region "), ["eu", "us"]);
        assert_eq!(choices("get pods --hub-context h"), ["hub"]);
        assert_eq!(choices("get pods --contexts h"), ["hub"]);
        assert_eq!(choices("get pods --source ku"), ["kubeconfig"]);
        assert_eq!(choices("clusters --source=ocm,a"), ["ocm,about"]);
        assert_eq!(choices("get pods -o ya"), ["yaml"]);
    }

    #[test]
    fn choices_that_a_shell_or_terminal_would_interpret_are_not_offered() {
        let hostile = [
            "$(touch x)",
            "`touch x`",
            "${x}",
            "a;b",
            "a|b",
            "a&b",
            "a b",
            "a\tb",
            "a\nb",
            "a\u{1b}]0;b\u{7}",
            "_activeHelp_ b",
            "a'b",
            "a\"b",
            "a\\b",
            "a*",
            "~a",
            "a!b",
            "a{b,c}",
            "#a",
            "a%b",
            "a\u{200b}",
            "ü",
            "",
        ];
        let words = hostile
            .iter()
            .chain(&["prod-eu.1", "shop/web@hub", "a:b,c=d", "A_b"]);
        let choices = Choices {
            words: words.map(|word| ((*word).to_owned(), String::new())).collect(),
            directive: NO_FILES,
        };
        let offered = choices.harmless().words.into_iter().map(|(word, _)| word);
        assert_eq!(
            offered.collect::<Vec<_>>(),
            ["prod-eu.1", "shop/web@hub", "a:b,c=d", "A_b"]
        );
    }

    #[test]
    fn descriptions_are_without_what_a_shell_expands() {
        let choices = complete(wrapper::command(), &["get".to_owned(), "--".to_owned()], &Fixed).harmless();
        assert!(choices.words.len() > 20, "{choices:?}");
        for (word, description) in &choices.words {
            let is_plain = |c: char| c.is_ascii_graphic() || c == ' ';
            assert!(
                description.chars().all(is_plain) && !description.contains(['$', '`', '\\']),
                "{word}: {description}"
            );
        }
    }

    #[test]
    fn flags_of_the_verb_and_of_all() {
        assert!(choices("get --show-").contains(&"--show-labels".to_owned()));
        assert_eq!(choices("clusters --health"), ["--healthy"]);
        assert!(choices("get -- --show-").is_empty());
    }
}
