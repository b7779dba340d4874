//! Where the types of a category stand, whose members differ from cluster to cluster.
//!
//! A cluster counts only the types that it serves, so one type has different positions on different clusters. Its
//! place here is the same for all: behind the type that it follows on the first cluster that has both.

use crate::record::{argument, within_argument};
use std::collections::{BTreeMap, HashMap};

/// Numbers for places, in the order in which they were first seen.
#[derive(Debug, Default)]
pub(crate) struct TableOrder {
    numbers: HashMap<(u32, Box<str>), u32>,
    /// For each cluster by its number and for each position there, the place.
    clusters: BTreeMap<u32, BTreeMap<u32, u32>>,
    /// What was asked last: most rows are of the cluster and the type of the row before.
    last: Option<(u32, u32, Box<str>, u32)>,
}

impl TableOrder {
    /// The place of a row.
    pub(crate) fn number(&mut self, cluster: u32, position: u32, resource: &str) -> u32 {
        // What has one position on a cluster is one list, whatever is in it.
        let is_one_list = within_argument(position) == 0 || resource.is_empty();
        let resource = if is_one_list { "" } else { resource };
        if let Some((last_cluster, last_position, last_resource, number)) = &self.last
            && (*last_cluster, *last_position, &**last_resource) == (cluster, position, resource)
        {
            return *number;
        }
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let position_of_all = if is_one_list { position } else { argument(position) };
        let key = (position_of_all, resource.into());
        let number = *self.numbers.entry(key).or_insert(next);
        self.clusters.entry(cluster).or_default().insert(position, number);
        self.last = Some((cluster, position, resource.into(), number));
        number
    }

    /// For each place, its rank; of the clusters, `ranks` says which comes first.
    pub(crate) fn ranks(&self, ranks: &[u32]) -> Vec<u32> {
        let mut clusters: Vec<_> = self.clusters.iter().collect();
        clusters.sort_by_key(|(cluster, _)| ranks.get(**cluster as usize));
        let mut order: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (_, positions) in clusters {
            let mut behind = 0;
            let mut last = None;
            for (position, number) in positions {
                let argument = argument(*position);
                let union = order.entry(argument).or_default();
                if last.replace(argument) != Some(argument) {
                    behind = 0;
                }
                behind = match union.iter().position(|known| known == number) {
                    Some(at) => at + 1,
                    None => {
                        union.insert(behind, *number);
                        behind + 1
                    }
                };
            }
        }
        let mut found = vec![0; self.numbers.len()];
        for (rank, number) in (0..).zip(order.into_values().flatten()) {
            if let Some(place) = found.get_mut(number as usize) {
                *place = rank;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_has_one_place_on_all_clusters() {
        let mut places = TableOrder::default();
        let nodes = places.number(0, 1000, "nodes");
        let widgets = places.number(0, 1, "widgets");
        let gauges = places.number(1, 1, "gauges");
        assert_eq!(places.number(1, 2, "widgets"), widgets);
        assert_eq!(places.number(1, 1000, "nodes"), nodes);
        let dials = places.number(2, 2, "dials");
        assert_eq!(places.number(2, 1, "widgets"), widgets);
        let ranks = places.ranks(&[0, 1, 2]);
        let rank = |place: u32| ranks[place as usize];
        assert!(rank(gauges) < rank(widgets) && rank(widgets) < rank(dials) && rank(dials) < rank(nodes));
        // In another argument it stands once more.
        assert_ne!(places.number(0, 2001, "widgets"), widgets);
    }

    #[test]
    fn what_is_one_list_has_one_place() {
        let mut places = TableOrder::default();
        assert_eq!(places.number(0, 0, "pods"), places.number(0, 0, "services"));
    }
}
