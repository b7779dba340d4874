//! The list with which a watch begins.

use super::list::{self, RequestFailure, Selection};
use super::out::RecordWriter;
use super::reader::RecordReader;
use super::session::{Session, TargetResult};
use super::target::Target;
use super::tracker::Tracker;
use crate::apiserver::mapper::Mapping;
use crate::apiserver::server::ApiServer;
use crate::connect::Error;
use crate::record::Reason;

/// The version from which a watch begins with what there is now (Kubernetes API concepts: resourceVersion of a watch).
const FROM_NOW: &str = "0";

/// Lists one target. A named object is listed as a list of one, so that the watch can go on from the list's version.
pub async fn list<S: ApiServer>(
    session: &Session<'_, S>,
    tracker: &Tracker,
    mapping: &Mapping,
    target: &Target<'_>,
    reader: &mut RecordReader,
) -> Result<TargetResult, RequestFailure> {
    let name = name_selector(target);
    let selection = selection(session, target, name.as_deref());
    let out = session.out;
    tracker.begin_list();
    out.state.count_anew();
    let named = session.named(target);
    let listed = list::list(session.server, mapping, &selection, reader, out).await;
    let version = match (listed, named) {
        // A user who may not list may still be allowed to get this one object.
        (Err(failure), Some(named)) if failure.is_forbidden() => {
            match list::get(session.server, mapping, named, reader, out).await {
                // The object has been deleted since it was shown.
                Err(RequestFailure::NoObject(_)) if !tracker.lacks_all() => (),
                outcome => outcome?,
            }
            FROM_NOW.to_owned()
        }
        (outcome, _) => outcome?,
    };
    if let Some(named) = named
        && tracker.lacks_all()
    {
        // Get the object to have the server's own words for its absence. If it exists by now, the watch will show it.
        let mut ignored = session.reader(mapping, session.placement(target, false), None);
        let mute = RecordWriter {
            tracker: Some(&Tracker::mute()),
            ..out
        };
        list::get(session.server, mapping, named, &mut ignored, mute).await?;
    }
    let (own, mapping) = (tracker.clone(), mapping.clone());
    let (mut lines, items) = {
        // The tracker notes these records as shown, so the query must not time out before they are.
        let _not_counted = out.state.held_up().start();
        out.workers.run(move || own.end_list(&mapping, version)).await
    };
    out.check(tracker)?;
    let unreadable = |error: std::io::Error| Error::new(Reason::Protocol, error.to_string());
    while let Some(some) = lines.next_lines().map_err(unreadable)? {
        out.sink.send(Some(out.state), some).await;
    }
    out.state.add_items(items);
    Ok(TargetResult {
        a_type: true,
        ..TargetResult::of(reader)
    })
}

/// Returns the field selector that selects a named object.
pub fn name_selector(target: &Target<'_>) -> Option<String> {
    let (name, _) = target.name?;
    // As apimachinery's fields.EscapeValue escapes it; object names do not contain these.
    let name = name.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=");
    Some(format!("metadata.name={name}"))
}

/// Returns which objects are listed and watched. A single object is watched by its name alone, as in kubectl: `-l` has
/// been applied to a file's objects before.
pub fn selection<'a, S>(
    session: &'a Session<'_, S>,
    target: &Target<'a>,
    name: Option<&'a str>,
) -> Selection<'a> {
    let all = session.selection();
    match name {
        None => all,
        Some(name) => Selection {
            namespace: target.namespace.or(all.namespace),
            labels: None,
            fields: Some(name),
            ..all
        },
    }
}
