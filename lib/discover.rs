//! The fleet, from its sources or from the cache (mc-discover).
//!
//! | source | what it lists | through |
//! |---|---|---|
//! | `clusterprofile` | ClusterProfiles | one hub or several |
//! | `inventory` | ClusterProfiles chosen by PlacementDecisions | one hub or several |
//! | `ocm` | ManagedClusters | one hub or several |
//! | `about` | the ClusterProperties of each member | every context |
//! | `kubeconfig` | the contexts of the kubeconfig | |
//! | `stdin` | names or records on standard input | |
//!
//! Each source lists a [`fleet`] of [`member`]s, through each hub if it needs one ([`questions`]). These are joined by
//! cluster ([`join`]), and the options select from the result ([`listing`]).

mod api_client;
pub mod cache;
mod finding;
mod fleet;
mod gathering;
mod globs;
mod hub;
mod join;
mod json_object;
mod listing;
mod member;
mod names;
mod namesakes;
mod options;
mod paged_list;
mod placement;
mod profile_names;
mod progress;
mod question;
mod questions;
pub(crate) mod record_line;
mod refresh;
mod rival_profiles;
mod scope;
mod selection;
mod sources;

pub use finding::{Finding, FindingKind};
pub use listing::{Error, Listing, last_listed, list, run};
pub use member::Member;
pub(crate) use names::quoted;
pub use options::{Files, HubContext, Limits, Options, SelectedBy, Selection};
pub use refresh::refresh;
