//! Objects that wait to be printed, by cluster: in memory, and in a file if they are many.

use super::left_out::LeftOut;
use crate::arena::{Arena, Interner, Span};
use crate::spill::{ClusterStore, Segments};
use std::io;

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
    /// The objects that did not fit into memory, by cluster.
    aside: Segments<u32>,
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
            aside: Segments::default(),
            left_out: LeftOut::default(),
        }
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
        self.make_room(self.memory);
    }

    /// Drops all objects.
    pub(super) fn clear(&mut self) {
        self.items = Vec::new();
        self.arena = Arena::default();
        self.aside = Segments::default();
        self.next = 0;
    }

    /// Prepares for printing clusters in the order of these ranks.
    pub(super) fn sort(&mut self, ranks: &[u32]) {
        // Printing takes memory, too, if a cluster has many objects. Without room on the disk they stay where they are.
        if !self.aside.is_empty() {
            let _ = self.put_aside();
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
        let mut json = Vec::new();
        for mut reader in self.aside.readers(|owner| owner == cluster) {
            while let Some([length]) = reader.numbers()? {
                reader.bytes(length, &mut json)?;
                call(std::str::from_utf8(&json).unwrap_or_default())?;
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

impl ClusterStore for Items {
    fn size(&self) -> usize {
        self.arena.size() + self.items.len() * size_of::<(u32, Span)>()
    }

    fn put_aside(&mut self) -> io::Result<()> {
        self.items.sort_by_key(|(cluster, _)| *cluster);
        self.aside.put_aside(|writer| {
            for (cluster, span) in &self.items {
                writer.add(*cluster, [span.length()], &[self.arena.get_bytes(*span)])?;
            }
            Ok(())
        })?;
        self.items = Vec::new();
        self.arena = Arena::default();
        Ok(())
    }

    fn held(&self) -> impl Iterator<Item = (u32, usize)> {
        self.items.iter().map(|(cluster, span)| (*cluster, span.length()))
    }

    fn length_aside(&self, cluster: u32) -> u64 {
        self.aside.length_of(|owner| owner == cluster)
    }

    /// Drops the objects of a cluster, and keeps none of it from now on.
    fn leave_out(&mut self, cluster: u32, error: io::Error) {
        self.left_out.add(cluster, self.clusters.name(cluster), &error);
        self.aside.drop_those(|owner| owner == cluster);
        self.items.retain(|(owner, _)| *owner != cluster);
        self.arena.keep_only(self.items.iter_mut().map(|(_, span)| span));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::spill::with_disk;

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
            with_disk(disk, || {
                for number in 0..2000 {
                    items.push("huge", &"x".repeat(300));
                    if number % 50 == 0 {
                        items.push("small", &"y".repeat(300));
                    }
                }
            });
            let news = items.left_out.take_news();
            assert_eq!(news.len(), 1);
            assert_eq!(news[0].cluster.as_str(), "huge");
            let printed = printed(&mut items);
            let lengths: Vec<usize> = printed.iter().map(|(_, texts)| texts.len()).collect();
            assert_eq!(lengths, [0, 40]);
        }
    }
}
