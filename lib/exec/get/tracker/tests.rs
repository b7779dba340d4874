//! Tests of what a watch shows, step by step, and does not show again.

#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;

/// The ConfigMaps of a list: name, UID and version.
type Known<'a> = &'a [(&'a str, &'a str, u32)];

fn object(name: &str, uid: &str, version: u32) -> String {
    format!(
        r#"{{"metadata":{{"name":"{name}","namespace":"n","uid":"{uid}","resourceVersion":"{version}"}}}}"#
    )
}

/// Returns the record that a reader makes of an object.
fn record(name: &str, version: u32) -> String {
    format!(
        "{{\"kind\":\"Row\",\"cluster\":\"c\",\"resource\":\"configmaps\",\"namespace\":\"n\",\"name\":\"{name}\",\
         \"columns\":{{\"NAME\":\"{name}\",\"AT\":\"{version}\"}}}}\n"
    )
}

fn list(objects: Known<'_>) -> (String, String) {
    let items: Vec<String> = objects
        .iter()
        .map(|(name, uid, version)| object(name, uid, *version))
        .collect();
    let lines = objects.iter().map(|(name, _, version)| record(name, *version));
    (
        format!(
            r#"{{"kind":"ConfigMapList","metadata":{{}},"items":[{}]}}"#,
            items.join(",")
        ),
        lines.collect(),
    )
}

/// Returns the event of each record, whether it was listed, the name and the version.
fn shown(lines: &[u8]) -> Vec<String> {
    let lines = std::str::from_utf8(lines).unwrap().lines();
    lines
        .map(|line| match Record::parse(line).unwrap() {
            Record::Row(row) => format!(
                "{}{} {}@{}",
                row.event.unwrap().as_str(),
                if row.listed { " there" } else { "" },
                row.name,
                match row.columns.0.last() {
                    Some((_, Cell::Text(text))) => text.to_string(),
                    other => format!("{other:?}"),
                }
            ),
            other => format!("{other:?}"),
        })
        .collect()
}

fn mapping() -> Mapping {
    crate::apiserver::wellknown::find("configmaps").unwrap()
}

struct TestCluster(Tracker);

impl TestCluster {
    fn new() -> Self {
        Self(Tracker::new(Watch::default(), KeptBytes::default()))
    }

    /// Takes a list in one page.
    fn list(&self, objects: Known<'_>) -> Vec<String> {
        self.0.begin_list();
        let (text, lines) = list(objects);
        let (mut now, items) = self.0.page(&text, Expected::List, lines.as_bytes()).unwrap();
        let (mut end, more) = self.0.end_list(&mapping(), "9".into());
        end.write(&mut now).unwrap();
        let shown = shown(&now);
        assert_eq!(
            items + more,
            shown.len() as u64,
            "what is counted is what is written"
        );
        shown
    }

    fn event(&self, event: Event, name: &str, uid: &str, version: u32) -> Vec<String> {
        let mut out = Vec::new();
        let (items, at) = self
            .0
            .event(
                event,
                &object(name, uid, version),
                record(name, version).as_bytes(),
                &mut out,
            )
            .unwrap();
        assert_eq!(at, Some(version.to_string()), "where the watch goes on");
        let shown = shown(&out);
        assert_eq!(items, shown.len() as u64);
        shown
    }
}

#[test]
fn first_list_shows_all_and_later_ones_only_changes() {
    let member = TestCluster::new();
    assert_eq!(
        member.list(&[("a", "1", 1), ("b", "2", 2)]),
        ["ADDED there a@1", "ADDED there b@2"]
    );
    assert_eq!(member.list(&[("a", "1", 1), ("b", "2", 2)]), Vec::<String>::new());
    assert_eq!(
        member.list(&[("a", "1", 1), ("b", "2", 5), ("c", "3", 4)]),
        ["MODIFIED b@5", "ADDED c@4"]
    );
}

#[test]
fn deletions_come_before_new_objects_of_the_same_name() {
    let member = TestCluster::new();
    member.list(&[("gone", "1", 1), ("again", "2", 2), ("stays", "3", 3)]);
    assert_eq!(
        member.list(&[("again", "4", 7), ("stays", "3", 3)]),
        ["DELETED again@2", "DELETED gone@1", "ADDED again@7"]
    );
    assert_eq!(
        member.list(&[("again", "4", 7), ("stays", "3", 3)]),
        Vec::<String>::new(),
        "and only once"
    );
}

#[test]
fn list_does_not_repeat_events() {
    let member = TestCluster::new();
    member.list(&[]);
    assert_eq!(member.event(Event::Added, "a", "1", 2), ["ADDED a@2"]);
    assert_eq!(member.event(Event::Modified, "a", "1", 3), ["MODIFIED a@3"]);
    assert_eq!(member.list(&[("a", "1", 3)]), Vec::<String>::new());
    assert_eq!(
        member.event(Event::Modified, "a", "1", 3),
        Vec::<String>::new(),
        "the same state twice"
    );
    assert_eq!(member.event(Event::Deleted, "a", "1", 4), ["DELETED a@4"]);
    assert_eq!(
        member.list(&[]),
        Vec::<String>::new(),
        "it has been shown as deleted"
    );
    assert_eq!(member.event(Event::Added, "a", "2", 6), ["ADDED a@6"]);
}

#[test]
fn list_that_breaks_off_forgets_nothing() {
    let member = TestCluster::new();
    member.0.begin_list();
    let (text, lines) = list(&[("a", "1", 1), ("b", "2", 2)]);
    let (now, _) = member.0.page(&text, Expected::List, lines.as_bytes()).unwrap();
    assert_eq!(shown(&now).len(), 2);
    assert!(member.0.place().is_none(), "it has not come to its end");
    assert!(!member.0.lacks_all());
    assert_eq!(
        member.list(&[("a", "1", 1), ("c", "3", 3)]),
        ["ADDED there c@3", "DELETED b@2"]
    );
    assert_eq!(member.0.place().map(|(_, version)| version), Some("9".into()));
}

#[test]
fn pages_of_a_later_list_wait_for_deletions() {
    let member = TestCluster::new();
    member.list(&[("a", "1", 1), ("b", "2", 2)]);
    member.0.begin_list();
    let (text, lines) = list(&[("c", "3", 3)]);
    assert_eq!(
        member.0.page(&text, Expected::List, lines.as_bytes()).unwrap(),
        (Vec::new(), 0)
    );
    // The continue token expires, so the first page comes again.
    member.0.begin_list();
    let (text, lines) = list(&[("b", "2", 2), ("c", "3", 3)]);
    assert_eq!(
        member.0.page(&text, Expected::List, lines.as_bytes()).unwrap(),
        (Vec::new(), 0)
    );
    let (mut end, items) = member.0.end_list(&mapping(), "9".into());
    let mut lines = Vec::new();
    end.write(&mut lines).unwrap();
    assert_eq!(shown(&lines), ["DELETED a@1"]);
    assert_eq!(items, 1);
}

/// Returns a list as [`list`] does, whose rows have sort keys and are as long as is said.
fn list_with_sort_keys(objects: Known<'_>, length: usize) -> (String, String) {
    let (text, lines) = list(objects);
    let key = |version: u32| {
        format!(
            "\"sort\":{{\"by\":[{version}]}},\"columns\":{{\"LONG\":\"{}\",",
            "x".repeat(length)
        )
    };
    let rows = lines
        .lines()
        .zip(objects)
        .map(|(line, (_, _, version))| line.replace("\"columns\":{", &key(*version)) + "\n");
    (text, rows.collect())
}

#[test]
fn first_list_with_sort_keys_is_sorted_as_a_whole_beyond_memory_too() {
    for length in [1, MOST_WAITING / 4] {
        let member = TestCluster::new();
        let parts: [Known<'_>; 3] = [
            &[("a", "1", 5), ("b", "2", 1), ("c", "3", 9)],
            &[("d", "4", 8), ("e", "5", 2)],
            &[("f", "6", 3)],
        ];
        let page = |part| {
            let (text, lines) = list_with_sort_keys(part, length);
            member.0.page(&text, Expected::List, lines.as_bytes()).unwrap()
        };
        // The first list breaks off, and what it had is not lost.
        for parts in [&parts[..2], &parts] {
            member.0.begin_list();
            for part in parts {
                assert_eq!(
                    page(part),
                    (Vec::new(), 0),
                    "nothing is shown before the last part"
                );
            }
        }
        let (mut end, items) = member.0.end_list(&mapping(), "9".into());
        let mut lines = Vec::new();
        end.write(&mut lines).unwrap();
        let expected = [("b", 1), ("e", 2), ("f", 3), ("a", 5), ("d", 8), ("c", 9)];
        let expected = expected.map(|(name, version)| format!("ADDED there {name}@{version}"));
        assert!(member.0.trouble().is_none(), "{:?}", member.0.trouble());
        assert_eq!((shown(&lines), items), (expected.to_vec(), 6));
        member.0.begin_list();
        assert_eq!(page(parts[0]), (Vec::new(), 0));
        assert_eq!(
            member.0.end_list(&mapping(), "9".into()).1,
            3,
            "the others are deleted, and nothing is shown twice"
        );
    }
}

#[test]
fn watch_only_does_not_show_the_first_list() {
    let watch = Watch {
        only: true,
        events: false,
        ..Watch::default()
    };
    let tracker = Tracker::new(watch, KeptBytes::default());
    let member = TestCluster(tracker);
    assert_eq!(member.list(&[("a", "1", 1)]), Vec::<String>::new());
    assert_eq!(
        member.list(&[("b", "2", 2)]),
        ["DELETED a@1", "ADDED b@2"],
        "a later one shows what has happened"
    );
}

#[test]
fn output_watch_events_adds_a_column_or_wraps_objects() {
    let watch = Watch {
        only: false,
        events: true,
        ..Watch::default()
    };
    let tracker = Tracker::new(watch, KeptBytes::default());
    let mut out = Vec::new();
    let text = object("a", "1", 1);
    tracker
        .event(Event::Added, &text, record("a", 1).as_bytes(), &mut out)
        .unwrap();
    let line = String::from_utf8(out).unwrap();
    assert!(
        line.contains(r#""columns":{"EVENT":"ADDED","NAME":"a""#),
        "{line}"
    );
    // The server has a column of the same name.
    let own = record("b", 1).replace(r#""NAME""#, r#""EVENT":"mine","NAME""#);
    let mut out = Vec::new();
    tracker
        .event(Event::Added, &object("b", "2", 1), own.as_bytes(), &mut out)
        .unwrap();
    let line = String::from_utf8(out).unwrap();
    assert!(
        line.contains(r#""columns":{"EVENT":"ADDED","EVENT_2":"mine","NAME":"b""#)
            && line.contains(r#""headings":{"EVENT_2":"EVENT"}"#),
        "{line}"
    );
    let lines = format!("{{\"kind\":\"Object\",\"cluster\":\"c\",\"name\":\"a\",\"object\":{text}}}\n");
    let mut out = Vec::new();
    tracker
        .event(Event::Deleted, &object("a", "1", 2), lines.as_bytes(), &mut out)
        .unwrap();
    match Record::parse(std::str::from_utf8(&out).unwrap().trim()).unwrap() {
        Record::Object(object) => {
            assert_eq!(
                object.object.get(),
                format!(r#"{{"type":"DELETED","object":{text}}}"#)
            );
            assert_eq!(object.event, Some(Event::Deleted));
        }
        other => panic!("{other:?}"),
    };
}

#[test]
fn records_in_the_file_are_shown_as_deleted() {
    let limits = KeptLimits {
        held: 5000,
        aside: 100,
        ..KeptLimits::default()
    };
    let memory = KeptBytes::default();
    let member = TestCluster(Tracker::with_limits(
        Watch::default(),
        KeptBytes::clone(&memory),
        limits,
    ));
    let names: Vec<(String, String)> = (0..500)
        .map(|number| (format!("n{number:03}"), format!("u{number}")))
        .collect();
    let all: Vec<(&str, &str, u32)> = names.iter().map(|(name, uid)| (&**name, &**uid, 1)).collect();
    assert_eq!(member.list(&all).len(), 500);
    for (name, uid) in &names[..100] {
        member.event(Event::Modified, name, uid, 2);
    }
    let known = 500 * 200;
    assert!(memory.load(std::sync::atomic::Ordering::Relaxed) < known + 5000);
    let gone = member.list(&all[400..]);
    assert_eq!(gone.len(), 400);
    assert_eq!((&*gone[0], &*gone[399]), ("DELETED n000@2", "DELETED n399@1"));
    assert!(member.0.trouble().is_none());
    drop(member);
    assert_eq!(memory.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[test]
fn too_many_records_are_trouble() {
    let limits = KeptLimits {
        kept: 10_000,
        ..KeptLimits::default()
    };
    let member = TestCluster(Tracker::with_limits(
        Watch::default(),
        KeptBytes::default(),
        limits,
    ));
    member.list(&[]);
    for number in 0..40 {
        member.event(Event::Added, &format!("n{number}"), &format!("u{number}"), 1);
    }
    assert!(member.0.trouble().is_none());
    for number in 40..200 {
        member.event(Event::Added, &format!("n{number}"), &format!("u{number}"), 1);
    }
    let error = member.0.trouble().unwrap();
    assert_eq!(error.reason, crate::record::Reason::Protocol);
    assert!(error.hint.unwrap().contains("TMPDIR"));
}

#[test]
fn mute_tracker_shows_nothing() {
    let tracker = Tracker::mute();
    tracker.begin_list();
    let (text, lines) = list(&[("a", "1", 1)]);
    assert_eq!(
        tracker.page(&text, Expected::List, lines.as_bytes()).unwrap(),
        (Vec::new(), 0)
    );
    assert!(tracker.lacks_all());
}
