//! Finds where strings, values and members of a JSON text end.

/// Returns the end of the value that starts at a place. It looks at brackets and quotes alone, so the value need not be
/// JSON. Returns `None` if it has no end.
pub(crate) fn value_end(text: &[u8], start: usize) -> Option<usize> {
    let is_blank = |byte: &u8| byte.is_ascii_whitespace();
    let mut at = start + text.get(start..)?.iter().position(|byte| !is_blank(byte))?;
    if !matches!(text[at], b'{' | b'[' | b'"') {
        let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b'"') || is_blank(byte);
        let length = text[at..].iter().position(ends).unwrap_or(text.len() - at);
        return (length > 0).then_some(at + length);
    }
    let mut depth = 0_usize;
    loop {
        match text.get(at)? {
            b'"' => {
                at = string_end(text, at)?;
                if depth == 0 {
                    return Some(at);
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Returns the end of the string that starts at a place: the place after its closing quote.
pub(crate) fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at = quote_or_backslash(text, at)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Returns the place of the first quote or backslash from a place on. Most strings are short; for them, eight bytes at
/// a time cost less than a search that is made for long ones.
pub(crate) fn quote_or_backslash(text: &[u8], mut at: usize) -> Option<usize> {
    /// Short strings have at most this many times eight bytes.
    const SHORT: usize = 4;
    const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
    const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; 8]);
    /// Returns the highest bit of each byte that is zero. Bytes above the lowest such byte may have it, too.
    const fn zeros(bytes: u64) -> u64 {
        const ONES: u64 = u64::from_le_bytes([1; 8]);
        bytes.wrapping_sub(ONES) & !bytes & (ONES << 7)
    }
    for _ in 0..SHORT {
        let rest = text.get(at..)?;
        let Some(bytes) = rest.first_chunk() else {
            // After the last string of a line there are only brackets.
            let is_found = |byte: &u8| matches!(byte, b'"' | b'\\');
            return rest.iter().position(is_found).map(|length| at + length);
        };
        let bytes = u64::from_le_bytes(*bytes);
        let found = zeros(bytes ^ QUOTES) | zeros(bytes ^ BACKSLASHES);
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    Some(at + memchr::memchr2(b'"', b'\\', text.get(at..)?)?)
}

/// Returns the same as [`value_end`] for a value that is valid JSON (RFC 8259) without blanks between its tokens, and
/// `None` for any other. The text must not have control characters.
fn checked_end(text: &[u8], start: usize) -> Option<usize> {
    let is = |at: usize, byte: u8| text.get(at) == Some(&byte);
    let key_end = |at: usize| {
        let end = is(at, b'"').then(|| checked_string_end(text, at))??;
        is(end, b':').then_some(end + 1)
    };
    // A bit for each open container, the innermost one's the lowest: 1 for an object, 0 for a list.
    let (mut open, mut depth) = (0_u128, 0);
    let mut at = start;
    loop {
        let byte = *text.get(at)?;
        at = match byte {
            b'{' if is(at + 1, b'}') => at + 2,
            b'[' if is(at + 1, b']') => at + 2,
            b'{' | b'[' => {
                // Deeper values are left to serde.
                depth = Some(depth + 1).filter(|depth| *depth <= u128::BITS)?;
                open = open << 1 | u128::from(byte == b'{');
                at = if byte == b'{' { key_end(at + 1)? } else { at + 1 };
                continue;
            }
            b'"' => checked_string_end(text, at)?,
            b'-' | b'0'..=b'9' => number_end(text, at)?,
            _ => {
                let words: [&[u8]; 3] = [b"true", b"false", b"null"];
                let word = words.into_iter().find(|word| text[at..].starts_with(word))?;
                at + word.len()
            }
        };
        // After a value.
        loop {
            if depth == 0 {
                return Some(at);
            }
            match (*text.get(at)?, open & 1 == 1) {
                (b',', true) => {
                    at = key_end(at + 1)?;
                    break;
                }
                (b',', false) => {
                    at += 1;
                    break;
                }
                (b'}', true) | (b']', false) => {
                    (open, depth) = (open >> 1, depth - 1);
                    at += 1;
                }
                _ => return None,
            }
        }
    }
}

fn checked_string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at = quote_or_backslash(text, at)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += match *text.get(at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
            b'u' if text.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return None,
        };
    }
}

fn number_end(text: &[u8], start: usize) -> Option<usize> {
    let digits = |at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (count > 0).then_some(at + count)
    };
    let is = |at: usize, bytes: &[u8]| text.get(at).is_some_and(|byte| bytes.contains(byte));
    let mut at = start + usize::from(is(start, b"-"));
    // No digit follows a leading zero.
    at = if is(at, b"0") { at + 1 } else { digits(at)? };
    if is(at, b".") {
        at = digits(at + 1)?;
    }
    if is(at, b"eE") {
        at += 1;
        at = digits(at + usize::from(is(at, b"+-")))?;
    }
    Some(at)
}

/// Returns the text of a string in its quotes, if it has no escapes.
pub(crate) fn plain_string(quoted: &str) -> Option<&str> {
    let text = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let is_plain = |byte: u8| byte >= b' ' && byte != b'\\' && byte != b'"';
    text.bytes().all(is_plain).then_some(text)
}

/// Returns whether a text has control characters, which JSON has only as escapes.
pub(crate) fn has_control(text: &str) -> bool {
    // Without an early exit, the compiler uses wide registers.
    text.bytes().fold(false, |any, byte| any | (byte < b' '))
}

/// The text is not an object, or it is spelled in an unusual way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Unusual;

/// Reads the members of an object, key and value, in their order. An unusual spelling, such as an escape in a key, a
/// control character or a blank between tokens, is an error: such an object is to be read by other means.
#[derive(Clone, Copy)]
pub(crate) struct Members<'a> {
    text: &'a str,
    /// The place after the brace, or after the last key or value.
    at: usize,
    /// True after the first member.
    begun: bool,
    /// True if the object is a value in another one.
    is_inner: bool,
    value_end: fn(&[u8], usize) -> Option<usize>,
}

impl<'a> Members<'a> {
    /// Reads an object without blanks around it. Its values need not be valid JSON: only their brackets and quotes are
    /// looked at.
    pub(crate) fn new(text: &'a str) -> Result<Self, Unusual> {
        Self::told_by(text, value_end)
    }

    /// Reads an object whose values have to be valid JSON.
    pub(crate) fn checked(text: &'a str) -> Result<Self, Unusual> {
        Self::told_by(text, checked_end)
    }

    fn told_by(text: &'a str, value_end: fn(&[u8], usize) -> Option<usize>) -> Result<Self, Unusual> {
        match text.starts_with('{') && !has_control(text) {
            true => Ok(Self {
                text,
                at: 1,
                begun: false,
                is_inner: false,
                value_end,
            }),
            false => Err(Unusual),
        }
    }

    /// Reads an object that starts at a place in a text. Its [range](Self::range) says whether it has control
    /// characters.
    #[cfg(feature = "cluster")]
    pub(crate) fn within(text: &'a str, at: usize) -> Result<Self, Unusual> {
        let begins = text.as_bytes().get(at) == Some(&b'{');
        begins.then_some(()).ok_or(Unusual)?;
        Ok(Self {
            text,
            at: at + 1,
            begun: false,
            is_inner: true,
            value_end: checked_end,
        })
    }

    /// Returns the range of an object that was read [from a place](Self::within) to its end.
    #[cfg(feature = "cluster")]
    pub(crate) fn range(&self, start: usize) -> Result<std::ops::Range<usize>, Unusual> {
        let text = self.text.get(start..self.at).ok_or(Unusual)?;
        match has_control(text) {
            false => Ok(start..self.at),
            true => Err(Unusual),
        }
    }

    /// Skips known members: `at` is what [`at`](Self::at) returned after the last of them.
    pub(crate) fn resume(self, at: usize) -> Self {
        Self {
            at,
            begun: true,
            ..self
        }
    }

    /// Returns the place after the last member.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Returns the next member, and `None` at the end of the object, which is the end of the text.
    pub(crate) fn next_member(&mut self) -> Result<Option<(&'a str, &'a str)>, Unusual> {
        match self.next_key()? {
            Some(key) => Ok(Some((key, self.value()?))),
            None => Ok(None),
        }
    }

    /// Returns the key of the next member. Its value must be read next, by [`value`](Self::value) or
    /// [`object`](Self::object).
    pub(crate) fn next_key(&mut self) -> Result<Option<&'a str>, Unusual> {
        let bytes = self.text.as_bytes();
        let at = self.at;
        let start = match (bytes.get(at), self.begun) {
            (Some(b'}'), _) if self.is_inner || at + 1 == bytes.len() => {
                self.at += 1;
                return Ok(None);
            }
            (Some(b'"'), false) => at + 1,
            (Some(b','), true) if bytes.get(at + 1) == Some(&b'"') => at + 2,
            _ => return Err(Unusual),
        };
        let end = quote_or_backslash(bytes, start).ok_or(Unusual)?;
        if !bytes[end..].starts_with(b"\":") {
            return Err(Unusual);
        }
        self.begun = true;
        self.at = end + 2;
        self.text.get(start..end).map(Some).ok_or(Unusual)
    }

    /// Reads the value of the last key.
    pub(crate) fn value(&mut self) -> Result<&'a str, Unusual> {
        let start = self.at;
        self.at = (self.value_end)(self.text.as_bytes(), start).ok_or(Unusual)?;
        self.text.get(start..self.at).ok_or(Unusual)
    }

    /// Calls `each` with the members of the last key's value, which must be an object.
    pub(crate) fn object(
        &mut self,
        mut each: impl FnMut(&'a str, &'a str) -> Result<(), Unusual>,
    ) -> Result<(), Unusual> {
        let mut inner = self.open().ok_or(Unusual)?;
        while let Some((key, value)) = inner.next_member()? {
            each(key, value)?;
        }
        self.close(inner);
        Ok(())
    }

    /// Reads the members of the value that comes next, and returns `None` if that is not an object. After its last
    /// member it must be [closed](Self::close).
    pub(crate) fn open(&self) -> Option<Self> {
        self.opened(b'{')
    }

    /// Reads the elements of the value that comes next, and returns `None` if that is not a list. After its last
    /// element it must be [closed](Self::close).
    pub(crate) fn open_list(&self) -> Option<Self> {
        self.opened(b'[')
    }

    fn opened(&self, bracket: u8) -> Option<Self> {
        (self.text.as_bytes().get(self.at) == Some(&bracket)).then_some(Self {
            at: self.at + 1,
            begun: false,
            is_inner: true,
            ..*self
        })
    }

    /// Returns whether a [list](Self::open_list) has another element, which must be read next like the value of a key.
    pub(crate) fn next_element(&mut self) -> Result<bool, Unusual> {
        match (self.text.as_bytes().get(self.at), self.begun) {
            (Some(b']'), _) => {
                self.at += 1;
                return Ok(false);
            }
            (Some(b','), true) => self.at += 1,
            (_, false) => self.begun = true,
            _ => return Err(Unusual),
        }
        Ok(true)
    }

    /// Goes on after an object or a list that was opened.
    pub(crate) fn close(&mut self, inner: Self) {
        self.at = inner.at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_end_finds_the_end() {
        for text in [
            r#"{"a":[1,{"b":"}]\\"}],"c":"\""}"#,
            "[]",
            r#""a\\""#,
            r#""\"""#,
            "-1.5e3",
            "null",
            " {} ",
        ] {
            let end = text.trim_end().len();
            for after in ["", ",1", "}", "]", " "] {
                assert_eq!(
                    value_end(format!("{text}{after}").as_bytes(), 0),
                    Some(end),
                    "{text}"
                );
            }
        }
        for text in [
            "",
            " ",
            "{",
            "[1",
            r#""a"#,
            r#""a\"#,
            r#""a\""#,
            r#"{"a":"}"#,
            "}",
        ] {
            assert_eq!(value_end(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn checked_members_are_valid_json() {
        let checked = |value: &str| {
            let text = format!("{{\"a\":{value}}}");
            let mut members = Members::checked(&text)?;
            let all = (
                members.next_member()?.map(|(_, value)| value.to_owned()),
                members.next_member()?,
            );
            assert_eq!(all, (Some(value.to_owned()), None));
            Ok(())
        };
        for value in [
            "{}",
            "[]",
            "0",
            "-0",
            "10.50e+3",
            "1E9",
            "true",
            "false",
            "null",
            r#""""#,
            r#""a\"\\\/\b\f\n\r\t\u00eFé""#,
            r#"{"a":{"b":[[],{},[1,"x",{"c":null}]]},"b":[true,-1]}"#,
            r#"["\ud800"]"#,
        ] {
            assert_eq!(checked(value), Ok(()), "{value}");
            assert!(
                serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok(),
                "{value}"
            );
        }
        for value in [
            "",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "tru",
            "nulls",
            "'a'",
            r#""\x""#,
            r#""\u12g4""#,
            r#""a"#,
            "\"\t\"",
            "[1,]",
            "[,1]",
            "[1 ,2]",
            "[1",
            "[1}",
            r#"{"a"}"#,
            r#"{"a":1,}"#,
            r#"{a:1}"#,
            r#"{"a":1]"#,
            r#"{"a":1 }"#,
            "1 ",
            "\t1",
        ] {
            assert_eq!(checked(value), Err(Unusual), "{value}");
        }
    }

    proptest::proptest! {
        /// Accepted text is JSON, and compact JSON is accepted.
        #[test]
        fn it_is_what_serde_takes(text in r#"[\[\]{}:,"\\ua1e.0\-+ tr]{0,12}"#) {
            let line = format!("{{\"a\":{text}}}");
            let all = |line: &str| -> Result<(), Unusual> {
                let mut members = Members::checked(line)?;
                while members.next_member()?.is_some() {}
                Ok(())
            };
            let value: Result<serde::de::IgnoredAny, _> = serde_json::from_str(&line);
            if all(&line).is_ok() {
                proptest::prop_assert!(value.is_ok(), "{}", line);
            }
        }
    }

    #[test]
    fn members_as_serde_reads_them() {
        let members = |text: &'static str| {
            let mut members = Members::new(text)?;
            let mut all = Vec::new();
            while let Some(member) = members.next_member()? {
                all.push(member);
            }
            Ok(all)
        };
        assert_eq!(members("{}"), Ok(vec![]));
        assert_eq!(
            members(r#"{"a":1,"b":{"a":2,"c":[3]},"d":"x,\"y\":1"}"#),
            Ok(vec![
                ("a", "1"),
                ("b", r#"{"a":2,"c":[3]}"#),
                ("d", r#""x,\"y\":1""#)
            ])
        );
        for text in [
            "",
            "[]",
            "null",
            "{",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{,"a":1}"#,
            r#"{"a":1,}"#,
            r#"{"a":1 }"#,
            r#"{"a":1}}"#,
            r#"{"a":1"b":2}"#,
            r#"{"a":1,,"b":2}"#,
            r#"{"\u0061":1}"#,
            r#"{"a":1} "#,
            r#"{a":1}"#,
            r#"{"a" :1}"#,
        ] {
            assert_eq!(members(text), Err(Unusual), "{text}");
        }
    }
}
