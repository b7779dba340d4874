//! The sources of the fleet, one a file.

pub mod about;
pub mod clusterprofile;
mod conditions;
pub mod inventory;
pub mod kubeconfig;
pub mod ocm;
pub mod stdin;
