//! One cluster's server: connections, authentication, and the places where its fault takes effect.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::answers::{Answers, Form, Rendered, ResourcePath, Token};
use super::body::{Body, Step};
use super::certs::CLIENT_USER;
use super::counters::{Counters, InFlight, lock};
use super::faults::Fault;
use super::live::Live;
use super::restarts::Restarts;
use super::select::percent_decode;
use super::spec::Fixed;
use super::{spoil, status};

/// Where a user asks what is allowed; every one of the cluster's own is, except with [`Fault::Forbidden`].
const ACCESS_REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// One running cluster.
#[derive(Debug)]
pub struct Cluster {
    pub(super) name: String,
    pub(super) server: String,
    pub(super) token: String,
    pub(super) tokens: Vec<String>,
    pub(super) client_certificate: bool,
    pub(super) counters: Counters,
    pub(super) in_flight: Arc<InFlight>,
    pub(super) fault: Mutex<Fault>,
    pub(super) throttled: AtomicU32,
    pub(super) latency: Duration,
    pub(super) fixed: Vec<Fixed>,
    pub(super) record: bool,
    pub(super) redirect_to: String,
    pub(super) answers: Arc<Answers>,
    pub(super) live: Live,
    pub(super) restarts: Restarts,
}

impl Cluster {
    /// Its name, which is its context's too.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `https://127.0.0.1:port`.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The token that it takes.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Its ConfigMaps, to be changed while it runs.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// The requests so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Lets it misbehave from the next connection or request on. Faults that lie in its certificate
    /// or its port have to be there from the start.
    pub fn set_fault(&self, fault: Fault) {
        *lock(&self.fault) = fault;
        self.throttled.store(0, Ordering::Relaxed);
    }

    fn fault(&self) -> Fault {
        *lock(&self.fault)
    }
}

/// Accepts connections until the runtime ends.
pub async fn serve(cluster: Arc<Cluster>, listener: TcpListener, tls: Option<TlsAcceptor>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely; others may give some back.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let number = cluster.counters.connection();
        let _ = stream.set_nodelay(true);
        match cluster.fault() {
            Fault::Reset => reset(&stream),
            Fault::ResetOnce if number == 1 => reset(&stream),
            Fault::HangTls => {
                tokio::spawn(hold(stream));
            }
            fault => {
                if fault == Fault::ResetBody {
                    // Takes effect when the connection is dropped.
                    reset(&stream);
                }
                tokio::spawn(connection(cluster.clone(), stream, tls.clone()));
            }
        }
    }
}

/// Makes the end of this connection a reset.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

/// Begins to answer whatever is asked.
async fn half_headers(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let asked = stream.read(&mut [0; 4096]).await;
    if matches!(asked, Ok(1..)) && stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Ty").await.is_ok() {
        let _ = stream.flush().await;
        hold(stream).await;
    }
}

/// Reads and says nothing, until the client has enough.
async fn hold(mut stream: impl AsyncRead + Unpin) {
    let mut buffer = [0; 1024];
    while matches!(stream.read(&mut buffer).await, Ok(1..)) {}
}

async fn connection(cluster: Arc<Cluster>, stream: TcpStream, tls: Option<TlsAcceptor>) {
    match tls {
        None => requests(cluster, stream, false).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                match cluster.fault() {
                    Fault::HangAfterTls => return std::future::pending().await,
                    Fault::HalfHeaders => return half_headers(stream).await,
                    _ => {}
                }
                let certified = stream.get_ref().1.peer_certificates().is_some();
                requests(cluster, stream, certified).await;
            }
        }
    }
}

async fn requests<S: AsyncRead + AsyncWrite + Unpin>(cluster: Arc<Cluster>, stream: S, certified: bool) {
    let service = service_fn(move |request: Request<Incoming>| {
        let cluster = cluster.clone();
        async move { Ok::<_, Infallible>(handle(&cluster, &request.into_parts().0, certified).await) }
    });
    // An error here is a client that went away, or a fault that broke off.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn handle(cluster: &Cluster, request: &Parts, certified: bool) -> Response<Body> {
    cluster.counters.request(request, cluster.record);
    let _in_flight = cluster.in_flight.begin();
    let fault = cluster.fault();
    if fault == Fault::HangHeaders {
        std::future::pending::<()>().await;
    }
    let extra = if let Fault::Slow(by) = fault {
        by
    } else {
        Duration::ZERO
    };
    let delay = cluster.latency + extra;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let path = request
        .uri
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str);
    let form = match Form::of_accept(text(&request.headers, header::ACCEPT.as_str())) {
        Some(Form::Table) if fault == Fault::NotAcceptable => plain(&request.headers),
        Some(Form::Aggregated) if fault == Fault::LegacyDiscovery => plain(&request.headers),
        form => form,
    };
    let rendered = match (refusal(cluster, fault, request, certified), form) {
        (Some(refused), _) => Arc::new(refused),
        (None, None) => Arc::new(status::not_acceptable()),
        (None, Some(form)) => match cluster.live.answer(path, form) {
            Some(Ok(response)) => return response,
            Some(Err(rendered)) => Arc::new(rendered),
            None if is_watch(request) => match cluster.restarts.watch(&cluster.answers, path, form) {
                Ok(response) => return response,
                Err(rendered) => Arc::new(rendered),
            },
            None => {
                let recorded = cluster.answers.answer(path, form);
                cluster
                    .restarts
                    .applied(path, &recorded)
                    .map_or(recorded, Arc::new)
            }
        },
    };
    let unchanged = rendered
        .etag()
        .is_some_and(|etag| request.headers.get(header::IF_NONE_MATCH) == Some(etag));
    let gzip = text(&request.headers, "accept-encoding").contains("gzip");
    let (mut response, sent) = if unchanged {
        (
            respond(&rendered, StatusCode::NOT_MODIFIED, Body::whole(Bytes::new())),
            0,
        )
    } else if rendered.status == 200
        && let Some((body, headers)) = spoiled(fault, &rendered.body, form.unwrap_or(Form::Json))
    {
        let mut response = respond(&rendered, StatusCode::OK, body);
        response.headers_mut().extend(headers);
        (response, 0)
    } else {
        let status = StatusCode::from_u16(rendered.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match rendered.gzipped() {
            Some(zipped) if gzip => {
                let mut response = respond(&rendered, status, Body::whole(zipped.clone()));
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
                (response, zipped.len())
            }
            _ => (
                respond(&rendered, status, Body::whole(rendered.body.clone())),
                rendered.body.len(),
            ),
        }
    };
    cluster.counters.sent(path, sent);
    if fault == Fault::Late {
        let late = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(10);
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&late);
        if let Some(date) = date.ok().and_then(|date| HeaderValue::from_str(&date).ok()) {
            response.headers_mut().insert(header::DATE, date);
        }
    }
    response
}

fn is_watch(request: &Parts) -> bool {
    let query = request.uri.query().unwrap_or_default();
    super::select::Query::parse(query).is_ok_and(|query| query.watch)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("")
}

/// Plain JSON, if the client takes it.
fn plain(headers: &HeaderMap) -> Option<Form> {
    let accept = text(headers, header::ACCEPT.as_str());
    let plain = accept
        .split(',')
        .any(|part| ["application/json", "*/*"].contains(&part.trim()));
    plain.then_some(Form::Json)
}

fn respond(rendered: &Rendered, status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in &rendered.headers {
        response.headers_mut().append(name, value.clone());
    }
    response
}

/// Everything that is said instead of the recorded answer.
fn refusal(cluster: &Cluster, fault: Fault, request: &Parts, certified: bool) -> Option<Rendered> {
    let path = request.uri.path();
    let query = request.uri.query().unwrap_or("");
    match fault {
        Fault::Unauthorized => return Some(status::unauthorized()),
        Fault::NotFound => return Some(status::no_such_path()),
        Fault::Error => return Some(status::internal_error()),
        Fault::Unavailable => return Some(status::unavailable()),
        Fault::Redirect => return Some(status::redirect(&format!("{}{path}", cluster.redirect_to))),
        Fault::Throttle(times) if cluster.throttled.fetch_add(1, Ordering::Relaxed) < times => {
            return Some(status::too_many_requests());
        }
        _ => {}
    }
    let parsed = ResourcePath::parse(path);
    let user = if certified && cluster.client_certificate {
        CLIENT_USER.to_owned()
    } else {
        match text(&request.headers, header::AUTHORIZATION.as_str()).strip_prefix("Bearer ") {
            Some(token) if token == cluster.token || cluster.tokens.iter().any(|other| other == token) => {
                format!("{}-user", cluster.name)
            }
            Some(_) => return Some(status::unauthorized()),
            None if ["/version", "/healthz", "/livez", "/readyz"].contains(&path) => return None,
            None => return Some(status::forbidden(parsed.as_ref(), path, "system:anonymous")),
        }
    };
    if request.method == Method::POST && path == ACCESS_REVIEWS {
        return Some(status::access_review(fault != Fault::Forbidden));
    }
    if request.method != Method::GET {
        return Some(status::method_not_allowed());
    }
    let whole = request
        .uri
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str);
    if let Some(fixed) = cluster
        .fixed
        .iter()
        .find(|fixed| fixed.path == whole || fixed.path == path)
    {
        return Some(Rendered::new(fixed.status, fixed.body.clone().into()));
    }
    if parsed.is_some() && fault == Fault::Forbidden {
        return Some(status::forbidden(parsed.as_ref(), path, &user));
    }
    if parsed.is_some() && fault == Fault::Gone {
        return Some(status::too_old());
    }
    if fault == Fault::ExpireContinue
        && let Some(token) = query.split('&').find_map(|pair| pair.strip_prefix("continue="))
        && let Ok(token) = Token::decode(&percent_decode(token))
        && token.version >= 0
    {
        return Some(status::expired(&token));
    }
    None
}

/// The body that a fault makes of a good one, and headers that go with it.
fn spoiled(fault: Fault, body: &Bytes, form: Form) -> Option<(Body, HeaderMap)> {
    let half = body.slice(..body.len() / 2);
    // Time for what was written before to be on its way: a reset discards what still waits.
    let pause = || Step::Pause(Duration::from_millis(20));
    let mut headers = HeaderMap::new();
    let body = match fault {
        Fault::HangBody => Body::script([Step::Send(half), Step::Hang]),
        Fault::ResetBody => Body::script([Step::Send(half), pause(), Step::Abort]),
        Fault::Truncated => {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
            Body::script([Step::Send(half), pause(), Step::Abort])
        }
        Fault::Endless => {
            let (head, rows) = endless(body);
            Body::script([Step::Send(head), Step::Repeat(rows)])
        }
        Fault::Drip => Body::script([Step::Drip(body.clone(), Duration::from_millis(100))]),
        Fault::InvalidJson => Body::whole(spoil::invalid_json(body)),
        Fault::DeepJson => Body::whole(spoil::deep_json(form)),
        Fault::WrongCells => Body::whole(spoil::wrong_cells(body)),
        Fault::DuplicateKeys => Body::whole(spoil::duplicate_keys(body)),
        Fault::FastClock | Fault::SlowClock => {
            let year = if fault == Fault::FastClock { "2076" } else { "1976" };
            let date = format!("Wed, 01 Jan {year} 00:00:00 GMT");
            if let Ok(date) = HeaderValue::try_from(date) {
                headers.insert(header::DATE, date);
            }
            Body::whole(spoil::made_in(body, year))
        }
        Fault::GzipBomb => {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            Body::whole(spoil::gzip_bomb())
        }
        _ => return None,
    };
    Some((body, headers))
}

/// The part of a list before its rows or items, and the rows or items, to be sent again and again.
fn endless(body: &Bytes) -> (Bytes, Bytes) {
    let whole = String::from_utf8_lossy(body);
    let start = ["\"rows\":[", "\"items\":["]
        .iter()
        .find_map(|key| whole.find(key).map(|at| at + key.len()));
    match (start, whole.rfind(']')) {
        (Some(start), Some(end)) if start < end => {
            (body.slice(..start), format!("{},", &whole[start..end]).into())
        }
        _ => (Bytes::from_static(b" "), Bytes::from_static(&[b' '; 4096])),
    }
}
