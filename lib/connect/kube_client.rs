//! kube's client over this stack, for code that is built on kube's runtime: so certificates, credentials, plugins and
//! proxies follow the same rules everywhere.

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

/// The limit for an answer to begin.
const BEGINS_WITHIN: Duration = Duration::from_secs(60);

/// The limit for silence in a body. The server ends a silent watch after 5 minutes, as kube's runtime requests; if it is
/// silent for longer, the connection was lost unnoticed.
const SILENT_FOR: Duration = Duration::from_secs(6 * 60);

impl Client {
    /// Returns kube's client over this one. Requests that read or apply are sent again after a broken connection; those that
    /// create or delete are not, once they may have been sent. `warned` is called with the server's warnings.
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
        // This client sets the other headers itself.
        let mut headers = parts.headers;
        let is_idempotent = [Method::GET, Method::HEAD, Method::PUT].contains(&parts.method)
            // Server-side apply describes the desired state, so that it may be repeated.
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

/// Streams a body piece by piece.
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
