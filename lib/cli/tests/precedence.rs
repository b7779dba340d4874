//! Flags win over environment variables, and these over the configuration's keys: one table of all that there are.

#![allow(clippy::unwrap_used)]

use crate::cli::load::allowed_access;
use crate::cli::{discover, exec};
use crate::config::{Config, KEYS, Key, Paths, variables};
use clap::Parser;
use std::path::Path;

/// A setting that can be made in several places.
struct Setting {
    /// The tool and the flag, with a value; empty where there is no flag.
    flag: &'static str,
    /// The variable without `KUBECTL_MC_`, and another value.
    variable: (&'static str, &'static str),
    /// The key, and the line that sets it to a third value.
    key: (&'static str, &'static str),
    /// Values seen with the key alone, with key and variable, and with all three.
    seen: [&'static str; 3],
}

const SETTINGS: &[Setting] = &[
    Setting {
        flag: "mc-discover --hub-context=c",
        variable: ("HUB_CONTEXT", "b"),
        key: ("hubContext", "hubContext: a"),
        seen: ["a", "b", "c"],
    },
    Setting {
        flag: "mc-discover --source=ocm",
        variable: ("API", "inventory"),
        key: ("discovery.api", "discovery: {api: about}"),
        seen: ["about", "inventory", "ocm"],
    },
    Setting {
        flag: "mc-discover --source=inventory --placement=c",
        variable: ("PLACEMENT", "b"),
        key: ("discovery.placement", "discovery: {api: inventory, placement: a}"),
        seen: ["a", "b", "c"],
    },
    Setting {
        flag: "mc-discover --skip-unhealthy=true",
        variable: ("SKIP_UNHEALTHY", "false"),
        key: ("discovery.skipUnhealthy", "discovery: {skipUnhealthy: true}"),
        seen: ["true", "false", "true"],
    },
    Setting {
        flag: "mc-discover --skip-unhealthy=false",
        variable: ("SKIP_UNHEALTHY", "true"),
        key: ("discovery.skipUnhealthy", "discovery: {skipUnhealthy: false}"),
        seen: ["false", "true", "false"],
    },
    Setting {
        flag: "mc-discover --max-stale=3s",
        variable: ("MAX_STALE", "2s"),
        key: ("discovery.maxStale", "discovery: {maxStale: 1s}"),
        seen: ["1s", "2s", "3s"],
    },
    Setting {
        flag: "",
        variable: ("CACHE_TTL", "2s"),
        key: ("discovery.cacheTTL", "discovery: {cacheTTL: 1s}"),
        seen: ["1s", "2s", "2s"],
    },
    Setting {
        flag: "mc-exec --concurrency=3",
        variable: ("MAX_CONCURRENCY", "2"),
        key: ("execution.maxConcurrency", "execution: {maxConcurrency: 1}"),
        seen: ["1", "2", "3"],
    },
    Setting {
        flag: "mc-discover --concurrency=3",
        variable: ("MAX_CONCURRENCY", "2"),
        key: ("execution.maxConcurrency", "execution: {maxConcurrency: 1}"),
        seen: ["1", "2", "3"],
    },
    Setting {
        flag: "mc-exec --timeout=3s",
        variable: ("TIMEOUT", "2s"),
        key: ("execution.timeout", "execution: {timeout: 1s}"),
        seen: ["1s", "2s", "3s"],
    },
    Setting {
        flag: "mc-discover --request-timeout=3",
        variable: ("TIMEOUT", "2s"),
        key: ("execution.timeout", "execution: {timeout: 1s}"),
        seen: ["1s", "2s", "3s"],
    },
    Setting {
        flag: "mc-exec --fail-fast=false",
        variable: ("CONTINUE_ON_ERROR", "false"),
        key: ("execution.continueOnError", "execution: {continueOnError: true}"),
        seen: ["false", "true", "false"],
    },
    Setting {
        flag: "mc-exec --fail-fast",
        variable: ("CONTINUE_ON_ERROR", "true"),
        key: ("execution.continueOnError", "execution: {continueOnError: false}"),
        seen: ["true", "false", "true"],
    },
    Setting {
        flag: "mc-exec --providers=c",
        variable: ("PROVIDERS", "b"),
        key: ("access.providers", "access: {providers: a}"),
        seen: ["a", "b", "c"],
    },
    Setting {
        flag: "",
        variable: ("VERIFY_SERVER", "false"),
        key: ("access.verifyServer", "access: {verifyServer: true}"),
        seen: ["true", "false", "false"],
    },
    Setting {
        flag: "",
        variable: ("COLORIZE", "always"),
        key: ("output.colorize", "output: {colorize: never}"),
        seen: ["Never", "Always", "Always"],
    },
    Setting {
        flag: "",
        variable: ("SHOW_CLUSTER_COLUMN", "true"),
        key: ("output.showClusterColumn", "output: {showClusterColumn: false}"),
        seen: ["false", "true", "true"],
    },
];

/// Variables that say where files are, which nothing else can say or which a flag replaces as a whole.
const PLACES: [&str; 3] = ["CACHE_DIR", "CLUSTERS", "CONFIG"];

/// Settings that no tool reads yet.
const UNREAD: [&str; 2] = ["ACCESSIBLE", "discovery.accessible"];

/// Keys of lists that only the file has.
const FILE_ONLY: [&str; 6] = [
    "hubs",
    "access.order",
    "access.allowedHosts",
    "access.allowedCommands",
    "access.allowedVariables",
    "access.loginTimeout",
];

impl Setting {
    /// Returns what a tool makes of its command line and a configuration.
    fn seen(&self, config: &Config, flag: &str) -> String {
        let words: Vec<&str> = flag.split(' ').filter(|word| !word.is_empty()).collect();
        let paths = Paths::from_env().unwrap();
        let discovers = || {
            let words = if words.first() == Some(&"mc-discover") {
                words.as_slice()
            } else {
                &["mc-discover"]
            };
            let args = discover::DiscoverCommand::try_parse_from(words).unwrap();
            discover::options(&args.typed(), &paths, config).unwrap()
        };
        let executes = self.flag.starts_with("mc-exec");
        let args = || {
            let mut all = vec!["mc-exec", "get", "pods"];
            all.extend(words.iter().skip(1));
            exec::ExecCommand::try_parse_from(all).unwrap()
        };
        let executed = || exec::options(&args(), config);
        match self.key.0 {
            "hubContext" => discovers().hubs[0].name.clone(),
            "discovery.api" => discovers().sources[0].as_str().to_owned(),
            "discovery.placement" => discovers().placement.unwrap(),
            "discovery.skipUnhealthy" => discovers().skip_unhealthy.to_string(),
            "discovery.maxStale" => format!("{:?}", discovers().max_stale),
            "discovery.cacheTTL" => format!("{:?}", discovers().cache_ttl),
            "execution.maxConcurrency" if executes => executed().concurrency.most.to_string(),
            "execution.maxConcurrency" => discovers().limits.concurrency.most.to_string(),
            "execution.timeout" if executes => format!("{:?}", executed().timeout),
            "execution.timeout" => format!("{:?}", discovers().limits.timeout),
            "execution.continueOnError" => executed().fail_fast.to_string(),
            "access.providers" => allowed_access(config, &args().access)
                .providers
                .unwrap()
                .display()
                .to_string(),
            "access.verifyServer" => config.access.verify_server.to_string(),
            "output.colorize" => format!("{:?}", config.output.colorize),
            "output.showClusterColumn" => config.output.show_cluster_column.to_string(),
            key => unreachable!("{key}"),
        }
    }
}

#[test]
fn flags_beat_variables_and_variables_beat_keys() {
    for setting in SETTINGS {
        let (name, value) = setting.variable;
        let one = |variable: &str| (variable.strip_prefix("KUBECTL_MC_") == Some(name)).then(|| value.into());
        let file = Config::from_text(setting.key.1, Path::new("config")).unwrap();
        let mut both = file.clone();
        both.overlay(one).unwrap();
        let flag = setting.flag;
        let about = format!("{flag} {name} {}", setting.key.0);
        // Some flags say what makes others matter.
        let seen = [
            setting.seen(&file, ""),
            setting.seen(&both, ""),
            setting.seen(&both, flag),
        ];
        assert_eq!(seen, setting.seen, "{about}");
        // A flag needs no variable between it and the key.
        assert_eq!(
            setting.seen(&file, flag) == seen[2],
            !flag.is_empty() || seen[0] == seen[2],
            "{about}"
        );
    }
}

#[test]
fn every_variable_and_every_key_is_in_the_table() {
    for variable in variables() {
        let is_there = SETTINGS.iter().any(|setting| setting.variable.0 == variable);
        assert!(
            is_there || PLACES.contains(&variable) || UNREAD.contains(&variable),
            "{variable}"
        );
    }
    for key in KEYS.iter().map(Key::path) {
        let is_there = SETTINGS.iter().any(|setting| setting.key.0 == key);
        assert!(
            is_there || FILE_ONLY.contains(&key.as_str()) || UNREAD.contains(&key.as_str()),
            "{key}"
        );
    }
}
