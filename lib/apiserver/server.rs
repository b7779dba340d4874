//! One cluster's API server. Queries use the trait, so that they can be tested without a server.

use super::response_body::{self, ResponseBody};
use crate::apiserver::budget::Hold;
use crate::apiserver::query_state::QueryState;
use crate::apiserver::workers::Workers;
use crate::connect::{Body, Client, Error};
use bytes::Bytes;
use http::header::HeaderName;
use http::response::Parts;
use http::{HeaderMap, Response};
use std::rc::Rc;

/// A successful answer, read to its end.
#[derive(Debug, Default)]
pub struct Reply {
    /// The HTTP status: 200, or 304 if an entity tag was sent.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// The memory that it takes.
    pub hold: Hold,
}

impl Reply {
    /// Returns a header's value, if it is text.
    pub fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Sends requests to one API server, one after the other.
pub trait ApiServer {
    /// The body of an answer that comes in pieces.
    type Incoming: Incoming;

    /// Sends a GET to a path and query, and reads the answer. With an entity tag the server may answer 304. A status of 400
    /// or above is an error.
    fn get(&self, path: &str, accept: &str, etag: Option<&str>)
    -> impl Future<Output = Result<Reply, Error>>;

    /// Does the same, but leaves the answer to be read.
    fn fetch(&self, path: &str, accept: &str) -> impl Future<Output = Result<ResponseBody, Error>> {
        async move {
            let Reply { body, hold, .. } = self.get(path, accept, None).await?;
            Ok(ResponseBody::new(path, body.into(), hold))
        }
    }

    /// Sends a GET whose answer has no end of its own, and returns when the answer begins. A status of 400 or above is an
    /// error.
    fn open(&self, path: &str, accept: &str) -> impl Future<Output = Result<Self::Incoming, Error>>;

    /// Shows the user a warning about the server.
    fn note(&self, text: &str) -> impl Future<Output = ()> {
        let _ = text;
        async {}
    }
}

/// The body of an answer that comes in pieces.
pub trait Incoming {
    /// Returns the next piece; `None` at the end.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, Error>>;
}

impl Incoming for Body {
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, Error>> {
        self.chunk()
    }
}

/// A server that is reached over the network. `W` shows a warning of the server to the user.
pub struct Http<'a, W> {
    /// The client of the server.
    pub client: Rc<Client>,
    /// The state of the query, which notes what comes.
    pub state: &'a QueryState,
    /// Shows the user what the server warns of.
    pub warn: W,
    /// The threads that read long answers.
    pub workers: &'a Workers,
    /// Shows the user each request, with `-v`.
    pub say: Option<&'a dyn Fn(&str)>,
}

impl<W: AsyncFn(&str)> ApiServer for Http<'_, W> {
    type Incoming = Body;

    async fn open(&self, path: &str, accept: &str) -> Result<Body, Error> {
        self.say_request(path);
        Ok(self.ask(path, accept, None).await?.into_body())
    }

    async fn get(&self, path: &str, accept: &str, etag: Option<&str>) -> Result<Reply, Error> {
        let (parts, body) = self.receive(path, accept, etag).await?;
        // Boxed, since it is rare and lists do not need it.
        let (body, hold) = Box::pin(body.whole(self.workers, self.state)).await?;
        Ok(Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
            hold,
        })
    }

    async fn fetch(&self, path: &str, accept: &str) -> Result<ResponseBody, Error> {
        Ok(self.receive(path, accept, None).await?.1)
    }

    async fn note(&self, text: &str) {
        self.pass_on([text.to_owned()]).await;
    }
}

impl<W: AsyncFn(&str)> Http<'_, W> {
    fn say_request(&self, path: &str) {
        if let Some(say) = self.say {
            let server = self.client.server().trim_end_matches('/');
            say(&format!("{}: GET {server}{path}", self.state.cluster()));
        }
    }

    /// Waits for the beginning of an answer, and shows the warnings that come with it.
    async fn ask(&self, path: &str, accept: &str, etag: Option<&str>) -> Result<Response<Body>, Error> {
        let response = self.client.get(path, accept, etag).await;
        self.pass_on(self.client.take_warnings()).await;
        if response.as_ref().err().is_none_or(|error| error.status.is_some()) {
            self.state.hear();
        }
        response
    }

    /// Shows warnings, each distinct text once, as kubectl does.
    async fn pass_on(&self, warnings: impl IntoIterator<Item = String>) {
        for warning in warnings {
            if self.state.is_new_warning(&warning) {
                (self.warn)(&format!("Warning: {warning}")).await;
            }
        }
    }

    /// Sends a GET and receives the answer.
    async fn receive(
        &self,
        path: &str,
        accept: &str,
        etag: Option<&str>,
    ) -> Result<(Parts, ResponseBody), Error> {
        self.say_request(path);
        let mut retried = false;
        loop {
            let (parts, body) = self.ask(path, accept, etag).await?.into_parts();
            match self.receive_body(path, body).await {
                // The connection broke. Nothing has been made of the answer yet, so the GET can be sent again.
                Err(error) if error.is_broken_connection() && !retried => retried = true,
                outcome => return Ok((parts, outcome?)),
            }
        }
    }

    /// Receives an answer to its end, or the beginning of a long one, as far as there is memory for it.
    async fn receive_body(&self, path: &str, mut body: Body) -> Result<ResponseBody, Error> {
        let mut hold = self.state.room().hold();
        let room = async |bytes| {
            self.state.hear_bytes(bytes);
            self.state.take_room(&mut hold, bytes).await;
        };
        let (received, is_whole) = body.receive_first(response_body::WHOLE, room).await?;
        Ok(ResponseBody::new(path, received, hold).with_rest((!is_whole).then_some(body)))
    }
}
