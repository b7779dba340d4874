//! Wall time, CPU and memory of a command and everything that it starts.

use nix::sys::resource::{UsageWho, getrusage};
use std::collections::HashMap;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often each command is timed, unless RUNS in the environment says otherwise.
const RUNS: usize = 9;
/// A command that takes less is timed for so long in all, since what else happens in some milliseconds is more of it;
/// of one that takes longer, fewer runs tell as much.
const LONG: Duration = Duration::from_secs(2);
/// So often is a command timed at most.
const MOST_RUNS: usize = 21;
/// And so often one that takes long.
const SLOW_RUNS: usize = 3;
/// Between two looks at the memory of a tree of processes.
const SAMPLE: Duration = Duration::from_millis(1);

/// How often each command is timed.
pub fn runs() -> usize {
    asked_for().unwrap_or(RUNS)
}

fn asked_for() -> Option<usize> {
    let runs = std::env::var("RUNS").ok()?;
    Some(runs.parse().expect("RUNS is a number"))
}

/// How often one that takes so long.
fn runs_of(took: Duration) -> usize {
    if took > LONG {
        return runs().min(SLOW_RUNS);
    }
    let fitting = (LONG.as_secs_f64() / took.as_secs_f64()) as usize;
    asked_for().unwrap_or(fitting.clamp(RUNS, MOST_RUNS))
}

/// What the page says of that.
pub fn how_often() -> String {
    match asked_for() {
        Some(runs) => format!("{runs} runs, or of {SLOW_RUNS} at most where one takes more than 2 s"),
        None => format!("{RUNS} to {MOST_RUNS} runs, or of {SLOW_RUNS} where one takes more than 2 s"),
    }
}

/// What one command costs.
#[derive(Clone, Copy)]
pub struct Figures {
    /// Median, in milliseconds.
    pub wall_ms: f64,
    /// User and system time of the tree of processes, median, in milliseconds.
    pub cpu_ms: f64,
    /// Peak of the summed proportional set sizes, in 10^6 bytes.
    pub peak_mb: f64,
}

/// A command by the name of its row, made anew for each run.
pub type Row<'a> = (&'static str, Box<dyn Fn() -> Command + 'a>);

/// Runs each command once to warm up, several times for the clock, and once for the memory.
///
/// They take turns, so that what else the machine does meanwhile falls on all of them.
pub fn measure(rows: &[Row<'_>]) -> Vec<(&'static str, Figures)> {
    let mut turns: Vec<Turns> = rows.iter().map(|(_, command)| Turns::warm_up(command)).collect();
    for turn in 0..turns.iter().map(|turns| turns.most).max().unwrap_or(0) {
        for ((_, command), turns) in rows.iter().zip(&mut turns) {
            if turn < turns.most {
                turns.run(command);
            }
        }
    }
    let rows = rows.iter().zip(turns);
    rows.map(|((name, command), turns)| {
        let figures = Figures {
            wall_ms: median(turns.wall),
            cpu_ms: median(turns.cpu),
            // A run that takes milliseconds is over before many samples are taken: one of several shows its peak.
            peak_mb: (0..turns.most).map(|_| peak(&mut command())).max().unwrap_or(0) as f64 / 1e6,
        };
        (*name, figures)
    })
    .collect()
}

/// The runs of one command.
struct Turns {
    most: usize,
    wall: Vec<f64>,
    cpu: Vec<f64>,
}

impl Turns {
    fn warm_up(command: impl Fn() -> Command) -> Self {
        let warm_up = Instant::now();
        run(&mut command());
        Self {
            most: runs_of(warm_up.elapsed()),
            wall: Vec::new(),
            cpu: Vec::new(),
        }
    }

    fn run(&mut self, command: impl Fn() -> Command) {
        let (before, start) = (children_cpu(), Instant::now());
        run(&mut command());
        self.wall.push(start.elapsed().as_secs_f64() * 1e3);
        self.cpu.push((children_cpu() - before) * 1e3);
    }
}

/// Milliseconds from the start of a command to the first byte of its output, median. It then runs to its end.
pub fn first_byte(command: impl Fn() -> Command) -> f64 {
    let once = |_| {
        let start = Instant::now();
        let mut child = command().stdout(Stdio::piped()).spawn().unwrap();
        let mut output = child.stdout.take().unwrap();
        output.read_exact(&mut [0]).unwrap();
        let took = start.elapsed();
        std::io::copy(&mut output, &mut std::io::sink()).unwrap();
        assert!(child.wait().unwrap().success());
        took.as_secs_f64() * 1e3
    };
    median((0..=runs()).map(once).collect())
}

/// What fails is fast, and no measure of anything.
fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// CPU seconds of all processes below this one that have ended and been waited for (getrusage(2)).
fn children_cpu() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

/// In bytes.
fn peak(command: &mut Command) -> u64 {
    let mut child = command.spawn().unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(tree_pss(child.id()));
        std::thread::sleep(SAMPLE);
    }
    peak
}

/// The proportional set sizes of a process and its descendants, in bytes (proc_pid_smaps_rollup(5)).
fn tree_pss(root: u32) -> u64 {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        // The name in parentheses may hold blanks: count from its end.
        let parent = stat
            .rsplit_once(')')
            .and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        children.entry(parent.unwrap_or(0)).or_default().push(pid);
    }
    let mut sum = 0;
    let mut queue = vec![root];
    while let Some(pid) = queue.pop() {
        queue.extend(children.get(&pid).into_iter().flatten());
        let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        let pss = rollup.lines().find_map(|line| {
            line.strip_prefix("Pss:")?
                .split_whitespace()
                .next()?
                .parse::<u64>()
                .ok()
        });
        sum += pss.unwrap_or(0) * 1024;
    }
    sum
}
