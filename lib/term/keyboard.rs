//! The Enter key of the terminal, while nobody else reads from it.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::ioctl_fionread;
use rustix::process::getpgrp;
use rustix::termios::tcgetpgrp;
use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;

/// The terminal that controls this process.
#[derive(Debug)]
pub struct Keyboard(File);

impl Keyboard {
    /// Opens it; `None` if there is none.
    pub fn open() -> Option<Self> {
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        OpenOptions::new()
            .read(true)
            .custom_flags(i32::try_from(flags.bits()).ok()?)
            .open("/dev/tty")
            .ok()
            .map(Self)
    }

    /// Returns true if Enter alone has been typed, and takes it. A line that is typed ahead is left to the shell.
    pub fn takes_enter(&mut self) -> bool {
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let is_ready = poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&at_once)) == Ok(1);
        // From the background reading would stop us.
        let is_ours = || tcgetpgrp(&self.0).is_ok_and(|group| group == getpgrp());
        let is_one = || ioctl_fionread(&self.0).is_ok_and(|bytes| bytes == 1);
        let mut byte = [0];
        is_ready
            && is_ours()
            && is_one()
            && self.0.read(&mut byte).is_ok_and(|read| read == 1)
            && byte == *b"\n"
    }
}
