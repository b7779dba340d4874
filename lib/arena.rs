//! Many short texts in few allocations: fifty thousand lines take little more memory than their bytes.

use memmap2::MmapMut;
use std::alloc::{Layout, handle_alloc_error};
use std::collections::HashMap;
use std::io::Write as _;

/// The bytes of the first two blocks, so that few texts take little memory.
const FIRST: [usize; 2] = [64 << 10, 256 << 10];

/// The bytes of any other block: a huge page, which the kernel provides in a fraction of the time of 512 small ones. With
/// 40 MB of objects that is a third of mc-merge's CPU and a quarter of mc-format's.
const BLOCK: usize = 2 << 20;

/// A text longer than this gets a block of its own, so that no block ends with a large hole.
const LARGE: usize = BLOCK / 8;

/// Keeps texts until it is dropped, or until all texts of a block are [released](Self::release). Growing copies
/// nothing.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    blocks: Vec<Block>,
    /// The index of the block that short texts go to.
    current: Option<usize>,
    /// The size of all blocks, in bytes.
    size: usize,
}

/// The place of a text in its [`Arena`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    block: u32,
    start: u32,
    length: u32,
}

impl Span {
    /// Returns the number of bytes.
    pub(crate) fn length(self) -> usize {
        self.length as usize
    }

    /// Returns a span of both texts, if the other one was kept right after this one.
    pub(crate) fn followed_by(self, other: Span) -> Option<Span> {
        let follows = other.block == self.block && other.start == self.start + self.length;
        follows.then_some(Span {
            length: self.length + other.length,
            ..self
        })
    }
}

impl Arena {
    /// Keeps a text.
    pub(crate) fn keep(&mut self, text: &str) -> Span {
        self.keep_bytes(text.as_bytes())
    }

    /// Keeps a line with its newline.
    pub(crate) fn keep_line(&mut self, line: &str) -> Span {
        self.keep_parts(line.len() + 1, [line.as_bytes(), b"\n"].into_iter())
    }

    /// Keeps bytes. They are lines or parts of lines, so at most about [`MAX_LINE`](crate::wire::MAX_LINE), and positions
    /// fit into 32 bits.
    pub(crate) fn keep_bytes(&mut self, text: &[u8]) -> Span {
        self.keep_parts(text.len(), std::iter::once(text))
    }

    /// Keeps the bytes of several parts as one text. `length` is that of all of them.
    pub(crate) fn keep_parts<'p>(&mut self, length: usize, parts: impl Iterator<Item = &'p [u8]>) -> Span {
        let has_room = |index: usize| self.blocks.get(index).is_some_and(|block| block.room() >= length);
        let index = match self.current {
            _ if length > LARGE => self.add_block(length),
            Some(index) if has_room(index) => index,
            _ => {
                let first = FIRST.get(self.blocks.len()).copied();
                let index = self.add_block(first.filter(|bytes| length <= *bytes).unwrap_or(BLOCK));
                self.current = Some(index);
                index
            }
        };
        let mut span = Span::default();
        if let Some(block) = self.blocks.get_mut(index) {
            span = Span {
                block: narrow(index),
                start: narrow(block.used),
                length: narrow(length),
            };
            block.push(parts);
        }
        span
    }

    /// Returns the bytes of memory that it has taken, released blocks included.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Returns a text. Its UTF-8 is checked again, which costs next to nothing.
    pub(crate) fn get(&self, span: Span) -> &str {
        std::str::from_utf8(self.get_bytes(span)).unwrap_or_default()
    }

    /// Returns the bytes of a text.
    pub(crate) fn get_bytes(&self, span: Span) -> &[u8] {
        let start = span.start as usize;
        self.blocks
            .get(span.block as usize)
            .and_then(|block| block.pages.as_ref()?.get(start..start + span.length as usize))
            .unwrap_or_default()
    }

    /// Releases the texts in a span, of which there are `texts`. A block's memory is freed when all of its texts have
    /// been released; they are empty then.
    pub(crate) fn release(&mut self, span: Span, texts: usize) {
        if let Some(block) = self.blocks.get_mut(span.block as usize) {
            block.texts = block.texts.saturating_sub(texts);
            if block.texts == 0 {
                block.pages = None;
            }
        }
    }

    /// Keeps only these texts, and frees the memory of all others.
    pub(crate) fn keep_only<'s>(&mut self, spans: impl Iterator<Item = &'s mut Span>) {
        let mut old = std::mem::take(self);
        for span in spans {
            let kept = self.keep_bytes(old.get_bytes(*span));
            old.release(*span, 1);
            *span = kept;
        }
    }

    fn add_block(&mut self, bytes: usize) -> usize {
        self.size += bytes;
        self.blocks.push(Block::new(bytes));
        self.blocks.len() - 1
    }
}

/// Texts one after the other.
#[derive(Debug)]
struct Block {
    /// `None` when all texts have been released.
    pages: Option<MmapMut>,
    /// The bytes that are used.
    used: usize,
    /// How many texts have not been released.
    texts: usize,
}

impl Block {
    fn new(bytes: usize) -> Self {
        let Ok(pages) = MmapMut::map_anon(bytes) else {
            // As with anything else that memory is taken for.
            handle_alloc_error(Layout::array::<u8>(bytes).unwrap_or(Layout::new::<u8>()));
        };
        #[cfg(target_os = "linux")]
        if bytes >= BLOCK {
            // Without huge pages the kernel provides small ones.
            let _ = pages.advise(memmap2::Advice::HugePage);
        }
        Self {
            pages: Some(pages),
            used: 0,
            texts: 0,
        }
    }

    fn room(&self) -> usize {
        self.pages.as_ref().map_or(0, |pages| pages.len() - self.used)
    }

    /// Adds a text. There must be room for it.
    fn push<'p>(&mut self, parts: impl Iterator<Item = &'p [u8]>) {
        let mut room = self
            .pages
            .as_mut()
            .and_then(|pages| pages.get_mut(self.used..))
            .unwrap_or_default();
        let before = room.len();
        for part in parts {
            // A slice takes what it has room for, and never fails.
            let _ = room.write(part);
        }
        self.used += before - room.len();
        self.texts += 1;
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Gives numbers to names that come again and again, such as those of clusters.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    numbers: HashMap<Box<str>, u32>,
    names: Vec<Box<str>>,
    last: u32,
}

impl Interner {
    /// Returns the number of a name, and true if the name is new.
    pub(crate) fn number(&mut self, name: &str) -> (u32, bool) {
        // Rows come cluster by cluster, so most lookups end here.
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

    /// Returns the name of a number.
    pub(crate) fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", |name| name)
    }

    /// Returns all names by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// Returns for each number the rank of its name in the order of bytes.
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
    fn texts_of_all_sizes_are_kept() {
        let mut arena = Arena::default();
        let mut lengths = vec![
            0,
            1,
            10,
            LARGE - 1,
            FIRST[0],
            FIRST[1],
            LARGE + 1,
            BLOCK + 7,
            3,
            BLOCK - 20,
            100,
            40,
        ];
        lengths.extend([LARGE - 1; 20]);
        let texts: Vec<String> = lengths
            .iter()
            .map(|length| "é".repeat(*length / 2) + "x")
            .collect();
        let spans: Vec<Span> = texts.iter().map(|text| arena.keep(text)).collect();
        for (text, span) in texts.iter().zip(&spans) {
            assert_eq!(arena.get(*span), text);
        }
        assert!(arena.blocks.len() > 4);
        for span in spans {
            arena.release(span, 1);
        }
        assert!(arena.blocks.iter().all(|block| block.pages.is_none()));
    }

    #[test]
    fn block_is_freed_with_its_last_text() {
        let mut arena = Arena::default();
        let [a, b] = ["a", "b"].map(|text| arena.keep(text));
        arena.release(a, 1);
        assert_eq!(arena.get(b), "b");
        arena.release(b, 1);
        assert_eq!(arena.get(b), "");
        let c = arena.keep("c");
        assert_eq!(arena.get(c), "c");
    }

    #[test]
    fn ranks_are_in_the_order_of_bytes() {
        let mut names = Interner::default();
        for name in ["b", "a", "b", "c", "B"] {
            names.number(name);
        }
        assert_eq!(names.ranks(), [2, 1, 3, 0]);
    }
}
