//! One cluster while it is being asked: what the fan-out has to know to be fair and honest about it.

use super::budget::Share;
use crate::connect::{Client, Error, HeldUp};
use crate::record::Reason;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// So many different warnings of one server are passed on.
const MOST_WARNINGS: usize = 100;

/// So many bytes of an answer have to come for its cluster to count as heard again. One that comes by the
/// byte would otherwise keep a slot for as long as it may take, and a few such clusters all slots.
const TRICKLE: usize = 1024;

/// The most that one cluster may send, in bytes after decompression, and what its records may come to: 4 GiB. Other
/// stages keep what waits for its turn in files.
pub const MOST_SENT: u64 = 4 << 30;

/// One cluster while it is being asked. Shared by the query, which notes what it hears, and the fan-out,
/// which decides on slots and deadlines by it.
pub struct QueryState {
    cluster: String,
    started: Instant,
    heard: Cell<Instant>,
    first_heard: Cell<Option<Duration>>,
    /// The reading of its clocks when it was last heard.
    excused: Cell<Duration>,
    slowest_wait: Cell<Option<Duration>>,
    /// Bytes since it was last heard.
    trickled: Cell<usize>,
    items: Cell<u64>,
    /// Bytes that it has sent, or that came of them.
    sent: Cell<u64>,
    most_sent: Cell<u64>,
    given_up: RefCell<Option<Error>>,
    held_up: Arc<HeldUp>,
    logins: Arc<HeldUp>,
    client: RefCell<Option<Rc<Client>>>,
    warnings: RefCell<HashSet<String>>,
    settled: Cell<bool>,
    tell_settled: Rc<Notify>,
    trouble: RefCell<Option<Error>>,
    room: Share,
}

impl QueryState {
    /// A cluster whose query starts now. `settled` is told when it [is](Self::settle); its answers have `room`.
    pub fn new(cluster: String, settled: Rc<Notify>, room: Share) -> Self {
        let now = Instant::now();
        Self {
            cluster,
            started: now,
            heard: Cell::new(now),
            first_heard: Cell::new(None),
            excused: Cell::default(),
            slowest_wait: Cell::default(),
            trickled: Cell::new(0),
            items: Cell::new(0),
            sent: Cell::new(0),
            most_sent: Cell::new(MOST_SENT),
            given_up: RefCell::default(),
            held_up: Arc::default(),
            logins: Arc::default(),
            client: RefCell::new(None),
            warnings: RefCell::default(),
            settled: Cell::new(false),
            tell_settled: settled,
            trouble: RefCell::default(),
            room,
        }
    }

    /// Where its answers have room.
    pub fn room(&self) -> &Share {
        &self.room
    }

    /// The cluster's name.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// When its query started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Notes that an answer has begun.
    pub fn hear(&self) {
        let now = Instant::now();
        let wait = Some(self.wait());
        self.slowest_wait.set(self.slowest_wait.get().max(wait));
        self.excused.set(self.held_up.total() + self.logins.total());
        self.heard.set(now);
        self.trickled.set(0);
        if self.first_heard.get().is_none() {
            self.first_heard.set(Some(now - self.started));
        }
    }

    /// Notes that bytes of an answer have come; a few do not break a silence.
    pub fn hear_bytes(&self, bytes: usize) {
        let trickled = self.trickled.get().saturating_add(bytes);
        self.trickled.set(trickled);
        if trickled >= TRICKLE {
            self.hear();
        }
    }

    /// How long next to nothing has come from it, not counting the time in which it waited for our own reader.
    pub fn silence(&self) -> Duration {
        if self.held_up.is_now() {
            return Duration::ZERO;
        }
        self.heard.get().elapsed()
    }

    /// How long next to nothing has come from it, not counting the time in which it waited for our own reader or for
    /// a person who logs in, before or now.
    pub fn wait(&self) -> Duration {
        let excused = self.held_up.total() + self.logins.total();
        let excused = excused.saturating_sub(self.excused.get());
        self.heard.get().elapsed().saturating_sub(excused)
    }

    /// The longest [wait](Self::wait) so far after which something came.
    pub fn slowest_wait(&self) -> Option<Duration> {
        self.slowest_wait.get()
    }

    /// Notes that from here on it is only waited for, however long that takes: it is watched, or could not be
    /// reached and is going to be tried again. It needs no slot for that. With `trouble` it has not been
    /// reached yet.
    pub fn settle(&self, trouble: Option<Error>) {
        *self.trouble.borrow_mut() = trouble;
        if !self.settled.replace(true) {
            self.tell_settled.notify_one();
        }
    }

    /// Whether it is only waited for.
    pub fn is_settled(&self) -> bool {
        self.settled.get()
    }

    /// Why it has never been reached, if it has not.
    pub fn trouble(&self) -> Option<Error> {
        self.trouble.borrow().clone()
    }

    /// How long its first bytes took; `None` while none have come.
    pub fn first_heard(&self) -> Option<Duration> {
        self.first_heard.get()
    }

    /// Notes that rows or objects have been handed to the output.
    pub fn add_items(&self, items: u64) {
        self.items.set(self.items.get() + items);
    }

    /// How many rows or objects have been handed to the output.
    pub fn items(&self) -> u64 {
        self.items.get()
    }

    /// Notes that it has sent so many bytes, or that records of so many bytes came of them.
    ///
    /// # Errors
    /// It has sent too much.
    pub fn count(&self, bytes: usize) -> Result<(), Error> {
        let sent = self.sent.get().saturating_add(bytes as u64);
        self.sent.set(sent);
        let most = self.most_sent.get();
        if sent <= most {
            return Ok(());
        }
        let shown = match most >> 30 {
            0 => format!("{} MiB", most >> 20),
            gibibytes => format!("{gibibytes} GiB"),
        };
        let message = format!("{} has sent more than {shown}, and more was coming", self.cluster);
        let error = Error::new(Reason::Protocol, message).with_hint(
            "ask for less: one namespace with -n, fewer objects with -l or --field-selector, one type at a time",
        );
        self.give_up(error.clone());
        Err(error)
    }

    /// Notes why it cannot be asked any further, however often it is tried.
    pub fn give_up(&self, error: Error) {
        *self.given_up.borrow_mut() = Some(error);
    }

    /// Why that is so, where it is.
    pub fn given_up(&self) -> Option<Error> {
        self.given_up.borrow().clone()
    }

    /// Forgets what has been counted: it is watched, and listed anew.
    pub fn count_anew(&self) {
        self.sent.set(0);
    }

    /// Sets another limit than [`MOST_SENT`].
    #[cfg(test)]
    pub fn set_most_sent(&self, bytes: u64) {
        self.most_sent.set(bytes);
    }

    /// Notes what its server warns of; says whether that is new and to be said. A server that has said very
    /// much is no longer listened to.
    pub fn is_new_warning(&self, text: &str) -> bool {
        let mut warnings = self.warnings.borrow_mut();
        warnings.len() < MOST_WARNINGS && warnings.insert(text.to_owned())
    }

    /// The error that it is, with `--warnings-as-errors`, that its server has warned; in kubectl's words.
    pub fn warnings_as_error(&self) -> Option<Error> {
        let message = match self.warnings.borrow().len() {
            0 => return None,
            1 => "error: 1 warning received".to_owned(),
            several => format!("error: {several} warnings received"),
        };
        let hint = "--warnings-as-errors makes a failure of what the API server warns of";
        Some(Error::new(Reason::BadRequest, message).with_hint(hint))
    }

    /// The time in which its rows waited for our own reader, which no deadline counts.
    pub fn held_up(&self) -> &Arc<HeldUp> {
        &self.held_up
    }

    /// The time in which it waited for a person who logs in, which no deadline counts either.
    pub fn logins(&self) -> &Arc<HeldUp> {
        &self.logins
    }

    /// Remembers the client, so that a timeout can say what it waited for.
    pub fn connect_through(&self, client: Rc<Client>) {
        *self.client.borrow_mut() = Some(client);
    }

    /// The error for a query that was given up after a time: says what it was waiting for.
    pub fn timed_out(&self, after: Duration) -> Error {
        match self.client.borrow().as_deref() {
            Some(client) => client.timeout_error(after),
            None => Error::new(
                Reason::Timeout,
                format!("no answer within {}s", after.as_secs_f64()),
            ),
        }
    }
}
