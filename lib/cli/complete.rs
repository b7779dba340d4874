//! Shell completion of `kubectl mc`, by kubectl's convention for plugins: an executable
//! `kubectl_complete-mc` gets the words typed after `mc`, the last being the one to complete (perhaps
//! empty), and prints one choice on each line, with a tab and a description, and last `:N`, Cobra's directive. The
//! installed scripts of `kubectl-mc` and of the `mc-*` tools call it with `--tool=NAME` before the words.
//!
//! Clusters, their sets, labels and placements come from the discovery cache, regions from the configuration's hubs,
//! types from a built-in list and the cache. Namespaces and objects are asked of one cluster, and so is what no cache
//! has: one hub and one member, within half a second and without a way to disturb anybody ([`live`]). A failure gives
//! fewer choices and never a message into the user's prompt.

mod choices;
mod live;
mod names;
mod typed;

use super::stdout::print;
use super::{tools, wrapper};
use crate::exit::{Fatal, Status};
use choices::{Choices, split_list};
use clap::{Arg, Command};
use names::{KnownNames, Labels, Names};
use std::ffi::OsString;
use std::fmt::Write as _;
use typed::{Typed, find};

/// kubectl_complete-mc.
///
/// # Errors
/// Only on the output itself.
pub fn run(words: impl Iterator<Item = OsString>) -> Result<Status, Fatal> {
    let words: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    let choices = live::within_limit(move || choices_for(&words)).unwrap_or_else(Choices::none);
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

fn choices_for(words: &[String]) -> Choices {
    // Our own scripts name the tool that is typed. kubectl's script means `kubectl mc`.
    let named = words
        .split_first()
        .and_then(|(first, rest)| Some((first.strip_prefix("--tool=")?, rest)));
    let (command, words) = match named {
        Some((tool, rest)) => (tools::command(tool), rest),
        None => (Some(wrapper::command()), words),
    };
    let (Some(command), Some((_, before))) = (command, words.split_last()) else {
        return Choices::none();
    };
    let names = KnownNames::new(command.clone(), before);
    complete(command, words, &names).harmless()
}

fn complete(mut root: Command, words: &[String], names: &impl Names) -> Choices {
    root.build();
    let Some((last, before)) = words.split_last() else {
        return Choices::default();
    };
    let typed = Typed::read(&root, before);
    if let Some(flag) = typed.open_flag {
        return values(flag, last, names);
    }
    if typed.flags_ended || !last.starts_with('-') {
        return match typed.next_argument() {
            Some(argument) if argument.get_id() == "args" => types_and_objects(&typed.words, last, names),
            Some(argument) => values(argument, last, names),
            None if typed.command.has_subcommands() => verbs(typed.command, last),
            None => Choices::none(),
        };
    }
    match last.strip_prefix("--").and_then(|word| word.split_once('=')) {
        Some((name, value)) => {
            find(typed.command, name).map_or_else(Choices::files, |flag| values(flag, value, names))
        }
        None => flags(&typed, last),
    }
}

/// Completes the value of a flag or an argument.
fn values(arg: &Arg, prefix: &str, names: &impl Names) -> Choices {
    let is_file = |name: &str| ["FILE", "FOLDER", "DIR"].contains(&name);
    let mut value_names = arg.get_value_names().unwrap_or_default().iter();
    match arg.get_id().as_str() {
        // It is refused.
        _ if arg.is_hide_set() => Choices::none(),
        "clusters" | "exclude" if split_list(prefix).1.starts_with('@') => {
            Choices::listed(names.groups(), prefix)
        }
        "clusters" | "exclude" => {
            let clusters = names.fleet().clusters;
            Choices::listed(clusters.into_iter().chain(names.groups()), prefix)
        }
        "cluster_name" => Choices::plain(names.fleet().clusters, prefix),
        "cluster_set" => Choices::listed(names.fleet().cluster_sets, prefix),
        "cluster_selector" => selector(names.labels(), prefix),
        "placement" => Choices::plain(names.fleet().placements, prefix),
        "region" => Choices::plain(names.regions(), prefix),
        "contexts" => Choices::listed(names.contexts(), prefix),
        "hub_context" => Choices::plain(names.contexts(), prefix),
        "namespace" => Choices::plain(names.namespaces(), prefix),
        "fail_on" => Choices::plain(["all", "any"].map(String::from), prefix),
        _ if value_names.any(|name| is_file(name)) => Choices::files(),
        _ => {
            let values = arg.get_possible_values();
            let values = values.iter().map(|value| value.get_name().to_owned());
            match arg.get_value_delimiter() {
                Some(_) => Choices::listed(values, prefix),
                None => Choices::plain(values, prefix),
            }
        }
    }
}

/// Completes a label selector: `KEY=`, then `KEY=VALUE`. More than one is separated by commas.
fn selector(labels: Labels, prefix: &str) -> Choices {
    let (_, rest) = split_list(prefix);
    let Some((key, value)) = rest.split_once('=') else {
        return Choices::listed(labels.into_keys().map(|key| format!("{key}=")), prefix);
    };
    let equals = if value.starts_with('=') { "==" } else { "=" };
    let known = labels.get(key).into_iter().flatten();
    let choices = known.map(|known| format!("{key}{equals}{known}"));
    Choices::listed(choices, prefix)
}

/// Completes what get shows: `TYPE`, `TYPE NAME`, `TYPE/NAME` and `TYPE,TYPE`.
fn types_and_objects(before: &[&str], last: &str, names: &impl Names) -> Choices {
    match (before, last.split_once('/')) {
        (_, Some((type_, name))) => {
            let objects = names.objects(type_);
            let objects = objects.iter().filter(|object| object.starts_with(name));
            Choices::plain(objects.map(|object| format!("{type_}/{object}")), last)
        }
        ([], None) => types(names, last),
        ([type_, others @ ..], None) if !type_.contains([',', '/']) => {
            let mut objects = names.objects(type_);
            objects.retain(|object| !others.contains(&object.as_str()));
            Choices::plain(objects, last)
        }
        _ => Choices::none(),
    }
}

/// Completes a type. Short names are offered where nothing else begins so: `svc` is one, and `po` is the beginning of
/// several names.
fn types(names: &impl Names, prefix: &str) -> Choices {
    let types = names.types();
    let listed = Choices::listed(types.keys().cloned(), prefix);
    let choices = match listed.words.is_empty() {
        true => Choices::listed(types.into_values().flatten(), prefix),
        false => listed,
    };
    Choices {
        // As in kubectl, a blank follows: most people ask for one type.
        directive: choices::NO_FILES,
        ..choices
    }
}

fn flags(typed: &Typed<'_>, prefix: &str) -> Choices {
    let flags = typed.command.get_arguments();
    let mut words: Vec<(String, String)> = flags
        .filter(|flag| !flag.is_hide_set() && typed.may_add(flag))
        .filter_map(|flag| Some((format!("--{}", flag.get_long()?), first_line(flag.get_help()))))
        .filter(|(word, _)| word.starts_with(prefix))
        .collect();
    words.sort();
    Choices::described(words)
}

fn verbs(command: &Command, prefix: &str) -> Choices {
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    let words = verbs.map(|verb| (verb.get_name().to_owned(), first_line(verb.get_about())));
    Choices::described(words.filter(|(word, _)| word.starts_with(prefix)))
}

fn first_line(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string)
        .unwrap_or_default()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::discovery::TypeNames;
    use crate::discover::cache::Seen;
    use std::collections::BTreeSet;

    struct Fixed;

    impl Names for Fixed {
        fn fleet(&self) -> Seen {
            Seen {
                clusters: ["prod-eu-1", "prod-us-2", "dev-eu-3"].map(String::from).into(),
                cluster_sets: ["global", "shop"].map(String::from).into(),
                placements: ["shop/web"].map(String::from).into(),
            }
        }

        fn groups(&self) -> Vec<String> {
            ["@eu", "@prod"].map(String::from).into()
        }

        fn labels(&self) -> Labels {
            let of = |key: &str, values: &[&str]| {
                (key.to_owned(), values.iter().copied().map(String::from).collect())
            };
            [of("env", &["dev", "prod"]), of("region", &["eu", "us"])].into()
        }

        fn regions(&self) -> BTreeSet<String> {
            ["eu", "us"].map(String::from).into()
        }

        fn contexts(&self) -> Vec<String> {
            ["hub", "prod-eu-1"].map(String::from).into()
        }

        fn types(&self) -> TypeNames {
            let of = |name: &str, short: &[&str]| {
                (name.to_owned(), short.iter().copied().map(String::from).collect())
            };
            [
                of("pods", &["po"]),
                of("podtemplates", &[]),
                of("services", &["svc"]),
            ]
            .into()
        }

        fn namespaces(&self) -> Vec<String> {
            ["default", "kube-public", "kube-system"].map(String::from).into()
        }

        fn objects(&self, type_: &str) -> Vec<String> {
            match type_ {
                "pods" | "pod" | "po" => ["web-1", "web-2"].map(String::from).into(),
                _ => Vec::new(),
            }
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
        assert_eq!(choices("get sv"), ["svc"]);
        assert_eq!(choices("get pods,sv"), ["pods,svc"]);
    }

    #[test]
    fn objects_of_a_type() {
        assert_eq!(choices("get pods "), ["web-1", "web-2"]);
        assert_eq!(choices("get -n shop po web-1 w"), ["web-2"]);
        assert_eq!(choices("get pod/"), ["pod/web-1", "pod/web-2"]);
        assert_eq!(choices("get pod/web-1 pod/web-2"), ["pod/web-2"]);
        assert!(choices("get pods,services ").is_empty());
        assert!(choices("get nodes ").is_empty());
    }

    #[test]
    fn cluster_after_ctx() {
        assert_eq!(choices("ctx prod-eu"), ["prod-eu-1"]);
        assert!(choices("ctx prod-eu-1 prod").is_empty());
    }

    #[test]
    fn a_type_is_followed_by_a_blank_and_a_list_of_clusters_is_not() {
        let directive = |words: &[&str]| {
            let words: Vec<String> = words.iter().copied().map(String::from).collect();
            complete(wrapper::command(), &words, &Fixed).directive
        };
        assert_eq!(directive(&["get", "pods"]), choices::NO_FILES);
        assert_eq!(
            directive(&["get", "--clusters", "prod"]),
            choices::NO_FILES | choices::NO_SPACE
        );
    }

    #[test]
    fn values_of_flags() {
        assert_eq!(choices("get pods --clusters pro"), ["prod-eu-1", "prod-us-2"]);
        assert_eq!(
            choices("get pods --clusters=prod-eu-1,p"),
            ["prod-eu-1,prod-us-2"]
        );
        assert_eq!(
            choices("get pods --clusters=prod-eu-1,@"),
            ["prod-eu-1,@eu", "prod-eu-1,@prod"]
        );
        assert_eq!(choices("get pods --cluster-set=shop,g"), ["shop,global"]);
        assert_eq!(choices("get pods --placement s"), ["shop/web"]);
        assert_eq!(choices("get pods --region "), ["eu", "us"]);
        assert_eq!(choices("get pods --hub-context h"), ["hub"]);
        assert_eq!(choices("get pods --contexts h"), ["hub"]);
        assert_eq!(choices("get pods --source ku"), ["kubeconfig"]);
        assert_eq!(choices("clusters --source=ocm,a"), ["ocm,about"]);
        assert_eq!(choices("get pods -o ya"), ["yaml"]);
        assert_eq!(choices("get pods -n kube-"), ["kube-public", "kube-system"]);
        assert_eq!(choices("get pods -An kube-p"), ["kube-public"]);
        assert_eq!(choices("get pods --fail-on=a"), ["all", "any"]);
        assert_eq!(choices("setup --provider a"), ["aws", "azure", "alibaba"]);
        assert_eq!(choices("completion "), ["bash", "zsh", "fish"]);
        assert_eq!(choices("get pods --cluster_set=shop,g"), ["shop,global"]);
        assert!(choices("get pods --token ").is_empty());
    }

    #[test]
    fn keys_and_values_of_a_selector_of_clusters() {
        assert_eq!(choices("get pods --cluster-selector "), ["env=", "region="]);
        assert_eq!(choices("get pods --cluster-selector=env=p"), ["env=prod"]);
        assert_eq!(choices("get pods --cluster-selector env==p"), ["env==prod"]);
        assert_eq!(
            choices("get pods --cluster-selector env=prod,reg"),
            ["env=prod,region="]
        );
        assert_eq!(
            choices("get pods --cluster-selector=env=prod,region="),
            ["env=prod,region=eu", "env=prod,region=us"]
        );
    }

    #[test]
    fn files_are_left_to_the_shell() {
        for line in [
            "get -f ",
            "get -k ",
            "get pods --kubeconfig=",
            "man ",
            "get --cache-dir ",
        ] {
            let words: Vec<String> = line.split(' ').map(String::from).collect();
            let choices = complete(wrapper::command(), &words, &Fixed);
            assert_eq!(choices, Choices::files(), "{line}");
        }
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
        assert!(choices("get pods -w --watch-o").contains(&"--watch-only".to_owned()));
        assert!(
            choices("get pods -w --watch")
                .iter()
                .all(|flag| flag != "--watch")
        );
        assert_eq!(
            choices("get --clusters a --clust").first().unwrap(),
            "--cluster-selector"
        );
        assert!(choices("get --clusters a --clust").contains(&"--clusters".to_owned()));
        assert!(choices("get --tok").is_empty());
        assert!(choices("get -- --show-").is_empty());
    }
}
