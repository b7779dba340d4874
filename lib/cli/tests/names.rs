//! Flag, variable and key of a setting have one name.

#![allow(clippy::unwrap_used)]

use crate::cli::flags::StrategyArgs;
use crate::cli::wrapper;
use crate::config::{Config, FILE_VARIABLES, KEYS, Key};
use clap::{Arg, Args, Command};
use std::collections::BTreeSet;
use std::path::Path;

/// Settings that no flag sets.
const WITHOUT_FLAG: &[&str] = &["groups"];

/// Flags that are about one run, or are another way to say what a setting's flag says.
const WITHOUT_KEY: &[&str] = &[
    "allow-missing-template-keys",
    "as",
    "as-group",
    "as-uid",
    "as-user-extra",
    "help",
    "kubeconfig",
    "no-headers",
    "no-pager",
    "no-stale",
    "output-list",
    "print-pipeline",
    "refresh",
    "request-timeout",
    "show-kind",
    "stream",
    "template",
    "verbose",
    "version",
];

/// Returns the flags of all verbs that are shown.
fn flags(command: &Command) -> impl Iterator<Item = &Arg> {
    command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && arg.get_long().is_some())
}

fn names_of(arg: &Arg) -> Vec<&str> {
    let aliases = arg.get_all_aliases().unwrap_or_default();
    arg.get_long().into_iter().chain(aliases).collect()
}

#[test]
fn every_setting_has_a_flag_of_its_name() {
    let mut command = wrapper::command();
    command.build();
    for key in KEYS {
        let path = key.path();
        if WITHOUT_FLAG.contains(&path.as_str()) {
            continue;
        }
        for name in key.names() {
            let flag = name.flag();
            let is_there = flags(&command).any(|arg| names_of(arg).contains(&flag.as_str()));
            assert!(is_there, "{path} lacks --{flag}");
        }
    }
}

#[test]
fn every_flag_that_is_a_setting_has_a_key() {
    let mut command = wrapper::command();
    command.build();
    let settings: BTreeSet<String> = KEYS.iter().flat_map(Key::names).map(|name| name.flag()).collect();
    // What is asked of the rows is about one run.
    let strategies = StrategyArgs::augment_args(Command::new("group"));
    let is_strategy = |arg: &&Arg| {
        strategies
            .get_arguments()
            .any(|other| other.get_id() == arg.get_id())
    };
    for arg in flags(&command).filter(|arg| !is_strategy(arg)) {
        let flag = arg.get_long().unwrap();
        assert_ne!(
            settings.contains(flag),
            WITHOUT_KEY.contains(&flag),
            "--{flag} is neither a setting nor a flag for one run, or it is both"
        );
    }
}

#[test]
fn names_of_flag_variable_and_key_differ_in_spelling_only() {
    let flat = |text: &str| text.replace(['-', '_', '.'], "").to_lowercase();
    let mut variables: BTreeSet<String> = FILE_VARIABLES.map(str::to_owned).into();
    for key in KEYS {
        for name in key.names() {
            let variable = name.variable();
            assert_eq!(
                flat(&name.flag()),
                flat(variable.strip_prefix("KUBECTL_MC_").unwrap())
            );
            let path = flat(&key.path_of(name.key));
            assert!(
                path.ends_with(&flat(&name.flag())),
                "{path} and --{}",
                name.flag()
            );
            assert!(
                variables.insert(variable),
                "{path} has another setting's variable"
            );
        }
    }
    let one = |path: &str| KEYS.iter().find(|key| key.path() == path).unwrap();
    let of = |path: &str| {
        one(path)
            .names()
            .map(|name| (name.flag(), name.variable()))
            .collect::<Vec<_>>()
    };
    let pair = |flag: &str, variable: &str| (flag.to_owned(), variable.to_owned());
    assert_eq!(
        of("discovery.source"),
        [pair("source", "KUBECTL_MC_SOURCE"), pair("api", "KUBECTL_MC_API")]
    );
    assert_eq!(
        of("discovery.cacheTTL"),
        [pair("cache-ttl", "KUBECTL_MC_CACHE_TTL")]
    );
    assert_eq!(
        of("access.order"),
        [pair("access-order", "KUBECTL_MC_ACCESS_ORDER")]
    );
}

/// A setting may have two names, but is set once.
#[test]
fn two_names_of_one_setting_are_refused() {
    let read = |text: &str| Config::from_text(text, Path::new("c.yaml")).map_err(|error| error.0);
    let error = read("discovery:\n  api: ocm\n  source: about\n").unwrap_err();
    assert!(error.contains("api and source are the same setting"), "{error}");
    let set = |names: &'static [&'static str]| {
        Config::default()
            .overlay(|name| names.contains(&name).then(|| "ocm".into()))
            .map_err(|error| error.0)
    };
    assert_eq!(set(&["KUBECTL_MC_API"]), Ok(()));
    assert_eq!(
        set(&["KUBECTL_MC_API", "KUBECTL_MC_SOURCE"]).unwrap_err(),
        "environment variables KUBECTL_MC_SOURCE and KUBECTL_MC_API are the same setting: unset one of them"
    );
    let hubs = set(&["KUBECTL_MC_HUBS", "KUBECTL_MC_HUB_CONTEXT"]).unwrap_err();
    assert!(hubs.contains("unset one of them"), "{hubs}");
}

#[test]
fn variable_of_the_mapping_file_has_another_name() {
    for path in ["/x/clusters", "~/clusters.yaml", "clusters.yml"] {
        let error = Config::default()
            .overlay(|name| (name == "KUBECTL_MC_CLUSTERS").then(|| path.into()))
            .unwrap_err()
            .0;
        assert!(
            error.contains("KUBECTL_MC_MAPPING") && error.contains(path),
            "{error}"
        );
    }
}
