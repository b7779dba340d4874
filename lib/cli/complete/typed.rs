//! The words before the one to complete.

use crate::cli::command_line::takes_next;
use clap::{Arg, ArgAction, Command, Id};

/// The words before the one to complete.
pub struct Typed<'a> {
    /// The deepest command that is named.
    pub command: &'a Command,
    /// The words that are neither flags nor verbs.
    pub words: Vec<&'a str>,
    /// A flag whose value the last word is.
    pub open_flag: Option<&'a Arg>,
    /// True after `--`.
    pub flags_ended: bool,
    /// The flags that were typed.
    flags: Vec<&'a Id>,
}

impl<'a> Typed<'a> {
    /// Reads the words as far as they make sense.
    pub fn read(root: &'a Command, before: &'a [String]) -> Self {
        let mut typed = Self {
            command: root,
            words: Vec::new(),
            open_flag: None,
            flags_ended: false,
            flags: Vec::new(),
        };
        for word in before {
            if typed.open_flag.take().is_some() {
                continue;
            }
            if typed.flags_ended || !word.starts_with('-') || word == "-" {
                match typed.command.find_subcommand(word) {
                    Some(verb) if typed.words.is_empty() => typed.command = verb,
                    _ => typed.words.push(word),
                }
            } else if word == "--" {
                typed.flags_ended = true;
            } else {
                typed.read_flag(word);
            }
        }
        typed
    }

    fn read_flag(&mut self, word: &str) {
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long
                .split_once('=')
                .map_or((long, None), |(name, value)| (name, Some(value)));
            let Some(flag) = find(self.command, name) else {
                return;
            };
            self.flags.push(flag.get_id());
            self.open_flag = Some(flag).filter(|flag| value.is_none() && takes_next(flag));
            return;
        }
        // Several letters may stand together, of which the last may take a value.
        for (at, letter) in word.char_indices().skip(1) {
            let mut flags = self.command.get_arguments();
            let Some(flag) = flags.find(|flag| flag.get_short() == Some(letter)) else {
                return;
            };
            self.flags.push(flag.get_id());
            if takes_next(flag) {
                let is_last = at + letter.len_utf8() == word.len();
                self.open_flag = is_last.then_some(flag);
                return;
            }
        }
    }

    /// Returns whether a flag makes sense now: it was not typed before, or may be typed again.
    pub fn may_add(&self, flag: &Arg) -> bool {
        matches!(flag.get_action(), ArgAction::Append) || !self.flags.contains(&flag.get_id())
    }

    /// Returns the argument that the next word is, if the command takes one.
    pub fn next_argument(&self) -> Option<&'a Arg> {
        let mut arguments: Vec<&Arg> = self.command.get_positionals().collect();
        let at = self.words.len().min(arguments.len().checked_sub(1)?);
        let argument = arguments.swap_remove(at);
        let takes_more = matches!(argument.get_action(), ArgAction::Append);
        (takes_more || at == self.words.len()).then_some(argument)
    }
}

/// Finds a flag by its long name, which may have underscores instead of dashes.
pub fn find<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    let name = name.replace('_', "-");
    let mut flags = command.get_arguments();
    flags.find(|flag| flag.get_long() == Some(&*name))
}
