//! YAML as kubectl writes it (sigs.k8s.io/yaml over go.yaml.in/yaml/v2): lists are not indented under their key, strings
//! are plain where possible, and text of several lines is a literal block.
//!
//! Unlike in kubectl, keys keep their order, numbers keep their spelling, and long lines are not folded. No YAML library
//! keeps the spelling of numbers, so this is an emitter of its own.

use super::emitter::Emitter;
use super::yaml_scalar::{Style, style, write_quoted};
use crate::json::{Bracket, Token, unquote};

/// Containers nested deeper than this are written in flow style, on one line, as in JSON.
const MAX_INDENTED: usize = 64;

/// The longest key without a `?` in front, which YAML requires beyond 1024 characters.
const MAX_SIMPLE_KEY: usize = 900;

/// Writes YAML.
#[derive(Debug, Default)]
pub(crate) struct Yaml {
    text: String,
    open: Vec<YamlContainer>,
    /// An opened container that may turn out to be empty.
    pending: Option<Bracket>,
    /// The number of innermost containers in flow style.
    flow: usize,
    /// True if the next value must be in flow style because its key needed a `?`.
    force_flow: bool,
    before: Before,
    is_terminal: bool,
}

/// The text directly before the next value.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Before {
    #[default]
    Nothing,
    Colon,
    Dash,
}

#[derive(Debug)]
struct YamlContainer {
    bracket: Bracket,
    /// The column of its keys or dashes.
    indent: usize,
    /// True if its first member continues the current line.
    inline: bool,
    has_members: bool,
}

impl Yaml {
    /// On a terminal, text with control characters or bidirectional marks is quoted and escaped.
    pub(crate) fn new(is_terminal: bool) -> Self {
        Self {
            is_terminal,
            ..Self::default()
        }
    }

    /// Begins the pending container, which now has a first member.
    fn begin_pending(&mut self) {
        let Some(bracket) = self.pending.take() else {
            return;
        };
        let before = std::mem::take(&mut self.before);
        if self.flow > 0 || self.force_flow || self.open.len() >= MAX_INDENTED {
            self.force_flow = false;
            if before != Before::Nothing {
                self.text.push(' ');
            }
            self.text.push(if bracket == Bracket::Object { '{' } else { '[' });
            self.flow += 1;
            self.push_frame(bracket, 0, true);
            return;
        }
        let parent = self.open.last().map_or(0, |frame| frame.indent);
        match (before, bracket) {
            (Before::Nothing, _) => self.push_frame(bracket, parent, true),
            (Before::Dash, _) => {
                self.text.push(' ');
                self.push_frame(bracket, parent + 2, true);
            }
            (Before::Colon, Bracket::Object) => {
                self.text.push('\n');
                self.push_frame(bracket, parent + 2, false);
            }
            (Before::Colon, Bracket::Array) => {
                self.text.push('\n');
                self.push_frame(bracket, parent, false);
            }
        }
    }

    fn push_frame(&mut self, bracket: Bracket, indent: usize, inline: bool) {
        self.open.push(YamlContainer {
            bracket,
            indent,
            inline,
            has_members: false,
        });
    }

    /// Writes the comma or the indentation before a member of the innermost container.
    fn begin_member(&mut self) {
        let Some(frame) = self.open.last_mut() else {
            return;
        };
        let first = !std::mem::replace(&mut frame.has_members, true);
        if self.flow > 0 {
            if !first {
                self.text.push_str(", ");
            }
        } else if !(first && frame.inline) {
            let indent = frame.indent;
            self.text.extend(std::iter::repeat_n(' ', indent));
        }
    }

    /// Writes the separator before a value, which a value after a key does not need.
    fn begin_value(&mut self) {
        self.begin_pending();
        let in_array = self
            .open
            .last()
            .is_some_and(|frame| frame.bracket == Bracket::Array);
        if self.before == Before::Nothing && in_array {
            self.begin_member();
            if self.flow == 0 {
                self.text.push('-');
                self.before = Before::Dash;
            }
        }
    }

    /// Writes a scalar or an empty container.
    fn value(&mut self, text: &str) {
        if std::mem::take(&mut self.before) != Before::Nothing {
            self.text.push(' ');
        }
        self.text.push_str(text);
        self.end_value();
    }

    fn end_value(&mut self) {
        self.force_flow = false;
        if self.flow == 0 {
            self.text.push('\n');
        }
    }

    fn key(&mut self, quoted: &str) {
        self.begin_pending();
        self.begin_member();
        let key = unquote(quoted);
        let start = self.text.len();
        match style(&key, self.is_terminal) {
            Style::Plain if self.flow == 0 => self.text.push_str(&key),
            Style::Single if self.flow == 0 => push_single(&mut self.text, &key),
            _ => write_quoted(&mut self.text, &key, self.is_terminal),
        }
        if self.text.len() - start > MAX_SIMPLE_KEY {
            self.text.insert_str(start, "? ");
            if self.flow == 0 {
                self.text.push('\n');
                let indent = self.open.last().map_or(0, |frame| frame.indent);
                self.text.extend(std::iter::repeat_n(' ', indent));
                self.force_flow = true;
            } else {
                self.text.push(' ');
            }
        }
        self.text.push(':');
        self.before = Before::Colon;
    }

    fn string(&mut self, quoted: &str) {
        let text = unquote(quoted);
        let style = match style(&text, self.is_terminal) {
            _ if self.flow > 0 || self.force_flow => Style::Double,
            style => style,
        };
        if std::mem::take(&mut self.before) != Before::Nothing {
            self.text.push(' ');
        }
        match style {
            Style::Plain => self.text.push_str(&text),
            Style::Single => push_single(&mut self.text, &text),
            Style::Double => write_quoted(&mut self.text, &text, self.is_terminal),
            Style::Literal => {
                self.literal(&text);
                return;
            }
        }
        self.end_value();
    }

    /// Writes a literal block, whose lines are indented by two more columns than its key or dash.
    fn literal(&mut self, text: &str) {
        let indent = self.open.last().map_or(0, |frame| frame.indent) + 2;
        self.text.push('|');
        // Blanks at the start would be read as indentation.
        if text.starts_with([' ', '\n']) {
            self.text.push('2');
        }
        let kept = match text.strip_suffix('\n') {
            None => {
                self.text.push('-');
                text
            }
            Some(rest) => {
                if rest.is_empty() || rest.ends_with('\n') {
                    self.text.push('+');
                }
                rest
            }
        };
        self.text.push('\n');
        for line in kept.split('\n') {
            if !line.is_empty() {
                self.text.extend(std::iter::repeat_n(' ', indent));
                self.text.push_str(line);
            }
            self.text.push('\n');
        }
        self.force_flow = false;
    }
}

fn push_single(out: &mut String, text: &str) {
    out.push('\'');
    out.push_str(&text.replace('\'', "''"));
    out.push('\'');
}

impl Emitter for Yaml {
    fn token(&mut self, token: Token<'_>) {
        match token {
            Token::Open(bracket) => {
                self.begin_value();
                self.pending = Some(bracket);
            }
            Token::Close(bracket) => {
                if self.pending.take().is_some() {
                    self.value(if bracket == Bracket::Object { "{}" } else { "[]" });
                    return;
                }
                self.open.pop();
                if self.flow > 0 {
                    self.text.push(if bracket == Bracket::Object { '}' } else { ']' });
                    self.flow -= 1;
                    self.end_value();
                }
            }
            Token::Key(text) => self.key(text),
            Token::Text(text) => {
                self.begin_value();
                self.string(text);
            }
            Token::Plain(text) => {
                self.begin_value();
                self.value(text);
            }
        }
    }

    fn text(&self) -> &[u8] {
        self.text.as_bytes()
    }

    fn clear(&mut self) {
        self.text.clear();
    }
}
