//! Looks up bare names in the fleet, so that `mc-discover -o name | grep prod | mc-exec get pods` also reaches clusters
//! to which there is only the access that their hub publishes.

use crate::config::ClusterMapping;
use crate::discover::{self, Files, Finding, Member, Options};
use crate::exit::Fatal;
use crate::kubeconfig::Kubeconfig;
use crate::term::{self, is_hostile};
use crate::wire::looks_like_json;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// The fleet in which bare names are looked up.
#[derive(Debug)]
pub struct Lookup {
    options: Options,
    kubeconfig: Arc<Kubeconfig>,
    mapping: Arc<ClusterMapping>,
    /// The name that messages begin with.
    tool: &'static str,
    cached: OnceLock<Option<Members>>,
    listed: OnceLock<Members>,
}

/// Clusters by their names.
type Members = HashMap<String, Member>;

impl Lookup {
    /// Looks names up in the fleet that these options list. Nothing is read before the first name.
    pub fn new(
        options: Options,
        kubeconfig: Arc<Kubeconfig>,
        mapping: Arc<ClusterMapping>,
        tool: &'static str,
    ) -> Self {
        Self {
            options,
            kubeconfig,
            mapping,
            tool,
            cached: OnceLock::new(),
            listed: OnceLock::new(),
        }
    }

    /// Returns the record of the cluster that a line names. `None` if the line is a record itself, or the fleet has no such
    /// cluster. The hub is asked only if it has not been asked yet and the user's own files give no access to the
    /// cluster.
    pub fn record_of(&self, line: &str) -> Option<&str> {
        let name = line.trim();
        if looks_like_json(line) || name.is_empty() || name.chars().any(is_hostile) {
            return None;
        }
        if let Some(cached) = self.cached.get_or_init(|| self.last_listed()) {
            return cached.get(name).map(Member::record);
        }
        let is_mapped = self.mapping.find(name, None).is_some();
        if is_mapped || self.kubeconfig.has_context(name) {
            return None;
        }
        let listed = self.listed.get_or_init(|| self.list(name));
        listed.get(name).map(Member::record)
    }

    fn files(&self) -> Files<'_> {
        Files {
            kubeconfig: &self.kubeconfig,
            mapping: &self.mapping,
        }
    }

    fn last_listed(&self) -> Option<Members> {
        discover::last_listed(&self.options, self.files()).map(by_name)
    }

    fn list(&self, name: &str) -> Members {
        let mut report = |finding: Finding| term::complain(self.tool, &finding.to_string());
        let listing = discover::list(
            &self.options,
            self.files(),
            std::io::empty(),
            &mut std::io::sink(),
            &mut report,
        );
        match listing {
            Ok(listing) => by_name(listing.members),
            Err(error) => {
                let reason = Fatal::from(error).message;
                let warning = format!("Warning: {name:?} cannot be looked up in the fleet: {reason}");
                term::complain(self.tool, &warning);
                Members::new()
            }
        }
    }
}

fn by_name(members: Vec<Member>) -> Members {
    let named = members
        .into_iter()
        .map(|member| (member.name().to_owned(), member));
    named.collect()
}
