//! Finds the access to each cluster (mc-resolve): the context in the mapping file, then the context of the cluster's own
//! name, then one that leads to the server which its hub publishes, then the access providers that its hub publishes.
//! The configuration can change this order.

mod by_server;
mod fill_in;
mod home;
mod lookup;
pub mod providers;
mod resolution;
mod resolver;
mod server_address;
mod stage;
mod suspicions;
mod user_files;

pub(crate) use home::at_home;
pub use lookup::Lookup;
pub use resolution::DEFAULT_NAMESPACE;
pub use resolution::{Explanation, Resolution, ResolvedCluster, Tried, Verdict};
pub use resolver::Resolver;
pub use stage::run;
