//! Tests of the simulator itself, with the smallest client there is.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use super::answers::{Answers, Form};
use super::faults::{FAULTS, Fault, parse_duration};
use super::recorded::Index;
use super::{Cluster, Fleet, Spec};

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/// A response; its body as far as it came.
#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
    /// The connection ended as TLS wants it.
    clean: bool,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The names in a Table.
    fn names(&self) -> Vec<String> {
        let json = self.json();
        let rows = json["rows"].as_array().expect("rows").iter();
        let name = |row: &Value| {
            row["object"]["metadata"]["name"]
                .as_str()
                .expect("a name")
                .to_owned()
        };
        rows.map(name).collect()
    }
}

/// Asks as the kubeconfig says, in HTTP/1.0, which has no chunks to take apart.
fn get(fleet: &Fleet, cluster: &Cluster, path: &str, headers: &[(&str, &str)]) -> Result<Reply, String> {
    let kubeconfig = std::fs::read_to_string(fleet.kubeconfig()).expect("a kubeconfig");
    let kubeconfig: Value = serde_yaml::from_str(&kubeconfig).expect("YAML");
    let entry = |list: &str, key: &str| {
        let list = kubeconfig[list].as_array().expect("a list");
        list.iter()
            .find(|entry| entry["name"] == cluster.name())
            .expect("an entry")[key]
            .clone()
    };
    let (server, user) = (entry("clusters", "cluster"), entry("users", "user"));
    let address = server["server"].as_str().expect("a server");
    let mut request = format!("GET {path} HTTP/1.0\r\n");
    if let Some(token) = user["token"].as_str()
        && !headers.iter().any(|(name, _)| *name == "Authorization")
    {
        request += &format!("Authorization: Bearer {token}\r\n");
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += "\r\n";

    let stream = |host: &str| -> Result<TcpStream, String> {
        let address = host.parse().expect("an address");
        let stream = TcpStream::connect_timeout(&address, Duration::from_millis(500));
        let stream = stream.map_err(|e| format!("connect: {:?}", e.kind()))?;
        stream
            .set_read_timeout(Some(Duration::from_millis(500)))
            .expect("a timeout");
        Ok(stream)
    };
    if let Some(host) = address.strip_prefix("http://") {
        let mut stream = stream(host)?;
        stream.write_all(request.as_bytes()).map_err(|e| e.to_string())?;
        return reply(&mut stream);
    }
    let pem = |value: &Value| STANDARD.decode(value.as_str().expect("base64")).expect("base64");
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(&pem(&server["certificate-authority-data"])).expect("PEM");
    roots.add(ca).expect("a CA");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    let config = if user["client-key-data"].is_string() {
        let certificate =
            CertificateDer::from_pem_slice(&pem(&user["client-certificate-data"])).expect("PEM");
        let key = PrivateKeyDer::from_pem_slice(&pem(&user["client-key-data"])).expect("PEM");
        config
            .with_client_auth_cert(vec![certificate], key)
            .expect("a client certificate")
    } else {
        config.with_no_client_auth()
    };
    let host = ServerName::try_from("127.0.0.1").expect("a name");
    let connection = ClientConnection::new(Arc::new(config), host).expect("a connection");
    let stream = stream(address.strip_prefix("https://").expect("https"))?;
    let mut stream = StreamOwned::new(connection, stream);
    stream
        .write_all(request.as_bytes())
        .map_err(|e| format!("{:?}: {e}", e.kind()))?;
    reply(&mut stream)
}

fn reply(stream: &mut impl std::io::Read) -> Result<Reply, String> {
    /// More than any honest answer here.
    const LIMIT: u64 = 64 << 20;
    let mut bytes = Vec::new();
    let end = stream.take(LIMIT).read_to_end(&mut bytes);
    let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Err(end.map_or_else(|e| format!("{:?}", e.kind()), |_| "no head".to_owned()));
    };
    let head = String::from_utf8_lossy(&bytes[..at]).to_lowercase();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .expect("a status");
    Ok(Reply {
        status,
        body: bytes[at + 4..].to_vec(),
        head,
        clean: end.is_ok(),
    })
}

fn pods(fleet: &Fleet, cluster: &Cluster) -> Result<Reply, String> {
    get(fleet, cluster, "/api/v1/pods?limit=500", &[("Accept", TABLE)])
}

fn with_fault(name: &str) -> Fleet {
    Fleet::start(Spec::named(&["one"]).fault("one", name.parse().expect("a fault")))
}

/// Continue tokens are the server's own affair.
fn without_token(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body).into_owned();
    let Some((head, tail)) = text.split_once(r#""continue":""#) else {
        return text;
    };
    let tail = tail.split_once('"').map_or("", |(_, tail)| tail);
    format!("{head}\"continue\":\"…\"{tail}")
}

/// Fails with the place at which two bodies part, as they are long.
fn same(given: &[u8], recorded: &[u8], file: &str) {
    let (given, recorded) = (without_token(given), without_token(recorded));
    if given != recorded {
        let at = given
            .bytes()
            .zip(recorded.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        let around = |text: &str| {
            String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(80)..])
                .chars()
                .take(160)
                .collect::<String>()
        };
        panic!(
            "{file} differs at byte {at}:\n   given: {}\nrecorded: {}",
            around(&given),
            around(&recorded)
        );
    }
}

#[test]
fn recorded_answers_are_served_byte_for_byte() {
    let index = Index::read(None).unwrap();
    let mut compared = 0;
    for role in ["member", "hub"] {
        let answers = Answers::new(index.recordings(role));
        for recorded in index.answers.iter().filter(|answer| answer.cluster == role) {
            let Some(form) = Form::of_accept(&recorded.accept) else {
                continue;
            };
            // Rights and expired tokens are checked elsewhere.
            if [401, 403, 410].contains(&recorded.status) {
                continue;
            }
            let given = answers.answer(&recorded.path, form);
            assert_eq!(
                given.status, recorded.status,
                "{} {}",
                recorded.path, recorded.file
            );
            same(&given.body, &recorded.body, &recorded.file);
            for (name, value) in &recorded.headers {
                let given = given.headers.iter().find(|(given, _)| given.as_str() == name);
                let given = given.map(|(_, value)| value.to_str().unwrap());
                assert_eq!(given, Some(value.as_str()), "{name} of {}", recorded.path);
            }
            compared += 1;
        }
    }
    assert!(compared > 80, "only {compared} answers were compared");
}

#[test]
fn recorded_refusals_are_served() {
    let index = Index::read(None).unwrap();
    let fleet = Fleet::start(
        Spec::new(4)
            .fault("1", Fault::Forbidden)
            .fault("3", Fault::ExpireContinue),
    );
    let mut refusals: Vec<_> = index
        .answers
        .iter()
        .filter(|answer| [401, 403, 406, 410].contains(&answer.status))
        .collect();
    refusals.sort_by_key(|answer| answer.status);
    assert!(
        refusals
            .iter()
            .map(|answer| answer.status)
            .eq([401, 403, 403, 403, 406, 410])
    );
    for recorded in refusals {
        let (cluster, token) = match recorded.status {
            403 => ("prod-eu-1", "Bearer prod-eu-1-token"),
            410 => ("dev-eu-3", "Bearer dev-eu-3-token"),
            406 => ("prod-us-2", "Bearer prod-us-2-token"),
            _ => ("prod-us-2", "Bearer nobody's"),
        };
        let headers = [("Accept", recorded.accept.as_str()), ("Authorization", token)];
        let reply = get(&fleet, fleet.member(cluster), &recorded.path, &headers).unwrap();
        assert_eq!(reply.status, recorded.status);
        let user = recorded.user.as_deref().unwrap_or("nobody");
        let given = reply.text().replace("prod-eu-1-user", user);
        same(given.as_bytes(), &recorded.body, &recorded.file);
    }
}

#[test]
fn fleet_serves_the_clusters_of_its_kubeconfig() {
    let fleet = Fleet::start(Spec::new(4).pods(30));
    for member in fleet.members() {
        let reply = pods(&fleet, member).unwrap();
        assert_eq!(
            (reply.status, reply.names().len()),
            (200, 30),
            "{}",
            member.name()
        );
        assert_eq!(member.counters().requests(), 1);
        assert_eq!(member.counters().connections(), 1);
        assert_eq!(member.counters().bytes(), reply.body.len() as u64);
        assert_eq!(member.counters().seen()[0].header("accept"), Some(TABLE));
    }
    let path = "/apis/multicluster.x-k8s.io/v1alpha1/clusterprofiles";
    let hub = get(&fleet, fleet.hub(), path, &[]).unwrap().json();
    let names: Vec<_> = hub["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["dev-eu-3", "prod-eu-1", "prod-us-2", "test-us-4"]);
    // Every cluster has its own users, and a member does not serve the hub's API.
    let stranger = [("Authorization", "Bearer hub-token")];
    assert_eq!(
        get(&fleet, fleet.member("prod-eu-1"), "/version", &stranger)
            .unwrap()
            .status,
        401
    );
    assert_eq!(
        get(&fleet, fleet.member("prod-eu-1"), path, &[]).unwrap().status,
        404
    );
}

#[test]
fn chunks_add_up_to_the_whole_list() {
    let fleet = Fleet::start(Spec::named(&["one"]).pods(1234));
    let member = fleet.member("one");
    let whole = get(&fleet, member, "/api/v1/pods", &[("Accept", TABLE)])
        .unwrap()
        .names();
    assert_eq!(whole.len(), 1234);
    let mut chunked = Vec::new();
    let mut token = String::new();
    loop {
        let path = format!("/api/v1/pods?limit=500&continue={token}");
        let reply = get(&fleet, member, &path, &[("Accept", TABLE)]).unwrap();
        chunked.extend(reply.names());
        let json = reply.json();
        token = json["metadata"]["continue"].as_str().unwrap_or("").to_owned();
        let remaining = json["metadata"]["remainingItemCount"].as_u64().unwrap_or(0);
        assert_eq!(remaining as usize, 1234 - chunked.len());
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(chunked, whole);
}

#[test]
fn selectors_select_objects() {
    let fleet = Fleet::start(Spec::named(&["one"]));
    let ask = |query: &str| {
        let path = format!("/api/v1/pods?{query}");
        get(&fleet, fleet.member("one"), &path, &[("Accept", TABLE)]).unwrap()
    };
    let all = ask("").names().len();
    let (with, without) = (
        ask("labelSelector=app").names().len(),
        ask("labelSelector=%21app").names().len(),
    );
    assert_eq!(with + without, all);
    assert!(with > 0 && without > 0);
    let web = ask("labelSelector=app+in+(web,cart)").names().len();
    assert!(
        web > 0
            && web
                == ask("labelSelector=app%3Dweb").names().len()
                    + ask("labelSelector=app==cart").names().len()
    );
    assert_eq!(ask("labelSelector=app+notin+(web,cart)").names().len(), all - web);
    assert_eq!(
        ask("labelSelector=app!%3Dweb,app!%3Dcart").names().len(),
        all - web
    );
    assert_eq!(ask("fieldSelector=metadata.name%3Dcart-0").names(), ["cart-0"]);
    let running = ask("fieldSelector=status.phase%3DRunning").names().len();
    assert_eq!(
        running + ask("fieldSelector=status.phase!%3DRunning").names().len(),
        all
    );
    assert_eq!(ask("labelSelector=a%3Db%3Dc").status, 400);
}

#[test]
fn discovery_document_etag_gives_304() {
    let fleet = Fleet::start(Spec::named(&["one"]));
    let accept = (
        "Accept",
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
    );
    let first = get(&fleet, fleet.member("one"), "/apis", &[accept]).unwrap();
    let etag = first
        .head
        .lines()
        .find_map(|line| line.strip_prefix("etag: "))
        .unwrap()
        .to_uppercase();
    let again = get(
        &fleet,
        fleet.member("one"),
        "/apis",
        &[accept, ("If-None-Match", &etag)],
    )
    .unwrap();
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[test]
fn long_bodies_are_gzipped() {
    let fleet = Fleet::start(Spec::named(&["one"]).pods(500));
    let headers = [("Accept", TABLE), ("Accept-Encoding", "gzip")];
    let reply = get(&fleet, fleet.member("one"), "/api/v1/pods", &headers).unwrap();
    assert!(reply.head.contains("content-encoding: gzip"));
    let mut body = String::new();
    flate2::read::GzDecoder::new(&*reply.body)
        .read_to_string(&mut body)
        .unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&body).unwrap()["rows"]
            .as_array()
            .unwrap()
            .len(),
        500
    );
    let short = get(&fleet, fleet.member("one"), "/api/v1/nodes", &headers).unwrap();
    assert!(!short.head.contains("content-encoding"));
}

#[test]
fn connection_faults() {
    let outcome = |fault: &str| {
        let fleet = with_fault(fault);
        pods(&fleet, fleet.member("one")).map(|reply| reply.status)
    };
    assert_eq!(outcome("refuse"), Err("connect: ConnectionRefused".to_owned()));
    assert_eq!(outcome("hang-connect"), Err("connect: TimedOut".to_owned()));
    for fault in ["hang-accept", "hang-tls", "hang-headers"] {
        assert!(outcome(fault).unwrap_err().starts_with("WouldBlock"), "{fault}");
    }
    for (fault, reason) in [
        ("unknown-ca", "BadSignature"),
        ("expired-certificate", "expired"),
        ("wrong-host", "not valid for name"),
    ] {
        let error = outcome(fault).unwrap_err();
        assert!(
            error.contains(reason) || error.contains("UnknownIssuer"),
            "{fault}: {error}"
        );
    }
    assert_eq!(outcome("http"), Ok(200));
    assert!(outcome("not-tls").is_err());
    assert!(outcome("reset").is_err());
    let fleet = with_fault("reset-once");
    assert!(pods(&fleet, fleet.member("one")).is_err());
    assert_eq!(pods(&fleet, fleet.member("one")).unwrap().status, 200);
}

#[test]
fn status_faults() {
    let told = [
        ("unauthorized", 401),
        ("forbidden", 403),
        ("not-found", 404),
        ("error", 500),
        ("unavailable", 503),
        ("redirect", 302),
        ("throttle", 429),
        ("none", 200),
        ("slow:10ms", 200),
        ("not-acceptable", 200),
    ];
    for (fault, status) in told {
        let fleet = with_fault(fault);
        let reply = pods(&fleet, fleet.member("one")).unwrap();
        assert_eq!(reply.status, status, "{fault}");
        assert_eq!(reply.head.contains("retry-after: 1"), status == 429);
        assert_eq!(reply.text().contains("PodList"), fault == "not-acceptable");
    }
    let fleet = with_fault("throttle:2");
    let statuses: Vec<_> = (0..3)
        .map(|_| pods(&fleet, fleet.member("one")).unwrap().status)
        .collect();
    assert_eq!(statuses, [429, 429, 200]);
}

#[test]
fn body_faults() {
    let good = {
        let fleet = with_fault("none");
        pods(&fleet, fleet.member("one")).unwrap().body
    };
    for fault in ["hang-body", "reset-body", "truncated"] {
        let fleet = with_fault(fault);
        let reply = pods(&fleet, fleet.member("one")).unwrap();
        assert_eq!(reply.body, good[..good.len() / 2], "{fault}");
        assert!(!reply.clean, "{fault}");
    }
    let reply = |fault: &str| {
        let fleet = with_fault(fault);
        pods(&fleet, fleet.member("one")).unwrap()
    };
    let parses = |reply: &Reply| serde_json::from_slice::<Value>(&reply.body).is_ok();
    assert!(reply("endless").body.len() > 4 * good.len());
    assert!(!parses(&reply("invalid-json")));
    // Too deep for this parser, which is the point of it.
    assert!(!parses(&reply("deep-json")));
    assert!(reply("wrong-cells").json()["rows"].as_array().unwrap().len() > 6);
    assert_eq!(
        reply("duplicate-keys").json(),
        serde_json::from_slice::<Value>(&good).unwrap()
    );
    let bomb = reply("gzip-bomb");
    assert!(bomb.head.contains("content-encoding: gzip") && bomb.body.len() < 16 << 20);
    let unzipped = std::io::copy(
        &mut flate2::read::GzDecoder::new(&*bomb.body).take(64 << 20),
        &mut std::io::sink(),
    );
    assert_eq!(unzipped.unwrap(), 64 << 20);
}

#[test]
fn fault_names_parse_back() {
    for (name, fault) in FAULTS {
        assert_eq!(name.parse::<Fault>().as_ref(), Ok(fault));
        assert_eq!(fault.to_string().parse::<Fault>().as_ref(), Ok(fault));
    }
    assert_eq!("slow:250ms".parse(), Ok(Fault::Slow(Duration::from_millis(250))));
    assert!("slow:fast".parse::<Fault>().is_err());
    assert!("refuse:1".parse::<Fault>().is_err());
    assert_eq!(parse_duration("2m"), Ok(Duration::from_secs(120)));
    let spec = Spec::new(12);
    assert_eq!(spec.targets("prod-eu-1,member-3,5-7"), Ok(vec![0, 2, 4, 5, 6]));
    assert!(spec.targets("13").is_err());
}
