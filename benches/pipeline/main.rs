//! `make bench`: the whole pipe on the simulated fleet, beside a loop of kubectl and beside a floor, all in
//! one run, since only ratios of one run mean anything on a noisy machine.
//!
//! | contender | what it is |
//! |---|---|
//! | floor | the smallest client there is: the same requests in parallel, the bytes thrown away |
//! | kubectl-mc | `kubectl-mc get pods -A --concurrency 0`: five stages and the wrapper |
//! | kubectl loop | `xargs -P 25 kubectl --context … get pods -A` |
//!
//! Wall time and CPU are the medians of several runs; CPU is that of the whole tree of processes. Memory is
//! the peak of the tree's summed proportional set sizes, sampled in a run of its own, since sampling costs
//! time. The fleet itself runs on the same cores, in a process that is not counted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod floor;
mod measure;

use measure::{Figures, measure};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A kubectl loop over more members than this takes minutes and tells nothing new.
const KUBECTL_MEMBERS: usize = 100;

/// Nor over more pods than this.
const KUBECTL_PODS: usize = 50_000;

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
        format!("\n## {members} members × {pods} pods{size}, {latency_ms} ms of latency\n\n")
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
    Scenario::new(5_000, 10, 0),
];

/// What the flags that need whole objects are measured on.
const FORMATS: Scenario = Scenario::new(100, 1_000, 0);
const DOCUMENTS: Scenario = Scenario {
    pod_bytes: Some(4096),
    ..Scenario::new(100, 100, 0)
};

/// What every query of kubectl-mc is asked with: as many at once as the floor asks.
const PODS: [&str; 7] = ["get", "pods", "-A", "--concurrency", "0", "--timeout", "60s"];

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|arg| arg == "floor") {
        return floor::run(Path::new(&args[2]), args[3] == "whole");
    }
    let bins = Path::new(env!("CARGO_BIN_EXE_kubectl-mc"))
        .parent()
        .unwrap()
        .to_owned();
    let mut report = header();
    for scenario in SCENARIOS {
        let fleet = Fleet::start(&bins, scenario);
        report.push_str(&scenario.heading());
        report.push_str(&table(&queries(&fleet, &bins, scenario), Some(scenario.members)));
    }
    report.push_str(&formats(&bins));
    report.push_str("\n## Start-up\n\n");
    report.push_str(&start_up(&bins));
    print!("{report}");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/results/pipeline.md");
    std::fs::write(file, report).unwrap();
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
         Command: `make bench`, at commit {}. Machine: {} × {cpu}, {}. Medians of {} runs; the simulated fleet \
         runs on the same cores.\n",
        output("git", &["describe", "--always", "--dirty"]),
        std::thread::available_parallelism().map_or(0, usize::from),
        output("uname", &["-sr"]),
        measure::RUNS,
    )
}

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

impl Drop for Fleet {
    fn drop(&mut self) {
        // Its stdin closing ends it.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn queries(fleet: &Fleet, bins: &Path, scenario: Scenario) -> Vec<(&'static str, Figures)> {
    let mut rows = vec![
        ("floor", floor(fleet, "table")),
        ("kubectl-mc", mc(fleet, bins, &[])),
    ];
    if scenario.members <= KUBECTL_MEMBERS && scenario.members * scenario.pods <= KUBECTL_PODS {
        let kubectl = kubectl();
        let line = format!(
            "'{0}' config get-contexts -o name | grep -vx hub | xargs -P 25 -I{{}} '{0}' --context {{}} get pods -A",
            kubectl.display()
        );
        rows.push((
            "kubectl loop",
            measure(|| fleet.command(Path::new("/bin/sh"), &["-c", &line])),
        ));
    }
    rows
}

/// The floor, with bodies of a kind: `table` or `whole`.
fn floor(fleet: &Fleet, bodies: &str) -> Figures {
    let own = std::env::current_exe().unwrap();
    let kubeconfig = fleet.kubeconfig();
    measure(|| fleet.command(&own, &["floor", kubeconfig.to_str().unwrap(), bodies]))
}

/// All pods through kubectl-mc, with these flags.
fn mc(fleet: &Fleet, bins: &Path, flags: &[&str]) -> Figures {
    measure(|| {
        let mut command = fleet.command(&bins.join("kubectl-mc"), &PODS);
        command.args(flags);
        command
    })
}

/// What it costs to look into the objects, beside the plain table and beside their bytes.
fn formats(bins: &Path) -> String {
    let fleet = Fleet::start(bins, FORMATS);
    let mut text = format!("{}Beside the plain table:\n\n", FORMATS.heading());
    let columns = "custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[*].image";
    let rows = [
        ("table", mc(&fleet, bins, &[])),
        (
            "--sort-by=.metadata.name",
            mc(&fleet, bins, &["--sort-by=.metadata.name"]),
        ),
        (
            "--sort-by=.status.containerStatuses[0].restartCount",
            mc(
                &fleet,
                bins,
                &["--sort-by=.status.containerStatuses[0].restartCount"],
            ),
        ),
        ("-o custom-columns", mc(&fleet, bins, &["-o", columns])),
    ];
    text.push_str(&table(&rows, Some(FORMATS.members)));
    drop(fleet);
    let fleet = Fleet::start(bins, DOCUMENTS);
    write!(
        text,
        "{}Whole objects, beside a floor that fetches them:\n\n",
        DOCUMENTS.heading()
    )
    .unwrap();
    let rows = [
        ("floor of objects", floor(&fleet, "whole")),
        ("-o json", mc(&fleet, bins, &["-o", "json"])),
        ("-o yaml", mc(&fleet, bins, &["-o", "yaml"])),
        (
            "-o json --output-list",
            mc(&fleet, bins, &["-o", "json", "--output-list"]),
        ),
    ];
    text.push_str(&table(&rows, Some(DOCUMENTS.members)));
    text
}

/// The end-to-end tests' kubectl where it is built, else the one on PATH.
fn kubectl() -> PathBuf {
    let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(|folder| PathBuf::from(folder).join("kubectl"));
    assets
        .filter(|path| path.is_file())
        .unwrap_or_else(|| "kubectl".into())
}

fn start_up(bins: &Path) -> String {
    let empty = Fleet::start(bins, Scenario::new(0, 0, 0));
    let hundred = Fleet::start(bins, Scenario::new(100, 1, 0));
    table(
        &[
            (
                "/bin/true",
                measure(|| empty.command(Path::new("/bin/true"), &[])),
            ),
            (
                "mc-format of nothing",
                measure(|| empty.command(&bins.join("mc-format"), &[])),
            ),
            (
                "mc-discover, 100 members cached",
                measure(|| hundred.command(&bins.join("mc-discover"), &[])),
            ),
            (
                "kubectl-mc get pods, no members",
                measure(|| empty.command(&bins.join("kubectl-mc"), &["get", "pods"])),
            ),
        ],
        None,
    )
}

/// A Markdown table; the first row is what the ratios are to.
fn table(rows: &[(&str, Figures)], members: Option<usize>) -> String {
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
