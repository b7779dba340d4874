//! Losses and failures of a stage reach the last command of a pipe: each stage, each way to fail, each end.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::{Home, check_snapshot};

const NAMES: [&str; 3] = ["dev-eu-1", "prod-eu-1", "prod-us-1"];

/// Returns the possible ends of a pipe, from the stage after the given one.
fn ends(stage: &str) -> Vec<&'static str> {
    let all = [
        (
            "mc-resolve",
            "mc-resolve | cat >records; mc-format <records >printed",
        ),
        ("mc-resolve", "mc-resolve"),
        ("mc-resolve", "mc-resolve -o name"),
        ("mc-exec", "mc-exec get nodes"),
        ("mc-exec", "mc-exec get nodes -o csv"),
        ("mc-exec", "mc-exec get nodes | mc-format"),
        ("mc-exec", "mc-exec get nodes | mc-merge"),
        ("mc-exec", "mc-exec get nodes | mc-merge | mc-format"),
        (
            "mc-exec",
            "mc-exec get nodes --for json | mc-merge | mc-format -o json",
        ),
        ("mc-exec", "mc-exec get nodes | mc-merge | mc-format -o ndjson"),
        (
            "mc-exec",
            "mc-exec get nodes | mc-merge | mc-format -o ndjson | mc-format -o csv",
        ),
        (
            "mc-exec",
            "mc-resolve | mc-exec get nodes | mc-merge --stream | mc-format --stream",
        ),
        ("mc-merge", "mc-merge"),
        ("mc-merge", "mc-merge -o csv"),
        ("mc-merge", "mc-merge | mc-merge | mc-format -o name"),
        ("mc-format", "mc-format"),
        ("mc-format", "mc-format -o ndjson"),
        ("mc-format", "mc-format -o json"),
    ];
    let from = match stage {
        "mc-discover" => 0,
        "mc-resolve" => 3,
        "mc-exec" => 12,
        _ => 15,
    };
    all[from..].iter().map(|(_, end)| *end).collect()
}

/// Runs a pipe that begins like this with each end, and asserts the status and that the words are reported once.
fn check(home: &Home, begin: &str, stage: &str, status: i32, words: &str) {
    for end in ends(stage) {
        let line = format!("{begin} | {end}");
        let outcome = home.shell(&line);
        assert_eq!(
            outcome.status, status,
            "{line}\n{}\n{}",
            outcome.stdout, outcome.stderr
        );
        assert_eq!(
            outcome.stderr.matches(words).count(),
            1,
            "{line}\n{}",
            outcome.stderr
        );
        assert!(
            !outcome.stderr.contains("no record came"),
            "{line}\n{}",
            outcome.stderr
        );
    }
}

#[test]
fn mc_discover_failures_reach_the_last_stage() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    home.write("broken", "{");
    for (begin, status, words) in [
        ("mc-discover --clusters=typo", 1, "typo"),
        ("mc-discover --bogus", 2, "unexpected argument"),
        ("mc-discover --cluster-selector='a in'", 2, "--cluster-selector"),
        ("mc-discover --hub-context=nowhere", 1, "nowhere"),
        ("mc-discover --kubeconfig=broken", 1, "broken"),
        ("printf '\\377\\n{bad\\n' | mc-discover -", 1, "line 1: "),
        ("mc-discover - </dev/null", 1, "standard input names no cluster"),
        ("mc-discover --clusters=typo | mc-discover -", 1, "typo"),
        (
            "mc-discover --bogus | mc-discover - --clusters=a",
            2,
            "unexpected argument",
        ),
    ] {
        check(&home, begin, "mc-discover", status, words);
    }
    // The clusters that were found are asked, and the missing ones make the result partial.
    check(
        &home,
        "printf 'prod-eu-1\\n{bad\\n' | mc-discover -",
        "mc-discover",
        3,
        "line 2: ",
    );
    let two = "mc-discover --source clusterprofile,ocm --hub-context hub --refresh --timeout 5s";
    let whole = home
        .shell(&format!("{two} | mc-exec get nodes | mc-format"))
        .status;
    assert_eq!(whole, 0, "a hub that lacks one of two sources is whole");
}

#[test]
fn hub_failures_reach_the_last_stage() {
    let fleet = Fleet::start(Spec::named(&NAMES).fault("hub", Fault::Forbidden));
    let home = Home::of(&fleet);
    check(&home, "mc-discover", "mc-discover", 1, "refuses: ");
    // One of two sources works.
    check(
        &home,
        "mc-discover --source kubeconfig,clusterprofile --exclude hub",
        "mc-discover",
        3,
        "refuses: ",
    );
}

#[test]
fn mc_resolve_losses_reach_the_last_stage() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    home.write("broken", "{");
    for (begin, status, words) in [
        ("mc-discover | mc-resolve --bogus", 2, "unexpected argument"),
        ("mc-discover | mc-resolve --kubeconfig=broken", 1, "broken"),
        (
            "mc-discover | mc-resolve --providers=nowhere.json",
            1,
            "nowhere.json",
        ),
        ("{ mc-discover; echo '{bad'; } | mc-resolve", 3, "line 4: "),
        ("printf '\\377\\n' | mc-resolve", 1, "line 1: "),
        (
            "{ echo prod-eu-1; head -c 70000000 /dev/zero | tr '\\0' x; } | mc-resolve",
            3,
            "line 2: longer",
        ),
    ] {
        check(&home, begin, "mc-resolve", status, words);
    }
}

#[test]
fn mc_exec_losses_reach_the_last_stage() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    home.write("broken", "{");
    for (begin, status, words) in [
        (
            "mc-discover | mc-exec get nodes --bogus",
            2,
            "unexpected argument",
        ),
        ("mc-discover | mc-exec get", 2, "You must specify the type"),
        ("mc-discover | mc-exec get nodes --for=nonsense", 2, "nonsense"),
        ("mc-discover | mc-exec get nodes --kubeconfig=broken", 1, "broken"),
        ("mc-discover | mc-exec get -f nowhere.yaml", 1, "nowhere.yaml"),
        ("{ mc-discover; echo '{bad'; } | mc-exec get nodes", 3, "line 4: "),
        ("echo '{bad' | mc-exec get nodes", 1, "line 1: "),
    ] {
        check(&home, begin, "mc-exec", status, words);
    }
}

#[test]
fn mc_merge_losses_reach_the_last_stage() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    let records = home.shell("mc-discover | mc-exec get nodes").expect(0);
    home.write("records", &records);
    home.write("fleet", "dev-eu-1\nprod-eu-1\nprod-us-1\nprod-ap-1\n");
    let object = r#"{"kind":"Object","cluster":"prod-eu-1","object":{"x":""#;
    home.write("long", object);
    for (begin, status, words) in [
        ("cat records | mc-merge --bogus", 2, "unexpected argument"),
        (
            "{ cat records; echo nonsense; } | mc-merge",
            3,
            "line 22: not a record",
        ),
        ("echo nonsense | mc-merge", 1, "line 1: not a record"),
        ("cat records | mc-merge --expect=nowhere", 3, "--expect nowhere: "),
        (
            "{ cat records long; head -c 70000000 /dev/zero | tr '\\0' x; echo '\"}}'; } | mc-merge",
            3,
            "longer than 67108864 bytes",
        ),
    ] {
        check(&home, begin, "mc-merge", status, words);
    }
    // The object's cluster is named.
    let long = "{ cat records long; head -c 70000000 /dev/zero | tr '\\0' x; echo '\"}}'; }";
    let said = home.transcript(&[
        format!("{long} | mc-merge | mc-format"),
        // So is a cluster that sent nothing.
        "grep -v prod-us-1 records | mc-merge --expect fleet | mc-format".to_owned(),
    ]);
    check_snapshot("problems-merge", &said);
    home.shell("mc-discover | tee seen | mc-exec get nodes | mc-merge --expect seen | mc-format")
        .expect(0);
}

#[test]
fn mc_format_reports_its_own_losses() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    let records = home.shell("mc-discover | mc-exec get nodes | mc-merge").expect(0);
    home.write("records", &records);
    for (line, status, words) in [
        ("mc-format --bogus <records", 2, "unexpected argument"),
        ("mc-format -o nonsense <records", 2, "nonsense"),
        ("{ cat records; echo '{bad'; } | mc-format", 3, "not a record"),
        (
            "{ cat records; echo '{bad'; } | mc-format -o ndjson | mc-format",
            3,
            "not a record",
        ),
        ("echo '{bad' | mc-format -o ndjson | mc-format", 1, "not a record"),
        ("mc-format </dev/null", 1, "no record"),
        (
            "mc-format -o ndjson </dev/null | mc-format -o csv",
            1,
            "no record",
        ),
        (
            "mc-format -o ndjson --bogus <records | mc-format -o csv",
            2,
            "unexpected argument",
        ),
    ] {
        let stderr = home.shell(line).complaint(status);
        assert_eq!(stderr.matches(words).count(), 1, "{line}: {stderr}");
    }
}

#[test]
fn broken_configuration_fails_every_pipe() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    home.write(".kube/kubectl-mc-config.yaml", "nonsense: true\n");
    // It is reported once in a pipe, and once by the wrapper.
    let said = home.transcript(&[
        "mc-discover | mc-resolve",
        "mc-discover | mc-exec get nodes",
        "mc-discover | mc-resolve | mc-exec get nodes",
        "kubectl-mc get nodes",
    ]);
    check_snapshot("problems-configuration", &said);
    for line in [
        "mc-discover | mc-exec get nodes | mc-merge",
        "mc-discover | mc-exec get nodes | mc-merge | mc-format",
    ] {
        assert!(home.shell(line).complaint(1).contains("unknown key"), "{line}");
    }
}

#[test]
fn credential_plugin_failures_reach_the_last_stage() {
    let home = Home::empty();
    home.script("login", "echo not today >&2\nexit 1\n");
    home.write(
        ".kube/config",
        "current-context: a\ncontexts: [{name: a, context: {cluster: a, user: u}}]\n\
         clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}]\n\
         users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ../bin/login, \
         interactiveMode: Never}}}]\n",
    );
    for end in ends("mc-resolve").iter().chain(&ends("mc-exec")) {
        for begin in [
            "mc-discover",
            "mc-discover --source kubeconfig | mc-exec get pods",
        ] {
            if begin.contains("mc-exec") == end.contains("mc-exec") {
                continue;
            }
            let line = format!("{begin} | {end}");
            let outcome = home.shell(&line);
            assert_eq!(outcome.status, 1, "{line}: {outcome:?}");
        }
    }
}

/// The wrapper runs the same stages.
#[test]
fn wrapper_reports_each_failure_once() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    home.write("broken", "{");
    let said = home.transcript(&[
        "kubectl-mc get nodes --clusters=typo",
        "kubectl-mc get nodes --hub-context=nowhere",
        "kubectl-mc get nodes --kubeconfig=broken",
        "kubectl-mc get nodes --providers=nowhere.json",
        "kubectl-mc get -f nowhere.yaml",
        "kubectl-mc clusters --clusters=typo",
        "kubectl-mc get nodes --clusters=typo -o json >/dev/null",
        "kubectl-mc get nodes --cluster-selector='a in'",
    ]);
    check_snapshot("problems-wrapper", &said);
    let document = home
        .mc(&["get", "nodes", "--clusters=typo", "-o", "json"])
        .expect_saying(
            1,
            "mc-discover: no cluster matches --clusters \"typo\": there are \"dev-eu-1\", \"prod-eu-1\", \
                \"prod-us-1\"; see kubectl mc clusters\n",
        );
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["summary"]["problems"][0]["stage"], "mc-discover");
}

/// Whoever reads a file of records has not seen the stderr of the stage that wrote it.
#[test]
fn last_stage_reports_problems_of_an_earlier_pipe() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    let said = home.transcript(&[
        "mc-discover --clusters=typo 2>/dev/null >records",
        "mc-exec get nodes <records | mc-merge | mc-format",
        "{ echo prod-eu-1; echo '{bad'; } | mc-exec get nodes >records",
        "mc-format -v <records",
    ]);
    check_snapshot("problems-of-an-earlier-pipe", &said);
}

#[test]
fn exit_status_of_odd_record_streams() {
    let home = Home::empty();
    let problem = r#"{"kind":"Problem","stage":"mc-x","status":1,"message":"gone"}"#;
    let partial = problem.replace(":1,", ":3,");
    let usage = problem.replace(":1,", ":2,");
    let asked = r#"{"kind":"Asked","cluster":"a"}"#;
    let ok = r#"{"kind":"Result","cluster":"a","ok":true}"#;
    let late = r#"{"kind":"Result","cluster":"b","ok":false,"reason":"Timeout","message":"late"}"#;
    let row = r#"{"kind":"Row","cluster":"a","resource":"pods","name":"x","columns":{"NAME":"x"}}"#;
    let summary = r#"{"kind":"Summary","total":2,"successful":1,"failed":1,"skipped":0,"errors":{"b":{"reason":"Timeout","message":"late"}}}"#;
    let whole = r#"{"kind":"Summary","total":1,"successful":1,"failed":0}"#;
    let cluster = r#"{"kind":"Cluster","cluster":"a"}"#;
    let future = r#"{"kind":"Future","x":1}"#;
    let cases: Vec<(Vec<&str>, i32)> = vec![
        (vec![], 1),
        (vec![""], 1),
        (vec![problem], 1),
        (vec![problem, problem], 1),
        (vec![&partial], 1),
        (vec![&usage], 2),
        (vec![&usage, problem, row], 2),
        (vec![asked], 1),
        (vec![asked, asked], 1),
        (vec![asked, ok], 0),
        (vec![ok, asked, asked, ok], 0),
        (vec![asked, late], 1),
        (vec![asked, ok, late, late], 3),
        (vec![ok], 0),
        (vec![ok, ok], 0),
        (vec![late], 1),
        (vec![row], 0),
        (vec![row, row], 0),
        (vec![row, ok, asked, ok, row], 0),
        (vec![row, asked], 1),
        (vec![row, problem], 3),
        (vec![row, &partial, ok], 3),
        (vec![summary], 3),
        (vec![summary, summary], 3),
        (vec![whole], 0),
        (vec![whole, whole], 0),
        (vec![whole, problem], 3),
        (vec![whole, asked], 1),
        (vec![cluster], 0),
        (vec![cluster, problem], 3),
        (vec![future], 0),
        (vec![future, problem], 3),
        (vec!["nonsense"], 1),
        (vec!["nonsense", row], 3),
        (vec!["nonsense", ok], 3),
    ];
    for (lines, status) in cases {
        let input = lines.join("\n");
        for (tool, args) in [
            ("mc-format", &[][..]),
            ("mc-format", &["-o", "json"]),
            ("mc-format", &["-o", "csv"]),
            ("mc-format", &["-o", "ndjson"]),
            ("mc-format", &["--stream"]),
            ("mc-merge", &[]),
            ("mc-merge", &["--stream"]),
            ("mc-merge", &["-o", "yaml"]),
        ] {
            let outcome = home.feed(tool, args, &input);
            assert_eq!(outcome.status, status, "{tool} {args:?} {lines:?}: {outcome:?}");
        }
        // mc-format and mc-merge agree about the output of mc-merge.
        let merged = home.feed("mc-merge", &[], &input).stdout;
        let again = home.feed("mc-format", &[], &merged);
        assert_eq!(again.status, status, "{lines:?} {merged}: {again:?}");
        let twice = home.feed("mc-merge", &[], &merged).stdout;
        assert_eq!(
            home.feed("mc-format", &["-o", "ndjson"], &twice).status,
            status,
            "{lines:?}"
        );
    }
}
