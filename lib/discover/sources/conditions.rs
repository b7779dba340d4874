//! What several APIs say alike: conditions, and the version.

use crate::discover::paged_list::text;
use crate::record::{Health, Str};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A condition (apimachinery `metav1.Condition`).
#[derive(Deserialize)]
pub struct Condition<'a> {
    #[serde(borrow, default, rename = "type")]
    type_: Option<Str<'a>>,
    #[serde(borrow, default)]
    status: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reason: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Version<'a> {
    #[serde(borrow, default)]
    kubernetes: Option<&'a RawValue>,
}

/// Health and, where it is not good, why, in the hub's words: of the first of these types of
/// condition that there is.
pub fn health<'a>(conditions: &[Option<Condition<'a>>], types: &[&str]) -> (Health, Option<Str<'a>>) {
    let named = |name: &&str| {
        let mut conditions = conditions.iter().flatten();
        conditions.find(|condition| condition.type_.as_deref() == Some(*name))
    };
    let Some(condition) = types.iter().find_map(named) else {
        return (Health::Unknown, None);
    };
    let status = condition.status.and_then(text).unwrap_or_default();
    let health = if status.eq_ignore_ascii_case("true") {
        Health::Healthy
    } else if status.eq_ignore_ascii_case("false") {
        Health::Unhealthy
    } else {
        Health::Unknown
    };
    let said = |value: Option<&'a RawValue>| value.and_then(text).filter(|text| !text.is_empty());
    let reason = match (health, said(condition.reason), said(condition.message)) {
        (Health::Healthy, ..) => None,
        (_, Some(reason), Some(message)) => Some(Str::from(format!("{reason}: {message}"))),
        (_, reason, message) => reason.or(message),
    };
    (health, reason)
}

/// The Kubernetes version: `status.version.kubernetes`, or a version that is plain text.
pub fn version(version: &RawValue) -> Option<Str<'_>> {
    match serde_json::from_str::<Version<'_>>(version.get()) {
        Ok(version) => version.kubernetes.and_then(text),
        Err(_) => text(version),
    }
    .filter(|version| !version.is_empty())
}
