//! Rows that are more than memory is to hold, in a file for each sheet.
//!
//! A row there is the number of its cluster, that of its layout, how many cells it has and where each ends, four bytes
//! each, and the text of its cells.

use super::{Entry, Sheet, SheetRow, Sheets};
use crate::arena::Arena;
use crate::spill::SpillFile;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

/// In bytes.
const BUFFER: usize = 256 << 10;

/// The rows of a sheet that came first.
#[derive(Debug, Default)]
pub(super) struct Aside {
    file: Option<SpillFile>,
    /// How many bytes of which cluster's are in it.
    clusters: BTreeMap<u32, u64>,
    left_out: BTreeSet<u32>,
}

impl Aside {
    /// Returns whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.clusters.is_empty()
    }

    /// The clusters that they are from.
    pub(super) fn clusters(&self) -> impl Iterator<Item = u32> {
        self.clusters.keys().copied()
    }

    /// Calls with each of them.
    pub(super) fn each(&self, mut call: impl FnMut(SheetRow<'_>) -> io::Result<()>) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut reader = file.reader(0..file.length(), BUFFER);
        let (mut ends, mut bytes) = (Vec::new(), Vec::new());
        let mut left = file.length();
        while left > 0 {
            let mut head = [[0; 4]; 3];
            for number in &mut head {
                reader.read_exact(number)?;
            }
            let [cluster, layout, cells] = head.map(u32::from_le_bytes);
            bytes.clear();
            bytes.resize(cells as usize * 4, 0);
            reader.read_exact(&mut bytes)?;
            ends.clear();
            let (numbers, _) = bytes.as_chunks();
            ends.extend(numbers.iter().map(|number| u32::from_le_bytes(*number)));
            let length = ends.last().copied().unwrap_or_default();
            bytes.clear();
            bytes.resize(length as usize, 0);
            reader.read_exact(&mut bytes)?;
            let taken = 12 + u64::from(cells) * 4 + u64::from(length);
            left = left.saturating_sub(taken);
            if self.left_out.contains(&cluster) {
                continue;
            }
            call(SheetRow {
                cluster,
                layout: layout as usize,
                ends: &ends,
                text: &bytes,
            })?;
        }
        Ok(())
    }
}

impl Sheet {
    /// Puts all rows that are in memory aside, or none.
    fn put_aside(&mut self, most: Option<u64>) -> io::Result<()> {
        let mut file = match self.aside.file.take() {
            Some(file) => file,
            None => most.map_or_else(SpillFile::create, SpillFile::with_limit)?,
        };
        let length = file.length();
        let mut clusters = BTreeMap::new();
        let outcome = self.write_rows(&mut file, &mut clusters);
        match &outcome {
            Ok(()) => {
                for (cluster, bytes) in clusters {
                    *self.aside.clusters.entry(cluster).or_default() += bytes;
                }
                self.rows = Vec::new();
                self.ends = Vec::new();
                self.texts = Arena::default();
                self.weight = 0;
            }
            Err(_) => file.truncate(length),
        }
        self.aside.file = Some(file);
        outcome
    }

    fn write_rows(&self, file: &mut SpillFile, clusters: &mut BTreeMap<u32, u64>) -> io::Result<()> {
        for row in self.rows() {
            let start = file.length();
            let numbers = [row.cluster, to_u32(row.layout), to_u32(row.ends.len())];
            for number in numbers.iter().chain(row.ends) {
                file.append(&number.to_le_bytes())?;
            }
            file.append(row.text)?;
            *clusters.entry(row.cluster).or_default() += file.length() - start;
        }
        file.flush()
    }

    /// Forgets a cluster's rows.
    fn leave_out(&mut self, cluster: u32) {
        if self.aside.clusters.remove(&cluster).is_some() {
            self.aside.left_out.insert(cluster);
        }
        let old_texts = std::mem::take(&mut self.texts);
        let old_ends = std::mem::take(&mut self.ends);
        let old_rows = std::mem::take(&mut self.rows);
        self.weight = 0;
        for (index, row) in old_rows.iter().enumerate() {
            let next = old_rows.get(index + 1);
            let ends = row.first_end..next.map_or(old_ends.len(), |next| next.first_end);
            if row.cluster != cluster {
                let first_end = self.ends.len();
                let ends = old_ends.get(ends).unwrap_or_default();
                self.ends.extend_from_slice(ends);
                let text = self.texts.keep_bytes(old_texts.get_bytes(row.text));
                self.weight += weight(ends.len(), text.length());
                self.rows.push(Entry {
                    first_end,
                    text,
                    ..*row
                });
            }
        }
        // The others shall look as without it: their widths are found out anew.
        self.is_plain = false;
    }
}

/// Returns what a row takes in memory, in bytes.
pub(super) fn weight(cells: usize, text: usize) -> usize {
    size_of::<Entry>() + cells * size_of::<u32>() + text
}

fn to_u32(number: impl TryInto<u32>) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}

impl Sheets {
    /// Puts rows aside until half of the memory for them is free. Where there is no room for them, clusters are left
    /// out until there is.
    pub(super) fn put_aside(&mut self) {
        while self.weight > self.memory / 2 {
            let most = self.disk;
            let largest = self.sheets.iter_mut().max_by_key(|sheet| sheet.weight);
            let Some(largest) = largest else { return };
            let outcome = largest.put_aside(most);
            let goes_on = match outcome {
                Ok(()) => true,
                Err(error) => self.leave_out_largest(&error),
            };
            self.weight = self.sheets.iter().map(|sheet| sheet.weight).sum();
            if !goes_on {
                return;
            }
        }
    }

    /// Says whether there was one.
    fn leave_out_largest(&mut self, error: &io::Error) -> bool {
        let mut bytes: BTreeMap<u32, u64> = BTreeMap::new();
        let mut in_memory = BTreeSet::new();
        for sheet in &self.sheets {
            for (cluster, count) in &sheet.aside.clusters {
                *bytes.entry(*cluster).or_default() += count;
            }
            for row in &sheet.rows {
                *bytes.entry(row.cluster).or_default() += row.text.length() as u64;
                in_memory.insert(row.cluster);
            }
        }
        // Only of what is in memory there is too much.
        bytes.retain(|cluster, _| in_memory.contains(cluster));
        let Some((cluster, _)) = bytes.into_iter().max_by_key(|(_, bytes)| *bytes) else {
            return false;
        };
        self.left_out.add(cluster, self.clusters.name(cluster), error);
        for sheet in &mut self.sheets {
            sheet.leave_out(cluster);
        }
        let sheets = &self.sheets;
        self.filled
            .retain(|index| sheets.get(*index).is_some_and(|sheet| !sheet.is_empty()));
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::format::cell;
    use crate::record::Row;

    fn push(sheets: &mut Sheets, cluster: &str, name: &str) {
        let line = format!(
            r#"{{"kind":"Row","cluster":"{cluster}","resource":"pods","name":"{name}","columns":{{"NAME":"{name}"}}}}"#
        );
        let row: Row<'_> = serde_json::from_str(&line).unwrap();
        sheets.push(&row).unwrap();
    }

    #[test]
    fn a_full_disk_leaves_out_the_cluster_that_takes_most() {
        for disk in [0, 200_000] {
            let mut sheets = Sheets::new(cell::full, 100_000);
            sheets.disk = Some(disk);
            for number in 0..3000 {
                push(&mut sheets, "huge", &format!("h{number}-{}", "x".repeat(300)));
                if number % 50 == 0 {
                    push(&mut sheets, "small", &format!("s{number}"));
                }
            }
            let news = sheets.left_out.take_news();
            assert_eq!(news.len(), 1);
            assert_eq!(news[0].cluster.as_str(), "huge");
            assert!(news[0].message.as_ref().unwrap().contains("no room"));
            let mut names = Vec::new();
            for (_, sheet) in sheets.in_order() {
                assert!(sheet.widths().is_none(), "they are found out anew");
                sheet
                    .each_row(|row| {
                        names.push(row.cell(0).to_owned());
                        Ok(())
                    })
                    .unwrap();
            }
            let expected: Vec<String> = (0..3000).step_by(50).map(|number| format!("s{number}")).collect();
            assert_eq!(names, expected);
        }
    }
}
