//! Serves metrics in Prometheus' text format and health over plain HTTP: `/metrics`, `/healthz`, `/readyz`.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// The most connections at once; more have to wait.
const MAX_CONNECTIONS: usize = 32;

/// The time that a client may take to send a request's headers.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);

/// The longest time that a connection is kept, idle or not.
const CONNECTION_WITHIN: Duration = Duration::from_secs(60);

/// The result of reconciling a profile.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReconcileResult {
    /// Its status was applied.
    Applied,
    /// Its status was right.
    Unchanged,
    /// It has no ManagedCluster.
    Orphan,
    /// The API server refused it or did not answer.
    Failed,
}

/// The metrics.
#[derive(Debug, Default)]
pub struct Metrics {
    applied: AtomicU64,
    unchanged: AtomicU64,
    orphans: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
    removed: AtomicU64,
    clusters: AtomicU64,
    profiles: AtomicU64,
    leader: AtomicBool,
    ready: AtomicBool,
}

impl Metrics {
    /// Counts a profile that was reconciled.
    pub fn count(&self, outcome: ReconcileResult) {
        let counter = match outcome {
            ReconcileResult::Applied => &self.applied,
            ReconcileResult::Unchanged => &self.unchanged,
            ReconcileResult::Orphan => &self.orphans,
            ReconcileResult::Failed => &self.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Sets the number of values that are not published.
    pub fn set_refused(&self, values: usize) {
        self.refused.store(values as u64, Ordering::Relaxed);
    }

    /// Counts a profile whose properties another writer removed.
    pub fn count_removed(&self) {
        self.removed.fetch_add(1, Ordering::Relaxed);
    }

    /// Sets the numbers of watched ManagedClusters and ClusterProfiles.
    pub fn set_watched(&self, clusters: usize, profiles: usize) {
        self.clusters.store(clusters as u64, Ordering::Relaxed);
        self.profiles.store(profiles as u64, Ordering::Relaxed);
    }

    /// Sets whether this replica is the leader.
    pub fn set_leader(&self, leads: bool) {
        self.leader.store(leads, Ordering::Relaxed);
    }

    /// Makes `/readyz` succeed: the API server has answered.
    pub fn set_ready(&self) {
        self.ready.store(true, Ordering::Relaxed);
    }

    fn text(&self) -> String {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut text = String::new();
        let mut metric = |name: &str, kind: &str, help: &str, samples: &[(&str, u64)]| {
            let name = format!("mc_enrich_{name}");
            // Writing to a String does not fail.
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
            for (labels, value) in samples {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        };
        metric(
            "reconciles_total",
            "counter",
            "ClusterProfiles reconciled, by result.",
            &[
                ("{result=\"applied\"}", get(&self.applied)),
                ("{result=\"unchanged\"}", get(&self.unchanged)),
                ("{result=\"orphan\"}", get(&self.orphans)),
                ("{result=\"error\"}", get(&self.failed)),
            ],
        );
        let refused = get(&self.refused);
        metric(
            "refused_values",
            "gauge",
            "Values that are not published, as the API or a command line would not take them.",
            &[("", refused)],
        );
        let removed = get(&self.removed);
        metric(
            "removed_properties_total",
            "counter",
            "Times that another writer removed properties.",
            &[("", removed)],
        );
        metric(
            "managed_clusters",
            "gauge",
            "ManagedClusters watched.",
            &[("", get(&self.clusters))],
        );
        metric(
            "cluster_profiles",
            "gauge",
            "ClusterProfiles watched.",
            &[("", get(&self.profiles))],
        );
        let leads = u64::from(self.leader.load(Ordering::Relaxed));
        metric("leader", "gauge", "Whether this replica leads.", &[("", leads)]);
        let version = concat!("{version=\"", env!("CARGO_PKG_VERSION"), "\"}");
        metric(
            "build_info",
            "gauge",
            "The version that is running.",
            &[(version, 1)],
        );
        text
    }

    /// Answers a request.
    fn answer(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        let (status, body) = match (method, path) {
            (&Method::GET | &Method::HEAD, "/metrics") => (StatusCode::OK, self.text()),
            (&Method::GET | &Method::HEAD, "/healthz") => (StatusCode::OK, "ok\n".into()),
            (&Method::GET | &Method::HEAD, "/readyz") => match self.ready.load(Ordering::Relaxed) {
                true => (StatusCode::OK, "ok\n".into()),
                false => (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "the API server has not answered yet\n".into(),
                ),
            },
            (_, "/metrics" | "/healthz" | "/readyz") => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
            _ => (
                StatusCode::NOT_FOUND,
                "there are /metrics, /healthz and /readyz\n".into(),
            ),
        };
        let mut response = Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let text = match path {
            "/metrics" => "text/plain; version=0.0.4; charset=utf-8",
            _ => "text/plain; charset=utf-8",
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(text));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}

/// Binds an address. Returns the actual address (port 0 stands for any) and the server, which never ends.
///
/// # Errors
/// The address cannot be bound.
pub async fn bind(
    address: SocketAddr,
    metrics: Arc<Metrics>,
) -> std::io::Result<(SocketAddr, impl Future<Output = ()> + Send)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok((address, serve(listener, metrics)))
}

async fn serve(listener: TcpListener, metrics: Arc<Metrics>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            // Most likely out of file descriptors: don't spin.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let metrics = Arc::clone(&metrics);
        tokio::spawn(async move {
            let service = service_fn(|request: Request<hyper::body::Incoming>| {
                let response = metrics.answer(request.method(), request.uri().path());
                async move { Ok::<_, Infallible>(response) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS_WITHIN)
                .serve_connection(TokioIo::new(stream), service);
            // Clients that go away or are too slow are no error of ours.
            let _ = tokio::time::timeout(CONNECTION_WITHIN, connection).await;
            drop(place);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn served_paths_and_statuses() {
        let metrics = Metrics::default();
        let status = |method, path| metrics.answer(&method, path).status().as_u16();
        assert_eq!(status(Method::GET, "/healthz"), 200);
        assert_eq!(status(Method::GET, "/readyz"), 503);
        metrics.set_ready();
        assert_eq!(status(Method::GET, "/readyz"), 200);
        assert_eq!(status(Method::HEAD, "/metrics"), 200);
        assert_eq!(status(Method::POST, "/metrics"), 405);
        assert_eq!(status(Method::GET, "/"), 404);
    }

    #[test]
    fn metrics_have_help_and_type_lines() {
        let metrics = Metrics::default();
        metrics.count(ReconcileResult::Applied);
        metrics.count(ReconcileResult::Applied);
        metrics.set_refused(3);
        metrics.set_leader(true);
        let text = metrics.text();
        assert!(
            text.contains("mc_enrich_reconciles_total{result=\"applied\"} 2\n"),
            "{text}"
        );
        assert!(text.contains("mc_enrich_refused_values 3\n"), "{text}");
        assert!(text.contains("mc_enrich_leader 1\n"), "{text}");
        let mut known = "";
        for line in text.lines() {
            match line.strip_prefix("# TYPE ") {
                Some(rest) => known = rest.split(' ').next().unwrap_or_default(),
                None => assert!(line.starts_with("# HELP ") || line.starts_with(known), "{line}"),
            }
        }
    }
}
