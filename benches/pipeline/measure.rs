//! Wall time, CPU and memory of a command and everything that it starts.

use nix::sys::resource::{UsageWho, getrusage};
use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs of each command, unless RUNS in the environment says otherwise.
const RUNS: usize = 9;
/// A shorter command is run until this much time has passed, since noise is a larger part of it;
/// of a longer one, fewer runs tell as much.
const LONG: Duration = Duration::from_secs(2);
/// The most runs of one command.
const MOST_RUNS: usize = 21;
/// Runs of a command that takes longer than `LONG`.
const SLOW_RUNS: usize = 3;
/// The time between two samples of a process tree's memory.
const SAMPLE: Duration = Duration::from_millis(1);

/// Returns the number of runs of each command.
pub fn runs() -> usize {
    asked_for().unwrap_or(RUNS)
}

fn asked_for() -> Option<usize> {
    let runs = std::env::var("RUNS").ok()?;
    Some(runs.parse().expect("RUNS is a number"))
}

/// The number of runs of a command that takes this long.
fn runs_of(took: Duration) -> usize {
    if took > LONG {
        return runs().min(SLOW_RUNS);
    }
    let fitting = (LONG.as_secs_f64() / took.as_secs_f64()) as usize;
    asked_for().unwrap_or(fitting.clamp(RUNS, MOST_RUNS))
}

/// Describes the number of runs, for the page.
pub fn how_often() -> String {
    match asked_for() {
        Some(runs) => format!("{runs} runs, or of {SLOW_RUNS} at most where one takes more than 2 s"),
        None => format!("{RUNS} to {MOST_RUNS} runs, or of {SLOW_RUNS} where one takes more than 2 s"),
    }
}

/// The cost of one command.
#[derive(Clone, Copy)]
pub struct Figures {
    /// Median, in milliseconds.
    pub wall_ms: f64,
    /// User and system time of the tree of processes, median, in milliseconds.
    pub cpu_ms: f64,
    /// Peak of the summed proportional set sizes, median, in 10^6 bytes.
    pub peak_mb: f64,
}

/// One contender: the name of its row, and its command, made anew for each run from the folder of the binaries.
pub struct Row<'a> {
    pub name: &'static str,
    pub command: Box<dyn Fn(&Path) -> Command + 'a>,
    /// The command runs binaries of this project, so the earlier ones can be measured beside it.
    pub ours: bool,
}

/// The binaries that are measured.
pub struct Binaries {
    pub now: PathBuf,
    /// Those of an earlier commit, measured in the same run.
    pub before: Option<PathBuf>,
}

/// The figures of one contender.
pub struct Measured {
    pub name: &'static str,
    pub figures: Figures,
    /// The figures of the earlier binaries.
    pub before: Option<Figures>,
}

/// Runs each command once to warm up, several times for the clock, and several times for the memory.
///
/// The commands take turns, so that whatever else the machine does falls on all of them.
pub fn measure(rows: &[Row<'_>], binaries: &Binaries) -> Vec<Measured> {
    let contenders = rows.iter().flat_map(|row| {
        let before = binaries.before.as_deref().filter(|_| row.ours);
        let now = Contender::warm_up(row, &binaries.now, false);
        [
            Some(now),
            before.map(|folder| Contender::warm_up(row, folder, true)),
        ]
    });
    let mut contenders: Vec<Contender<'_>> = contenders.flatten().collect();
    let most = contenders.iter().map(|contender| contender.runs).max();
    for turn in 0..most.unwrap_or(0) {
        for contender in &mut contenders {
            if turn < contender.runs {
                contender.run();
            }
        }
    }
    let mut measured: Vec<Measured> = Vec::new();
    for contender in contenders {
        let (name, is_before) = (contender.row.name, contender.is_before);
        let figures = contender.figures();
        match measured.last_mut() {
            Some(now) if is_before => now.before = Some(figures),
            _ => measured.push(Measured {
                name,
                figures,
                before: None,
            }),
        }
    }
    measured
}

/// A row with the binaries of one commit, and its runs.
struct Contender<'a> {
    row: &'a Row<'a>,
    folder: &'a Path,
    is_before: bool,
    /// The number of runs.
    runs: usize,
    wall: Vec<f64>,
    cpu: Vec<f64>,
}

impl<'a> Contender<'a> {
    fn warm_up(row: &'a Row<'a>, folder: &'a Path, is_before: bool) -> Self {
        let mut contender = Self {
            row,
            folder,
            is_before,
            runs: 0,
            wall: Vec::new(),
            cpu: Vec::new(),
        };
        let warm_up = Instant::now();
        run(&mut contender.command());
        contender.runs = runs_of(warm_up.elapsed());
        contender
    }

    /// Returns its command. Other versions may keep other caches, so the earlier binaries have a home folder of their
    /// own.
    fn command(&self) -> Command {
        let mut command = (self.row.command)(self.folder);
        if self.is_before {
            move_home(&mut command);
        }
        command
    }

    fn run(&mut self) {
        let (before, start) = (children_cpu(), Instant::now());
        run(&mut self.command());
        self.wall.push(start.elapsed().as_secs_f64() * 1e3);
        self.cpu.push((children_cpu() - before) * 1e3);
    }

    fn figures(self) -> Figures {
        // How many stages happen to overlap differs from run to run: the highest peak of some runs says nothing.
        let peaks = (0..self.runs).map(|_| peak(&mut self.command()) as f64 / 1e6);
        let peak_mb = median(peaks.collect());
        Figures {
            wall_ms: median(self.wall),
            cpu_ms: median(self.cpu),
            peak_mb,
        }
    }
}

/// Gives a command the folder `before` of its home folder as home.
fn move_home(command: &mut Command) {
    let home = command
        .get_envs()
        .find_map(|(name, value)| value.filter(|_| name == "HOME"))
        .map(|home| Path::new(home).join("before"));
    let home = home.expect("every command has a home folder");
    std::fs::create_dir_all(&home).unwrap();
    command.env("HOME", home);
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

/// Fails on a command that fails: its figures would mean nothing.
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

/// Returns the highest memory of a command's process tree, in bytes.
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
