//! Unique names for several clusters that have one name.

use super::finding::{Finding, FindingKind, Findings};
use super::member::Member;
use super::names::{name_problem, quoted};
use crate::record::Str;
use std::collections::BTreeSet;

/// A cluster that may share its name with others.
pub struct Namesake {
    /// The name that it is listed by.
    pub name: String,
    /// Its manager or hub, which tells it from its namesakes. Empty if nothing does.
    pub owner: String,
    pub member: Member,
}

/// Returns the members in the order of their names. If several have the same name, each one with an owner is listed as
/// `name@owner`, so that it is not mistaken for another, and the one without an owner keeps the name. `owners` says in
/// messages what the owners are.
pub fn with_unique_names(mut named: Vec<Namesake>, owners: &str, findings: &mut Findings) -> Vec<Member> {
    let key = |named: &Namesake| (named.name.clone(), named.owner.clone());
    named.sort_by_cached_key(key);
    let names: BTreeSet<String> = named.iter().map(|named| named.name.clone()).collect();
    let mut members = Vec::with_capacity(named.len());
    let mut rest = named.into_iter().peekable();
    while let Some(first) = rest.next() {
        if rest.peek().is_none_or(|next| next.name != first.name) {
            members.push(first.member);
            continue;
        }
        let name = first.name.clone();
        let mut listed = Vec::new();
        let mut namesakes = vec![first];
        while let Some(namesake) = rest.next_if(|next| next.name == name) {
            namesakes.push(namesake);
        }
        for Namesake {
            owner, mut member, ..
        } in namesakes
        {
            let unique = match owner.as_str() {
                "" => name.clone(),
                owner => format!("{name}@{owner}"),
            };
            let problem = match name_problem(&unique) {
                _ if owner.is_empty() => None,
                None if names.contains(&unique) => Some("another cluster has that name"),
                problem => problem,
            };
            if let Some(problem) = problem {
                findings.push(Finding::missing(format!(
                    "a second cluster {} cannot be listed as {}: {problem}",
                    quoted(&name),
                    quoted(&unique)
                )));
                continue;
            }
            if !owner.is_empty() {
                member.change(|cluster| cluster.cluster = Str::from(unique.clone()));
            }
            members.push(member);
            listed.push(unique);
        }
        findings.push(Finding::new(
            FindingKind::Namesakes,
            format!(
                "several {owners} have a cluster {}: listed as {}",
                quoted(&name),
                listed.join(", ")
            ),
        ));
    }
    members.sort_by(|one, other| one.name().cmp(other.name()));
    members
}
