//! Flags win over environment variables, and these over the configuration's keys: one table of all that there are.

#![allow(clippy::unwrap_used)]

use crate::cli::flags::PagerArgs;
use crate::cli::output::TerminalOutput;
use crate::cli::{discover, exec};
use crate::config::{Config, KEYS, Key, Paths};
use crate::format;
use crate::term::Terminal;
use clap::{Args as _, FromArgMatches as _, Parser};
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
        variable: ("SOURCE", "inventory"),
        key: ("discovery.source", "discovery: {source: about}"),
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
        flag: "mc-discover --hubs=c",
        variable: ("HUBS", "b"),
        key: ("hubs", "hubs: [a]"),
        seen: ["a", "b", "c"],
    },
    Setting {
        flag: "mc-discover --clusters=c",
        variable: ("CLUSTERS", "b"),
        key: ("defaults.clusters", "defaults: {clusters: a}"),
        seen: ["a", "b", "c"],
    },
    Setting {
        flag: "mc-discover --exclude=c",
        variable: ("EXCLUDE", "b"),
        key: ("defaults.exclude", "defaults: {exclude: [a]}"),
        seen: ["a", "b", "c"],
    },
    Setting {
        flag: "mc-discover --cluster-selector=c",
        variable: ("CLUSTER_SELECTOR", "b"),
        key: ("defaults.clusterSelector", "defaults: {clusterSelector: a}"),
        seen: ["a", "b", "c"],
    },
    Setting {
        flag: "mc-discover --cluster-set=c",
        variable: ("CLUSTER_SET", "b"),
        key: ("defaults.clusterSet", "defaults: {clusterSet: a}"),
        seen: ["a", "b", "c"],
    },
    Setting {
        flag: "mc-discover --healthy",
        variable: ("HEALTHY", "false"),
        key: ("defaults.healthy", "defaults: {healthy: true}"),
        seen: ["true", "false", "true"],
    },
    Setting {
        flag: "mc-discover --cache-ttl=3s",
        variable: ("CACHE_TTL", "2s"),
        key: ("discovery.cacheTTL", "discovery: {cacheTTL: 1s}"),
        seen: ["1s", "2s", "3s"],
    },
    Setting {
        flag: "mc-discover --cache-dir=c",
        variable: ("CACHE_DIR", "b"),
        key: ("discovery.cacheDir", "discovery: {cacheDir: a}"),
        seen: ["a/kubectl-mc", "b/kubectl-mc", "c/kubectl-mc"],
    },
    Setting {
        flag: "mc-discover --hub-namespace=c",
        variable: ("HUB_NAMESPACE", "b"),
        key: ("discovery.hubNamespace", "discovery: {hubNamespace: a}"),
        seen: ["a", "b", "c"],
    },
    Setting {
        flag: "mc-discover --source=about --contexts=c",
        variable: ("CONTEXTS", "b"),
        key: (
            "discovery.contexts",
            "discovery: {source: kubeconfig, contexts: a}",
        ),
        seen: ["a", "b", "c"],
    },
    Setting {
        flag: "mc-discover --region=c",
        variable: ("REGION", "b"),
        key: ("discovery.region", "discovery: {region: a}"),
        seen: ["a", "b", "c"],
    },
    Setting {
        flag: "mc-exec --accessible",
        variable: ("ACCESSIBLE", "false"),
        key: ("discovery.accessible", "discovery: {accessible: true}"),
        seen: ["true", "false", "true"],
    },
    Setting {
        flag: "mc-exec --max-concurrency=3",
        variable: ("CONCURRENCY", "2"),
        key: ("execution.maxConcurrency", "execution: {concurrency: 1}"),
        seen: ["1", "2", "3"],
    },
    Setting {
        flag: "mc-exec --connect-timeout=3s",
        variable: ("CONNECT_TIMEOUT", "2s"),
        key: ("execution.connectTimeout", "execution: {connectTimeout: 1s}"),
        seen: ["1s", "2s", "3s"],
    },
    Setting {
        flag: "mc-exec --total-timeout=3s",
        variable: ("TOTAL_TIMEOUT", "2s"),
        key: ("execution.totalTimeout", "execution: {totalTimeout: 1s}"),
        seen: ["Some(1s)", "Some(2s)", "Some(3s)"],
    },
    Setting {
        flag: "mc-exec --continue-on-error=false",
        variable: ("FAIL_FAST", "false"),
        key: ("execution.continueOnError", "execution: {failFast: true}"),
        seen: ["true", "false", "true"],
    },
    Setting {
        flag: "mc-exec --fail-on=3%",
        variable: ("FAIL_ON", "2%"),
        key: ("execution.failOn", "execution: {failOn: 1%}"),
        seen: ["1%", "2%", "3%"],
    },
    Setting {
        flag: "mc-exec --warnings-as-errors",
        variable: ("WARNINGS_AS_ERRORS", "false"),
        key: (
            "execution.warningsAsErrors",
            "execution: {warningsAsErrors: true}",
        ),
        seen: ["true", "false", "true"],
    },
    Setting {
        flag: "mc-exec --access-order=server",
        variable: ("ACCESS_ORDER", "context,server"),
        key: ("access.order", "access: {order: [mapping]}"),
        seen: ["mapping", "context,server", "server"],
    },
    Setting {
        flag: "mc-exec --allowed-hosts=c.example",
        variable: ("ALLOWED_HOSTS", "{eks: [b.example]}"),
        key: ("access.allowedHosts", "access: {allowedHosts: [a.example]}"),
        seen: ["a.example", "b.example", "c.example"],
    },
    Setting {
        flag: "mc-exec --allowed-commands=c,c",
        variable: ("ALLOWED_COMMANDS", "b,b"),
        key: ("access.allowedCommands", "access: {allowedCommands: [a]}"),
        seen: ["a", "b,b", "c,c"],
    },
    Setting {
        flag: "mc-exec --allowed-variables=C",
        variable: ("ALLOWED_VARIABLES", "B"),
        key: ("access.allowedVariables", "access: {allowedVariables: [A]}"),
        seen: ["A", "B", "C"],
    },
    Setting {
        flag: "mc-exec --verify-server",
        variable: ("VERIFY_SERVER", "false"),
        key: ("access.verifyServer", "access: {verifyServer: true}"),
        seen: ["true", "false", "true"],
    },
    Setting {
        flag: "mc-discover --login-timeout=3s",
        variable: ("LOGIN_TIMEOUT", "2s"),
        key: ("access.loginTimeout", "access: {loginTimeout: 1s}"),
        seen: ["1s", "2s", "3s"],
    },
    Setting {
        flag: "mc-exec --color=auto",
        variable: ("COLOR", "always"),
        key: ("output.colorize", "output: {colorize: never}"),
        seen: ["Never", "Always", "Auto"],
    },
    Setting {
        flag: "mc-exec --show-cluster-column=false",
        variable: ("SHOW_CLUSTER_COLUMN", "true"),
        key: ("output.showClusterColumn", "output: {showClusterColumn: false}"),
        seen: ["false", "true", "false"],
    },
    Setting {
        flag: "mc-exec --escape-formulas",
        variable: ("ESCAPE_FORMULAS", "false"),
        key: ("output.escapeFormulas", "output: {escapeFormulas: true}"),
        seen: ["true", "false", "true"],
    },
    Setting {
        flag: "kubectl-mc --pager=most",
        variable: ("PAGER", "more"),
        key: ("output.pager", "output: {pager: less -S}"),
        seen: ["less -S", "more", "most"],
    },
    Setting {
        flag: "kubectl-mc --no-pager",
        variable: ("PAGER", "more"),
        key: ("output.pager", "output: {pager: false}"),
        seen: ["", "more", ""],
    },
];

/// Settings that are tried where they have an effect.
const ELSEWHERE: [&str; 2] = ["groups", "defaults.output"];

/// The flags of kubectl-mc that are about the pager.
fn pager(words: &[&str]) -> PagerArgs {
    let typed = ["kubectl-mc"].iter().chain(words.iter().skip(1));
    let matches = PagerArgs::augment_args(clap::Command::new("kubectl-mc")).get_matches_from(typed);
    PagerArgs::from_arg_matches(&matches).unwrap()
}

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
        let access = || args().access.over(&config.access);
        let printed = || -> format::Options {
            let args = args();
            let look = TerminalOutput {
                show_cluster_column: args.table.show_cluster_column,
                escape_formulas: args.table.escape_formulas,
                ..TerminalOutput::default()
            };
            look.format(config, Terminal::default())
        };
        match self.key.0 {
            "hubContext" => discovers().hubs[0].name.clone(),
            "hubs" => discovers().hubs[0].name.clone(),
            "defaults.clusters" => discovers().selection.clusters.join(","),
            "defaults.exclude" => discovers().selection.exclude.join(","),
            "defaults.clusterSelector" => discovers().selection.selector.unwrap(),
            "defaults.clusterSet" => discovers().selection.cluster_sets.join(","),
            "defaults.healthy" => discovers().selection.healthy.to_string(),
            "discovery.cacheDir" => discovers().cache_dir.display().to_string(),
            "discovery.hubNamespace" => discovers().hub_namespace.unwrap(),
            "discovery.contexts" => discovers().contexts.join(","),
            "discovery.region" => discovers().region.unwrap(),
            "discovery.accessible" => args()
                .accessible
                .accessible
                .unwrap_or(config.discovery.accessible)
                .to_string(),
            "discovery.source" => discovers().sources[0].as_str().to_owned(),
            "discovery.placement" => discovers().placement.unwrap(),
            "discovery.skipUnhealthy" => discovers().skip_unhealthy.to_string(),
            "discovery.maxStale" => format!("{:?}", discovers().max_stale),
            "discovery.cacheTTL" => format!("{:?}", discovers().cache_ttl),
            "execution.maxConcurrency" if executes => executed().concurrency.most.to_string(),
            "execution.maxConcurrency" => discovers().limits.concurrency.most.to_string(),
            "execution.timeout" if executes => format!("{:?}", executed().timeout),
            "execution.timeout" => format!("{:?}", discovers().limits.timeout),
            "execution.continueOnError" => executed().fail_fast.to_string(),
            "execution.connectTimeout" => format!("{:?}", executed().connect_timeout),
            "execution.totalTimeout" => format!("{:?}", executed().total_timeout),
            "execution.failOn" => executed().fail_on.to_string(),
            "execution.warningsAsErrors" => executed().warnings_as_errors.to_string(),
            "access.order" => access()
                .order
                .iter()
                .map(|way| way.as_str())
                .collect::<Vec<_>>()
                .join(","),
            "access.providers" => access().providers.unwrap().display().to_string(),
            "access.allowedHosts" => access().allowed_hosts[0].1.to_string(),
            "access.allowedCommands" => access().allowed_commands.join("|"),
            "access.allowedVariables" => access().allowed_variables.join("|"),
            "access.verifyServer" => access().verify_server.to_string(),
            "access.loginTimeout" => format!("{:?}", discovers().limits.login_timeout),
            "output.colorize" => format!("{:?}", args().table.color.colorize(config)),
            "output.pager" => pager(&words).command(config).unwrap_or_default(),
            "output.showClusterColumn" => printed().show_cluster_column.to_string(),
            "output.escapeFormulas" => printed().escape_formulas.to_string(),
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
fn every_key_is_in_the_table() {
    for key in KEYS.iter().map(Key::path) {
        let is_there = SETTINGS.iter().any(|setting| setting.key.0 == key);
        assert!(is_there || ELSEWHERE.contains(&key.as_str()), "{key}");
    }
}
