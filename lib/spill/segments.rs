//! Records in a file. Those that follow one another and have the same label are a segment.
//!
//! A record is some numbers, four bytes each, and then bytes, whose lengths are among the numbers.

use super::file::{BUFFER, SpillFile, SpillReader};
use std::io::{self, BufRead as _, Read as _, Write};
use std::ops::Range;

/// Records in a file, in labelled segments.
#[derive(Debug)]
pub(crate) struct Segments<L> {
    file: Option<SpillFile>,
    segments: Vec<Segment<L>>,
}

/// Records that have been put aside together.
#[derive(Debug)]
struct Segment<L> {
    label: L,
    range: Range<u64>,
}

impl<L> Default for Segments<L> {
    fn default() -> Self {
        Self {
            file: None,
            segments: Vec::new(),
        }
    }
}

impl<L: Copy + PartialEq> Segments<L> {
    /// Returns true if there are no records.
    pub(crate) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Returns how many bytes the segments with these labels take.
    pub(crate) fn length_of(&self, is_wanted: impl Fn(L) -> bool) -> u64 {
        let wanted = self.segments.iter().filter(|one| is_wanted(one.label));
        wanted.map(|one| one.range.end - one.range.start).sum()
    }

    /// Drops the segments with these labels.
    pub(crate) fn drop_those(&mut self, is_unwanted: impl Fn(L) -> bool) {
        for segment in self.segments.extract_if(.., |one| is_unwanted(one.label)) {
            if let Some(file) = &mut self.file {
                file.free(segment.range);
            }
        }
        if self.segments.is_empty() {
            self.file = None;
        }
    }

    /// Puts aside the records that `write` adds: all of them, or none if there is no room for all.
    ///
    /// # Errors
    /// There is no room.
    pub(crate) fn put_aside(
        &mut self,
        write: impl FnOnce(&mut SegmentWriter<'_, L>) -> io::Result<()>,
    ) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(SpillFile::create()?),
        };
        let (length, first) = (file.length(), self.segments.len());
        let mut writer = SegmentWriter {
            file,
            segments: &mut self.segments,
            first,
        };
        let outcome = write(&mut writer).and_then(|()| writer.file.flush());
        if outcome.is_err() {
            writer.file.truncate(length);
            self.segments.truncate(first);
            if first == 0 {
                self.file = None;
            }
        }
        outcome
    }

    /// Returns a reader of each segment with one of these labels, in the order in which they were put aside.
    pub(crate) fn readers(&self, is_wanted: impl Fn(L) -> bool) -> impl Iterator<Item = SegmentReader<'_>> {
        let wanted = self.segments.iter().filter(move |one| is_wanted(one.label));
        wanted.filter_map(|one| self.reader(one.range.clone(), BUFFER))
    }

    /// Returns the label and the place of each segment, in the order in which they were put aside.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (L, Range<u64>)> {
        self.segments.iter().map(|one| (one.label, one.range.clone()))
    }

    /// Returns a reader of a segment with a buffer of this size.
    pub(crate) fn reader(&self, range: Range<u64>, buffer: usize) -> Option<SegmentReader<'_>> {
        Some(SegmentReader(self.file.as_ref()?.reader(range, buffer)))
    }
}

/// Puts records aside.
pub(crate) struct SegmentWriter<'s, L> {
    file: &'s mut SpillFile,
    segments: &'s mut Vec<Segment<L>>,
    /// The number of segments that were there before.
    first: usize,
}

impl<L: Copy + PartialEq> SegmentWriter<'_, L> {
    /// Adds a record, and returns how many bytes it takes.
    pub(crate) fn add(
        &mut self,
        label: L,
        numbers: impl IntoIterator<Item = usize>,
        texts: &[&[u8]],
    ) -> io::Result<u64> {
        let start = self.file.length();
        for number in numbers {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            self.file.append(&number.to_le_bytes())?;
        }
        for text in texts {
            self.file.append(text)?;
        }
        let end = self.file.length();
        match self.segments.get_mut(self.first..).and_then(<[_]>::last_mut) {
            Some(last) if last.label == label => last.range.end = end,
            _ => self.segments.push(Segment {
                label,
                range: start..end,
            }),
        }
        Ok(end - start)
    }
}

/// Reads the records of a segment.
pub(crate) struct SegmentReader<'f>(SpillReader<'f>);

impl SegmentReader<'_> {
    /// Reads the numbers of the next record; `None` at the end.
    pub(crate) fn numbers<const N: usize>(&mut self) -> io::Result<Option<[u32; N]>> {
        if self.0.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let mut numbers = [[0; 4]; N];
        for number in &mut numbers {
            self.0.read_exact(number)?;
        }
        Ok(Some(numbers.map(u32::from_le_bytes)))
    }

    /// Reads so many bytes into a buffer.
    pub(crate) fn bytes(&mut self, length: u32, bytes: &mut Vec<u8>) -> io::Result<()> {
        bytes.clear();
        bytes.resize(length as usize, 0);
        self.0.read_exact(bytes)
    }

    /// Copies so many bytes to an output.
    pub(crate) fn copy(&mut self, length: u32, output: &mut dyn Write) -> io::Result<()> {
        let length = u64::from(length);
        match io::copy(&mut self.0.by_ref().take(length), output)? == length {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}
