//! A client for one cluster: requests over one connection, retried and throttled as client-go does it.

mod redirect;
mod sender;

use super::address::Server;
use super::body::Body;
use super::credentials::Credentials;
use super::deadline::{HeldUp, format_duration};
use super::direct::Direct;
use super::error::Error;
use super::http_proxy::HttpProxy;
use super::link::Link;
use super::plugin::ClusterInfo;
use super::progress::RequestStep;
use super::proxy::{Kind, Proxy};
use super::request::{ApiRequest, Retry};
use super::shared::ConnectorState;
use super::socks5::Socks5;
use super::text::non_empty;
use super::tls::Trust;
use super::transport::Transport;
use super::{status, warning};
use crate::kubeconfig::Access;
use crate::mutex::lock;
use crate::record::Reason;
use http::Method;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, IF_NONE_MATCH, RETRY_AFTER,
    USER_AGENT, WARNING,
};
use sender::Sender;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How often a server may say "later" before that is the answer (client-go's `maxRetries`).
const MAX_WAITS: u32 = 10;

/// The pause after a 429 that names none.
const DEFAULT_WAIT: Duration = Duration::from_secs(1);

/// How many redirects are followed.
const MAX_REDIRECTS: u32 = 10;

/// The most that is read of an unwanted body, so that its connection can be used again.
const MAX_DISCARDED: usize = 64 * 1024;

/// Sends requests to one cluster. It keeps one connection alive; requests go one after the other, and one that is started
/// while another's body is still being read gets a connection of its own. Clones share the connection.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sender: Sender,
    credentials: Credentials,
    /// Warnings that the server sent and that have not been taken yet.
    /// The name of the user in the kubeconfig. `None` if the context names none, or there is no context.
    user: Option<String>,
    warnings: Mutex<Vec<String>>,
    logins: Arc<HeldUp>,
}

impl Client {
    pub(super) fn new(
        shared: &Arc<ConnectorState>,
        access: &Access,
        logins: Arc<HeldUp>,
    ) -> Result<Self, Error> {
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
            |config| shared.oidc.get(access, config),
        )?;
        let trust = Trust::of(context, cluster)?;
        let configuration = |identity| shared.tls.get(context, &trust, identity);
        let own = credentials.identity.as_ref();
        let tls = server.https.then(|| configuration(own)).transpose()?;
        let names = Arc::clone(&shared.names);
        let transport: Box<dyn Transport> = match proxy {
            None => Box::new(Direct { names }),
            Some(proxy) if proxy.kind == Kind::Socks5 => Box::new(Socks5 { proxy, names }),
            Some(proxy) => {
                let is_https = proxy.kind == Kind::Https;
                let tls = is_https.then(|| configuration(None)).transpose()?;
                Box::new(HttpProxy { proxy, tls, names })
            }
        };
        let tls_name = non_empty(cluster.tls_server_name.as_deref())
            .unwrap_or(&server.host)
            .to_owned();
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(HOST, server.authority.clone());
        headers.insert(USER_AGENT, shared.user_agent.clone());
        if cluster.disable_compression != Some(true) {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers.extend(credentials.headers.clone());
        Ok(Self {
            inner: Arc::new(Inner {
                sender: Sender {
                    link: Arc::new(Link::new(server)),
                    shared: Arc::clone(shared),
                    transport,
                    context: context.to_owned(),
                    trust,
                    tls,
                    tls_name,
                    headers,
                },
                credentials,
                user: access.origin.as_ref().map(|origin| origin.user.clone()),
                warnings: Mutex::default(),
                logins,
            }),
        })
    }

    /// Sends a GET to a path and query below the server's address, both escaped already. See [`ask`](Self::ask) for what
    /// is retried. With the entity tag (`ETag`) of an earlier answer, the server may answer with status 304 and no body:
    /// that answer still holds.
    ///
    /// # Errors
    /// No answer, or a status of 400 or above, worded as kubectl does: `Error from server (Forbidden): pods is
    /// forbidden: …`. Then [`Error::status`] is set.
    pub async fn get(
        &self,
        path_and_query: &str,
        accept: &str,
        etag: Option<&str>,
    ) -> Result<http::Response<Body>, Error> {
        let accept = HeaderValue::from_str(accept).map_err(|_| {
            Error::new(
                Reason::BadRequest,
                format!("\"{accept}\" is not a valid Accept header"),
            )
        })?;
        let mut request = ApiRequest::get(accept);
        // A tag that no header can carry did not come in one.
        if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
            request.headers.insert(IF_NONE_MATCH, etag);
        }
        let response = self.ask(path_and_query, &request).await?;
        self.succeeded(path_and_query, response).await
    }

    /// Takes the warnings that the server has sent since the last call (`Warning` headers of code 299), in order and
    /// with repetitions.
    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.inner.warnings))
    }

    /// Posts JSON, such as a SelfSubjectAccessReview, and returns the answer's body, up to `limit` bytes after
    /// decompression. Like every POST it is never sent twice.
    ///
    /// # Errors
    /// As with [`get`](Self::get) and [`Body::read_to_end`].
    pub async fn post(&self, path: &str, json: Vec<u8>, limit: usize) -> Result<Vec<u8>, Error> {
        const JSON: HeaderValue = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(ACCEPT, JSON), (CONTENT_TYPE, JSON)]);
        let response = self.ask(path, &ApiRequest::post(headers, json)).await?;
        self.succeeded(path, response)
            .await?
            .into_body()
            .read_to_end(limit)
            .await
    }

    /// Sends a request until its answer is one to return.
    ///
    /// A request that may be sent again ([`Retry::Always`]) is sent once more if the connection breaks before the
    /// answer's headers are complete, and after the pause that a 429, or a 5xx with Retry-After, asks for, at most ten
    /// times. After a 401 a credential plugin is run again, once. A GET follows redirects to the same scheme, host and
    /// port, at most ten times; credentials go nowhere else.
    pub(super) async fn ask(
        &self,
        path_and_query: &str,
        request: &ApiRequest,
    ) -> Result<http::Response<Body>, Error> {
        let inner = &*self.inner;
        let link = &*inner.sender.link;
        let mut waits = 0;
        let mut renewed = false;
        let mut redirects = 0;
        let mut target = format!("{}{path_and_query}", link.server.base);
        loop {
            link.start_request();
            let authorized = inner.credentials.authorize(&inner.logins).await?;
            let response = inner.sender.send(&target, request, &authorized).await?;
            if response.headers().contains_key(WARNING) {
                lock(&inner.warnings).extend(warning::texts(response.headers()));
            }
            let code = response.status().as_u16();
            match code {
                304 if request.headers.contains_key(IF_NONE_MATCH) => return Ok(response),
                301 | 302 | 303 | 307 | 308 if request.method == Method::GET && redirects < MAX_REDIRECTS => {
                    redirects += 1;
                    target = redirect::target(&link.server, &target, &response)?;
                    response.into_body().read_some(MAX_DISCARDED).await;
                }
                300..=399 => return Err(redirect::refused(&link.server, &response, redirects)),
                401 if !renewed => {
                    renewed = true;
                    link.progress.set(RequestStep::Credentials);
                    if !inner.credentials.renew(&authorized, &inner.logins).await {
                        return Ok(response);
                    }
                    response.into_body().read_some(MAX_DISCARDED).await;
                }
                429 | 500.. if request.retry == Retry::Always && waits < MAX_WAITS => {
                    let Some(wait) = wait(code, response.headers()) else {
                        return Ok(response);
                    };
                    waits += 1;
                    link.progress.set(RequestStep::Throttled);
                    response.into_body().read_some(MAX_DISCARDED).await;
                    link.progress.set(RequestStep::Throttled);
                    tokio::time::sleep(wait).await;
                }
                _ => return Ok(response),
            }
        }
    }

    /// Turns a status of 400 or above into an error.
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
        let sender = &self.inner.sender;
        if code == 401 {
            error.hint = Some(self.inner.credentials.login_hint(&sender.context));
        } else if code == 403 {
            let user = self.inner.user.as_deref();
            error.hint = Some(self.inner.credentials.permission_hint(&sender.context, user));
        } else if code == 400
            && !sender.link.server.https
            && body.starts_with(b"Client sent an HTTP request to")
        {
            error.hint =
                Some("the server wants TLS: write https:// before its address in the kubeconfig".into());
        }
        Err(error)
    }

    /// Sends a GET like [`get`](Self::get) and reads the whole body, up to `limit` bytes after decompression. If
    /// the connection breaks inside the body, the request is sent once more.
    ///
    /// # Errors
    /// As with [`get`](Self::get) and [`Body::read_to_end`].
    pub async fn get_bytes(
        &self,
        path_and_query: &str,
        accept: &str,
        limit: usize,
    ) -> Result<(http::response::Parts, Vec<u8>), Error> {
        let mut retried = false;
        loop {
            let (parts, body) = self.get(path_and_query, accept, None).await?.into_parts();
            match body.read_to_end(limit).await {
                Err(error) if error.broken && !retried => retried = true,
                Err(error) => return Err(error),
                Ok(bytes) => return Ok((parts, bytes)),
            }
        }
    }

    /// Returns the error for a request that its caller gave up after a time: it says what the request was waiting for.
    pub fn timeout_error(&self, after: Duration) -> Error {
        let link = &*self.inner.sender.link;
        let shown = &link.server.shown;
        let after = format_duration(after);
        let message = match link.progress.step() {
            RequestStep::Credentials => match self.inner.credentials.plugin() {
                Some(plugin) => {
                    let message = format!("no answer within {after}: {} has not ended", plugin.shown());
                    return Error::new(Reason::Timeout, message).with_hint(plugin.by_hand());
                }
                None => format!("no answer from {shown} within {after}"),
            },
            RequestStep::Connecting(_) => format!("no answer from {shown} within {after}: still connecting"),
            RequestStep::Waiting => {
                format!(
                    "no answer from {shown} within {after}: connected, and still waiting for its answer to begin"
                )
            }
            RequestStep::Reading => format!(
                "no full answer from {shown} within {after}: it stopped or is slow after {} bytes",
                link.received()
            ),
            RequestStep::Throttled => {
                format!("no answer from {shown} within {after}: it says to come back later")
            }
        };
        Error::new(Reason::Timeout, message)
    }

    /// Returns a clock of the time in which requests waited for a person to log in: for a credential plugin that has the
    /// terminal, or waits for its turn there. A deadline should not count it.
    pub fn logins(&self) -> &Arc<HeldUp> {
        &self.inner.logins
    }

    #[cfg(test)]
    pub(super) fn step(&self) -> RequestStep {
        self.inner.sender.link.progress.step()
    }

    #[cfg(test)]
    pub(super) fn has_kept_connection(&self) -> bool {
        self.inner.sender.link.has_kept_connection()
    }

    /// Returns the server's address without credentials, for messages.
    pub fn server(&self) -> &str {
        &self.inner.sender.link.server.shown
    }
}

/// Returns how long to wait before asking again. Like client-go it does not understand a date in Retry-After; unlike
/// client-go it waits a second after a 429 without one.
fn wait(code: u16, headers: &HeaderMap) -> Option<Duration> {
    let told = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().parse().ok())
        .map(Duration::from_secs);
    told.or((code == 429).then_some(DEFAULT_WAIT))
}
