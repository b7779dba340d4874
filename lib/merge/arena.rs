//! Many short texts in few allocations: fifty thousand lines are kept for little more than their bytes.

use std::collections::HashMap;

/// Bytes a block. Large enough that blocks are few, small enough that the unused end of the last one
/// does not matter. Memory that was not written to yet costs nothing.
const BLOCK: usize = 1 << 20;

/// A text longer than this gets a block of its own size, so that none leaves a large hole behind.
const LARGE: usize = BLOCK / 8;

/// Texts, kept until all of them go. Blocks are never moved: growing copies nothing.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    blocks: Vec<Vec<u8>>,
    /// The block that short texts go to.
    current: Option<usize>,
}

/// Where a text is in its [`Arena`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    block: u32,
    start: u32,
    length: u32,
}

impl Arena {
    /// Keeps a text.
    pub(crate) fn keep(&mut self, text: &str) -> Span {
        self.keep_bytes(text.as_bytes())
    }

    /// Keeps bytes. They are lines or made of lines, so about [`MAX_LINE`](crate::wire::MAX_LINE) at
    /// most, and their places fit.
    pub(crate) fn keep_bytes(&mut self, text: &[u8]) -> Span {
        let index = match self.current {
            _ if text.len() > LARGE => self.add_block(text.len()),
            Some(index) if self.has_room(index, text.len()) => index,
            _ => {
                let index = self.add_block(BLOCK);
                self.current = Some(index);
                index
            }
        };
        let mut span = Span::default();
        if let Some(block) = self.blocks.get_mut(index) {
            span = Span {
                block: narrow(index),
                start: narrow(block.len()),
                length: narrow(text.len()),
            };
            block.extend_from_slice(text);
        }
        span
    }

    /// A text that was kept here. That it is one is checked again, which costs next to nothing.
    pub(crate) fn get(&self, span: Span) -> &str {
        std::str::from_utf8(self.get_bytes(span)).unwrap_or_default()
    }

    /// Bytes that were kept here.
    pub(crate) fn get_bytes(&self, span: Span) -> &[u8] {
        let start = span.start as usize;
        self.blocks
            .get(span.block as usize)
            .and_then(|block| block.get(start..start + span.length as usize))
            .unwrap_or_default()
    }

    fn has_room(&self, index: usize, length: usize) -> bool {
        self.blocks
            .get(index)
            .is_some_and(|block| block.capacity() - block.len() >= length)
    }

    fn add_block(&mut self, capacity: usize) -> usize {
        self.blocks.push(Vec::with_capacity(capacity));
        self.blocks.len() - 1
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Names that come again and again, such as clusters', each kept once and known by a number.
#[derive(Debug, Default)]
pub(crate) struct Names {
    numbers: HashMap<Box<str>, u32>,
    names: Vec<Box<str>>,
    last: u32,
}

impl Names {
    /// The number of a name, and whether it is seen for the first time.
    pub(crate) fn number(&mut self, name: &str) -> (u32, bool) {
        // Rows come cluster by cluster, so that most lookups end here.
        if self
            .names
            .get(self.last as usize)
            .is_some_and(|last| **last == *name)
        {
            return (self.last, false);
        }
        let (number, new) = match self.numbers.get(name) {
            Some(number) => (*number, false),
            None => {
                let number = narrow(self.names.len());
                self.names.push(name.into());
                self.numbers.insert(name.into(), number);
                (number, true)
            }
        };
        self.last = number;
        (number, new)
    }

    /// The name of a number.
    pub(crate) fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", |name| name)
    }

    /// All names, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// For each number, the rank of its name in the order of bytes.
    pub(crate) fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..narrow(self.names.len())).collect();
        order.sort_unstable_by_key(|number| self.name(*number));
        let mut ranks = vec![0; order.len()];
        for (rank, number) in order.into_iter().enumerate() {
            if let Some(place) = ranks.get_mut(number as usize) {
                *place = narrow(rank);
            }
        }
        ranks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_all_sizes_come_back() {
        let mut arena = Arena::default();
        let texts: Vec<String> = [0, 1, 10, LARGE, LARGE + 1, BLOCK + 7, 3, BLOCK - 20, 100, 40]
            .iter()
            .map(|length| "é".repeat(*length / 2) + "x")
            .collect();
        let spans: Vec<Span> = texts.iter().map(|text| arena.keep(text)).collect();
        for (text, span) in texts.iter().zip(spans) {
            assert_eq!(arena.get(span), text);
        }
    }

    #[test]
    fn ranks_follow_the_order_of_bytes() {
        let mut names = Names::default();
        for name in ["b", "a", "b", "c", "B"] {
            names.number(name);
        }
        assert_eq!(names.ranks(), [2, 1, 3, 0]);
    }
}
