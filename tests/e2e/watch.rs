//! `-w`: what changes, as kubectl prints it, and while API servers are killed.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::apiserver::{ApiServer, Etcd, User};
use crate::fleet::{HUB, RICH, fleet};
use crate::home::Home;
use crate::reaper::Reaper;

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(120);

/// A program that watches, and what it prints, line by line.
struct Watch {
    child: Child,
    lines: Receiver<String>,
    said: Receiver<String>,
}

fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (tell, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

impl Watch {
    fn start(mut command: Command) -> Watch {
        let mut child = command.spawn().expect("it starts");
        let lines = lines_of(child.stdout.take().expect("a pipe"));
        let said = lines_of(child.stderr.take().expect("a pipe"));
        Watch { child, lines, said }
    }

    fn next(&self) -> String {
        self.lines.recv_timeout(LONG).expect("a line in time")
    }

    /// Reads to a line that has this in it.
    fn until(&self, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.next();
            let is_last = line.contains(text);
            lines.push(line);
            if is_last {
                return lines;
            }
        }
    }

    /// Ends it as Ctrl-C does.
    fn interrupt(mut self) -> i32 {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-INT", &pid]).status();
        assert!(told.expect("kill runs").success());
        let status = self.child.wait().expect("it ends");
        status.code().unwrap_or(-1)
    }
}

/// An age as any other.
fn without_ages(lines: &[String]) -> Vec<String> {
    let is_age = |word: &str| {
        word.ends_with('s') && word.len() <= 3 && word.starts_with(|first: char| first.is_ascii_digit())
    };
    // Labels may come after it. All ages here are of one width, so that columns stay where they are.
    let word = |word: &str| {
        if is_age(word) {
            "AGE".to_owned()
        } else {
            word.to_owned()
        }
    };
    lines
        .iter()
        .map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" "))
        .collect()
}

/// Runs both at the same time, lets the same happen to what they watch, and compares what they print until the
/// last change, which every line of theirs that names `last` three times is.
#[test]
fn watch_prints_events_like_kubectl() {
    let home = Home::new().plain();
    let namespace = "watched";
    let kubectl = |args: &[&str]| {
        home.kubectl(&[&["--context", RICH, "-n", namespace], args].concat())
            .success()
    };
    kubectl(&["create", "namespace", namespace]);
    let mut failures = Vec::new();
    for (number, args) in [
        &["-w"][..],
        &["-w", "-o", "wide"],
        &["-w", "--no-headers"],
        &["-w", "--output-watch-events"],
        &["-w", "--show-labels", "-L", "step"],
        &["--watch-only"],
        &["--watch-only", "--output-watch-events"],
        &["-w", "-o", "name"],
        &["-w", "-o", "name", "--output-watch-events"],
        &["-w", "-o", "jsonpath={.metadata.name} {.data}{\"\\n\"}"],
        &["-w", "-o", "go-template={{.metadata.name}}{{\"\\n\"}}"],
        &[
            "-w",
            "-o",
            "jsonpath={.type} {.object.metadata.name}{\"\\n\"}",
            "--output-watch-events",
        ],
        &[
            "-w",
            "-o",
            "custom-columns=NAME:.metadata.name,DATA:.data,NOT:.missing",
        ],
        &[
            "-w",
            "-o",
            "custom-columns=E:.type,NAME:.object.metadata.name",
            "--output-watch-events",
        ],
        &["-w", "--server-print=false"],
        &["-w", "--server-print=false", "--output-watch-events"],
        &["-w", "--show-kind"],
        &["-w", "-l", "step!=none"],
        &["-w", "--sort-by=.metadata.name"],
        &["-w", "--sort-by=.metadata.name", "-o", "name"],
        &["-w", "--chunk-size=1"],
        &["-w", "--subresource=status"],
        &["-w", "-o", "jsonpath={.metadata.name}{\"\\t\"}{.data}{\"\\n\"}"],
        &[
            "-w",
            "-o",
            "go-template={{.metadata.name}},{{\"\\n\"}}{{\"\\t\"}}{{.kind}}",
        ],
        &["-w", "-o", "json"],
        &["-w", "-o", "json", "--output-watch-events"],
        &["-w", "-o", "json", "--show-managed-fields"],
        &["-w", "-o", "yaml"],
        &["--watch-only", "-o", "yaml", "--output-watch-events"],
    ]
    .iter()
    .enumerate()
    {
        let first = format!("before-{number}");
        kubectl(&["create", "configmap", &first]);
        let all = [&["get", "configmaps", "-n", namespace], *args].concat();
        let watched = watches("configmaps");
        let ours = Watch::start(home.piped(
            "kubectl-mc",
            &[&all[..], &["--clusters", RICH, "--hub-context", HUB]].concat(),
        ));
        let theirs = Watch::start(home.piped("kubectl", &[&["--context", RICH], &all[..]].concat()));
        // What both print first tells that they are there; without a list only the server knows.
        if args.contains(&"--watch-only") {
            let start = Instant::now();
            while watches("configmaps") < watched + 2 {
                assert!(start.elapsed() < LONG, "{args:?}: the server has no new watches");
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        let mut printed = [&ours, &theirs].map(|watch| match args.contains(&"--watch-only") {
            true => Vec::new(),
            false => watch.until(&first),
        });
        // A list is printed before its watch begins, and neither repeats: what happens now comes to both.
        let changed = format!("changed-{number}");
        let last = format!("a-much-longer-name-than-the-others-{number}");
        kubectl(&["create", "configmap", &changed]);
        kubectl(&["label", "configmap", &changed, "step=one"]);
        kubectl(&[
            "patch",
            "configmap",
            &changed,
            "-p",
            r#"{"data":{"a":"1","b":"2"}}"#,
        ]);
        kubectl(&["delete", "configmap", &changed]);
        kubectl(&["delete", "configmap", &first]);
        kubectl(&["create", "configmap", &last]);
        // A document's end shows where the next one begins.
        let format = ["json", "yaml"].into_iter().find(|format| args.contains(format));
        let behind = format!("behind-the-last-{number}");
        kubectl(&["create", "configmap", &behind]);
        for (watch, lines) in [&ours, &theirs].into_iter().zip(&mut printed) {
            lines.extend(watch.until(if format.is_some() { &behind } else { &last }));
            if let Some(format) = format {
                *lines = documents(format, lines);
            }
        }
        let [our_lines, their_lines] = printed.map(|lines| without_ages(&lines));
        if our_lines != their_lines {
            failures.push(format!(
                "{args:?}\nours:\n{}\nkubectl's:\n{}\n",
                our_lines.join("\n"),
                their_lines.join("\n")
            ));
        }
        assert_eq!(ours.interrupt(), 130, "{args:?}");
        theirs.interrupt();
        kubectl(&["delete", "configmap", &last, &behind]);
    }
    kubectl(&["delete", "namespace", namespace, "--wait=false"]);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The whole documents in these lines, each with its keys sorted: their order is the server's in ours.
fn documents(format: &str, lines: &[String]) -> Vec<String> {
    let text = lines.join("\n");
    let values: Vec<Value> = match format {
        "json" => serde_json::Deserializer::from_str(&text)
            .into_iter::<Value>()
            .map_while(Result::ok)
            .collect(),
        _ => {
            let mut documents: Vec<&str> = text.split("---\n").collect();
            documents.pop();
            let value = |document: &&str| serde_yaml::from_str(document).expect("YAML");
            documents.iter().map(value).collect()
        }
    };
    assert!(values.len() > 3, "{text}");
    values.iter().map(Value::to_string).collect()
}

/// How many watches of a resource the rich member serves.
fn watches(resource: &str) -> u64 {
    let metrics = fleet().server(RICH).get(User::Admin, "/metrics", "*/*");
    let text = String::from_utf8(metrics.body).expect("text");
    let of_ours = |line: &&str| {
        line.starts_with("apiserver_longrunning_requests{")
            && line.contains(&format!("resource={resource:?}"))
            && line.contains("verb=\"WATCH\"")
    };
    let count = |line: &str| line.rsplit(' ').next()?.parse::<u64>().ok();
    text.lines().filter(of_ours).filter_map(count).sum()
}

/// LimitRanges, whose columns do not depend on the time, and which nothing else here watches: the server can be asked
/// when all have begun.
#[test]
fn watch_of_a_file_like_kubectl() {
    let home = Home::new().plain();
    let namespace = "watched-file";
    let kubectl = |args: &[&str]| {
        home.kubectl(&[&["--context", RICH, "-n", namespace], args].concat())
            .success()
    };
    kubectl(&["create", "namespace", namespace]);
    let range = json!({
        "apiVersion": "v1", "kind": "LimitRange",
        "metadata": {"name": "range", "namespace": namespace}, "spec": {"limits": []},
    });
    for path in ["range.yaml", "folder/range.json", "kustomized/range.yaml"] {
        home.write(path, &range.to_string());
    }
    home.write("kustomized/kustomization.yaml", "resources: [range.yaml]\n");
    home.feed(RICH, &["create", "-f", "-"], &range);
    // How many lines come at first; each of the three events is one more.
    let cases = [
        ("-w -f range.yaml", 2),
        ("-w -f folder", 2),
        ("-w -f folder -R", 2),
        ("-w -k kustomized", 2),
        ("-w -f - < range.yaml", 2),
        ("-w -f range.yaml -A", 2),
        ("-w -f range.yaml -n watched-file", 2),
        ("-w -f range.yaml --no-headers", 1),
        ("-w -f range.yaml --show-labels -L step", 2),
        ("-w -f range.yaml --output-watch-events", 2),
        (
            "-w -f range.yaml --server-print=false -o custom-columns=N:.metadata.name,L:.metadata.labels",
            2,
        ),
        ("-w -f range.yaml -o name", 1),
        ("-w -f range.yaml -o name --output-watch-events", 1),
        (
            r#"-w -f range.yaml -o 'jsonpath={.metadata.name}{"\t"}{.metadata.labels}{"\n"}'"#,
            1,
        ),
        (
            r#"-w -f range.yaml -o 'jsonpath={.type} {.object.metadata.labels}{"\n"}' --output-watch-events"#,
            1,
        ),
        ("-w -f range.yaml -l step!=none -o name", 1),
        ("-w -f range.yaml --field-selector metadata.name=other", 2),
        ("-w -f range.yaml --subresource=status", 2),
        ("-w -f range.yaml --chunk-size=1", 2),
    ];
    let before = watches("limitranges");
    let start = |program: &str, line: &str| {
        Watch::start(home.piped("sh", &["-c", &format!("exec {program} {line}")]))
    };
    let running: Vec<[Watch; 2]> = cases
        .iter()
        .map(|(line, _)| {
            [
                start(
                    "kubectl-mc get",
                    &format!("{line} --clusters {RICH} --hub-context {HUB}"),
                ),
                start("kubectl get", &format!("{line} --context {RICH}")),
            ]
        })
        .collect();
    let mut printed: Vec<[Vec<String>; 2]> = Vec::new();
    for ((_, first), watches) in cases.iter().zip(&running) {
        printed.push(
            watches
                .each_ref()
                .map(|watch| (0..*first).map(|_| watch.next()).collect()),
        );
    }
    let begun = Instant::now();
    while watches("limitranges") < before + 2 * cases.len() as u64 {
        assert!(begun.elapsed() < LONG, "not all watch");
        std::thread::sleep(Duration::from_millis(50));
    }
    kubectl(&["label", "limitrange", "range", "step=one"]);
    kubectl(&["delete", "limitrange", "range"]);
    home.feed(RICH, &["create", "-f", "-"], &range);
    let mut failures = Vec::new();
    for (((line, _), watches), mut printed) in cases.iter().zip(running).zip(printed) {
        for (watch, lines) in watches.iter().zip(&mut printed) {
            lines.extend((0..3).map(|_| watch.next()));
        }
        if printed[0] != printed[1] {
            failures.push(format!("{line}\n{printed:#?}"));
        }
        let [ours, theirs] = watches;
        assert_eq!(ours.interrupt(), 130, "{line}");
        theirs.interrupt();
    }
    kubectl(&["delete", "namespace", namespace, "--wait=false"]);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn kubeconfig(servers: &[ApiServer]) -> Value {
    let named = |key: &str, of: &dyn Fn(&ApiServer) -> Value| -> Vec<Value> {
        servers
            .iter()
            .map(|server| json!({"name": server.name, key: of(server)}))
            .collect()
    };
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "east",
        "clusters": named("cluster", &|server| {
            json!({"server": server.url(), "certificate-authority-data": BASE64.encode(&server.ca)})
        }),
        "users": named("user", &|_| json!({"token": User::Admin.token()})),
        "contexts": named("context", &|server| json!({"cluster": server.name, "user": server.name})),
    })
}

/// Two members of their own, since others use the shared fleet. One is killed and started again twice, once so
/// that what happened meanwhile is no longer known; all the time objects come, change and go on both.
#[test]
fn watch_survives_killed_api_servers() {
    let folder = TempDir::with_prefix("kubectl-mc-e2e-watch-")
        .expect("a temporary folder")
        .keep();
    let mut reaper = Reaper::new(&folder);
    let etcd = Etcd::start(&folder, &mut reaper);
    let mut servers = ["east", "west"].map(|name| ApiServer::start(name, &folder, &etcd, &mut reaper));
    for server in &mut servers {
        server.wait();
    }
    let home = Home::holding(&folder, &kubeconfig(&servers));
    home.write("members", "east\nwest\n");
    // The shell gives way to the tool, which then gets the signal itself.
    let line = "exec mc-exec get configmaps -n default -w -l watched --show-labels < members";
    let watch = Watch::start(home.piped("sh", &["-c", line]));
    // What was done to each object, in order: cluster, name, and its data's number.
    let mut done: Vec<(String, String, u32)> = Vec::new();
    let mut number = 0;
    let mut act = |home: &Home, cluster: &str, done: &mut Vec<(String, String, u32)>| {
        number += 1;
        let name = format!("object-{}", number % 4);
        let object = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "default", "labels": {"watched": "yes", "number": number.to_string()}},
        });
        home.feed(cluster, &["apply", "-f", "-"], &object);
        done.push((cluster.to_owned(), name, number));
    };
    let mut shown: Vec<(String, String, u32)> = Vec::new();
    let last_of = |rows: &[(String, String, u32)]| -> BTreeMap<(String, String), u32> {
        rows.iter()
            .map(|(cluster, name, number)| ((cluster.clone(), name.clone()), *number))
            .collect()
    };
    let mut read_to = |watch: &Watch, done: &[(String, String, u32)]| {
        // The last of each object: a list that is read anew has them in the order of their names.
        for ((cluster, name), number) in last_of(done) {
            let last = (cluster, name, number);
            while !shown.contains(&last) {
                let record: Value = serde_json::from_str(&watch.next()).expect("a record");
                if record["kind"] == "Asked" {
                    continue;
                }
                assert_eq!(record["kind"], "Row", "{record}");
                let text = |key: &str| record[key].as_str().unwrap_or_default().to_owned();
                let labels = record["columns"]["LABELS"].as_str().unwrap_or_default();
                let number = labels
                    .split(',')
                    .find_map(|label| label.strip_prefix("number="))
                    .and_then(|number| number.parse().ok())
                    .unwrap_or_default();
                let row = (text("cluster"), text("name"), number);
                assert!(!shown.contains(&row), "{row:?} came twice");
                shown.push(row);
            }
        }
        shown.clone()
    };
    // Once the first ones have come, in a list or after it, all that follows comes as it happens.
    act(&home, "east", &mut done);
    act(&home, "west", &mut done);
    read_to(&watch, &done);
    for _ in 0..4 {
        act(&home, "east", &mut done);
        act(&home, "west", &mut done);
    }
    let all = read_to(&watch, &done);
    for forgotten in [false, true] {
        let before = done.len();
        servers[0].kill(&mut reaper);
        assert!(
            watch
                .said
                .recv_timeout(LONG)
                .expect("it is said")
                .contains("east: lost: "),
            "the other one is there"
        );
        for _ in 0..3 {
            act(&home, "west", &mut done);
        }
        servers[0].restart(&mut reaper);
        for _ in 0..6 {
            act(&home, "east", &mut done);
        }
        if forgotten {
            etcd.forget();
        }
        assert_eq!(
            watch.said.recv_timeout(LONG).expect("it is said"),
            "mc-exec: east: is back"
        );
        let shown = read_to(&watch, &done);
        // West has every single state, and of east every object's last one is there.
        let west = |(cluster, ..): &&(String, String, u32)| cluster == "west";
        assert_eq!(
            shown.iter().filter(west).collect::<Vec<_>>(),
            done.iter().filter(west).collect::<Vec<_>>()
        );
        assert_eq!(last_of(&shown), last_of(&done));
        assert!(shown.len() > all.len() && done.len() > before);
    }
    watch.interrupt();
}
