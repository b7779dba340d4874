//! Random command lines of `kubectl get`: the same comparison as of the written ones in `single.rs`.
//!
//! `RANDOM_SEED` and `RANDOM_LINES` in the environment say which and how many. A line that is found different
//! belongs into `commands.txt` once it is understood.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs::File;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::apiserver::User;
use crate::files;
use crate::fleet::{HUB, RICH};
use crate::generate::{self, Line};
use crate::home::{Home, Outcome};
use crate::shell;
use crate::single;

/// The number of lines that `make e2e` runs, in half a minute.
const SEED: u64 = 1;
const LINES: u64 = 240;

/// An age can tick over between the two runs.
const ATTEMPTS: usize = 6;

/// The outcome of a line.
enum Verdict {
    /// The same, and whether kubectl succeeded.
    Same(bool),
    /// Different as the man page says under this heading.
    Listed(&'static str),
    /// Kubectl says something else each time.
    Unstable,
    Different(String),
}

#[test]
fn random_command_lines() {
    let (seed, count) = (number("RANDOM_SEED", SEED), number("RANDOM_LINES", LINES));
    let homes = [User::Admin, User::Viewer].map(single::home);
    homes.iter().for_each(files::fill);
    let next = AtomicU64::new(0);
    let tally: Mutex<BTreeMap<&str, u64>> = Mutex::default();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let failures: Vec<String> = thread::scope(|scope| {
        let work = || {
            let mut failures = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return failures;
                }
                let line = generate::line(seed, number);
                let came = match judge(&homes[usize::from(line.viewer)], &line) {
                    Verdict::Same(true) => "same, successful",
                    Verdict::Same(false) => "same, failed",
                    Verdict::Listed(name) => name,
                    Verdict::Unstable => "kubectl differs from run to run",
                    Verdict::Different(text) => {
                        eprintln!("line {number} of seed {seed}: {text}");
                        failures.push(format!("line {number} of seed {seed}: {text}"));
                        "different"
                    }
                };
                *tally.lock().expect("no worker panicked").entry(came).or_default() += 1;
            }
        };
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, Vec<String>>| thread.join().expect("a worker");
        threads.into_iter().flat_map(join).collect()
    });
    let tally = tally.into_inner().expect("no worker panicked");
    eprintln!("seed {seed}: {tally:#?}");
    assert!(
        failures.is_empty(),
        "{} of {count}:\n{}",
        failures.len(),
        failures.join("\n")
    );
    let successful = tally.get("same, successful").copied().unwrap_or_default();
    assert!(successful * 2 > count, "only {successful} of {count} succeed");
}

fn number(variable: &str, default: u64) -> u64 {
    match env::var(variable) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{variable}={text} is no number")),
        Err(_) => default,
    }
}

fn judge(home: &Home, line: &Line) -> Verdict {
    let format = line.output.to_ascii_lowercase();
    let format = ["json", "yaml", "kyaml"].into_iter().find(|name| *name == format);
    let words: Vec<&str> = line.words.iter().map(String::as_str).collect();
    let ours = || {
        run(
            home,
            "kubectl-mc",
            &["get", "--clusters", RICH, "--hub-context", HUB],
            &words,
            line,
        )
    };
    let theirs = || run(home, "kubectl", &["--context", RICH, "get"], &words, line);
    let mut last: Option<Outcome> = None;
    let mut text = String::new();
    for attempt in 0..ATTEMPTS {
        let (ours, theirs) = (ours(), theirs());
        let Some(what) = single::difference(format, &ours, &theirs) else {
            return Verdict::Same(theirs.status == 0);
        };
        if let Some(name) = listed(line, format, &ours, &theirs) {
            return Verdict::Listed(name);
        }
        let before = last
            .as_ref()
            .map(|last| masked(&last.stdout) + &masked(&last.stderr));
        if before.is_some_and(|before| before != masked(&theirs.stdout) + &masked(&theirs.stderr)) {
            return Verdict::Unstable;
        }
        text = report(home, line, what, &ours, &theirs);
        let age = masked(&ours.stdout) == masked(&theirs.stdout);
        if attempt > 0 && !(age && what == "stdout") {
            break;
        }
        let ended = age && what == "stdout" && single::said(&ours.stderr) == theirs.stderr;
        if attempt + 1 == ATTEMPTS && ended && (ours.status == 0) == (theirs.status == 0) {
            // So many ages that one always ticks.
            return Verdict::Same(theirs.status == 0);
        }
        last = Some(theirs);
    }
    Verdict::Different(text)
}

fn run(home: &Home, program: &str, before: &[&str], words: &[&str], line: &Line) -> Outcome {
    let args = [before, words].concat();
    let mut command = home.piped(program, &args);
    if let Some(input) = line.input {
        command.stdin(File::open(home.path().join(input)).expect("a file at home"));
    }
    Outcome::of(command.output(), &args)
}

fn report(home: &Home, line: &Line, what: &str, ours: &Outcome, theirs: &Outcome) -> String {
    let words: Vec<String> = line.words.iter().map(|word| shell::quoted(word)).collect();
    let input = line.input.map(|file| format!(" < {file}")).unwrap_or_default();
    let user = if line.viewer { " [viewer]" } else { "" };
    let shown = |o: &Outcome| format!("status {}\n{}{}", o.status, o.stdout, o.stderr);
    format!(
        "{what}{user}\n=== {}{input}\n--- ours, {}\n--- kubectl's, {}",
        words.join(" "),
        shown(ours),
        shown(theirs)
    )
    .replace(&*home.path().to_string_lossy(), "~")
}

/// A text without its ages and the widths of its columns.
fn masked(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_ascii_alphanumeric() {
            word.push(c);
            continue;
        }
        let age = word.starts_with(|c: char| c.is_ascii_digit())
            && word.ends_with(['s', 'm', 'h', 'd', 'y'])
            && word.chars().all(|c| c.is_ascii_digit() || "smhdy".contains(c));
        out.push_str(if age { "AGE" } else { &word });
        word.clear();
        if !(c == ' ' && out.ends_with(' ')) {
            out.push(c);
        }
    }
    out
}

/// Under which heading the man page lists the difference, if it does.
fn listed(line: &Line, format: Option<&str>, ours: &Outcome, theirs: &Outcome) -> Option<&'static str> {
    let any = |text: &str, parts: &[&str]| parts.iter().any(|part| text.contains(part));
    let says = |flag: &str| {
        line.words
            .iter()
            .any(|word| word.replace('_', "-").starts_with(flag))
    };
    let failed = ours.status != 0 && theirs.status != 0;
    let said = single::said(&ours.stderr);
    let same_output = single::difference(format, &ours.without_stderr(), &theirs.without_stderr()).is_none();
    if ours.status == 2
        && (failed || said.contains("invalid value '-"))
        && (any(&theirs.stderr, &WRONG_FLAGS)
            || any(&said, &["error: a value is required for", "error: invalid value"]))
    {
        return Some("Wrong command lines");
    }
    if theirs.stderr.contains("without impersonating a user") && failed {
        return Some("Wrong command lines");
    }
    let formats = ", allowed formats are: ";
    if let (Some((ours, _)), Some((theirs, _))) =
        (said.split_once(formats), theirs.stderr.split_once(formats))
        && ours == theirs
        && failed
    {
        return Some("The list of formats");
    }
    if says("--subresource") && says("--show-kind") && line.words.concat().contains("scale") {
        return Some("--subresource=scale");
    }
    if says("--sort-by") {
        let in_vain = theirs.stdout.is_empty() && said.starts_with("error: couldn't find any field");
        let no_path = said.starts_with("error: unexpected path string");
        let equals = said == theirs.stderr && letters(&ours.stdout) == letters(&theirs.stdout);
        if in_vain || no_path || equals || theirs.status != 0 {
            return Some("--sort-by");
        }
    }
    if any(&line.output, &[".*", "..", "[*]"])
        && letters(&ours.stdout) == letters(&theirs.stdout)
        && said == theirs.stderr
    {
        return Some("jsonpath .* and ..");
    }
    let is_early = ours.status == 2 || ours.status == 1 && !any(&said, &ASKED);
    let at_once = is_early && ours.stdout.is_empty();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    if ours.stdout.contains('東') && words(&ours.stdout) == words(&theirs.stdout) && said == theirs.stderr {
        return Some("Wide characters");
    }
    let part = ["invalid resource name", "invalid namespace", "resource type \"\""];
    if at_once && any(&said, &part) {
        return Some("What is refused at once");
    }
    if at_once && !any(&said, &ASKED) {
        let errors = theirs
            .stderr
            .lines()
            .filter(|line| !line.starts_with("Warning: "));
        let late = theirs.stdout.is_empty() && (theirs.stderr.is_empty() || any(&theirs.stderr, &ASKED));
        if late || said.lines().eq(errors) {
            return Some("What is refused at once");
        }
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (said, theirs_said) = (lines(&said), lines(&theirs.stderr));
    if failed && same_output && said == theirs_said {
        return Some("The order and number of errors");
    }
    let refused = theirs.stderr.contains("Error from server") && said.is_subset(&theirs_said);
    if failed && refused && ours.stdout.is_empty() && format.is_none() {
        return Some("A refusal of everything that was asked for");
    }
    None
}

/// Messages of kubectl about flags that are wrong in themselves.
const WRONG_FLAGS: [&str; 6] = [
    "unknown flag",
    "unknown shorthand flag",
    "invalid argument",
    "flag needs an argument",
    "bad flag syntax",
    "Invalid timeout value",
];

/// Messages of kubectl after it has asked a server or read a file.
const ASKED: [&str; 10] = [
    "Error from server",
    "Warning: ",
    "the server doesn't have a resource type",
    "no matches for kind",
    "No resources found",
    "unable to decode",
    "error converting",
    "error parsing linkdir",
    "error: open ",
    "is not a list",
];

fn letters(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters
}
