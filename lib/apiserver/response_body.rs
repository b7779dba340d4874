//! The body of an answer that has been received and not read yet.

use super::protocol::protocol;
use crate::apiserver::budget::Hold;
use crate::apiserver::query_state::QueryState;
use crate::apiserver::workers::Workers;
use crate::connect::{Body, Error, Inflated, Received};
use crate::mutex::lock;
use std::sync::{Mutex, MutexGuard};
use tokio::task::yield_now;

/// The longest answer, in bytes after decompression, that is read as a whole. A longer one, such as a list that does not
/// come in pages, is read in parts.
pub const WHOLE: usize = 16 << 20;

/// The longest answer that is read as a whole if it cannot be read in parts: a single object, or a discovery document. It
/// is the longest that a record can be.
pub const LONGEST: usize = crate::wire::MAX_LINE;

/// An answer of fewer bytes is read on the event loop: 32 KiB take about 30 µs, and handing it to a worker takes as long.
const SHORT: usize = 32 << 10;

/// The body of a successful answer, as it was received. While it is compressed it takes a tenth of its memory.
pub struct ResponseBody {
    path: String,
    received: Received,
    /// The part of a long answer that has not been received yet.
    rest: Option<Box<Body>>,
    hold: Hold,
}

/// The result of one step of reading.
enum Step<T, R> {
    /// The answer has been read.
    Done(T, Hold),
    /// The answer is too long to be read as a whole, which `read` has been told.
    TooLong(T, Box<ResponseBody>),
    /// Reading needs memory for this many bytes to go on.
    NeedsRoom(Box<(ResponseBody, R)>, usize),
}

impl ResponseBody {
    /// Makes the body of the answer to a GET. It takes the memory of `hold`.
    pub fn new(path: &str, received: Received, hold: Hold) -> Self {
        Self {
            path: path.to_owned(),
            received,
            rest: None,
            hold,
        }
    }

    /// Adds the part of the answer that is still to be received.
    pub fn with_rest(self, rest: Option<Body>) -> Self {
        Self {
            rest: rest.map(Box::new),
            ..self
        }
    }

    /// Returns the path and query of the request.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Decompresses the answer and calls `read` with its bytes, which it may change or take. Returns what `read` returned, and
    /// the memory that the decompressed answer still takes. Invalid compression is an error for `read`. So is an answer longer
    /// than [`WHOLE`], which is returned to be read piece by piece.
    ///
    /// A worker reads a long answer. Waiting for memory does not count for the cluster.
    pub async fn read<T: Send + 'static>(
        self,
        workers: &Workers,
        state: &QueryState,
        read: impl FnOnce(Result<&mut Vec<u8>, Error>) -> T + Send + 'static,
    ) -> (T, Hold, Option<ResponseBody>) {
        if self.rest.is_some() {
            return (read(Err(too_long(&self.path))), Hold::default(), Some(self));
        }
        // The server may lie about the length: it can be a thousand times that of the compressed bytes.
        let is_short = self.received.inflated_size() < SHORT
            && (!self.received.is_compressed() || self.received.bytes().len() < SHORT / 8);
        let mut next = (self, read);
        let mut granted = 0;
        loop {
            let (response, read) = next;
            let work = move || response.go_on(granted, read);
            let outcome = match is_short {
                true => work(),
                false => workers.run(work).await,
            };
            match outcome {
                Step::Done(outcome, hold) => return (outcome, hold, None),
                Step::TooLong(outcome, response) => return (outcome, Hold::default(), Some(*response)),
                Step::NeedsRoom(rest, more) => {
                    next = *rest;
                    granted = more;
                }
            }
            let _not_counted = state.held_up().start();
            next.0.hold.grow(granted).await;
        }
    }

    /// Returns the whole answer, decompressed, and the memory that it takes.
    ///
    /// # Errors
    /// An answer longer than [`LONGEST`], or with invalid compression; a broken connection.
    pub async fn whole(self, workers: &Workers, state: &QueryState) -> Result<(Vec<u8>, Hold), Error> {
        let (body, hold, long) = self.read(workers, state, |body| body.map(std::mem::take)).await;
        match long {
            Some(long) => long.collect(state).await,
            None => Ok((body?, hold)),
        }
    }

    /// Does the same with an answer that is to be read piece by piece.
    ///
    /// # Errors
    /// See [`whole`](Self::whole).
    pub async fn collect(mut self, state: &QueryState) -> Result<(Vec<u8>, Hold), Error> {
        let mut hold = state.room().hold();
        let mut whole = Vec::new();
        while let Some(mut piece) = self.next_piece(state).await? {
            if whole.len() + piece.len() > LONGEST {
                return Err(too_long(&self.path));
            }
            state.take_room(&mut hold, piece.len()).await;
            whole.append(&mut piece);
        }
        Ok((whole, hold))
    }

    /// Decompresses the answer, so that [`bytes`](Self::bytes) can be looked at before it is read.
    ///
    /// # Errors
    /// See [`whole`](Self::whole).
    pub async fn unpack(self, workers: &Workers, state: &QueryState) -> Result<Self, Error> {
        let path = self.path.clone();
        let (body, hold) = self.whole(workers, state).await?;
        Ok(Self::new(&path, body.into(), hold))
    }

    /// Returns the next piece, decompressed, of a few MiB; `None` at the end. It counts towards the most that the cluster may
    /// [send](QueryState::count).
    ///
    /// # Errors
    /// A broken connection, invalid compression, a cluster that has sent too much.
    pub async fn next_piece(&mut self, state: &QueryState) -> Result<Option<Vec<u8>>, Error> {
        loop {
            // Between two pieces other queries and deadlines have their turn.
            yield_now().await;
            if let Some(piece) = self.received.next_piece()? {
                state.count(piece.len())?;
                return Ok(Some(piece));
            }
            let Some(rest) = &mut self.rest else {
                self.received.end()?;
                return Ok(None);
            };
            match rest.received_chunk().await? {
                Some(bytes) => {
                    state.hear_bytes(bytes.len());
                    self.received.add(&bytes);
                }
                None => self.rest = None,
            }
        }
    }

    /// Returns the bytes as they were received, or [unpacked](Self::unpack).
    pub fn bytes(&self) -> &[u8] {
        self.received.bytes()
    }

    /// Goes on as long as there is memory. `granted` bytes have been taken already for the next step.
    fn go_on<T, R: FnOnce(Result<&mut Vec<u8>, Error>) -> T>(
        mut self,
        granted: usize,
        read: R,
    ) -> Step<T, R> {
        let mut granted = Some(granted);
        let hold = &mut self.hold;
        let room = |bytes| granted.take().is_some_and(|granted| granted >= bytes) || hold.try_grow(bytes);
        self.received.lend(|| spare().pop().unwrap_or_default());
        let inflated = match self.received.inflate(WHOLE, room) {
            Ok(Inflated::NeedsRoom(more)) => return Step::NeedsRoom(Box::new((self, read)), more),
            Ok(Inflated::Whole) => Ok(()),
            Ok(Inflated::TooLong) => {
                let outcome = read(Err(too_long(&self.path)));
                return Step::TooLong(outcome, Box::new(self));
            }
            Err(error) => Err(error),
        };
        let is_lent = self.received.is_compressed();
        let mut body = self.received.into_bytes();
        self.hold.shrink(if inflated.is_ok() { body.len() } else { 0 });
        let outcome = read(inflated.map(|()| &mut body));
        if is_lent && (1..=MOST_KEPT).contains(&body.capacity()) {
            spare().push(body);
        }
        Step::Done(outcome, self.hold)
    }
}

/// The largest buffer that is kept, in bytes: a page of 500 rows takes about 1.6 MB.
const MOST_KEPT: usize = 2 << 20;

/// Buffers for the next answers, as many as were decompressed at the same time. Returning memory of that size to the system
/// and asking for it again takes longer than reading an answer. The threads share them, since the pages of one list go to
/// different threads.
static SPARE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

fn spare() -> MutexGuard<'static, Vec<Vec<u8>>> {
    // A panic leaves nothing half done in it.
    lock(&SPARE)
}

/// Returns the error that an answer, or an object in it, is longer than [`LONGEST`].
pub fn too_long(path: &str) -> Error {
    let most = LONGEST >> 20;
    protocol(format!(
        "the answer to GET {path}, or an object in it, is longer than {most} MiB"
    ))
    .with_hint("no API server stores such an object: look at what answers there with kubectl --context CONTEXT get --raw")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::apiserver::budget::{Budget, Share};
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;
    use std::rc::Rc;
    use std::sync::Arc;
    use std::thread;

    /// A length that a worker reads in several steps.
    const LONG: usize = 3 << 20;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn state(room: Share) -> QueryState {
        QueryState::new("c1".into(), Rc::default(), room)
    }

    fn response(bytes: Vec<u8>, is_gzip: bool, share: &Share) -> ResponseBody {
        let mut hold = share.hold();
        assert!(hold.try_grow(bytes.len()));
        ResponseBody::new("/x", Received::new("c1:1", bytes, is_gzip), hold)
    }

    /// Reads an answer. Returns it, whether the event loop's thread read it, and the memory that it still takes.
    async fn read(response: ResponseBody, state: &QueryState) -> (Result<Vec<u8>, Error>, bool, Hold) {
        let own = thread::current().id();
        let workers = Workers::default();
        let read = move |body: Result<&mut Vec<u8>, Error>| {
            (body.map(std::mem::take), thread::current().id() == own)
        };
        let ((body, is_own), hold, long) = response.read(&workers, state, read).await;
        assert!(long.is_none());
        (body, is_own, hold)
    }

    #[tokio::test]
    async fn long_answers_are_read_by_workers() {
        let budget = Arc::new(Budget::default());
        let state = state(budget.share());
        for (length, is_short) in [(0, true), (SHORT - 1, true), (SHORT, false), (LONG, false)] {
            let body = vec![b'x'; length];
            for (bytes, is_gzip) in [(body.clone(), false), (gzip(&body), true)] {
                let (outcome, is_own, hold) = read(response(bytes, is_gzip, state.room()), &state).await;
                assert!(outcome.unwrap() == body);
                assert_eq!(is_own, is_short, "{length} {is_gzip}");
                assert_eq!(hold.bytes(), length);
            }
        }
    }

    #[tokio::test]
    async fn answer_that_lies_about_its_length_is_read_by_a_worker() {
        let budget = Arc::new(Budget::default());
        let state = state(budget.share());
        // Blanks would compress to almost nothing.
        let body: Vec<u8> = (0..LONG)
            .map(|number| ((number * number) >> 7).to_le_bytes()[0])
            .collect();
        let mut bytes = gzip(&body);
        let size = bytes.len() - 4;
        bytes[size..].copy_from_slice(&1_u32.to_le_bytes());
        let (_, is_own, _) = read(response(bytes, true, state.room()), &state).await;
        assert!(!is_own);
    }

    #[tokio::test]
    async fn buffers_are_reused() {
        let budget = Arc::new(Budget::default());
        let state = state(budget.share());
        let workers = Workers::default();
        let body = vec![b'x'; 1 << 10];
        for _ in 0..1000 {
            for (bytes, is_gzip) in [(body.clone(), false), (gzip(&body), true)] {
                let response = response(bytes, is_gzip, state.room());
                response
                    .read(&workers, &state, |body| assert!(body.is_ok()))
                    .await;
            }
        }
        // Other tests read at the same time.
        assert!(spare().len() < 100);
    }

    #[tokio::test]
    async fn invalid_gzip_is_an_error() {
        let budget = Arc::new(Budget::default());
        let state = state(budget.share());
        let mut bytes = gzip(&vec![b'x'; LONG]);
        bytes.truncate(bytes.len() / 2);
        let (outcome, _, hold) = read(response(bytes, true, state.room()), &state).await;
        let message = outcome.unwrap_err().message;
        assert!(message.contains("c1:1 is not valid gzip"), "{message}");
        assert_eq!(hold.bytes(), 0);
    }

    #[tokio::test]
    async fn long_answer_comes_in_pieces() {
        let budget = Arc::new(Budget::default());
        let state = state(budget.share());
        let workers = Workers::default();
        let body: Vec<u8> = (0..WHOLE + LONG).map(|number| (number / 7) as u8).collect();
        let mut twice = gzip(&body[..LONG]);
        twice.extend(gzip(&body[LONG..]));
        for (bytes, is_gzip) in [(body.clone(), false), (gzip(&body), true), (twice, true)] {
            let read = |body: Result<&mut Vec<u8>, Error>| assert!(body.is_err());
            let response = response(bytes, is_gzip, state.room());
            let ((), _, long) = response.read(&workers, &state, read).await;
            let mut long = long.unwrap();
            let mut pieces = Vec::new();
            while let Some(mut piece) = long.next_piece(&state).await.unwrap() {
                assert!(!is_gzip || piece.len() <= WHOLE + 1, "{}", piece.len());
                pieces.append(&mut piece);
            }
            assert!(pieces == body);
        }
        let mut broken = gzip(&body);
        broken.truncate(broken.len() - 20);
        let response = response(broken, true, state.room());
        let error = response.whole(&workers, &state).await.unwrap_err();
        assert!(error.message.contains("is not valid gzip"), "{}", error.message);
    }

    #[tokio::test]
    async fn reading_waits_for_memory() {
        let budget = Arc::new(Budget::with_limit(2 << 20));
        let (first, second) = (budget.share(), budget.share());
        let mut before = first.hold();
        assert!(before.try_grow(1));
        let state = state(second);
        let body = vec![b'x'; LONG];
        let response = response(gzip(&body), true, state.room());
        let one_after_the_other = async {
            while !state.held_up().is_now() {
                yield_now().await;
            }
            drop(before);
        };
        let ((outcome, _, hold), ()) = tokio::join!(read(response, &state), one_after_the_other);
        assert!(outcome.unwrap() == body);
        assert_eq!(hold.bytes(), LONG);
    }
}
