//! The placement whose clusters are listed.

use crate::selector::is_namespace;

/// A placement's name, and the namespace of its decisions if that is given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Placement {
    pub namespace: Option<String>,
    pub name: String,
}

impl Placement {
    /// Parses `NAME` or `NAMESPACE/NAME`.
    pub fn parse(text: &str) -> Option<Self> {
        let (namespace, name) = match text.split_once('/') {
            Some((namespace, name)) if is_namespace(namespace) => (Some(namespace.to_owned()), name),
            Some(_) => return None,
            None => (None, text),
        };
        (!name.is_empty()).then(|| Self {
            namespace,
            name: name.to_owned(),
        })
    }
}
