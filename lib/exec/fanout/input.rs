//! Reads the input on a thread of its own: reading stdin cannot be awaited.

use crate::resolve::Lookup;
use crate::wire::{BadLine, Line, LineReader};
use std::io::{self, Read};
use std::sync::Arc;
use std::thread::Builder;
use tokio::sync::mpsc;

/// How many lines may wait in the channel.
const QUEUE: usize = 256;

/// One event of the input. The channel closes after the last one.
#[derive(Debug)]
pub enum Input {
    /// A line and its number.
    Line(u64, String),
    /// A line that cannot be a record; reading goes on.
    Bad(BadLine),
    /// The input broke; nothing follows.
    Broken(io::Error),
}

/// Starts the reading thread. It ends with the input, or when the receiver is dropped. Until then it may block in a read,
/// which does not keep the process from ending.
///
/// A line that is a bare name is replaced by the record that `lookup` has of that cluster. That happens here because the
/// hub may have to be asked for it, and the clusters under way must not wait for that.
///
/// # Errors
/// The system cannot start a thread.
pub fn start(
    input: impl Read + Send + 'static,
    lookup: Option<Arc<Lookup>>,
) -> io::Result<mpsc::Receiver<Input>> {
    let (queue, lines) = mpsc::channel(QUEUE);
    let read = move || {
        let mut reader = LineReader::new(input);
        loop {
            let next = match reader.next_line() {
                Ok(None) => return,
                Ok(Some(Line::Bad(bad))) => Input::Bad(bad),
                Ok(Some(Line::Text(line))) => {
                    let known = lookup.as_ref().and_then(|lookup| lookup.record_of(line));
                    let line = known.unwrap_or(line).to_owned();
                    Input::Line(reader.number(), line)
                }
                Err(error) => Input::Broken(error),
            };
            let is_last = matches!(next, Input::Broken(_));
            if queue.blocking_send(next).is_err() || is_last {
                return;
            }
        }
    };
    Builder::new().name("mc-exec input".into()).spawn(read)?;
    Ok(lines)
}
