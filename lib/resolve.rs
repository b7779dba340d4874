//! From a cluster's name to a way into it (mc-resolve): the mapping file, then a context of the
//! cluster's own name.

pub mod plugin;

use crate::config::ClusterMapping;
use crate::exit::{Fatal, Status};
use crate::kubeconfig::Kubeconfig;
use crate::record::{Access, Cluster, Skip};
use std::io::{Read, Write};

/// Where access comes from.
#[derive(Debug)]
pub struct Resolver {
    kubeconfig: Kubeconfig,
    mapping: ClusterMapping,
}

/// What a cluster resolved to.
#[derive(Debug)]
pub enum Resolution {
    /// There is a way in.
    Access(Access<'static>),
    /// There is none.
    Skip(Skip<'static>),
}

impl Resolver {
    /// A resolver over the user's own files.
    pub fn new(kubeconfig: Kubeconfig, mapping: ClusterMapping) -> Self {
        Self { kubeconfig, mapping }
    }

    /// The kubeconfig that contexts are looked up in.
    pub fn kubeconfig(&self) -> &Kubeconfig {
        &self.kubeconfig
    }

    /// The way into a cluster that no stage has resolved yet.
    pub fn resolve(&self, cluster: &Cluster<'_>) -> Resolution {
        let _ = (cluster, &self.mapping);
        Resolution::Skip(Skip {
            reason: crate::record::Reason::Skipped,
            message: "not there yet".into(),
        })
    }
}

/// mc-resolve: passes every line on, and fills in `access` or `skip` where a cluster record has neither.
/// `verbose` says on `complain` for each cluster what was chosen and why.
///
/// # Errors
/// Only on the input or the output itself.
pub fn run(
    resolver: &Resolver,
    verbose: bool,
    input: impl Read,
    output: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<Status, Fatal> {
    let _ = (resolver, verbose, input, output, complain);
    Ok(Status::Complete)
}
