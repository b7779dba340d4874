//! The names of ClusterProfiles that differ from those of their clusters: the user's mapping file may name a cluster
//! by either.

use super::gathering::Fleet;
use super::json_object::Fields;
use crate::record::Str;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

#[derive(Deserialize)]
struct Names<'a> {
    #[serde(borrow)]
    cluster: Str<'a>,
    #[serde(borrow, default)]
    profile: Option<Str<'a>>,
}

/// Leaves a profile's name out of the records of a fleet where several clusters have it, be it as the name of a
/// profile or as their own: a mapping of that name would lead one of them into another's context.
pub fn leave_out_ambiguous(fleet: &mut Fleet) {
    // Nearly every fleet has none.
    if !fleet.lines.contains("\"profile\":") {
        return;
    }
    let lines: Vec<(&str, Option<Names<'_>>)> = fleet
        .lines
        .lines()
        .map(|line| (line, serde_json::from_str(line).ok()))
        .collect();
    let named = lines.iter().filter_map(|(_, names)| names.as_ref());
    let clusters: HashSet<&str> = named.clone().map(|names| names.cluster.as_str()).collect();
    let mut profiles: HashMap<&str, usize> = HashMap::new();
    for profile in named.filter_map(|names| names.profile.as_deref()) {
        *profiles.entry(profile).or_default() += 1;
    }
    let is_ambiguous = |profile: &str| clusters.contains(profile) || profiles.get(profile) != Some(&1);
    let mut unique = String::with_capacity(fleet.lines.len());
    for (line, names) in &lines {
        let profile = names.as_ref().and_then(|names| names.profile.as_deref());
        if profile.is_some_and(is_ambiguous) {
            let mut fields = Fields::read(line);
            fields.remove("profile");
            unique.push_str(&fields.json());
        } else {
            unique.push_str(line);
        }
        unique.push('\n');
    }
    fleet.lines = unique;
}

#[cfg(test)]
mod tests {
    use super::leave_out_ambiguous;
    use crate::discover::gathering::Fleet;

    #[test]
    fn profile_name_that_two_clusters_share_is_left_out() {
        let line = |cluster: &str, profile: &str| {
            let profile = match profile {
                "" => String::new(),
                name => format!(",\"profile\":\"{name}\""),
            };
            format!("{{\"kind\":\"Cluster\",\"cluster\":\"{cluster}\"{profile},\"health\":\"Healthy\"}}\n")
        };
        let listed = [("a", "one"), ("b", "one"), ("c", "d"), ("d", ""), ("e", "five")];
        let mut fleet = Fleet {
            lines: listed.map(|(cluster, profile)| line(cluster, profile)).concat(),
            ..Fleet::default()
        };
        leave_out_ambiguous(&mut fleet);
        let expected = [("a", ""), ("b", ""), ("c", ""), ("d", ""), ("e", "five")];
        assert_eq!(
            fleet.lines,
            expected.map(|(cluster, profile)| line(cluster, profile)).concat()
        );
    }
}
