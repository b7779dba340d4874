//! Access from what a hub publishes of a cluster (ClusterProfile `status.accessProviders`, KEP-5339, and the properties
//! `auth.exec.*`, `cloud.provider`, `cluster.type`, `region`): a server, and a credential plugin that the user allows.
//!
//! Hubs are not trusted: they may say where a cluster is and what its name is, and no more. A plugin that runs is built
//! in, an entry of the user's provider file, or a command line that the configuration allows. Credentials are sent only
//! to the provider's own hosts, and to those that the user allows. All of this is checked in one place,
//! [`Policy::admit`]: when a record is resolved, and again when it is used, because anyone may have written the record.

mod admission;
mod builtin_plugin;
mod candidates;
mod parameters;
mod policy;
mod provider_file;
mod published;
mod rule;
mod variables;

pub use policy::Policy;
pub(crate) use published::{plugin_configs, published_servers};
pub use rule::{Refusal, Rule};

#[cfg(test)]
mod tests;
