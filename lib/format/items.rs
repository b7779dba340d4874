//! Objects that wait to be printed, cluster by cluster: in memory, and in a file where they are many.
//!
//! An object there is its length, four bytes, and its text.

use super::left_out::LeftOut;
use crate::arena::{Arena, Names, Span};
use crate::spill::SpillFile;
use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::ops::Range;

/// In bytes.
const BUFFER: usize = 256 << 10;

/// See the module.
#[derive(Debug)]
pub(super) struct Items {
    /// The clusters, by number.
    pub(super) clusters: Names,
    /// How many bytes are kept in memory.
    memory: usize,
    arena: Arena,
    items: Vec<(u32, Span)>,
    /// Of those that are printed now, which is next.
    next: usize,
    file: Option<SpillFile>,
    /// How long that may become, for tests of a full disk.
    disk: Option<u64>,
    /// Which parts of it are whose, in the order in which they came.
    aside: Vec<(u32, Range<u64>)>,
    /// Clusters whose objects there is no room for.
    pub(super) left_out: LeftOut,
}

impl Items {
    /// None yet; so many bytes of them will be kept in memory.
    pub(super) fn new(memory: usize) -> Self {
        Self {
            clusters: Names::default(),
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

    /// Acts as if the disk was full when so many bytes have been put aside.
    #[cfg(test)]
    pub(super) fn limit(&mut self, disk: u64) {
        self.disk = Some(disk);
    }

    /// Returns whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty() && self.aside.is_empty()
    }

    /// Keeps one.
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

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.items = Vec::new();
        self.arena = Arena::default();
        self.aside = Vec::new();
        self.file = None;
        self.next = 0;
    }

    /// Forgets a cluster, and keeps nothing of it from now on.
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
            old.let_go(*span, 1);
            *span = kept;
        }
    }

    fn size(&self) -> usize {
        self.arena.size() + self.items.len() * size_of::<(u32, Span)>()
    }

    /// Puts all that is in memory aside. Where there is no room for it, clusters are left out until there is.
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

    /// Makes ready to print them in the order of these ranks, which their clusters have.
    pub(super) fn sort(&mut self, ranks: &[u32]) {
        // Printing takes memory, too, if one of them is long.
        if !self.aside.is_empty() {
            self.put_aside();
        }
        let rank = |cluster: u32| ranks.get(cluster as usize).copied();
        self.items.sort_by_key(|(cluster, _)| rank(*cluster));
        self.next = 0;
    }

    /// The same in the order of these clusters, which are all that there are objects of.
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

    /// Calls with each of a cluster's, which then is gone. Clusters must come in the order that they were
    /// [sorted](Self::sort) by.
    ///
    /// # Errors
    /// Any error of `call`; objects that were put aside and cannot be read.
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
            self.arena.let_go(*span, 1);
            self.next += 1;
        }
        Ok(())
    }
}

/// Calls with each text of a part of the file.
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

    /// All that is printed of some clusters, in the order of their names.
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
    fn objects_come_back_by_cluster_as_from_memory() {
        let expected = printed(&mut filled(usize::MAX));
        assert_eq!(expected[0].1.len(), 333);
        for memory in [0, 70_000, 150_000] {
            let mut items = filled(memory);
            assert!(!items.aside.is_empty());
            assert!(printed(&mut items) == expected, "{memory} bytes");
        }
    }

    #[test]
    fn a_full_disk_leaves_out_the_cluster_that_takes_most() {
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
