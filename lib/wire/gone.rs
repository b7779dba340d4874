//! Detects that the reader of an output has gone while there is nothing to write: `kubectl mc get pods -w | head -3`.
//!
//! Writing to a pipe without a reader fails, but a tool that waits for input does not write. So tools that pass records
//! on poll both before they read.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An input that fails with [`BrokenPipe`](io::ErrorKind::BrokenPipe) when the reader of an output goes away while the
/// input has nothing to read.
pub struct WhileRead<I, O> {
    input: I,
    output: O,
    stop: Option<Stop>,
    /// The time at which the input counts as ended.
    deadline: Option<Instant>,
}

/// A request to stop that a signal handler can make.
#[derive(Clone, Debug)]
pub struct Stop {
    asked: Arc<UnixStream>,
    grace: Duration,
}

impl Stop {
    /// Creates a request and the socket that makes it when a byte is written there. Inputs are read for this long after
    /// it.
    ///
    /// # Errors
    /// No file descriptor is left.
    pub fn within(grace: Duration) -> io::Result<(Self, UnixStream)> {
        let (asked, ask) = UnixStream::pair()?;
        let asked = Arc::new(asked);
        Ok((Self { asked, grace }, ask))
    }

    /// Waits until the request is made.
    ///
    /// # Errors
    /// The descriptor cannot be polled.
    pub fn wait(&self) -> io::Result<()> {
        loop {
            match poll(&mut [PollFd::new(&self.asked, PollFlags::IN)], None) {
                Err(Errno::INTR) => {}
                waited => return Ok(waited.map(|_| ())?),
            }
        }
    }
}

impl<I: Read + AsFd, O: AsFd> WhileRead<I, O> {
    /// Reads `input` for as long as `output` has a reader.
    pub fn new(input: I, output: O) -> Self {
        Self {
            input,
            output,
            stop: None,
            deadline: None,
        }
    }

    /// Ends the input also some time after a request to stop.
    #[must_use]
    pub fn until(self, stop: Stop) -> Self {
        Self {
            stop: Some(stop),
            ..self
        }
    }

    /// Waits for input. Returns true if the deadline has passed.
    fn wait(&mut self) -> rustix::io::Result<bool> {
        loop {
            let left = self
                .deadline
                .map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(true);
            }
            let left = left.and_then(|left| Timespec::try_from(left).ok());
            let mut ends = vec![
                PollFd::new(&self.input, PollFlags::IN),
                PollFd::new(&self.output, PollFlags::empty()),
            ];
            if let (Some(stop), None) = (&self.stop, self.deadline) {
                ends.push(PollFd::new(&stop.asked, PollFlags::IN));
            }
            match poll(&mut ends, left.as_ref()) {
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error),
                Ok(_) => {}
            }
            let has_come = |index: usize| ends.get(index).is_some_and(|end| !end.revents().is_empty());
            let (input, is_asked) = (has_come(0), has_come(2));
            let is_gone = ends.get(1).is_some_and(|end| is_gone(end.revents()));
            if is_asked && let Some(stop) = &self.stop {
                self.deadline = Instant::now().checked_add(stop.grace);
            }
            if input {
                return Ok(false);
            }
            if is_gone {
                return Err(Errno::PIPE);
            }
        }
    }
}

impl<I: Read + AsFd, O: AsFd> Read for WhileRead<I, O> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.wait() {
            Ok(false) => {}
            Ok(true) => return Ok(0),
            Err(Errno::PIPE) => return Err(io::ErrorKind::BrokenPipe.into()),
            // A file that cannot be polled is read without waiting.
            Err(_) => {}
        }
        self.input.read(buffer)
    }
}

/// Waits until an output has no reader any more: for ever if it is a file.
///
/// # Errors
/// The descriptor cannot be polled.
pub fn wait_until_gone(output: &impl AsFd) -> io::Result<()> {
    loop {
        let mut end = [PollFd::new(output, PollFlags::empty())];
        match poll(&mut end, None) {
            Ok(_) if end.iter().any(|end| is_gone(end.revents())) => return Ok(()),
            Ok(_) | Err(Errno::INTR) => (),
            Err(error) => return Err(error.into()),
        }
    }
}

fn is_gone(events: PollFlags) -> bool {
    events.intersects(PollFlags::ERR | PollFlags::HUP)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Write;

    #[test]
    fn input_fails_when_the_reader_of_the_output_goes() {
        let (output_reader, output) = io::pipe().unwrap();
        let (input, mut feed) = io::pipe().unwrap();
        feed.write_all(b"ab").unwrap();
        let mut input = WhileRead::new(input, output);
        let mut buffer = [0; 8];
        assert_eq!(input.read(&mut buffer).unwrap(), 2);
        drop(output_reader);
        feed.write_all(b"c").unwrap();
        assert_eq!(input.read(&mut buffer).unwrap(), 1, "what has come goes first");
        let error = input.read(&mut buffer).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        wait_until_gone(&input.output).unwrap();
    }

    #[test]
    fn input_ends_some_time_after_a_request_to_stop() {
        let (_reader, output) = io::pipe().unwrap();
        let (input, mut feed) = io::pipe().unwrap();
        let (stop, mut ask) = Stop::within(Duration::from_millis(20)).unwrap();
        let mut input = WhileRead::new(input, output).until(stop);
        ask.write_all(b"x").unwrap();
        feed.write_all(b"ab").unwrap();
        assert_eq!(input.read(&mut [0; 8]).unwrap(), 2, "what has come is read");
        assert_eq!(input.read(&mut [0; 8]).unwrap(), 0);
    }

    #[test]
    fn end_of_input_without_an_error() {
        let (_reader, output) = io::pipe().unwrap();
        let (input, feed) = io::pipe().unwrap();
        drop(feed);
        let mut input = WhileRead::new(input, output);
        assert_eq!(input.read(&mut [0; 8]).unwrap(), 0);
    }
}
