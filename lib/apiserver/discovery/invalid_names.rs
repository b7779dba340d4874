//! Leaves resources out whose names are invalid.
//!
//! A resource's name is printed in rows, sent in paths and offered by shell completion. Kubernetes accepts only DNS labels,
//! so any other name comes from a careless or malicious aggregated API server.

use crate::apiserver::mapper::{Index, join_group};
use crate::term;

/// How many of the names are reported.
const SHOWN: usize = 3;

/// The longest DNS label, in bytes.
const MAX_LABEL: usize = 63;

/// The longest DNS name, in bytes.
const MAX_NAME: usize = 253;

/// Removes resources with invalid names, and returns a message about them, if there are any.
pub(super) fn leave_out(index: &mut Index) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    let mut count = 0_usize;
    let mut refuse = |name: &str, group: &str| {
        count += 1;
        if names.len() < SHOWN {
            let whole = join_group(name, group);
            let quoted = format!(
                "\"{}\"",
                term::escape(&whole.chars().take(100).collect::<String>())
            );
            if !names.contains(&quoted) {
                names.push(quoted);
            }
        }
    };
    for group in &mut index.0 {
        let is_group = group.name.is_empty() || is_dns_name(&group.name);
        // Broken versions are named in hints, so their names have to be valid, too.
        group
            .broken
            .retain(|broken| is_group && is_dns_label(&broken.version));
        for version in &mut group.versions {
            version.resources.retain(|resource| {
                let is_fit = is_group && is_dns_label(&resource.plural);
                if !is_fit {
                    refuse(&resource.plural, &group.name);
                }
                is_fit
            });
        }
    }
    let more = if names.len() < count { ", …" } else { "" };
    (count > 0).then(|| {
        format!(
            "types whose names are not DNS labels are left out: {}{more}",
            names.join(", ")
        )
    })
}

/// Returns whether this is a DNS label (RFC 1123) in lower case.
fn is_dns_label(label: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_LABEL).contains(&label.len())
        && label.bytes().all(is_inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Returns whether this is a DNS name: labels separated by dots.
fn is_dns_name(name: &str) -> bool {
    name.len() <= MAX_NAME && name.split('.').all(is_dns_label)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::recorded;
    use super::*;
    use crate::apiserver::mapper::{ApiVersion, Group, Resource};

    fn index(groups: &[(&str, &[&str])]) -> Index {
        let resource = |plural: &&str| Resource {
            plural: (*plural).to_owned(),
            ..Resource::default()
        };
        let group = |(name, resources): &(&str, &[&str])| Group {
            name: (*name).to_owned(),
            versions: vec![ApiVersion {
                name: "v1".into(),
                resources: resources.iter().map(resource).collect(),
            }],
            preferred: 0,
            broken: Vec::new(),
        };
        Index(groups.iter().map(group).collect())
    }

    #[test]
    fn resources_with_invalid_names_are_left_out_and_reported() {
        let mut served = index(&[
            ("", &["pods", "$(touch x)", "a.b", "-a", "A", "a\u{1b}[2J"]),
            ("example.com", &["widgets", ""]),
            ("$(touch x).com", &["gadgets"]),
        ]);
        let notice = leave_out(&mut served).unwrap();
        let expected = index(&[
            ("", &["pods"]),
            ("example.com", &["widgets"]),
            ("$(touch x).com", &[]),
        ]);
        assert_eq!(served, expected);
        assert_eq!(
            notice,
            "types whose names are not DNS labels are left out: \"$(touch x)\", \"a.b\", \"-a\", …"
        );
    }

    #[test]
    fn resources_of_a_real_server_are_kept() {
        let mut served = recorded();
        assert_eq!(leave_out(&mut served), None);
        assert_eq!(served, recorded());
    }
}
