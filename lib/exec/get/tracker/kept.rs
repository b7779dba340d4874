//! The last records of watched objects: in memory, or in a file if there are many.
//!
//! All clusters share one limit on memory. When it is reached, the cluster that needs more moves all its records to its
//! file.

use crate::spill::SpillFile;
use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A record longer than this is written to the file at once.
const LONG: usize = 256 << 10;

/// The memory for one object beside its names, in bytes.
const OBJECT: usize = 160;

/// The memory that the records of all clusters take, in bytes.
pub type KeptBytes = Arc<AtomicUsize>;

/// Where a record is.
#[derive(Debug)]
pub enum RecordLocation {
    /// In memory.
    Memory(Box<str>),
    /// In the file, at this offset and with this length.
    File(u64, u32),
}

impl RecordLocation {
    /// Returns the length of the record.
    pub fn length(&self) -> usize {
        match self {
            RecordLocation::Memory(line) => line.len(),
            RecordLocation::File(_, length) => *length as usize,
        }
    }
}

/// The records of one cluster.
#[derive(Debug)]
pub struct KeptRecords {
    shared: KeptBytes,
    limits: KeptLimits,
    /// The bytes of records in memory.
    held: usize,
    /// The memory for what is known of the objects.
    known: usize,
    file: Option<SpillFile>,
    /// How many bytes of the file are still wanted.
    wanted: u64,
}

/// KeptLimits in bytes, which tests lower.
#[derive(Clone, Copy, Debug)]
pub struct KeptLimits {
    /// The memory for the records of all clusters, with what is known of the objects.
    pub held: usize,
    /// A cluster that has less than this in memory does not move it to its file: that would save little each time.
    pub aside: usize,
    /// The memory for what is known of the objects of one cluster, enough for about 800,000 names.
    pub known: usize,
    /// The most that the records of one cluster may come to.
    pub kept: u64,
    /// The file is written anew when it has more unwanted bytes than this, and more than wanted ones.
    pub unwanted: u64,
}

impl Default for KeptLimits {
    fn default() -> Self {
        Self {
            held: 128 << 20,
            aside: 1 << 20,
            known: 160 << 20,
            kept: 4 << 30,
            unwanted: 256 << 20,
        }
    }
}

impl KeptRecords {
    /// Keeps no records yet.
    pub fn new(shared: KeptBytes, limits: KeptLimits) -> Self {
        Self {
            shared,
            limits,
            held: 0,
            known: 0,
            file: None,
            wanted: 0,
        }
    }

    /// Notes that an object is known whose names take this many bytes.
    ///
    /// # Errors
    /// There are too many objects.
    pub fn know(&mut self, names: usize) -> io::Result<()> {
        self.known += names + OBJECT;
        self.take(names + OBJECT);
        match self.known > self.limits.known {
            true => Err(io::Error::other("there are too many objects to be watched")),
            false => Ok(()),
        }
    }

    /// Notes that such an object is no longer known.
    pub fn forget(&mut self, names: usize) {
        self.known = self.known.saturating_sub(names + OBJECT);
        self.give_back(names + OBJECT);
    }

    /// Keeps a record.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn keep(&mut self, line: &str) -> io::Result<RecordLocation> {
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
        Ok(RecordLocation::Memory(line.into()))
    }

    /// Drops a record.
    pub fn drop(&mut self, place: &RecordLocation) {
        match place {
            RecordLocation::Memory(line) => {
                self.held = self.held.saturating_sub(line.len());
                self.give_back(line.len());
            }
            RecordLocation::File(_, length) => self.wanted = self.wanted.saturating_sub(u64::from(*length)),
        }
    }

    /// Returns a record.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn get<'p>(&self, place: &'p RecordLocation) -> io::Result<Cow<'p, str>> {
        match place {
            RecordLocation::Memory(line) => Ok(Cow::Borrowed(line)),
            RecordLocation::File(start, length) => {
                let mut bytes = Vec::new();
                if let Some(file) = &self.file {
                    file.read(*start..start + u64::from(*length), &mut bytes)?;
                }
                String::from_utf8(bytes).map(Cow::Owned).map_err(io::Error::other)
            }
        }
    }

    /// Returns whether records should be moved to the file now.
    pub fn is_full(&self) -> bool {
        self.held > self.limits.aside && self.shared.load(Ordering::Relaxed) > self.limits.held
    }

    /// Moves all records to the file.
    ///
    /// # Errors
    /// There is no room for them.
    pub fn put_aside<'p>(&mut self, places: impl Iterator<Item = &'p mut RecordLocation>) -> io::Result<()> {
        let unwanted = self.file.as_ref().map_or(0, SpillFile::length) - self.wanted;
        if unwanted > self.limits.unwanted && unwanted > self.wanted {
            return self.write_anew(places);
        }
        for place in places {
            if let RecordLocation::Memory(line) = place {
                let length = line.len();
                *place = self.write(line)?;
                self.held = self.held.saturating_sub(length);
                self.give_back(length);
            }
        }
        self.file.as_mut().map_or(Ok(()), SpillFile::flush)
    }

    /// Moves all records to a new file, without those that were dropped.
    fn write_anew<'p>(&mut self, places: impl Iterator<Item = &'p mut RecordLocation>) -> io::Result<()> {
        let mut file = SpillFile::create()?;
        for place in places {
            let line = self.get(place)?;
            let start = file.length();
            file.append(line.as_bytes())?;
            *place = RecordLocation::File(start, u32::try_from(line.len()).unwrap_or(u32::MAX));
        }
        file.flush()?;
        let held = std::mem::take(&mut self.held);
        self.give_back(held);
        self.wanted = file.length();
        self.file = Some(file);
        Ok(())
    }

    /// Appends a record to the file.
    fn write(&mut self, line: &str) -> io::Result<RecordLocation> {
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
        Ok(RecordLocation::File(
            start,
            u32::try_from(line.len()).unwrap_or(u32::MAX),
        ))
    }

    fn take(&self, bytes: usize) {
        self.shared.fetch_add(bytes, Ordering::Relaxed);
    }

    fn give_back(&self, bytes: usize) {
        self.shared.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for KeptRecords {
    fn drop(&mut self) {
        self.give_back(self.held + self.known);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn limits() -> KeptLimits {
        KeptLimits {
            held: 10_000,
            aside: 100,
            unwanted: 20_000,
            ..KeptLimits::default()
        }
    }

    #[test]
    fn records_are_moved_to_a_file_that_is_written_anew() {
        let shared = KeptBytes::default();
        let mut kept = KeptRecords::new(Arc::clone(&shared), limits());
        let mut places: Vec<RecordLocation> = Vec::new();
        let line = |number: usize| format!("{number}-{}", "x".repeat(number % 200));
        for number in 0..3000 {
            // Of a hundred objects each has one record, its last.
            if places.len() == 100 {
                let old = std::mem::replace(&mut places[number % 100], RecordLocation::File(0, 0));
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
        assert!(matches!(place, RecordLocation::File(..)));
        assert!(kept.get(&place).unwrap() == long);
        drop(kept);
        assert_eq!(shared.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn kept_records_and_known_objects_are_limited() {
        let small = KeptLimits {
            kept: 1000,
            known: 1000,
            ..limits()
        };
        let mut kept = KeptRecords::new(KeptBytes::default(), small);
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
