#![allow(clippy::unwrap_used)]

use super::Scope;
use crate::config::Source;
use crate::discover::listing::tests::options;
use crate::exit::Status;

#[test]
fn malformed_namespace_or_placement_is_a_usage_error() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    for name in ["a/../b", "A", "a b", "-a", &"a".repeat(64)] {
        options.hub_namespace = Some(name.to_owned());
        assert_eq!(Scope::of(&options).unwrap_err().status, Status::Usage, "{name}");
    }
    options.hub_namespace = Some(String::new());
    assert_eq!(Scope::of(&options).unwrap().namespace, None);
    options.placement = Some("web".into());
    assert_eq!(Scope::of(&options).unwrap_err().status, Status::Usage);
    options.sources = vec![Source::Inventory];
    assert!(Scope::of(&options).unwrap().placement.is_some());
    for text in ["a/", "/b", "A/b"] {
        options.placement = Some(text.into());
        assert_eq!(Scope::of(&options).unwrap_err().status, Status::Usage, "{text}");
    }
}
