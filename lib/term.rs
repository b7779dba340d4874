//! Terminals: whether there is one, colour by label, escaping of control characters, messages and the progress line.

#[cfg(feature = "cluster")]
pub mod fit;
#[cfg(feature = "cluster")]
pub mod keyboard;
mod message;
#[cfg(feature = "cluster")]
pub mod progress;
mod screen_lock;

pub use message::{WIPE, is_dumb, print_lines};
pub use screen_lock::{OnScreen, ScreenLock};

use nu_ansi_term::{Color, Style};
use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::IsTerminal;

/// The meaning of a piece of text. How it looks is decided here only.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Label {
    /// A table's headings.
    Heading,
    /// A cluster's name.
    Cluster,
    /// All is well.
    Good,
    /// It may become bad, or it is not known.
    Warning,
    /// It is bad.
    Bad,
    /// Less important than what stands around it.
    Faint,
}

/// When output is coloured.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Colorize {
    /// On a terminal, unless TERM is `dumb`. NO_COLOR (<https://no-color.org>), CLICOLOR_FORCE and CLICOLOR=0
    /// (<https://bixense.com/clicolors>) change that, the first of them that is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Colorize {
    /// Returns its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Colorize::Auto => "auto",
            Colorize::Always => "always",
            Colorize::Never => "never",
        }
    }

    /// The decision for one stream. Asked once, where a tool starts.
    pub fn decide(self, is_terminal: bool) -> bool {
        match self {
            Colorize::Always => true,
            Colorize::Never => false,
            Colorize::Auto => auto(is_terminal, |name| {
                std::env::var_os(name).filter(|value| !value.is_empty())
            }),
        }
    }
}

fn auto(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    match (
        variable("NO_COLOR"),
        variable("CLICOLOR_FORCE"),
        variable("CLICOLOR"),
    ) {
        (Some(_), ..) => false,
        (None, Some(force), _) if force != "0" => true,
        (None, _, Some(wanted)) if wanted == "0" => false,
        _ => is_terminal && variable("TERM").is_none_or(|term| term != "dumb"),
    }
}

/// A stream that a person may be reading.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminal {
    /// True if it is a terminal. Control characters are escaped then.
    pub is_terminal: bool,
    /// True if output is coloured.
    pub color: bool,
}

impl Terminal {
    /// This process's stdout.
    pub fn stdout(colorize: Colorize) -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        Self {
            is_terminal,
            color: colorize.decide(is_terminal),
        }
    }

    /// This process's stderr.
    pub fn stderr(colorize: Colorize) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        Self {
            is_terminal,
            color: colorize.decide(is_terminal),
        }
    }

    /// Text in the colour of its label, where there is colour.
    pub fn paint<'a>(&self, label: Label, text: &'a str) -> Cow<'a, str> {
        if !self.color || text.is_empty() {
            return Cow::Borrowed(text);
        }
        let style = match label {
            Label::Heading => Style::new().bold(),
            Label::Cluster => Color::Cyan.normal(),
            Label::Good => Color::Green.normal(),
            Label::Warning => Color::Yellow.normal(),
            Label::Bad => Color::Red.normal(),
            Label::Faint => Style::new().dimmed(),
        };
        Cow::Owned(style.paint(text).to_string())
    }
}

/// Returns whether a terminal could take a character as a command, or show it so that text lies about what it says:
/// C0 and C1 controls and DEL, what ends a line or a paragraph in Unicode, the bidirectional marks of UAX #9,
/// and what has no shape at all (Unicode's Default_Ignorable_Code_Point: zero-width characters, soft hyphens,
/// byte order marks, tags). Variation selectors are not among them, since emoji end in them.
pub fn is_hostile(character: char) -> bool {
    match character {
        ' '..='~' => false,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => true,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' => true,
        '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' => true,
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e00ff}' => true,
        '\u{e01f0}'..='\u{e0fff}' => true,
        _ => character.is_control(),
    }
}

/// Returns whether a character has no place in a cluster's name: what is hostile, and what two names can differ in
/// though they look the same (variation selectors, blanks other than the usual one).
pub fn is_unfit_for_name(character: char) -> bool {
    let is_selector = matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    is_hostile(character) || is_selector || character != ' ' && character.is_whitespace()
}

/// Text with its control characters made visible: ESC becomes `^[` as in kubectl, the others `\u{…}`.
/// Text from a cluster must not reach a terminal without it.
pub fn escape(text: &str) -> Cow<'_, str> {
    escape_where(text, is_hostile)
}

/// The same for text that goes into a line of a file or a pipe: of control characters alone, and of what ends a line
/// elsewhere. Nothing in it can begin another line or another column.
pub fn escape_controls(text: &str) -> Cow<'_, str> {
    escape_where(text, |character| {
        character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
    })
}

fn escape_where(text: &str, is_escaped: fn(char) -> bool) -> Cow<'_, str> {
    // Most text is printable ASCII, and that can be seen without taking it for characters.
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) || !text.chars().any(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\u{1b}' => escaped.push_str("^["),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            _ if is_escaped(character) => {
                // Writing to a String does not fail.
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(character));
            }
            _ => escaped.push(character),
        }
    }
    Cow::Owned(escaped)
}

/// Prints a message on stderr, each line prefixed with the tool's name.
pub fn complain(tool: &str, message: &str) {
    print_lines(&prefixed(tool, message));
}

/// Prints a message of kubectl's on stderr, which has no prefix.
pub fn complain_verbatim(message: &str) {
    print_lines(&escaped_lines("", message));
}

/// Returns the lines of a message, each escaped and prefixed with the tool's name.
pub fn prefixed(tool: &str, message: &str) -> String {
    escaped_lines(&format!("{tool}: "), message)
}

fn escaped_lines(prefix: &str, message: &str) -> String {
    let mut text = String::new();
    for line in message.lines() {
        let _ = writeln!(text, "{prefix}{}", escape(line));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_decide_about_colour_are_taken_in_order() {
        let on = |is_terminal, set: &[(&str, &str)]| {
            auto(is_terminal, |name| {
                let value = set.iter().find(|(known, _)| *known == name);
                value.map(|(_, value)| value.into())
            })
        };
        assert!(on(true, &[]) && !on(false, &[]));
        assert!(!on(true, &[("TERM", "dumb")]) && !on(true, &[("CLICOLOR", "0")]));
        let forced = ("CLICOLOR_FORCE", "1");
        assert!(on(false, &[forced]) && on(false, &[forced, ("CLICOLOR", "0")]));
        assert!(!on(true, &[forced, ("NO_COLOR", "1")]));
        assert!(!on(false, &[("CLICOLOR_FORCE", "0")]) && on(true, &[("CLICOLOR_FORCE", "0")]));
    }

    #[test]
    fn control_characters_are_made_visible() {
        assert_eq!(escape("plain ünï"), "plain ünï");
        assert_eq!(escape("\u{1b}[31mred\u{7}"), "^[[31mred\\u{7}");
        assert_eq!(escape("a\nb\tc\u{9b}d\u{202e}"), "a\\nb\\tc\\u{9b}d\\u{202e}");
    }

    #[test]
    fn invisible_characters_and_unicode_line_ends_are_made_visible() {
        let hostile = [
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{2028}',
            '\u{2029}',
            '\u{202e}',
            '\u{2060}',
            '\u{2064}',
            '\u{2069}',
            '\u{206f}',
            '\u{3164}',
            '\u{feff}',
            '\u{fff9}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e007f}',
        ];
        for character in hostile {
            assert!(is_hostile(character), "{:x}", u32::from(character));
            let escaped = escape(&format!("a{character}b")).into_owned();
            assert_eq!(escaped, format!("a\\u{{{:x}}}b", u32::from(character)));
        }
        for text in ["prod-ü", "日本語", "⚠\u{fe0f} e\u{301}", "🙂"] {
            assert_eq!(escape(text), text);
        }
        assert!(is_unfit_for_name('\u{fe0f}') && is_unfit_for_name('\u{a0}') && !is_unfit_for_name(' '));
    }
}
