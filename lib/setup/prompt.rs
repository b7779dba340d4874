//! Prints to the user, and asks if there is a terminal.

use crate::suggest::{did_you_mean, suggestions};
use crate::term::{Label, Terminal, escape};
use std::io::{BufRead, IsTerminal, Write};

/// The largest number of contexts that are listed. Others can be typed.
const MOST_CHOICES: usize = 20;

/// Prints on stdout and asks on stdin.
#[derive(Debug)]
pub struct Prompt {
    terminal: Terminal,
    /// True if there is a person who answers.
    is_interactive: bool,
    /// True if every yes-or-no question gets its usual answer.
    yes: bool,
}

impl Prompt {
    /// Asks only where both stdin and stdout are a terminal, and never with `--yes` or `--dry-run`.
    pub fn new(terminal: Terminal, yes: bool, dry_run: bool) -> Self {
        let is_interactive = terminal.is_terminal && std::io::stdin().is_terminal() && !yes && !dry_run;
        Self {
            terminal,
            is_interactive,
            yes,
        }
    }

    /// Returns whether there is a person who answers.
    pub fn is_interactive(&self) -> bool {
        self.is_interactive
    }

    /// Prints a line with a word before it that is coloured by its label. Both may contain text from a cluster.
    pub fn say(&self, label: Label, word: &str, line: &str) {
        self.print(&self.labelled(label, word, line));
    }

    /// The word may be a cluster's name.
    fn labelled(&self, label: Label, word: &str, line: &str) -> String {
        let word = escape(word);
        let word = self.terminal.paint(label, &word);
        let blank = if line.is_empty() { "" } else { " " };
        format!("{word}{blank}{}\n", escape(line))
    }

    /// Prints a notice in quotes, after a word in capitals: `WARN: "…"`.
    pub fn notice(&self, word: &str, notice: &str) {
        let label = if word == "WARN:" {
            Label::Warning
        } else {
            Label::Faint
        };
        self.say(label, word, &format!("\"{notice}\""));
    }

    /// Prints a line as it is.
    pub fn line(&self, line: &str) {
        self.print(&format!("{}\n", escape(line)));
    }

    fn print(&self, text: &str) {
        let mut out = std::io::stdout();
        // The work goes on even if the reader has gone.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Asks whether to do something. Enter is the usual answer; returns `None` if there is no answer.
    pub fn confirm(&mut self, question: &str, usually: bool) -> Option<bool> {
        if self.yes {
            return usually.then_some(true);
        }
        let choices = if usually { "[Y/n]" } else { "[y/N]" };
        loop {
            let answer = self.ask(&format!("{question} {choices} "))?;
            match answer.to_ascii_lowercase().as_str() {
                "" => return Some(usually),
                "y" | "yes" => return Some(true),
                "n" | "no" => return Some(false),
                _ => self.line("Answer y or n."),
            }
        }
    }

    /// Asks for one of these names, by its number or itself; those most like `wanted` come first. An empty answer is
    /// `default`. Returns `None` if there is no answer or nothing is chosen.
    pub fn choose(
        &mut self,
        question: &str,
        wanted: &str,
        names: &[&str],
        default: Option<&str>,
    ) -> Option<String> {
        if !self.is_interactive || names.is_empty() {
            return None;
        }
        let listed = order(wanted, names);
        self.line(question);
        for (number, name) in listed.iter().take(MOST_CHOICES).enumerate() {
            self.line(&format!("  {}) {name}", number + 1));
        }
        if listed.len() > MOST_CHOICES {
            self.line(&format!(
                "  and {} more, by their name",
                listed.len() - MOST_CHOICES
            ));
        }
        let nothing = default.map_or("leaves it out".to_owned(), |name| format!("is {name}"));
        loop {
            let answer = self.ask(&format!("Number or name (Enter {nothing}): "))?;
            if answer.is_empty() {
                return default.map(str::to_owned);
            }
            if let Some(name) = listed.iter().find(|name| **name == answer) {
                return Some((*name).to_owned());
            }
            let number = answer
                .parse()
                .ok()
                .and_then(|number: usize| number.checked_sub(1));
            if let Some(name) = number.and_then(|at| listed.get(at)) {
                return Some((*name).to_owned());
            }
            let near = did_you_mean(&answer, listed.iter().copied());
            self.line(&format!("There is no {answer:?} here{near}."));
        }
    }

    /// Asks for a line. Returns `None` at the end of the input; after that nothing more is asked.
    fn ask(&mut self, question: &str) -> Option<String> {
        if !self.is_interactive {
            return None;
        }
        self.print(&escape(question));
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(1..) => Some(line.trim().to_owned()),
            _ => {
                self.print("\n");
                self.is_interactive = false;
                None
            }
        }
    }
}

/// The closest names first, then the others as they stood.
fn order<'a>(wanted: &str, names: &[&'a str]) -> Vec<&'a str> {
    let closest = suggestions(wanted, names.iter().copied());
    let others = names.iter().filter(|name| !closest.contains(name));
    closest.iter().chain(others).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::{Prompt, order};
    use crate::term::{Label, Terminal};

    #[test]
    fn control_characters_in_prompts_are_escaped() {
        let prompt = Prompt::new(Terminal::default(), true, false);
        let said = prompt.labelled(Label::Cluster, "a\u{1b}[2J", "b\u{202e}");
        assert_eq!(said, "a^[[2J b\\u{202e}\n");
    }

    #[test]
    fn closest_name_comes_first() {
        let names = ["hub", "admin@prod-us", "admin@prod-eu", "dev"];
        assert_eq!(order("prod-eu", &names)[0], "admin@prod-eu");
        assert_eq!(order("zzz", &names), names);
        assert_eq!(order("prod-eu", &names).len(), names.len());
    }
}
