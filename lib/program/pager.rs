//! Output on a terminal that a pager shows if it is longer than the screen.

use super::executable::find;
use crate::exit::Status;
use crate::term::{OnScreen, ScreenLock, WIPE};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::io::{self, Stdout, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use unicode_width::UnicodeWidthChar as _;

/// The default options of less: it ends if everything fits on the screen, passes colours on, and leaves on the screen what
/// it has shown. git does the same.
const LESS: &str = "FRX";

/// Characters by which a command needs a shell.
const FOR_A_SHELL: &[char] = &[
    '|', '&', ';', '<', '>', '(', ')', '$', '`', '\\', '"', '\'', '*', '?', '[', '#', '~', '=', '%', '\n',
];

/// This process's stdout, which is a terminal.
pub struct PagedOutput<'a> {
    /// The command of the pager; `None` if there shall be none.
    pager: Option<&'a str>,
    /// Called when the pager starts.
    starts: &'a dyn Fn(),
    to: To,
    stdout: Stdout,
    lock: Option<ScreenLock>,
    /// True if lines are being written to the terminal.
    is_writing: bool,
    /// True once the pager has got everything.
    has_all: Arc<AtomicBool>,
}

/// Where the output goes.
enum To {
    /// It is held back until it is longer than the screen.
    Held(Vec<u8>, Room),
    Terminal,
    Pager(Child),
}

impl<'a> PagedOutput<'a> {
    /// Begins an output. `starts` is called when the pager starts, which from then on has the terminal's keys.
    pub fn new(pager: Option<&'a str>, starts: &'a dyn Fn()) -> Self {
        let room = pager.and_then(|_| Room::of_stdout());
        Self {
            pager,
            starts,
            to: room.map_or(To::Terminal, |room| To::Held(Vec::new(), room)),
            stdout: io::stdout(),
            lock: ScreenLock::of_stderr(),
            is_writing: false,
            has_all: Arc::default(),
        }
    }

    /// Returns true if the pager has been started and not ended.
    pub fn is_paging(&self) -> bool {
        matches!(self.to, To::Pager(_))
    }

    /// Ends the output, and waits until the person has left the pager.
    ///
    /// # Errors
    /// The text that is held back cannot be written.
    pub fn end(&mut self) -> io::Result<()> {
        self.flush()?;
        if let To::Pager(pager) = &mut self.to {
            self.has_all.store(true, Ordering::SeqCst);
            // Closes its input, and waits. Its own status says nothing about the run.
            let _ = pager.wait();
            self.to = To::Terminal;
            self.release();
        }
        Ok(())
    }

    /// Starts the pager. If there is none, everything goes to the terminal.
    fn start(&mut self, held: &[u8]) -> io::Result<()> {
        let Some(pager) = self.pager.and_then(start) else {
            self.to = To::Terminal;
            return self.write_all(held);
        };
        (self.starts)();
        // Until it has ended, nothing is drawn.
        self.take_screen()?;
        self.end_with(&pager);
        self.to = To::Pager(pager);
        self.write_all(held)
    }

    /// Ends this process when the pager is left while more is to come: like a reader that goes away, that is no error.
    fn end_with(&self, pager: &Child) {
        let (pid, has_all) = (Pid::from_child(pager), Arc::clone(&self.has_all));
        let wait = move || {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            if waitid(WaitId::Pid(pid), options).is_ok() && !has_all.load(Ordering::SeqCst) {
                std::process::exit(Status::Complete.code().into());
            }
        };
        // Without a thread it ends when it next writes.
        let _ = std::thread::Builder::new().spawn(wait);
    }

    fn take_screen(&mut self) -> io::Result<()> {
        match self.lock.as_ref().map(ScreenLock::look) {
            Some(OnScreen::Progress) => self.stdout.write_all(WIPE.as_bytes()),
            _ => Ok(()),
        }
    }

    fn release(&self) {
        if let Some(lock) = &self.lock {
            lock.release();
        }
    }

    fn write_to_terminal(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.is_writing {
            // Until it is flushed, nothing is drawn between the lines.
            self.is_writing = true;
            self.take_screen()?;
        }
        self.stdout.write_all(bytes)
    }
}

impl Write for PagedOutput<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.to {
            To::Held(held, room) => {
                held.extend_from_slice(bytes);
                if !room.takes(bytes) {
                    let held = std::mem::take(held);
                    self.start(&held)?;
                }
            }
            To::Terminal => self.write_to_terminal(bytes)?,
            To::Pager(pager) => {
                if let Some(stdin) = &mut pager.stdin {
                    stdin.write_all(bytes)?;
                }
            }
        }
        Ok(bytes.len())
    }

    /// Shows what is held back: more may come much later.
    fn flush(&mut self) -> io::Result<()> {
        if let To::Held(held, _) = &mut self.to
            && !held.is_empty()
        {
            let held = std::mem::take(held);
            self.to = To::Terminal;
            self.write_to_terminal(&held)?;
        }
        if std::mem::take(&mut self.is_writing) {
            self.stdout.flush()?;
            self.release();
        }
        Ok(())
    }
}

/// Starts a pager; `None` if it is not there.
fn start(command: &str) -> Option<Child> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let is_plain = !command.contains(FOR_A_SHELL);
    let program = words.iter().find(|word| !word.contains('='))?;
    if !program.contains(FOR_A_SHELL) {
        find(program)?;
    }
    let mut pager = match is_plain {
        true => {
            let mut pager = Command::new(program);
            pager.args(words.get(1..)?);
            pager
        }
        false => {
            let mut shell = Command::new("/bin/sh");
            // Ctrl-C is for the pager, and a shell would end.
            shell.arg("-c").arg(format!("trap : INT\n{command}"));
            shell
        }
    };
    for (name, value) in [("LESS", LESS), ("LV", "-c")] {
        if std::env::var_os(name).is_none() {
            pager.env(name, value);
        }
    }
    pager.stdin(Stdio::piped()).spawn().ok()
}

/// The rest of the screen.
struct Room {
    columns: usize,
    rows: usize,
    /// The width of the line that has begun.
    width: usize,
    /// True within a control sequence, which takes no room.
    in_sequence: bool,
}

impl Room {
    /// The screen, without the line of the prompt; `None` if its size is not known.
    fn of_stdout() -> Option<Self> {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
        let (columns, rows) = (usize::from(size.ws_col), usize::from(size.ws_row));
        (columns > 0 && rows > 1).then(|| Self {
            columns,
            rows: rows - 1,
            width: 0,
            in_sequence: false,
        })
    }

    /// Takes what the text needs; returns false if it does not fit.
    fn takes(&mut self, text: &[u8]) -> bool {
        for character in String::from_utf8_lossy(text).chars() {
            match character {
                _ if self.in_sequence => self.in_sequence = !character.is_ascii_alphabetic(),
                '\u{1b}' => self.in_sequence = true,
                '\n' => {
                    let rows = self.width.div_ceil(self.columns).max(1);
                    self.width = 0;
                    match self.rows.checked_sub(rows) {
                        Some(left) => self.rows = left,
                        None => return false,
                    }
                }
                _ => self.width += character.width().unwrap_or(0),
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_longer_than_the_screen_is_wide_take_several_of_its_rows() {
        let fits = |text: &str| {
            let mut room = Room {
                columns: 10,
                rows: 3,
                width: 0,
                in_sequence: false,
            };
            // In pieces of any size.
            text.as_bytes().chunks(7).all(|piece| room.takes(piece))
        };
        assert!(fits("1\n2\n3\n"));
        assert!(!fits("1\n2\n3\n4\n"));
        assert!(fits("1234567890\n2\n3\n"));
        assert!(!fits("12345678901\n2\n3\n"));
        assert!(fits("\u{1b}[31m1234567890\u{1b}[0m\n2\n3\n"));
        assert!(!fits("日本語日本語\n2\n3\n"));
    }
}
