//! Resources whose names no API server accepts, which are left out of what a server serves.
//!
//! A resource's name stands in rows, in paths and among the choices of shell completion. Kubernetes takes only DNS
//! labels for them, so that anything else comes from a server that extends it carelessly or that means harm.

use super::Index;
use crate::apiserver::mapper::join_group;
use crate::term;

/// How many of the names are said.
const SHOWN: usize = 3;

/// The longest DNS label, in bytes.
const MAX_LABEL: usize = 63;

/// The longest DNS name, in bytes.
const MAX_NAME: usize = 253;

/// Removes them, and returns what to say of them, if there are any.
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
        // They are named in hints.
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
            "types whose names are no DNS labels are left out: {}{more}",
            names.join(", ")
        )
    })
}

/// RFC 1123, in lower case.
fn is_dns_label(label: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_LABEL).contains(&label.len())
        && label.bytes().all(is_inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Labels with dots between them.
fn is_dns_name(name: &str) -> bool {
    name.len() <= MAX_NAME && name.split('.').all(is_dns_label)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Group, Resource, Version};
    use super::*;

    fn index(groups: &[(&str, &[&str])]) -> Index {
        let resource = |plural: &&str| Resource {
            plural: (*plural).to_owned(),
            ..Resource::default()
        };
        let group = |(name, resources): &(&str, &[&str])| Group {
            name: (*name).to_owned(),
            versions: vec![Version {
                name: "v1".into(),
                resources: resources.iter().map(resource).collect(),
            }],
            preferred: 0,
            broken: Vec::new(),
        };
        Index(groups.iter().map(group).collect())
    }

    #[test]
    fn resources_with_names_that_are_no_dns_labels_are_left_out_and_named() {
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
            "types whose names are no DNS labels are left out: \"$(touch x)\", \"a.b\", \"-a\", …"
        );
    }

    #[test]
    fn what_a_real_server_serves_is_all_kept() {
        let mut served = super::super::recorded();
        assert_eq!(leave_out(&mut served), None);
        assert_eq!(served, super::super::recorded());
    }
}
