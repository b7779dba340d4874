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
//! `RUNS=1` runs everything as seldom as can be.
//!
//! Wall time and CPU are the medians of several runs; CPU is that of the whole tree of processes. Memory is
//! the peak of the tree's summed proportional set sizes, sampled in a run of its own, since sampling costs
//! time. The fleet itself runs on the same cores, in a process that is not counted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod floor;
mod measure;

use measure::{Figures, Row, measure};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A kubectl loop over more members than this takes minutes and tells nothing new.
const KUBECTL_MEMBERS: usize = 100;

/// Nor over more pods than this.
const KUBECTL_PODS: usize = 10_000;

#[derive(Clone, Copy)]
struct Scenario {
    members: usize,
    pods: usize,
    latency_ms: u64,
    /// The least that a pod takes; `None` is as recorded.
    pod_bytes: Option<usize>,
}

impl Scenario {
    const fn new(members: usize, pods: usize, latency_ms: u64) -> Self {
        Self {
            members,
            pods,
            latency_ms,
            pod_bytes: None,
        }
    }

    fn heading(self) -> String {
        let Self {
            members,
            pods,
            latency_ms,
            pod_bytes,
        } = self;
        let size = pod_bytes.map_or_else(String::new, |bytes| format!(" of {bytes} bytes"));
        format!("{members} members × {pods} pods{size}, {latency_ms} ms of latency")
    }
}

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

/// What the flags that need whole objects are measured on.
const FORMATS: Scenario = Scenario::new(100, 1_000, 0);
const DOCUMENTS: Scenario = Scenario {
    pod_bytes: Some(4096),
    ..Scenario::new(100, 100, 0)
};

/// What every query of kubectl-mc is asked with: as many at once as the floor asks.
const PODS: [&str; 7] = ["get", "pods", "-A", "--concurrency", "0", "--timeout", "60s"];

const START_UP: &str = "Start-up";

fn main() {
    // Cargo's own flag is no filter.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [command, kubeconfig, bodies] = args.as_slice()
        && command == "floor"
    {
        return floor::run(Path::new(kubeconfig), bodies == "whole");
    }
    let bins = Path::new(env!("CARGO_BIN_EXE_kubectl-mc"))
        .parent()
        .unwrap()
        .to_owned();
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
    let text = format!("{}{}", header(), page.print());
    print!("{text}");
    if filter.is_empty() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/results/pipeline.md");
        std::fs::write(file, text).unwrap();
    }
}

fn header() -> String {
    let output = |program: &str, args: &[&str]| {
        let output = Command::new(program).args(args).output();
        output
            .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
            .unwrap_or_default()
    };
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name\t: "))
        .unwrap_or("unknown CPU");
    format!(
        "# Benchmark of the pipeline\n\n\
         Command: `make bench`, at commit {}. Machine: {} × {cpu}, {}. Medians of {}; the simulated \
         fleet runs on the same cores.\n",
        output("git", &["describe", "--always", "--dirty"]),
        std::thread::available_parallelism().map_or(0, usize::from),
        output("uname", &["-sr"]),
        measure::how_often(),
    )
}

/// What has been measured so far.
#[derive(Default)]
struct Page {
    targets: Vec<Target>,
    sections: String,
}

/// What was to be reached.
struct Target {
    what: String,
    measured: f64,
    limit: f64,
    unit: &'static str,
}

impl Page {
    fn target(&mut self, what: impl Into<String>, measured: f64, limit: f64, unit: &'static str) {
        let what = what.into();
        eprintln!("{what}: {measured:.2}{unit}, at most {limit}{unit}");
        self.targets.push(Target {
            what,
            measured,
            limit,
            unit,
        });
    }

    fn section(&mut self, heading: &str, rows: &[Measured], members: Option<usize>) {
        let table = table(rows, members);
        eprint!("\n{heading}\n{table}");
        write!(self.sections, "\n## {heading}\n\n{table}").unwrap();
    }

    fn print(&self) -> String {
        let mut text = String::from("\n## Targets\n\n| | measured | at most | met |\n|---|---|---|---|\n");
        for Target {
            what,
            measured,
            limit,
            unit,
        } in &self.targets
        {
            let met = if measured <= limit { "yes" } else { "no" };
            writeln!(text, "| {what} | {measured:.2}{unit} | {limit}{unit} | {met} |").unwrap();
        }
        text + &self.sections
    }
}

/// A contender and what it took.
type Measured = (&'static str, Figures);

/// A simulated fleet in a process of its own, with a home folder for what asks it.
struct Fleet {
    process: Child,
    home: tempfile::TempDir,
}

impl Fleet {
    fn start(bins: &Path, scenario: Scenario) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut process = Command::new(bins.join("examples/fleet"))
            .args(["--dir".as_ref(), home.path().join("fleet").as_os_str()])
            .args([
                "--members",
                &scenario.members.to_string(),
                "--pods",
                &scenario.pods.to_string(),
            ])
            .args(["--latency", &format!("{}ms", scenario.latency_ms)])
            .args(scenario.pod_bytes.map(|bytes| format!("--pod-bytes={bytes}")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the fleet example, which make bench builds");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line.trim(), "ready");
        Self { process, home }
    }

    fn kubeconfig(&self) -> PathBuf {
        self.home.path().join("fleet/kubeconfig")
    }

    fn command(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("KUBECONFIG", self.kubeconfig())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}

impl Fleet {
    /// Ends it, and returns what every cluster was asked.
    fn end(&mut self) -> serde_json::Value {
        // Its stdin closing ends it.
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
        let counters = std::fs::read(self.home.path().join("fleet/counters.json")).unwrap();
        serde_json::from_slice(&counters).unwrap()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// The pipe beside its floor, and beside a loop of kubectl where that ends soon.
fn sizes(page: &mut Page, bins: &Path, scenario: Scenario) {
    let Scenario {
        members,
        pods,
        latency_ms,
        ..
    } = scenario;
    let fleet = Fleet::start(bins, scenario);
    let mut commands = vec![
        floor("floor", &fleet, "table"),
        mc("kubectl-mc", &fleet, bins, &[]),
    ];
    if members == MANY {
        commands.push(limited(&fleet, bins));
    }
    if members <= KUBECTL_MEMBERS && members * pods <= KUBECTL_PODS && (members < 100 || latency_ms > 0) {
        commands.push(kubectl_loop(&fleet));
    }
    let rows = measure(&commands);
    drop(commands);
    let (floor, ours) = (rows[0].1, rows[1].1);
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
        let empty = Fleet::start(bins, Scenario::new(1, 0, 0));
        let empty = measure(&[mc("empty", &empty, bins, &[])])[0].1.peak_mb;
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
        let row = measure::first_byte(|| mc_command(&fleet, bins, &["--stream"]));
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

/// What the design of kubectl-mc promises, with its defaults: discovery, execution and memory.
fn promised(page: &mut Page, bins: &Path, scenario: Scenario) {
    let fleet = &Fleet::start(bins, scenario);
    let discover = |flags: &'static [&'static str]| -> Box<dyn Fn() -> Command + '_> {
        let program = bins.join("mc-discover");
        Box::new(move || fleet.command(&program, flags))
    };
    let program = bins.join("kubectl-mc");
    let rows = measure(&[
        ("discovery, fresh", discover(&["--refresh"])),
        ("discovery, cached", discover(&[])),
        (
            "get pods -A",
            Box::new(|| fleet.command(&program, &["get", "pods", "-A"])),
        ),
    ]);
    let heading = scenario.heading();
    let members = scenario.members as f64;
    page.section(
        &format!("{heading}, with the defaults"),
        &rows,
        Some(scenario.members),
    );
    let [(_, fresh), (_, cached), (_, get)] = rows.as_slice() else {
        unreachable!("three were measured")
    };
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
    (name, Box::new(move || floor_command(fleet, bodies)))
}

fn floor_command(fleet: &Fleet, bodies: &str) -> Command {
    let own = std::env::current_exe().unwrap();
    fleet.command(&own, &["floor", fleet.kubeconfig().to_str().unwrap(), bodies])
}

/// All pods through kubectl-mc, with these flags.
fn mc<'a>(name: &'static str, fleet: &'a Fleet, bins: &'a Path, flags: &'a [&'a str]) -> Row<'a> {
    (name, Box::new(move || mc_command(fleet, bins, flags)))
}

fn mc_command(fleet: &Fleet, bins: &Path, flags: &[&str]) -> Command {
    let mut command = fleet.command(&bins.join("kubectl-mc"), &PODS);
    command.args(flags);
    command
}

/// The same with few files.
fn limited<'a>(fleet: &'a Fleet, bins: &Path) -> Row<'a> {
    let line = format!(
        "ulimit -n 1024; exec '{}' {}",
        bins.join("kubectl-mc").display(),
        PODS.join(" ")
    );
    ("kubectl-mc, ulimit -n 1024", shell(fleet, line))
}

fn shell(fleet: &Fleet, line: String) -> Box<dyn Fn() -> Command + '_> {
    Box::new(move || fleet.command(Path::new("/bin/sh"), &["-c", &line]))
}

fn kubectl_loop(fleet: &Fleet) -> Row<'_> {
    let kubectl = kubectl();
    let line = format!(
        "'{0}' config get-contexts -o name | grep -vx hub | xargs -P 25 -I{{}} '{0}' --context {{}} get pods -A",
        kubectl.display()
    );
    ("kubectl loop", shell(fleet, line))
}

fn output_bytes(fleet: &Fleet, bins: &Path, format: &str) -> f64 {
    let output = mc_command(fleet, bins, &["-o", format])
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    output.stdout.len() as f64
}

/// Requests and connections of the member that had most, in one run.
fn asked_once(bins: &Path, scenario: Scenario) -> (f64, f64) {
    let mut fleet = Fleet::start(bins, scenario);
    assert!(mc_command(&fleet, bins, &[]).status().unwrap().success());
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

/// What it costs to look into the objects, beside the plain table.
fn formats(page: &mut Page, bins: &Path) {
    let fleet = Fleet::start(bins, FORMATS);
    let columns = "custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[*].image";
    let restarts = "--sort-by=.status.containerStatuses[0].restartCount";
    let rows = measure(&[
        mc("table", &fleet, bins, &[]),
        mc(
            "--sort-by=.metadata.name",
            &fleet,
            bins,
            &["--sort-by=.metadata.name"],
        ),
        mc(restarts, &fleet, bins, &[restarts]),
        mc("-o custom-columns", &fleet, bins, &["-o", columns]),
    ]);
    let heading = FORMATS.heading();
    page.section(
        &format!("{heading}, beside the plain table"),
        &rows,
        Some(FORMATS.members),
    );
    for (what, figures) in &rows[1..] {
        let ratio = figures.wall_ms / rows[0].1.wall_ms;
        page.target(format!("wall of {what}, {heading}"), ratio, 3.0, " × the table's");
    }
}

/// Whole objects, beside a floor that fetches them.
fn documents(page: &mut Page, bins: &Path) {
    let fleet = Fleet::start(bins, DOCUMENTS);
    let rows = measure(&[
        floor("floor of objects", &fleet, "whole"),
        mc("-o json", &fleet, bins, &["-o", "json"]),
        mc("-o yaml", &fleet, bins, &["-o", "yaml"]),
        mc(
            "-o json --output-list",
            &fleet,
            bins,
            &["-o", "json", "--output-list"],
        ),
    ]);
    let heading = DOCUMENTS.heading();
    page.section(&format!("{heading}, whole"), &rows, Some(DOCUMENTS.members));
    let (floor, json) = (rows[0].1, rows[1].1);
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

/// A program alone.
fn tool<'a>(
    fleet: &'a Fleet,
    program: impl Into<PathBuf>,
    args: &'a [&'a str],
) -> Box<dyn Fn() -> Command + 'a> {
    let program = program.into();
    Box::new(move || fleet.command(&program, args))
}

fn start_up(bins: &Path) -> Vec<Measured> {
    let empty = Fleet::start(bins, Scenario::new(0, 0, 0));
    let hundred = Fleet::start(bins, Scenario::new(100, 1, 0));
    measure(&[
        ("/bin/true", tool(&empty, "/bin/true", &[])),
        (
            "mc-format --version",
            tool(&empty, bins.join("mc-format"), &["--version"]),
        ),
        (
            "mc-discover, 100 members cached",
            tool(&hundred, bins.join("mc-discover"), &[]),
        ),
        (
            "kubectl-mc get pods, no members",
            tool(&empty, bins.join("kubectl-mc"), &["get", "pods"]),
        ),
    ])
}

/// A Markdown table; the first row is what the ratios are to.
fn table(rows: &[Measured], members: Option<usize>) -> String {
    let mut text = String::from(
        "| | wall ms | CPU ms | CPU ms a cluster | peak MB | wall | CPU |\n|---|---|---|---|---|---|---|\n",
    );
    let reference = &rows[0].1;
    for (name, figures) in rows {
        let per_cluster = members.map_or_else(String::new, |members| {
            format!("{:.2}", figures.cpu_ms / members as f64)
        });
        writeln!(
            text,
            "| {name} | {:.1} | {:.1} | {per_cluster} | {:.1} | {:.2} × | {:.2} × |",
            figures.wall_ms,
            figures.cpu_ms,
            figures.peak_mb,
            figures.wall_ms / reference.wall_ms,
            figures.cpu_ms / reference.cpu_ms,
        )
        .unwrap();
    }
    text
}
