//! The simulated fleet: HTTPS servers on 127.0.0.1 that play a hub and any number of members, from
//! the recorded answers of a real API server, with named faults.
//!
//! ```ignore
//! let fleet = Fleet::start(Spec::new(3).pods(100).fault("2", Fault::HangAccept));
//! // … run something with KUBECONFIG = fleet.kubeconfig() …
//! assert_eq!(fleet.member("prod-eu-1").counters().requests(), 1);
//! ```
//!
//! | file | about |
//! |---|---|
//! | `spec` | what a fleet is to be like |
//! | `faults`, `spoil`, `body` | what goes wrong, in which bodies, and how it is sent |
//! | `recorded`, `items` | the recorded answers, and many objects made from a few |
//! | `answers`, `select`, `status` | from a request to an answer |
//! | `live` | objects that a test changes, and watches of them |
//! | `restarts` | pods that restart by themselves, and watches of what was recorded |
//! | `profiles`, `sources` | the hub's list of members, and other APIs that list them |
//! | `server`, `counters` | connections, and what they asked for |
//! | `certs`, `kubeconfig` | how a client gets there |

#![allow(
    dead_code,
    unused_imports,
    reason = "the example and the tests each use a part of it"
)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a fleet that does not start fails its test"
)]

mod answers;
mod body;
mod certs;
mod counters;
pub mod faults;
mod items;
mod kubeconfig;
mod live;
mod profiles;
mod recorded;
mod restarts;
mod select;
mod server;
mod sources;
pub mod spec;
mod spoil;
mod status;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

pub use counters::{Counters, InFlight, Request};
pub use faults::Fault;
pub use live::Live;
pub use server::Cluster;
pub use spec::{Fixed, HUB, Member, Spec};

use answers::Answers;
use certs::{Authorities, Identity};
use counters::lock;
use kubeconfig::{Credential, Entry};

/// A running fleet; it ends when this is dropped.
#[derive(Debug)]
pub struct Fleet {
    dir: PathBuf,
    /// The hub first.
    clusters: Vec<Arc<Cluster>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Last, so that the folder outlives the servers.
    _temporary: Option<tempfile::TempDir>,
}

impl Fleet {
    /// Starts a fleet, and returns when all of it is listening.
    ///
    /// # Panics
    /// When it cannot.
    pub fn start(spec: Spec) -> Fleet {
        Fleet::try_start(spec).expect("the simulated fleet starts")
    }

    /// Starts a fleet, and returns when all of it is listening.
    ///
    /// # Errors
    /// When the recorded answers cannot be read, a port cannot be had or the folder not be written.
    pub fn try_start(spec: Spec) -> Result<Fleet, String> {
        let temporary = match &spec.dir {
            Some(_) => None,
            None => Some(tempfile::tempdir().map_err(|e| e.to_string())?),
        };
        let dir = spec
            .dir
            .clone()
            .or_else(|| temporary.as_ref().map(|dir| dir.path().to_owned()));
        let dir = dir.unwrap_or_default();
        std::fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let (stop, stopped) = oneshot::channel();
        let (started, start) = mpsc::channel();
        // A thread of its own, so that a test may itself run inside a runtime.
        let thread = std::thread::Builder::new().name("fleet".to_owned()).spawn({
            let dir = dir.clone();
            move || match runtime(spec.threads) {
                Ok(runtime) => runtime.block_on(async move {
                    let _ = started.send(set_up(&spec, &dir).await);
                    let _ = stopped.await;
                }),
                Err(error) => drop(started.send(Err(error))),
            }
        });
        let thread = thread.map_err(|e| e.to_string())?;
        let clusters = start
            .recv()
            .map_err(|_| "the fleet's thread ended".to_owned())??;
        Ok(Fleet {
            dir,
            clusters,
            stop: Some(stop),
            thread: Some(thread),
            _temporary: temporary,
        })
    }

    /// The kubeconfig, with a context for the hub, which is the current one, and each member.
    pub fn kubeconfig(&self) -> PathBuf {
        self.dir.join("kubeconfig")
    }

    /// The fleet's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The hub.
    pub fn hub(&self) -> &Cluster {
        &self.clusters[0]
    }

    /// The members, in order.
    pub fn members(&self) -> impl Iterator<Item = &Cluster> {
        self.clusters.iter().skip(1).map(|cluster| &**cluster)
    }

    /// A member by its name.
    ///
    /// # Panics
    /// When there is none.
    pub fn member(&self, name: &str) -> &Cluster {
        self.members()
            .find(|member| member.name() == name)
            .expect("a member of that name")
    }

    /// How many requests are being answered at a time, by the hub and all members.
    pub fn in_flight(&self) -> &InFlight {
        &self.hub().in_flight
    }

    /// Forgets what all clusters were asked so far.
    pub fn reset_counters(&self) {
        self.in_flight().reset();
        for cluster in &self.clusters {
            cluster.counters().reset();
        }
    }

    /// Writes `counters.json`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_counters(&self) -> std::io::Result<()> {
        let counters: serde_json::Map<_, _> = self
            .clusters
            .iter()
            .map(|c| (c.name().to_owned(), c.counters().to_json()))
            .collect();
        std::fs::write(
            self.dir.join("counters.json"),
            serde_json::Value::from(counters).to_string() + "\n",
        )
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn runtime(threads: usize) -> Result<Runtime, String> {
    let mut builder = match threads {
        0 | 1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    if threads > 1 {
        builder.worker_threads(threads);
    }
    builder.enable_all().build().map_err(|e| e.to_string())
}

/// A cluster's port, before anybody serves it.
enum Port {
    Open(TcpListener),
    /// Kept, so that no other program gets the port, and never served.
    Closed(TcpSocket),
    Silent(TcpListener, Vec<TcpStream>),
}

impl Port {
    async fn open(fault: Fault) -> std::io::Result<(u16, Port)> {
        /// Enough for every client of a benchmark to come at once.
        const BACKLOG: u32 = 1024;
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        let address = socket.local_addr()?;
        let port = match fault {
            Fault::Refuse => Port::Closed(socket),
            Fault::HangAccept => Port::Silent(socket.listen(BACKLOG)?, Vec::new()),
            Fault::HangConnect => {
                // With the queue full the kernel drops every further SYN.
                let listener = socket.listen(1)?;
                let mut queue = Vec::new();
                while let Ok(stream) =
                    tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await
                {
                    queue.push(stream?);
                }
                Port::Silent(listener, queue)
            }
            _ => Port::Open(socket.listen(BACKLOG)?),
        };
        Ok((address.port(), port))
    }
}

async fn set_up(spec: &Spec, dir: &Path) -> Result<Vec<Arc<Cluster>>, String> {
    let index = recorded::Index::read(spec.recorded.as_deref())?;
    let mut of_member = index.recordings("member");
    if let Some(resource) = of_member.resources.get_mut("/api/v1/pods") {
        let mut items = std::mem::take(&mut resource.items);
        if let Some(bytes) = spec.pod_bytes {
            items = items.enlarged(bytes);
        }
        if let Some(pods) = spec.pods {
            items = items.multiplied(pods);
        }
        resource.items = items;
    }
    let of_member = Arc::new(Answers::new(of_member));
    let authorities = Authorities::new();
    let hub = Member {
        fault: spec.hub_fault,
        ..Member::new(HUB)
    };

    let mut sockets = tokio::task::JoinSet::new();
    let everybody: Vec<&Member> = std::iter::once(&hub).chain(&spec.members).collect();
    for (index, member) in everybody.iter().enumerate() {
        let fault = member.fault;
        sockets.spawn(async move { (index, Port::open(fault).await) });
    }
    let mut ports = sockets.join_all().await;
    ports.sort_by_key(|(index, _)| *index);
    let mut open = Vec::new();
    for ((_, port), member) in ports.into_iter().zip(&everybody) {
        let (number, port) = port.map_err(|e| format!("a port for {}: {e}", member.name))?;
        let scheme = if member.fault == Fault::Http {
            "http"
        } else {
            "https"
        };
        let identity = authorities.identity(member.fault, spec.ca_per_member, member.client_certificate);
        open.push((format!("{scheme}://127.0.0.1:{number}"), port, identity));
    }

    let mut of_hub = index.recordings("hub");
    profiles::install(&mut of_hub, fleet_profiles(spec, &open));
    let of_hub = Arc::new(Answers::new(of_hub));

    let mut fixed = spec.fixed.clone();
    if spec.every_source {
        let members = spec.members.iter().zip(open.iter().skip(1));
        fixed.extend(sources::answers(members.map(
            |(member, (server, _, identity))| (member, server.as_str(), identity.ca_pem.as_str()),
        )));
    }

    let hub_server = open
        .first()
        .map(|(server, ..)| server.clone())
        .unwrap_or_default();
    let in_flight = Arc::<InFlight>::default();
    let mut clusters = Vec::new();
    let mut identities = Vec::new();
    for (index, (member, (server, port, identity))) in everybody.iter().zip(open).enumerate() {
        let cluster = Arc::new(Cluster {
            name: member.name.clone(),
            server,
            token: format!("{}-token", member.name),
            tokens: member.tokens.clone(),
            client_certificate: member.client_certificate,
            counters: Counters::default(),
            in_flight: Arc::clone(&in_flight),
            fault: Mutex::new(member.fault),
            throttled: AtomicU32::new(0),
            latency: spec.latency,
            fixed: fixed
                .iter()
                .filter(|fixed| fixed.cluster == member.name)
                .cloned()
                .collect(),
            record: spec.record_requests,
            live: Live::default(),
            restarts: restarts::Restarts::default(),
            redirect_to: hub_server.clone(),
            answers: if index == 0 {
                of_hub.clone()
            } else {
                of_member.clone()
            },
        });
        let plain = matches!(member.fault, Fault::Http | Fault::NotTls);
        let tls = (!plain).then(|| TlsAcceptor::from(identity.tls.clone()));
        tokio::spawn(run(cluster.clone(), port, tls));
        tokio::spawn(restarts::run(cluster.clone(), spec.restarts));
        clusters.push(cluster);
        identities.push(identity);
    }
    write_kubeconfig(dir, &everybody, &clusters, &identities, &authorities)?;
    Ok(clusters)
}

async fn run(cluster: Arc<Cluster>, port: Port, tls: Option<TlsAcceptor>) {
    match port {
        Port::Open(listener) => server::serve(cluster, listener, tls).await,
        kept @ (Port::Closed(_) | Port::Silent(..)) => {
            std::future::pending::<()>().await;
            drop(kept);
        }
    }
}

fn fleet_profiles(spec: &Spec, open: &[(String, Port, Identity)]) -> Vec<String> {
    let mut profiles = Vec::new();
    for (number, (member, (server, _, identity))) in spec.members.iter().zip(open.iter().skip(1)).enumerate()
    {
        let ca = STANDARD.encode(&identity.ca_pem);
        let access = match (&member.access_providers, &spec.access_provider) {
            (Some(json), _) => Some(json.replace("@server@", server).replace("@ca@", &ca)),
            (None, Some(provider)) => Some(profiles::access(provider, server, &ca)),
            (None, None) => None,
        };
        let manager = spec.manager();
        profiles.push(profiles::profile(number + 1, member, manager, access.as_deref()));
    }
    profiles.extend(spec.extra_profiles.iter().cloned());
    profiles
}

fn write_kubeconfig(
    dir: &Path,
    members: &[&Member],
    clusters: &[Arc<Cluster>],
    identities: &[Identity],
    authorities: &Authorities,
) -> Result<(), String> {
    let mut entries = Vec::new();
    for ((member, cluster), identity) in members.iter().zip(clusters).zip(identities) {
        if !member.context {
            continue;
        }
        let credential = match member.client_certificate {
            true => Credential::Certificate(authorities.client()),
            false => Credential::Token(&cluster.token),
        };
        let https = *lock(&cluster.fault) != Fault::Http;
        let ca_pem = https.then_some(identity.ca_pem.as_str());
        entries.push(Entry {
            name: &cluster.name,
            server: &cluster.server,
            ca_pem,
            credential,
        });
    }
    let path = dir.join("kubeconfig");
    std::fs::write(&path, kubeconfig::render(&entries, HUB))
        .map_err(|e| format!("{}: {e}", path.display()))?;
    // kubectl warns about a kubeconfig that others may read.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&path, private).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}
