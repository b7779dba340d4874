//! Sends single requests to one server, over a connection that is kept or made.

use crate::connect::body::Body;
use crate::connect::connection::{ConnectTarget, Connection};
use crate::connect::credentials::Authorized;
use crate::connect::error::Error;
use crate::connect::link::Link;
use crate::connect::progress::RequestStep;
use crate::connect::request::{ApiRequest, Retry};
use crate::connect::shared::ConnectorState;
use crate::connect::tls::{Tls, Trust};
use crate::connect::transport::{self, Transport};
use crate::record::Reason;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, HeaderMap, PROXY_AUTHORIZATION, TRANSFER_ENCODING};
use http_body_util::Full;
use hyper::body::Incoming;
use std::sync::Arc;

/// The way to one server, and what every request to it has.
#[derive(Debug)]
pub(super) struct Sender {
    pub link: Arc<Link>,
    pub shared: Arc<ConnectorState>,
    pub transport: Box<dyn Transport>,
    /// The kubeconfig's context, for messages.
    pub context: String,
    pub trust: Trust,
    /// For the server, with the kubeconfig's client certificate. `None` is plain HTTP.
    pub tls: Option<Arc<Tls>>,
    /// The name that the server's certificate must have.
    pub tls_name: String,
    pub headers: HeaderMap,
}

impl Sender {
    /// Sends a request. If the connection breaks before the answer's headers, it is sent once more on a new connection,
    /// provided that the request allows it.
    pub(super) async fn send(
        &self,
        path_and_query: &str,
        request: &ApiRequest,
        authorized: &Authorized,
    ) -> Result<http::Response<Body>, Error> {
        let tls = self.tls(authorized)?;
        let mut is_second = false;
        loop {
            let (mut connection, is_reused) = match self.idle(tls.as_ref()).await {
                Some(connection) => (connection, true),
                None => {
                    // Its future is large, and done before any of the answer comes.
                    match Box::pin(self.connect(tls.as_ref())).await {
                        Ok(connection) => (connection, false),
                        Err(error) if error.broken && !is_second => {
                            is_second = true;
                            continue;
                        }
                        Err(error) => return Err(error),
                    }
                }
            };
            self.link.progress.set(RequestStep::Waiting);
            let http_request = self.http_request(path_and_query, request, authorized, &connection)?;
            match connection.sender.send_request(http_request).await {
                Ok(response) => {
                    self.link.progress.set(RequestStep::Reading);
                    let gzip = is_gzip(&response);
                    let is_chunked = response.headers().contains_key(TRANSFER_ENCODING);
                    let body =
                        |incoming| Body::new(Arc::clone(&self.link), incoming, connection, gzip, is_chunked);
                    return Ok(response.map(body));
                }
                Err(error) => {
                    // hyper cancels a request that it has not begun to write.
                    let may_send_again = error.is_canceled() || request.retry == Retry::Always;
                    let error = connection.failure(&self.link.server, error).await;
                    if !error.broken || !may_send_again || (is_second && !is_reused) {
                        return Err(error);
                    }
                    // Servers close connections that were idle for a while: that does not count as a failure.
                    is_second |= !is_reused;
                }
            }
        }
    }

    fn http_request(
        &self,
        path_and_query: &str,
        request: &ApiRequest,
        authorized: &Authorized,
        connection: &Connection,
    ) -> Result<http::Request<Full<Bytes>>, Error> {
        let forwarding = connection.forwarding.as_ref();
        let mut built = http::Request::new(Full::new(request.body.clone()));
        *built.uri_mut() = self.link.server.target(path_and_query, forwarding.is_some())?;
        *built.method_mut() = request.method.clone();
        let headers = built.headers_mut();
        *headers = self.headers.clone();
        if let Some(value) = forwarding.and_then(|forwarding| forwarding.authorization.as_ref()) {
            headers.insert(PROXY_AUTHORIZATION, value.clone());
        }
        for (name, value) in &request.headers {
            headers.insert(name, value.clone());
        }
        if let Some(value) = &authorized.header {
            headers.insert(AUTHORIZATION, value.clone());
        }
        Ok(built)
    }

    /// Returns the TLS configuration with the client certificate of a request's credential, if that has one.
    fn tls(&self, authorized: &Authorized) -> Result<Option<Arc<Tls>>, Error> {
        let identity = authorized
            .credential
            .as_ref()
            .and_then(|credential| credential.identity());
        match identity {
            Some(identity) if self.tls.is_some() => {
                let found = self.shared.tls.get(&self.context, &self.trust, Some(&identity));
                found.map(Some).map_err(|mut error| {
                    error.reason = Reason::CredentialPlugin;
                    error
                })
            }
            _ => Ok(self.tls.clone()),
        }
    }

    /// Returns the connection that was kept, if it is still usable.
    async fn idle(&self, tls: Option<&Arc<Tls>>) -> Option<Connection> {
        let mut connection = self.link.take_idle()?;
        let has_same_tls = match (&connection.tls, tls) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        (has_same_tls && connection.sender.ready().await.is_ok()).then_some(connection)
    }

    async fn connect(&self, tls: Option<&Arc<Tls>>) -> Result<Connection, Error> {
        let target = ConnectTarget {
            server: &self.link.server,
            tls,
            tls_name: &self.tls_name,
        };
        let limit = self.shared.options.connect_timeout;
        transport::connect(&*self.transport, target, &self.link.progress, limit).await
    }
}

fn is_gzip(response: &http::Response<Incoming>) -> bool {
    response
        .headers()
        .get(CONTENT_ENCODING)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"gzip"))
}
