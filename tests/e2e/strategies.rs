//! `--drift` on the real members, which differ, against what kubectl prints of each.

use std::collections::{BTreeMap, BTreeSet};

use crate::fleet::{HUB, MEMBERS};
use crate::home::Home;

/// Namespace, name, the kind of difference, the cell of DATA and the clusters that differ.
type Difference = (String, String, String, String, String);

/// Returns the DATA cell of each config map that kubectl lists on a member, by namespace and name.
fn data_cells(home: &Home, member: &str) -> BTreeMap<(String, String), String> {
    let table = home
        .kubectl(&["--context", member, "get", "configmaps", "-A", "--no-headers"])
        .success();
    let row = |line: &str| {
        let cells: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let [namespace, name, data, _] = cells.try_into().expect("four cells");
        ((namespace, name), data)
    };
    table.lines().map(row).collect()
}

/// Returns how the clusters differ from what most of them have, where more than half of them have the same.
fn expected(home: &Home) -> BTreeSet<Difference> {
    let cells = MEMBERS.map(|member| data_cells(home, member));
    let keys: BTreeSet<&(String, String)> = cells.iter().flat_map(BTreeMap::keys).collect();
    let mut differences = BTreeSet::new();
    for key in keys {
        let values = cells.each_ref().map(|cells| cells.get(key));
        let having = |value| values.iter().filter(|other| **other == value).count();
        let most = values
            .into_iter()
            .max_by_key(|value| having(*value))
            .expect("members");
        if having(most) * 2 <= values.len() {
            continue;
        }
        for (member, value) in MEMBERS.iter().zip(values).filter(|(_, value)| *value != most) {
            let (change, data) = match (most, value) {
                (None, Some(data)) => ("added", data.clone()),
                (Some(data), None) => ("missing", data.clone()),
                (Some(most), Some(data)) => ("changed", format!("{most} -> {data}")),
                (None, None) => continue,
            };
            let (namespace, name) = key.clone();
            differences.insert((namespace, name, change.to_owned(), data, (*member).to_owned()));
        }
    }
    differences
}

#[test]
fn drift_is_what_kubectl_shows_to_differ() {
    let home = Home::new();
    let expected = expected(&home);
    assert!(!expected.is_empty());
    let outcome = home.get(&[
        "configmaps",
        "-A",
        "--drift",
        "--exit-code",
        "-o",
        "csv",
        "--hub-context",
        HUB,
        "--exclude=orphan",
    ]);
    assert_eq!(outcome.status, 4, "{outcome:?}");
    let mut lines = outcome.stdout.lines();
    assert_eq!(lines.next(), Some("NAMESPACE,NAME,CHANGE,DATA,CLUSTERS"));
    let difference = |line: &str| {
        let cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        cells.try_into().map(<[String; 5]>::into).expect("five cells")
    };
    let found: BTreeSet<Difference> = lines.map(difference).collect();
    // Where all members differ, one of them counts as what the others differ from.
    let of_all =
        |(namespace, name, ..): &&Difference| (namespace.as_str(), name.as_str()) == ("mixed", "shared");
    assert_eq!(found.iter().filter(of_all).count(), 2, "{found:?}");
    let found: BTreeSet<Difference> = found.iter().filter(|found| !of_all(found)).cloned().collect();
    assert_eq!(found, expected);
}
