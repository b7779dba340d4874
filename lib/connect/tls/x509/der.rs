//! DER, parsed as strictly as by Go's cryptobyte: tags of one byte, and lengths in the shortest definite form.

/// Tags (X.690).
pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Returns the context-specific tag of a primitive.
pub(crate) const fn context(number: u8) -> u8 {
    0x80 | number
}

/// Returns the context-specific tag of an element that contains others.
pub(crate) const fn constructed(number: u8) -> u8 {
    0xa0 | number
}

/// One element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub tag: u8,
    /// The whole element, with its tag and length.
    pub raw: &'a [u8],
    pub contents: &'a [u8],
}

impl<'a> Element<'a> {
    /// Returns the contents as text if they are ASCII.
    pub(crate) fn ascii(&self) -> Option<&'a str> {
        std::str::from_utf8(self.contents)
            .ok()
            .filter(|text| text.is_ascii())
    }
}

/// Reads elements one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(der: &'a [u8]) -> Self {
        Self(der)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns true if the next element has a tag.
    pub(crate) fn is_next(&self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }

    /// Reads the next element, whatever its tag.
    pub(crate) fn any(&mut self) -> Option<Element<'a>> {
        let (&tag, after_tag) = self.0.split_first()?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, after_length) = after_tag.split_first()?;
        let (length, header) = if first < 0x80 {
            (usize::from(first), 2)
        } else {
            let count = usize::from(first & 0x7f);
            let bytes = after_length.get(..count).filter(|_| (1..=4).contains(&count))?;
            let length = bytes
                .iter()
                .fold(0_usize, |length, &byte| length << 8 | usize::from(byte));
            if length < 0x80 || bytes.first() == Some(&0) {
                return None;
            }
            (length, 2 + count)
        };
        let end = header.checked_add(length)?;
        let raw = self.0.get(..end)?;
        self.0 = self.0.get(end..)?;
        Some(Element {
            tag,
            raw,
            contents: raw.get(header..)?,
        })
    }

    /// Reads the next element, which must have this tag.
    pub(crate) fn element(&mut self, tag: u8) -> Option<Element<'a>> {
        self.is_next(tag).then(|| self.any()).flatten()
    }

    /// Reads the contents of the next element, which must have this tag.
    pub(crate) fn read(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.element(tag).map(|element| element.contents)
    }

    /// Returns a reader of the contents of the next element, which must have this tag.
    pub(crate) fn inside(&mut self, tag: u8) -> Option<Self> {
        self.read(tag).map(Self)
    }

    /// Returns a reader of the contents of the next element, or `Some(None)` if it has another tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Option<Option<Self>> {
        match self.is_next(tag) {
            true => self.inside(tag).map(Some),
            false => Some(None),
        }
    }

    /// Reads elements with `read` until none is left.
    pub(crate) fn all<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut found = Vec::new();
        while !self.is_empty() {
            found.push(read(self)?);
        }
        Some(found)
    }

    /// Reads an integer of any size, in two's complement.
    pub(crate) fn integer(&mut self) -> Option<&'a [u8]> {
        self.read(INTEGER).filter(|bytes| is_shortest(bytes))
    }

    /// Reads an integer that is not negative and fits into 64 bits.
    pub(crate) fn small_integer(&mut self) -> Option<u64> {
        self.integer().and_then(small)
    }

    /// Reads a positive integer of any size, and returns it without leading zeros.
    pub(crate) fn positive(&mut self) -> Option<&'a [u8]> {
        let bytes = self.integer()?;
        match bytes {
            [0] => None,
            [0, rest @ ..] => Some(rest),
            [first, ..] if *first < 0x80 => Some(bytes),
            _ => None,
        }
    }

    pub(crate) fn boolean(&mut self) -> Option<bool> {
        match self.read(BOOLEAN)? {
            [0] => Some(false),
            [0xff] => Some(true),
            _ => None,
        }
    }

    /// Reads an object identifier's contents.
    pub(crate) fn oid(&mut self) -> Option<&'a [u8]> {
        self.read(OBJECT_IDENTIFIER).filter(|bytes| is_oid(bytes))
    }

    /// Reads a bit string of whole bytes.
    pub(crate) fn bits(&mut self) -> Option<&'a [u8]> {
        match self.read(BIT_STRING)?.split_first()? {
            (0, bytes) => Some(bytes),
            _ => None,
        }
    }
}

fn is_shortest(bytes: &[u8]) -> bool {
    match bytes {
        [] => false,
        [_] => true,
        [0, second, ..] => *second >= 0x80,
        [0xff, second, ..] => *second < 0x80,
        _ => true,
    }
}

/// Returns the value of an integer's bytes if it is not negative and fits.
pub(crate) fn small(bytes: &[u8]) -> Option<u64> {
    if !is_shortest(bytes) || bytes.first().is_some_and(|byte| *byte >= 0x80) {
        return None;
    }
    let bytes = bytes.strip_prefix(&[0]).unwrap_or(bytes);
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte)))
}

/// Returns true if bytes are an object identifier: numbers in base 128, each in its shortest form.
fn is_oid(bytes: &[u8]) -> bool {
    let mut begins = true;
    for &byte in bytes {
        if begins && byte == 0x80 {
            return false;
        }
        begins = byte < 0x80;
    }
    begins && !bytes.is_empty()
}

/// Formats an object identifier: `1.2.840.113549.1.1.11`.
pub(crate) fn dotted(oid: &[u8]) -> String {
    let mut parts = Vec::new();
    let mut value = 0_u128;
    for &byte in oid {
        value = value.checked_mul(128).unwrap_or(0) | u128::from(byte & 0x7f);
        if byte < 0x80 {
            if parts.is_empty() {
                let first = (value / 40).min(2);
                parts.push(first.to_string());
                value -= first * 40;
            }
            parts.push(value.to_string());
            value = 0;
        }
    }
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn der_has_only_the_shortest_form() {
        assert_eq!(Reader::new(&[2, 1, 5]).small_integer(), Some(5));
        assert_eq!(Reader::new(&[2, 2, 0, 0x80]).small_integer(), Some(128));
        for wrong in [
            &[2, 0][..],
            &[2, 2, 0, 5],
            &[2, 0x81, 1, 5],
            &[2, 0x80, 5, 0, 0],
            &[2, 0x82, 0, 0x80],
            &[2, 3, 1],
            &[0x1f, 1, 5],
            &[],
        ] {
            assert!(Reader::new(wrong).integer().is_none(), "{wrong:?}");
        }
        assert!(Reader::new(&[2, 1, 0x85]).small_integer().is_none());
        assert!(Reader::new(&[1, 1, 1]).boolean().is_none());
    }

    #[test]
    fn object_identifiers_are_formatted_with_dots() {
        assert_eq!(dotted(&[0x55, 0x1d, 0x11]), "2.5.29.17");
        assert_eq!(dotted(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d]), "1.2.840.113549");
        assert!(!is_oid(&[0x55, 0x80, 0x01]) && !is_oid(&[0x55, 0x9d]) && is_oid(&[0x55]));
    }
}
