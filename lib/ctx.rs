//! mc-ctx: the kubeconfig's context that leads to each cluster, for kubectl and other tools.

mod switch;

pub use switch::switch_to;

use crate::discover::{self, Files, Finding, Options};
use crate::exit::{Fatal, Status};
use crate::format::FLEET;
use crate::kubeconfig::Kubeconfig;
use crate::record::{self, Access, Cell, Cluster, Columns, Row, bare_cluster};
use crate::resolve::{Resolution, Resolver, at_home};
use crate::suggest::did_you_mean;
use std::io::{self, Write};

/// The cell of a cluster that no context leads to.
const NONE: &str = "<none>";

/// The fleet, and the resolver that finds the context of each of its clusters.
pub struct Lookup<'a> {
    /// The options of discovery.
    pub options: &'a Options,
    /// Finds the access to each cluster.
    pub resolver: &'a Resolver,
    /// Takes what a person should know: a sentence each.
    pub complain: &'a dyn Fn(&str),
}

impl Lookup<'_> {
    /// Returns the context that leads to a cluster.
    ///
    /// # Errors
    /// There is no such cluster, no access to it, or only access without a context.
    pub fn context_of(&self, name: &str) -> Result<String, Fatal> {
        let listing = match self.list() {
            Ok(listing) => listing,
            // The user's own files may lead there without the hub.
            Err(error) => return self.context(&bare_cluster(name)).ok_or_else(|| error.into()),
        };
        let member = listing.members.iter().find(|member| member.name() == name);
        let Some(member) = member else {
            let names = listing.members.iter().map(discover::Member::name);
            let near = did_you_mean(name, names);
            return Err(Fatal::failed(format!(
                "no cluster of the fleet has the name {name:?}{near}: kubectl mc ctx lists all"
            )));
        };
        let explained = self.resolver.explain(&member.cluster());
        if let Some(doubt) = &explained.doubt {
            (self.complain)(&format!("warning: {name}: {doubt}"));
        }
        match explained.resolution {
            Resolution::Access(Access {
                context: Some(context),
                ..
            }) => Ok(context.0.into_owned()),
            Resolution::Access(access) => {
                let provider = access.provider.as_deref().unwrap_or_default();
                Err(Fatal::failed(format!(
                    "no context leads to {name}: access to it is made on the fly, by the access provider {provider:?} that \
                     its hub publishes. kubectl mc setup --with-contexts --clusters={name} makes a context"
                )))
            }
            Resolution::Skip(skip) => Err(Fatal::failed(format!(
                "no context leads to {name}: {}. kubectl mc setup --clusters={name} sets one up",
                skip.message
            ))),
        }
    }

    fn context(&self, cluster: &Cluster<'_>) -> Option<String> {
        match self.resolver.resolve(cluster) {
            Resolution::Access(access) => access.context.map(|context| context.0.into_owned()),
            Resolution::Skip(_) => None,
        }
    }

    /// Writes a Row record for each cluster: its name, and the context that leads to it.
    ///
    /// # Errors
    /// The fleet cannot be listed, or the output cannot be written.
    pub fn list_all(&self, mut output: &mut dyn Write) -> Result<Status, Fatal> {
        let listing = self.list()?;
        for member in &listing.members {
            let row = self.row(&member.cluster());
            record::write(&mut output, &row).map_err(|error| Fatal::output(&error))?;
        }
        Ok(listing.status)
    }

    fn list(&self) -> Result<discover::Listing, discover::Error> {
        let files = Files {
            kubeconfig: self.resolver.kubeconfig(),
            mapping: self.resolver.mapping(),
        };
        let mut report = |finding: Finding| (self.complain)(&finding.to_string());
        discover::list(self.options, files, io::stdin(), &mut io::sink(), &mut report)
    }

    fn row(&self, cluster: &Cluster<'_>) -> Row<'static> {
        let kubeconfig = self.resolver.kubeconfig();
        let context = self.context(cluster);
        let is_current = context.is_some() && context.as_deref() == kubeconfig.current_context();
        let namespace = context
            .as_deref()
            .and_then(|context| kubeconfig.namespace(context));
        let cells = [
            ("CURRENT", if is_current { "*" } else { "" }.to_owned()),
            ("CLUSTER", cluster.cluster.to_string()),
            ("NAMESPACE", namespace.unwrap_or_default().to_owned()),
            ("CONTEXT", context.unwrap_or_else(|| NONE.to_owned())),
        ];
        Row {
            cluster: cluster.cluster.to_string().into(),
            resource: FLEET.into(),
            type_: "cluster".into(),
            name: cluster.cluster.to_string().into(),
            columns: Columns(
                cells
                    .map(|(heading, cell)| (heading.into(), Cell::from(cell)))
                    .into(),
            ),
            ..Row::default()
        }
    }

    /// Warns that the hub is not found any more once another context is the current one.
    pub fn warn_of_lost_hub(&self, kubeconfig: &Kubeconfig, context: &str, mapping_file: &str) {
        let current = kubeconfig.current_context().filter(|current| *current != context);
        if let Some(hub) = current.filter(|_| self.options.needs_hub() && self.options.hubs.is_empty()) {
            (self.complain)(&format!(
                "warning: the hub was found as the current context only, which is no longer {hub:?}: write hubContext: {hub} \
                 into {mapping_file}, or set KUBECTL_MC_HUB_CONTEXT"
            ));
        }
    }
}

/// Returns the mapping file as messages name it.
pub fn mapping_file(paths: &crate::config::Paths) -> String {
    at_home(&paths.mapping())
}
