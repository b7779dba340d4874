//! One request over one connection, which is kept or made.

use super::{Client, Retry, Wanted};
use crate::connect::credentials::Authorized;
use crate::connect::tls::{Tls, lock};
use crate::connect::transport::{self, Connection, Route};
use crate::connect::{Body, Error, Phase};
use crate::record::Reason;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, TRANSFER_ENCODING};
use http_body_util::Full;
use hyper::body::Incoming;
use std::sync::Arc;

impl Client {
    /// Sends one request, and once more on a new connection where the connection broke before the headers. What is not to
    /// be done twice is sent again only when it has not been sent.
    pub(super) async fn send(
        &self,
        path_and_query: &str,
        wanted: &Wanted,
        authorized: &Authorized,
    ) -> Result<http::Response<Body>, Error> {
        let inner = &*self.inner;
        let tls = self.tls(authorized)?;
        let mut retried = false;
        loop {
            let (mut connection, reused) = match self.idle(tls.as_ref()).await {
                Some(connection) => (connection, true),
                None => {
                    inner.set_phase(Phase::Connecting);
                    // It takes much room, and is over before any of the answer comes.
                    match Box::pin(self.connect(tls.as_ref())).await {
                        Ok(connection) => (connection, false),
                        Err(error) if error.broken && !retried => {
                            retried = true;
                            continue;
                        }
                        Err(error) => return Err(error),
                    }
                }
            };
            inner.set_phase(Phase::Waiting);
            let request = self.request(path_and_query, wanted, authorized, connection.absolute)?;
            match connection.sender.send_request(request).await {
                Ok(response) => {
                    inner.set_phase(Phase::Reading);
                    let gzip = is_gzip(&response);
                    let is_chunked = response.headers().contains_key(TRANSFER_ENCODING);
                    let keep =
                        |incoming| Body::new(self.inner.clone(), incoming, connection, gzip, is_chunked);
                    return Ok(response.map(keep));
                }
                Err(error) => {
                    let is_unsent = error.is_canceled();
                    let error = connection.failure(&inner.server, error).await;
                    let may_be_sent = wanted.retry == Retry::Always || is_unsent;
                    if !error.broken || !may_be_sent || (retried && !reused) {
                        return Err(error);
                    }
                    // That a server closes a connection which it kept for a while is in order.
                    retried |= !reused;
                }
            }
        }
    }

    fn request(
        &self,
        path_and_query: &str,
        wanted: &Wanted,
        authorized: &Authorized,
        absolute: bool,
    ) -> Result<http::Request<Full<Bytes>>, Error> {
        let mut request = http::Request::new(Full::new(wanted.body.clone()));
        *request.uri_mut() = self.inner.server.target(path_and_query, absolute)?;
        *request.method_mut() = wanted.method.clone();
        let headers = request.headers_mut();
        *headers = self.inner.headers.clone();
        for (name, value) in &wanted.headers {
            headers.insert(name, value.clone());
        }
        if let Some(value) = &authorized.header {
            headers.insert(AUTHORIZATION, value.clone());
        }
        Ok(request)
    }

    /// The TLS configuration with the client certificate that goes with a request.
    fn tls(&self, authorized: &Authorized) -> Result<Option<Arc<Tls>>, Error> {
        let inner = &*self.inner;
        let identity = authorized
            .credential
            .as_ref()
            .and_then(|credential| credential.identity());
        match identity {
            Some(identity) if inner.tls.is_some() => {
                let found = inner
                    .shared
                    .tls
                    .get(&inner.context, &inner.trust, Some(&identity));
                found.map(Some).map_err(|mut error| {
                    error.reason = Reason::CredentialPlugin;
                    error
                })
            }
            _ => Ok(inner.tls.clone()),
        }
    }

    /// The connection that was kept, if it still serves.
    async fn idle(&self, tls: Option<&Arc<Tls>>) -> Option<Connection> {
        let mut connection = lock(&self.inner.idle).take()?;
        let same = match (&connection.tls, tls) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        (same && connection.sender.ready().await.is_ok()).then_some(connection)
    }

    async fn connect(&self, tls: Option<&Arc<Tls>>) -> Result<Connection, Error> {
        let inner = &*self.inner;
        let route = Route {
            server: &inner.server,
            proxy: inner.proxy.as_ref(),
            tls,
            proxy_tls: inner.proxy_tls.as_ref(),
            tls_name: &inner.tls_name,
        };
        transport::connect(&route, &inner.shared.names, inner.shared.options.connect_timeout).await
    }
}

fn is_gzip(response: &http::Response<Incoming>) -> bool {
    response
        .headers()
        .get(CONTENT_ENCODING)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"gzip"))
}
