//! `make bench`: the whole pipe on the simulated fleet, beside a loop of kubectl and beside a floor, all in
//! one run, since only ratios of one run mean anything on a noisy machine.
//!
//! | contender | what it is |
//! |---|---|
//! | floor | the smallest client there is: the same requests in parallel, the bytes thrown away |
//! | kubectl-mc | `kubectl-mc get pods -A --concurrency 0`: five stages and the wrapper |
//! | kubectl loop | `xargs -P 25 kubectl --context … get pods -A` |
//!
//! `cargo bench --bench pipeline -- '100 members'` runs only what has that in its heading, and keeps no results;
//! `RUNS=1` runs everything as seldom as can be. With `make bench BEFORE=COMMIT` the binaries of that commit take turns
//! with today's, and the page compares them.
//!
//! Figures are the medians of several runs. CPU is that of the whole tree of processes. Memory is the peak of the tree's
//! summed proportional set sizes, sampled in runs of their own, since sampling costs time. The fleet itself runs on the same cores, in a process that is not counted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod fleet;
mod floor;
mod measure;
mod page;

use fleet::{Fleet, Scenario};
use measure::{Binaries, Measured, Row, measure};
use page::Page;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A kubectl loop over more members than this takes minutes and tells nothing new.
const KUBECTL_MEMBERS: usize = 100;

/// Nor over more pods than this.
const KUBECTL_PODS: usize = 10_000;

const SCENARIOS: [Scenario; 9] = [
    Scenario::new(10, 100, 0),
    Scenario::new(10, 100, 100),
    Scenario::new(100, 100, 0),
    Scenario::new(100, 100, 100),
    Scenario::new(500, 100, 0),
    Scenario::new(500, 100, 100),
    Scenario::new(1, 50_000, 0),
    Scenario::new(50, 10_000, 0),
    Scenario::new(MANY, 10, 0),
];

/// More members than a process may have files open.
const MANY: usize = 5_000;

/// The size of the fleet on which flags that need whole objects are measured.
const FORMATS: Scenario = Scenario::new(100, 1_000, 0);
const DOCUMENTS: Scenario = Scenario {
    pod_bytes: Some(4096),
    ..Scenario::new(100, 100, 0)
};

/// The flags of every query of kubectl-mc: as many clusters at once as the floor asks.
const PODS: [&str; 7] = ["get", "pods", "-A", "--concurrency", "0", "--timeout", "60s"];

const START_UP: &str = "Start-up";

fn main() {
    // Cargo's own flag is not a filter.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [command, kubeconfig, bodies] = args.as_slice()
        && command == "floor"
    {
        return floor::run(Path::new(kubeconfig), bodies == "whole");
    }
    let bins = Binaries {
        now: Path::new(env!("CARGO_BIN_EXE_kubectl-mc"))
            .parent()
            .unwrap()
            .to_owned(),
        before: std::env::var_os("BEFORE_BINS").map(PathBuf::from),
    };
    let before = std::env::var("BEFORE").ok().filter(|_| bins.before.is_some());
    let filter = args.join(" ");
    let mut page = Page::default();
    for scenario in SCENARIOS {
        if scenario.heading().contains(&filter) {
            sizes(&mut page, &bins, scenario);
        }
    }
    if FORMATS.heading().contains(&filter) {
        formats(&mut page, &bins);
    }
    if DOCUMENTS.heading().contains(&filter) {
        documents(&mut page, &bins);
    }
    for members in [10, 50] {
        let scenario = Scenario::new(members, 100, 100);
        if scenario.heading().contains(&filter) {
            promised(&mut page, &bins, scenario);
        }
    }
    if START_UP.contains(&filter) {
        page.section(START_UP, &start_up(&bins), None);
    }
    let text = page.print(before.as_deref());
    print!("{text}");
    if filter.is_empty() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/results/pipeline.md");
        std::fs::write(file, text).unwrap();
    }
}

/// The pipe beside its floor, and beside a loop of kubectl where that ends soon.
fn sizes(page: &mut Page, bins: &Binaries, scenario: Scenario) {
    let Scenario {
        members,
        pods,
        latency_ms,
        ..
    } = scenario;
    let fleet = Fleet::start(&bins.now, scenario);
    let mut commands = vec![floor("floor", &fleet, "table"), mc("kubectl-mc", &fleet, &[])];
    if members == MANY {
        commands.push(limited(&fleet));
    }
    if members <= KUBECTL_MEMBERS && members * pods <= KUBECTL_PODS && (members < 100 || latency_ms > 0) {
        commands.push(kubectl_loop(&fleet));
    }
    let rows = measure(&commands, bins);
    drop(commands);
    let (floor, ours) = (rows[0].figures, rows[1].figures);
    let heading = scenario.heading();
    page.section(&heading, &rows, Some(members));
    if pods == 100 && members >= 100 {
        page.target(
            format!("CPU, {heading}"),
            ours.cpu_ms / floor.cpu_ms,
            2.0,
            " × the floor's",
        );
        page.target(
            format!("wall, {heading}"),
            ours.wall_ms / floor.wall_ms,
            1.2,
            " × the floor's",
        );
        let most = if members > 100 { 100.0 } else { 40.0 };
        page.target(format!("memory, {heading}"), ours.peak_mb, most, " MB");
    }
    if pods > 1000 {
        // What an empty run takes is not for the rows.
        let empty = Fleet::start(&bins.now, Scenario::new(1, 0, 0));
        let empty = measure(&[mc("empty", &empty, &[])], bins)[0].figures.peak_mb;
        let rows = output_bytes(&fleet, bins, "ndjson") / 1e6;
        page.target(
            format!("memory beyond an empty run's, {heading}"),
            (ours.peak_mb - empty) / rows,
            2.0,
            " × the records' bytes",
        );
    }
    if (members, latency_ms) == (100, 100) {
        // The latency is the round trip.
        let answer = measure::first_byte(|| floor_command(&fleet, "table"));
        let row = measure::first_byte(|| mc_command(&fleet, &bins.now, &["--stream"]));
        let what = format!("first row of --stream behind the first answer, {heading}");
        page.target(what, (row - answer).max(0.0), latency_ms as f64, " ms");
    }
    drop(fleet);
    if pods <= 100 && latency_ms == 0 {
        let (requests, connections) = asked_once(bins, scenario);
        page.target(format!("requests a member, {heading}"), requests, 1.0, "");
        page.target(format!("connections a member, {heading}"), connections, 1.0, "");
    }
}

/// The limits that the design of kubectl-mc promises, with its defaults: discovery, execution and memory.
fn promised(page: &mut Page, bins: &Binaries, scenario: Scenario) {
    let fleet = &Fleet::start(&bins.now, scenario);
    let rows = measure(
        &[
            tool("discovery, fresh", fleet, "mc-discover", &["--refresh"]),
            tool("discovery, cached", fleet, "mc-discover", &[]),
            tool("get pods -A", fleet, "kubectl-mc", &["get", "pods", "-A"]),
        ],
        bins,
    );
    let heading = scenario.heading();
    let members = scenario.members as f64;
    page.section(
        &format!("{heading}, with the defaults"),
        &rows,
        Some(scenario.members),
    );
    let [fresh, cached, get] = [0, 1, 2].map(|row: usize| rows[row].figures);
    let most = if scenario.members > 10 { 120.0 } else { 30.0 };
    page.target(
        format!("discovery, fresh, {heading}"),
        fresh.wall_ms / 1e3,
        5.0,
        " s",
    );
    page.target(
        format!("discovery, cached, {heading}"),
        cached.wall_ms / 1e3,
        1.0,
        " s",
    );
    page.target(
        format!("wall of get pods -A, {heading}"),
        get.wall_ms / 1e3,
        most,
        " s",
    );
    let memory = format!("memory of get pods -A, {heading}");
    page.target(memory, get.peak_mb, 100.0 + 10.0 * members, " MB");
}

/// The floor, with bodies of a kind: `table` or `whole`.
fn floor<'a>(name: &'static str, fleet: &'a Fleet, bodies: &'a str) -> Row<'a> {
    Row {
        name,
        command: Box::new(move |_| floor_command(fleet, bodies)),
        ours: false,
    }
}

fn floor_command(fleet: &Fleet, bodies: &str) -> Command {
    let own = std::env::current_exe().unwrap();
    fleet.command(&own, &["floor", fleet.kubeconfig().to_str().unwrap(), bodies])
}

/// All pods through kubectl-mc, with these flags.
fn mc<'a>(name: &'static str, fleet: &'a Fleet, flags: &'a [&'a str]) -> Row<'a> {
    Row {
        name,
        command: Box::new(move |bins| mc_command(fleet, bins, flags)),
        ours: true,
    }
}

fn mc_command(fleet: &Fleet, bins: &Path, flags: &[&str]) -> Command {
    let mut command = fleet.command(&bins.join("kubectl-mc"), &PODS);
    command.args(flags);
    command
}

/// The same with few files.
fn limited(fleet: &Fleet) -> Row<'_> {
    let line = |bins: &Path| {
        let program = bins.join("kubectl-mc");
        format!("ulimit -n 1024; exec '{}' {}", program.display(), PODS.join(" "))
    };
    Row {
        name: "kubectl-mc, ulimit -n 1024",
        command: Box::new(move |bins| fleet.command(Path::new("/bin/sh"), &["-c", &line(bins)])),
        ours: true,
    }
}

fn kubectl_loop(fleet: &Fleet) -> Row<'_> {
    let kubectl = kubectl();
    let line = format!(
        "'{0}' config get-contexts -o name | grep -vx hub | xargs -P 25 -I{{}} '{0}' --context {{}} get pods -A",
        kubectl.display()
    );
    Row {
        name: "kubectl loop",
        command: Box::new(move |_| fleet.command(Path::new("/bin/sh"), &["-c", &line])),
        ours: false,
    }
}

fn output_bytes(fleet: &Fleet, bins: &Binaries, format: &str) -> f64 {
    let output = mc_command(fleet, &bins.now, &["-o", format])
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    output.stdout.len() as f64
}

/// Requests and connections of the member that had most, in one run.
fn asked_once(bins: &Binaries, scenario: Scenario) -> (f64, f64) {
    let mut fleet = Fleet::start(&bins.now, scenario);
    assert!(mc_command(&fleet, &bins.now, &[]).status().unwrap().success());
    let counters = fleet.end();
    let most = |what: &str| {
        let clusters = counters.as_object().unwrap();
        let members = clusters.iter().filter(|(name, _)| *name != "hub");
        members
            .map(|(_, counted)| counted[what].as_u64().unwrap())
            .max()
            .unwrap()
    };
    (most("requests") as f64, most("connections") as f64)
}

/// The cost of looking into the objects, beside the plain table.
fn formats(page: &mut Page, bins: &Binaries) {
    let fleet = Fleet::start(&bins.now, FORMATS);
    let columns = "custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[*].image";
    let restarts = "--sort-by=.status.containerStatuses[0].restartCount";
    let rows = measure(
        &[
            mc("table", &fleet, &[]),
            mc("--sort-by=.metadata.name", &fleet, &["--sort-by=.metadata.name"]),
            mc(restarts, &fleet, &[restarts]),
            mc("-o custom-columns", &fleet, &["-o", columns]),
        ],
        bins,
    );
    let heading = FORMATS.heading();
    page.section(
        &format!("{heading}, beside the plain table"),
        &rows,
        Some(FORMATS.members),
    );
    for Measured { name, figures, .. } in &rows[1..] {
        let ratio = figures.wall_ms / rows[0].figures.wall_ms;
        page.target(format!("wall of {name}, {heading}"), ratio, 3.0, " × the table's");
    }
}

/// Whole objects, beside a floor that fetches them.
fn documents(page: &mut Page, bins: &Binaries) {
    let fleet = Fleet::start(&bins.now, DOCUMENTS);
    let rows = measure(
        &[
            floor("floor of objects", &fleet, "whole"),
            mc("-o json", &fleet, &["-o", "json"]),
            mc("-o yaml", &fleet, &["-o", "yaml"]),
            mc("-o json --output-list", &fleet, &["-o", "json", "--output-list"]),
        ],
        bins,
    );
    let heading = DOCUMENTS.heading();
    page.section(&format!("{heading}, whole"), &rows, Some(DOCUMENTS.members));
    let (floor, json) = (rows[0].figures, rows[1].figures);
    page.target(
        format!("CPU of -o json, {heading}"),
        json.cpu_ms / floor.cpu_ms,
        3.0,
        " × the floor's",
    );
    page.target(
        format!("wall of -o json, {heading}"),
        json.wall_ms / floor.wall_ms,
        3.0,
        " × the floor's",
    );
}

/// The end-to-end tests' kubectl where it is built, else the one on PATH.
fn kubectl() -> PathBuf {
    let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(|folder| PathBuf::from(folder).join("kubectl"));
    assets
        .filter(|path| path.is_file())
        .unwrap_or_else(|| "kubectl".into())
}

/// One of the tools alone.
fn tool<'a>(name: &'static str, fleet: &'a Fleet, program: &'a str, args: &'a [&'a str]) -> Row<'a> {
    Row {
        name,
        command: Box::new(move |bins| fleet.command(&bins.join(program), args)),
        ours: true,
    }
}

fn start_up(bins: &Binaries) -> Vec<Measured> {
    // A hub that lists nothing is an error.
    let empty = Fleet::start(&bins.now, Scenario::new(1, 0, 0));
    let hundred = Fleet::start(&bins.now, Scenario::new(100, 1, 0));
    let nothing = Row {
        name: "/bin/true",
        command: Box::new(|_| empty.command(Path::new("/bin/true"), &[])),
        ours: false,
    };
    measure(
        &[
            nothing,
            tool("mc-format --version", &empty, "mc-format", &["--version"]),
            tool("mc-discover, 100 members cached", &hundred, "mc-discover", &[]),
            tool(
                "kubectl-mc get pods, one member without pods",
                &empty,
                "kubectl-mc",
                &["get", "pods"],
            ),
        ],
        bins,
    )
}
