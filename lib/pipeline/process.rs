//! A process of the chain, before it is started.

use crate::error_text::chain;
use crate::exit::Fatal;
use rustix::io::fcntl_dupfd_cloexec;
use std::ffi::OsString;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::thread::Builder;

/// One process of the chain.
#[derive(Debug)]
pub struct Process {
    /// The executable's name.
    pub program: &'static str,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Descriptors that it inherits under their own numbers, and no other stage does.
    pub inherits: Vec<OwnedFd>,
    /// True if it ends when its input does. On a signal it is left alone to print what has arrived, while the other
    /// stages are told to stop. Stages that still run after [`GRACE`], or at a second signal, are killed.
    pub ends_with_input: bool,
    /// True if it may have started a pager. Then it is not killed, and Ctrl-C while it alone still runs is not for us.
    pub may_page: bool,
}

/// Duplicates our own standard input, to a number that no stage uses.
///
/// # Errors
/// No descriptor is left.
pub fn own_stdin() -> Result<OwnedFd, Fatal> {
    // 0 to 2 are each stage's own.
    fcntl_dupfd_cloexec(std::io::stdin(), 3)
        .map_err(|error| Fatal::failed(format!("cannot pass standard input on: {}", chain(&error))))
}

/// Returns a descriptor from which these bytes can be read, once.
///
/// # Errors
/// No descriptor is left.
pub fn holding(bytes: Vec<u8>) -> Result<OwnedFd, Fatal> {
    let (reader, mut writer) =
        std::io::pipe().map_err(|error| Fatal::failed(format!("cannot make a pipe: {}", chain(&error))))?;
    // A pipe holds a limited number of bytes, and its reader starts later, or never.
    let started = Builder::new().spawn(move || {
        let _ = writer.write_all(&bytes);
    });
    started.map_err(|error| Fatal::no_thread(&error))?;
    Ok(reader.into())
}
