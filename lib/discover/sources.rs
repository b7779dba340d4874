//! The sources of the fleet, one a file. To add an API of a hub: a file here with an [`HubApi`], a line for it in
//! [`lister`], and a line with its name in `config/source.rs`.

pub mod about;
pub mod clusterprofile;
pub mod hub_api;
pub mod inventory;
pub mod kubeconfig;
mod object_fields;
pub mod ocm;
pub mod stdin;

use crate::config::Source;
use hub_api::HubApi;

/// How a source lists clusters.
pub enum Lister {
    /// It is an API that a hub serves.
    Hub(&'static HubApi),
    /// Every member's own API server is asked.
    Members,
    /// The contexts of the kubeconfig are listed.
    Contexts,
    /// Standard input is read.
    Stdin,
}

/// Returns how a source lists clusters.
pub fn lister(source: Source) -> Lister {
    match source {
        Source::ClusterProfile => Lister::Hub(&clusterprofile::API),
        Source::Inventory => Lister::Hub(&inventory::API),
        Source::Ocm => Lister::Hub(&ocm::API),
        Source::About => Lister::Members,
        Source::Kubeconfig => Lister::Contexts,
        Source::Stdin => Lister::Stdin,
    }
}

/// Returns the API that a hub is asked for, if the source needs a hub.
pub fn hub_api(source: Source) -> Option<&'static HubApi> {
    match lister(source) {
        Lister::Hub(api) => Some(api),
        Lister::Members | Lister::Contexts | Lister::Stdin => None,
    }
}

#[cfg(test)]
mod tests {
    use super::hub_api;
    use crate::config::Source;

    #[test]
    fn sources_that_need_a_hub_are_apis_of_hubs() {
        for source in Source::ALL {
            assert_eq!(source.needs_hub(), hub_api(source).is_some(), "{source}");
        }
    }
}
