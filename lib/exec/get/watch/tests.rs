//! Tests of single events of a watch.

#![allow(clippy::unwrap_used, clippy::panic)]
use super::begin::{Watched, is_final};
use super::events::{End, read_event_now};
use super::*;
use crate::apiserver::wellknown;
use crate::exec::get::objects::Objects;
use crate::exec::get::record_identity::RecordIdentity;
use crate::exec::get::tracker::KeptBytes;
use crate::exec::get::watched_list::name_selector;
use crate::record::Reason;

/// A watch of ConfigMaps that has come to version 5.
struct StartedWatch {
    tracker: Tracker,
    watched: Watched,
    batch: Vec<u8>,
}

impl StartedWatch {
    fn new() -> Self {
        Self {
            tracker: Tracker::new(Watch::default(), KeptBytes::default()),
            watched: Watched {
                mapping: wellknown::find("configmaps").unwrap(),
                name: None,
                namespace: None,
                version: Some("5".into()),
            },
            batch: Vec::new(),
        }
    }

    fn take(&mut self, line: &str) -> Result<u64, End> {
        let identity = RecordIdentity {
            cluster: "c",
            resource: "configmaps".into(),
            type_: "configmap".into(),
            position: 0,
            sort: None,
            sort_by: None,
            single: false,
        };
        let mut reader = RecordReader::Objects(Objects::new(&identity, false, None));
        let mut shown = read_event_now(&self.tracker, line, &mut reader)?;
        self.watched.version = shown.version.or(self.watched.version.take());
        self.batch.append(&mut shown.lines);
        Ok(shown.items)
    }

    fn version(&self) -> &str {
        self.watched.version.as_deref().unwrap()
    }
}

fn event(type_: &str, version: u32) -> String {
    format!(
        r#"{{"type":"{type_}","object":{{"kind":"ConfigMap","metadata":{{"name":"a","uid":"u","resourceVersion":"{version}"}}}}}}"#
    )
}

fn error(code: u16, reason: &str) -> String {
    format!(
        r#"{{"type":"ERROR","object":{{"kind":"Status","status":"Failure","message":"no","reason":"{reason}","code":{code}}}}}"#
    )
}

#[test]
fn events_and_bookmarks_move_the_watch_on() {
    let mut begun = StartedWatch::new();
    assert_eq!(begun.take(&event("ADDED", 6)).ok(), Some(1));
    assert_eq!(begun.version(), "6");
    assert_eq!(begun.take(&event("BOOKMARK", 8)).ok(), Some(0));
    assert_eq!(
        begun.version(),
        "8",
        "nothing is shown, and it goes on from there"
    );
    let shown = String::from_utf8(begun.batch.clone()).unwrap();
    assert_eq!(shown.lines().count(), 1);
    assert_eq!(begun.take(&event("DELETED", 10)).ok(), Some(1));
    assert_eq!(begun.version(), "10");
}

#[test]
fn an_expired_version_is_listed_again_and_other_errors_fail() {
    for line in [error(410, "Expired"), error(410, "Gone"), error(500, "Expired")] {
        assert!(
            matches!(StartedWatch::new().take(&line), Err(End::Expired)),
            "{line}"
        );
    }
    for line in [
        error(500, "InternalError"),
        error(403, "Forbidden"),
        event("SOMETHING-NEW", 9),
        "{}".into(),
        r#"{"type":"ADDED","object":[]}"#.into(),
    ] {
        match StartedWatch::new().take(&line) {
            Err(End::Failed(_)) => (),
            _ => panic!("{line}"),
        }
    }
}

#[test]
fn which_errors_are_final() {
    let status = |status| Error {
        status: Some(status),
        ..Error::new(Reason::ServerError, "no")
    };
    for code in [400, 401, 403, 404, 405, 422] {
        assert!(is_final(&status(code)), "{code}");
    }
    for code in [408, 410, 429, 500, 503] {
        assert!(!is_final(&status(code)), "{code}");
    }
    for (reason, expected) in [
        (Reason::Tls, true),
        (Reason::CredentialPlugin, true),
        (Reason::Connect, false),
        (Reason::Dns, false),
        (Reason::Timeout, false),
    ] {
        assert_eq!(is_final(&Error::new(reason, "no")), expected, "{reason:?}");
    }
}

#[test]
fn a_watched_object_is_listed_again_by_its_own_type() {
    let mut watched = StartedWatch::new().watched;
    watched.name = Some("a=b,c".into());
    watched.namespace = Some("n".into());
    let target = watched.target();
    assert_eq!(target.typed, "configmaps.v1.");
    assert_eq!(wellknown::find(&target.typed), Some(watched.mapping.clone()));
    assert_eq!(name_selector(&target).as_deref(), Some(r"metadata.name=a\=b\,c"));
}
