//! Bodies of answers: whole ones, and those that go wrong on the way.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Sleep;

use super::live::Piece;

/// A body, as a list of things to do.
pub struct Body {
    steps: VecDeque<Step>,
    sleep: Option<Pin<Box<Sleep>>>,
    /// Its length is announced, as an API server does for short bodies only.
    exact: Option<u64>,
}

/// One thing to do.
pub enum Step {
    /// Sends this.
    Send(Bytes),
    /// Sends this again and again.
    Repeat(Bytes),
    /// Sends this a byte at a time.
    Drip(Bytes, Duration),
    /// Waits.
    Pause(Duration),
    /// Waits for ever.
    Hang,
    /// Drops the connection.
    Abort,
    /// Sends what comes, as it comes.
    Follow(UnboundedReceiver<Piece>),
}

impl Body {
    /// All of it at once.
    pub fn whole(bytes: Bytes) -> Body {
        // Go's net/http announces a length only for what fits its buffer of 2 KiB.
        let exact = (bytes.len() <= 2048).then_some(bytes.len() as u64);
        let steps = if bytes.is_empty() {
            VecDeque::new()
        } else {
            VecDeque::from([Step::Send(bytes)])
        };
        Body {
            steps,
            sleep: None,
            exact,
        }
    }

    /// A body that goes by a script.
    pub fn script(steps: impl IntoIterator<Item = Step>) -> Body {
        Body {
            steps: steps.into_iter().collect(),
            sleep: None,
            exact: None,
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let send = |bytes| Poll::Ready(Some(Ok(Frame::data(bytes))));
        loop {
            if let Some(sleep) = self.sleep.as_mut() {
                if sleep.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                self.sleep = None;
            }
            match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Send(bytes)) => return send(bytes),
                Some(Step::Repeat(bytes)) => {
                    self.steps.push_front(Step::Repeat(bytes.clone()));
                    return send(bytes);
                }
                Some(Step::Drip(mut bytes, every)) => {
                    if bytes.is_empty() {
                        continue;
                    }
                    let byte = bytes.split_to(1);
                    self.steps.push_front(Step::Drip(bytes, every));
                    self.steps.push_front(Step::Pause(every));
                    return send(byte);
                }
                Some(Step::Pause(time)) => self.sleep = Some(Box::pin(tokio::time::sleep(time))),
                Some(Step::Hang) => {
                    self.steps.push_front(Step::Hang);
                    return Poll::Pending;
                }
                Some(Step::Follow(mut pieces)) => match pieces.poll_recv(cx) {
                    Poll::Pending => {
                        self.steps.push_front(Step::Follow(pieces));
                        return Poll::Pending;
                    }
                    Poll::Ready(None) => {}
                    Poll::Ready(Some(Piece::Bytes(bytes))) => {
                        self.steps.push_front(Step::Follow(pieces));
                        return send(bytes);
                    }
                    Poll::Ready(Some(Piece::Abort)) => self.steps = VecDeque::from([Step::Abort]),
                },
                Some(Step::Abort) => {
                    return Poll::Ready(Some(Err(io::Error::other("the fault wants it so"))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty() && self.sleep.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.exact.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
