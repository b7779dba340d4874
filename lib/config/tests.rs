#![allow(clippy::unwrap_used)]
use super::{ClusterMapping, Concurrency, Config, Source};
use crate::term::Colorize;
use proptest::prelude::{any, prop, proptest};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

fn config(text: &str) -> Result<Config, String> {
    Config::from_text(text, Path::new("c.yaml")).map_err(|error| error.0)
}

const FULL: &str = "apiVersion: kubectl-mc.k8s.io/v1alpha1\nkind: Config\nhubContext: hub\n\
    discovery:\n  cacheTTL: 1h30m\n  api: inventory\n\
    execution:\n  maxConcurrency: 0\n  timeout: 500ms\n  continueOnError: false\n\
    output:\n  colorize: always\n  showClusterColumn: false\n";

#[test]
fn every_key_is_accepted() {
    let config = config(FULL).unwrap();
    assert_eq!(config.hub_context.as_deref(), Some("hub"));
    assert_eq!(config.discovery.cache_ttl, Duration::from_secs(5400));
    assert_eq!(config.discovery.source, [Source::Inventory]);
    assert_eq!(config.execution.max_concurrency, Concurrency::asked(0));
    assert!(!Config::default().execution.max_concurrency.is_maximum);
    assert_eq!(config.execution.timeout, Duration::from_millis(500));
    assert!(!config.execution.continue_on_error);
    assert_eq!(config.output.colorize, Colorize::Always);
    assert!(!config.output.show_cluster_column);
}

#[test]
fn missing_keys_have_defaults() {
    for text in [
        "",
        "# nothing\n",
        "null",
        "{}",
        "\u{feff}execution:\n",
        "hubContext: ''\ndiscovery: {api: null}\n",
    ] {
        assert_eq!(config(text), Ok(Config::default()), "{text}");
    }
    for (text, colorize) in [
        ("true", Colorize::Auto),
        ("false", Colorize::Never),
        ("auto", Colorize::Auto),
        ("never", Colorize::Never),
    ] {
        let read = config(&format!("output: {{colorize: {text}}}")).unwrap();
        assert_eq!(read.output.colorize, colorize, "{text}");
    }
    let missing = Path::new("/nowhere/c.yaml");
    assert_eq!(Config::load(missing), Ok(Config::default()));
    assert_eq!(ClusterMapping::load(missing), Ok(ClusterMapping::default()));
}

#[test]
fn mistakes_are_named_with_place_and_remedy() {
    for (text, error) in [
        (
            "discovery:\n  cachettl: 5m\n",
            "line 2, column 3: discovery: unknown key \"cachettl\" (did you mean \"cacheTTL\" or \"cacheDir\"?); possible here: source, cacheTTL, maxStale, cacheDir, hubNamespace, placement, contexts, region, skipUnhealthy, accessible",
        ),
        (
            "cacheTTL: 5m\n",
            "line 1, column 1: unknown key \"cacheTTL\" (did you mean \"discovery.cacheTTL\"?); possible here: apiVersion, kind, hubContext, hubs, groups, defaults, discovery, execution, access, output",
        ),
        (
            "clusters: {a: b}\n",
            "line 1, column 1: unknown key \"clusters\" (defaults.clusters chooses clusters, kubectl-mc-clusters.yaml maps them to contexts); possible here: apiVersion, kind, hubContext, hubs, groups, defaults, discovery, execution, access, output",
        ),
        (
            "hubContext: a\nhubContext: b\n",
            "line 2, column 1: key \"hubContext\" stands twice",
        ),
        (
            "execution:\n  timeout: 30\n",
            "line 2, column 12: execution.timeout: \"30\" has no unit: write 30s for seconds, or 30m",
        ),
        (
            "execution:\n  timeout: 1.5\n",
            "line 2, column 12: execution.timeout: \"1.5\" has no unit: write 1.5s for seconds, or 1.5m",
        ),
        (
            "execution:\n  timeout: -30s\n",
            "line 2, column 12: execution.timeout: a duration cannot be negative",
        ),
        (
            "execution:\n  timeout: soon\n",
            "line 2, column 12: execution.timeout: \"soon\" is not a duration: write it like 30s, 5m, 1h30m or 500ms",
        ),
        (
            "execution:\n  timeout: [1s]\n",
            "line 2, column 12: execution.timeout: expected a duration like 30s, 5m or 1h30m, found a list",
        ),
        (
            "execution:\n  maxConcurrency: -1\n",
            "line 2, column 19: execution.maxConcurrency: \"-1\": expected a whole number from 0 (no limit) to 65535",
        ),
        (
            "execution:\n  maxConcurrency: 70000\n",
            "line 2, column 19: execution.maxConcurrency: \"70000\": expected a whole number from 0 (no limit) to 65535",
        ),
        (
            "execution:\n  maxConcurrency: 1.5\n",
            "line 2, column 19: execution.maxConcurrency: \"1.5\": expected a whole number from 0 (no limit) to 65535",
        ),
        (
            "execution:\n  maxConcurrency: ten\n",
            "line 2, column 19: execution.maxConcurrency: \"ten\": expected a whole number from 0 (no limit) to 65535",
        ),
        (
            "execution:\n  continueOnError: maybe\n",
            "line 2, column 20: execution.continueOnError: expected true or false, found a string",
        ),
        (
            "execution: [10]\n",
            "line 1, column 12: execution: expected a mapping, found a list",
        ),
        (
            "discovery:\n  api: clusterprofiles\n",
            "line 2, column 8: discovery.api: unknown API \"clusterprofiles\" (did you mean \"clusterprofile\"?); possible: clusterprofile, inventory, ocm, about, kubeconfig",
        ),
        (
            "output:\n  colorize: 1\n",
            "line 2, column 13: output.colorize: \"1\": expected true, false, auto, always or never",
        ),
        (
            "output:\n  colorize: red\n",
            "line 2, column 13: output.colorize: \"red\": expected true, false, auto, always or never",
        ),
        (
            "kind: ClusterMapping\n",
            "line 1, column 7: kind: \"ClusterMapping\" is not known here, only Config",
        ),
        (
            "apiVersion: v1\n",
            "line 1, column 13: apiVersion: \"v1\" is not known here, only kubectl-mc.k8s.io/v1alpha1",
        ),
        (
            "hubContext: [a]\n",
            "line 1, column 13: hubContext: expected a string, found a list",
        ),
        ("- a\n", "line 1, column 1: expected a mapping, found a list"),
        (
            "discovery:\n\tapi: about\n",
            "line 2, column 1: not valid YAML: found character that cannot start any token, while scanning for the next token",
        ),
    ] {
        assert_eq!(config(text), Err(format!("c.yaml, {error}")), "{text}");
    }
}

#[test]
fn environment_overrides_the_file() {
    let env: &[(&str, &str)] = &[
        ("KUBECTL_MC_HUB_CONTEXT", "other"),
        ("KUBECTL_MC_CACHE_TTL", "0"),
        ("KUBECTL_MC_API", "about"),
        ("KUBECTL_MC_MAX_CONCURRENCY", "7"),
        ("KUBECTL_MC_TIMEOUT", "2"),
        ("KUBECTL_MC_CONTINUE_ON_ERROR", "1"),
        ("KUBECTL_MC_COLORIZE", "never"),
        ("KUBECTL_MC_SHOW_CLUSTER_COLUMN", "True"),
    ];
    let lookup = |env: &[(&str, &str)], name: &str| {
        let found = env.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| OsString::from(value))
    };
    let mut changed = config(FULL).unwrap();
    changed.overlay(|name| lookup(env, name)).unwrap();
    assert_eq!(changed.hub_context.as_deref(), Some("other"));
    assert_eq!(changed.discovery.cache_ttl, Duration::ZERO);
    assert_eq!(changed.discovery.source, [Source::About]);
    assert_eq!(changed.execution.max_concurrency, Concurrency::asked(7));
    assert_eq!(changed.execution.timeout, Duration::from_secs(2));
    assert!(changed.execution.continue_on_error && changed.output.show_cluster_column);
    assert_eq!(changed.output.colorize, Colorize::Never);

    for (name, _) in env.iter().skip(1) {
        let error = Config::default()
            .overlay(|asked| lookup(&[(name, "?")], asked))
            .unwrap_err()
            .0;
        assert!(
            error.starts_with(&format!("environment variable {name}: ")),
            "{error}"
        );
        let mut same = Config::default();
        same.overlay(|asked| lookup(&[(name, "")], asked)).unwrap();
        assert_eq!(same, Config::default(), "empty is not set");
    }
}

proptest! {
    #[test]
    fn mangled_file_never_panics(at in any::<prop::sample::Index>(), len in 0usize..9, with in "[ -~\t\n\u{e9}]{0,6}") {
        let at = at.index(FULL.len());
        let mangled = format!("{}{with}{}", &FULL[..at], &FULL[(at + len).min(FULL.len())..]);
        let _ = config(&mangled);
    }
}

#[test]
fn unknown_variable_is_named() {
    let unknown = |name: &str| super::unknown_variables([name.into()]).pop().unwrap_or_default();
    assert_eq!(
        unknown("KUBECTL_MC_TIMOUT"),
        "unknown environment variable KUBECTL_MC_TIMOUT (did you mean KUBECTL_MC_TIMEOUT?)"
    );
    assert_eq!(
        unknown("KUBECTL_MC_CACHE"),
        "unknown environment variable KUBECTL_MC_CACHE (did you mean KUBECTL_MC_CACHE_DIR or KUBECTL_MC_CACHE_TTL?)"
    );
    assert_eq!(
        unknown("KUBECTL_MC_XYZZY"),
        "unknown environment variable KUBECTL_MC_XYZZY: kubectl mc config view -o wide lists those that there are"
    );
    for fine in [
        "KUBECTL_MC_TIMEOUT",
        "KUBECTL_MC_API",
        "KUBECTL_MC_MAPPING",
        "KUBECTL_MC_",
        "TIMOUT",
    ] {
        assert_eq!(unknown(fine), "");
    }
}
