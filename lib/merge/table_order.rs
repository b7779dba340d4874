//! The order of tables, that is of resource types, where it differs from cluster to cluster.
//!
//! In a category (`get all`) a cluster counts only the types that it serves, so one type has different positions on
//! different clusters. Here it has one table for all: after the type that it follows on the first cluster that has both.

use crate::record::{argument, within_argument};
use std::collections::{BTreeMap, HashMap};

/// A table of one cluster, as two numbers: that of the cluster's name and that of the [table](TableOrder).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct TableId {
    pub(super) cluster: u32,
    pub(super) table: u32,
}

impl TableId {
    /// The id under which a cluster's texts are kept. It comes after all tables.
    pub(super) fn of_texts(cluster: u32) -> Self {
        let table = u32::MAX;
        Self { cluster, table }
    }

    pub(super) fn is_of_texts(self) -> bool {
        self.table == u32::MAX
    }
}

/// Numbers for tables, in the order in which they were first seen.
#[derive(Debug, Default)]
pub(super) struct TableOrder {
    numbers: HashMap<(u32, Box<str>), u32>,
    /// The table at each position of each cluster, by the cluster's number.
    clusters: BTreeMap<u32, BTreeMap<u32, u32>>,
    /// The last row's cluster, position, resource and table. Most rows are of the same table as the row before.
    last: Option<(u32, u32, Box<str>, u32)>,
}

impl TableOrder {
    /// Returns the number of a row's table.
    pub(super) fn number(&mut self, cluster: u32, position: u32, resource: &str) -> u32 {
        // All rows at one position of a cluster are one table, unless it is a category's.
        let is_one_table = within_argument(position) == 0 || resource.is_empty();
        let resource = if is_one_table { "" } else { resource };
        if let Some((last_cluster, last_position, last_resource, number)) = &self.last
            && (*last_cluster, *last_position, &**last_resource) == (cluster, position, resource)
        {
            return *number;
        }
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let position_of_all = if is_one_table {
            position
        } else {
            argument(position)
        };
        let key = (position_of_all, resource.into());
        let number = *self.numbers.entry(key).or_insert(next);
        self.clusters.entry(cluster).or_default().insert(position, number);
        self.last = Some((cluster, position, resource.into(), number));
        number
    }

    /// Returns the rank of each table, given the ranks of the clusters.
    pub(super) fn ranks(&self, cluster_ranks: &[u32]) -> Vec<u32> {
        let mut clusters: Vec<_> = self.clusters.iter().collect();
        clusters.sort_by_key(|(cluster, _)| cluster_ranks.get(**cluster as usize));
        let mut order: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (_, positions) in clusters {
            let mut after = 0;
            let mut last = None;
            for (position, number) in positions {
                let argument = argument(*position);
                let union = order.entry(argument).or_default();
                if last.replace(argument) != Some(argument) {
                    after = 0;
                }
                after = match union.iter().position(|known| known == number) {
                    Some(at) => at + 1,
                    None => {
                        union.insert(after, *number);
                        after + 1
                    }
                };
            }
        }
        let mut ranks = vec![0; self.numbers.len()];
        for (rank, number) in (0..).zip(order.into_values().flatten()) {
            if let Some(place) = ranks.get_mut(number as usize) {
                *place = rank;
            }
        }
        ranks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_has_the_same_table_on_all_clusters() {
        let mut tables = TableOrder::default();
        let nodes = tables.number(0, 1000, "nodes");
        let widgets = tables.number(0, 1, "widgets");
        let gauges = tables.number(1, 1, "gauges");
        assert_eq!(tables.number(1, 2, "widgets"), widgets);
        assert_eq!(tables.number(1, 1000, "nodes"), nodes);
        let dials = tables.number(2, 2, "dials");
        assert_eq!(tables.number(2, 1, "widgets"), widgets);
        let ranks = tables.ranks(&[0, 1, 2]);
        let rank = |table: u32| ranks[table as usize];
        assert!(rank(gauges) < rank(widgets) && rank(widgets) < rank(dials) && rank(dials) < rank(nodes));
        // In another argument it has another table.
        assert_ne!(tables.number(0, 2001, "widgets"), widgets);
    }

    #[test]
    fn what_is_one_table_has_one_place() {
        let mut tables = TableOrder::default();
        assert_eq!(tables.number(0, 0, "pods"), tables.number(0, 0, "services"));
    }
}
