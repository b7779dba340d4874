//! One cluster while it is being asked: what the fan-out has to know to be fair and honest about it.

use crate::connect::{Client, Phase};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// One cluster while it is being asked. Shared by the query, which notes what it hears, and the fan-out,
/// which decides on slots and deadlines by it.
pub struct Contact {
    cluster: String,
    started: Instant,
    heard: Cell<Instant>,
    first_heard: Cell<Option<Duration>>,
    items: Cell<u64>,
    held_up: HeldUp,
    client: RefCell<Option<Rc<Client>>>,
    finished: Cell<bool>,
}

impl Contact {
    /// A cluster whose query starts now.
    pub fn new(cluster: String) -> Self {
        let now = Instant::now();
        Self {
            cluster,
            started: now,
            heard: Cell::new(now),
            first_heard: Cell::new(None),
            items: Cell::new(0),
            held_up: HeldUp::default(),
            client: RefCell::new(None),
            finished: Cell::new(false),
        }
    }

    /// The cluster's name.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// When its query started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Notes that bytes of an answer have come.
    pub fn hear(&self) {
        let now = Instant::now();
        self.heard.set(now);
        if self.first_heard.get().is_none() {
            self.first_heard.set(Some(now - self.started));
        }
    }

    /// How long nothing has come from it, not counting the time in which it waited for our own reader.
    pub fn silence(&self) -> Duration {
        if self.held_up.is_now() {
            return Duration::ZERO;
        }
        self.heard.get().elapsed()
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

    /// The time in which its rows waited for our own reader, which no deadline counts.
    pub fn held_up(&self) -> &HeldUp {
        &self.held_up
    }

    /// Remembers the client, so that a timeout can say what it waited for.
    pub fn connect_through(&self, client: Rc<Client>) {
        *self.client.borrow_mut() = Some(client);
    }

    /// What it is waiting for, to be read behind `timed out after 30s `.
    pub fn waiting_for(&self) -> String {
        let client = self.client.borrow();
        let Some(client) = client.as_deref() else {
            return "before it was asked".into();
        };
        let server = client.server();
        match client.phase() {
            Phase::Credentials => "waiting for its credential plugin".into(),
            Phase::Connecting => format!("connecting to {server}"),
            Phase::Waiting => format!("waiting for an answer from {server}"),
            Phase::Reading => format!("reading the answer of {server}"),
            Phase::Throttled => format!("waiting because {server} told us to slow down"),
        }
    }

    /// Notes that its Result has been handed to the output; nothing may follow. Closes its connection.
    pub fn finish(&self) {
        self.finished.set(true);
        self.client.borrow_mut().take();
    }

    /// Whether its Result has been handed to the output.
    pub fn is_finished(&self) -> bool {
        self.finished.get()
    }
}

/// A clock of the time in which somebody waited for the reader of our output.
#[derive(Default)]
pub struct HeldUp {
    waiting: Cell<u32>,
    since: Cell<Option<Instant>>,
    before: Cell<Duration>,
}

impl HeldUp {
    /// Runs until the guard is dropped.
    pub fn start(&self) -> HeldUpGuard<'_> {
        if self.waiting.get() == 0 {
            self.since.set(Some(Instant::now()));
        }
        self.waiting.set(self.waiting.get() + 1);
        HeldUpGuard(self)
    }

    /// Whether it runs.
    pub fn is_now(&self) -> bool {
        self.waiting.get() > 0
    }

    /// What it shows.
    pub fn total(&self) -> Duration {
        let now = self.since.get().map_or(Duration::ZERO, |since| since.elapsed());
        self.before.get() + now
    }
}

/// Stops a [`HeldUp`] when dropped.
pub struct HeldUpGuard<'a>(&'a HeldUp);

impl Drop for HeldUpGuard<'_> {
    fn drop(&mut self) {
        let HeldUp {
            waiting,
            since,
            before,
        } = self.0;
        waiting.set(waiting.get().saturating_sub(1));
        if waiting.get() == 0
            && let Some(since) = since.take()
        {
            before.set(before.get() + since.elapsed());
        }
    }
}
