//! `kubectl mc get` on three members that differ: versions of a type, types, columns, namespaces, objects, rights and
//! warnings. Every line of `members.txt` is run on all three, and what it must print is put together from what the
//! real kubectl prints on each of them, by the rules of the man page:
//!
//! - Tables: each type has one; rows go by cluster, or, sorted, as kubectl sorts the union of all objects, which is
//!   made on the hub for that; a column that a member alone prints stands behind the one that it follows there, and is
//!   `<none>` for the others; CLUSTER stands behind NAME, else first.
//! - Lines (`name`, templates, `--raw`): each is led by the cluster and a tab.
//! - `csv`: CLUSTER first, and nothing where a column is missing.
//! - `json`, `yaml`, `kyaml`: the objects of each cluster in a MultiClusterResult, or all of them in one List.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::{Value, json};

use crate::apiserver::User;
use crate::fleet::{HUB, MEMBERS};
use crate::home::{Home, Outcome};
use crate::shell;
use crate::single::compact;

/// The command lines. Under each, indented, what is true of it:
///
/// ```text
/// = STATUS        the exit status, where it is not 0
/// ! LINE          a line of stderr; {MEMBER} stands for what kubectl says there
/// ~ ARGUMENTS     kubectl's, where they are others
/// ~MEMBER ARGUMENTS    the same for one member; `-`: kubectl is not asked there
/// @ ARGUMENTS     sorted as kubectl sorts the union of these objects
/// ```
///
/// `[MEMBER USER, …]` begins those in which some members are asked by other users.
const COMMANDS: &str = include_str!("members.txt");

/// How many command lines there are at least, so that none gets lost.
const COUNT: usize = 100;

/// An age can tick over between two runs.
const ATTEMPTS: usize = 8;

/// Between two columns kubectl leaves so many blanks.
const GAP: &str = "   ";

/// A column of kubectl's is at least so wide, these blanks included.
const WIDTH: usize = 6;

/// The cell that is printed where a member lacks a column.
const MISSING: &str = "<none>";

type Users = Vec<(&'static str, User)>;

#[derive(Clone, Default)]
struct Case {
    users: Users,
    line: &'static str,
    status: i32,
    stderr: Vec<&'static str>,
    kubectl: Option<&'static str>,
    of_member: BTreeMap<&'static str, &'static str>,
    union: Option<&'static str>,
}

fn member(name: &str) -> &'static str {
    let found = MEMBERS.iter().find(|member| **member == name);
    found.unwrap_or_else(|| panic!("members.txt names {name}"))
}

fn users(header: &str) -> Users {
    let entries = header.split(", ").filter(|entry| !entry.is_empty());
    let user = |entry: &str| {
        let (name, user) = entry.split_once(' ').expect("a member and a user");
        let user = match user {
            "viewer" => User::Viewer,
            "nobody" => User::Nobody,
            "stranger" => User::Stranger,
            _ => panic!("members.txt names user {user}"),
        };
        (member(name), user)
    };
    entries.map(user).collect()
}

fn cases() -> Vec<Case> {
    let mut now = Users::new();
    let mut cases: Vec<Case> = Vec::new();
    for line in COMMANDS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if let Some(header) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            now = users(header);
            continue;
        }
        let Some(fact) = line.strip_prefix("  ") else {
            cases.push(Case {
                users: now.clone(),
                line,
                ..Case::default()
            });
            continue;
        };
        let case = cases
            .last_mut()
            .expect("a command line before what is true of it");
        let (sign, rest) = fact.split_once(' ').expect("a sign and a text");
        match sign {
            "=" => case.status = rest.parse().expect("a status"),
            "!" => case.stderr.push(rest),
            "~" => case.kubectl = Some(rest),
            "@" => case.union = Some(rest),
            _ => {
                let name = sign
                    .strip_prefix('~')
                    .unwrap_or_else(|| panic!("members.txt: {line}"));
                case.of_member.insert(member(name), rest);
            }
        }
    }
    cases
}

/// The output of kubectl for a member.
struct Answer {
    member: &'static str,
    outcome: Outcome,
}

impl Answer {
    /// True if the member counts as failed. An object that it lacks is no failure.
    fn has_failed(&self) -> bool {
        let lacks = ["(NotFound)", "the server doesn't have a resource type"];
        let error = |line: &str| !lacks.iter().any(|lack| line.contains(lack));
        self.outcome.status != 0 && self.outcome.stderr.lines().any(error)
    }
}

/// The rows of one type.
#[derive(Default)]
struct Table {
    headings: Vec<String>,
    rows: Vec<BTreeMap<String, String>>,
}

/// kubectl's tables, read by where their headings stand.
fn tables(text: &str) -> Vec<Table> {
    let read = |block: &str| {
        let mut lines = block.lines();
        let heading: Vec<char> = lines.next().expect("headings").chars().collect();
        let gap: Vec<char> = GAP.chars().collect();
        let begins = |at: &usize| {
            let before = &heading[..*at];
            heading[*at] != ' ' && (before.is_empty() || before.ends_with(&gap))
        };
        let starts: Vec<usize> = (0..heading.len()).filter(begins).collect();
        let cells = |line: &[char]| -> Vec<String> {
            let cell = |(index, start): (usize, &usize)| {
                let end = starts.get(index + 1).map_or(line.len(), |end| *end);
                let cell = line.get(*start..end.min(line.len())).unwrap_or_default();
                cell.iter().collect::<String>().trim_end().to_owned()
            };
            starts.iter().enumerate().map(cell).collect()
        };
        let headings = cells(&heading);
        let row = |line: &str| {
            let line: Vec<char> = line.chars().collect();
            headings.iter().cloned().zip(cells(&line)).collect()
        };
        Table {
            rows: lines.map(row).collect(),
            headings: headings.clone(),
        }
    };
    text.split("\n\n")
        .filter(|block| !block.is_empty())
        .map(read)
        .collect()
}

/// Adds what is not yet there, each after the one that it follows.
fn unite(union: &mut Vec<String>, others: &[String]) {
    let mut behind = 0;
    for other in others {
        let known = union.iter().position(|known| known == other);
        if known.is_none() {
            union.insert(behind, other.clone());
        }
        behind = known.unwrap_or(behind) + 1;
    }
}

/// The tables of all members as one, each with the column CLUSTER and with what some members lack.
fn merged(answers: &[Answer]) -> Vec<Table> {
    let mut order: Vec<String> = Vec::new();
    let mut merged: BTreeMap<String, Table> = BTreeMap::new();
    for answer in answers {
        let mut keys: Vec<String> = Vec::new();
        for table in tables(&answer.outcome.stdout) {
            // Where there are several types, names say which; one may come twice.
            let name = table.rows.first().and_then(|row| row.get("NAME"));
            let kind = name
                .and_then(|name| name.split_once('/'))
                .map_or("", |(kind, _)| kind);
            let before = keys
                .iter()
                .filter(|key| key.starts_with(&format!("{kind} ")))
                .count();
            let key = format!("{kind} {before}");
            keys.push(key.clone());
            let whole = merged.entry(key).or_default();
            unite(&mut whole.headings, &table.headings);
            whole.rows.extend(table.rows.into_iter().map(|mut row| {
                row.insert("CLUSTER".to_owned(), answer.member.to_owned());
                row
            }));
        }
        unite(&mut order, &keys);
    }
    order.iter().filter_map(|key| merged.remove(key)).collect()
}

/// The table as kubectl would align it.
fn aligned(table: &Table, with_headings: bool) -> String {
    let mut headings = table.headings.clone();
    let name = headings.iter().position(|heading| heading == "NAME");
    headings.insert(name.map_or(0, |name| name + 1), "CLUSTER".to_owned());
    let cells = |row: &BTreeMap<String, String>| -> Vec<String> {
        let cell = |heading: &String| row.get(heading).cloned().unwrap_or_else(|| MISSING.to_owned());
        headings.iter().map(cell).collect()
    };
    let mut lines: Vec<Vec<String>> = table.rows.iter().map(cells).collect();
    if with_headings {
        lines.insert(0, headings.clone());
    }
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..headings.len())
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let line = |line: &Vec<String>| {
        let (last, cells) = line.split_last().expect("cells");
        let padded = cells.iter().zip(&widths);
        let padded: String = padded
            .map(|(cell, width)| format!("{cell:0$}", WIDTH.max(width + GAP.len())))
            .collect();
        format!("{padded}{last}\n")
    };
    lines.iter().map(line).collect()
}

fn csv(table: &Table) -> String {
    let mut headings = vec!["CLUSTER".to_owned()];
    headings.extend(table.headings.iter().cloned());
    let quoted = |cell: &str| match cell.contains(['"', ',', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    };
    let mut text = headings.join(",") + "\n";
    for row in &table.rows {
        let cell = |heading: &String| row.get(heading).map_or(String::new(), |cell| quoted(cell));
        text.push_str(&headings.iter().map(cell).collect::<Vec<_>>().join(","));
        text.push('\n');
    }
    text
}

/// Each line of every answer, led by the cluster and a tab.
fn led(answers: &[Answer]) -> Vec<String> {
    let lines = answers.iter().flat_map(|answer| {
        let lines = answer.outcome.stdout.lines();
        lines.map(|line| format!("{}\t{line}", answer.member))
    });
    lines.collect()
}

/// Adds the namespace of each object to its line, which kubectl's lines of `-o name` lack.
fn add_namespaces(home: &Home, words: &[String], answers: &[Answer], lines: &mut [String]) {
    let of_member = |answer: &Answer| {
        let mut args = vec!["--context", answer.member, "get"];
        args.extend(words.iter().map(String::as_str));
        args.push("--output=jsonpath={range .items[*]}{.metadata.namespace}{\"\\n\"}{end}");
        let namespaces = home.kubectl(&args).stdout;
        namespaces.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let namespaces = answers.iter().flat_map(of_member);
    for (line, namespace) in lines.iter_mut().zip(namespaces) {
        line.push('\t');
        line.push_str(&namespace);
    }
}

/// The cluster, the kind and the name of a line of `-o name`.
fn named(line: &str) -> (&str, &str, &str) {
    let (cluster, name) = line.split_once('\t').expect("a cluster");
    let (kind, name) = name.split_once('/').expect("a kind and a name");
    (cluster, kind, name)
}

/// Lines of `-o name`, those of one type together as in tables.
fn by_kind(lines: &mut [String]) {
    let mut kinds: Vec<String> = Vec::new();
    for member in members() {
        let of_member = lines
            .iter()
            .map(|line| named(line))
            .filter(|(cluster, ..)| *cluster == member);
        let of_member: Vec<String> = of_member.map(|(_, kind, _)| kind.to_owned()).collect();
        unite(&mut kinds, &of_member);
    }
    lines.sort_by_key(|line| kinds.iter().position(|kind| kind == named(line).1));
}

/// The objects of kubectl's document, as text that keeps their numbers.
fn items(format: &str, document: &str) -> Vec<String> {
    if document.is_empty() {
        return Vec::new();
    }
    let whole = parsed(format, document);
    match whole["items"].as_array() {
        Some(items) => items.iter().map(|item| compact(&item.to_string())).collect(),
        None => vec![compact(&whole.to_string())],
    }
}

fn parsed(format: &str, document: &str) -> Value {
    match format {
        "json" => serde_json::from_str(document).expect("JSON"),
        _ => serde_yaml::from_str(document).expect("YAML"),
    }
}

/// Returns what is wrong with a document: a List of all objects, or the objects of each cluster and a summary.
fn wrong_document(
    case: &Case,
    format: &str,
    list: bool,
    answers: &[Answer],
    document: &str,
) -> Option<String> {
    let ours = parsed(format, document);
    let of = |answer: &Answer| items(format, &answer.outcome.stdout);
    if list {
        let annotated = |answer: &Answer| -> Vec<String> {
            let annotate = |item: &String| {
                let mut item: Value = serde_json::from_str(item).expect("JSON");
                item["metadata"]["annotations"]["kubectl-mc.k8s.io/cluster"] = json!(answer.member);
                compact(&item.to_string())
            };
            of(answer).iter().map(annotate).collect()
        };
        let expected: Vec<String> = answers.iter().flat_map(annotated).collect();
        let around = (&ours["apiVersion"], &ours["kind"], &ours["metadata"]);
        let is_list = around == (&json!("v1"), &json!("List"), &json!({"resourceVersion": ""}));
        let found = items(format, document);
        return (!is_list || found != expected).then(|| format!("{}: expected {expected:#?}", case.line));
    }
    let expected: Vec<Value> = answers
        .iter()
        // kubectl has an empty List where all that was asked for is refused.
        .filter(|answer| !answer.has_failed() || !of(answer).is_empty())
        .map(|answer| json!({"cluster": answer.member, "items": of(answer)}))
        .collect();
    let clusters = ours["clusters"].as_array().cloned().unwrap_or_default();
    let found: Vec<Value> = clusters
        .iter()
        .map(|cluster| {
            let texts = cluster["items"].as_array().expect("items");
            let texts: Vec<String> = texts.iter().map(|item| compact(&item.to_string())).collect();
            json!({"cluster": cluster["cluster"], "items": texts})
        })
        .collect();
    let failed: Vec<&str> = answers
        .iter()
        .filter(|a| a.has_failed())
        .map(|a| a.member)
        .collect();
    let summary = &ours["summary"];
    let errors = summary["errors"].as_object().cloned().unwrap_or_default();
    let named: Vec<&str> = errors.keys().map(String::as_str).collect();
    let counts = ["total", "successful", "failed", "skipped"].map(|count| summary[count].as_u64());
    let (all, bad) = (MEMBERS.len() as u64, failed.len() as u64);
    let right = ours["kind"] == "MultiClusterResult"
        && found == expected
        && named == failed
        && counts == [Some(all), Some(all - bad), Some(bad), Some(0)];
    (!right).then(|| format!("{}: expected {expected:#?}, failed {failed:?}", case.line))
}

/// The value of `-o`, and of the flag of sorting.
fn flag(words: &[String], names: &[&str]) -> Option<String> {
    words.iter().enumerate().find_map(|(index, word)| {
        names.iter().find_map(|name| match word.strip_prefix(name) {
            Some("") => words.get(index + 1).cloned(),
            Some(value) => value.strip_prefix('=').map(str::to_owned),
            None => None,
        })
    })
}

/// The names of the union of the objects that `args` name on every member, in the order that kubectl on the hub gives
/// them: cluster and name.
fn sorted_union(admin: &Home, args: &str, sort_by: &str) -> Vec<(String, String)> {
    static UNIONS: AtomicUsize = AtomicUsize::new(0);
    let union = format!("union-{}", UNIONS.fetch_add(1, Ordering::Relaxed));
    let words = shell::words(args);
    let type_ = words[0].as_str();
    let mut objects = vec![json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": union}})];
    for member in members() {
        let mut get = vec!["--context", member, "get", "-o", "json"];
        get.extend(words.iter().map(String::as_str));
        let list: Value = serde_json::from_str(&admin.kubectl(&get).success()).expect("JSON");
        for item in list["items"].as_array().expect("a List") {
            let mut item = item.clone();
            let name = item["metadata"]["name"].as_str().expect("a name").to_owned();
            let mut metadata = json!({"name": format!("{member}.{name}"), "labels": {"union": union}});
            if !item["metadata"]["namespace"].is_null() {
                metadata["namespace"] = json!(union);
            }
            item["metadata"] = metadata;
            item.as_object_mut().expect("an object").remove("status");
            objects.push(item);
        }
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    admin.feed(HUB, &["create", "-f", "-"], &list);
    let label = format!("union={union}");
    let get = [
        "--context",
        HUB,
        "get",
        type_,
        "-A",
        "-l",
        &label,
        "-o",
        "name",
        "--sort-by",
        sort_by,
    ];
    let names = admin.kubectl(&get).success();
    let name = |line: &str| {
        let name = line.split_once('/').expect("a kind and a name").1;
        let (member, name) = name.split_once('.').expect("a member and a name");
        (member.to_owned(), name.to_owned())
    };
    names.lines().map(name).collect()
}

/// The members by their names, the order of all that is printed.
fn members() -> Vec<&'static str> {
    let mut members = MEMBERS.to_vec();
    members.sort_unstable();
    members
}

/// kubectl's answers on all members, at the same time.
fn ask(home: &Home, case: &Case) -> Vec<Answer> {
    let words = |member: &str| -> Option<Vec<String>> {
        let line = case
            .of_member
            .get(member)
            .copied()
            .or(case.kubectl)
            .unwrap_or(case.line);
        let ours = ["--no-headers", "--output-list", "-v"];
        let words = shell::words(line).into_iter();
        (line != "-").then(|| words.filter(|word| !ours.contains(&word.as_str())).collect())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = members()
            .into_iter()
            .filter_map(|member| Some((member, words(member)?)))
            .map(|(member, words)| {
                let run = move || {
                    let mut args = vec!["--context", member, "get"];
                    args.extend(words.iter().map(String::as_str));
                    let outcome = home.kubectl(&args);
                    Answer { member, outcome }
                };
                scope.spawn(run)
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("kubectl"))
            .collect()
    })
}

/// Runs both, and returns what a person needs to judge a difference.
fn check(home: &Home, admin: &Home, case: &Case) -> Result<(), String> {
    let words = shell::words(case.line);
    let mut args = vec!["--exclude", "orphan"];
    args.extend(words.iter().map(String::as_str));
    let answers = ask(home, case);
    let ours = home.get(&args);
    let output = flag(&words, &["-o", "--output"]).unwrap_or_default();
    let with_headings = !words.iter().any(|word| word == "--no-headers");
    let format = output.split('=').next().unwrap_or_default();

    let mut tables = match format {
        "" | "wide" | "custom-columns" | "csv" if !case.line.starts_with("--raw") => merged(&answers),
        _ => Vec::new(),
    };
    let mut lines = led(&answers);
    if format == "name" {
        if words.iter().any(|word| word == "-A") {
            add_namespaces(home, &words, &answers, &mut lines);
        }
        by_kind(&mut lines);
    }
    if let Some(union) = case.union {
        let sort_by = flag(&words, &["--sort-by"]).expect("--sort-by");
        let order = sorted_union(admin, union, &sort_by);
        let place = |cluster: &str, name: &str| {
            let found = order.iter().position(|(c, n)| c == cluster && n == name);
            found.unwrap_or_else(|| panic!("{}: the union lacks {cluster} {name}", case.line))
        };
        for table in &mut tables {
            table.rows.sort_by_key(|row| place(&row["CLUSTER"], &row["NAME"]));
        }
        if format == "name" {
            lines.sort_by_key(|line| place(named(line).0, named(line).2));
        }
    }
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let wrong_stdout = match format {
        "json" | "yaml" | "kyaml" if ours.stdout.is_empty() => Some("no document".to_owned()),
        "json" | "yaml" | "kyaml" => {
            let list = words.iter().any(|word| word == "--output-list");
            wrong_document(case, format, list, &answers, &ours.stdout)
        }
        "" | "wide" | "custom-columns" | "csv" if !case.line.starts_with("--raw") => {
            let text = |table: &Table| match format {
                "csv" => csv(table),
                _ => aligned(table, with_headings),
            };
            let between = if with_headings { "\n" } else { "" };
            let expected = tables.iter().map(text).collect::<Vec<_>>().join(between);
            (expected != ours.stdout).then(|| format!("expected\n{expected}"))
        }
        _ => (lines != ours.stdout).then(|| format!("expected\n{lines}")),
    };

    let mut stderr = String::new();
    for line in &case.stderr {
        let mut line = (*line).to_owned();
        for answer in &answers {
            line = line.replace(
                &format!("{{{}}}", answer.member),
                answer.outcome.stderr.trim_end(),
            );
        }
        stderr.push_str(&line);
        stderr.push('\n');
    }
    let problem = match wrong_stdout {
        Some(problem) => problem,
        None if ours.stderr != stderr => format!("expected on stderr\n{stderr}"),
        None if ours.status != case.status => format!("expected status {}", case.status),
        None => return Ok(()),
    };
    let theirs = answers.iter().map(|answer| {
        let Outcome {
            status,
            stdout,
            stderr,
        } = &answer.outcome;
        format!(
            "--- kubectl on {}, status {status}\n{stdout}{stderr}",
            answer.member
        )
    });
    Err(format!(
        "=== {}: {problem}\n--- ours, status {}\n{}{}{}",
        case.line,
        ours.status,
        ours.stdout,
        ours.stderr,
        theirs.collect::<String>()
    ))
}

#[test]
fn every_command_line_on_all_members() {
    let cases = cases();
    assert!(
        cases.len() >= COUNT,
        "members.txt has become shorter: {}",
        cases.len()
    );
    let mut homes: Vec<(Users, Home)> = vec![(Vec::new(), Home::new())];
    for case in &cases {
        if !homes.iter().any(|(users, _)| *users == case.users) {
            homes.push((case.users.clone(), Home::with_users(&case.users)));
        }
    }
    let object = |kind: &str, name: &str| {
        format!("---\napiVersion: v1\nkind: {kind}\nmetadata: {{namespace: mixed, name: {name}}}\n")
    };
    let objects = [
        ("ConfigMap", "shared"),
        ("ConfigMap", "one"),
        ("Secret", "seen"),
        ("Pod", "only-dev"),
    ];
    let objects: String = objects.iter().map(|(kind, name)| object(kind, name)).collect();
    for (_, home) in &homes {
        home.write("some.yaml", &objects);
    }
    let of = |users: &Users| &homes.iter().find(|(other, _)| other == users).expect("a home").1;
    let admin = of(&Vec::new());
    let failures = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for chunk in cases.chunks(cases.len().div_ceil(workers)) {
            let (of, failures) = (&of, &failures);
            scope.spawn(move || {
                for case in chunk {
                    let attempt = || check(of(&case.users), admin, case).err();
                    // The last attempt's failure, if all fail.
                    let mut failure = attempt();
                    for _ in 1..ATTEMPTS {
                        failure = failure.and_then(|_| attempt());
                    }
                    let mut all = failures.lock().unwrap_or_else(PoisonError::into_inner);
                    all.extend(failure);
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}
