//! etcd and kube-apiserver, started and ready.
//!
//! There is one etcd for all clusters, with a prefix a cluster, and no kubelet, scheduler or controller
//! manager: what the clusters hold is what the fixtures say, and nothing moves.

use std::env;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::http::{self, Answer, Request};
use crate::pki::{self, Authority, Pair};
use crate::reaper::Reaper;

/// An API server needs 3 s of one CPU; this is for several at once on a small, busy machine.
const READY_WITHIN: Duration = Duration::from_secs(180);

/// The users of every cluster, as its token file lists them: token, name, uid, groups. The last two are whom the
/// stand-ins for Google's and Azure's tools log in as; those of `aws` are one a cluster, as its tokens are.
const TOKENS: &str = "\
admin-token,admin,1,\"system:masters\"
viewer-token,viewer,2,\"viewers\"
nobody-token,nobody,3
gke-token,gke-user,4,\"system:masters\"
aks-token,aks-user,5,\"system:masters\"
";

/// Where the servers' binaries are.
pub fn assets() -> PathBuf {
    let folder = env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from).expect(
        "KUBEBUILDER_ASSETS names the folder of kube-apiserver, etcd and kubectl: run `make e2e`, or \
         KUBEBUILDER_ASSETS=$(tests/e2e/servers/build) cargo test --test e2e",
    );
    assert!(
        folder.join("kube-apiserver").is_file(),
        "no kube-apiserver in {}",
        folder.display()
    );
    folder
}

/// A free port on the loopback address. It could be taken before its server binds it, but the kernel hands
/// ephemeral ports out in turn, so that takes a machine in a hurry.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("a bound address")
}

/// Polls `ready` until it holds; a server that ended instead is a panic with the end of its log.
fn wait_until(what: &str, child: &mut Child, log: &Path, mut ready: impl FnMut() -> bool) {
    let start = Instant::now();
    while !ready() {
        let ended = child.try_wait().expect("the child can be asked");
        if ended.is_some() || start.elapsed() > READY_WITHIN {
            let log = fs::read_to_string(log).unwrap_or_default();
            let tail: Vec<&str> = log.lines().rev().take(15).collect();
            let tail: Vec<&str> = tail.into_iter().rev().collect();
            panic!(
                "{what} is not ready after {:?}:\n{}",
                start.elapsed(),
                tail.join("\n")
            );
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn logging_to(command: &mut Command, log: &Path) {
    let file = File::create(log).expect("a log file");
    let again = file.try_clone().expect("a second handle");
    command
        .stdout(Stdio::from(file))
        .stderr(Stdio::from(again))
        .env_clear();
}

/// A running etcd.
pub struct Etcd {
    pub address: SocketAddr,
}

impl Etcd {
    /// Starts etcd with its data under `folder` and waits for it.
    pub fn start(folder: &Path, reaper: &mut Reaper) -> Etcd {
        let address = free_address();
        let url = format!("http://{address}");
        let log = folder.join("etcd.log");
        let mut command = Command::new(assets().join("etcd"));
        command
            .arg(format!("--data-dir={}", folder.join("etcd").display()))
            .arg(format!("--listen-client-urls={url}"))
            .arg(format!("--advertise-client-urls={url}"))
            .arg("--listen-peer-urls=http://127.0.0.1:0")
            .arg("--log-level=warn")
            // The data need not survive a power cut.
            .arg("--unsafe-no-fsync");
        logging_to(&mut command, &log);
        let mut child = reaper.spawn(&mut command);
        let health = Request {
            method: "GET",
            path: "/health",
            headers: &[],
            body: b"",
        };
        wait_until("etcd", &mut child, &log, || {
            http::plain(address, &health).is_ok_and(|answer| answer.status == 200)
        });
        Etcd { address }
    }

    /// A call of etcd's JSON gateway.
    fn call(&self, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let request = Request {
            method: "POST",
            path,
            headers: &[],
            body: body.as_bytes(),
        };
        let answer = http::plain(self.address, &request).expect("etcd answers");
        assert_eq!(
            answer.status,
            200,
            "etcd {path}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        answer.json()
    }

    /// Every key and value below `prefix`.
    pub fn range(&self, prefix: &str) -> Vec<(String, Vec<u8>)> {
        // The end is the prefix with its last byte one higher, which is how etcd spells "starts with".
        let mut end = prefix.as_bytes().to_vec();
        *end.last_mut().expect("a prefix that is not empty") += 1;
        let answer = self.call(
            "/v3/kv/range",
            &json!({"key": BASE64.encode(prefix), "range_end": BASE64.encode(end)}),
        );
        let pairs = answer["kvs"].as_array().cloned().unwrap_or_default();
        let decode = |v: &Value| {
            BASE64
                .decode(v.as_str().unwrap_or_default())
                .expect("etcd's base64")
        };
        pairs
            .iter()
            .map(|kv| {
                (
                    String::from_utf8(decode(&kv["key"])).expect("a UTF-8 key"),
                    decode(&kv["value"]),
                )
            })
            .collect()
    }

    /// Writes one value.
    pub fn put(&self, key: &str, value: &[u8]) {
        self.call(
            "/v3/kv/put",
            &json!({"key": BASE64.encode(key), "value": BASE64.encode(value)}),
        );
    }

    /// Moves on by one revision and forgets the history before it.
    pub fn forget(&self) {
        let answer = self.call(
            "/v3/kv/put",
            &json!({"key": BASE64.encode("/forget"), "value": ""}),
        );
        self.call(
            "/v3/kv/compaction",
            &json!({"revision": answer["header"]["revision"], "physical": true}),
        );
    }
}

/// The user of a request or in a kubeconfig.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// In `system:masters`, by token.
    Admin,
    /// The same by client certificate.
    AdminByCertificate,
    /// May read nearly everything, but no secrets.
    Viewer,
    /// Known, and forbidden everything.
    Nobody,
    /// A token that no cluster knows.
    Stranger,
}

impl User {
    /// The bearer token, if that is how this user comes in.
    pub fn token(self) -> Option<&'static str> {
        match self {
            User::Admin => Some("admin-token"),
            User::AdminByCertificate => None,
            User::Viewer => Some("viewer-token"),
            User::Nobody => Some("nobody-token"),
            User::Stranger => Some("a-token-of-nobody"),
        }
    }
}

/// A running API server.
pub struct ApiServer {
    pub name: &'static str,
    pub address: SocketAddr,
    pub ca: String,
    pub admin: Pair,
    command: Command,
    child: Child,
    log: PathBuf,
    tls: Arc<rustls::ClientConfig>,
}

impl ApiServer {
    /// Starts the API server of cluster `name` in `folder` and does not wait for it.
    pub fn start(name: &'static str, folder: &Path, etcd: &Etcd, reaper: &mut Reaper) -> ApiServer {
        let folder = folder.join(name);
        fs::create_dir(&folder).expect("a folder for the cluster");
        let serving_ca = Authority::new(&format!("{name} serving"));
        let client_ca = Authority::new(&format!("{name} clients"));
        pki::write(&folder, "serving", &serving_ca.serving());
        let tokens = format!("{TOKENS}{name}-token,eks-user,6,\"system:masters\"\n");
        let file = |file: &str, text: &str| {
            let path = folder.join(file);
            fs::write(&path, text).expect("a server's file is written");
            path.display().to_string()
        };

        let address = free_address();
        let log = folder.join("kube-apiserver.log");
        let (private, public) = pki::signing_key();
        let mut command = Command::new(assets().join("kube-apiserver"));
        command
            .arg(format!("--etcd-servers=http://{}", etcd.address))
            .arg(format!("--etcd-prefix=/{name}"))
            // So that the fixtures can be aged in etcd; see `fixtures.rs`.
            .arg("--storage-media-type=application/json")
            .arg("--bind-address=127.0.0.1")
            .arg(format!("--secure-port={}", address.port()))
            .arg(format!("--tls-cert-file={}", folder.join("serving.crt").display()))
            .arg(format!("--tls-private-key-file={}", folder.join("serving.key").display()))
            .arg(format!("--cert-dir={}", folder.display()))
            .arg(format!("--client-ca-file={}", file("clients.crt", &client_ca.cert)))
            .arg(format!("--token-auth-file={}", file("tokens.csv", &tokens)))
            .arg("--authorization-mode=RBAC")
            .arg("--service-account-issuer=https://kubernetes.default.svc")
            .arg(format!("--service-account-key-file={}", file("service-account.pub", &public)))
            .arg(format!("--service-account-signing-key-file={}", file("service-account.key", &private)))
            .arg("--service-cluster-ip-range=10.0.0.0/24")
            // Instead of the machine's own address, which would stand in recorded answers. A loopback address
            // makes no endpoint.
            .arg("--advertise-address=127.0.0.1")
            .arg("--endpoint-reconciler-type=none")
            // No controller makes service accounts, no kubelet readies nodes: neither may be asked for.
            .arg("--disable-admission-plugins=ServiceAccount,TaintNodesByCondition,DefaultTolerationSeconds")
            .arg("--enable-priority-and-fairness=false")
            .arg("--profiling=false")
            .arg("--v=0");
        logging_to(&mut command, &log);
        let child = reaper.spawn(&mut command);
        ApiServer {
            name,
            address,
            tls: http::trusting(&serving_ca.cert),
            ca: serving_ca.cert,
            admin: client_ca.client("admin", "system:masters"),
            command,
            child,
            log,
        }
    }

    /// Kills the server as a crash would.
    pub fn kill(&mut self, reaper: &mut Reaper) {
        reaper.kill(&mut self.child);
    }

    /// Starts it again, with the same address, certificates and data, and waits until it is ready.
    pub fn restart(&mut self, reaper: &mut Reaper) {
        self.child = reaper.spawn(&mut self.command);
        self.wait();
    }

    /// Waits until the server says that it is ready.
    pub fn wait(&mut self) {
        let (address, tls) = (self.address, Arc::clone(&self.tls));
        wait_until(
            &format!("the API server of {}", self.name),
            &mut self.child,
            &self.log,
            || {
                let headers = [("Authorization", "Bearer admin-token")];
                let request = Request {
                    method: "GET",
                    path: "/readyz",
                    headers: &headers,
                    body: b"",
                };
                http::https(address, &tls, &request).is_ok_and(|answer| answer.status == 200)
            },
        );
    }

    /// The server's URL.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// GETs `path` as `user` with exactly this Accept header.
    pub fn get(&self, user: User, path: &str, accept: &str) -> Answer {
        let bearer = format!("Bearer {}", user.token().expect("a user with a token"));
        let headers = [("Authorization", bearer.as_str()), ("Accept", accept)];
        let request = Request {
            method: "GET",
            path,
            headers: &headers,
            body: b"",
        };
        http::https(self.address, &self.tls, &request)
            .unwrap_or_else(|e| panic!("{}: GET {path}: {e}", self.name))
    }
}
