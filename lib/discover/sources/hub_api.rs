//! A source that is an API of a hub.

use crate::connect::Error;
use crate::discover::api_client::ApiClient;
use crate::discover::fleet::Fleet;
use crate::discover::placement::Placement;
use futures_util::future::LocalBoxFuture;

/// An API that lists clusters, as a file of this folder describes it.
pub struct HubApi {
    /// The kind of the objects that are listed, for messages.
    pub kind: &'static str,
    /// The API group and version, or several of them, for messages.
    pub group_versions: &'static str,
    /// The resources that the user needs the permission to list.
    pub resources: &'static str,
    /// The remedy for a hub that does not serve the API.
    pub remedy: &'static str,
    /// True if the objects are in namespaces.
    pub has_namespaces: bool,
    /// True if `--placement` chooses from them.
    pub has_placements: bool,
    /// Lists the clusters.
    pub list: for<'a> fn(&'a mut ApiClient, HubScope<'a>) -> LocalBoxFuture<'a, Result<Fleet, Error>>,
}

/// The part of a hub's fleet that is listed.
#[derive(Clone, Copy, Debug)]
pub struct HubScope<'a> {
    /// The context of the hub, which the records name.
    pub hub: &'a str,
    /// The only namespace that is looked at, if not all.
    pub namespace: Option<&'a str>,
    /// The placement whose clusters are listed, if not all.
    pub placement: Option<&'a Placement>,
}
