//! The state of one cluster's query: what the fan-out needs to know to be fair to it and to report it truthfully.

use super::budget::{Hold, Share};
use crate::connect::{Client, Deadline, Error, HeldUp};
use crate::record::Reason;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How many different warnings of one server are passed on.
const MOST_WARNINGS: usize = 100;

/// How many bytes have to come before the cluster counts as heard again. A cluster that sends single bytes would
/// otherwise keep its slot for as long as it may take, and a few such clusters would keep all slots.
const TRICKLE: usize = 1024;

/// The most that one cluster may send, in bytes after decompression, and the most that its records may come to: 4 GiB.
/// Later stages keep what waits for its turn in files.
pub const MOST_SENT: u64 = 4 << 30;

/// The state of one cluster's query. The query notes what it hears, and the fan-out decides on slots and deadlines by it.
pub struct QueryState {
    cluster: String,
    started: Instant,
    heard: Cell<Instant>,
    first_heard: Cell<Option<Duration>>,
    /// The time not counted so far, as of the moment when the cluster was last heard.
    excused: Cell<Duration>,
    slowest_wait: Cell<Option<Duration>>,
    /// Bytes since the cluster was last heard.
    trickled: Cell<usize>,
    items: Cell<u64>,
    /// Bytes that the cluster has sent, and of the records made of them.
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
    /// Starts the query of a cluster now. `settled` is notified when it [settles](Self::settle), and its answers take
    /// their memory from `room`.
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

    /// Returns the cluster's share of the memory for answers.
    pub fn room(&self) -> &Share {
        &self.room
    }

    /// Takes memory for more bytes, and waits until there is some. That wait does not count for the cluster.
    pub async fn take_room(&self, hold: &mut Hold, bytes: usize) {
        if !hold.try_grow(bytes) {
            let _not_counted = self.held_up.start();
            hold.grow(bytes).await;
        }
    }

    /// The cluster's name.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// Returns when the query started.
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

    /// Notes that bytes of an answer have come. A few bytes do not end a silence.
    pub fn hear_bytes(&self, bytes: usize) {
        let trickled = self.trickled.get().saturating_add(bytes);
        self.trickled.set(trickled);
        if trickled >= TRICKLE {
            self.hear();
        }
    }

    /// Returns how long almost nothing has come from the cluster; zero while it waits for the reader of our output.
    pub fn silence(&self) -> Duration {
        if self.held_up.is_now() {
            return Duration::ZERO;
        }
        self.heard.get().elapsed()
    }

    /// Returns how long almost nothing has come from the cluster, without all the time in which it waited for the reader
    /// of our output or for a person who logs in.
    pub fn wait(&self) -> Duration {
        let excused = self.held_up.total() + self.logins.total();
        let excused = excused.saturating_sub(self.excused.get());
        self.heard.get().elapsed().saturating_sub(excused)
    }

    /// Returns the longest [wait](Self::wait) so far after which something came.
    pub fn slowest_wait(&self) -> Option<Duration> {
        self.slowest_wait.get()
    }

    /// Notes that from here on the query only waits, for however long: the cluster is watched, or it could not be reached
    /// and will be tried again. It needs no slot for that. `trouble` is why it has not been reached yet.
    pub fn settle(&self, trouble: Option<Error>) {
        *self.trouble.borrow_mut() = trouble;
        if !self.settled.replace(true) {
            self.tell_settled.notify_one();
        }
    }

    /// Returns whether the query only waits, see [`settle`](Self::settle).
    pub fn is_settled(&self) -> bool {
        self.settled.get()
    }

    /// Returns why the cluster has never been reached, if it has not.
    pub fn trouble(&self) -> Option<Error> {
        self.trouble.borrow().clone()
    }

    /// Returns how long the first bytes took; `None` while none have come.
    pub fn first_heard(&self) -> Option<Duration> {
        self.first_heard.get()
    }

    /// Notes that rows or objects have been sent to the output.
    pub fn add_items(&self, items: u64) {
        self.items.set(self.items.get() + items);
    }

    /// Returns how many rows or objects have been sent to the output.
    pub fn items(&self) -> u64 {
        self.items.get()
    }

    /// Counts bytes that the cluster has sent, or bytes of the records made of them.
    ///
    /// # Errors
    /// The cluster has sent too much.
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

    /// Notes why the cluster cannot be asked any further, and trying again would not help.
    pub fn give_up(&self, error: Error) {
        *self.given_up.borrow_mut() = Some(error);
    }

    /// Returns why the cluster cannot be asked any further.
    pub fn given_up(&self) -> Option<Error> {
        self.given_up.borrow().clone()
    }

    /// Starts to count anew: a watch lists its objects again.
    pub fn count_anew(&self) {
        self.sent.set(0);
    }

    /// Sets another limit than [`MOST_SENT`].
    #[cfg(test)]
    pub fn set_most_sent(&self, bytes: u64) {
        self.most_sent.set(bytes);
    }

    /// Notes a warning of the server. Returns whether it is new and to be shown. After very many, warnings are ignored.
    pub fn is_new_warning(&self, text: &str) -> bool {
        let mut warnings = self.warnings.borrow_mut();
        warnings.len() < MOST_WARNINGS && warnings.insert(text.to_owned())
    }

    /// Returns the error that `--warnings-as-errors` makes of the server's warnings, in kubectl's words.
    pub fn warnings_as_error(&self) -> Option<Error> {
        let message = match self.warnings.borrow().len() {
            0 => return None,
            1 => "error: 1 warning received".to_owned(),
            several => format!("error: {several} warnings received"),
        };
        let hint = "--warnings-as-errors turns warnings of the API server into a failure";
        Some(Error::new(Reason::BadRequest, message).with_hint(hint))
    }

    /// The time in which records waited for the reader of our output. It counts for no deadline.
    pub fn held_up(&self) -> &Arc<HeldUp> {
        &self.held_up
    }

    /// The time in which the query waited for a person who logs in. It counts for no deadline.
    pub fn logins(&self) -> &Arc<HeldUp> {
        &self.logins
    }

    /// Remembers the client, so that a timeout can say what it waited for.
    pub fn connect_through(&self, client: Rc<Client>) {
        *self.client.borrow_mut() = Some(client);
    }

    /// Runs work with a time limit. Waiting for the reader of our output, or for a person who logs in to this cluster,
    /// does not count. Returns `None` if the limit is over.
    pub async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        let clocks = [Arc::clone(&self.held_up), Arc::clone(&self.logins)];
        Deadline::new(limit, clocks).bound(work).await
    }

    /// Returns the error of a query that was given up after a time. It says what the query was waiting for.
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
