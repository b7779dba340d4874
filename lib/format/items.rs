//! Objects that wait to be printed, by cluster: in memory, and in a file if they are many.
//!
//! In the file, an object is its length in four bytes, and its text.

use super::left_out::LeftOut;
use crate::arena::{Arena, Interner, Span};
use crate::spill::SpillFile;
use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::ops::Range;

/// Bytes of the file that are read at once.
const BUFFER: usize = 256 << 10;

/// Objects that wait to be printed.
#[derive(Debug)]
pub(super) struct Items {
    /// The clusters by number.
    pub(super) clusters: Interner,
    /// The number of bytes that are kept in memory.
    memory: usize,
    arena: Arena,
    items: Vec<(u32, Span)>,
    /// The next object to be printed.
    next: usize,
    file: Option<SpillFile>,
    /// The maximum length of the file, for tests of a full disk.
    disk: Option<u64>,
    /// The parts of the file and their clusters, in order.
    aside: Vec<(u32, Range<u64>)>,
    /// Clusters without room for their objects.
    pub(super) left_out: LeftOut,
}

impl Items {
    /// Creates it without objects. So many bytes of them will be kept in memory.
    pub(super) fn new(memory: usize) -> Self {
        Self {
            clusters: Interner::default(),
            memory,
            arena: Arena::default(),
            items: Vec::new(),
            next: 0,
            file: None,
            disk: None,
            aside: Vec::new(),
            left_out: LeftOut::default(),
        }
    }

    /// Fails as if the disk was full when the file has so many bytes.
    #[cfg(test)]
    pub(super) fn limit(&mut self, disk: u64) {
        self.disk = Some(disk);
    }

    /// Returns whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty() && self.aside.is_empty()
    }

    /// Keeps an object.
    pub(super) fn push(&mut self, cluster: &str, json: &str) {
        let cluster = self.clusters.number(cluster).0;
        if self.left_out.has(cluster) {
            return;
        }
        let span = self.arena.keep(json);
        self.items.push((cluster, span));
        if self.size() > self.memory {
            self.put_aside();
        }
    }

    /// Drops all objects.
    pub(super) fn clear(&mut self) {
        self.items = Vec::new();
        self.arena = Arena::default();
        self.aside = Vec::new();
        self.file = None;
        self.next = 0;
    }

    /// Drops the objects of a cluster, and keeps none of it from now on.
    pub(super) fn leave_out(&mut self, cluster: u32, error: &io::Error) {
        self.left_out.add(cluster, self.clusters.name(cluster), error);
        if let Some(file) = &mut self.file {
            for (_, range) in self.aside.iter().filter(|(owner, _)| *owner == cluster) {
                file.free(range.clone());
            }
        }
        self.aside.retain(|(owner, _)| *owner != cluster);
        self.items.retain(|(owner, _)| *owner != cluster);
        let mut old = std::mem::take(&mut self.arena);
        for (_, span) in &mut self.items {
            let kept = self.arena.keep_bytes(old.get_bytes(*span));
            old.release(*span, 1);
            *span = kept;
        }
    }

    fn size(&self) -> usize {
        self.arena.size() + self.items.len() * size_of::<(u32, Span)>()
    }

    /// Moves the objects from memory to the file. If that has no room, clusters are left out until there is room.
    fn put_aside(&mut self) {
        while !self.items.is_empty()
            && let Err(error) = self.try_put_aside()
        {
            let mut bytes: BTreeMap<u32, u64> = BTreeMap::new();
            for (cluster, span) in &self.items {
                *bytes.entry(*cluster).or_default() += span.length() as u64;
            }
            for (cluster, range) in &self.aside {
                if let Some(bytes) = bytes.get_mut(cluster) {
                    *bytes += range.end - range.start;
                }
            }
            if let Some((cluster, _)) = bytes.into_iter().max_by_key(|(_, bytes)| *bytes) {
                self.leave_out(cluster, &error);
            }
            if self.size() <= self.memory {
                return;
            }
        }
    }

    fn try_put_aside(&mut self) -> io::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.disk.map_or_else(SpillFile::create, SpillFile::with_limit)?,
        };
        let (length, before) = (file.length(), self.aside.len());
        self.items.sort_by_key(|(cluster, _)| *cluster);
        let outcome = self.write(&mut file);
        match &outcome {
            Ok(()) => {
                self.items = Vec::new();
                self.arena = Arena::default();
            }
            Err(_) => {
                file.truncate(length);
                self.aside.truncate(before);
            }
        }
        self.file = Some(file);
        outcome
    }

    fn write(&mut self, file: &mut SpillFile) -> io::Result<()> {
        let first = self.aside.len();
        for (cluster, span) in &self.items {
            let start = file.length();
            let json = self.arena.get_bytes(*span);
            let length = u32::try_from(json.len()).unwrap_or(u32::MAX);
            file.append(&length.to_le_bytes())?;
            file.append(json)?;
            match self.aside.get_mut(first..).and_then(<[_]>::last_mut) {
                Some((owner, range)) if owner == cluster => range.end = file.length(),
                _ => self.aside.push((*cluster, start..file.length())),
            }
        }
        file.flush()
    }

    /// Prepares for printing clusters in the order of these ranks.
    pub(super) fn sort(&mut self, ranks: &[u32]) {
        // Printing takes memory, too, if a cluster has many objects.
        if !self.aside.is_empty() {
            self.put_aside();
        }
        let rank = |cluster: u32| ranks.get(cluster as usize).copied();
        self.items.sort_by_key(|(cluster, _)| rank(*cluster));
        self.next = 0;
    }

    /// Prepares for printing these clusters in their order. No other clusters have objects.
    pub(super) fn sort_as(&mut self, clusters: &[u32]) {
        let most = clusters.iter().max().map_or(0, |most| *most as usize + 1);
        let mut ranks = vec![u32::MAX; most];
        for (rank, cluster) in (0..).zip(clusters) {
            if let Some(own) = ranks.get_mut(*cluster as usize) {
                *own = rank;
            }
        }
        self.sort(&ranks);
    }

    /// Calls `call` with each object of a cluster, and drops them. Clusters must come in the order that they were
    /// [sorted](Self::sort) in.
    ///
    /// # Errors
    /// Any error of `call`, or an object in the file cannot be read.
    pub(super) fn each_of(
        &mut self,
        cluster: u32,
        mut call: impl FnMut(&str) -> io::Result<()>,
    ) -> io::Result<()> {
        for (_, range) in self.aside.iter().filter(|(owner, _)| *owner == cluster) {
            if let Some(file) = &self.file {
                read(file, range.clone(), &mut call)?;
            }
        }
        while let Some((owner, span)) = self.items.get(self.next)
            && *owner == cluster
        {
            call(self.arena.get(*span))?;
            self.arena.release(*span, 1);
            self.next += 1;
        }
        Ok(())
    }
}

/// Calls `call` with each object in a part of the file.
fn read(file: &SpillFile, range: Range<u64>, mut call: impl FnMut(&str) -> io::Result<()>) -> io::Result<()> {
    let mut left = range.end - range.start;
    let mut reader = file.reader(range, BUFFER);
    let mut bytes = Vec::new();
    while left > 0 {
        let mut length = [0; 4];
        reader.read_exact(&mut length)?;
        let length = u32::from_le_bytes(length);
        bytes.clear();
        bytes.resize(length as usize, 0);
        reader.read_exact(&mut bytes)?;
        left = left.saturating_sub(4 + u64::from(length));
        call(std::str::from_utf8(&bytes).unwrap_or_default())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Returns the objects of all clusters, in the order of their names.
    fn printed(items: &mut Items) -> Vec<(String, Vec<String>)> {
        let ranks = items.clusters.ranks();
        let mut names: Vec<(u32, String)> = (0..).zip(items.clusters.iter().map(str::to_owned)).collect();
        names.sort_by_key(|(number, _)| ranks[*number as usize]);
        items.sort(&ranks);
        let mut all = Vec::new();
        for (number, name) in names {
            let mut texts = Vec::new();
            items
                .each_of(number, |text| {
                    texts.push(text.to_owned());
                    Ok(())
                })
                .unwrap();
            all.push((name, texts));
        }
        all
    }

    fn filled(memory: usize) -> Items {
        let mut items = Items::new(memory);
        for number in 0..1000 {
            let cluster = ["b", "a", "c"][number % 3];
            items.push(
                cluster,
                &format!("{{\"n\":{number},\"pad\":\"{}\"}}", "x".repeat(200)),
            );
        }
        items
    }

    #[test]
    fn objects_from_a_file_are_those_from_memory() {
        let expected = printed(&mut filled(usize::MAX));
        assert_eq!(expected[0].1.len(), 333);
        for memory in [0, 70_000, 150_000] {
            let mut items = filled(memory);
            assert!(!items.aside.is_empty());
            assert!(printed(&mut items) == expected, "{memory} bytes");
        }
    }

    #[test]
    fn full_disk_leaves_out_the_largest_cluster() {
        for disk in [0, 100_000] {
            let mut items = Items::new(100_000);
            items.limit(disk);
            for number in 0..2000 {
                items.push("huge", &"x".repeat(300));
                if number % 50 == 0 {
                    items.push("small", &"y".repeat(300));
                }
            }
            let news = items.left_out.take_news();
            assert_eq!(news.len(), 1);
            assert_eq!(news[0].cluster.as_str(), "huge");
            let printed = printed(&mut items);
            let lengths: Vec<usize> = printed.iter().map(|(_, texts)| texts.len()).collect();
            assert_eq!(lengths, [0, 40]);
        }
    }
}
