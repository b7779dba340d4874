//! The user's mapping of clusters to contexts, read, and written to as `kubectl mc setup` does.

use kubectl_mc::config::ClusterMapping;
use kubectl_mc::setup::edit;
use std::path::Path;

/// A file's text.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let place = Path::new("/nowhere/clusters");
    let mapping = match ClusterMapping::from_text(&text, place) {
        Ok(mapping) => mapping,
        Err(error) => {
            assert!(error.0.contains("/nowhere/clusters"), "{}", error.0);
            return;
        }
    };
    assert!(mapping.hub_context.as_ref().is_none_or(|name| !name.is_empty()));
    for (cluster, context) in [("added", "its: #context"), ("a: 'b\\", "- \u{e9}\t")] {
        // What cannot be edited is refused, and what is edited says that and all that it said before.
        let Ok(edited) = edit::set(&text, &["clusters", cluster], context) else {
            continue;
        };
        let again = ClusterMapping::from_text(&edited, place)
            .unwrap_or_else(|error| panic!("{}: {text:?} became {edited:?}", error.0));
        let mut expected = mapping.clusters.clone();
        expected.insert(cluster.to_owned(), context.to_owned());
        assert_eq!(again.clusters, expected, "{text:?} became {edited:?}");
        assert_eq!(
            again.hub_context, mapping.hub_context,
            "{text:?} became {edited:?}"
        );
    }
}
