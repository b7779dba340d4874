//! Events (`events.k8s.io/v1`) about values that are left out of a profile.
//!
//! An Event's name is made from its object and its text, so that the same Event is created only once: across replicas,
//! restarts, and jobs that run mc-enrich --once every hour. kube's recorder instead counts repetitions, and only its own.

use super::hub_api::{FIELD_MANAGER, error_text};
use super::log;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Client;
use kube::api::{Api, ObjectMeta, PostParams};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The longest name of an object, in bytes (RFC 1123 subdomain).
const MAX_NAME: usize = 253;

/// Writes Events.
pub struct Events {
    client: Client,
    instance: String,
}

impl Events {
    /// Creates the Events of this process.
    pub fn new(client: Client, instance: &str) -> Self {
        Self {
            client,
            instance: instance.to_owned(),
        }
    }

    /// Writes a warning to the log, and creates an Event unless it exists. An error is only logged.
    pub async fn warn(&self, about: &ObjectReference, reason: &str, note: &str) {
        let profile = name_of(about);
        log::warn(note, &[("profile", &profile), ("reason", reason)]);
        let namespace = about.namespace.as_deref().unwrap_or_default();
        let api = Api::<Event>::namespaced(self.client.clone(), namespace);
        let event = event(about, &self.instance, reason, note);
        match api.create(&PostParams::default(), &event).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.is_already_exists() => {}
            Err(error) => log::error(
                "cannot write an event",
                &[("profile", &profile), ("error", &error_text(&error))],
            ),
        }
    }
}

fn name_of(about: &ObjectReference) -> String {
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    format!("{}/{}", part(&about.namespace), part(&about.name))
}

fn event(about: &ObjectReference, instance: &str, reason: &str, note: &str) -> Event {
    Event {
        metadata: ObjectMeta {
            namespace: about.namespace.clone(),
            name: Some(name(about, reason, note)),
            ..ObjectMeta::default()
        },
        regarding: Some(ObjectReference {
            // The version at that time is of no use to readers.
            resource_version: None,
            ..about.clone()
        }),
        type_: Some("Warning".into()),
        action: Some("Enrich".into()),
        reason: Some(reason.to_owned()),
        note: Some(note.to_owned()),
        event_time: Some(MicroTime(Timestamp::now())),
        reporting_controller: Some(FIELD_MANAGER.to_owned()),
        reporting_instance: Some(instance.to_owned()),
        ..Event::default()
    }
}

/// Returns a name like `shop.0123456789abcdef`.
fn name(about: &ObjectReference, reason: &str, note: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (&about.uid, reason, note).hash(&mut hasher);
    let end = format!(".{:016x}", hasher.finish());
    let object = about.name.as_deref().unwrap_or_default();
    let kept: String = object.chars().take(MAX_NAME - end.len()).collect();
    format!("{}{end}", kept.trim_end_matches(['.', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(name: &str, uid: &str) -> ObjectReference {
        ObjectReference {
            namespace: Some("fleet".into()),
            name: Some(name.into()),
            uid: Some(uid.into()),
            resource_version: Some("7".into()),
            ..ObjectReference::default()
        }
    }

    #[test]
    fn equal_events_have_equal_names() {
        let shop = about("shop", "1");
        let first = name(&shop, "ValueTooLong", "a");
        assert!(first.starts_with("shop."), "{first}");
        let later = ObjectReference {
            resource_version: Some("8".into()),
            ..shop.clone()
        };
        assert_eq!(name(&later, "ValueTooLong", "a"), first);
        for other in [
            name(&shop, "ValueInvalid", "a"),
            name(&shop, "ValueTooLong", "b"),
            name(&about("shop", "2"), "ValueTooLong", "a"),
        ] {
            assert_ne!(other, first);
        }
        let long = name(&about(&"x-".repeat(126), "1"), "r", "n");
        assert!(long.len() <= MAX_NAME && !long.contains("-."), "{long}");
    }

    #[test]
    fn event_has_the_fields_that_the_api_requires() {
        let event = event(&about("shop", "1"), "me", "ValueTooLong", "a");
        assert_eq!(event.metadata.namespace.as_deref(), Some("fleet"));
        assert_eq!(event.regarding.and_then(|about| about.resource_version), None);
        assert!(event.event_time.is_some() && event.reporting_instance.is_some());
    }
}
