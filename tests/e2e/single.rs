//! `kubectl mc get` on one member, without its CLUSTER column, is `kubectl get` on that member: for every line of
//! `commands.txt` the same bytes on stdout and stderr and the same success or failure.
//!
//! Not compared are: the digits of exit statuses; the tool's name in front of a line on stderr (see
//! [`said`]); and, in `json`, `yaml` and `kyaml`, what is
//! around the objects, which is a MultiClusterResult here, and the order of keys, which is the server's.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use serde_json::value::RawValue;

use crate::apiserver::User;
use crate::fleet::{RICH, fleet};
use crate::home::{Home, Outcome};
use crate::shell;

/// The command lines: a line each, in a shell's quoting. `[USER]` begins those of another user and
/// `[differs: NAME]` those of the difference of that name in the man page.
const COMMANDS: &str = include_str!("commands.txt");

/// How many command lines there are at least, so that none gets lost.
const COUNT: usize = 770;

/// The notes of the man page, where the differences are listed.
const NOTES: &str = include_str!("../data/man/kubectl-mc-get.roff");

/// An age can tick over between the two runs, and what kubectl does in random order may be right by chance.
const ATTEMPTS: usize = 8;

struct Case {
    user: User,
    /// The difference that it shows.
    differs: Option<String>,
    line: &'static str,
}

fn cases() -> Vec<Case> {
    let (mut user, mut differs) = (User::Admin, None);
    let mut cases = Vec::new();
    for line in COMMANDS.lines() {
        let header = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        match header {
            Some(header) => match header.strip_prefix("differs: ") {
                Some(name) => differs = Some(name.to_owned()),
                None => {
                    differs = None;
                    user = match header {
                        "admin" => User::Admin,
                        "viewer" => User::Viewer,
                        "nobody" => User::Nobody,
                        "stranger" => User::Stranger,
                        _ => panic!("commands.txt names user {header}"),
                    };
                }
            },
            None if line.is_empty() || line.starts_with('#') => {}
            None => cases.push(Case {
                user,
                differs: differs.clone(),
                line,
            }),
        }
    }
    cases
}

/// A home of this user in which the CLUSTER column is off, with the files that command lines name.
pub fn home(user: User) -> Home {
    let home = Home::new().plain();
    if user != User::Admin {
        // With kubectl's discovery cached: it logs each attempt that is refused, with times and process ids.
        home.kubectl_get(&["namespaces"]).success();
        let kubeconfig = fleet().kubeconfig(&[(RICH, user)]);
        home.write(".kube/config", &kubeconfig.to_string());
    }
    for (path, text) in [
        ("template", "{range .items[*]}{.metadata.name}{'\\n'}{end}\n"),
        ("gotpl", "{{.kind}}/{{.metadata.name}}\n"),
        (
            "columns",
            "NAME     NODE\n.metadata.name    {.spec.nodeName}\nmore\n",
        ),
        ("one-line", "NAME\n"),
        ("uneven", "NAME NODE\n.metadata.name\n"),
        ("nothing", ""),
        (
            "no-name.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {labels: {a: b}}\n",
        ),
        (
            "labelled.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: migrate-1-zzzzz}\n",
        ),
        ("empty.yaml", ""),
        (
            "missing.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: missing}\n",
        ),
        (
            "shop.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: cart-0, namespace: shop}\n",
        ),
        (
            "nowhere.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: cart-0, namespace: nowhere}\n",
        ),
        ("list.yaml", "apiVersion: v1\nkind: List\nitems: []\n"),
        ("no-kind.yaml", "apiVersion: v1\nmetadata: {name: x}\n"),
        (
            "no-type.yaml",
            "apiVersion: nope.example.com/v1\nkind: Nope\nmetadata: {name: x}\n",
        ),
        ("bad.yaml", "a: b: c\n"),
        (
            "two.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: pending}\n---\n\
             apiVersion: v1\nkind: Pod\nmetadata: {name: gated}\n",
        ),
    ] {
        home.write(path, text);
    }
    home
}

/// The stderr of kubectl-mc without the names of its tools, which a line about the command line begins with.
pub fn said(stderr: &str) -> String {
    let lines = stderr.split_inclusive('\n').map(|line| {
        let tools = ["kubectl-mc: ", "mc-exec: "];
        tools
            .iter()
            .find_map(|tool| line.strip_prefix(tool))
            .unwrap_or(line)
    });
    lines.collect()
}

/// The objects of a document, in one form for both, or `None` if it is not one. The order of keys is the server's here
/// and sorted in kubectl's.
fn objects(format: &str, document: &str) -> Option<Vec<String>> {
    if document.is_empty() {
        return Some(Vec::new());
    }
    if format == "json" {
        return items_of_json(document);
    }
    // This loses the text of numbers; see `numbers_keep_their_text`.
    let value: serde_yaml::Value = serde_yaml::from_str(document).ok()?;
    let of = |value: &serde_yaml::Value| value["items"].as_sequence().cloned();
    let items = match value.get("clusters").and_then(serde_yaml::Value::as_sequence) {
        Some(clusters) => clusters.iter().filter_map(of).flatten().collect(),
        None => of(&value).unwrap_or_else(|| vec![value]),
    };
    let sorted = |item: &serde_yaml::Value| Some(serde_json::to_value(item).ok()?.to_string());
    items.iter().map(sorted).collect()
}

fn items_of_json(document: &str) -> Option<Vec<String>> {
    #[derive(serde::Deserialize)]
    struct Items<'a> {
        #[serde(borrow)]
        items: Option<Vec<&'a RawValue>>,
        #[serde(borrow)]
        clusters: Option<Vec<Items<'a>>>,
    }
    fn texts(items: Items<'_>, whole: &str) -> Vec<String> {
        if let Some(clusters) = items.clusters {
            return clusters
                .into_iter()
                .flat_map(|cluster| texts(cluster, ""))
                .collect();
        }
        match items.items {
            Some(items) => items.iter().map(|item| compact(item.get())).collect(),
            None => vec![compact(whole)],
        }
    }
    Some(texts(serde_json::from_str(document).ok()?, document))
}

/// JSON without the blanks between its tokens and with sorted keys, its numbers and texts as they were.
pub fn compact(json: &str) -> String {
    if let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(json) {
        let member = |(key, value): (&String, &&RawValue)| format!("{key:?}:{}", compact(value.get()));
        let members: Vec<String> = members.iter().map(member).collect();
        return format!("{{{}}}", members.join(","));
    }
    if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(json) {
        let elements: Vec<String> = elements.iter().map(|value| compact(value.get())).collect();
        return format!("[{}]", elements.join(","));
    }
    json.trim().to_owned()
}

/// The difference between our output and kubectl's.
pub fn difference(format: Option<&str>, ours: &Outcome, theirs: &Outcome) -> Option<&'static str> {
    let same_output = match format {
        Some(format) => {
            let items = objects(format, &theirs.stdout);
            match items {
                Some(_) => objects(format, &ours.stdout) == items,
                None => ours.stdout == theirs.stdout,
            }
        }
        None => ours.stdout == theirs.stdout,
    };
    if !same_output {
        Some("stdout")
    } else if said(&ours.stderr) != theirs.stderr {
        Some("stderr")
    } else if (ours.status == 0) != (theirs.status == 0) {
        Some("status")
    } else {
        None
    }
}

/// Runs both until `enough` of what differs, or too often; returns what a person needs to judge it.
fn run(home: &Home, line: &str, enough: impl Fn(Option<&str>) -> bool) -> Result<(), String> {
    let args = shell::words(line);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let format = args.windows(2).find(|pair| pair[0] == "-o").map(|pair| pair[1]);
    let format = format.filter(|format| ["json", "yaml", "kyaml"].contains(format));
    let mut last = String::new();
    for _ in 0..ATTEMPTS {
        let (ours, theirs) = (home.mc_get(&args), home.kubectl_get(&args));
        let differs = difference(format, &ours, &theirs);
        if enough(differs) {
            return Ok(());
        }
        let shown = |o: &Outcome| format!("status {}\n{}{}", o.status, o.stdout, o.stderr);
        last = format!(
            "=== {line}: {differs:?}\n--- ours, {}\n--- kubectl's, {}",
            shown(&ours),
            shown(&theirs)
        );
    }
    Err(last)
}

/// Runs cases, as many at a time as there are processors to run them on.
fn run_all(cases: &[Case], check: impl Fn(&Home, &Case) -> Result<(), String> + Sync) {
    let homes = [User::Admin, User::Viewer, User::Nobody, User::Stranger].map(|user| (user, home(user)));
    let of = |user| &homes.iter().find(|(other, _)| *other == user).expect("a home").1;
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let failures: Vec<String> = thread::scope(|scope| {
        let chunks = cases.chunks(cases.len().div_ceil(workers).max(1));
        let threads: Vec<_> = chunks
            .map(|chunk| {
                let run = || chunk.iter().filter_map(|case| check(of(case.user), case).err());
                scope.spawn(move || run().collect::<Vec<_>>())
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("a worker"))
            .collect()
    });
    let (failed, total) = (failures.len(), cases.len());
    assert!(
        failures.is_empty(),
        "{failed} of {total}:\n{}",
        failures.join("\n")
    );
}

#[test]
fn every_command_line() {
    let (equal, others): (Vec<Case>, Vec<Case>) =
        cases().into_iter().partition(|case| case.differs.is_none());
    let count = equal.len() + others.len();
    assert!(count >= COUNT, "commands.txt has become shorter: {count}");
    let lines: BTreeSet<_> = equal.iter().map(|case| (case.user as u8, case.line)).collect();
    assert_eq!(lines.len(), equal.len(), "a line stands twice in commands.txt");
    run_all(&equal, |home, case| {
        run(home, case.line, |differs| differs.is_none())
    });
}

/// The man page lists exactly the differences that there are.
#[test]
fn every_difference() {
    let section = NOTES
        .split(".SH ")
        .find(|text| text.starts_with("\"DIFFERENCES FROM KUBECTL\""));
    let names = section
        .expect("the section")
        .lines()
        .filter_map(|line| line.strip_prefix(".B "));
    let listed: BTreeSet<String> = names.map(|name| name.replace("\\-", "-")).collect();
    let others: Vec<Case> = cases()
        .into_iter()
        .filter(|case| case.differs.is_some())
        .collect();
    let shown: BTreeSet<String> = others.iter().filter_map(|case| case.differs.clone()).collect();
    assert_eq!(shown, listed, "commands.txt and the man page");
    run_all(&others, |home, case| {
        run(home, case.line, |differs| differs.is_some())
    });
}

/// Long numbers stay whole, in YAML and KYAML too: a parser would hide that.
#[test]
fn numbers_keep_their_digits() {
    let home = home(User::Admin);
    for format in ["json", "yaml", "kyaml"] {
        let args = ["widgets", "-A", "-o", format];
        let numbers = |text: &str| -> Vec<String> {
            let lines = text.lines().map(|line| line.trim().trim_end_matches(','));
            let number = |line: &&str| {
                line.rsplit(' ')
                    .next()
                    .is_some_and(|word| word.parse::<f64>().is_ok())
            };
            let summary = ["total", "successful", "failed", "skipped"];
            let ours = |line: &&str| {
                !summary
                    .iter()
                    .any(|key| line.trim_start_matches('"').starts_with(key))
            };
            let mut lines: Vec<String> = lines.filter(number).filter(ours).map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let ours = numbers(&home.mc_get(&args).success());
        assert!(
            ours.iter().any(|line| line.contains("9007199254740993")),
            "{ours:?}"
        );
        assert_eq!(ours, numbers(&home.kubectl_get(&args).success()), "{format}");
    }
}
