//! One cluster's API server, as the queries see it, so that they can be tested without one.

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

/// An answer that is no error, read to its end.
#[derive(Debug, Default)]
pub struct Reply {
    /// HTTP status: 200, or 304 where an entity tag was sent.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, decompressed.
    pub body: Vec<u8>,
    /// The room that it takes.
    pub hold: Hold,
}

impl Reply {
    /// A header's value, where it is text.
    pub fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Sends requests to one API server, one after the other.
pub trait Server {
    /// An answer that comes bit by bit.
    type Incoming: Incoming;

    /// Sends a GET to a path and query, and reads the answer. With an entity tag the server may answer 304.
    /// An answer of status 400 and above is an error that says so.
    fn get(&self, path: &str, accept: &str, etag: Option<&str>)
    -> impl Future<Output = Result<Reply, Error>>;

    /// The same for an answer that is left to be read.
    fn fetch(&self, path: &str, accept: &str) -> impl Future<Output = Result<ResponseBody, Error>> {
        async move {
            let Reply { body, hold, .. } = self.get(path, accept, None).await?;
            Ok(ResponseBody::new(path, body.into(), hold))
        }
    }

    /// Sends a GET whose answer has no end of its own, and returns when it begins. An answer of status 400 and
    /// above is an error that says so.
    fn open(&self, path: &str, accept: &str) -> impl Future<Output = Result<Self::Incoming, Error>>;

    /// Says something about the server to the user.
    fn note(&self, text: &str) -> impl Future<Output = ()> {
        let _ = text;
        async {}
    }
}

/// The body of an answer that comes bit by bit.
pub trait Incoming {
    /// The next piece; `None` at the end.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, Error>>;
}

impl Incoming for Body {
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, Error>> {
        self.chunk()
    }
}

/// A server that is reached over the network. `W` shows a warning of the server to the user.
pub struct Http<'a, W> {
    /// The way to it.
    pub client: Rc<Client>,
    /// Told of what comes.
    pub state: &'a QueryState,
    /// Shows the user what the server warns of.
    pub warn: W,
    /// Who reads long answers.
    pub workers: &'a Workers,
    /// Told what is asked, with `-v`.
    pub say: Option<&'a dyn Fn(&str)>,
}

impl<W: AsyncFn(&str)> Server for Http<'_, W> {
    type Incoming = Body;

    async fn open(&self, path: &str, accept: &str) -> Result<Body, Error> {
        self.say_request(path);
        Ok(self.ask(path, accept, None).await?.into_body())
    }

    async fn get(&self, path: &str, accept: &str, etag: Option<&str>) -> Result<Reply, Error> {
        let (parts, body) = self.receive(path, accept, etag).await?;
        // Boxed: it is rare, and lists have no need of it.
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

    /// Waits for the beginning of an answer, and passes on what the server warns of with it.
    async fn ask(&self, path: &str, accept: &str, etag: Option<&str>) -> Result<Response<Body>, Error> {
        let response = self.client.get(path, accept, etag).await;
        self.pass_on(self.client.take_warnings()).await;
        if response.as_ref().err().is_none_or(|error| error.status.is_some()) {
            self.state.hear();
        }
        response
    }

    /// Passes warnings on, each distinct text once, as kubectl does.
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
                // Reset under way. Receiving it once more harms nobody, and nothing has been handed over.
                Err(error) if error.is_broken_connection() && !retried => retried = true,
                outcome => return Ok((parts, outcome?)),
            }
        }
    }

    /// Receives an answer to its end, or the beginning of a long one, as far as there is room for it.
    async fn receive_body(&self, path: &str, mut body: Body) -> Result<ResponseBody, Error> {
        let mut hold = self.state.room().hold();
        let room = async |bytes| {
            self.state.hear_bytes(bytes);
            if !hold.try_grow(bytes) {
                // That others are before it is not its fault.
                let _not_counted = self.state.held_up().start();
                hold.grow(bytes).await;
            }
        };
        let (received, is_whole) = body.receive_first(response_body::WHOLE, room).await?;
        Ok(ResponseBody::new(path, received, hold).with_rest((!is_whole).then_some(body)))
    }
}
