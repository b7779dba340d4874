//! One cluster: requests over one connection, retried and throttled as client-go does it.

mod redirect;
mod send;

use super::address::Server;
use super::credentials::{Authorized, Credentials};
use super::proxy::Proxy;
use super::tls::{Tls, Trust, lock};
use super::transport::Connection;
use super::{Body, Error, HeldUp, Phase, Shared, failure, status, tls, warning};
use crate::connect::plugin::ClusterInfo;
use crate::kubeconfig::Access;
use crate::record::Reason;
use bytes::Bytes;
use http::Method;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, IF_NONE_MATCH, PROXY_AUTHORIZATION,
    RETRY_AFTER, USER_AGENT, WARNING,
};
use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How often a server may say "later" before that is the answer (client-go's `maxRetries`).
const MAX_WAITS: u32 = 10;

/// How long a server is left alone that says 429 without saying how long.
const DEFAULT_WAIT: Duration = Duration::from_secs(1);

/// How often a server may send a request elsewhere.
const MAX_REDIRECTS: u32 = 10;

/// What is read of a body that nobody wants, so that its connection can be used again.
const MAX_DISCARDED: usize = 64 * 1024;

/// One cluster. Keeps one connection alive between requests; requests go one after the other (one that is
/// started while another's body is still being read gets a connection of its own). Clones share it.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
}

/// What a client and the bodies of its answers share.
pub(super) struct Inner {
    pub(super) server: Server,
    shared: Arc<Shared>,
    context: String,
    credentials: Credentials,
    trust: Trust,
    /// For the server, with the kubeconfig's client certificate; `None` is plain http.
    tls: Option<Arc<Tls>>,
    tls_name: String,
    proxy: Option<Proxy>,
    proxy_tls: Option<Arc<Tls>>,
    /// Those that every request has.
    headers: HeaderMap,
    idle: Mutex<Option<Connection>>,
    phase: AtomicU8,
    /// Bytes of the answer under way.
    received: AtomicU64,
    /// What the server warned of and nobody has taken yet.
    warnings: Mutex<Vec<String>>,
    logins: Arc<HeldUp>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("context", &self.context)
            .field("server", &self.server.shown)
            .field("proxy", &self.proxy)
            .finish_non_exhaustive()
    }
}

impl Inner {
    pub(super) fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    pub(super) fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Keeps a connection for the next request.
    pub(super) fn keep(&self, connection: Connection) {
        if !connection.sender.is_closed() {
            *lock(&self.idle) = Some(connection);
        }
    }
}

/// What differs from request to request.
#[derive(Default)]
pub(super) struct Wanted {
    pub method: Method,
    /// `Accept`, and the like.
    pub headers: HeaderMap,
    pub body: Bytes,
    pub retry: Retry,
}

/// True if a request is sent once more when its connection breaks before an answer begins: nobody knows then whether
/// the server has done what was asked.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Retry {
    /// It changes nothing, or the same when it is done twice.
    #[default]
    Always,
    /// Only when it has certainly not been sent.
    Unsent,
}

impl Wanted {
    fn get(accept: HeaderValue) -> Self {
        Self {
            headers: HeaderMap::from_iter([(ACCEPT, accept)]),
            ..Self::default()
        }
    }
}

impl Client {
    pub(super) fn new(shared: &Arc<Shared>, access: &Access, logins: Arc<HeldUp>) -> Result<Self, Error> {
        let context = access.context.as_str();
        let cluster = &access.cluster;
        let server = Server::parse(context, cluster.server.as_deref().unwrap_or_default())?;
        let proxy = Proxy::of(context, cluster.proxy_url.as_deref(), shared.proxies(), &server)?;
        let credentials = Credentials::of(
            context,
            &access.user,
            server.https,
            &shared.plugins,
            || ClusterInfo::of(context, cluster),
            |config| shared.oidc.get(shared, access, config),
        )?;
        let trust = Trust::of(context, cluster)?;
        let tls = match server.https {
            true => Some(shared.tls.get(context, &trust, credentials.identity.as_ref())?),
            false => None,
        };
        let proxy_tls = match &proxy {
            Some(proxy) if proxy.kind == super::proxy::Kind::Https => {
                Some(shared.tls.get(context, &trust, None)?)
            }
            _ => None,
        };
        let tls_name = tls::non_empty(cluster.tls_server_name.as_deref())
            .unwrap_or(&server.host)
            .to_owned();
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(HOST, server.authority.clone());
        headers.insert(USER_AGENT, shared.user_agent.clone());
        if cluster.disable_compression != Some(true) {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let (Some(proxy), None) = (&proxy, &tls)
            && let Some(value) = proxy.authorization()
        {
            headers.insert(PROXY_AUTHORIZATION, value);
        }
        headers.extend(credentials.headers.clone());
        Ok(Self {
            inner: Arc::new(Inner {
                server,
                shared: shared.clone(),
                context: context.to_owned(),
                credentials,
                trust,
                tls,
                tls_name,
                proxy,
                proxy_tls,
                headers,
                idle: Mutex::new(None),
                phase: AtomicU8::new(Phase::Credentials as u8),
                received: AtomicU64::new(0),
                warnings: Mutex::default(),
                logins,
            }),
        })
    }

    /// Sends a GET to a path and query below the server's address, both escaped already, with an Accept
    /// header. Retries once on a connection that was reset or closed before or during the headers, waits as
    /// told by 429 and by 5xx with Retry-After (at most ten times), and runs a credential plugin again on
    /// 401, once. Other statuses of 400 and above come back as they are. Redirects to the same scheme, host and
    /// port are followed, at most ten times; credentials go nowhere else.
    ///
    /// # Errors
    /// No answer, or one that redirects to elsewhere.
    pub async fn get(&self, path_and_query: &str, accept: &str) -> Result<http::Response<Body>, Error> {
        self.get_unless(path_and_query, accept, None).await
    }

    /// What the server has warned of since this was called last (its `Warning` headers of code 299), in the
    /// order in which it came, repeated as often as it was said.
    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.inner.warnings))
    }

    /// Like [`get`](Self::get). With an entity tag (`ETag`) of an earlier answer, one of status 304 and
    /// without a body says that it still holds.
    ///
    /// # Errors
    /// As with [`get`](Self::get).
    pub async fn get_unless(
        &self,
        path_and_query: &str,
        accept: &str,
        etag: Option<&str>,
    ) -> Result<http::Response<Body>, Error> {
        let accept = HeaderValue::from_str(accept)
            .map_err(|_| Error::new(Reason::BadRequest, format!("\"{accept}\" is no Accept header")))?;
        let mut wanted = Wanted::get(accept);
        // One that cannot be sent is one that cannot have come.
        if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
            wanted.headers.insert(IF_NONE_MATCH, etag);
        }
        self.ask(path_and_query, &wanted).await
    }

    /// Asks a question that the API takes as a POST and that changes nothing, such as a
    /// SelfSubjectAccessReview: sent, retried and refused as a GET is. Gives the answer's body, up to `limit`
    /// bytes after decompression.
    ///
    /// # Errors
    /// As with [`get_ok`](Self::get_ok) and [`Body::read_to_end`].
    pub async fn review(&self, path: &str, question: Vec<u8>, limit: usize) -> Result<Vec<u8>, Error> {
        let json = HeaderValue::from_static("application/json");
        let wanted = Wanted {
            method: Method::POST,
            headers: HeaderMap::from_iter([(ACCEPT, json.clone()), (CONTENT_TYPE, json)]),
            body: question.into(),
            retry: Retry::Always,
        };
        let response = self.ask(path, &wanted).await?;
        self.succeeded(path, response)
            .await?
            .into_body()
            .read_to_end(limit)
            .await
    }

    /// Sends a POST of these headers, again only where it has certainly not been sent. Statuses of 400 and above come back as they
    /// are.
    ///
    /// # Errors
    /// As with [`get`](Self::get).
    pub(super) async fn post_form(
        &self,
        path: &str,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<http::Response<Body>, Error> {
        let wanted = Wanted {
            method: Method::POST,
            headers,
            body: body.into(),
            retry: Retry::Unsent,
        };
        self.send(path, &wanted, &Authorized::default()).await
    }

    /// Sends a request until its answer is one to give back.
    pub(super) async fn ask(
        &self,
        path_and_query: &str,
        wanted: &Wanted,
    ) -> Result<http::Response<Body>, Error> {
        let inner = &*self.inner;
        let mut waits = 0;
        let mut renewed = false;
        let mut redirects = 0;
        let mut target = format!("{}{path_and_query}", inner.server.base);
        loop {
            inner.set_phase(Phase::Credentials);
            inner.received.store(0, Ordering::Relaxed);
            let authorized = inner.credentials.authorize(&inner.logins).await?;
            let response = self.send(&target, wanted, &authorized).await?;
            if response.headers().contains_key(WARNING) {
                lock(&inner.warnings).extend(warning::texts(response.headers()));
            }
            let code = response.status().as_u16();
            match code {
                304 if wanted.headers.contains_key(IF_NONE_MATCH) => return Ok(response),
                301 | 302 | 303 | 307 | 308 if wanted.method == Method::GET && redirects < MAX_REDIRECTS => {
                    redirects += 1;
                    target = redirect::target(&inner.server, &target, &response)?;
                    response.into_body().read_some(MAX_DISCARDED).await;
                }
                300..=399 => return Err(redirect::refused(&inner.server, &response, redirects)),
                401 if !renewed => {
                    renewed = true;
                    inner.set_phase(Phase::Credentials);
                    if !inner.credentials.renew(&authorized, &inner.logins).await {
                        return Ok(response);
                    }
                    response.into_body().read_some(MAX_DISCARDED).await;
                }
                429 | 500.. if waits < MAX_WAITS => {
                    let Some(wait) = wait(code, response.headers()) else {
                        return Ok(response);
                    };
                    waits += 1;
                    inner.set_phase(Phase::Throttled);
                    response.into_body().read_some(MAX_DISCARDED).await;
                    inner.set_phase(Phase::Throttled);
                    tokio::time::sleep(wait).await;
                }
                _ => return Ok(response),
            }
        }
    }

    /// Like [`get`](Self::get), and turns a status of 400 and above into an error with the server's own
    /// message, worded as kubectl does: `Error from server (Forbidden): pods is forbidden: …`.
    ///
    /// # Errors
    /// No answer, or one that is an error: then [`Error::status`] is set.
    pub async fn get_ok(&self, path_and_query: &str, accept: &str) -> Result<http::Response<Body>, Error> {
        self.get_ok_unless(path_and_query, accept, None).await
    }

    /// What [`get_ok`](Self::get_ok) is to [`get`](Self::get), to [`get_unless`](Self::get_unless).
    ///
    /// # Errors
    /// As with [`get_ok`](Self::get_ok).
    pub async fn get_ok_unless(
        &self,
        path_and_query: &str,
        accept: &str,
        etag: Option<&str>,
    ) -> Result<http::Response<Body>, Error> {
        let response = self.get_unless(path_and_query, accept, etag).await?;
        self.succeeded(path_and_query, response).await
    }

    /// Turns a status of 400 and above into an error.
    async fn succeeded(
        &self,
        path_and_query: &str,
        response: http::Response<Body>,
    ) -> Result<http::Response<Body>, Error> {
        let code = response.status().as_u16();
        if code < 400 {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        let body = body.read_some(status::MAX_ERROR_BODY).await;
        let content_type = parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let mut error = status::error(path_and_query, code, content_type, &body);
        if code == 401 {
            error.hint = Some(self.inner.credentials.login_hint(&self.inner.context));
        } else if code == 400
            && !self.inner.server.https
            && body.starts_with(b"Client sent an HTTP request to")
        {
            error.hint =
                Some("the server wants TLS: write https:// before its address in the kubeconfig".into());
        }
        Err(error)
    }

    /// A whole answer: [`get_ok`](Self::get_ok) and its body, up to `limit` bytes after decompression, read
    /// once more from the start where the connection broke inside the body.
    ///
    /// # Errors
    /// As with [`get_ok`](Self::get_ok) and [`Body::read_to_end`].
    pub async fn get_bytes(
        &self,
        path_and_query: &str,
        accept: &str,
        limit: usize,
    ) -> Result<(http::response::Parts, Vec<u8>), Error> {
        let mut retried = false;
        loop {
            let (parts, body) = self.get_ok(path_and_query, accept).await?.into_parts();
            match body.read_to_end(limit).await {
                Err(error) if error.broken && !retried => retried = true,
                Err(error) => return Err(error),
                Ok(bytes) => return Ok((parts, bytes)),
            }
        }
    }

    /// The error for a request that its caller gave up after a time: says what it was waiting for.
    pub fn timeout_error(&self, after: Duration) -> Error {
        let inner = &*self.inner;
        let shown = &inner.server.shown;
        let after = failure::format_duration(after);
        let message = match self.phase() {
            Phase::Credentials => match inner.credentials.plugin() {
                Some(plugin) => {
                    let message = format!("no answer within {after}: {} has not ended", plugin.shown());
                    return Error::new(Reason::Timeout, message).with_hint(plugin.by_hand());
                }
                None => format!("no answer from {shown} within {after}"),
            },
            Phase::Connecting => format!("no answer from {shown} within {after}: still connecting"),
            Phase::Waiting => {
                format!(
                    "no answer from {shown} within {after}: connected, and still waiting for its answer to begin"
                )
            }
            Phase::Reading => format!(
                "no full answer from {shown} within {after}: it stopped or is slow after {} bytes",
                inner.received.load(Ordering::Relaxed)
            ),
            Phase::Throttled => format!("no answer from {shown} within {after}: it says to come back later"),
        };
        Error::new(Reason::Timeout, message)
    }

    /// The time in which its requests waited for a person who logs in: for a credential plugin that has the
    /// terminal, or waits for its turn there. A deadline should not count it.
    pub fn logins(&self) -> &Arc<HeldUp> {
        &self.inner.logins
    }

    /// Where the request under way is.
    pub fn phase(&self) -> Phase {
        const ALL: [Phase; 5] = [
            Phase::Credentials,
            Phase::Connecting,
            Phase::Waiting,
            Phase::Reading,
            Phase::Throttled,
        ];
        let now = self.inner.phase.load(Ordering::Relaxed);
        ALL.into_iter()
            .find(|phase| *phase as u8 == now)
            .unwrap_or_default()
    }

    /// The server's address without credentials, for messages.
    pub fn server(&self) -> &str {
        &self.inner.server.shown
    }
}

/// For how long to wait before asking again. As client-go, a date in Retry-After is not understood; unlike
/// it, a 429 without any gets a second.
fn wait(code: u16, headers: &HeaderMap) -> Option<Duration> {
    let told = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().parse().ok())
        .map(Duration::from_secs);
    told.or((code == 429).then_some(DEFAULT_WAIT))
}
