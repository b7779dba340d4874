//! This stack under kube's own client, for what is built on kube's runtime: one set of rules for certificates,
//! credentials, plugins and proxies.

use super::body::Body;
use super::client::Client;
use super::error::Error;
use super::request::{ApiRequest, Retry};
use crate::record::Reason;
use bytes::Bytes;
use futures_util::stream;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::StreamBody;
use hyper::body::Frame;
use std::time::Duration;

/// How long an answer may take to begin.
const BEGINS_WITHIN: Duration = Duration::from_secs(60);

/// How long a body may be silent. A watch that has nothing to say is ended by the server within 5 minutes, as
/// kube's runtime asks for; one that is silent for longer has lost its connection unnoticed.
const SILENT_FOR: Duration = Duration::from_secs(6 * 60);

impl Client {
    /// kube's client over this one. What reads or applies is asked again where a connection breaks; what creates or
    /// deletes is not, once it may have been sent. `warned` is given what the server warns of.
    pub(crate) fn into_kube(self, namespace: String, warned: fn(&str)) -> kube::Client {
        let service = tower::service_fn(move |request| {
            let client = self.clone();
            async move { client.relay(request, warned).await }
        });
        kube::Client::new(service, namespace)
    }

    async fn relay(
        &self,
        request: Request<kube::client::Body>,
        warned: fn(&str),
    ) -> Result<Response<impl hyper::body::Body<Data = Bytes, Error = Error> + Send + use<>>, Error> {
        let (parts, body) = request.into_parts();
        let body = body
            .collect_bytes()
            .await
            .map_err(|error| Error::new(Reason::BadRequest, error.to_string()))?;
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        // The others are those of the connection, which this client knows better.
        let mut headers = parts.headers;
        let is_idempotent = [Method::GET, Method::HEAD, Method::PUT].contains(&parts.method)
            // Server-side apply says what is to be, and not what is to change.
            || headers
                .get(CONTENT_TYPE)
                .is_some_and(|kind| kind.as_bytes().starts_with(b"application/apply-patch"));
        let request = ApiRequest {
            retry: if is_idempotent {
                Retry::Always
            } else {
                Retry::IfUnsent
            },
            method: parts.method,
            headers: HeaderMap::from_iter(
                [ACCEPT, CONTENT_TYPE]
                    .into_iter()
                    .filter_map(|name| headers.remove(&name).map(|value| (name, value))),
            ),
            body,
        };
        let response = tokio::time::timeout(BEGINS_WITHIN, self.ask(path, &request))
            .await
            .map_err(|_| self.timeout_error(BEGINS_WITHIN))??;
        self.take_warnings().iter().for_each(|warning| warned(warning));
        Ok(response.map(|body| StreamBody::new(frames(self.clone(), body))))
    }
}

/// A body, piece by piece.
fn frames(client: Client, body: Body) -> impl stream::Stream<Item = Result<Frame<Bytes>, Error>> + Send {
    stream::unfold(Some((client, body)), |state| async {
        let (client, mut body) = state?;
        match tokio::time::timeout(SILENT_FOR, body.chunk()).await {
            Ok(Ok(Some(piece))) => Some((Ok(Frame::data(piece)), Some((client, body)))),
            Ok(Ok(None)) => None,
            Ok(Err(error)) => Some((Err(error), None)),
            Err(_) => Some((Err(client.timeout_error(SILENT_FOR)), None)),
        }
    })
}
