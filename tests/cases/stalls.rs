//! Members that would stall, blind or mislead the others: whatever one of them does, the rows of the good ones are
//! complete, the run ends, and the bad one is named.

use super::watch::{Watch, await_watches, fleet};
use crate::fleet::{Fault, Fixed, Fleet, Member, Spec};
use crate::support::processes::peak_memory_kib;
use crate::support::{Home, records};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write as _};

/// The members beside a hostile one.
const GOOD: [&str; 10] = [
    "good-0", "good-1", "good-2", "good-3", "good-4", "good-5", "good-6", "good-7", "good-8", "good-9",
];

/// The limit on the memory of each process, in KiB.
const MOST_MEMORY_KIB: u64 = 512 << 10;

/// A document of discovery that lists so many types, all of category `all`.
fn types(count: usize) -> String {
    let mut resources = String::new();
    for number in 0..count {
        let comma = if number == 0 { "" } else { "," };
        resources.push_str(&format!(
            r#"{comma}{{"resource":"kind{number}s","responseKind":{{"kind":"Kind{number}"}},"scope":"Namespaced","singularResource":"kind{number}","shortNames":["k"],"categories":["all"],"verbs":["get","list"]}}"#
        ));
    }
    format!(
        r#"{{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[{{"metadata":{{"name":"example.com"}},"versions":[{{"version":"v1","freshness":"Current","resources":[{resources}]}}]}}]}}"#
    )
}

/// A Table of pods with so many columns and rows.
fn table(columns: usize, rows: usize) -> String {
    let definitions = vec![json!({"name": "x", "type": "string"}); columns];
    let cells = vec![json!("x"); columns];
    let row = json!({"cells": cells, "object": {"metadata": {"name": "p", "namespace": "n"}}});
    let rows = vec![row; rows];
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "columnDefinitions": definitions,
        "rows": rows})
    .to_string()
}

/// Returns the Results of a run and the records of the good members, having asserted that its memory is bounded.
fn run(fleet: &Fleet, args: &[&str]) -> (Vec<Value>, Vec<String>) {
    let home = Home::of(fleet);
    let mut exec = home.start("mc-exec", args);
    // Its input stays open, so that it is still there when all Results are.
    let mut stdin = exec.stdin.take().unwrap();
    let mut waiting = 0;
    for member in fleet.members() {
        writeln!(stdin, "{}", member.name()).unwrap();
        waiting += 1;
    }
    let (mut results, mut rows) = (Vec::new(), Vec::new());
    for line in BufReader::new(exec.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let record = records::read(&line);
        if record["kind"] == "Result" {
            results.push(record);
            waiting -= 1;
            if waiting == 0 {
                break;
            }
        } else if record["cluster"].as_str().unwrap_or_default().starts_with("good") {
            rows.push(line);
        }
    }
    let peak = peak_memory_kib(exec.id()).unwrap();
    assert!(peak < MOST_MEMORY_KIB, "{args:?}: {peak} KiB");
    drop(stdin);
    exec.wait().unwrap();
    rows.sort();
    (results, rows)
}

/// A fleet of the good members and one hostile one, which answers so.
fn hostile_fleet(answers: &[(&str, &str)]) -> Fleet {
    let mut spec = Spec::named(&GOOD);
    spec.members.push(Member::new("hostile"));
    spec.threads = 2;
    for (path, body) in answers {
        spec = spec.answer("hostile", path, body);
    }
    Fleet::start(spec)
}

#[test]
fn hostile_cluster_does_not_affect_rows_of_others() {
    let many = types(20_000);
    let too_many = types(20_001);
    let nothing = r#"{"kind":"APIGroupDiscoveryList","items":[]}"#;
    let wide = table(1001, 1);
    let crowded = table(1000, 2000);
    let names = vec!["{}"; 1 << 20].join(",");
    let empty = format!(r#"{{"kind":"PodList","apiVersion":"v1","items":[{names}"#);
    let short_names = vec![r#""k""#; 2 << 20].join(",");
    let bomb = format!(
        r#"{{"kind":"APIGroupDiscoveryList","items":[{{"versions":[{{"resources":[{{"shortNames":[{short_names}]}}]}}]}}]}}"#
    );
    let documents = |body| vec![("/api", nothing), ("/apis", body)];
    for (about, answers, get, reason) in [
        (
            "20,000 types of a category",
            documents(&many),
            &["get", "all", "-A"][..],
            "Timeout",
        ),
        (
            "20,000 meanings of a short name",
            documents(&many),
            &["get", "k"],
            "Timeout",
        ),
        (
            "20,001 types",
            documents(&too_many),
            &["get", "all", "-A"],
            "Protocol",
        ),
        (
            "two million short names",
            documents(&bomb),
            &["get", "all", "-A"],
            "Protocol",
        ),
        (
            "1,001 columns",
            vec![("/api/v1/pods", &wide)],
            &["get", "pods", "-A"],
            "Protocol",
        ),
        (
            "two million cells",
            vec![("/api/v1/pods", &crowded)],
            &["get", "pods", "-A"],
            "",
        ),
        (
            "a million empty objects that do not end",
            vec![("/api/v1/pods", &empty)],
            &["get", "pods", "-A", "--for", "json"],
            "Protocol",
        ),
        (
            "HTML",
            vec![("/api/v1/pods", "<html>login</html>")],
            &["get", "pods", "-A"],
            "Protocol",
        ),
    ] {
        let fleet = hostile_fleet(&answers);
        let alone = Fleet::start(Spec::named(&GOOD));
        let args = [get, &["--timeout=5s"]].concat();
        let (results, rows) = run(&fleet, &args);
        assert_eq!(results.len(), GOOD.len() + 1, "{about}");
        for result in &results {
            if result["cluster"] != "hostile" {
                // No good member has the short name.
                let expected = if get.contains(&"k") { "NotFound" } else { "" };
                assert_eq!(
                    result["reason"].as_str().unwrap_or_default(),
                    expected,
                    "{about}: {result}"
                );
                continue;
            }
            let reason_of_it = result["reason"].as_str().unwrap_or_default();
            // It serves none of the many types, and its error is about the first one.
            let is_right = reason_of_it == reason || get.contains(&"k") && reason_of_it == "Protocol";
            assert!(is_right, "{about}: {:.2000}", result.to_string());
        }
        // Both fleets send the same rows.
        let (_, expected) = run(&alone, &args);
        assert_eq!(rows, expected, "{about}");
    }
}

/// The lines of the good members, without the padding that depends on other lines.
fn of_the_good(output: &str) -> Vec<String> {
    let good = output.lines().filter(|line| line.contains("good-"));
    good.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn hostile_cluster_does_not_affect_others_in_any_format() {
    let odd = json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "columnDefinitions": [{"name": "Name"}],
        "rows": [null, {"cells": ["odd"]}]});
    let odd_objects = json!({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [null, {}]});
    let wide = table(1001, 1);
    let alone = Fleet::start(Spec::named(&GOOD));
    let alone = Home::of(&alone);
    for (about, answer, is_rows, status) in [
        ("1,001 columns", wide.as_str(), true, 3),
        ("no event, no table", "[]", true, 3),
        ("rows of nothing", &odd.to_string(), true, 0),
        ("objects of nothing", &odd_objects.to_string(), false, 0),
        (
            "an item that is none",
            r#"{"kind":"PodList","apiVersion":"v1","items":[7,{}]}"#,
            false,
            3,
        ),
    ] {
        let fleet = hostile_fleet(&[("/api/v1/pods", answer)]);
        let home = Home::of(&fleet);
        let formats: &[&str] = match is_rows {
            true => &["table", "wide", "name", "csv", "tsv"],
            false => &[
                "jsonpath={range .items[*]}{.metadata.name}{\"\\n\"}{end}",
                "custom-columns=N:.metadata.name",
                "csv=N:.metadata.name",
                "go-template={{range .items}}{{.metadata.name}}{{\"\\n\"}}{{end}}",
            ],
        };
        for format in formats {
            let args = ["get", "pods", "-A", "-o", format, "-v"];
            let outcome = home.mc(&args);
            assert_eq!(outcome.status, status, "{about}: {format}: {outcome:?}");
            let named = outcome.stderr.contains("hostile: Protocol: ");
            assert_eq!(named, status == 3, "{about}: {format}: {outcome:?}");
            let expected = alone.mc(&args).expect(0);
            assert_eq!(
                of_the_good(&outcome.stdout),
                of_the_good(&expected),
                "{about}: {format}"
            );
            assert!(!of_the_good(&expected).is_empty());
        }
    }
}

/// Answers that no watch should get: none of them is an event, and the next one comes at once.
const BLIND: [(&str, &str, &str); 9] = [
    (
        "html",
        "<html><body>log in first</body></html>",
        "its watch sends \"<html>",
    ),
    ("nothing", "", "its watch ends at once, without an event"),
    (
        "table",
        r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","rows":[]}"#,
        "a Table where an event should be",
    ),
    (
        "one-event",
        "{\"type\":\"MODIFIED\",\"object\":{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"x\",\"namespace\":\"default\",\"uid\":\"00000000-0000-0000-0000-000000000001\",\"resourceVersion\":\"1001\"}}}\n",
        "its watch ends at once, after one event",
    ),
    (
        "bookmark",
        "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1001\"}}}\n",
        "its watch ends at once, after one event",
    ),
    (
        "error",
        "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"etcd is away\",\"reason\":\"InternalError\",\"code\":500}}\n",
        "etcd is away",
    ),
    (
        "expired",
        "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"too old\",\"reason\":\"Expired\",\"code\":410}}\n",
        "it does not know what came after its own list",
    ),
    (
        "later",
        "{\"type\":\"LATER\",\"object\":{}}\n",
        "its type is \"LATER\"",
    ),
    ("broken", "{\"type\":\"ADDED\",,}\n", "an event is malformed"),
];

#[test]
fn watch_backs_off_and_lists_again_when_server_sends_no_events() {
    let names: Vec<&str> = BLIND.iter().map(|(name, ..)| *name).chain(["good"]).collect();
    let fleet = fleet(&names);
    let home = Home::of(&fleet);
    for member in fleet.members() {
        member.live().put("default", "x", &[]);
    }
    for (name, body, _) in BLIND {
        fleet.member(name).live().answer_watches(body);
    }
    let watch = Watch::start(
        &home,
        "kubectl-mc",
        &["get", "cm", "-w", "-o", "name", "--timeout=12s"],
    );
    let mut rows = watch.rows(names.len());
    rows.sort();
    await_watches(&fleet, "good", 1);
    // Each is reported once, with the reason.
    let mut said: Vec<String> = BLIND.iter().map(|_| watch.said()).collect();
    said.sort();
    for (name, _, why) in BLIND {
        let line = said
            .iter()
            .find(|line| line.contains(&format!("mc-exec: {name}: ")));
        let line = line.unwrap_or_else(|| panic!("{name} is not said: {said:?}"));
        assert!(line.contains(why), "{line}");
        assert!(
            line.ends_with("listing every few seconds until it can be watched"),
            "{line}"
        );
    }
    // Changes are found by listing.
    for member in fleet.members() {
        member.live().put("default", "y", &[]);
    }
    let mut seen = Vec::new();
    while seen.len() < names.len() {
        let row = watch.row();
        if row.ends_with("configmap/y") {
            seen.push(row);
        }
    }
    seen.sort();
    let mut expected: Vec<String> = names.iter().map(|name| format!("{name} configmap/y")).collect();
    expected.sort();
    assert_eq!(seen, expected);
    // It ends by itself, and the status says that some clusters could not be watched.
    let mut child = watch.child;
    assert_eq!(child.wait().unwrap().code(), Some(3));
    for (name, ..) in BLIND {
        let requests = fleet.member(name).counters().requests();
        assert!(requests < 60, "{name} was asked {requests} times");
    }
    assert_eq!(fleet.member("good").counters().requests(), 2);
}

#[test]
fn watch_ends_after_a_timeout_that_was_typed() {
    let fleet = fleet(&["a", "b"]);
    let home = Home::of(&fleet);
    fleet.member("a").live().put("default", "x", &[]);
    for flag in ["--request-timeout=1", "--timeout=1s"] {
        let outcome = home.mc(&["get", "cm", "-w", "-o", "name", flag]);
        assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""), "{flag}");
        assert_eq!(outcome.stdout, "a\tconfigmap/x\n");
    }
    // A cluster that was not reached by then has failed.
    fleet.member("b").set_fault(Fault::HangHeaders);
    let outcome = home.mc(&["get", "cm", "-w", "-o", "name", "--request-timeout=1"]);
    assert_eq!(outcome.status, 3, "{outcome:?}");
    assert!(outcome.stderr.contains("1/2"), "{outcome:?}");
    fleet.member("b").set_fault(Fault::None);
    // A timeout from a file or a variable does not apply to watches.
    home.write(".kube/kubectl-mc-config.yaml", "execution:\n  timeout: 400ms\n");
    let watch = Watch::of(&home, &["-w", "--no-headers"]);
    assert_eq!(watch.row(), "x a 0 5m");
    await_watches(&fleet, "a", 1);
    // Once another run has timed out, the watch has outlived that timeout too.
    fleet.member("b").set_fault(Fault::HangHeaders);
    let other = home.mc(&["get", "cm", "--clusters=b", "-v"]).complaint(1);
    assert!(other.contains("b: Timeout: "), "{other}");
    fleet.member("a").live().put("default", "y", &[]);
    assert_eq!(watch.row(), "y a 0 5m");
}

/// An aggregated API server that is down, in aggregated and in legacy discovery.
#[test]
fn cluster_whose_aggregated_api_is_down_has_not_answered() {
    let stale = r#"{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[
        {"metadata":{"name":"metrics.k8s.io"},"versions":[{"version":"v1beta1","freshness":"Stale"}]},
        {"metadata":{"name":"x.io"},"versions":[{"version":"v1","freshness":"Current","resources":[
            {"resource":"xs","responseKind":{"kind":"X"},"scope":"Namespaced","categories":["all"]}]}]}]}"#;
    let old = r#"{"kind":"APIGroupList","apiVersion":"v1","groups":[
        {"name":"metrics.k8s.io","versions":[{"groupVersion":"metrics.k8s.io/v1beta1","version":"v1beta1"}]},
        {"name":"x.io","versions":[{"groupVersion":"x.io/v1","version":"v1"}]}]}"#;
    let refused = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"the server is currently unable to handle the request","reason":"ServiceUnavailable","code":503}"#;
    let xs = r#"{"kind":"APIResourceList","resources":[{"name":"xs","kind":"X","namespaced":true,"categories":["all"]}]}"#;
    let rows = r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{},"columnDefinitions":[{"name":"Name"}],
        "rows":[{"cells":["a"],"object":{"metadata":{"name":"a","namespace":"default"}}}]}"#;
    for is_of_old in [false, true] {
        let mut spec = Spec::named(&["up", "down"]);
        if is_of_old {
            spec = spec.fault("down", Fault::LegacyDiscovery);
            spec = spec
                .answer("down", "/apis", old)
                .answer("down", "/apis/x.io/v1", xs);
            spec.fixed.push(Fixed {
                cluster: "down".into(),
                path: "/apis/metrics.k8s.io/v1beta1".into(),
                status: 503,
                body: refused.into(),
            });
        } else {
            spec = spec.answer("down", "/apis", stale);
        }
        spec = spec.answer("down", "/apis/x.io/v1/namespaces/default/xs", rows);
        let fleet = Fleet::start(spec);
        let home = Home::of(&fleet);
        // The type may be served by the group that is down. A type of another group is just missing.
        for (typed, status) in [
            ("podmetrics", 1),
            ("podmetrics.metrics.k8s.io", 1),
            ("podmetrics.v1beta1.metrics.k8s.io", 1),
            ("widgets.example.com", 0),
            ("xs", 0),
        ] {
            let outcome = home.mc(&["get", typed, "-v"]);
            let about = format!("{typed} {is_of_old}: {outcome:?}");
            assert_eq!(outcome.status, status, "{about}");
            if status == 1 {
                let name = "error: the server doesn't have a resource type \"podmetrics\"";
                assert!(outcome.stderr.contains(name), "{about}");
                assert!(outcome.stderr.contains("down: ServerError: "), "{about}");
                assert!(outcome.stderr.contains("v1beta1.metrics.k8s.io"), "{about}");
            }
        }
        // A category is shown as far as it is known, with a warning; the second time from the cache.
        for _ in 0..2 {
            let outcome = home.mc(&["get", "all", "--clusters=down"]);
            assert_eq!(outcome.status, 0, "{outcome:?}");
            assert!(outcome.stdout.contains("x.x.io/a"), "{outcome:?}");
            let warning = "\"all\" may have more types than are shown: the server cannot say what is in \
                 metrics.k8s.io/v1beta1";
            assert!(outcome.stderr.contains(warning), "{outcome:?}");
        }
    }
}

#[test]
fn custom_resources_of_kinds_that_the_api_has_too_are_objects() {
    let kinds = [
        ("tables", "Table"),
        ("statuses", "Status"),
        ("allowlists", "AllowList"),
    ];
    let resources = kinds.map(|(plural, kind)| {
        json!({"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced", "singularResource": kind.to_lowercase()})
    });
    let document = json!({"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": "x.io"},
        "versions": [{"version": "v1", "resources": resources}]}]});
    let mut spec = Spec::named(&["a"]).answer("a", "/apis", &document.to_string());
    for (plural, kind) in kinds {
        let object = json!({"apiVersion": "x.io/v1", "kind": kind, "metadata": {"name": "airport",
            "namespace": "default"}, "items": ["not", "of", "a", "list"], "rows": 7});
        let list = json!({"apiVersion": "x.io/v1", "kind": format!("{kind}List"), "metadata": {}, "items": [object]});
        let path = format!("/apis/x.io/v1/namespaces/default/{plural}");
        spec = spec.answer("a", &format!("{path}/airport"), &object.to_string());
        spec = spec.answer("a", &path, &list.to_string());
    }
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    for (plural, _) in kinds {
        for name in [None, Some("airport")] {
            for output in [
                "json",
                "yaml",
                "name",
                "custom-columns=N:.metadata.name,K:.kind",
                "jsonpath={..metadata.name}",
                "wide",
            ] {
                let args: Vec<&str> = ["get", plural]
                    .into_iter()
                    .chain(name)
                    .chain(["-o", output])
                    .collect();
                let outcome = home.mc(&args);
                assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""), "{args:?}");
                assert!(outcome.stdout.contains("airport"), "{args:?}: {outcome:?}");
            }
        }
    }
}

/// No system can start a thread with such a large stack.
#[test]
fn tools_say_that_no_thread_can_be_started() {
    let fleet = Fleet::start(Spec::named(&["a"]));
    let home = Home::of(&fleet);
    for line in [
        "echo a | mc-exec get pods",
        "echo a | mc-exec get pods -w",
        "kubectl-mc get pods",
        "kubectl-mc get -f - <x.yaml",
        "mc-discover",
        "echo a | mc-resolve",
        "mc-doctor",
    ] {
        home.write("x.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n");
        let outcome = home.shell(&format!("export RUST_MIN_STACK=1152921504606846976; {line}"));
        assert!(!outcome.stderr.contains("panicked"), "{line}: {outcome:?}");
        if line.contains("get pods") {
            assert_eq!(outcome.status, 1, "{line}: {outcome:?}");
            assert!(
                outcome.stderr.contains("cannot start a thread"),
                "{line}: {outcome:?}"
            );
        }
    }
}
