//! Reads answers and sends the records made of them to the output.

use super::parts::{Parts, TooLong};
use super::reader::{Expected, RecordReader, malformed};
use super::table::Page;
use super::tracker::Tracker;
use crate::apiserver::budget::Hold;
use crate::apiserver::query_state::QueryState;
use crate::apiserver::response_body::{self, ResponseBody};
use crate::apiserver::workers::Workers;
use crate::connect::Error;
use crate::exec::fanout::output::Sink;
use std::sync::Arc;

/// A text of fewer bytes is read on the event loop: handing it to a worker takes as long as reading it.
pub const SHORT: usize = 32 << 10;

/// The fewest bytes that an answer counts for, so that a server that sends pages without rows forever is stopped.
const LEAST_COUNTED: usize = 4 << 10;

/// Reads the answers of one cluster and writes their records to the output.
#[derive(Clone, Copy)]
pub struct RecordWriter<'a> {
    /// The output.
    pub sink: &'a Sink,
    /// The state of the cluster's query.
    pub state: &'a QueryState,
    /// The threads that read long answers.
    pub workers: &'a Workers,
    /// For a watch: the objects that have been shown. It decides which records are written, and with which event.
    pub tracker: Option<&'a Tracker>,
}

/// The outcome of reading an answer, or a part of one.
struct ReadAnswer {
    reader: RecordReader,
    expected: Expected,
    /// The page, and for a watch the answer's text.
    outcome: Result<(Page, Option<String>), Error>,
    /// The records.
    lines: Vec<u8>,
    /// The length of the answer's text.
    length: usize,
}

/// Makes records of an answer's text.
fn read(
    mut reader: RecordReader,
    path: &str,
    expected: Expected,
    body: Result<&mut Vec<u8>, Error>,
    is_watched: bool,
) -> ReadAnswer {
    let mut lines = Vec::new();
    let mut length = 0;
    let outcome = body.and_then(|body| {
        length = body.len();
        // Rows take about a sixth of the answer's length.
        lines.reserve(body.len() / 8);
        let page = reader.answer(path, expected, body, &mut lines)?;
        let text = is_watched.then(|| String::from_utf8_lossy(body).into_owned());
        Ok((page, text))
    });
    ReadAnswer {
        reader,
        expected,
        outcome,
        lines,
        length,
    }
}

impl RecordWriter<'_> {
    /// Makes records of an answer and sends them to the output.
    ///
    /// # Errors
    /// A malformed answer; the records before the malformed part have been sent. A cluster that has sent too much.
    pub async fn write(
        self,
        response: ResponseBody,
        reader: &mut RecordReader,
        expected: Expected,
    ) -> Result<Page, Error> {
        let path: Arc<str> = response.path().into();
        let before = reader.items();
        let is_watched = self.tracker.is_some();
        let (own, asked) = (std::mem::take(reader), Arc::clone(&path));
        let read = move |body: Result<&mut Vec<u8>, Error>| read(own, &asked, expected, body, is_watched);
        // Boxed: every query would otherwise reserve the memory for this while it waits for its server.
        let (read, hold, long) = Box::pin(response.read(self.workers, self.state, read)).await;
        match long {
            None => {
                let length = read.length;
                let page = self.send(read, hold, before, reader, &path).await;
                self.state.count(length.max(LEAST_COUNTED))?;
                page
            }
            Some(long) => {
                *reader = read.reader;
                match expected {
                    Expected::List => Box::pin(self.write_in_parts(long, reader, &path)).await,
                    // A single object is not split, however long it is.
                    Expected::One => {
                        let (whole, _hold) = Box::pin(long.collect(self.state)).await?;
                        Box::pin(self.write_part(whole, reader, &path, Expected::One)).await
                    }
                }
            }
        }
    }

    /// Does the same for a list that is too long to be read as a whole.
    async fn write_in_parts(
        self,
        mut response: ResponseBody,
        reader: &mut RecordReader,
        path: &Arc<str>,
    ) -> Result<Page, Error> {
        let mut parts = Parts::new(response_body::LONGEST);
        let mut items = 0;
        while let Some(piece) = response.next_piece(self.state).await? {
            parts
                .feed(&piece)
                .map_err(|TooLong| response_body::too_long(path))?;
            drop(piece);
            while let Some(part) = parts.next() {
                items += self.write_part(part, reader, path, Expected::List).await?.items;
            }
        }
        let mut page = self
            .write_part(parts.finish(), reader, path, Expected::List)
            .await?;
        page.items += items;
        Ok(page)
    }

    async fn write_part(
        self,
        mut part: Vec<u8>,
        reader: &mut RecordReader,
        path: &Arc<str>,
        expected: Expected,
    ) -> Result<Page, Error> {
        let before = reader.items();
        let is_watched = self.tracker.is_some();
        let mut hold = self.state.room().hold();
        self.state.take_room(&mut hold, part.len()).await;
        let (own, asked) = (std::mem::take(reader), Arc::clone(path));
        let read = move || read(own, &asked, expected, Ok(&mut part), is_watched);
        let read = self.workers.run(read).await;
        self.send(read, hold, before, reader, path).await
    }

    /// Sends the records of an answer, or of a part of one, to the output. `before` is the number of items that the
    /// reader had read before it.
    async fn send(
        self,
        read: ReadAnswer,
        mut hold: Hold,
        before: u64,
        reader: &mut RecordReader,
        path: &str,
    ) -> Result<Page, Error> {
        let ReadAnswer {
            reader: own,
            expected,
            outcome,
            mut lines,
            ..
        } = read;
        *reader = own;
        let mut items = reader.items() - before;
        let page = match (outcome, self.tracker) {
            (Ok((page, Some(text))), Some(tracker)) => {
                let own = tracker.clone();
                let is_short = text.len() < SHORT;
                let work = move || own.page(&text, expected, &lines);
                let shown = match is_short {
                    true => work(),
                    false => {
                        // The tracker notes these records as shown, so the query must not time out before they are.
                        let _not_counted = self.state.held_up().start();
                        self.workers.run(work).await
                    }
                };
                (lines, items) = shown.map_err(|error| malformed(path, &error))?;
                self.check(tracker).map(|()| page)
            }
            (Err(error), Some(_)) => return Err(error),
            (outcome, _) => outcome.map(|(page, _)| page),
        };
        hold.shrink(lines.len());
        let length = lines.len();
        self.sink.send_held(Some(self.state), lines, hold).await;
        self.state.add_items(items);
        let page = page?;
        self.state.count(length)?;
        Ok(page)
    }

    /// Ends the query if the tracker has run out of room: trying again would not help.
    ///
    /// # Errors
    /// The tracker has run out of room.
    pub fn check(self, tracker: &Tracker) -> Result<(), Error> {
        tracker.trouble().map_or(Ok(()), |error| {
            self.state.give_up(error.clone());
            Err(error)
        })
    }
}
