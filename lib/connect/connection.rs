//! An HTTP/1.1 connection to a server.

use super::address::Server;
use super::error::Error;
use super::failure;
use super::tls::Tls;
use super::tls::failure as tls_failure;
use bytes::Bytes;
use http::HeaderValue;
use http_body_util::Full;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long to wait for the cause of a failed request.
const CAUSE_WITHIN: Duration = Duration::from_millis(100);

/// The most headers of an answer. Go limits only their bytes; hyper takes 400 KiB of them.
const MOST_HEADERS: usize = 4096;

/// A byte stream that a connection runs over.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

/// The server that a connection is for, and how to speak to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectTarget<'a> {
    pub server: &'a Server,
    /// `None` is plain HTTP.
    pub tls: Option<&'a Arc<Tls>>,
    /// The name that the server's certificate must have: tls-server-name, or the server's host.
    pub tls_name: &'a str,
}

/// A connection that takes one request after the other.
#[derive(Debug)]
pub(crate) struct Connection {
    pub sender: SendRequest<Full<Bytes>>,
    /// Set if requests go to a proxy that forwards them one by one: they name the whole URL then.
    pub forwarding: Option<Forwarding>,
    /// The TLS configuration that it was made with: a credential plugin may bring another client certificate.
    pub tls: Option<Arc<Tls>>,
    driver: JoinHandle<Result<(), hyper::Error>>,
}

/// The headers and the form of URL that a forwarding proxy wants of each request.
#[derive(Debug)]
pub(crate) struct Forwarding {
    pub authorization: Option<HeaderValue>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Otherwise a body that never ends would keep the socket open.
        self.driver.abort();
    }
}

impl Connection {
    /// Speaks HTTP over a stream that leads to the server, after a TLS handshake if there is one to do.
    pub(crate) async fn open(
        target: ConnectTarget<'_>,
        stream: impl ByteStream + 'static,
        forwarding: Option<Forwarding>,
    ) -> Result<Self, Error> {
        match target.tls {
            None => Self::speak(target, stream, forwarding).await,
            Some(tls) => {
                let stream = encrypt(&target.server.shown, tls, target.tls_name, stream).await?;
                Self::speak(target, stream, forwarding).await
            }
        }
    }

    async fn speak(
        target: ConnectTarget<'_>,
        stream: impl ByteStream + 'static,
        forwarding: Option<Forwarding>,
    ) -> Result<Self, Error> {
        // As lenient as Go. hyper allocates room for the headers with each answer, and frees it again.
        let (sender, connection) = Builder::new()
            .max_headers(MOST_HEADERS)
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failure::request(target.server, &error))?;
        Ok(Self {
            sender,
            forwarding,
            tls: target.tls.cloned(),
            driver: tokio::spawn(connection),
        })
    }

    /// Returns why a request on it failed. The task that drives the connection may know more than the request was told.
    pub(crate) async fn failure(mut self, server: &Server, error: hyper::Error) -> Error {
        if error.is_canceled() || error.is_closed() {
            let driver = tokio::time::timeout(CAUSE_WITHIN, &mut self.driver).await;
            if let Ok(Ok(Err(cause))) = driver {
                return failure::request(server, &cause);
            }
        }
        failure::request(server, &error)
    }
}

/// Does a TLS handshake. `shown` is the other side, for messages.
pub(crate) async fn encrypt<S: ByteStream>(
    shown: &str,
    tls: &Arc<Tls>,
    name: &str,
    stream: S,
) -> Result<TlsStream<S>, Error> {
    let (configuration, name) = tls.for_host(name);
    TlsConnector::from(configuration)
        .connect(name, stream)
        .await
        .map_err(|error| tls_failure::handshake(shown, &error))
}
