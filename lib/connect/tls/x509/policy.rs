//! Certificate policies (RFC 5280 6.1, revised by RFC 9618). TLS clients do not ask for any, so they matter only if a
//! certificate in the chain requires that all have one in common.

use super::certificate::Certificate;
use super::oid::ANY_POLICY;
use std::collections::{BTreeMap, BTreeSet};

/// A policy's identifier.
type PolicyId = Vec<u8>;

/// The policies that are valid down to some certificate, each with the names that the next certificate may use for it.
type Valid = BTreeMap<PolicyId, BTreeSet<PolicyId>>;

/// Returns true if the policies of a chain, leaf first, are valid.
pub(super) fn is_valid(chain: &[&Certificate<'_>]) -> bool {
    // The policies of the trust anchor do not count.
    let Some((_, below)) = chain.split_last() else {
        return true;
    };
    let count = u64::try_from(below.len()).unwrap_or(u64::MAX);
    let (mut explicit, mut mapping, mut any) = (count + 1, count + 1, count + 1);
    let mut valid = Some(Valid::from([(
        ANY_POLICY.to_vec(),
        BTreeSet::from([ANY_POLICY.to_vec()]),
    )]));
    for (index, certificate) in below.iter().enumerate().rev() {
        let extensions = &certificate.extensions;
        let is_leaf = index == 0;
        let is_self_issued = certificate.issuer == certificate.subject;
        if extensions.policies.is_empty() {
            valid = None;
        }
        if explicit == 0 && valid.is_none() {
            return false;
        }
        if let Some(before) = valid.take() {
            let may_be_any = any > 0 || (!is_leaf && is_self_issued);
            let mut now = narrowed(&before, &extensions.policies, may_be_any);
            if !is_leaf && !map(&mut now, &extensions.policy_mappings, mapping > 0) {
                return false;
            }
            valid = Some(now).filter(|now| !now.is_empty());
        }
        if is_leaf {
            explicit = explicit.saturating_sub(1);
            if extensions.require_explicit_policy == Some(0) {
                explicit = 0;
            }
            continue;
        }
        if !is_self_issued {
            explicit = explicit.saturating_sub(1);
            mapping = mapping.saturating_sub(1);
            any = any.saturating_sub(1);
        }
        explicit = explicit.min(extensions.require_explicit_policy.unwrap_or(explicit));
        mapping = mapping.min(extensions.inhibit_policy_mapping.unwrap_or(mapping));
        any = any.min(extensions.inhibit_any_policy.unwrap_or(any));
    }
    explicit > 0 || valid.is_some()
}

/// Returns the policies that are valid above a certificate and that it has too.
fn narrowed(before: &Valid, policies: &[&[u8]], may_be_any: bool) -> Valid {
    let expected: BTreeSet<&PolicyId> = before.values().flatten().collect();
    let was_any = before.contains_key(ANY_POLICY);
    let mut now = Valid::new();
    for policy in policies.iter().filter(|policy| **policy != ANY_POLICY) {
        let policy = policy.to_vec();
        if was_any || expected.contains(&policy) {
            now.insert(policy.clone(), BTreeSet::from([policy]));
        }
    }
    if may_be_any && policies.contains(&ANY_POLICY) {
        for policy in expected {
            now.entry(policy.clone())
                .or_insert_with(|| BTreeSet::from([policy.clone()]));
        }
    }
    now
}

/// Renames policies for the certificates below. Returns false if the mappings are invalid.
fn map(now: &mut Valid, mappings: &[(&[u8], &[u8])], may_map: bool) -> bool {
    let mut renamed = Valid::new();
    for (issuer, subject) in mappings {
        if !may_map {
            now.remove(*issuer);
            continue;
        }
        if *issuer == ANY_POLICY || *subject == ANY_POLICY {
            return false;
        }
        renamed
            .entry(issuer.to_vec())
            .or_default()
            .insert(subject.to_vec());
    }
    for (issuer, subjects) in renamed {
        if now.contains_key(&issuer) || now.contains_key(ANY_POLICY) {
            now.insert(issuer, subjects);
        }
    }
    true
}
