//! `fmt.Sprintf` for the types that templates have.

use super::float;
use super::text::{is_print, quote, quote_with};
use super::value::Value;
use std::fmt::{self, Write};

/// As in Go, larger widths and precisions are errors.
const MAX_WIDTH: i64 = 1_000_000;

/// Formats values as Go does.
pub(super) fn sprintf(format: &str, arguments: &[Value<'_>]) -> String {
    let mut text = String::new();
    let mut printer = VerbPrinter::new(format, &mut text);
    printer.count = arguments.len();
    printer.run(arguments);
    text
}

/// Writes a value as the verb `%v` does, and with the alternate flag of Rust's formats as `%#v` does, which is Go
/// source.
impl fmt::Display for Value<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sharp_v = formatter.alternate();
        let mut printer = VerbPrinter::new("", formatter);
        printer.flags.sharp_v = sharp_v;
        printer.value(self, 'v');
        printer.outcome
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    width: Option<usize>,
    precision: Option<usize>,
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    sharp_v: bool,
}

struct VerbPrinter<'f, 'o> {
    format: &'f str,
    at: usize,
    argument: usize,
    count: usize,
    reordered: bool,
    good_index: bool,
    flags: Flags,
    out: &'o mut dyn Write,
    outcome: fmt::Result,
}

impl<'f, 'o> VerbPrinter<'f, 'o> {
    fn new(format: &'f str, out: &'o mut dyn Write) -> Self {
        Self {
            format,
            at: 0,
            argument: 0,
            count: 0,
            reordered: false,
            good_index: true,
            flags: Flags::default(),
            out,
            outcome: Ok(()),
        }
    }

    /// Writes text, unless writing has failed before.
    fn push(&mut self, text: &str) {
        self.outcome = self.outcome.and_then(|()| self.out.write_str(text));
    }

    fn byte(&self) -> Option<u8> {
        self.format.as_bytes().get(self.at).copied()
    }

    fn run(&mut self, arguments: &[Value<'_>]) {
        while let Some(rest) = self.format.get(self.at..).filter(|rest| !rest.is_empty()) {
            let length = rest.find('%').unwrap_or(rest.len());
            self.push(&rest[..length]);
            self.at += length;
            if self.byte().is_none() {
                break;
            }
            self.at += 1;
            self.good_index = true;
            self.flags = Flags::default();
            if !self.directive(arguments) {
                break;
            }
        }
        if !self.reordered && self.argument < arguments.len() {
            self.flags = Flags::default();
            self.push("%!(EXTRA ");
            for (index, value) in arguments.iter().skip(self.argument).enumerate() {
                if index > 0 {
                    self.push(", ");
                }
                self.typed(value);
            }
            self.push(")");
        }
    }

    /// Reads what follows a percent sign. Returns false at the end of the format.
    fn directive(&mut self, arguments: &[Value<'_>]) -> bool {
        while let Some(flag) = self.byte() {
            match flag {
                b'#' => self.flags.sharp = true,
                b'0' => self.flags.zero = true,
                b'+' => self.flags.plus = true,
                b'-' => self.flags.minus = true,
                b' ' => self.flags.space = true,
                _ => break,
            }
            self.at += 1;
        }
        let mut after_index = self.index();
        if self.byte() == Some(b'*') {
            self.at += 1;
            match self.number_argument(arguments) {
                None => self.push("%!(BADWIDTH)"),
                Some(width) => {
                    if width < 0 {
                        self.flags.minus = true;
                        self.flags.zero = false;
                    }
                    self.flags.width = usize::try_from(width.abs()).ok();
                }
            }
            after_index = false;
        } else {
            self.flags.width = self.digits();
            if after_index && self.flags.width.is_some() {
                self.good_index = false;
            }
        }
        // A dot at the end of the format does not begin a precision.
        if self.byte() == Some(b'.') && self.at + 1 < self.format.len() {
            self.at += 1;
            if after_index {
                self.good_index = false;
            }
            after_index = self.index();
            if self.byte() == Some(b'*') {
                self.at += 1;
                self.flags.precision = self
                    .number_argument(arguments)
                    .and_then(|precision| usize::try_from(precision).ok());
                if self.flags.precision.is_none() {
                    self.push("%!(BADPREC)");
                }
                after_index = false;
            } else {
                self.flags.precision = Some(self.digits().unwrap_or(0));
            }
        }
        if !after_index {
            self.index();
        }
        let Some(verb) = self.format.get(self.at..).and_then(|rest| rest.chars().next()) else {
            self.push("%!(NOVERB)");
            return false;
        };
        self.at += verb.len_utf8();
        if verb == '%' {
            self.push("%");
        } else if !self.good_index {
            self.push(&format!("%!{verb}(BADINDEX)"));
        } else if let Some(value) = arguments.get(self.argument) {
            if matches!(verb, 'v' | 'w') {
                self.flags.sharp_v = std::mem::take(&mut self.flags.sharp);
                self.flags.plus = false;
            }
            self.value(value, verb);
            self.argument += 1;
        } else {
            self.push(&format!("%!{verb}(MISSING)"));
        }
        true
    }

    fn digits(&mut self) -> Option<usize> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let number = self.format.get(start..self.at)?.parse().ok()?;
        i64::try_from(number)
            .is_ok_and(|number| number <= MAX_WIDTH)
            .then_some(number)
    }

    /// Reads `[3]`, the number of the next argument. Returns whether there is one.
    fn index(&mut self) -> bool {
        if self.byte() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let rest = self.format.get(self.at..).unwrap_or_default();
        let Some(end) = rest.find(']') else {
            self.good_index = false;
            self.at += 1;
            return false;
        };
        self.at += end + 1;
        match rest.get(1..end).and_then(|index| index.parse::<usize>().ok()) {
            Some(index) if (1..=self.count).contains(&index) => {
                self.argument = index - 1;
                true
            }
            Some(_) => {
                self.good_index = false;
                true
            }
            None => {
                self.good_index = false;
                false
            }
        }
    }

    fn number_argument(&mut self, arguments: &[Value<'_>]) -> Option<i64> {
        let value = arguments.get(self.argument)?;
        self.argument += 1;
        value
            .integer()
            .filter(|number| (-MAX_WIDTH..=MAX_WIDTH).contains(number))
    }

    fn value(&mut self, value: &Value<'_>, verb: char) {
        if verb == 'T' {
            let type_ = if *value == Value::Nil {
                "<nil>"
            } else {
                value.type_name()
            };
            self.string(type_, 's');
            return;
        }
        match value {
            Value::Invalid => self.pad("<invalid reflect.Value>"),
            Value::Nil if verb == 'v' => self.pad("<nil>"),
            Value::Nil => self.bad(value, verb),
            Value::Bool(value) if matches!(verb, 't' | 'v') => self.pad(&value.to_string()),
            Value::Int(number) | Value::Int64(number) => self.integer(value, *number, verb),
            Value::Byte(number) if self.flags.sharp_v => self.pad(&format!("{number:#x}")),
            Value::Byte(number) => self.integer(value, i64::from(*number), verb),
            Value::Float(number) => self.float(value, *number, verb),
            Value::Text(text) if matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') => self.string(text, verb),
            Value::Bool(_) | Value::Text(_) => self.bad(value, verb),
            Value::List(items) => {
                self.push(if self.flags.sharp_v {
                    "[]interface {}{"
                } else {
                    "["
                });
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.push(if self.flags.sharp_v { ", " } else { " " });
                    }
                    self.member(&item.into(), verb);
                }
                self.push(if self.flags.sharp_v { "}" } else { "]" });
            }
            Value::Map(members) => {
                let sharp = self.flags.sharp_v;
                self.push(if sharp { "map[string]interface {}{" } else { "map[" });
                for (index, (key, item)) in members.members().enumerate() {
                    if index > 0 {
                        self.push(if sharp { ", " } else { " " });
                    }
                    self.value(&Value::Text(key), verb);
                    self.push(":");
                    self.member(&item.into(), verb);
                }
                self.push(if sharp { "}" } else { "]" });
            }
        }
    }

    /// Writes a member of a list or a map, where nil is not an error.
    fn member(&mut self, value: &Value<'_>, verb: char) {
        match value {
            Value::Nil if self.flags.sharp_v => self.push("interface {}(nil)"),
            Value::Nil => self.push("<nil>"),
            _ => self.value(value, verb),
        }
    }

    /// Writes the error for a verb that the type does not have.
    fn bad(&mut self, value: &Value<'_>, verb: char) {
        self.push(&format!("%!{verb}("));
        self.typed(value);
        self.push(")");
    }

    fn typed(&mut self, value: &Value<'_>) {
        if *value == Value::Nil {
            self.push("<nil>");
            return;
        }
        self.push(value.type_name());
        self.push("=");
        self.value(value, 'v');
    }

    /// Writes text, padded to the width.
    fn pad(&mut self, text: &str) {
        let Some(width) = self.flags.width else {
            return self.push(text);
        };
        let missing = width.saturating_sub(text.chars().count());
        let zero = self.flags.zero && !self.flags.minus;
        let padding = if zero { "0" } else { " " }.repeat(missing);
        if self.flags.minus {
            self.push(text);
            self.push(&padding);
        } else {
            self.push(&padding);
            self.push(text);
        }
    }

    fn pad_blank(&mut self, text: &str) {
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(text);
        self.flags.zero = zero;
    }

    fn string(&mut self, text: &str, verb: char) {
        let cut = match self.flags.precision {
            Some(precision) if !matches!(verb, 'x' | 'X') => text
                .char_indices()
                .nth(precision)
                .and_then(|(end, _)| text.get(..end))
                .unwrap_or(text),
            _ => text,
        };
        match verb {
            'v' if self.flags.sharp_v => self.pad(&quote(cut)),
            'q' if self.flags.sharp && !cut.contains(['`', '\u{7f}', '\u{feff}']) && !has_control(cut) => {
                self.pad(&format!("`{cut}`"));
            }
            'q' if self.flags.plus => self.pad(&to_ascii(&quote(cut))),
            'q' => self.pad(&quote(cut)),
            'x' | 'X' => self.hex(text, verb),
            _ => self.pad(cut),
        }
    }

    fn hex(&mut self, text: &str, verb: char) {
        let bytes = text.as_bytes();
        let bytes = &bytes[..self.flags.precision.unwrap_or(bytes.len()).min(bytes.len())];
        let mut shown = String::new();
        for (index, byte) in bytes.iter().enumerate() {
            if self.flags.space && index > 0 {
                shown.push(' ');
            }
            if self.flags.sharp && (index == 0 || self.flags.space) {
                shown.push_str(if verb == 'x' { "0x" } else { "0X" });
            }
            shown.push_str(&if verb == 'x' {
                format!("{byte:02x}")
            } else {
                format!("{byte:02X}")
            });
        }
        self.pad(&shown);
    }

    fn integer(&mut self, value: &Value<'_>, number: i64, verb: char) {
        let size = number.unsigned_abs();
        let character = u32::try_from(number).ok().and_then(char::from_u32);
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        let digits = match verb {
            'v' | 'd' => size.to_string(),
            'b' => format!("{size:b}"),
            'o' | 'O' => format!("{size:o}"),
            'x' => format!("{size:x}"),
            'X' => format!("{size:X}"),
            'c' => return self.pad(&character.to_string()),
            'q' if self.flags.plus => return self.pad(&to_ascii(&quote_with(&character.to_string(), '\''))),
            'q' => return self.pad(&quote_with(&character.to_string(), '\'')),
            'U' => {
                let least = self.flags.precision.unwrap_or(0).max(4);
                #[expect(
                    clippy::cast_sign_loss,
                    reason = "Go shows a negative number as its bits, too"
                )]
                let mut shown = format!("U+{:0least$X}", number as u64);
                if self.flags.sharp && is_print(character) {
                    shown.push_str(&format!(" '{character}'"));
                }
                return self.pad_blank(&shown);
            }
            _ => return self.bad(value, verb),
        };
        let signed = number < 0 || self.flags.plus || self.flags.space;
        let least = match (self.flags.precision, self.flags.width) {
            (Some(0), _) if number == 0 => return self.pad_blank(""),
            (Some(precision), _) => precision,
            (None, Some(width)) if self.flags.zero && !self.flags.minus => {
                width - usize::from(signed && width > 0)
            }
            (None, _) => 0,
        };
        let digits = format!("{digits:0>least$}");
        let prefix = match verb {
            'O' => "0o",
            'b' if self.flags.sharp => "0b",
            'o' if self.flags.sharp && !digits.starts_with('0') => "0",
            'x' if self.flags.sharp => "0x",
            'X' if self.flags.sharp => "0X",
            _ => "",
        };
        let sign = match (number < 0, self.flags.plus, self.flags.space) {
            (true, _, _) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        };
        self.pad_blank(&format!("{sign}{prefix}{digits}"));
    }

    fn float(&mut self, value: &Value<'_>, number: f64, verb: char) {
        let precision = self.flags.precision;
        let shown = match verb {
            'v' | 'g' => float::general(number, precision, 'e'),
            'G' => float::general(number, precision, 'E'),
            'e' => float::exponent(number, precision.or(Some(6)), 'e'),
            'E' => float::exponent(number, precision.or(Some(6)), 'E'),
            'f' | 'F' => float::fixed(number, precision.or(Some(6))),
            _ => return self.bad(value, verb),
        };
        let sign = match (shown.starts_with('-'), self.flags.plus, self.flags.space) {
            (true, _, _) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        };
        let size = shown.trim_start_matches(['-', '+']);
        let missing = self
            .flags
            .width
            .unwrap_or(0)
            .saturating_sub(sign.len() + size.len());
        if self.flags.zero && !self.flags.minus && !sign.is_empty() && missing > 0 {
            self.push(sign);
            self.push(&"0".repeat(missing));
            self.push(size);
        } else {
            self.pad(&format!("{sign}{size}"));
        }
    }
}

fn has_control(text: &str) -> bool {
    text.chars().any(|character| character < ' ' && character != '\t')
}

fn to_ascii(quoted: &str) -> String {
    let mut out = String::new();
    for character in quoted.chars() {
        match u32::from(character) {
            0..=0x7f => out.push(character),
            code @ 0..=0xffff => out.push_str(&format!("\\u{code:04x}")),
            code => out.push_str(&format!("\\U{code:08x}")),
        }
    }
    out
}
