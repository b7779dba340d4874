//! Group records as rows: the values that the rows are grouped by, COUNT, and CLUSTERS.

use super::fold_names::{fold, shorten};
use super::headings::CLUSTER;
use super::options::Options;
use crate::record::{Cell, Columns, Group, Row, Str};

/// The start of the resource of rows that are groups. The API group is this project's own, so no server has it.
pub(crate) const GROUPS: &str = "groups.kubectl-mc.k8s.io/";

/// The column of the clusters that have rows of a group.
const CLUSTERS: &str = "CLUSTERS";

/// About how many characters of a table the clusters' names may take; -o wide has all.
const NAMES_WIDTH: usize = 40;

/// Returns a group as a row. `in_table` is true if its cells are for people.
pub(crate) fn row<'a>(group: &'a Group<'a>, options: &Options, in_table: bool) -> Row<'a> {
    let mut columns: Vec<(Str<'a>, Cell<'a>)> = group.by.0.clone();
    if !group.folded {
        columns.push(("COUNT".into(), Cell::from(group.count.to_string())));
    }
    for computed in &group.computed {
        let text = computed
            .value
            .map(|value| serde_json::from_str::<Str<'_>>(value.get()));
        let cell = match (text, computed.value) {
            (Some(Ok(text)), _) => Cell::Text(text),
            (_, Some(number)) => Cell::Json(number),
            (_, None) => Cell::from("<none>"),
        };
        columns.push((computed.heading.as_str().into(), cell));
    }
    // A group of one cluster has its name among its values.
    let is_by_cluster = columns.iter().any(|(heading, _)| *heading == *CLUSTER);
    if options.show_cluster_column && !is_by_cluster {
        let parts = fold(group.clusters.keys().map(Str::as_str));
        let cell = match (in_table, options.wide) {
            (false, _) => parts.join(","),
            (true, true) => format!("{}: {}", group.clusters.len(), parts.join(",")),
            (true, false) => format!("{}: {}", group.clusters.len(), shorten(&parts, NAMES_WIDTH)),
        };
        columns.push((CLUSTERS.into(), Cell::from(cell)));
    }
    Row {
        resource: format!("{GROUPS}{}", group.resource).into(),
        type_: group.type_.as_str().into(),
        position: group.position,
        columns: Columns(columns),
        ..Row::default()
    }
}
