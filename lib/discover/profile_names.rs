//! Removes ambiguous profile names. The user's mapping file may name a cluster by the name of its ClusterProfile, where
//! that differs from the cluster's own.

use super::member::Member;
use std::collections::{HashMap, HashSet};

/// Removes the profile's name from the records of clusters that share it, whether as the name of a profile or as their
/// own: a mapping of that name would lead one of them into the context of another.
pub fn remove_ambiguous(members: &mut [Member]) {
    // Nearly every fleet has none, and then no record is parsed.
    let has_profile = |member: &Member| member.record().contains("\"profile\":");
    let profiles: Vec<Option<String>> = members
        .iter()
        .map(|member| match has_profile(member) {
            true => member.cluster().profile.map(|profile| profile.0.into_owned()),
            false => None,
        })
        .collect();
    if profiles.iter().all(Option::is_none) {
        return;
    }
    let names: HashSet<&str> = members.iter().map(Member::name).collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for profile in profiles.iter().flatten() {
        *counts.entry(profile).or_default() += 1;
    }
    let is_ambiguous =
        |profile: &String| names.contains(profile.as_str()) || counts.get(profile.as_str()) != Some(&1);
    let ambiguous: Vec<bool> = profiles
        .iter()
        .map(|profile| profile.as_ref().is_some_and(is_ambiguous))
        .collect();
    for (member, is_ambiguous) in members.iter_mut().zip(ambiguous) {
        if is_ambiguous {
            member.change_json(|fields| {
                fields.remove("profile");
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::remove_ambiguous;
    use crate::discover::member::Member;

    #[test]
    fn profile_name_that_two_clusters_share_is_removed() {
        let member = |(cluster, profile): (&str, &str)| {
            let profile = match profile {
                "" => String::new(),
                name => format!(",\"profile\":\"{name}\""),
            };
            let record =
                format!("{{\"kind\":\"Cluster\",\"cluster\":\"{cluster}\"{profile},\"health\":\"Healthy\"}}");
            Member::from_record(cluster, &record)
        };
        let listed = [("a", "one"), ("b", "one"), ("c", "d"), ("d", ""), ("e", "five")];
        let mut members = listed.map(member);
        remove_ambiguous(&mut members);
        let expected = [("a", ""), ("b", ""), ("c", ""), ("d", ""), ("e", "five")];
        assert_eq!(members, expected.map(member));
    }
}
