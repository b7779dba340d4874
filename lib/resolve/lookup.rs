//! Bare names, looked up in the fleet: `mc-discover -o name | grep prod | mc-exec get pods` reaches clusters that only
//! the access published by their hub leads into.

use crate::config::ClusterMapping;
use crate::discover::{self, Files, Options};
use crate::kubeconfig::Kubeconfig;
use crate::record::Cluster;
use crate::term::{self, is_hostile};
use crate::wire::looks_like_json;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// The fleet that the configuration names, as it was listed last.
#[derive(Debug)]
pub struct Lookup {
    options: Options,
    kubeconfig: Arc<Kubeconfig>,
    mapping: Arc<ClusterMapping>,
    /// For what is said.
    tool: &'static str,
    cached: OnceLock<Option<Lines>>,
    listed: OnceLock<Lines>,
}

/// Records by their clusters' names.
type Lines = HashMap<String, String>;

impl Lookup {
    /// Looks names up in what these options list. Nothing is read before the first name.
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

    /// Returns the record of the cluster that a line names; `None` where the line is a record itself, and where the
    /// fleet has no such cluster. Asks the hub only where it has not been listed yet, and nothing of the user's own
    /// leads into the cluster.
    pub fn record_of(&self, line: &str) -> Option<&str> {
        let name = line.trim();
        if looks_like_json(line) || name.is_empty() || name.chars().any(is_hostile) {
            return None;
        }
        if let Some(cached) = self.cached.get_or_init(|| self.remembered()) {
            return cached.get(name).map(String::as_str);
        }
        let is_mapped = self.mapping.find(name, None).is_some();
        if is_mapped || self.kubeconfig.has_context(name) {
            return None;
        }
        let listed = self.listed.get_or_init(|| self.list(name));
        listed.get(name).map(String::as_str)
    }

    fn files(&self) -> Files<'_> {
        Files {
            kubeconfig: &self.kubeconfig,
            mapping: &self.mapping,
        }
    }

    fn remembered(&self) -> Option<Lines> {
        discover::remembered(&self.options, self.files()).map(|lines| by_name(&lines))
    }

    fn list(&self, name: &str) -> Lines {
        let mut lines = Vec::new();
        let mut complain = |line: &str| term::complain(self.tool, line);
        let listed = discover::run(
            &self.options,
            self.files(),
            std::io::empty(),
            &mut lines,
            &mut complain,
        );
        if let Err(error) = listed {
            term::complain(
                self.tool,
                &format!(
                    "warning: {name:?} cannot be looked up in the fleet: {}",
                    error.message
                ),
            );
        }
        by_name(&String::from_utf8_lossy(&lines))
    }
}

fn by_name(lines: &str) -> Lines {
    let named = lines.lines().filter_map(|line| {
        let cluster: Cluster<'_> = serde_json::from_str(line).ok()?;
        Some((cluster.cluster.as_str().to_owned(), line.to_owned()))
    });
    named.collect()
}
