//! The last records of what is watched: in memory, and in a file where they are many.
//!
//! Memory is that of all members together. Where there is no more of it, the one that takes some puts all of its own
//! records aside.

use crate::spill::SpillFile;
use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many bytes all members' records take in memory, with what is known of the objects.
const MOST_HELD: usize = 128 << 20;

/// One who has less than this in memory puts nothing aside: it would be little each time.
const LEAST_ASIDE: usize = 1 << 20;

/// A record longer than this goes into the file right away.
const LONG: usize = 256 << 10;

/// Memory for one object beside its names, in bytes.
const OBJECT: usize = 160;

/// Memory for the objects of a member, in bytes: the names of some 800,000 of them.
const MOST_KNOWN: usize = 160 << 20;

/// The most that the records of a member may come to, in bytes.
const MOST_KEPT: u64 = 4 << 30;

/// From so many bytes in the file on that are no longer wanted it is written anew, if they are more than the others.
const MOST_UNWANTED: u64 = 256 << 20;

/// How much memory is taken, by all members.
pub type KeptBytes = Arc<AtomicUsize>;

/// Where a record is.
#[derive(Debug)]
pub enum Place {
    /// In memory.
    Memory(Box<str>),
    /// In the file: where it begins, and how long it is.
    File(u64, u32),
}

impl Place {
    /// How long the record is.
    pub fn length(&self) -> usize {
        match self {
            Place::Memory(line) => line.len(),
            Place::File(_, length) => *length as usize,
        }
    }
}

/// One member's.
#[derive(Debug)]
pub struct Kept {
    shared: KeptBytes,
    limits: Limits,
    /// How many bytes of records are in memory, and what is known of objects.
    held: usize,
    known: usize,
    file: Option<SpillFile>,
    /// How much of the file is wanted.
    wanted: u64,
}

/// The same as the constants, so that tests can be short.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// [`MOST_HELD`]
    pub held: usize,
    /// [`LEAST_ASIDE`]
    pub aside: usize,
    /// [`MOST_KNOWN`]
    pub known: usize,
    /// [`MOST_KEPT`]
    pub kept: u64,
    /// [`MOST_UNWANTED`]
    pub unwanted: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            held: MOST_HELD,
            aside: LEAST_ASIDE,
            known: MOST_KNOWN,
            kept: MOST_KEPT,
            unwanted: MOST_UNWANTED,
        }
    }
}

impl Kept {
    /// None yet.
    pub fn new(shared: KeptBytes, limits: Limits) -> Self {
        Self {
            shared,
            limits,
            held: 0,
            known: 0,
            file: None,
            wanted: 0,
        }
    }

    /// Notes that an object with names of so many bytes is known.
    ///
    /// # Errors
    /// They are too many.
    pub fn know(&mut self, names: usize) -> io::Result<()> {
        self.known += names + OBJECT;
        self.take(names + OBJECT);
        match self.known > self.limits.known {
            true => Err(io::Error::other("there are too many objects to be watched")),
            false => Ok(()),
        }
    }

    /// Notes that it no longer is.
    pub fn forget(&mut self, names: usize) {
        self.known = self.known.saturating_sub(names + OBJECT);
        self.give_back(names + OBJECT);
    }

    /// Keeps a record.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn keep(&mut self, line: &str) -> io::Result<Place> {
        if self.wanted + (self.held + line.len()) as u64 > self.limits.kept {
            let most = self.limits.kept >> 20;
            return Err(io::Error::other(format!(
                "what is watched comes to more than {most} MiB"
            )));
        }
        if line.len() > LONG {
            return self.write(line);
        }
        self.held += line.len();
        self.take(line.len());
        Ok(Place::Memory(line.into()))
    }

    /// Gives a record up.
    pub fn drop(&mut self, place: &Place) {
        match place {
            Place::Memory(line) => {
                self.held = self.held.saturating_sub(line.len());
                self.give_back(line.len());
            }
            Place::File(_, length) => self.wanted = self.wanted.saturating_sub(u64::from(*length)),
        }
    }

    /// A record that is kept.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn get<'p>(&self, place: &'p Place) -> io::Result<Cow<'p, str>> {
        match place {
            Place::Memory(line) => Ok(Cow::Borrowed(line)),
            Place::File(start, length) => {
                let mut bytes = Vec::new();
                if let Some(file) = &self.file {
                    file.read(*start..start + u64::from(*length), &mut bytes)?;
                }
                String::from_utf8(bytes).map(Cow::Owned).map_err(io::Error::other)
            }
        }
    }

    /// Returns whether records are to be put aside now.
    pub fn is_full(&self) -> bool {
        self.held > self.limits.aside && self.shared.load(Ordering::Relaxed) > self.limits.held
    }

    /// Puts records aside, which are all that are kept.
    ///
    /// # Errors
    /// There is no room for them.
    pub fn put_aside<'p>(&mut self, places: impl Iterator<Item = &'p mut Place>) -> io::Result<()> {
        let unwanted = self.file.as_ref().map_or(0, SpillFile::length) - self.wanted;
        if unwanted > self.limits.unwanted && unwanted > self.wanted {
            return self.write_anew(places);
        }
        for place in places {
            if let Place::Memory(line) = place {
                let length = line.len();
                *place = self.write(line)?;
                self.held = self.held.saturating_sub(length);
                self.give_back(length);
            }
        }
        self.file.as_mut().map_or(Ok(()), SpillFile::flush)
    }

    fn write_anew<'p>(&mut self, places: impl Iterator<Item = &'p mut Place>) -> io::Result<()> {
        let mut file = SpillFile::create()?;
        for place in places {
            let line = self.get(place)?;
            let start = file.length();
            file.append(line.as_bytes())?;
            *place = Place::File(start, u32::try_from(line.len()).unwrap_or(u32::MAX));
        }
        file.flush()?;
        let held = std::mem::take(&mut self.held);
        self.give_back(held);
        self.wanted = file.length();
        self.file = Some(file);
        Ok(())
    }

    fn write(&mut self, line: &str) -> io::Result<Place> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(SpillFile::create()?),
        };
        let start = file.length();
        file.append(line.as_bytes())?;
        if line.len() > LONG {
            file.flush()?;
        }
        self.wanted += line.len() as u64;
        Ok(Place::File(start, u32::try_from(line.len()).unwrap_or(u32::MAX)))
    }

    fn take(&self, bytes: usize) {
        self.shared.fetch_add(bytes, Ordering::Relaxed);
    }

    fn give_back(&self, bytes: usize) {
        self.shared.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.give_back(self.held + self.known);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn limits() -> Limits {
        Limits {
            held: 10_000,
            aside: 100,
            unwanted: 20_000,
            ..Limits::default()
        }
    }

    #[test]
    fn records_are_put_aside_and_the_file_is_written_anew() {
        let shared = KeptBytes::default();
        let mut kept = Kept::new(Arc::clone(&shared), limits());
        let mut places: Vec<Place> = Vec::new();
        let line = |number: usize| format!("{number}-{}", "x".repeat(number % 200));
        for number in 0..3000 {
            // Of a hundred objects each has one record, its last.
            if places.len() == 100 {
                let old = std::mem::replace(&mut places[number % 100], Place::File(0, 0));
                kept.drop(&old);
                places[number % 100] = kept.keep(&line(number)).unwrap();
            } else {
                places.push(kept.keep(&line(number)).unwrap());
            }
            if kept.is_full() {
                kept.put_aside(places.iter_mut()).unwrap();
            }
            assert!(kept.file.as_ref().map_or(0, SpillFile::length) < 60_000);
            assert!(shared.load(Ordering::Relaxed) <= 10_300);
        }
        for (index, place) in places.iter().enumerate() {
            assert_eq!(kept.get(place).unwrap(), line(2900 + index));
        }
        let long = "x".repeat(LONG + 1);
        let place = kept.keep(&long).unwrap();
        assert!(matches!(place, Place::File(..)));
        assert!(kept.get(&place).unwrap() == long);
        drop(kept);
        assert_eq!(shared.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn there_are_limits_to_what_is_kept_and_known() {
        let small = Limits {
            kept: 1000,
            known: 1000,
            ..limits()
        };
        let mut kept = Kept::new(KeptBytes::default(), small);
        let place = kept.keep(&"x".repeat(900)).unwrap();
        assert!(kept.keep(&"x".repeat(200)).is_err());
        kept.drop(&place);
        assert!(kept.keep(&"x".repeat(200)).is_ok());
        assert!((0..5).all(|_| kept.know(20).is_ok()));
        assert!(kept.know(200).is_err());
        kept.forget(200);
        kept.forget(20);
        assert!(kept.know(20).is_ok());
    }
}
