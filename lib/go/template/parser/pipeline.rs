//! Parses the inside of an action: pipelines, commands and their operands.

use super::state::TemplateParser;
use crate::go::template::funcs;
use crate::go::template::lexer::Type;
use crate::go::template::node::{Command, Number, Operand, Pipe, Word};
use crate::go::text::{quote, unquote_constant};

impl TemplateParser {
    pub(super) fn pipeline(&mut self, context: &str, end: Type) -> Result<Pipe, String> {
        let position = self.peek_word().position;
        let (variables, is_assignment) = self.targets(context)?;
        let mut pipe = Pipe {
            position,
            variables,
            is_assignment,
            commands: Vec::new(),
        };
        loop {
            let token = self.next_word();
            if token.type_ == end {
                self.check(&pipe, context)?;
                return Ok(pipe);
            }
            if !begins_operand(token.type_) {
                return self.unexpected(&token, context);
            }
            self.back();
            let command = self.command()?;
            pipe.commands.push(command);
        }
    }

    /// Reads the variables before `:=` or `=`, and whether that is `=`. Only a range may have two.
    fn targets(&mut self, context: &str) -> Result<(Vec<String>, bool), String> {
        let mut names: Vec<String> = Vec::new();
        loop {
            let variable = self.peek_word();
            if variable.type_ != Type::Variable {
                return Ok((names, false));
            }
            let start = self.at;
            self.next();
            let sign = self.peek_word();
            let is_end = matches!(sign.type_, Type::Assign | Type::Declare);
            if !(is_end || sign.type_ == Type::Char && sign.text == ",") {
                // The variable is read, not set.
                self.at = start;
                return Ok((names, false));
            }
            self.next_word();
            self.variables.push(variable.text.clone());
            names.push(variable.text);
            if is_end {
                return Ok((names, sign.type_ == Type::Assign));
            }
            if context != "range" || names.len() > 1 {
                return self.error(&format!("too many declarations in {context}"));
            }
            let next = self.peek_word().type_;
            if !matches!(next, Type::Variable | Type::RightDelim | Type::RightParen) {
                return self.error("range can only initialize variables");
            }
        }
    }

    fn check(&self, pipe: &Pipe, context: &str) -> Result<(), String> {
        if pipe.commands.is_empty() {
            return self.error(&format!("missing value for {context}"));
        }
        for (index, command) in pipe.commands.iter().enumerate().skip(1) {
            use Operand::{Bool, Dot, Nil, Number, Text};
            let first = command.words.first().map(|word| &word.operand);
            if let Some(Bool(_) | Dot | Nil | Number(..) | Text(..)) = first {
                let stage = index + 1;
                return self.error(&format!("non executable command in pipeline stage {stage}"));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Result<Command, String> {
        let position = self.peek_word().position;
        let mut words = Vec::new();
        loop {
            self.peek_word();
            words.extend(self.operand()?);
            let token = self.next();
            match token.type_ {
                Type::Space => {}
                Type::RightDelim | Type::RightParen => {
                    self.back();
                    break;
                }
                Type::Pipe => break,
                _ => return self.unexpected(&token, "operand"),
            }
        }
        if words.is_empty() {
            return self.error("empty command");
        }
        Ok(Command { position, words })
    }

    fn operand(&mut self) -> Result<Option<Word>, String> {
        let Some(word) = self.term()? else {
            return Ok(None);
        };
        if self.peek() != Type::Field {
            return Ok(Some(word));
        }
        let mut position = None;
        let mut names = Vec::new();
        while self.peek() == Type::Field {
            let token = self.next();
            position.get_or_insert(token.position);
            names.push(token.text.trim_start_matches('.').to_owned());
        }
        let position = position.unwrap_or(word.position);
        let operand = match word.operand {
            Operand::Field(mut fields) => {
                fields.append(&mut names);
                Operand::Field(fields)
            }
            Operand::Variable(mut fields) => {
                fields.append(&mut names);
                Operand::Variable(fields)
            }
            Operand::Bool(_) | Operand::Text(..) | Operand::Number(..) | Operand::Nil | Operand::Dot => {
                let term = quote(&word.to_string());
                return self.error(&format!("unexpected . after term {term}"));
            }
            _ => Operand::Chain(Box::new(word), names),
        };
        Ok(Some(Word { position, operand }))
    }

    fn term(&mut self) -> Result<Option<Word>, String> {
        let token = self.next_word();
        let operand = match token.type_ {
            Type::Identifier => {
                if funcs::signature(&token.text).is_none() {
                    let name = quote(&token.text);
                    return self.error(&format!("function {name} not defined"));
                }
                Operand::Identifier(token.text)
            }
            Type::Dot => Operand::Dot,
            Type::Nil => Operand::Nil,
            Type::Variable => {
                if !self.variables.contains(&token.text) {
                    return self.error(&format!("undefined variable {}", quote(&token.text)));
                }
                Operand::Variable(vec![token.text])
            }
            Type::Field => Operand::Field(vec![token.text.trim_start_matches('.').to_owned()]),
            Type::Bool => Operand::Bool(token.text == "true"),
            Type::CharConstant => match unquote_constant(&token.text) {
                Some(Some(number)) => Operand::Number(token.text, Number::Int(number)),
                Some(None) => return self.error(&format!("malformed character constant: {}", token.text)),
                None => return self.error("invalid syntax"),
            },
            Type::Complex | Type::Number => match number(&token.text) {
                Ok(number) => Operand::Number(token.text, number),
                Err(message) => return self.error(&message),
            },
            Type::LeftParen => {
                self.enter()?;
                let pipe = self.pipeline("parenthesized pipeline", Type::RightParen)?;
                self.depth -= 1;
                let position = pipe.position;
                return Ok(Some(Word {
                    position,
                    operand: Operand::Pipe(pipe),
                }));
            }
            Type::String | Type::RawString => {
                let text = self.unquote(&token.text)?;
                Operand::Text(token.text, text)
            }
            _ => {
                self.back();
                return Ok(None);
            }
        };
        Ok(Some(Word {
            position: token.position,
            operand,
        }))
    }
}

/// Returns whether a command may begin with a token.
fn begins_operand(type_: Type) -> bool {
    use Type::{
        Bool, CharConstant, Complex, Dot, Field, Identifier, LeftParen, Nil, Number, RawString, String,
        Variable,
    };
    matches!(
        type_,
        Bool | CharConstant
            | Complex
            | Dot
            | Field
            | Identifier
            | LeftParen
            | Nil
            | Number
            | RawString
            | String
            | Variable
    )
}

/// Reads a number as Go's literals have it, without complex numbers and hexadecimal floats.
fn number(text: &str) -> Result<Number, String> {
    let illegal = || format!("illegal number syntax: {}", quote(text));
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (&text[..1], digits),
        None => ("", text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        _ if lower.len() > 1 && lower.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') => {
            match lower.strip_prefix('0') {
                Some(octal) => (8, octal),
                None => (10, &*lower),
            }
        }
        _ => (10, &*lower),
    };
    let body = body.replace('_', "");
    if !body.is_empty() && body.chars().all(|digit| digit.is_digit(radix)) {
        if let Ok(number) = i64::from_str_radix(&format!("{sign}{body}"), radix) {
            return Ok(Number::Int(number));
        }
        if sign.is_empty() && u64::from_str_radix(&body, radix).is_ok() {
            return Ok(Number::Overflow);
        }
        return Err(format!("integer overflow: {}", quote(text)));
    }
    // An invalid octal number, such as 08, may be a float.
    if digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty() {
        return Err(format!("integer overflow: {}", quote(text)));
    }
    if radix != 10 || text.contains('_') {
        return Err(illegal());
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Number::Float(number)),
        _ => Err(illegal()),
    }
}
