//! Access on the fly: from what a hub publishes of a cluster (ClusterProfile `status.accessProviders`, KEP-5339,
//! and the properties `auth.exec.*`, `cloud.provider`, `cluster.type`, `region`) to a server and a credential
//! plugin of the user's own.
//!
//! The hub is not trusted: it may say where a cluster is and what it is called, and no more. What runs is a
//! built-in template, an entry of the user's provider file, or a command line that the configuration allows; a
//! credential goes only to hosts of the provider's own, or that the user allows. [`Policy::admit`] is the one
//! place where that is judged: when a record is resolved, and again by whoever uses it, as a record may have
//! been written by anybody.

mod admission;
mod builtin_plugin;
mod parameters;
mod provider_file;
mod published;
mod rule;
mod variables;

pub(crate) use published::{published_places, told};
pub use rule::{Refusal, Rule};

use crate::config;
use crate::kubeconfig::Kubeconfig;
use crate::record::{self, Cluster, Str};
use crate::vendor::Vendor;
use builtin_plugin::Template;
use parameters::{listed_args, parameters, property};
use provider_file::ProviderFile;
use published::{Endpoint, Published};
use rule::shown;
use std::path::Path;
use std::time::Duration;

/// Stands for the name of an access provider where a ManagedCluster says where its server is.
const CLIENT_CONFIG: &str = "managedcluster";

/// Access through OCM's cluster-proxy, with the credentials of the hub's own user.
const OCM: &str = "open-cluster-management";

/// What the user allows.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    config: config::Access,
    file: ProviderFile,
    /// The files, as messages name them.
    config_file: String,
    providers_file: String,
}

/// What came of a cluster's access providers.
pub(super) enum Found {
    /// A way in, and how it came about.
    Access(Box<record::Access<'static>>, String),
    /// There would be one, and a rule forbids it.
    Refused(String),
    /// There is none, and why.
    Nothing(String),
}

impl Policy {
    /// The user's own: what the configuration says, and the provider file. Where the latter has been named it
    /// must be there.
    ///
    /// # Errors
    /// A provider file that cannot be read.
    pub fn load(config: config::Access, usual: &Path, config_file: String) -> Result<Self, String> {
        let place = config.providers.as_deref().unwrap_or(usual);
        let file = ProviderFile::load(place, config.providers.is_some())?;
        let providers_file = super::at_home(place);
        Ok(Self {
            config,
            file,
            config_file,
            providers_file,
        })
    }

    /// The same with the provider file's text; `place` is for messages.
    ///
    /// # Errors
    /// What is no provider file.
    pub fn from_text(config: config::Access, text: &str, place: &Path) -> Result<Self, String> {
        Ok(Self {
            config,
            file: ProviderFile::from_text(text, place)?,
            providers_file: super::at_home(place),
            ..Self::default()
        })
    }

    /// See [`config::Access::login_timeout`].
    pub(super) fn login_timeout(&self) -> Duration {
        match self.config.login_timeout {
            Duration::ZERO => config::NO_LIMIT,
            limit => limit,
        }
    }

    /// Where the way into a cluster is looked for.
    pub(super) fn order(&self) -> &[config::Way] {
        &self.config.order
    }

    /// Returns whether a context that leads elsewhere than the hub says is refused.
    pub(super) fn verifies_server(&self) -> bool {
        self.config.verify_server
    }

    /// Returns whether credentials of some provider may be sent to a host.
    pub(super) fn is_allowed_anywhere(&self, host: &str) -> bool {
        self.config
            .allowed_hosts
            .iter()
            .any(|(_, pattern)| pattern.matches(host))
    }

    /// Looks for the first access provider of a cluster that gives a way in.
    pub(super) fn find(&self, kubeconfig: &Kubeconfig, cluster: &Cluster<'_>) -> Found {
        let mut published = match published::published(cluster.access_providers) {
            Ok(published) => published,
            Err(refusal) => return Found::Refused(refusal.to_string()),
        };
        // ManagedClusters are in no namespace: whoever may write into one has no say in them.
        let configs = cluster.client_configs.iter();
        let configs: Vec<_> = configs.filter_map(published::of_client_config).collect();
        published.extend(configs.iter().map(|json| Published {
            name: Str::from(CLIENT_CONFIG),
            cluster: Some(json),
        }));
        if published.is_empty() && !cluster.ambiguous.is_empty() {
            let profiles: Vec<String> = cluster.ambiguous.iter().map(|name| shown(name)).collect();
            return Found::Refused(format!(
                "its ClusterProfiles {} publish different access, and none is used: name the namespace that you \
                 trust with --hub-namespace, or map the cluster to a context of your own",
                profiles.join(" and ")
            ));
        }
        if published.is_empty() {
            return Found::Nothing("its hub publishes no access provider".into());
        }
        // The file's order selects, then the profile's.
        let in_file = self.file.providers.iter().filter_map(|entry| {
            let published = published
                .iter()
                .find(|published| published.name == entry.name.as_str())?;
            Some((published, true))
        });
        let others = published
            .iter()
            .filter(|published| self.file.named(&published.name).is_none())
            .map(|published| (published, false));
        let mut refused = Vec::new();
        let mut nothing = Vec::new();
        for (published, of_file) in in_file.chain(others) {
            let name = shown(&published.name);
            let say = |why: &dyn std::fmt::Display| match published.name.as_str() {
                CLIENT_CONFIG => format!("the server of its ManagedCluster: {why}"),
                _ => format!("access provider {name}: {why}"),
            };
            match self.candidate(kubeconfig, cluster, published, of_file) {
                Err(refusal) => refused.push(say(&refusal)),
                Ok(Err(why)) => nothing.push(say(&why)),
                Ok(Ok(access)) => match self.admit(kubeconfig, &access, "") {
                    Err(refusal) => refused.push(say(&refusal)),
                    Ok(made) => {
                        let what = match (&access.plugin, &access.user) {
                            (_, Some(user)) => {
                                format!("the credentials of the hub's context {}", shown(user))
                            }
                            (
                                Some(record::Plugin {
                                    command: Some(command),
                                    ..
                                }),
                                _,
                            ) => {
                                format!("the credential plugin {}", shown(command))
                            }
                            _ => format!("the credential plugin of {}", self.providers_file),
                        };
                        refused.extend(nothing);
                        let server = access.server.as_deref().unwrap_or_default().to_owned();
                        let mut why = say(&format!("{what}, server {server}"));
                        if access.tls_server_name.is_some() && made.cluster.tls_server_name.is_none() {
                            why.push_str("; the hub's tls-server-name is not used");
                        }
                        for other in refused {
                            why.push_str(&format!("; not {other}"));
                        }
                        return Found::Access(Box::new(access), why);
                    }
                },
            }
        }
        if refused.is_empty() {
            Found::Nothing(nothing.join("; "))
        } else {
            refused.extend(nothing);
            Found::Refused(refused.join("; "))
        }
    }

    /// Returns whether the configuration allows the command line that a hub lists, word for word.
    fn allows_listed(&self, command: &str, cluster: &Cluster<'_>) -> bool {
        let args: Vec<String> = listed_args(cluster).iter().map(ToString::to_string).collect();
        self.allows_command(command, &args)
    }

    /// The access that a provider would give, not yet judged; `Ok(Err(why))` where it gives none.
    fn candidate(
        &self,
        kubeconfig: &Kubeconfig,
        cluster: &Cluster<'_>,
        published: &Published<'_>,
        of_file: bool,
    ) -> Result<Result<record::Access<'static>, String>, Refusal> {
        let command = property(cluster, &["auth.exec.command"]);
        let kind = match command {
            Some(command) => Template::of_command(command),
            // What else runs on a cloud's machines is not logged in to with that cloud's tool: where the type is
            // known, the cloud says no more.
            None => Template::called(&published.name).or_else(|| product(cluster)),
        };
        let Some(Endpoint { mut access, plugin }) = published.endpoint()? else {
            return Ok(Err("it publishes no server".into()));
        };
        let name = published.name.clone().into_owned();
        if of_file {
            let entry = self.file.named(&name);
            let takes = |allowed: fn(&provider_file::Provider) -> bool| entry.is_some_and(allowed);
            access.provider = Some(name);
            access.plugin = Some(record::Plugin {
                args: if takes(provider_file::Provider::takes_args) {
                    plugin.args
                } else {
                    Vec::new()
                },
                env: if takes(provider_file::Provider::takes_env) {
                    plugin.env
                } else {
                    Default::default()
                },
                config: plugin
                    .config
                    .filter(|_| takes(provider_file::Provider::takes_config)),
                ..record::Plugin::default()
            });
            return Ok(Ok(access));
        }
        if name == OCM {
            let Some(hub) = cluster.hub.as_deref() else {
                return Ok(Err(
                    "its record does not say which hub's credentials are meant".into()
                ));
            };
            if !kubeconfig.has_context(hub) {
                return Ok(Err(format!(
                    "the hub's context {} is not in the kubeconfig",
                    shown(hub)
                )));
            }
            access.provider = Some(name);
            access.user = Some(Str::from(hub.to_owned()));
            return Ok(Ok(access));
        }
        let args: Vec<Str<'static>> = match (command, kind) {
            (None, None) if name == CLIENT_CONFIG => {
                let why = "no property (cluster.type, product.open-cluster-management.io, vendor) says how to log in";
                return Ok(Err(why.to_owned()));
            }
            (None, None) => {
                return Ok(Err(format!(
                    "it is not built in, {} has no provider of that name, and no property (cluster.type, \
                     cloud.provider, auth.exec.command) says what it is",
                    self.providers_file
                )));
            }
            (Some(_), None) => listed_args(cluster),
            (Some(command), Some(_)) if self.allows_listed(command, cluster) => listed_args(cluster),
            (_, Some(kind)) => {
                let parameters =
                    parameters(kind, cluster, &access, plugin.config.as_deref()).map_err(|refusal| {
                        let listed = listed_args(cluster)
                            .iter()
                            .map(ToString::to_string)
                            .collect::<Vec<_>>();
                        match command {
                            Some(command) if kind.parse(&listed).is_err() => {
                                self.refuse_arguments(refusal, command, &listed)
                            }
                            _ => refusal,
                        }
                    })?;
                match kind.args(&parameters) {
                    Ok(args) => args.into_iter().map(Str::from).collect(),
                    Err(missing) => return Ok(Err(format!("no property says its {missing}"))),
                }
            }
        };
        access.provider = Some(kind.map_or(name, |kind| kind.name().into()));
        access.plugin = Some(record::Plugin {
            command: Some(match (kind, command) {
                (Some(kind), _) => kind.command().into(),
                (None, command) => Str::from(command.unwrap_or_default().to_owned()),
            }),
            args,
            api_version: property(cluster, &["auth.exec.apiVersion"])
                .map(|version| Str::from(version.to_owned())),
            ..record::Plugin::default()
        });
        Ok(Ok(access))
    }
}

/// The template of what a cluster is, as its hub says it: the type, what Open Cluster Management has found out, or
/// else the cloud.
fn product(cluster: &Cluster<'_>) -> Option<Template> {
    let found = |names: &[&str]| {
        property(cluster, names).filter(|text| !matches!(*text, "auto-detect" | "Other" | "other"))
    };
    if let Some(kind) = found(&["cluster.type"]) {
        return Template::called(kind);
    }
    if let Some(product) = found(&["product.open-cluster-management.io", "vendor"]) {
        return Vendor::of_product(product).and_then(Template::of);
    }
    found(&["cloud.provider"]).and_then(Template::called)
}

#[cfg(test)]
mod tests;
