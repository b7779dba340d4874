//! Splits a template into tokens. Go's error texts name tokens, so these are the same tokens, and the errors of the
//! lexer have Go's words (`text/template/parse`).

use crate::go::text::{code_point, quote};

/// The type of a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Type {
    Error,
    Bool,
    Char,
    CharConstant,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Complex,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    // Keywords.
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Type {
    /// Returns whether error texts show it in angle brackets.
    pub(super) fn is_keyword(self) -> bool {
        use Type::{Block, Break, Continue, Define, Dot, Else, End, If, Nil, Range, Template, With};
        matches!(
            self,
            Block | Break | Continue | Dot | Define | Else | End | If | Nil | Range | Template | With
        )
    }
}

/// A token: its type, its place, its text (for an error: the message) and its line.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) type_: Type,
    pub(super) position: usize,
    pub(super) text: String,
    pub(super) line: usize,
}

/// Splits a template into its tokens. The last one is the end or an error.
pub(super) fn tokens(input: &str) -> Vec<Token> {
    let mut tokens = Lexer {
        rest: input,
        position: 0,
        line: 1,
        found: Vec::new(),
    };
    let (type_, text) = match tokens.all() {
        Ok(()) => (Type::Eof, "EOF".to_owned()),
        Err(message) => (Type::Error, message),
    };
    tokens.found.push(Token {
        type_,
        position: tokens.position,
        text,
        line: tokens.line,
    });
    tokens.found
}

const LEFT: &str = "{{";
const RIGHT: &str = "}}";
const COMMENT: (&str, &str) = ("/*", "*/");

/// The blanks that templates trim.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// The length of the minus and the blank that make `{{- ` and ` -}}`.
const MARKER: usize = 2;

/// The rest of a template, and the tokens so far.
struct Lexer<'a> {
    rest: &'a str,
    position: usize,
    line: usize,
    found: Vec<Token>,
}

impl<'a> Lexer<'a> {
    /// Skips so many bytes without making a token.
    fn skip(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        self.position += taken.len();
        self.line += taken.matches('\n').count();
        taken
    }

    /// Makes a token of so many bytes.
    fn take(&mut self, type_: Type, length: usize) {
        let (position, line) = (self.position, self.line);
        let text = self.skip(length).to_owned();
        self.found.push(Token {
            type_,
            position,
            text,
            line,
        });
    }

    fn skip_blanks(&mut self) {
        self.skip(self.rest.len() - self.rest.trim_start_matches(BLANKS).len());
    }

    /// Reads text, actions and comments up to the end.
    fn all(&mut self) -> Result<(), String> {
        while let Some(length) = self.rest.find(LEFT) {
            let (text, action) = self.rest.split_at(length);
            let inside = &action[LEFT.len()..];
            let trims = inside.starts_with('-') && inside[1..].starts_with(BLANKS);
            let kept = if trims {
                text.trim_end_matches(BLANKS).len()
            } else {
                length
            };
            if kept > 0 {
                self.take(Type::Text, kept);
            }
            self.skip(length - kept);
            let marker = if trims { MARKER } else { 0 };
            if inside[marker..].starts_with(COMMENT.0) {
                self.skip(LEFT.len() + marker);
                self.comment()?;
            } else {
                self.take(Type::LeftDelim, LEFT.len());
                self.skip(marker);
                self.action()?;
            }
        }
        if !self.rest.is_empty() {
            self.take(Type::Text, self.rest.len());
        }
        Ok(())
    }

    /// Reads a comment and the end of its action. An error is about the place where it starts.
    fn comment(&mut self) -> Result<(), String> {
        let (begin, end) = COMMENT;
        let inside = self.rest.get(begin.len()..).unwrap_or_default();
        let length = inside.find(end).ok_or("unclosed comment")?;
        let length = begin.len() + length + end.len();
        let after = self.rest.get(length..).unwrap_or_default();
        let trims = ends_action(after).ok_or("comment ends before closing delimiter")?;
        self.skip(length + if trims { MARKER } else { 0 } + RIGHT.len());
        if trims {
            self.skip_blanks();
        }
        Ok(())
    }

    /// Reads the inside of an action, and its end.
    fn action(&mut self) -> Result<(), String> {
        let mut open = 0_usize;
        loop {
            if let Some(trims) = ends_action(self.rest) {
                if open > 0 {
                    return Err("unclosed left paren".to_owned());
                }
                self.skip(if trims { MARKER } else { 0 });
                self.take(Type::RightDelim, RIGHT.len());
                if trims {
                    self.skip_blanks();
                }
                return Ok(());
            }
            let (type_, length) = token(self.rest)?;
            match type_ {
                Type::LeftParen => open += 1,
                Type::RightParen => open = open.checked_sub(1).ok_or("unexpected right paren")?,
                _ => {}
            }
            self.take(type_, length);
        }
    }
}

/// Returns whether an action ends here, and whether that trims the text after it.
fn ends_action(rest: &str) -> Option<bool> {
    let marked = rest.strip_prefix(BLANKS).and_then(|rest| rest.strip_prefix('-'));
    if marked.is_some_and(|rest| rest.starts_with(RIGHT)) {
        return Some(true);
    }
    rest.starts_with(RIGHT).then_some(false)
}

/// Returns the type and the length of the next token in an action.
fn token(rest: &str) -> Result<(Type, usize), String> {
    let first = rest.chars().next().ok_or("unclosed action")?;
    let second = rest.chars().nth(1);
    Ok(match first {
        _ if BLANKS.contains(&first) => (Type::Space, blanks(rest)),
        '=' => (Type::Assign, 1),
        ':' if second == Some('=') => (Type::Declare, 2),
        ':' => return Err("expected :=".to_owned()),
        '|' => (Type::Pipe, 1),
        '(' => (Type::LeftParen, 1),
        ')' => (Type::RightParen, 1),
        '"' => (
            Type::String,
            quoted(rest, '"').ok_or("unterminated quoted string")?,
        ),
        '\'' => (
            Type::CharConstant,
            quoted(rest, '\'').ok_or("unterminated character constant")?,
        ),
        '`' => {
            let length = rest[1..].find('`').ok_or("unterminated raw quoted string")?;
            (Type::RawString, length + 2)
        }
        '.' if second.is_some_and(|second| !second.is_ascii_digit()) => match name(&rest[1..])? {
            0 => (Type::Dot, 1),
            length => (Type::Field, 1 + length),
        },
        '$' => (Type::Variable, 1 + name(&rest[1..])?),
        '.' | '+' | '-' | '0'..='9' => number(rest)?,
        _ if is_alphanumeric(first) => {
            let length = name(rest)?;
            (keyword(&rest[..length]), length)
        }
        _ if first.is_ascii_graphic() => (Type::Char, 1),
        _ => {
            let first = code_point(Some(first));
            return Err(format!("unrecognized character in action: {first}"));
        }
    })
}

/// Returns the length of a run of blanks, without one that belongs to the end of the action.
fn blanks(rest: &str) -> usize {
    let length = rest.len() - rest.trim_start_matches(BLANKS).len();
    // Each is one byte long.
    let last = length - 1;
    if ends_action(&rest[last..]) == Some(true) {
        last
    } else {
        length
    }
}

/// Returns the length of a name of letters, digits and underscores, which only some characters may follow.
fn name(rest: &str) -> Result<usize, String> {
    let length = rest.find(|other| !is_alphanumeric(other)).unwrap_or(rest.len());
    let after = &rest[length..];
    let next = after.chars().next();
    let may_follow =
        |next: char| BLANKS.contains(&next) || ".,|:()".contains(next) || after.starts_with(RIGHT);
    if next.is_none_or(may_follow) {
        Ok(length)
    } else {
        Err(format!("bad character {}", code_point(next)))
    }
}

fn keyword(word: &str) -> Type {
    match word {
        "block" => Type::Block,
        "break" => Type::Break,
        "continue" => Type::Continue,
        "define" => Type::Define,
        "else" => Type::Else,
        "end" => Type::End,
        "if" => Type::If,
        "range" => Type::Range,
        "nil" => Type::Nil,
        "template" => Type::Template,
        "with" => Type::With,
        "true" | "false" => Type::Bool,
        _ => Type::Identifier,
    }
}

fn is_alphanumeric(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

/// Returns the length of a literal with both quotes. Returns `None` if its line ends first.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            '\n' => return None,
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if character == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Reads a number, real or complex. Whether it is valid is for the parser to say.
fn number(rest: &str) -> Result<(Type, usize), String> {
    let bad = |length: usize| format!("bad number syntax: {}", quote(&rest[..length]));
    let length = real(rest).map_err(bad)?;
    let after = &rest[length..];
    if !after.starts_with(['+', '-']) {
        return Ok((Type::Number, length));
    }
    let whole = length + real(after).map_err(|more| bad(length + more))?;
    if rest[..whole].ends_with('i') {
        Ok((Type::Complex, whole))
    } else {
        Err(bad(whole))
    }
}

/// Returns the length of a number without an imaginary part. The error is the length up to the first wrong character,
/// with that.
fn real(text: &str) -> Result<usize, usize> {
    let decimal = |digit: char| digit.is_ascii_digit() || digit == '_';
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (radix, exponents, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, "pP", &unsigned[2..]),
        [b'0', b'o' | b'O', ..] => (8, "", &unsigned[2..]),
        [b'0', b'b' | b'B', ..] => (2, "", &unsigned[2..]),
        _ => (10, "eE", unsigned),
    };
    let is_digit = |digit: char| digit.is_digit(radix) || digit == '_';
    let mut after = digits.trim_start_matches(is_digit);
    if let Some(fraction) = after.strip_prefix('.') {
        after = fraction.trim_start_matches(is_digit);
    }
    if let Some(power) = after.strip_prefix(|letter| exponents.contains(letter)) {
        after = power
            .strip_prefix(['+', '-'])
            .unwrap_or(power)
            .trim_start_matches(decimal);
    }
    after = after.strip_prefix('i').unwrap_or(after);
    let length = text.len() - after.len();
    match after.chars().next() {
        Some(next) if is_alphanumeric(next) => Err(length + next.len_utf8()),
        _ => Ok(length),
    }
}
