//! Go's template text taken into tokens: a port of `text/template/parse/lex.go`, since error texts name
//! its tokens.

/// What a token is.
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
    /// Whether error texts show it in angle brackets.
    pub(super) fn is_keyword(self) -> bool {
        use Type::{Block, Break, Continue, Define, Dot, Else, End, If, Nil, Range, Template, With};
        matches!(
            self,
            Block | Break | Continue | Dot | Define | Else | End | If | Nil | Range | Template | With
        )
    }
}

/// A token: what it is, where it starts, its text (of an error: what is wrong) and its line.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) type_: Type,
    pub(super) position: usize,
    pub(super) text: String,
    pub(super) line: usize,
}

/// All tokens. The last one is the end or an error.
pub(super) fn tokens(input: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        input,
        at: 0,
        start: 0,
        parentheses: 0,
        tokens: Vec::new(),
    };
    while lexer.text() && lexer.action() {}
    lexer.tokens
}

const LEFT: &str = "{{";
const RIGHT: &str = "}}";

struct Lexer<'a> {
    input: &'a str,
    at: usize,
    start: usize,
    parentheses: usize,
    tokens: Vec<Token>,
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

fn is_alphanumeric(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

/// `{{- `, behind its braces.
fn has_left_marker(text: &str) -> bool {
    text.strip_prefix('-')
        .is_some_and(|rest| rest.starts_with(is_space))
}

/// ` -}}`, or only its blank and its minus.
fn has_right_marker(text: &str) -> bool {
    text.strip_prefix(is_space)
        .is_some_and(|rest| rest.starts_with('-'))
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.input.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += next.map_or(0, char::len_utf8);
        next
    }

    fn accept(&mut self, wanted: &str) -> bool {
        let found = self.peek().is_some_and(|next| wanted.contains(next));
        if found {
            self.next();
        }
        found
    }

    fn accept_run(&mut self, wanted: &str) {
        while self.accept(wanted) {}
    }

    fn push(&mut self, type_: Type, text: String) {
        let before = self.input.get(..self.start).unwrap_or_default();
        self.tokens.push(Token {
            type_,
            position: self.start,
            text,
            line: 1 + before.matches('\n').count(),
        });
    }

    /// The token that goes from its start to here.
    fn emit(&mut self, type_: Type) -> bool {
        let text = self.input.get(self.start..self.at).unwrap_or_default().to_owned();
        self.push(type_, text);
        self.start = self.at;
        true
    }

    /// An error ends it all.
    fn error(&mut self, message: &str) -> bool {
        self.push(Type::Error, message.to_owned());
        false
    }

    /// Text up to an action, comments left out. False at the end.
    fn text(&mut self) -> bool {
        loop {
            let Some(length) = self.rest().find(LEFT) else {
                self.at = self.input.len();
                if self.at > self.start {
                    self.emit(Type::Text);
                }
                self.push(Type::Eof, "EOF".to_owned());
                return false;
            };
            let delimiter = self.at + length;
            let behind = self.input.get(delimiter + LEFT.len()..).unwrap_or_default();
            let trim = has_left_marker(behind);
            let text = self.input.get(self.start..delimiter).unwrap_or_default();
            let kept = if trim {
                text.trim_end_matches(is_space).len()
            } else {
                text.len()
            };
            self.at = self.start + kept;
            if kept > 0 {
                self.emit(Type::Text);
            }
            self.start = delimiter;
            self.at = delimiter + LEFT.len();
            let marker = if trim { 2 } else { 0 };
            if self
                .input
                .get(self.at + marker..)
                .is_some_and(|rest| rest.starts_with("/*"))
            {
                self.at += marker;
                self.start = self.at;
                if !self.comment() {
                    return false;
                }
                continue;
            }
            self.emit(Type::LeftDelim);
            self.at += marker;
            self.start = self.at;
            self.parentheses = 0;
            return true;
        }
    }

    fn comment(&mut self) -> bool {
        let Some(length) = self.rest().get(2..).and_then(|rest| rest.find("*/")) else {
            return self.error("unclosed comment");
        };
        self.at += length + 4;
        match self.at_right() {
            None => return self.error("comment ends before closing delimiter"),
            Some(trim) => self.skip_right(trim),
        }
        true
    }

    /// Whether the action ends here, and then whether with a trim marker.
    fn at_right(&self) -> Option<bool> {
        let rest = self.rest();
        if has_right_marker(rest) && rest.get(2..).is_some_and(|rest| rest.starts_with(RIGHT)) {
            return Some(true);
        }
        rest.starts_with(RIGHT).then_some(false)
    }

    fn skip_right(&mut self, trim: bool) {
        self.at += RIGHT.len() + if trim { 2 } else { 0 };
        if trim {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches(is_space).len();
        }
        self.start = self.at;
    }

    fn right(&mut self, trim: bool) -> bool {
        if trim {
            self.at += 2;
            self.start = self.at;
        }
        self.at += RIGHT.len();
        self.emit(Type::RightDelim);
        if trim {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches(is_space).len();
            self.start = self.at;
        }
        true
    }

    /// The inside of an action. False where the input ends.
    fn action(&mut self) -> bool {
        loop {
            if let Some(trim) = self.at_right() {
                if self.parentheses == 0 {
                    return self.right(trim);
                }
                return self.error("unclosed left paren");
            }
            let goes_on = match self.next() {
                None => self.error("unclosed action"),
                Some(blank) if is_space(blank) => {
                    while self.at_right() != Some(true) && self.accept(" \t\r\n") {}
                    // The blank in front of `-}}` belongs to it.
                    let marked = self.input.get(self.at - 1..).is_some_and(|rest| {
                        has_right_marker(rest) && rest.get(2..).is_some_and(|rest| rest.starts_with(RIGHT))
                    });
                    if marked {
                        self.at -= 1;
                    }
                    self.at == self.start || self.emit(Type::Space)
                }
                Some('=') => self.emit(Type::Assign),
                Some(':') => {
                    if self.next() == Some('=') {
                        self.emit(Type::Declare)
                    } else {
                        self.error("expected :=")
                    }
                }
                Some('|') => self.emit(Type::Pipe),
                Some('"') => self.quoted('"', "unterminated quoted string", Type::String),
                Some('\'') => self.quoted('\'', "unterminated character constant", Type::CharConstant),
                Some('`') => match self.rest().find('`') {
                    Some(length) => {
                        self.at += length + 1;
                        self.emit(Type::RawString)
                    }
                    None => self.error("unterminated raw quoted string"),
                },
                Some('$') => self.name(Type::Variable, Type::Variable),
                Some('.') if self.peek().is_some_and(|next| !next.is_ascii_digit()) => {
                    self.name(Type::Dot, Type::Field)
                }
                Some(first) if matches!(first, '.' | '+' | '-') || first.is_ascii_digit() => {
                    self.at -= 1;
                    self.number()
                }
                Some(first) if is_alphanumeric(first) => self.identifier(),
                Some('(') => {
                    self.parentheses += 1;
                    self.emit(Type::LeftParen)
                }
                Some(')') if self.parentheses == 0 => self.error("unexpected right paren"),
                Some(')') => {
                    self.parentheses -= 1;
                    self.emit(Type::RightParen)
                }
                Some(other) if other.is_ascii_graphic() => self.emit(Type::Char),
                Some(other) => {
                    let message = format!("unrecognized character in action: {}", code_point(Some(other)));
                    self.error(&message)
                }
            };
            if !goes_on {
                return false;
            }
        }
    }

    fn quoted(&mut self, quote: char, unterminated: &str, type_: Type) -> bool {
        loop {
            match self.next() {
                Some('\\') => {
                    if matches!(self.next(), None | Some('\n')) {
                        return self.error(unterminated);
                    }
                }
                None | Some('\n') => return self.error(unterminated),
                Some(character) if character == quote => return self.emit(type_),
                Some(_) => {}
            }
        }
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(next) => is_space(next) || self.rest().starts_with(RIGHT),
        }
    }

    /// What begins with a dot or a dollar, which has been taken.
    fn name(&mut self, alone: Type, named: Type) -> bool {
        if self.at_terminator() {
            return self.emit(alone);
        }
        self.word();
        if !self.at_terminator() {
            return self.bad_character();
        }
        self.emit(named)
    }

    fn word(&mut self) {
        while self.peek().is_some_and(is_alphanumeric) {
            self.next();
        }
    }

    fn bad_character(&mut self) -> bool {
        let message = format!("bad character {}", code_point(self.peek()));
        self.error(&message)
    }

    fn identifier(&mut self) -> bool {
        self.word();
        if !self.at_terminator() {
            return self.bad_character();
        }
        let type_ = match self.input.get(self.start..self.at).unwrap_or_default() {
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
        };
        self.emit(type_)
    }

    fn number(&mut self) -> bool {
        let mut ok = self.scan_number();
        let mut type_ = Type::Number;
        if ok && matches!(self.peek(), Some('+' | '-')) {
            ok = self.scan_number() && self.input.get(..self.at).is_some_and(|text| text.ends_with('i'));
            type_ = Type::Complex;
        }
        if ok {
            return self.emit(type_);
        }
        let text = self.input.get(self.start..self.at).unwrap_or_default();
        let message = format!("bad number syntax: {}", super::text::quote(text));
        self.error(&message)
    }

    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        let exponent = match digits.len() {
            11 => self.accept("eE"),
            23 => self.accept("pP"),
            _ => false,
        };
        if exponent {
            self.accept("+-");
            self.accept_run("0123456789_");
        }
        self.accept("i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.next();
            return false;
        }
        true
    }
}

/// A character as Go's `%#U` shows it.
fn code_point(character: Option<char>) -> String {
    match character {
        Some(character) if super::text::is_print(character) => {
            format!("U+{:04X} '{character}'", u32::from(character))
        }
        Some(character) => format!("U+{:04X}", u32::from(character)),
        None => "U+FFFFFFFFFFFFFFFF".to_owned(),
    }
}
