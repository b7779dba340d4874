//! The part of each hub's fleet that the options ask for.

use super::options::Options;
use super::placement::Placement;
use super::sources::hub_api;
use crate::exit::Fatal;
use crate::selector::is_namespace;

/// The options that narrow down what hubs list, parsed.
#[derive(Debug)]
pub struct Scope<'a> {
    /// The only namespace that is looked at, if not all.
    pub namespace: Option<&'a str>,
    /// The placement whose clusters are listed, if not all.
    pub placement: Option<Placement>,
    /// The placement as it was given, for the key of the cache.
    pub placement_text: &'a str,
}

impl<'a> Scope<'a> {
    /// Parses the options.
    ///
    /// # Errors
    /// The namespace or the placement is malformed, or no source has placements.
    pub fn of(options: &'a Options) -> Result<Self, Fatal> {
        let namespace = options.hub_namespace.as_deref().filter(|name| !name.is_empty());
        if let Some(name) = namespace.filter(|name| !is_namespace(name)) {
            return Err(Fatal::usage(format!(
                "{name:?} cannot be a namespace of the hub: use lower case letters, digits and dashes, at most 63"
            )));
        }
        let text = options.placement.as_deref().unwrap_or_default();
        let placement = Placement::parse(text);
        if placement.is_none() && !text.is_empty() {
            return Err(Fatal::usage(format!(
                "--placement {text:?}: expected NAME or NAMESPACE/NAME"
            )));
        }
        let mut apis = options.sources.iter().copied().filter_map(hub_api);
        if placement.is_some() && !apis.any(|api| api.has_placements) {
            return Err(Fatal::usage(
                "--placement chooses from PlacementDecisions: it goes with --source inventory",
            ));
        }
        Ok(Self {
            namespace,
            placement,
            placement_text: text,
        })
    }
}

#[cfg(test)]
mod tests;
