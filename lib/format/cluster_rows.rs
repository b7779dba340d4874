//! Cluster records as rows, for `kubectl mc clusters`.

use super::cluster_columns::ClusterColumns;
use super::group_rows::GROUPS;
use super::options::Options;
use crate::record::facts::{self, find};
use crate::record::headings::distinct;
use crate::record::{Cell, Cluster, Columns, Row, Str};
use crate::vendor::{Vendor, says_nothing};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The resource of rows that are clusters themselves. The API group is this project's own, so no server has it.
pub(crate) const FLEET: &str = "clusters.kubectl-mc.k8s.io";

/// Returns true if a row is not of one cluster: it is a cluster itself, or a group.
pub(crate) fn has_no_cluster(resource: &str) -> bool {
    resource == FLEET || resource.starts_with(GROUPS)
}

const HUB: &str = "HUB";

/// The columns that a list of clusters may have, of which a cluster may lack some.
const COLUMNS: [&str; 11] = [
    "NAME",
    "HEALTH",
    "VERSION",
    "REGION",
    "PROVIDER",
    "NODES",
    "SETS",
    HUB,
    "ACCESS",
    "DISPLAY-NAME",
    "LABELS",
];

/// The cell of something that is not known.
pub(super) const UNKNOWN: &str = "<unknown>";

/// Clusters that wait until it is known which of the columns they have.
#[derive(Debug, Default)]
pub(super) struct ClusterRows {
    rows: Vec<Row<'static>>,
    /// The hub of the first cluster.
    hub: Option<String>,
    /// True if there are clusters of several hubs.
    several_hubs: bool,
}

impl ClusterRows {
    /// Keeps a cluster. `all` is for a spreadsheet: it gets every column, and cells are whole.
    pub(super) fn push(&mut self, cluster: &Cluster<'_>, options: &Options, all: bool) {
        if let Some(hub) = &cluster.hub {
            let first = self.hub.get_or_insert_with(|| hub.to_string());
            self.several_hubs |= *first != hub.as_str();
        }
        self.rows.push(row(cluster, options, all));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.rows.clear();
    }

    /// Takes the rows. Where all are of one hub, it has no column unless all columns are asked for.
    pub(super) fn take(&mut self, all: bool) -> Vec<Row<'static>> {
        let mut rows = std::mem::take(&mut self.rows);
        if !all && !self.several_hubs {
            for row in &mut rows {
                row.columns.0.retain(|(heading, _)| *heading != *HUB);
            }
        }
        rows
    }
}

/// Returns a cluster as a row. A column about which the hub says nothing is left out, so a list in which no record has it
/// lacks the column.
pub(super) fn row(cluster: &Cluster<'_>, options: &Options, all: bool) -> Row<'static> {
    let all = all || options.wide;
    let mut columns: Vec<(Str<'static>, Cell<'static>)> = Vec::new();
    let mut add = |heading: &str, cell: Option<Cow<'_, str>>| {
        if let Some(cell) = cell {
            columns.push((heading.to_owned().into(), Cell::from(cell.into_owned())));
        }
    };
    let version = cluster.version.as_ref().map_or(UNKNOWN, Str::as_str);
    add("NAME", Some(cluster.cluster.as_str().into()));
    add("HEALTH", Some(cluster.health.as_str().into()));
    add("VERSION", Some(version.into()));
    add("REGION", find(cluster, facts::REGION).map(Cow::from));
    add("PROVIDER", provider(cluster).map(Cow::from));
    add("NODES", find(cluster, facts::NODES).map(Cow::from));
    if all && !cluster.cluster_sets.is_empty() {
        let sets: Vec<&str> = cluster.cluster_sets.iter().map(Str::as_str).collect();
        add("SETS", Some(sets.join(",").into()));
    }
    add(HUB, cluster.hub.as_ref().map(|hub| hub.as_str().into()));
    add("ACCESS", access(cluster, options.verbose || all && !options.wide));
    if all {
        add(
            "DISPLAY-NAME",
            cluster.display_name.as_ref().map(|name| name.as_str().into()),
        );
    }
    add_labels(cluster, &options.clusters, &mut add);
    Row {
        cluster: cluster.cluster.to_string().into(),
        resource: FLEET.into(),
        type_: "cluster".into(),
        name: cluster.cluster.to_string().into(),
        columns: Columns(columns),
        ..Row::default()
    }
}

/// Adds the columns of `-L`, which may name properties too, and of `--show-labels`.
fn add_labels(
    cluster: &Cluster<'_>,
    wanted: &ClusterColumns,
    add: &mut dyn FnMut(&str, Option<Cow<'_, str>>),
) {
    let value = |map: &BTreeMap<Str<'_>, Str<'_>>, key: &str| map.get(key).map(|value| value.to_string());
    let headings = wanted.label_columns.iter();
    let headings = headings.map(|key| key.rsplit('/').next().unwrap_or_default().to_uppercase());
    let headings: Vec<String> = headings.collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    for (key, heading) in wanted.label_columns.iter().zip(distinct(&COLUMNS, &headings)) {
        let value = value(&cluster.labels, key).or_else(|| value(&cluster.properties, key));
        add(&heading, Some(value.unwrap_or_default().into()));
    }
    if wanted.show_labels {
        let pairs = cluster.labels.iter().map(|(key, value)| format!("{key}={value}"));
        let pairs: Vec<String> = pairs.collect();
        let none = || "<none>".to_owned();
        let pairs = Some(pairs.join(",")).filter(|pairs| !pairs.is_empty());
        add("LABELS", Some(pairs.unwrap_or_else(none).into()));
    }
}

/// Returns the cloud that a cluster runs on, else the product that it is. Known names are spelled in one way.
fn provider<'c>(cluster: &'c Cluster<'_>) -> Option<&'c str> {
    let lists = [facts::CLOUD, facts::PRODUCT].into_iter();
    let mut said = lists.filter_map(|names| find(cluster, names));
    let said = said.find(|said| !says_nothing(said))?;
    Some(match Vendor::named(said) {
        Some(vendor) => vendor.cloud(),
        None => said,
    })
}

/// Returns how the cluster is reached, or why it cannot be. The message about that is long.
fn access<'a>(cluster: &'a Cluster<'_>, with_message: bool) -> Option<Cow<'a, str>> {
    if let Some(skip) = &cluster.skip {
        return Some(match with_message {
            true => format!("{}: {}", skip.reason, skip.message).into(),
            false => skip.reason.to_string().into(),
        });
    }
    let access = cluster.access.as_ref()?;
    Some(match (&access.context, access.via.as_ref().map(Str::as_str)) {
        (Some(context), None | Some("context")) => context.as_str().into(),
        (Some(context), Some(via)) => format!("{via} → {context}").into(),
        (None, Some("provider")) => {
            let provider = access.provider.as_ref().map_or(UNKNOWN, Str::as_str);
            format!("provider → {provider}").into()
        }
        // A way that this release does not know.
        (None, Some(via)) => via.into(),
        (None, None) => UNKNOWN.into(),
    })
}

/// The keys of certificate authorities in a Cluster record.
const AUTHORITIES: [&str; 3] = [
    "\"certificate-authority-data\":\"",
    "\"certificateAuthorityData\":\"",
    "\"caBundle\":\"",
];

/// Leaves out each certificate authority of a record but the first time that it has it: what the hub publishes is in the
/// access once more, and a document is for people.
pub(super) fn with_each_authority_once(record: &str) -> Cow<'_, str> {
    let mut seen: Vec<&str> = Vec::new();
    let mut kept = String::new();
    let (mut from, mut at) = (0, 0);
    // Inside of a JSON string these quotes would be escaped.
    while let Some((start, key)) = AUTHORITIES
        .iter()
        .filter_map(|key| Some((at + record.get(at..)?.find(key)?, key)))
        .min()
    {
        let value = start + key.len();
        let Some(length) = record.get(value..).and_then(|rest| rest.find('"')) else {
            break;
        };
        let authority = &record[value..value + length];
        at = value + length + 1;
        if !seen.contains(&authority) {
            seen.push(authority);
            continue;
        }
        let before = &record[from..start];
        match before.strip_suffix(',') {
            Some(before) => {
                kept.push_str(before);
                from = at;
            }
            None => {
                kept.push_str(before);
                from = at + usize::from(record[at..].starts_with(','));
            }
        }
    }
    match from {
        0 => Cow::Borrowed(record),
        _ => Cow::Owned(kept + &record[from..]),
    }
}

#[cfg(test)]
mod tests {
    use super::with_each_authority_once;

    #[test]
    fn certificate_authority_is_kept_once() {
        for (record, expected) in [
            (r#"{"a":"x"}"#, r#"{"a":"x"}"#),
            (
                r#"{"p":[{"certificate-authority-data":"X","s":1}],"access":{"s":1,"certificateAuthorityData":"X"}}"#,
                r#"{"p":[{"certificate-authority-data":"X","s":1}],"access":{"s":1}}"#,
            ),
            (
                r#"{"p":{"caBundle":"X"},"q":{"caBundle":"X","s":1},"r":{"caBundle":"Y"}}"#,
                r#"{"p":{"caBundle":"X"},"q":{"s":1},"r":{"caBundle":"Y"}}"#,
            ),
            (
                r#"{"p":{"caBundle":"X"},"q":{"caBundle":"X"}}"#,
                r#"{"p":{"caBundle":"X"},"q":{}}"#,
            ),
        ] {
            assert_eq!(with_each_authority_once(record), expected);
        }
    }
}
