//! Readers that go away while there is nothing to write: `kubectl mc get pods -w | head -3`.
//!
//! A write to a pipe that nobody reads fails, but who waits for input does not write. So tools that pass
//! records on ask for both before they read.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use std::io::{self, Read};
use std::os::fd::AsFd;

/// An input that ends with [`BrokenPipe`](io::ErrorKind::BrokenPipe) where the reader of an output goes away
/// while nothing comes.
pub struct WhileRead<I, O> {
    input: I,
    output: O,
}

impl<I: Read + AsFd, O: AsFd> WhileRead<I, O> {
    /// Reads `input` for as long as somebody reads `output`.
    pub fn new(input: I, output: O) -> Self {
        Self { input, output }
    }
}

impl<I: Read + AsFd, O: AsFd> Read for WhileRead<I, O> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut ends = [
            PollFd::new(&self.input, PollFlags::IN),
            PollFd::new(&self.output, PollFlags::empty()),
        ];
        loop {
            match poll(&mut ends, None) {
                Ok(_) => break,
                Err(Errno::INTR) => (),
                // What cannot be polled is read all the same.
                Err(_) => return self.input.read(buffer),
            }
        }
        let [input, output] = &ends;
        if input.revents().is_empty() && is_gone(output.revents()) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.input.read(buffer)
    }
}

/// Waits until nobody can read an output any more; for ever where that is a file.
///
/// # Errors
/// What cannot be polled.
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
    fn input_is_read_while_the_output_is() {
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
    fn the_end_of_the_input_is_no_error() {
        let (_reader, output) = io::pipe().unwrap();
        let (input, feed) = io::pipe().unwrap();
        drop(feed);
        let mut input = WhileRead::new(input, output);
        assert_eq!(input.read(&mut [0; 8]).unwrap(), 0);
    }
}
