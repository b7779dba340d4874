#![allow(clippy::unwrap_used)]
use super::*;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// An API server that has one lease at most.
#[derive(Default)]
struct Server {
    lease: Option<Value>,
    version: u64,
    is_down: bool,
    hangs: bool,
}

impl Server {
    fn answer(&mut self, method: &Method, body: &[u8]) -> (u16, Value) {
        let failure = |code: u16, reason: &str| {
            let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code,
                "reason": reason, "message": reason});
            (code, status)
        };
        let sent: Value = serde_json::from_slice(body).unwrap_or_default();
        let version = self.version.to_string();
        match (method, &self.lease) {
            (&Method::GET, None) => failure(404, "NotFound"),
            (&Method::GET, Some(lease)) => (200, lease.clone()),
            (&Method::POST, Some(_)) => failure(409, "AlreadyExists"),
            (&Method::PUT, _) if sent["metadata"]["resourceVersion"] != version => failure(409, "Conflict"),
            _ => {
                self.version += 1;
                let mut lease = sent;
                lease["metadata"]["resourceVersion"] = json!(self.version.to_string());
                self.lease = Some(lease.clone());
                (200, lease)
            }
        }
    }
}

type Shared = Arc<Mutex<Server>>;

fn candidate(server: &Shared, identity: &str) -> Elector {
    let server = Arc::clone(server);
    let service = tower::service_fn(move |request: Request<kube::client::Body>| {
        let server = Arc::clone(&server);
        async move {
            let method = request.method().clone();
            let body = request.into_body().collect_bytes().await?;
            if server.lock().unwrap().hangs {
                std::future::pending::<()>().await;
            }
            if server.lock().unwrap().is_down {
                return Err(tower::BoxError::from("connection refused"));
            }
            let (code, answer) = server.lock().unwrap().answer(&method, &body);
            let body = Full::new(Bytes::from(answer.to_string()));
            Ok(Response::builder().status(code).body(body)?)
        }
    });
    Elector::new(kube::Client::new(service, "ns"), options(), identity.into())
}

fn held_by(server: &Shared) -> Value {
    server.lock().unwrap().lease.as_ref().unwrap()["spec"]["holderIdentity"].clone()
}

#[tokio::test(start_paused = true)]
async fn another_takes_over_when_the_holder_is_silent_and_not_before() {
    let server = Shared::default();
    let (mut first, mut second) = (candidate(&server, "first"), candidate(&server, "second"));
    first.acquire(|| ()).await;
    assert_eq!(held_by(&server), "first");
    // As long as it renews, nobody takes it.
    let waiting = tokio::time::timeout(Duration::from_secs(100), second.acquire(|| ()));
    tokio::select! {
        biased;
        () = first.hold() => unreachable!("it renews"),
        waited = waiting => assert!(waited.is_err()),
    }
    assert_eq!(held_by(&server), "first");
    let silent = Instant::now();
    second.acquire(|| ()).await;
    assert!(
        silent.elapsed() >= Duration::from_secs(13),
        "{:?}",
        silent.elapsed()
    );
    assert_eq!(held_by(&server), "second");
    assert_eq!(
        server.lock().unwrap().lease.as_ref().unwrap()["spec"]["leaseTransitions"],
        1
    );
    // The first wakes up.
    first.hold().await;
    assert_eq!(held_by(&server), "second");
    first.release().await;
    assert_eq!(held_by(&server), "second", "what is another's is not given back");
}

#[tokio::test(start_paused = true)]
async fn who_cannot_renew_gives_up_before_another_may_take_over() {
    for hangs in [false, true] {
        let server = Shared::default();
        let mut holder = candidate(&server, "holder");
        holder.acquire(|| ()).await;
        let start = Instant::now();
        server.lock().unwrap().is_down = !hangs;
        server.lock().unwrap().hangs = hangs;
        holder.hold().await;
        let passed = start.elapsed();
        assert!(passed >= Duration::from_secs(8), "{passed:?}");
        assert!(passed <= Duration::from_secs(10), "{passed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_request_does_not_lose_the_lease() {
    let server = Shared::default();
    let mut holder = candidate(&server, "holder");
    holder.acquire(|| ()).await;
    let trouble = async {
        server.lock().unwrap().hangs = true;
        tokio::time::sleep(Duration::from_secs(3)).await;
        server.lock().unwrap().hangs = false;
        tokio::time::sleep(Duration::from_secs(60)).await;
    };
    tokio::select! {
        biased;
        () = holder.hold() => unreachable!("it had time for another"),
        () = trouble => {}
    }
    assert_eq!(held_by(&server), "holder");
}

#[tokio::test(start_paused = true)]
async fn what_is_given_back_is_taken_at_once() {
    let server = Shared::default();
    let (mut first, mut second) = (candidate(&server, "first"), candidate(&server, "second"));
    first.acquire(|| ()).await;
    first.release().await;
    assert_eq!(held_by(&server), "");
    let start = Instant::now();
    second.acquire(|| ()).await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(held_by(&server), "second");
}

fn options() -> Options {
    Options {
        namespace: "ns".into(),
        name: "lease".into(),
        duration: Duration::from_secs(15),
    }
}

#[test]
fn intervals_are_those_of_client_go() {
    assert_eq!(options().renew_within(), Duration::from_secs(10));
    assert_eq!(options().retry(), Duration::from_secs(2));
}

#[test]
fn lease_is_free_without_a_holder_or_after_its_duration() {
    let held = |holder: &str| LeaseSpec {
        holder_identity: Some(holder.into()),
        lease_duration_seconds: Some(15),
        ..LeaseSpec::default()
    };
    let at = Duration::from_secs;
    let free = |spec: &LeaseSpec, waited| free(spec, "me", at(15), waited);
    assert!(free(&LeaseSpec::default(), at(0)));
    assert!(free(&held(""), at(0)));
    assert!(free(&held("me"), at(0)));
    assert!(!free(&held("you"), at(14)));
    assert!(free(&held("you"), at(15)));
    let endless = LeaseSpec {
        lease_duration_seconds: None,
        ..held("you")
    };
    assert!(!free(&endless, at(14)));
    assert!(free(&endless, at(15)));
}

#[test]
fn only_a_change_of_holders_counts_as_a_transition() {
    let (early, late) = (Timestamp::new(1, 0).unwrap(), Timestamp::new(9, 0).unwrap());
    let lasts = Duration::from_secs(15);
    let first = next(None, "me", lasts, early);
    assert_eq!(first.lease_transitions, Some(0));
    let renewed = next(Some(&first), "me", lasts, late);
    assert_eq!(renewed.lease_transitions, Some(0));
    assert_eq!(renewed.acquire_time, Some(MicroTime(early)));
    assert_eq!(renewed.renew_time, Some(MicroTime(late)));
    let taken = next(Some(&renewed), "you", lasts, late);
    assert_eq!(taken.lease_transitions, Some(1));
    assert_eq!(taken.acquire_time, Some(MicroTime(late)));
}
