//! Processes as Linux shows them (proc(5)), and waiting for what they do.

use rustix::process::Pid;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Far more than anything takes on a busy machine: what has not happened by then never does.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until something is so; `never` says what has not happened.
#[track_caller]
pub fn await_that(never: &str, mut is_so: impl FnMut() -> bool) {
    await_some(never, || is_so().then_some(()));
}

/// Waits until there is something, and returns it.
#[track_caller]
pub fn await_some<T>(never: &str, mut get: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = get() {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "{never}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A line of `/proc/PID/stat`.
struct Stat {
    pid: i32,
    name: String,
    state: String,
    parent: i32,
    group: i32,
}

impl Stat {
    fn of(pid: i32) -> Option<Self> {
        let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name may hold blanks and brackets.
        let (before, after) = line.rsplit_once(") ")?;
        let (_, name) = before.split_once('(')?;
        let mut fields = after.split(' ');
        Some(Self {
            pid,
            name: name.to_owned(),
            state: fields.next()?.to_owned(),
            parent: fields.next()?.parse().ok()?,
            group: fields.next()?.parse().ok()?,
        })
    }

    fn all() -> impl Iterator<Item = Self> {
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        entries
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter_map(Self::of)
    }
}

fn find(is_meant: impl Fn(&Stat) -> bool) -> Option<Pid> {
    Stat::all()
        .find(|stat| stat.state != "Z" && is_meant(stat))
        .and_then(|stat| Pid::from_raw(stat.pid))
}

/// The child of a process that runs a program.
pub fn child(parent: u32, program: &str) -> Option<Pid> {
    find(|stat| stat.parent == parent.cast_signed() && stat.name == program)
}

/// Waits until a process has a child that runs a program, and returns that.
#[track_caller]
pub fn await_child(parent: u32, program: &str) -> Pid {
    await_some(&format!("{program} never started"), || child(parent, program))
}

/// A process of a group that runs a program.
pub fn in_group(group: u32, program: &str) -> Option<Pid> {
    find(|stat| stat.group == group.cast_signed() && stat.name == program)
}

/// Returns whether a process has ended; its parent may not have taken note of that yet.
pub fn has_ended(pid: i32) -> bool {
    Stat::of(pid).is_none_or(|stat| stat.state == "Z")
}

/// The most that a process has had in memory so far; `None` where it has ended.
pub fn peak_memory_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().trim_end_matches(" kB").parse().ok()
}

/// The files that a process has open. Those that have no name any more end in `(deleted)`.
pub fn open_files(process: u32) -> Vec<PathBuf> {
    let links = std::fs::read_dir(format!("/proc/{process}/fd"))
        .into_iter()
        .flatten();
    links
        .filter_map(|link| std::fs::read_link(link.ok()?.path()).ok())
        .collect()
}

/// Returns whether a thread of a process waits in a write to a pipe that is full.
pub fn is_blocked_on_pipe(pid: Pid) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero()))
        .into_iter()
        .flatten();
    threads.flatten().any(|thread| {
        let says = |file: &str, is_it: &dyn Fn(&str) -> bool| {
            std::fs::read_to_string(thread.path().join(file)).is_ok_and(|text| is_it(&text))
        };
        // Where the kernel does not say the place, the system call and its first argument do: write to stdout.
        says("wchan", &|place| place.contains("pipe_write"))
            || says("syscall", &|call| call.starts_with("1 0x1 "))
    })
}
