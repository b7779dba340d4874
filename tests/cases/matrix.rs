//! The fault matrix: whatever some members do, in every output format, by the wrapper and by a pipe made by
//! hand, what the healthy ones answer is complete and byte for byte what it is without the others, the reasons
//! and the exit status are right, nothing panics, and memory is bounded.
//!
//! Faults that end by themselves are tried in every format here; those that only a deadline ends, and those that
//! send very much, in two, and in all formats by `make soak`.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::processes::peak_memory_kib;
use crate::support::{Home, Outcome, Soak, check_snapshot, records, soak};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::time::Duration;

/// A format, as `-o` takes it.
const FORMATS: [&str; 19] = [
    "table",
    "wide",
    "json",
    "yaml",
    "kyaml",
    "name",
    "csv",
    "tsv",
    "ndjson",
    "jsonpath={range .items[*]}{.cluster} {.metadata.name}{\"\\n\"}{end}",
    "jsonpath-as-json={.items[*].metadata.name}",
    "jsonpath-file=template.jsonpath",
    "go-template={{range .items}}{{.cluster}} {{.metadata.name}}{{\"\\n\"}}{{end}}",
    "go-template-file=template.gotmpl",
    "custom-columns=NAME:.metadata.name,PHASE:.status.phase",
    "custom-columns-file=columns",
    "csv=NAME:.metadata.name,IMAGE:.spec.containers[0].image",
    "tsv=NAME:.metadata.name,IMAGE:.spec.containers[0].image",
    "json --output-list",
];

/// The formats that are made of the server's Tables.
const ROWS: [&str; 6] = ["table", "wide", "name", "csv", "tsv", "ndjson"];

/// The formats in which slow faults are tried: all would take minutes.
const FEW: [&str; 2] = ["table", "json"];

/// Healthy members, the first and the last of every fleet.
const LIVE: [&str; 2] = ["aa-live", "zz-live"];

/// A fault, and the reason in its member's Result; without one the Result is ok.
type Case = (Fault, Option<&'static str>);

/// Faults that end by themselves.
const QUICK: &[Case] = &[
    (Fault::Refuse, Some("Connect")),
    (Fault::Reset, Some("Connect")),
    (Fault::ResetBody, Some("Connect")),
    (Fault::Truncated, Some("Protocol")),
    (Fault::DuplicateKeys, Some("Protocol")),
    (Fault::UnknownCa, Some("Tls")),
    (Fault::ExpiredCertificate, Some("Tls")),
    (Fault::FutureCertificate, Some("Tls")),
    (Fault::WrongHost, Some("Tls")),
    (Fault::NotTls, Some("Tls")),
    (Fault::Unauthorized, Some("Unauthorized")),
    (Fault::Forbidden, Some("Forbidden")),
    (Fault::NotFound, Some("Protocol")),
    (Fault::Gone, Some("BadRequest")),
    (Fault::Error, Some("ServerError")),
    (Fault::Unavailable, Some("ServerError")),
    (Fault::Redirect, Some("Protocol")),
];

/// Faults that spoil only the end of an answer, or only Tables, or nothing.
const PARTIAL: &[Case] = &[
    (Fault::InvalidJson, Some("Protocol")),
    (Fault::WrongCells, None),
    (Fault::NotAcceptable, None),
    (Fault::ExpireContinue, None),
    (Fault::Throttle(1), None),
    (Fault::ResetOnce, None),
    (Fault::FastClock, None),
    (Fault::SlowClock, None),
    (Fault::LeafCa, None),
    (Fault::LegacyDiscovery, None),
];

/// Faults that only a deadline ends.
const HANGING: &[Case] = &[
    (Fault::HangConnect, Some("Timeout")),
    (Fault::HangAccept, Some("Timeout")),
    (Fault::HangTls, Some("Timeout")),
    (Fault::HangAfterTls, Some("Timeout")),
    (Fault::HangHeaders, Some("Timeout")),
    (Fault::HalfHeaders, Some("Timeout")),
    (Fault::HangBody, Some("Timeout")),
    (Fault::Drip, Some("Timeout")),
    (Fault::Throttle(u32::MAX), Some("Timeout")),
    (Fault::Slow(Duration::from_secs(600)), Some("Timeout")),
];

/// Faults that send very much. The first goes on until a deadline, or until it has sent 4 GiB.
const HEAVY: &[Case] = &[
    (Fault::Endless, Some("Timeout")),
    (Fault::GzipBomb, Some("Protocol")),
];

/// Returns the reason of a case for one type.
fn reason_for((fault, reason): Case, types: &str) -> Option<&'static str> {
    match (fault, types) {
        // Its discovery document, unlike a list, is refused as too long before the deadline.
        (Fault::Endless, "widgets") => Some("Protocol"),
        _ => reason,
    }
}

/// The limit on the memory of a process, whatever one cluster sends.
const MOST_MEMORY_KIB: u64 = 320 << 10;

/// The limit on the address space of each process of a pipe, in KiB: program, libraries and stacks, and the longest
/// answer of each of the two that send very much.
const ADDRESSES_KIB: u64 = 1 << 20;

/// The timeout for faults that only a deadline ends: healthy clusters answer in a hundredth of it.
const DEADLINE: &str = "--timeout=3s";

/// The timeout for all other faults.
const NEVER: &str = "--timeout=600s";

/// Prints what is said about each fault. How far a connection is when it is reset is a matter of time.
const DETAILS: &str = "kubectl-mc get pods -A --chunk-size=5 -v --exclude='reset*' >/dev/null";

/// One fleet with these faults, a member each, and healthy members around them.
struct Matrix {
    fleet: Fleet,
    home: Home,
    cases: &'static [Case],
    timeout: &'static str,
}

impl Matrix {
    fn new(cases: &'static [Case], timeout: &'static str) -> Self {
        let faulty = cases.iter().map(|(fault, _)| name(*fault));
        let names: Vec<String> = [LIVE[0].to_owned()]
            .into_iter()
            .chain(faulty)
            .chain([LIVE[1].to_owned()])
            .collect();
        let mut spec = Spec::named(&names);
        for (fault, _) in cases {
            spec = spec.fault(&name(*fault), *fault);
        }
        let fleet = Fleet::start(spec);
        let home = Home::of(&fleet);
        home.write(
            "template.jsonpath",
            "{range .items[*]}{.metadata.name}{\"\\n\"}{end}",
        );
        home.write(
            "template.gotmpl",
            "{{range .items}}{{.metadata.name}}{{\"\\n\"}}{{end}}",
        );
        home.write("columns", "NAME          NODE\n.metadata.name .spec.nodeName\n");
        Self {
            fleet,
            home,
            cases,
            timeout,
        }
    }

    /// Runs a line with bounded memory. Faults that happen only so often begin anew.
    fn run(&self, line: &str) -> Outcome {
        self.fleet.reset_counters();
        for (fault, _) in self.cases {
            self.fleet.member(&name(*fault)).set_fault(*fault);
        }
        // With an arena for each thread, address space that is never used would count.
        let bounded = format!("ulimit -v {ADDRESSES_KIB}; export MALLOC_ARENA_MAX=1; {line}");
        let outcome = self.home.shell(&bounded);
        assert!(!outcome.stderr.contains("panicked"), "{line}\n{}", outcome.stderr);
        outcome
    }

    fn by_wrapper(&self, format: &str, members: &str) -> Outcome {
        let get = self.get("pods", format);
        self.run(&format!("kubectl-mc {get} --clusters='{members}'"))
    }

    fn by_hand(&self, format: &str, members: &str) -> Outcome {
        let get = self.get("pods", format).replace(" -o ", " --for ");
        self.run(&format!(
            "mc-discover --clusters='{members}' | mc-exec {get} | mc-merge | mc-format -o {}",
            quoted(format)
        ))
    }

    fn get(&self, types: &str, format: &str) -> String {
        format!(
            "get {types} -A --chunk-size=5 -o {} {}",
            quoted(format),
            self.timeout
        )
    }

    /// Tries a format with the wrapper and with a pipe.
    fn try_format(&self, format: &str) {
        let failing = self.cases.iter().filter(|(_, reason)| reason.is_some()).count();
        let alone = self.by_wrapper(format, "*-live").expect(0);
        assert!(!alone.is_empty());
        for (way, outcome) in [
            ("the wrapper", self.by_wrapper(format, "*")),
            ("a pipe by hand", self.by_hand(format, "*")),
        ] {
            let about = format!("-o {format} by {way}\n{}", outcome.stderr);
            let total = self.cases.len() + LIVE.len();
            let said = format!("Failed to query {failing}/{total} clusters");
            if format != "ndjson" {
                assert!(outcome.stderr.contains(&said), "{about}");
            }
            assert_eq!(outcome.status, 3, "{about}");
            // The rows of an endless answer that came before the deadline are printed.
            let sends_rows = self.cases.iter().any(|(fault, _)| *fault == Fault::Endless);
            if failing == self.cases.len() && !sends_rows {
                assert_eq!(
                    without_errors(format, &outcome.stdout),
                    without_errors(format, &alone),
                    "{about}"
                );
            }
            assert_eq!(
                of_the_live(format, &outcome.stdout),
                of_the_live(format, &alone),
                "{about}"
            );
        }
    }

    /// Checks the Result of each, the status of mc-exec, and the wrapper's message about each; for pods, which are
    /// asked for right away, and of a type that is discovered first.
    fn try_reasons(&self) {
        for types in ["pods", "widgets"] {
            self.try_reasons_of(types);
        }
        let redirected = self.cases.iter().find(|(fault, _)| *fault == Fault::Redirect);
        if redirected.is_some() {
            let token = self.fleet.member(&name(Fault::Redirect)).token().to_owned();
            for request in self.fleet.hub().counters().seen() {
                assert!(
                    !request
                        .header("authorization")
                        .unwrap_or_default()
                        .contains(&token)
                );
            }
        }
    }

    fn try_reasons_of(&self, types: &str) {
        let get = self.get(types, "ndjson");
        let outcome = self.run(&format!("mc-discover | mc-exec {get}"));
        let mut results = BTreeMap::new();
        for line in outcome.stdout.lines() {
            let record = records::read(line);
            if record["kind"] == "Result" {
                let cluster = record["cluster"].as_str().unwrap().to_owned();
                assert!(results.insert(cluster, record).is_none(), "two Results: {line}");
            }
        }
        assert_eq!(results.len(), self.cases.len() + LIVE.len());
        let cases = || self.cases.iter().map(|case| (case.0, reason_for(*case, types)));
        let wrong = cases().filter_map(|(fault, reason)| {
            let result = &results[&name(fault)];
            (result["reason"].as_str() != reason).then(|| format!("{reason:?} is right for {result}"))
        });
        let wrong: Vec<String> = wrong.collect();
        assert!(wrong.is_empty(), "{types}:\n{}", wrong.join("\n"));
        for live in LIVE {
            assert_eq!(results[live]["ok"], true);
        }
        assert_eq!(outcome.status, 3);

        let said = self.run(&format!("kubectl-mc {} -v", self.get(types, "table")));
        let said = said.complaint(3);
        for (fault, reason) in cases() {
            let cluster = name(fault);
            match reason {
                Some(reason) => assert!(
                    said.contains(&format!("{cluster}: {reason}")),
                    "{types}: {cluster}\n{said}"
                ),
                None => assert!(!said.contains(&cluster), "{types}: {cluster}\n{said}"),
            }
        }
    }

    /// Tries each fault alone.
    fn try_alone(&self) {
        for (fault, reason) in self.cases {
            let members = name(*fault);
            for outcome in [self.by_wrapper("name", &members), self.by_hand("name", &members)] {
                let status = if reason.is_some() { 1 } else { 0 };
                assert_eq!(outcome.status, status, "{fault}: {outcome:?}");
            }
        }
    }
}

/// The formats that slow faults are tried in by `make soak`.
fn formats() -> impl Iterator<Item = &'static str> {
    let every = if soak() == Some(Soak::Short) { 4 } else { 1 };
    FORMATS.into_iter().step_by(every)
}

/// The name of the member with a fault.
fn name(fault: Fault) -> String {
    fault.to_string().replace(':', "-")
}

/// Quotes a format for a shell; the flags after it are words of their own.
fn quoted(format: &str) -> String {
    match format.split_once(" --") {
        Some((format, flags)) => format!("'{format}' --{flags}"),
        None => format!("'{format}'"),
    }
}

/// The output of the healthy members, in a form that can be compared: whole documents of them, or lines that
/// name them, without the padding that depends on other lines, and without what a run differs in.
fn of_the_live(format: &str, output: &str) -> Vec<String> {
    let is_live = |cluster: &Value| cluster.as_str().is_some_and(|name| LIVE.contains(&name));
    match format {
        "json" | "yaml" | "kyaml" => {
            let document: Value = match format {
                "json" => serde_json::from_str(output).unwrap(),
                _ => serde_yaml::from_str(output).unwrap(),
            };
            let clusters = document["clusters"].as_array().unwrap();
            let live = clusters.iter().filter(|entry| is_live(&entry["cluster"]));
            live.map(Value::to_string).collect()
        }
        "json --output-list" => {
            let document: Value = serde_json::from_str(output).unwrap();
            let items = document["items"].as_array().unwrap();
            let texts = items.iter().map(Value::to_string);
            texts
                .filter(|item| LIVE.iter().any(|live| item.contains(live)))
                .collect()
        }
        "ndjson" => {
            let records = records::read_all(output).into_iter();
            let of_live =
                records.filter(|record: &Value| record["kind"] == "Row" && is_live(&record["cluster"]));
            of_live.map(|record| record.to_string()).collect()
        }
        _ => {
            let lines = output
                .lines()
                .filter(|line| LIVE.iter().any(|live| line.contains(live)));
            let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
            lines.map(words).collect()
        }
    }
}

/// The whole output without the list of failed clusters, for runs in which no other cluster answered.
fn without_errors(format: &str, output: &str) -> String {
    match format {
        "json" => {
            let mut document: Value = serde_json::from_str(output).unwrap();
            document["summary"].take();
            document.to_string()
        }
        "yaml" => output.split("\nsummary:").next().unwrap().to_owned(),
        "kyaml" => output.split("\n  summary:").next().unwrap().to_owned(),
        "ndjson" => {
            let rows = output.lines().filter(|line| line.contains(r#""kind":"Row""#));
            rows.collect::<Vec<_>>().join("\n")
        }
        _ => output.to_owned(),
    }
}

/// Tries formats on several fleets at once: most of the time goes into waiting for what the faults delay.
fn try_formats(cases: &'static [Case], timeout: &'static str, formats: &[&str]) {
    const FLEETS: usize = 4;
    std::thread::scope(|scope| {
        for some in formats.chunks(formats.len().div_ceil(FLEETS)) {
            scope.spawn(move || {
                let matrix = Matrix::new(cases, timeout);
                for format in some {
                    matrix.try_format(format);
                }
            });
        }
    });
}

#[test]
fn faults_that_end_by_themselves() {
    let matrix = Matrix::new(QUICK, NEVER);
    matrix.try_reasons();
    check_snapshot("faults-that-end", &matrix.run(DETAILS));
    matrix.try_alone();
    try_formats(QUICK, NEVER, &FORMATS);
}

#[test]
fn faults_that_spoil_a_part_or_nothing() {
    let matrix = Matrix::new(PARTIAL, NEVER);
    matrix.try_reasons();
    check_snapshot("faults-that-spoil-a-part", &matrix.run(DETAILS));
    matrix.try_alone();
    try_formats(PARTIAL, NEVER, &FORMATS);
}

#[test]
fn faults_that_only_a_deadline_ends() {
    Matrix::new(HANGING, DEADLINE).try_reasons();
    try_formats(HANGING, DEADLINE, &FEW);
}

#[test]
#[ignore = "minutes, most of them spent on deadlines: make soak"]
fn soak_all_formats_by_a_deadline() {
    let matrix = Matrix::new(HANGING, DEADLINE);
    for format in formats() {
        matrix.try_format(format);
    }
    matrix.try_alone();
}

#[test]
#[ignore = "gigabytes through TLS: make soak"]
fn soak_all_formats_beside_very_much() {
    let matrix = Matrix::new(HEAVY, "--timeout=10s");
    matrix.try_reasons();
    for format in formats() {
        matrix.try_format(format);
    }
    matrix.try_alone();
}

#[test]
fn deeply_nested_json_does_not_affect_other_clusters() {
    let matrix = Matrix::new(&[(Fault::DeepJson, Some("Protocol"))], NEVER);
    matrix.try_reasons();
    let deep = name(Fault::DeepJson);
    for format in FORMATS {
        let alone = matrix.by_wrapper(format, "*-live").expect(0);
        for outcome in [matrix.by_wrapper(format, "*"), matrix.by_hand(format, "*")] {
            let about = format!("-o {format}: {}", outcome.stderr);
            if ROWS.contains(&format) {
                assert_eq!(
                    without_errors(format, &outcome.stdout),
                    without_errors(format, &alone),
                    "{about}"
                );
                assert_eq!(outcome.status, 3, "{about}");
            } else if outcome.status == 0 {
                // It is valid JSON, and formats that do not look into it pass it on unchanged.
                assert!(
                    outcome.stdout.contains(&"[".repeat(10)) || outcome.stdout.contains("deep"),
                    "{about}"
                );
            } else {
                assert!(outcome.stderr.contains(&deep), "{about}");
            }
            if !matches!(format, "json" | "yaml" | "kyaml" | "json --output-list") {
                assert_eq!(
                    of_the_live(format, &outcome.stdout),
                    of_the_live(format, &alone),
                    "{about}"
                );
            }
        }
    }
}

#[test]
fn memory_of_mc_exec_is_bounded_whatever_a_cluster_sends() {
    let matrix = Matrix::new(
        &[
            (Fault::Endless, Some("Timeout")),
            (Fault::GzipBomb, Some("Protocol")),
            (Fault::DeepJson, Some("Protocol")),
        ],
        NEVER,
    );
    for (fault, reason) in matrix.cases {
        let timeout = match reason {
            Some("Timeout") => DEADLINE,
            _ => NEVER,
        };
        let mut exec = matrix.home.start("mc-exec", &["get", "pods", "-A", timeout]);
        // Its input stays open, so that it is still there when its Result is.
        let mut stdin = exec.stdin.take().unwrap();
        writeln!(stdin, "{}", name(*fault)).unwrap();
        let mut lines = BufReader::new(exec.stdout.take().unwrap()).lines();
        let result = lines.find_map(|line| Some(line.unwrap()).filter(|line| line.contains("Result")));
        let result: Value = serde_json::from_str(&result.unwrap()).unwrap();
        assert_eq!(result["reason"].as_str(), *reason, "{result}");
        let peak = peak_memory_kib(exec.id()).unwrap();
        assert!(peak < MOST_MEMORY_KIB, "{fault}: {peak} KiB");
        drop(stdin);
        exec.wait().unwrap();
    }
}

#[test]
fn hub_faults_are_reported_or_make_no_difference() {
    let members = ["prod-eu-1"];
    let reference = Home::of(&Fleet::start(Spec::named(&members))).mc(&["get", "pods", "-A", "-o", "name"]);
    let reference = reference.expect(0);
    let deep: Case = (Fault::DeepJson, Some("Protocol"));
    for (fault, reason) in QUICK.iter().chain(PARTIAL).chain([&deep]) {
        let fleet = Fleet::start(Spec::named(&members).fault("hub", *fault));
        let home = Home::of(&fleet);
        let fails = reason.is_some();
        for line in [
            "kubectl-mc get pods -A -o name",
            "mc-discover | mc-exec get pods -A | mc-format -o name",
        ] {
            let outcome = home.shell(&format!("ulimit -v {ADDRESSES_KIB}; {line}"));
            let about = format!("{fault}: {line}: {outcome:?}");
            assert!(!outcome.stderr.contains("panicked"), "{about}");
            if fails {
                assert_eq!(outcome.stdout, "", "{about}");
                let named = ["hub", "ClusterProfile"].map(|name| outcome.stderr.contains(name));
                assert!(named.contains(&true), "{about}");
            } else {
                assert_eq!(outcome.stdout, reference, "{about}");
            }
            if line.starts_with("kubectl-mc") {
                assert_eq!(outcome.status, i32::from(fails), "{about}");
            }
        }
    }
}
