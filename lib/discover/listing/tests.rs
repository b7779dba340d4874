#![allow(clippy::unwrap_used)]

use super::run;
use crate::config::{ClusterMapping, Concurrency, Source};
use crate::discover::cache::{self, CacheKey};
use crate::discover::finding::Finding;
use crate::discover::fleet::Fleet;
use crate::discover::hub::Hub;
use crate::discover::member::Member;
use crate::discover::options::{Files, Limits, Options, Selection};
use crate::exit::{Fatal, Status};
use crate::kubeconfig::Kubeconfig;
use crate::record::Cluster;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

/// Returns the options of a plain `mc-discover` with this cache.
pub fn options(cache: &Path) -> Options {
    Options {
        hubs: Vec::new(),
        sources: vec![Source::ClusterProfile],
        hub_namespace: None,
        placement: None,
        contexts: Vec::new(),
        region: None,
        refresh: false,
        max_stale: Duration::from_secs(24 * 3600),
        cache_ttl: Duration::from_secs(300),
        cache_dir: cache.to_owned(),
        keep: true,
        limits: Limits {
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            total_timeout: None,
            concurrency: Concurrency::default(),
            login_timeout: crate::config::LOGIN_TIMEOUT,
        },
        selection: Selection::default(),
        progress: false,
        skip_unhealthy: false,
    }
}

/// Returns a fleet of one cluster.
pub fn fleet(name: &str) -> Fleet {
    let cluster = Cluster {
        cluster: name.into(),
        hub: Some("hub".into()),
        ..Cluster::default()
    };
    Fleet {
        hub: "hub".into(),
        members: vec![Member::new(&cluster)],
        ..Fleet::default()
    }
}

/// Runs with this kubeconfig and nothing else.
fn run_in(
    options: &Options,
    kubeconfig: &Kubeconfig,
    output: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<Status, Fatal> {
    let files = Files {
        kubeconfig,
        mapping: &ClusterMapping::default(),
    };
    run(options, files, std::io::empty(), output, &mut |finding| {
        complain(&finding.to_string());
    })
}

/// Returns a kubeconfig with a context `hub` for this server.
fn kubeconfig(server: &str) -> Kubeconfig {
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: hub\n\
         contexts: [{{name: hub, context: {{cluster: hub, user: me}}}}]\n\
         clusters: [{{name: hub, cluster: {{server: \"{server}\"}}}}]\n\
         users: [{{name: me, user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, \
         command: /is/not/there, interactiveMode: Never}}}}}}]\n"
    );
    Kubeconfig::from_text(&text, Path::new("config")).unwrap()
}

/// Runs with a hub at this address, and returns the status, stdout and stderr.
fn run_on(options: &Options, server: &str) -> (Result<Status, Fatal>, String, Vec<String>) {
    let (mut output, mut complaints) = (Vec::new(), Vec::new());
    let mut complain = |line: &str| complaints.push(line.to_owned());
    let outcome = run_in(options, &kubeconfig(server), &mut output, &mut complain);
    (outcome, String::from_utf8(output).unwrap(), complaints)
}

/// Caches a fleet for the hub that does not answer, and runs.
fn run_cached(options: &Options, fleet: &Fleet) -> (Result<Status, Fatal>, String, Vec<String>) {
    let server = "https://127.0.0.1:1";
    let hub = Hub::find(None, &kubeconfig(server)).unwrap();
    let key = CacheKey {
        server,
        way: hub.way(),
        source: "clusterprofile",
        namespace: None,
        about: "",
    };
    cache::write(&options.cache_dir, key, fleet, SystemTime::now()).unwrap();
    run_on(options, server)
}

#[test]
fn fresh_cache_needs_no_network() {
    let dir = tempfile::tempdir().unwrap();
    let (outcome, output, complaints) = run_cached(&options(dir.path()), &fleet("a"));
    assert_eq!(outcome.unwrap(), Status::Complete);
    assert_eq!(output, fleet("a").lines());
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[test]
fn cached_findings_are_reported_and_make_the_status_partial() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    let mut partial = fleet("a");
    partial.findings = vec![Finding::missing("x is left out"), Finding::note("a note")];
    let (outcome, output, complaints) = run_cached(&options, &partial);
    assert_eq!((outcome.unwrap(), output), (Status::Partial, fleet("a").lines()));
    assert_eq!(complaints, ["Warning: a note", "x is left out"]);
    partial.members.clear();
    let (outcome, _, _) = run_cached(&options, &partial);
    assert_eq!(outcome.unwrap(), Status::Failed);
}

#[test]
fn selection_applies_to_the_whole_cached_fleet() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    let mut two = fleet("a");
    two.members.extend(fleet("b").members);
    options.selection.clusters = vec!["b".into()];
    assert_eq!(run_cached(&options, &two).1, fleet("b").lines());
    let server = "https://127.0.0.1:1";
    options.selection.clusters = vec!["a".into()];
    assert_eq!(run_on(&options, server).1, fleet("a").lines());
    options.selection.clusters.clear();
    assert_eq!(run_on(&options, server).1, two.lines());
}

#[test]
fn closed_stdout_is_not_a_failure() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    run_cached(&options, &fleet("a")).0.unwrap();
    let kubeconfig = kubeconfig("https://127.0.0.1:1");
    let error = run_in(&options, &kubeconfig, &mut Closed, &mut |_| ()).unwrap_err();
    assert_eq!((error.status, error.message.as_str()), (Status::Complete, ""));
}

#[test]
fn missing_hub_error_says_where_to_name_one() {
    let dir = tempfile::tempdir().unwrap();
    let message = |text: &str| {
        let kubeconfig = Kubeconfig::from_text(text, Path::new("/k")).unwrap();
        let outcome = run_in(&options(dir.path()), &kubeconfig, &mut Vec::new(), &mut |_| ());
        let error = outcome.unwrap_err();
        assert_eq!(error.status, Status::Failed);
        error.message
    };
    let unnamed = message("contexts: [{name: a, context: {cluster: b}}]\n");
    for place in ["--hub-context", "kubectl mc setup", "--source kubeconfig"] {
        assert!(unnamed.contains(place), "{unnamed}");
    }
    assert_eq!(
        message(""),
        "there is no kubeconfig: /k does not exist; name yours with KUBECONFIG or --kubeconfig"
    );
}

/// Starts a server that answers each request with the next of these (status, body) and then ends. Returns its address
/// and, at its end, the requested paths.
fn serve(answers: Vec<(u16, String)>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut paths = Vec::new();
        for (status, body) in answers {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(&stream);
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            paths.push(line.split(' ').nth(1).unwrap_or_default().to_owned());
            while line.trim_end() != "" {
                line.clear();
                reader.read_line(&mut line).unwrap();
            }
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
                 Connection: close\r\n\r\n"
            );
            (&stream).write_all((head + &body).as_bytes()).unwrap();
        }
        paths
    });
    (address, server)
}

fn list(name: &str, token: &str) -> String {
    format!(
        r#"{{"kind":"ClusterProfileList","metadata":{{"continue":"{token}"}},"items":[{{"metadata":{{"name":"{name}"}}}}]}}"#
    )
}

fn status(code: u16, reason: &str) -> String {
    format!(
        r#"{{"kind":"Status","apiVersion":"v1","status":"Failure","message":"no","reason":"{reason}","code":{code}}}"#
    )
}

#[test]
fn hub_without_clusters_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let (address, server) = serve(vec![(
        200,
        r#"{"kind":"ClusterProfileList","items":null}"#.into(),
    )]);
    let (outcome, output, complaints) = run_on(&options(dir.path()), &address);
    let fatal = outcome.unwrap_err();
    assert_eq!((fatal.status, output.as_str()), (Status::Failed, ""));
    assert_eq!(
        fatal.message,
        format!("context \"hub\" ({address}) lists no clusters")
    );
    assert!(complaints.is_empty(), "{complaints:?}");
    server.join().unwrap();
}

#[test]
fn hub_is_listed_in_chunks_and_again_when_it_has_forgotten_the_list() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    options.hub_namespace = Some("fleet".into());
    let (address, server) = serve(vec![
        (200, list("old", "t")),
        (410, status(410, "Expired")),
        (200, list("new", "")),
    ]);
    let (outcome, output, complaints) = run_on(&options, &address);
    assert_eq!(outcome.unwrap(), Status::Complete, "{complaints:?}");
    let new =
        r#"{"kind":"Cluster","cluster":"new","hub":"hub","source":"clusterprofile","health":"Unknown"}"#;
    assert_eq!(output, format!("{new}\n"));
    assert!(complaints.is_empty(), "{complaints:?}");
    let path = "/apis/multicluster.x-k8s.io/v1alpha1/namespaces/fleet/clusterprofiles";
    let paths = [
        format!("{path}?limit=500"),
        format!("{path}?limit=500&continue=t"),
        path.to_owned(),
    ];
    assert_eq!(server.join().unwrap(), paths);

    // The server has ended: the fresh cache does not need it, and an expired one is used instead of it.
    assert_eq!(run_on(&options, &address).1, output);
    options.refresh = true;
    let (outcome, stale, complaints) = run_on(&options, &address);
    assert_eq!((outcome.unwrap(), stale), (Status::Partial, output));
    let start = "Warning: the hub cannot be reached, so this is its fleet from ";
    assert!(complaints[0].starts_with(start), "{complaints:?}");
}

#[test]
fn missing_api_or_permission_of_the_hub_is_explained() {
    let dir = tempfile::tempdir().unwrap();
    for (code, reason, expected) in [
        (
            404,
            "NotFound",
            "does not serve ClusterProfile (multicluster.x-k8s.io/v1alpha1)",
        ),
        (
            403,
            "Forbidden",
            "ask for the permission to list clusterprofiles.multicluster.x-k8s.io in all",
        ),
    ] {
        let (address, server) = serve(vec![(code, status(code, reason))]);
        let message = run_on(&options(dir.path()), &address).0.unwrap_err().message;
        assert!(
            message.contains(expected) && message.contains(&address),
            "{message}"
        );
        server.join().unwrap();
    }
}
