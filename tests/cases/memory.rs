//! However much a cluster sends, memory is bounded: rows that wait go to files without a name, and a
//! cluster that there is no room for fails, and is named.

use crate::support::processes::{await_that, open_files, peak_memory_kib};
use crate::support::{Home, Outcome};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// The limit on the memory of each process.
const MOST_MEMORY_KIB: u64 = 512 << 10;

/// Starts an API server that answers as a test says, as long as its client reads.
fn serve(answer: impl Fn(&str, &mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().take(1000) {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                let _ = stream.set_nodelay(true);
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while let Some(Ok(request)) = lines.next() {
                    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                    while lines
                        .next()
                        .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
                    {}
                    // A client that has enough closes the connection.
                    if answer(&path, &mut stream).is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

fn whole(stream: &mut TcpStream, body: &str) -> std::io::Result<()> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}

/// Begins an answer that ends with its connection.
fn begin(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
}

fn table(rows: impl Iterator<Item = String>, next: &str) -> String {
    let row = |name: String| {
        format!(r#"{{"cells":["{name}"],"object":{{"metadata":{{"name":"{name}","namespace":"n"}}}}}}"#)
    };
    let rows: Vec<String> = rows.map(row).collect();
    format!(
        r#"{{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{{"resourceVersion":"1","continue":"{next}"}},"columnDefinitions":[{{"name":"Name","type":"string"}}],"rows":[{}]}}"#,
        rows.join(",")
    )
}

/// A home whose kubeconfig has these clusters, by name and port.
fn home(clusters: &[(&str, u16)]) -> Home {
    let home = Home::empty();
    let (mut servers, mut contexts) = (String::new(), String::new());
    for (name, port) in clusters {
        servers.push_str(&format!(
            "- {{name: {name}, cluster: {{server: 'http://127.0.0.1:{port}'}}}}\n"
        ));
        contexts.push_str(&format!(
            "- {{name: {name}, context: {{cluster: {name}, user: u}}}}\n"
        ));
    }
    let config = format!(
        "apiVersion: v1\nkind: Config\nclusters:\n{servers}users: [{{name: u, user: {{token: t}}}}]\ncontexts:\n{contexts}"
    );
    home.write(".kube/config", &config);
    home
}

/// A small cluster that answers as it should.
fn good() -> u16 {
    serve(|_, stream| {
        whole(
            stream,
            &table(["good-1", "good-2"].map(str::to_owned).into_iter(), ""),
        )
    })
}

/// Samples the peak memory of processes for as long as they run.
struct Watcher {
    most: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    fn of(processes: &[&Child]) -> Self {
        let most = Arc::new(AtomicU64::new(0));
        let over = Arc::new(AtomicBool::new(false));
        let ids: Vec<u32> = processes.iter().map(|child| child.id()).collect();
        let (seen, stop) = (Arc::clone(&most), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                for id in &ids {
                    seen.fetch_max(peak_memory_kib(*id).unwrap_or_default(), Ordering::Relaxed);
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        Self {
            most,
            over,
            thread: Some(thread),
        }
    }

    /// The peak of the one that had most.
    fn most_kib(mut self) -> u64 {
        self.over.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
        self.most.load(Ordering::Relaxed)
    }
}

/// Runs `mc-exec … | mc-merge | mc-format …`; returns its outcome and the most memory that one of them had.
fn pipe(home: &Home, exec: &[&str], format: &[&str]) -> (Outcome, u64) {
    let start = |program: &str, args: &[&str], stdin: Stdio| {
        let mut command = home.command(program);
        command.args(args).stdin(stdin).stdout(Stdio::piped());
        command.stderr(std::fs::File::create(home.path().join(program)).unwrap());
        command.spawn().unwrap()
    };
    let mut exec = start("mc-exec", exec, Stdio::piped());
    let mut names = exec.stdin.take().unwrap();
    let config = std::fs::read_to_string(home.path().join(".kube/config")).unwrap();
    for line in config.lines().filter(|line| line.contains("context: ")) {
        let name = line
            .split(['{', ','])
            .nth(1)
            .unwrap()
            .trim_start_matches("name: ");
        writeln!(names, "{name}").unwrap();
    }
    drop(names);
    let mut merge = start("mc-merge", &[], exec.stdout.take().unwrap().into());
    let mut last = start("mc-format", format, merge.stdout.take().unwrap().into());
    let watcher = Watcher::of(&[&exec, &merge, &last]);
    let mut stdout = String::new();
    last.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    let status = last.wait().unwrap().code().unwrap_or(-1);
    exec.wait().unwrap();
    merge.wait().unwrap();
    let said = ["mc-exec", "mc-merge", "mc-format"]
        .map(|program| std::fs::read_to_string(home.path().join(program)).unwrap_or_default());
    let outcome = Outcome {
        status,
        stdout,
        stderr: said.concat(),
    };
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    (outcome, watcher.most_kib())
}

/// A stream of rows for mc-merge, written by a thread: so many MiB of a cluster, and some of another among them.
fn feed(mut input: impl Write + Send + 'static, mebibytes: usize) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let pad = "x".repeat(4000);
        for number in (0..mebibytes * 256).rev() {
            let line = |cluster: &str, pad: &str| {
                format!(
                    "{{\"kind\":\"Row\",\"cluster\":\"{cluster}\",\"resource\":\"pods\",\"name\":\"p{number:09}\",\"columns\":{{\"NAME\":\"p{number:09}\",\"PAD\":\"{pad}\"}}}}\n"
                )
            };
            let mut lines = line("huge", &pad);
            if number % 1000 == 0 {
                lines += &line("small", "");
            }
            // A reader that does not go on has been killed.
            if input.write_all(lines.as_bytes()).is_err() {
                return;
            }
        }
        for cluster in ["huge", "small"] {
            let line = format!("{{\"kind\":\"Result\",\"cluster\":\"{cluster}\",\"ok\":true,\"items\":1}}\n");
            if input.write_all(line.as_bytes()).is_err() {
                return;
            }
        }
    })
}

fn merge(home: &Home, folder: &Path) -> Child {
    let mut command: Command = home.command("mc-merge");
    command.env("TMPDIR", folder).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[test]
fn mc_merge_sorts_more_than_memory_in_an_unlinked_file() {
    let home = Home::empty();
    let folder = tempfile::tempdir().unwrap();
    let mut child = merge(&home, folder.path());
    let watcher = Watcher::of(&[&child]);
    let feeder = feed(child.stdin.take().unwrap(), 300);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut last, mut rows, mut files) = (String::new(), 0, false);
    for line in lines.map(Result::unwrap).filter(|line| line.contains(r#""Row""#)) {
        let key = line[..line.find(r#""columns""#).unwrap()].to_owned();
        assert!(last < key, "{last} before {key}");
        (last, rows) = (key, rows + 1);
        if rows == 1 {
            // It is there, has no name, and only its owner may read it.
            files = open_files(child.id())
                .iter()
                .any(|file| file.starts_with(folder.path()) && file.to_string_lossy().ends_with("(deleted)"));
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
    feeder.join().unwrap();
    assert_eq!(rows, 300 * 256 + (300 * 256_usize).div_ceil(1000));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(files, "nothing was put aside");
    let most = watcher.most_kib();
    assert!(most < MOST_MEMORY_KIB, "{most} KiB");
}

#[test]
fn cluster_without_room_for_its_spill_file_fails_by_name() {
    let home = Home::empty();
    for program in ["mc-merge", "mc-format"] {
        let mut command = home.command(program);
        command.env("TMPDIR", "/nowhere").stdin(Stdio::piped());
        if program == "mc-format" {
            command.args(["-o", "csv"]);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let feeder = feed(child.stdin.take().unwrap(), 270);
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        assert_eq!(output.status.code(), Some(3), "{program}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        let rows = stdout.lines().filter(|line| line.contains("p000"));
        let (small, huge): (Vec<&str>, Vec<&str>) = rows.partition(|row| row.contains("small"));
        assert_eq!((small.len(), huge.len()), (70, 0), "{program}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        let said =
            format!("{program}: huge: what it sent is left out, since there is no room for it: /nowhere: ");
        assert!(stderr.contains(&said), "{stderr}");
    }
}

#[test]
fn killed_mc_merge_leaves_no_spill_file() {
    let home = Home::empty();
    let folder = tempfile::tempdir().unwrap();
    let mut child = merge(&home, folder.path());
    let feeder = feed(child.stdin.take().unwrap(), 100_000);
    await_that("nothing was put aside", || {
        open_files(child.id())
            .iter()
            .any(|file| file.starts_with(folder.path()))
    });
    child.kill().unwrap();
    child.wait().unwrap();
    feeder.join().unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// A list of pods that a server gives as a whole, of so many objects of so many bytes each; by their names the last come
/// first.
fn long_list(count: usize, pad: usize) -> u16 {
    let pad = "x".repeat(pad);
    serve(move |path, stream| {
        begin(stream)?;
        let kind = if path.contains("services") {
            "ServiceList"
        } else {
            "PodList"
        };
        write!(
            stream,
            r#"{{"kind":"{kind}","apiVersion":"v1","metadata":{{"resourceVersion":"1"}},"items":["#
        )?;
        for number in (0..count).rev() {
            let comma = if number > 0 { "," } else { "" };
            write!(
                stream,
                r#"{{"metadata":{{"name":"p{number:06}","namespace":"d","annotations":{{"a":"{pad}"}}}}}}{comma}"#
            )?;
        }
        stream.write_all(b"]}")?;
        Err(std::io::ErrorKind::Other.into())
    })
}

fn sorted_list(count: usize, pad: usize) {
    let home = home(&[("long", long_list(count, pad)), ("good", long_list(2, 10))]);
    let columns = "custom-columns=NAME:.metadata.name";
    let exec = [
        "get",
        "pods",
        "-A",
        "--sort-by=.metadata.name",
        "--for",
        columns,
        "--timeout=600s",
    ];
    let (outcome, most) = pipe(&home, &exec, &["-o", columns, "--no-headers"]);
    assert!(most < MOST_MEMORY_KIB, "{most} KiB");
    let stdout = outcome.expect(0);
    let of_long = stdout.lines().filter(|line| line.contains("long"));
    let names: Vec<&str> = of_long
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    let expected: Vec<String> = (0..count).map(|number| format!("p{number:06}")).collect();
    assert!(names == expected, "{} of {count}", names.len());
    assert_eq!(stdout.lines().count(), count + 2);
}

#[test]
fn long_list_is_sorted_in_bounded_memory() {
    sorted_list(3000, 10_000);
}

#[test]
fn long_list_of_a_watch_is_sorted_as_a_whole() {
    const COUNT: usize = 2000;
    let pad = "x".repeat(10_000);
    let port = serve(move |path, stream| {
        begin(stream)?;
        if path.contains("watch=") {
            return Ok(());
        }
        let empty = table(std::iter::empty(), "");
        let (start, end) = empty.split_at(empty.len() - "]}".len());
        stream.write_all(start.as_bytes())?;
        for number in (0..COUNT).rev() {
            let comma = if number > 0 { "," } else { "" };
            write!(
                stream,
                r#"{{"cells":["p{number:04}"],"object":{{"metadata":{{"name":"p{number:04}","uid":"{number}","annotations":{{"a":"{pad}"}}}}}}}}{comma}"#
            )?;
        }
        stream.write_all(end.as_bytes())?;
        Err(std::io::ErrorKind::Other.into())
    });
    let home = home(&[("c", port)]);
    let mut command = home.command("mc-exec");
    command.args(["get", "pods", "-A", "-w", "--sort-by=.metadata.name"]);
    let mut exec = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    exec.stdin.take().unwrap().write_all(b"c\n").unwrap();
    let lines = BufReader::new(exec.stdout.take().unwrap()).lines();
    let rows = lines
        .map(Result::unwrap)
        .filter(|line| line.contains(r#""kind":"Row""#))
        .take(COUNT);
    for (number, row) in rows.enumerate() {
        assert!(
            row.contains(&format!(r#""NAME":"p{number:04}""#)),
            "{number}: {row}"
        );
    }
    exec.kill().unwrap();
    exec.wait().unwrap();
}

#[test]
#[ignore = "300 MB: make soak"]
fn soak_a_list_of_300_mb_is_sorted() {
    sorted_list(30_000, 10_000);
}

#[test]
#[ignore = "300 MB: make soak"]
fn soak_a_page_of_large_objects_passes() {
    let home = home(&[("long", long_list(499, 600_000)), ("good", good())]);
    for format in ["json", "custom-columns=NAME:.metadata.name"] {
        let exec = ["get", "services", "-A", "--for", format, "--timeout=600s"];
        let (outcome, most) = pipe(&home, &exec, &["-o", format]);
        assert!(most < MOST_MEMORY_KIB, "-o {format}: {most} KiB");
        assert!(outcome.stdout.matches("p000").count() >= 499, "-o {format}");
    }
}

#[test]
#[ignore = "gigabytes: make soak"]
fn soak_pages_without_end_end_by_their_deadline_beside_good_clusters() {
    let page = AtomicU64::new(0);
    let endless = serve(move |_, stream| {
        let page = page.fetch_add(1, Ordering::Relaxed);
        let names = (0..500).map(|number| format!("endless-{}", page * 500 + number));
        whole(stream, &table(names, &format!("t{page}")))
    });
    let home = home(&[("endless", endless), ("good", good())]);
    for format in ["name", "table", "csv"] {
        let exec = ["get", "pods", "-A", "--for", format, "--timeout=20s"];
        let (outcome, most) = pipe(&home, &exec, &["-o", format]);
        assert!(most < MOST_MEMORY_KIB, "-o {format}: {most} KiB");
        assert!(outcome.stdout.contains("good-1") && outcome.stdout.contains("good-2"));
        assert_eq!(outcome.status, 3);
    }
}

#[test]
#[ignore = "four gigabytes: make soak"]
fn soak_a_cluster_that_sends_more_than_4_gib_ends_by_name() {
    let page = AtomicU64::new(0);
    let pad = "x".repeat(900_000);
    let endless = serve(move |_, stream| {
        let page = page.fetch_add(1, Ordering::Relaxed);
        let items: Vec<String> = (0..10)
            .map(|number| {
                format!(r#"{{"metadata":{{"name":"e{page}-{number}","annotations":{{"a":"{pad}"}}}}}}"#)
            })
            .collect();
        let body = format!(
            r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{"continue":"t{page}"}},"items":[{}]}}"#,
            items.join(",")
        );
        whole(stream, &body)
    });
    let home = home(&[("endless", endless), ("good", long_list(2, 10))]);
    let exec = ["get", "pods", "-A", "--for", "json", "--timeout=1h", "-v"];
    let (outcome, most) = pipe(&home, &exec, &["-o", "json", "-v"]);
    assert!(most < MOST_MEMORY_KIB, "{most} KiB");
    assert_eq!(outcome.status, 3);
    assert!(
        outcome.stderr.contains("endless has sent more than 4 GiB"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stderr.contains("--field-selector"), "{}", outcome.stderr);
    assert!(outcome.stdout.contains("p000001"));
}

#[test]
#[ignore = "four gigabytes: make soak"]
fn soak_a_watch_of_new_objects_without_end_ends_by_name() {
    let pad = "x".repeat(4 << 20);
    let endless = serve(move |path, stream| {
        begin(stream)?;
        if !path.contains("watch=true") {
            write!(
                stream,
                r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{"resourceVersion":"1"}},"items":[]}}"#
            )?;
            return Err(std::io::ErrorKind::Other.into());
        }
        for number in 2_u64.. {
            writeln!(
                stream,
                r#"{{"type":"ADDED","object":{{"kind":"Pod","metadata":{{"name":"e{number}","uid":"u{number}","resourceVersion":"{number}","annotations":{{"a":"{pad}"}}}}}}}}"#
            )?;
        }
        Ok(())
    });
    let home = home(&[("endless", endless)]);
    let mut command = home.command("mc-exec");
    command.args(["get", "pods", "-A", "-w", "--for", "json", "-v"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut exec = command.spawn().unwrap();
    writeln!(exec.stdin.take().unwrap(), "endless").unwrap();
    let watcher = Watcher::of(&[&exec]);
    let mut lines = BufReader::new(exec.stdout.take().unwrap()).lines();
    let result = lines
        .find_map(|line| line.ok().filter(|line| line.contains(r#""kind":"Result""#)))
        .unwrap();
    let most = watcher.most_kib();
    assert!(most < MOST_MEMORY_KIB, "{most} KiB");
    assert!(result.contains(r#""reason":"Protocol""#), "{result}");
    assert!(result.contains("4096 MiB"), "{result}");
    exec.wait().unwrap();
}

/// Feeds mc-format `count` objects of a cluster, and one of another, and returns what it printed of the first, its stderr,
/// its status, and the most memory that it had in KiB.
fn templated(
    template: &str,
    count: usize,
    object: impl Fn(usize) -> String + Send + 'static,
) -> (String, String, i32, u64) {
    let home = Home::empty();
    let mut command = home.command("mc-format");
    command.args(["-o", template]).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let watcher = Watcher::of(&[&child]);
    let mut input = child.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || {
        let line = |cluster: &str, object: &str| {
            format!(
                "{{\"kind\":\"Object\",\"cluster\":\"{cluster}\",\"resource\":\"pods\",\"name\":\"x\",\"object\":{object}}}\n"
            )
        };
        for number in 0..count {
            input.write_all(line("huge", &object(number)).as_bytes()).unwrap();
        }
        input
            .write_all(line("small", r#"{"metadata":{"name":"good"}}"#).as_bytes())
            .unwrap();
        for cluster in ["huge", "small"] {
            let line = format!("{{\"kind\":\"Result\",\"cluster\":\"{cluster}\",\"ok\":true,\"items\":1}}\n");
            input.write_all(line.as_bytes()).unwrap();
        }
    });
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let (huge, rest): (Vec<&str>, Vec<&str>) = stdout.lines().partition(|line| line.starts_with("huge\t"));
    assert!(rest.len() == 1 && rest[0].contains("good"), "{rest:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    (
        huge.join("\n"),
        stderr,
        output.status.code().unwrap_or(-1),
        watcher.most_kib(),
    )
}

const NAMES: [&str; 4] = [
    r#"jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}"#,
    r#"jsonpath={range .items[?(@.metadata.name)]}{.metadata['name']}{"\n"}{end}"#,
    r#"go-template={{range .items}}{{.metadata.name}}{{"\n"}}{{end}}"#,
    r#"go-template={{range $i, $o := .items}}{{with $o.metadata}}{{.name}}{{"\n"}}{{end}}{{end}}"#,
];

/// A pod of 12 KB.
fn ordinary(number: usize) -> String {
    let env: Vec<String> = (0..150)
        .map(|index| format!(r#"{{"name":"VARIABLE_NUMBER_{index}","value":"the value of variable {index} of pod {number}"}}"#))
        .collect();
    format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p{number}","namespace":"n"}},"spec":{{"containers":[{{"name":"c","env":[{}]}}]}}}}"#,
        env.join(",")
    )
}

/// A megabyte of as many values as it can hold.
fn dense(number: usize) -> String {
    format!(
        r#"{{"metadata":{{"name":"p{number}"}},"x":[{}1]}}"#,
        "[],".repeat(1 << 20)
    )
}

#[test]
fn templates_over_10_mb_print_what_they_print_of_each_object() {
    for template in NAMES {
        let (huge, stderr, status, _) = templated(template, 1000, ordinary);
        let names: Vec<String> = (0..1000).map(|number| format!("huge\tp{number}")).collect();
        assert!(
            huge == names.join("\n") && stderr.is_empty(),
            "{template}: {stderr}"
        );
        assert_eq!(status, 0, "{template}");
    }
}

#[test]
#[ignore = "300 MB: make soak"]
fn soak_templates_over_300_mb_print_every_object() {
    for template in [NAMES[0], NAMES[3]] {
        for (count, object) in [(25_000, ordinary as fn(usize) -> String), (100, dense)] {
            let (huge, stderr, status, most) = templated(template, count, object);
            let names: Vec<String> = (0..count).map(|number| format!("huge\tp{number}")).collect();
            assert!(
                huge == names.join("\n") && stderr.is_empty(),
                "{template}: {stderr}"
            );
            assert_eq!(status, 0, "{template}");
            assert!(most < MOST_MEMORY_KIB, "{template}: {most} KiB");
        }
    }
}

#[test]
#[ignore = "300 MB: make soak"]
fn soak_templates_that_need_all_objects_at_once_have_a_limit() {
    for template in ["jsonpath={.items}", "go-template={{.}}"] {
        let (huge, stderr, status, most) = templated(template, 10_000, ordinary);
        assert!(!huge.is_empty() && stderr.is_empty(), "{template}: {stderr}");
        assert_eq!(status, 0, "{template}");
        assert!(most < MOST_MEMORY_KIB, "{template}: {most} KiB");
        let (huge, stderr, status, most) = templated(template, 100, dense);
        assert!(
            huge.is_empty() && stderr.contains("huge: what it sent is left out"),
            "{template}: {stderr}"
        );
        assert_eq!(status, 3, "{template}");
        assert!(most < MOST_MEMORY_KIB, "{template}: {most} KiB");
    }
}

#[test]
#[ignore = "600 MB: make soak"]
fn soak_objects_of_many_files_have_a_limit() {
    let pad = "x".repeat(60 << 20);
    let large = serve(move |path, stream| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let body = format!(
            r#"{{"kind":"ConfigMap","apiVersion":"v1","metadata":{{"name":"{name}","namespace":"d","annotations":{{"a":"{pad}"}}}}}}"#
        );
        whole(stream, &body)
    });
    let home = home(&[("large", large)]);
    for number in 0..10 {
        let file = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number}, namespace: d}}\n");
        home.write(&format!("files/{number}.yaml"), &file);
    }
    let files = home.path().join("files");
    let exec = [
        "get",
        "-f",
        files.to_str().unwrap(),
        "--for",
        "json",
        "--timeout=600s",
    ];
    let (outcome, most) = pipe(&home, &exec, &["-o", "json", "-v"]);
    assert!(most < MOST_MEMORY_KIB, "{most} KiB");
    assert!(
        outcome
            .stderr
            .contains("the objects of the files come to more than 256 MiB"),
        "{}",
        outcome.stderr
    );
}
