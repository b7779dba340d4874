//! A JSON text as a tree of values that takes a fraction of the memory of allocated values: it is the text and an index
//! of the places where values start.
//!
//! Building it takes one pass over the text. After that, values are found without reading what stands between them.

use super::scan::{string_end, value_end};
use super::tokens::{Token, Tokens, unquote};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

/// The maximum depth of values, which are printed by recursion. Go's limit is ten thousand.
const MAX_DEPTH: usize = 300;

/// The bit of a word that marks a list or an object.
const CONTAINER: u32 = 1 << 31;

/// Members up to this number are searched one by one. For more, a sorted list of them is kept.
const FEW: usize = 32;

/// A JSON text whose values can be found.
///
/// Its words are in the order of the text. A key and a scalar have one word: the place where they start. A list and an
/// object have two: the place where they start with the bit [`CONTAINER`], and the number of the word after their last
/// one.
pub struct Tree<'t> {
    text: &'t str,
    words: Vec<u32>,
    /// The members and elements of large objects and lists that were looked at, by the number of their first word.
    known: RefCell<HashMap<u32, Rc<Vec<u32>>>>,
    whole_numbers: bool,
}

/// Why a tree could not be built.
#[derive(Debug)]
pub enum Unreadable {
    /// The text is not JSON.
    Syntax(serde_json::Error),
    /// The text nests deeper than 300 levels.
    TooDeep,
    /// The text is longer than 2 GiB.
    TooLarge,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(error) => error.fmt(formatter),
            Self::TooDeep => formatter.write_str("exceeded max depth"),
            Self::TooLarge => formatter.write_str("longer than 2 GiB"),
        }
    }
}

impl std::error::Error for Unreadable {}

impl<'t> Tree<'t> {
    /// Builds the tree of any text.
    ///
    /// # Errors
    /// The text is not JSON, or is too deep or too large.
    pub fn parse(text: &'t str) -> Result<Self, Unreadable> {
        let value: &RawValue = serde_json::from_str(text).map_err(Unreadable::Syntax)?;
        Self::of_valid(value.get())
    }

    /// Builds the tree of text that is known to be JSON.
    ///
    /// # Errors
    /// The text is too deep or too large.
    pub(crate) fn of_valid(text: &'t str) -> Result<Self, Unreadable> {
        if !u32::try_from(text.len()).is_ok_and(|length| length < CONTAINER) {
            return Err(Unreadable::TooLarge);
        }
        let mut words: Vec<u32> = Vec::new();
        // For each open list and object, the place of its second word.
        let mut open: Vec<usize> = Vec::new();
        let mut tokens = Tokens::new(text);
        while let Some(token) = tokens.next() {
            #[expect(clippy::cast_possible_truncation, reason = "the text is shorter than 2 GiB")]
            let (start, next) = (tokens.start() as u32, words.len() as u32);
            match token {
                Token::Open(_) if open.len() > MAX_DEPTH => return Err(Unreadable::TooDeep),
                Token::Open(_) => {
                    words.push(start | CONTAINER);
                    open.push(words.len());
                    words.push(0);
                }
                Token::Close(_) => {
                    if let Some(end) = open.pop().and_then(|at| words.get_mut(at)) {
                        *end = next;
                    }
                }
                Token::Key(_) | Token::Text(_) | Token::Plain(_) => words.push(start),
            }
            if open.is_empty() {
                break;
            }
        }
        Ok(Self {
            text,
            words,
            known: RefCell::default(),
            whole_numbers: false,
        })
    }

    /// Reads numbers such as `1.0` and `1e3` as integers.
    #[must_use]
    pub(crate) fn with_whole_numbers(self) -> Self {
        Self {
            whole_numbers: true,
            ..self
        }
    }

    /// Returns the value of the whole text.
    pub fn root(&self) -> TreeNode<'_> {
        TreeNode { tree: self, at: 0 }
    }

    /// Returns the maximum memory of a text's tree in bytes, without the text.
    pub(crate) fn estimate(text: &str) -> usize {
        let bytes = text.as_bytes();
        // A member takes a word for its key, one for its value and one in the list of members; a container takes one
        // more.
        let words = memchr::memchr3_iter(b',', b'{', b'[', bytes)
            .map(|at| if bytes.get(at) == Some(&b',') { 3 } else { 4 });
        // The root is not part of any container.
        (2 + words.sum::<usize>()) * size_of::<u32>()
    }

    fn word(&self, at: u32) -> u32 {
        self.words.get(at as usize).copied().unwrap_or_default()
    }

    /// Returns the place in the text where a key or a value starts.
    fn start(&self, at: u32) -> usize {
        (self.word(at) & !CONTAINER) as usize
    }

    /// Returns the number of the word after those of a value.
    fn after(&self, at: u32) -> u32 {
        match self.word(at) & CONTAINER {
            0 => at + 1,
            _ => self.word(at + 1),
        }
    }

    /// Returns a key or a string in its quotes.
    fn quoted(&self, at: u32) -> &str {
        let start = self.start(at);
        let end = string_end(self.text.as_bytes(), start).unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default()
    }

    fn key(&self, at: u32) -> Cow<'_, str> {
        unquote(self.quoted(at))
    }

    /// Returns the first words of a list's elements, or the words of an object's keys. As in Go's maps, keys are
    /// sorted, and the last of equal keys counts.
    fn children(&self, at: u32) -> Rc<Vec<u32>> {
        if let Some(known) = self.known.borrow().get(&at) {
            return Rc::clone(known);
        }
        let is_object = self.text.as_bytes().get(self.start(at)) == Some(&b'{');
        let each = || {
            let after = move |at: u32| self.after(at + u32::from(is_object));
            let end = self.after(at);
            std::iter::successors(Some(at + 2), move |at| Some(after(*at))).take_while(move |at| *at < end)
        };
        let mut children = Vec::with_capacity(each().count());
        children.extend(each());
        if is_object && !children.is_sorted_by(|one, two| self.key(*one) < self.key(*two)) {
            children.sort_by(|one, two| self.key(*one).cmp(&self.key(*two)));
            children.dedup_by(|later, kept| {
                let is_same = self.key(*later) == self.key(*kept);
                if is_same {
                    *kept = *later;
                }
                is_same
            });
        }
        let children = Rc::new(children);
        if children.len() > FEW {
            self.known.borrow_mut().insert(at, Rc::clone(&children));
        }
        children
    }

    fn member(&self, object: u32, key: &str) -> Option<u32> {
        let (mut at, end) = (object + 2, self.after(object));
        let mut found = None;
        for _ in 0..FEW {
            if at >= end {
                return found;
            }
            if self.is_key(at, key) {
                found = Some(at + 1);
            }
            at = self.after(at + 1);
        }
        let members = self.children(object);
        let place = members.binary_search_by(|at| self.key(*at).as_ref().cmp(key));
        place.ok().and_then(|place| members.get(place)).map(|at| at + 1)
    }

    fn is_key(&self, at: u32, key: &str) -> bool {
        let quoted = self.quoted(at);
        let inner = quoted.get(1..quoted.len() - 1).unwrap_or_default();
        inner == key && !key.contains('\\') || inner.contains('\\') && unquote(quoted) == key
    }
}

impl fmt::Debug for Tree<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Tree").field(&self.text).finish()
    }
}

/// A value of a [`Tree`].
#[derive(Clone, Copy)]
pub struct TreeNode<'t> {
    tree: &'t Tree<'t>,
    at: u32,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NodeType {
    Null,
    Bool,
    Number,
    Text,
    List,
    Object,
}

impl<'t> TreeNode<'t> {
    pub(crate) fn node_type(self) -> NodeType {
        match self.tree.text.as_bytes().get(self.tree.start(self.at)) {
            Some(b'{') => NodeType::Object,
            Some(b'[') => NodeType::List,
            Some(b'"') => NodeType::Text,
            Some(b't' | b'f') => NodeType::Bool,
            None | Some(b'n') => NodeType::Null,
            Some(_) => NodeType::Number,
        }
    }

    /// Returns whether numbers such as `1.0` are read as integers.
    pub(crate) fn has_whole_numbers(self) -> bool {
        self.tree.whole_numbers
    }

    /// Returns the text of a string.
    pub(crate) fn text(self) -> Cow<'t, str> {
        self.tree.key(self.at)
    }

    /// Returns the value as it is spelled.
    pub(crate) fn json(self) -> &'t str {
        let start = self.tree.start(self.at);
        let end = value_end(self.tree.text.as_bytes(), start).unwrap_or(self.tree.text.len());
        self.tree.text.get(start..end).unwrap_or_default()
    }

    /// Returns a member, if this is an object that has it.
    pub(crate) fn get(self, key: &str) -> Option<Self> {
        let at = match self.node_type() {
            NodeType::Object => self.tree.member(self.at, key)?,
            _ => return None,
        };
        Some(Self { at, ..self })
    }

    /// Returns the members of an object, sorted by their keys.
    pub(crate) fn members(self) -> impl ExactSizeIterator<Item = (Cow<'t, str>, Self)> {
        let members = self.tree.children(self.at);
        (0..members.len()).map(move |index| {
            let at = members.get(index).copied().unwrap_or_default();
            (self.tree.key(at), Self { at: at + 1, ..self })
        })
    }

    /// Returns the elements of a list.
    pub(crate) fn elements(self) -> Elements<'t> {
        Elements {
            tree: self.tree,
            elements: self.tree.children(self.at),
        }
    }
}

/// Compares values as JSON, but numbers as they are spelled.
impl PartialEq for TreeNode<'_> {
    fn eq(&self, other: &Self) -> bool {
        let node_type = self.node_type();
        node_type == other.node_type()
            && match node_type {
                NodeType::Text => self.text() == other.text(),
                NodeType::List => self.elements() == other.elements(),
                NodeType::Object => self.members().eq(other.members()),
                NodeType::Null | NodeType::Bool | NodeType::Number => self.json() == other.json(),
            }
    }
}

impl fmt::Debug for TreeNode<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.node_type() {
            NodeType::Text => self.text().fmt(formatter),
            NodeType::List => formatter.debug_list().entries(self.elements().iter()).finish(),
            NodeType::Object => formatter.debug_map().entries(self.members()).finish(),
            NodeType::Null | NodeType::Bool | NodeType::Number => formatter.write_str(self.json()),
        }
    }
}

/// The elements of a list, or some of them.
#[derive(Clone)]
pub struct Elements<'t> {
    tree: &'t Tree<'t>,
    elements: Rc<Vec<u32>>,
}

impl<'t> Elements<'t> {
    pub(crate) fn len(&self) -> usize {
        self.elements.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    pub(crate) fn get(&self, index: usize) -> Option<TreeNode<'t>> {
        let at = *self.elements.get(index)?;
        Some(TreeNode { tree: self.tree, at })
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = TreeNode<'t>> {
        let tree = self.tree;
        self.elements.iter().map(move |at| TreeNode { tree, at: *at })
    }

    /// Returns the elements in a range, which must be within bounds.
    pub(crate) fn part(&self, range: std::ops::Range<usize>) -> Self {
        Self {
            elements: Rc::new(self.elements.get(range).unwrap_or_default().to_vec()),
            ..*self
        }
    }
}

impl PartialEq for Elements<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Elements<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lookup_in_objects_and_lists() {
        let text = r#" {"b": [1, {"x\u0079": "a\nb"}, []], "a": null, "\"": true, "b": {"c": -1.50}} "#;
        let tree = Tree::parse(text).unwrap();
        let root = tree.root();
        let keys: Vec<_> = root.members().map(|(key, _)| key).collect();
        assert_eq!(keys, ["\"", "a", "b"]);
        assert_eq!(root.get("b").unwrap().get("c").unwrap().json(), "-1.50");
        assert_eq!(root.get("\"").unwrap().json(), "true");
        assert_eq!(root.get("a").unwrap().node_type(), NodeType::Null);
        assert_eq!(root.get("\\\""), None);
        let tree = Tree::parse(r#"[1, {"x\u0079": "a\nb"}, []]"#).unwrap();
        let list = tree.root().elements();
        assert_eq!(list.get(1).unwrap().get("xy").unwrap().text(), "a\nb");
        assert!(list.get(2).unwrap().elements().is_empty());
        assert_eq!((list.len(), list.part(1..3).len(), list.get(3)), (3, 2, None));
        for scalar in ["1", "\"a\"", "null", "false"] {
            assert_eq!(format!("{:?}", Tree::parse(scalar).unwrap().root()), scalar);
        }
        assert!(Tree::parse("{").is_err());
    }

    #[test]
    fn lookup_in_objects_with_many_and_equal_keys() {
        for count in [FEW - 1, FEW, FEW + 1, 1000] {
            let member = |index: usize| format!("\"k{:04}\":{index}", (index * 7) % count);
            let members: Vec<String> = (0..count).chain([3]).map(member).collect();
            let text = format!("{{{}}}", members.join(","));
            let tree = Tree::parse(&text).unwrap();
            for index in 0..count {
                let key = format!("k{:04}", (index * 7) % count);
                let mut last = (0..count)
                    .chain([3])
                    .filter(|other| (other * 7) % count == (index * 7) % count);
                let found = tree.root().get(&key).unwrap();
                assert_eq!(found.json(), last.next_back().unwrap().to_string(), "{count}");
            }
            assert_eq!(tree.root().get("k"), None);
            let sorted: Vec<_> = tree.root().members().map(|(key, _)| key).collect();
            assert!(sorted.is_sorted_by(|one, two| one < two));
        }
    }

    /// Debug output looks at the members of every object and list.
    #[test]
    fn memory_is_within_the_estimate() {
        let long = |piece: &str| format!("[{}]", vec![piece; 100].join(","));
        let keys = |count: usize| {
            (0..count)
                .map(|key| format!("\"{key}\":1"))
                .collect::<Vec<_>>()
                .join(",")
        };
        for text in [
            "{}".to_owned(),
            "1".to_owned(),
            long("1"),
            long("[]"),
            long("{}"),
            long(r#"{"a":1}"#),
            long(&long("1")),
            long(&format!("{{{}}}", keys(40))),
            format!("{{{}}}", keys(1000)),
            "[".repeat(200) + &"]".repeat(200),
        ] {
            let tree = Tree::parse(&text).unwrap();
            let _ = format!("{:?}", tree.root());
            let known: usize = tree.known.borrow().values().map(|children| children.len()).sum();
            let taken = (tree.words.len() + known) * size_of::<u32>();
            assert!(taken <= Tree::estimate(&text), "{taken} for {text:.40}");
        }
    }
}
