//! An interactive program on a pseudo-terminal, that a test talks to.

use super::terminal;
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Far more than anything takes: what does not come by then never does.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that runs.
pub struct Session {
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    child: Child,
    shown: String,
    /// How much of what was shown has been waited for.
    seen: usize,
}

impl Session {
    /// Starts a program whose controlling terminal is one of its own, as a shell needs it for job control.
    pub fn start(command: &Command) -> Self {
        let mut leader = Command::new("setsid");
        leader
            .arg("--ctty")
            .arg(command.get_program())
            .args(command.get_args())
            .env_clear();
        for (name, value) in command.get_envs() {
            leader.env(name, value.unwrap_or_default());
        }
        if let Some(folder) = command.get_current_dir() {
            leader.current_dir(folder);
        }
        let (keyboard, child) = terminal::spawn(leader);
        let mut reader = keyboard.try_clone().unwrap();
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // The end of a terminal is an error of input, EIO.
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            keyboard,
            screen,
            child,
            shown: String::new(),
            seen: 0,
        }
    }

    /// Types something.
    pub fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    /// Waits until a text is shown, after all that has been waited for before.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        self.wait_for_all(&[text]);
    }

    /// Waits until all these texts are shown, in any order, after all that has been waited for before. Returns what was
    /// shown since.
    #[track_caller]
    pub fn wait_for_all(&mut self, texts: &[&str]) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let new = plain(&self.shown[self.seen..]);
            let missing: Vec<&&str> = texts.iter().filter(|text| !new.contains(**text)).collect();
            if missing.is_empty() {
                self.seen = self.shown.len();
                return new;
            }
            match self
                .screen
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(bytes) => self.shown.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => panic!(
                    "{missing:?} was not shown after {:?} in {:?}",
                    &self.shown[..self.seen],
                    new
                ),
            }
        }
    }

    /// Waits for its end, and returns all that was shown.
    pub fn end(mut self) -> String {
        while let Ok(bytes) = self.screen.recv_timeout(PATIENCE) {
            self.shown.push_str(&String::from_utf8_lossy(&bytes));
        }
        // It may have stayed though its terminal is closed; it is this test's own child.
        let _ = self.child.kill();
        self.child.wait().unwrap();
        self.shown
    }
}

/// The text without a terminal's control sequences.
fn plain(shown: &str) -> String {
    let mut text = String::with_capacity(shown.len());
    let mut characters = shown.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\u{1b}', Some('[')) => {
                characters.next();
                characters.by_ref().find(|next| ('@'..='~').contains(next));
            }
            ('\u{1b}', Some(']')) => {
                characters
                    .by_ref()
                    .find(|next| matches!(next, '\u{7}' | '\u{1b}'));
            }
            ('\u{1b}', Some('(' | ')')) => drop((characters.next(), characters.next())),
            ('\u{1b}', _) => drop(characters.next()),
            _ => text.push(character),
        }
    }
    text
}
