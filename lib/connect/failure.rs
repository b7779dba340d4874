//! Errors of sockets and HTTP, worded so that an operator can act on them.

use super::address::Server;
use super::causes::{find, is_broken, is_reset};
use super::error::Error;
use super::tls::failure as tls_failure;
use crate::error_text::{chain, io_text};
use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;

/// Creates the error for an address that cannot be connected to. Equal failures of several addresses are listed once.
pub(crate) fn connect(shown: &str, attempts: &[(SocketAddr, io::Error)]) -> Error {
    let failures = attempts
        .chunk_by(|(_, one), (_, other)| io_text(one) == io_text(other))
        .map(|same| {
            let addresses: Vec<_> = same.iter().map(|(address, _)| address.to_string()).collect();
            let what = same.first().map_or_else(String::new, |(_, error)| io_text(error));
            format!("{what} ({})", addresses.join(", "))
        });
    let failures: Vec<_> = failures.collect();
    let text = format!("cannot connect to {shown}: {}", failures.join("; "));
    let mut error = Error::connect(text);
    // If a server accepts and resets at once, the reset may arrive before `connect` has returned.
    error.broken = attempts.iter().any(|(_, error)| is_broken(error));
    // EMFILE and ENFILE have no `ErrorKind`.
    match attempts.iter().find_map(|(_, error)| error.raw_os_error()) {
        Some(code) if code == rustix::io::Errno::MFILE.raw_os_error() => error
            .with_hint("too many files are open: raise the limit (ulimit -n) or use a smaller --concurrency"),
        _ => error,
    }
}

/// Creates the error for a request that got no headers back.
pub(crate) fn request(server: &Server, error: &(dyn StdError + 'static)) -> Error {
    let shown = &server.shown;
    if let Some(error) = find::<rustls::Error>(error) {
        return tls_failure::tls(shown, error);
    }
    if find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse) {
        return Error::protocol(format!("the answer of {shown} is not HTTP: {}", chain(error)))
            .with_hint("check the server's address and port");
    }
    let mut failed = if is_reset(error) {
        Error::connect(format!("{shown} reset the connection before it answered"))
    } else if is_broken(error) {
        Error::connect(format!("{shown} closed the connection before it answered"))
    } else {
        Error::connect(format!("no answer from {shown}: {}", chain(error)))
    };
    failed.broken = is_broken(error);
    failed
}

/// Creates the error for a body that broke off after `got` bytes of `expected`.
pub(crate) fn body(shown: &str, error: &(dyn StdError + 'static), got: u64, expected: Option<u64>) -> Error {
    let so_far = match expected {
        Some(expected) => format!("after {got} of {expected} bytes"),
        None => format!("after {got} bytes, before its end"),
    };
    let mut failed = if is_reset(error) {
        Error::connect(format!(
            "{shown} reset the connection inside its answer, {so_far}"
        ))
    } else if is_broken(error) {
        Error::protocol(format!("the answer of {shown} ends {so_far}"))
            .with_hint("the API server, or a proxy before it, ended the connection too early: try again")
    } else {
        Error::protocol(format!(
            "the answer of {shown} cannot be read on, {so_far}: {}",
            chain(error)
        ))
    };
    failed.broken = is_broken(error);
    failed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connect_lists_equal_failures_of_several_addresses_once() {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let error = connect(
            "https://host:1",
            &[
                ("[::1]:1".parse().unwrap(), refused()),
                ("127.0.0.1:1".parse().unwrap(), refused()),
            ],
        );
        assert_eq!(
            error.message,
            "cannot connect to https://host:1: connection refused ([::1]:1, 127.0.0.1:1)"
        );
        assert!(!error.broken);
    }

    #[test]
    fn connect_marks_a_reset_as_a_broken_connection() {
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        let error = connect("https://host:1", &[("127.0.0.1:1".parse().unwrap(), reset)]);
        assert!(error.broken);
    }
}
