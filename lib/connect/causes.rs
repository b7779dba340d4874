//! The causes of an error.

use std::error::Error;
use std::io;

/// Returns an error and its causes, the error itself first. `io::Error` hides the error that it wraps from `source`, so
/// it is asked with `get_ref`.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error: &&'a (dyn Error + 'static)| {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

/// Finds an error of a type among an error and its causes.
pub(crate) fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// Returns true if the other side broke the connection.
pub(crate) fn is_broken(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind as Kind;
    causes(error).any(|cause| {
        let broken = |error: &io::Error| {
            matches!(
                error.kind(),
                Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe | Kind::UnexpectedEof
            )
        };
        cause.downcast_ref().is_some_and(broken)
            || cause.downcast_ref::<hyper::Error>().is_some_and(|error| {
                error.is_incomplete_message() || error.is_closed() || error.is_canceled()
            })
    })
}

/// Returns true if the other side reset the connection, rather than closing it.
pub(crate) fn is_reset(error: &(dyn Error + 'static)) -> bool {
    find::<io::Error>(error).is_some_and(|error| {
        matches!(
            error.kind(),
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe
        )
    })
}
