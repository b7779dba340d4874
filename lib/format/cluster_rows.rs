//! Cluster records as rows, for `kubectl mc clusters`.

use super::group_rows::GROUPS;
use crate::record::{Cell, Cluster, Columns, Row, Str};

/// The resource of rows that are clusters themselves. The API group is this project's own, so no server has it.
pub(crate) const FLEET: &str = "clusters.kubectl-mc.k8s.io";

/// Returns true if a row is not of one cluster: it is a cluster itself, or a group.
pub(crate) fn has_no_cluster(resource: &str) -> bool {
    resource == FLEET || resource.starts_with(GROUPS)
}

/// Returns a cluster as a row: NAME, HEALTH, VERSION, HUB, ACCESS and, if `wide`, DISPLAY-NAME. A row has HUB and ACCESS
/// only if the record has them, so a list in which no record does lacks the column.
pub(crate) fn row<'a>(cluster: &'a Cluster<'a>, wide: bool) -> Row<'a> {
    let mut columns: Vec<(Str<'a>, Cell<'a>)> = vec![
        ("NAME".into(), Cell::from(cluster.cluster.as_str())),
        ("HEALTH".into(), Cell::from(cluster.health.as_str())),
    ];
    let version = cluster.version.as_ref().map_or("<unknown>", Str::as_str);
    columns.push(("VERSION".into(), Cell::from(version)));
    if let Some(hub) = &cluster.hub {
        columns.push(("HUB".into(), Cell::from(hub.as_str())));
    }
    if let Some(access) = access(cluster) {
        columns.push(("ACCESS".into(), access));
    }
    if wide {
        let shown = cluster.display_name.as_ref().map_or("<none>", Str::as_str);
        columns.push(("DISPLAY-NAME".into(), Cell::from(shown)));
    }
    Row {
        cluster: Str::from(cluster.cluster.as_str()),
        resource: FLEET.into(),
        type_: "cluster".into(),
        name: Str::from(cluster.cluster.as_str()),
        columns: Columns(columns),
        ..Row::default()
    }
}

/// Returns how the cluster is reached, or why it cannot be.
fn access<'a>(cluster: &'a Cluster<'a>) -> Option<Cell<'a>> {
    if let Some(skip) = &cluster.skip {
        return Some(Cell::from(format!("{}: {}", skip.reason, skip.message)));
    }
    let access = cluster.access.as_ref()?;
    Some(match (&access.context, access.via.as_ref().map(Str::as_str)) {
        (Some(context), None | Some("context")) => Cell::from(context.as_str()),
        (Some(context), Some(via)) => Cell::from(format!("{via} → {context}")),
        (None, Some("provider")) => Cell::from(format!(
            "provider → {}",
            access.provider.as_ref().map_or("<unknown>", Str::as_str)
        )),
        // A way that this release does not know.
        (None, Some(via)) => Cell::from(via),
        (None, None) => Cell::from("<unknown>"),
    })
}
