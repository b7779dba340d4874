//! The main job: a hub, its members, and the chain of stages.

use crate::fleet::{Fault, Fleet, Member, Spec};
use crate::support::{Home, check_snapshot};

const NAMES: [&str; 3] = ["dev-eu-1", "prod-eu-1", "prod-us-1"];

/// A heading and the cells below it, from a table as printed.
fn column(table: &str, heading: &str) -> Vec<String> {
    let mut lines = table.lines();
    let head = lines.next().unwrap_or_default();
    let start = head.split_whitespace().position(|word| word == heading);
    let start = start.unwrap_or_else(|| panic!("no column {heading} in {head}"));
    lines
        .map(|line| line.split_whitespace().nth(start).unwrap_or_default().to_owned())
        .collect()
}

const THREE_FAILED: &str = "Warning: Failed to query 3/10 clusters. Run with -v for details.\n\
    \x20 Connect (1): prod-ap-5: check that the API server is up, that your VPN is connected if it needs one, and that no \
    firewall is in the way\n\
    \x20 Timeout (1): prod-us-2: the API server or the network is slow, or drops packets: check the VPN, or try with a longer \
    --timeout\n\
    \x20 Forbidden (1): dev-us-7: ask for the permission; kubectl --context dev-us-7 auth can-i --list shows what you may \
    do\n";

const ONE_FAILED: &str = "Warning: Failed to query 1/3 clusters. Run with -v for details.\n\
    \x20 Connect (1): dev-eu-1: check that the API server is up, that your VPN is connected if it needs one, and that no \
    firewall is in the way\n";

#[test]
fn get_shows_every_cluster_in_the_cluster_column() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    let table = home.mc(&["get", "pods", "-A"]).expect(0);
    let mut clusters = column(&table, "CLUSTER");
    clusters.dedup();
    assert_eq!(clusters, NAMES);
    assert!(table.starts_with("NAMESPACE"), "{table}");
    let heading: Vec<_> = table.lines().next().unwrap().split_whitespace().take(3).collect();
    assert_eq!(heading, ["NAMESPACE", "NAME", "CLUSTER"]);
}

#[test]
fn get_takes_one_connection_and_one_request_per_cluster() {
    let fleet = Fleet::start(Spec::new(20).pods(100));
    let home = Home::of(&fleet);
    for round in 1..=2 {
        home.mc(&["get", "pods", "-A"]).expect(0);
        assert_eq!(
            fleet.hub().counters().requests(),
            1,
            "the second run uses the cache"
        );
        for member in fleet.members() {
            assert_eq!(member.counters().requests(), round, "{}", member.name());
            assert_eq!(member.counters().connections(), round, "{}", member.name());
        }
    }
}

#[test]
fn clusters_that_are_not_selected_get_no_connection() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    home.mc(&["get", "pods", "-A", "--clusters=prod-*", "--exclude=*-us-*"])
        .expect(0);
    let asked: Vec<_> = fleet
        .members()
        .filter(|member| member.counters().connections() > 0)
        .map(|member| member.name().to_owned())
        .collect();
    assert_eq!(asked, ["prod-eu-1"]);
}

#[test]
fn three_of_ten_clusters_fail() {
    let spec = Spec::new(10)
        .fault("2", Fault::HangHeaders)
        .fault("5", Fault::Refuse)
        .fault("7", Fault::Forbidden);
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    let failing = [2, 5, 7].map(|number| fleet.members().nth(number - 1).unwrap().name().to_owned());
    let healthy: Vec<String> = fleet
        .members()
        .map(|member| member.name().to_owned())
        .filter(|name| !failing.contains(name))
        .collect();

    let outcome = home.mc(&["get", "pods", "-A", "--timeout", "2s"]);
    assert_eq!(failing, ["prod-us-2", "prod-ap-5", "dev-us-7"]);
    let mut clusters = column(&outcome.expect_saying(3, THREE_FAILED), "CLUSTER");
    clusters.dedup();
    let mut expected = healthy.clone();
    expected.sort();
    assert_eq!(clusters, expected);

    // Complete: each healthy member's rows are those that it gives alone.
    let all = home
        .mc(&["get", "pods", "-A", "-o", "csv", "--timeout", "2s"])
        .expect_saying(3, THREE_FAILED);
    for name in &healthy {
        let alone = home
            .mc(&["get", "pods", "-A", "-o", "csv", "--clusters", name])
            .expect(0);
        let of_all: Vec<_> = all
            .lines()
            .filter(|line| line.starts_with(&format!("{name},")))
            .collect();
        assert_eq!(of_all, alone.lines().skip(1).collect::<Vec<_>>());
    }

    let line = "kubectl-mc get pods -A --timeout 2s -v >/dev/null";
    check_snapshot("flow-failed-clusters", &home.shell(line));
}

#[test]
fn last_stage_of_a_pipe_has_the_exit_status() {
    let fleet = Fleet::start(Spec::named(&NAMES).fault("1", Fault::Refuse));
    let home = Home::of(&fleet);
    home.shell("mc-discover | mc-exec get pods -A | mc-format")
        .expect_saying(3, ONE_FAILED);
    home.shell("mc-discover | mc-exec get pods -A | mc-merge | mc-format --fail-on all")
        .expect_saying(0, ONE_FAILED);
    home.shell("mc-discover | mc-exec get pods -A | mc-merge >summary.ndjson")
        .expect(3);
    home.shell("mc-format <summary.ndjson")
        .expect_saying(3, ONE_FAILED);
    home.shell("mc-discover --clusters dev-eu-1 | mc-exec get pods -A | mc-format")
        .expect_saying(
            1,
            "Warning: Failed to query 1/1 clusters:\n\
                \x20 dev-eu-1: Connect: cannot connect to https://127.0.0.1:PORT: connection refused \
                (127.0.0.1:PORT) (check that the API server is up, that your VPN is connected if it \
                needs one, and that no firewall is in the way)\n",
        );
}

#[test]
fn print_pipeline_prints_an_equivalent_pipe() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    for args in [
        &["get", "pods", "-A"][..],
        &[
            "get",
            "deploy,svc",
            "-n",
            "a-b",
            "-o",
            "wide",
            "--clusters=prod-*",
        ],
        &["get", "pods", "-A", "-o", "json", "-l", "app in (web, api)"],
        &[
            "get",
            "nodes",
            "-o",
            "csv",
            "--no-headers",
            "-L",
            "kubernetes.io/os",
        ],
        &["clusters", "-o", "yaml"],
        &["get", "pods", "-A", "-o", "custom-columns=NAME:.metadata.name"],
    ] {
        let line = home.mc(&[&["--print-pipeline"], args].concat()).expect(0);
        assert_eq!(home.shell(&line), home.mc(args), "{line}");
    }
}

#[test]
fn custom_columns_fetch_only_the_fields_they_show() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    for columns in [
        "custom-columns=NAME:.metadata.name,IMAGES:.spec.containers[*].image,ALL:.metadata.labels",
        "custom-columns=KIND:.kind,LAST:.status.conditions[-1:].type,ANY:.metadata.labels.*",
        "custom-columns=READY:.status.conditions[?(@.type==\"Ready\")].status",
        "csv=NAME:.metadata.name,RESTARTS:.status.containerStatuses[0].restartCount",
    ] {
        let asked = ["get", "pods", "-A", "-o", columns];
        let line = home.mc(&[&asked[..], &["--print-pipeline"]].concat()).expect(0);
        assert!(line.contains(" --trim "), "{line}");
        let whole = line.replace(" --trim ", " ");
        assert_eq!(home.shell(&whole), home.mc(&asked), "{columns}");
        let records = |line: &str| {
            let (before, _) = line.split_once(" | mc-merge").unwrap();
            home.shell(before).expect(0)
        };
        let (less, all) = (records(&line), records(&whole));
        assert_eq!(less.lines().count(), all.lines().count());
        assert!(less.len() < all.len() / 2, "{} of {}", less.len(), all.len());
    }
    // A column that shows the whole object needs all of it.
    let line = home
        .mc(&[
            "get",
            "pods",
            "-o",
            "custom-columns=ALL:..name",
            "--print-pipeline",
        ])
        .expect(0);
    assert!(!line.contains("--trim"), "{line}");
}

#[test]
fn plain_names_on_stdin_are_clusters() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    let outcome = home.feed("mc-exec", &["get", "pods", "-A"], "prod-us-1\nnowhere\n");
    assert!(
        outcome.stdout.contains(r#""cluster":"prod-us-1","ok":true"#),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stdout.contains(r#""cluster":"nowhere","ok":false"#),
        "{}",
        outcome.stdout
    );
    assert_eq!(outcome.status, 3);
}

#[test]
fn cluster_without_access_is_skipped_and_named() {
    let mut spec = Spec::named(&NAMES);
    spec.members.push(Member {
        context: false,
        ..Member::new("prod-ap-9")
    });
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    let mut said = home.transcript(&["kubectl-mc get pods gated -o name", "kubectl-mc clusters"]);
    for context in ["prod-eu-1", "prod-eu-11"] {
        let mapping = format!("clusters: {{prod-ap-9: {context}}}\n");
        home.write(".kube/kubectl-mc-clusters.yaml", &mapping);
        said += &mapping;
        said += &home.transcript(&["kubectl-mc get pods gated -o name -v"]);
    }
    check_snapshot("flow-cluster-without-access", &said);
}

#[test]
fn dropping_any_record_at_any_stage() {
    let fleet = Fleet::start(Spec::named(&NAMES[..2]));
    let home = Home::of(&fleet);
    let clusters = home.run("mc-discover", &[]).expect(0);
    let resolved = home.feed("mc-resolve", &[], &clusters).expect(0);
    let rows = home
        .feed("mc-exec", &["get", "deployments", "-A"], &resolved)
        .expect(0);
    let merged = home.feed("mc-merge", &[], &rows).expect(0);
    let stages: [(&str, &[&str], &str); 3] = [
        ("mc-resolve", &[], &clusters),
        ("mc-merge", &[], &rows),
        ("mc-format", &["-o", "csv"], &merged),
    ];
    for (stage, args, input) in stages {
        let whole: Vec<String> = home
            .feed(stage, args, input)
            .expect(0)
            .lines()
            .map(str::to_owned)
            .collect();
        for dropped in 0..input.lines().count() {
            let kept: Vec<&str> = input
                .lines()
                .enumerate()
                .filter(|(number, _)| *number != dropped)
                .map(|(_, line)| line)
                .collect();
            let outcome = home.feed(stage, args, &kept.join("\n"));
            // Without its Result a cluster counts as failed: its rows may be incomplete.
            let result = input.lines().nth(dropped).unwrap().contains(r#""kind":"Result""#);
            let status = if result { 3 } else { 0 };
            assert_eq!(
                outcome.status, status,
                "{stage} without line {dropped}: {}",
                outcome.stderr
            );
            for line in outcome
                .stdout
                .lines()
                .filter(|line| !line.contains(r#""kind":"Summary""#))
            {
                assert!(
                    whole.iter().any(|other| other == line),
                    "{stage} without line {dropped}: {line}"
                );
            }
        }
    }
}

#[test]
fn object_missing_everywhere_is_an_error_and_on_some_clusters_not() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    let outcome = home.mc(&["get", "pod", "no-such-pod", "-n", "default"]);
    assert_eq!(outcome.stdout, "");
    assert_eq!(
        outcome.complaint(1),
        "Error from server (NotFound): pods \"no-such-pod\" not found\n"
    );
    let outcome = home.mc(&["get", "pod", "no-such-pod", "-n", "default", "--ignore-not-found"]);
    assert_eq!((outcome.stderr.as_str(), outcome.status), ("", 0));
    let outcome = home.mc(&["get", "pods", "-n", "no-such-namespace"]);
    assert_eq!(
        outcome.stderr,
        "No resources found in no-such-namespace namespace.\n"
    );
    outcome.expect_saying(0, "No resources found in no-such-namespace namespace.\n");
}

#[test]
fn help_and_version_of_every_tool() {
    let home = Home::empty();
    for tool in [
        "kubectl-mc",
        "mc-discover",
        "mc-resolve",
        "mc-exec",
        "mc-merge",
        "mc-format",
    ] {
        let help = home.run(tool, &["--help"]).expect(0);
        assert!(
            help.contains("Examples:") && help.contains("Exit status:"),
            "{help}"
        );
        home.run(tool, &["--no-such-flag"]).complaint(2);
        let version = home.run(tool, &["--version"]).expect(0);
        assert!(
            version.trim_end().ends_with(env!("CARGO_PKG_VERSION")),
            "{version}"
        );
    }
    assert_eq!(
        home.mc(&["version", "--client"]).expect(0),
        format!("kubectl-mc {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn template_flag_is_passed_to_mc_format_only() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    let (go, path) = (
        "{{range .items}}{{.metadata.name}} {{end}}",
        "{.items[*].metadata.name}",
    );
    let get = ["get", "deployments", "-A"];
    for (typed, attached) in [
        (vec!["--template", go], format!("go-template={go}")),
        (
            vec!["-o", "go-template", "--template", go],
            format!("go-template={go}"),
        ),
        (
            vec!["-o", "jsonpath", "--template", path],
            format!("jsonpath={path}"),
        ),
        (
            vec!["-o", "custom-columns", "--template", "N:.metadata.name"],
            "custom-columns=N:.metadata.name".into(),
        ),
        (vec!["-o", "json", "--template", "{"], "json".into()),
    ] {
        let expected = home.mc(&[&get[..], &["-o", &attached]].concat()).expect(0);
        assert!(!expected.is_empty(), "{attached}");
        assert_eq!(
            home.mc(&[&get[..], &typed].concat()).expect(0),
            expected,
            "{typed:?}"
        );
        let line = home
            .mc(&[&get[..], &typed, &["--print-pipeline"]].concat())
            .expect(0);
        assert_eq!(home.shell(&line).expect(0), expected, "{line}");
    }
    // As in kubectl, which refuses it together with -o go-template.
    let labels = home.mc(&[&get[..], &["--template", go, "--show-labels"]].concat());
    assert_eq!(
        labels.expect(0),
        home.mc(&[&get[..], &["--template", go]].concat()).expect(0)
    );
}

#[test]
fn explicit_output_format_in_a_pipe() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    for line in [
        "mc-discover -o name | cat",
        "mc-discover | mc-resolve -o name | cat",
        "mc-discover -o name | mc-discover - -o name",
    ] {
        let outcome = home.shell(line);
        assert_eq!(outcome.stderr, "", "{line}");
        assert_eq!(outcome.expect(0), "dev-eu-1\nprod-eu-1\nprod-us-1\n", "{line}");
    }
    for format in [
        "csv",
        "json",
        "wide",
        "table",
        "name",
        "jsonpath={.items[*].metadata.name}",
    ] {
        let wrapper = home.mc(&["get", "deployments", "-A", "-o", format]);
        for line in [
            format!("mc-discover | mc-exec get deployments -A -o '{format}' | cat"),
            format!("mc-discover | mc-exec get deployments -A --for '{format}' | mc-merge -o '{format}'"),
            // One cluster after the other, since nothing in this pipe sorts the rows.
            format!(
                "mc-discover | mc-exec get deployments -A --for '{format}' --concurrency=1 | mc-format -o '{format}'"
            ),
        ] {
            // mc-merge knows no templates.
            if !(line.contains("mc-merge") && format.starts_with("jsonpath")) {
                assert_eq!(home.shell(&line), wrapper, "{line}");
            }
        }
    }
    // Names can be filtered by grep without matching the rest of a record.
    let names = home
        .shell("mc-discover -o name | grep prod | mc-exec get pods -A -o ndjson")
        .expect(0);
    assert!(
        names.contains("prod-eu-1") && !names.contains("dev-eu-1"),
        "{names}"
    );
    let records = home
        .shell("mc-discover | mc-exec get pods -A --for json -o ndjson")
        .expect(0);
    assert!(records.contains(r#"{"kind":"Object","#), "{records}");
    assert_eq!(
        home.shell("mc-discover | mc-resolve -o ndjson | grep -c Cluster")
            .expect(0),
        "3\n"
    );
}

#[test]
fn last_of_a_repeated_flag_wins() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    let twice = ["--hub-context", "nowhere", "--hub-context", "hub"];
    let records = home.run("mc-discover", &twice).expect(0);
    home.mc(&[&["clusters"][..], &twice].concat()).expect(0);
    let kubeconfig = fleet.kubeconfig();
    let kubeconfig = [
        "--kubeconfig=nowhere",
        "--kubeconfig",
        kubeconfig.to_str().unwrap(),
    ];
    home.feed("mc-resolve", &kubeconfig, &records).expect(0);
    let names = home.feed("mc-format", &["-o", "json", "-o", "name"], &records);
    assert_eq!(names.expect(0), "prod-eu-1\n");
}

#[test]
fn clusters_verbose_explains_access() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]));
    let home = Home::of(&fleet);
    home.write(
        ".kube/kubectl-mc-clusters.yaml",
        "clusters: {prod-us-1: prod-eu-1}\n",
    );
    check_snapshot("flow-clusters-verbose", &home.mc(&["clusters", "-v"]));
}
