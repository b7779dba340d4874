//! Cuts a long list into several lists, so that it does not have to be in memory as a whole.
//!
//! Each part has everything in front of the rows or items, some of these, and the closing brackets. The last part has what
//! follows the rows or items.

use std::collections::VecDeque;

/// How many bytes of rows or items make a part.
const PART: usize = 4 << 20;

/// The most bytes in front of rows or items: the list's metadata and columns.
const LONGEST_HEAD: usize = 16 << 20;

/// The keys of a list's elements.
const KEYS: [&[u8]; 2] = [b"items", b"rows"];

/// An answer, or an item, is too long.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TooLong;

/// Cuts an answer that comes in pieces.
pub struct Parts {
    part: usize,
    longest: usize,
    head: Vec<u8>,
    items: Vec<u8>,
    tail: Vec<u8>,
    section: ListSection,
    /// How many brackets are open.
    depth: usize,
    in_string: bool,
    is_escaped: bool,
    /// The start of the last string at the level of the list's keys, as far as needed to compare it with [`KEYS`].
    string: Vec<u8>,
    /// True if that string was a key.
    is_key: bool,
    /// Where the last item begins in `items`.
    last_item: usize,
    ready: VecDeque<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ListSection {
    Head,
    Items,
    Tail,
}

impl Parts {
    /// Cuts an answer of which nothing has come yet. An item, and an answer that is not a list, may be `longest` bytes.
    pub fn new(longest: usize) -> Self {
        Self::with_size(PART, longest)
    }

    fn with_size(part: usize, longest: usize) -> Self {
        Self {
            part,
            longest,
            head: Vec::new(),
            items: Vec::new(),
            tail: Vec::new(),
            section: ListSection::Head,
            depth: 0,
            in_string: false,
            is_escaped: false,
            string: Vec::new(),
            is_key: false,
            last_item: 0,
            ready: VecDeque::new(),
        }
    }

    /// Adds the next piece.
    ///
    /// # Errors
    /// Something that cannot be cut is too long.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), TooLong> {
        let mut rest = piece;
        while let Some(byte) = rest.first() {
            let taken = match self.section {
                ListSection::Tail => rest.len(),
                _ if self.in_string => self.string(rest),
                _ => self.structure(*byte),
            };
            let (now, behind) = rest.split_at(taken.min(rest.len()));
            rest = behind;
            self.keep(now, *byte)?;
        }
        Ok(())
    }

    /// Returns the next complete part.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        self.ready.pop_front()
    }

    /// Returns the last part, after the last piece. An answer that is not a list is in it as a whole.
    pub fn finish(mut self) -> Vec<u8> {
        self.head.append(&mut self.items);
        self.head.append(&mut self.tail);
        self.head
    }

    /// Continues in a string. Returns how many bytes belong to it.
    fn string(&mut self, rest: &[u8]) -> usize {
        if std::mem::take(&mut self.is_escaped) {
            self.remember(rest.get(..1).unwrap_or_default());
            return 1;
        }
        let end = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
        self.remember(rest.get(..end).unwrap_or_default());
        match rest.get(end) {
            Some(b'"') => self.in_string = false,
            Some(_) => self.is_escaped = true,
            None => return end,
        }
        end + 1
    }

    fn remember(&mut self, text: &[u8]) {
        // One byte more than the longest key has is enough to see that it is another.
        let room = 6_usize.saturating_sub(self.string.len());
        if self.depth == 1 {
            self.string.extend_from_slice(text.get(..room).unwrap_or(text));
        }
    }

    /// Reads a byte outside strings.
    fn structure(&mut self, byte: u8) -> usize {
        match byte {
            b'"' => {
                self.in_string = true;
                self.is_key = false;
                self.string.clear();
            }
            b':' if self.depth == 1 => self.is_key = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        1
    }

    /// Adds bytes to the section that they belong to. `first` is the first of them.
    fn keep(&mut self, bytes: &[u8], first: u8) -> Result<(), TooLong> {
        let is_structure = bytes.len() == 1 && !self.in_string;
        match self.section {
            ListSection::Head => {
                self.head.extend_from_slice(bytes);
                let is_list = is_structure
                    && first == b'['
                    && self.depth == 2
                    && self.is_key
                    && KEYS.contains(&self.string.as_slice());
                if is_list {
                    self.section = ListSection::Items;
                }
                let most = if is_list { LONGEST_HEAD } else { self.longest };
                check(self.head.len(), most)
            }
            ListSection::Items if is_structure && first == b']' && self.depth == 1 => {
                self.section = ListSection::Tail;
                self.tail.extend_from_slice(bytes);
                Ok(())
            }
            ListSection::Items if is_structure && first == b',' && self.depth == 2 => {
                if self.items.len() >= self.part {
                    let mut part = Vec::with_capacity(self.head.len() + self.items.len() + 2);
                    part.extend_from_slice(&self.head);
                    part.append(&mut self.items);
                    part.extend_from_slice(b"]}");
                    self.ready.push_back(part);
                } else {
                    self.items.extend_from_slice(bytes);
                }
                self.last_item = self.items.len();
                Ok(())
            }
            ListSection::Items => {
                self.items.extend_from_slice(bytes);
                check(self.items.len() - self.last_item, self.longest)
            }
            ListSection::Tail => {
                self.tail.extend_from_slice(bytes);
                check(self.tail.len(), LONGEST_HEAD)
            }
        }
    }
}

fn check(length: usize, most: usize) -> Result<(), TooLong> {
    match length > most {
        true => Err(TooLong),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn cut(text: &str, part: usize, piece: usize) -> Vec<String> {
        let mut parts = Parts::with_size(part, 1 << 20);
        let mut all = Vec::new();
        for piece in text.as_bytes().chunks(piece) {
            parts.feed(piece).unwrap();
            while let Some(part) = parts.next() {
                all.push(part);
            }
        }
        all.push(parts.finish());
        all.into_iter()
            .map(|part| String::from_utf8(part).unwrap())
            .collect()
    }

    #[test]
    fn list_is_cut_between_items() {
        let text = r#"{"kind":"PodList","metadata":{"items":[9],"continue":"t"},"items":[{"a":"],\""},[1,2], 3 ,{"items":[]}],"z":1}"#;
        for piece in 1..text.len() {
            assert_eq!(
                cut(text, 3, piece),
                [
                    r#"{"kind":"PodList","metadata":{"items":[9],"continue":"t"},"items":[{"a":"],\""}]}"#,
                    r#"{"kind":"PodList","metadata":{"items":[9],"continue":"t"},"items":[[1,2]]}"#,
                    r#"{"kind":"PodList","metadata":{"items":[9],"continue":"t"},"items":[ 3 ]}"#,
                    r#"{"kind":"PodList","metadata":{"items":[9],"continue":"t"},"items":[{"items":[]}],"z":1}"#,
                ],
                "{piece} bytes at a time"
            );
        }
    }

    #[test]
    fn answer_that_is_not_a_list_stays_whole() {
        for text in [
            r#"{"kind":"Pod","spec":{"items":[1,2,3,4,5,6]},"rows":{"items":[1,2,3]},"itemsx":[1,2,3]}"#,
            r#"["items",[1,2,3,4,5]]"#,
            r#"{"a":"items","b":[1,2,3,4,5,6]}"#,
            "",
            "no JSON",
        ] {
            for piece in [1, 7, 1000] {
                assert_eq!(cut(text, 1, piece), [text]);
            }
        }
    }

    #[test]
    fn list_that_breaks_off_keeps_its_items() {
        assert_eq!(
            cut(r#"{"rows":[1,2,"x"#, 1, 2),
            [r#"{"rows":[1]}"#, r#"{"rows":[2]}"#, r#"{"rows":["x"#]
        );
    }

    #[test]
    fn too_long_item_is_an_error() {
        let mut parts = Parts::with_size(10, 100);
        parts.feed(b"{\"items\":[").unwrap();
        for _ in 0..100 {
            parts.feed(b"\"0123456789\",").unwrap();
        }
        parts.feed(b"\"").unwrap();
        assert_eq!(parts.feed(&[b'x'; 200]), Err(TooLong));
        let mut parts = Parts::with_size(10, 100);
        assert_eq!(parts.feed(&[b' '; 200]), Err(TooLong), "no list");
        let mut parts = Parts::with_size(10, 100);
        parts.feed(b"{\"items\":[]").unwrap();
        assert_eq!(
            parts.feed(&vec![b' '; LONGEST_HEAD]),
            Err(TooLong),
            "after the list"
        );
    }

    proptest! {
        #[test]
        fn parts_have_all_items_in_order(
            items in prop::collection::vec("[a-z\\\\\"{}\\[\\],:é]{0,12}", 0..20),
            part in 1_usize..40,
            piece in 1_usize..50,
        ) {
            let text = json!({"kind": "Table", "rows": items}).to_string();
            let mut found = Vec::new();
            for part in cut(&text, part, piece) {
                let part: Value = serde_json::from_str(&part).unwrap();
                found.extend(part["rows"].as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()));
            }
            prop_assert_eq!(found, items);
        }
    }
}
