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
        let metadata = [("cloudProvider", "aws"), ("region", "eu-west-1")];
        let Ok(edited) = edit::map(&text, cluster, context, &metadata) else {
            continue;
        };
        let mut again = ClusterMapping::from_text(&edited, place)
            .unwrap_or_else(|error| panic!("{}: {text:?} became {edited:?}", error.0));
        let added = again.clusters.remove(cluster).expect("the entry");
        assert_eq!(
            added.context.as_deref(),
            Some(context),
            "{text:?} became {edited:?}"
        );
        let mut expected = mapping.clone();
        expected.clusters.remove(cluster);
        assert_eq!(again, expected, "{text:?} became {edited:?}");
    }
}
