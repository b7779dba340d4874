//! Looks for access among the access providers that a hub publishes of a cluster.

use super::builtin_plugin::BuiltinPlugin;
use super::parameters::{listed_args, parameters, property};
use super::policy::Policy;
use super::provider_file::ProviderEntry;
use super::published::{self, Endpoint, OCM, Published};
use super::rule::{Refusal, shown};
use crate::kubeconfig::Kubeconfig;
use crate::record::{self, Cluster, Plugin, Str};
use crate::resolve::resolution::Attempt;
use crate::vendor::Vendor;
use std::fmt;

/// The name of the access provider that is made of a ManagedCluster's client config.
const CLIENT_CONFIG: &str = "managedcluster";

/// The access that a provider gives, before it is checked, or a clause about why it gives none.
type Candidate = Result<record::Access<'static>, String>;

impl Policy {
    /// Looks for the first access provider of a cluster that gives access.
    pub(crate) fn find(&self, kubeconfig: &Kubeconfig, cluster: &Cluster<'_>) -> Attempt {
        let mut published = match published::published(cluster.access_providers) {
            Ok(published) => published,
            Err(refusal) => return Attempt::refused(refusal.to_string()),
        };
        // ManagedClusters have no namespace, so whoever may only write into one cannot change them.
        let configs = cluster.client_configs.iter();
        let configs: Vec<_> = configs.filter_map(published::of_client_config).collect();
        published.extend(configs.iter().map(|json| Published {
            name: Str::from(CLIENT_CONFIG),
            cluster: Some(json),
        }));
        if published.is_empty() && !cluster.ambiguous.is_empty() {
            let profiles: Vec<String> = cluster.ambiguous.iter().map(|name| shown(name)).collect();
            return Attempt::refused(format!(
                "its ClusterProfiles {} publish different access, and none is used: name the namespace that you \
                 trust with --hub-namespace, or map the cluster to a context of your own",
                profiles.join(" and ")
            ));
        }
        if published.is_empty() {
            return Attempt::nothing("its hub publishes no access provider");
        }
        // The providers of the file come first, in its order, then the others, in the order of the profile.
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
            let say = |why: &dyn fmt::Display| match published.name.as_str() {
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
                                Some(Plugin {
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
                        return Attempt::chosen(access, why);
                    }
                },
            }
        }
        if refused.is_empty() {
            Attempt::nothing(nothing.join("; "))
        } else {
            refused.extend(nothing);
            Attempt::refused(refused.join("; "))
        }
    }

    fn allows_listed(&self, command: &str, cluster: &Cluster<'_>) -> bool {
        let args: Vec<String> = listed_args(cluster).iter().map(ToString::to_string).collect();
        self.allows_command(command, &args)
    }

    /// Returns the access that a provider gives.
    ///
    /// # Errors
    /// A rule forbids something that is published.
    fn candidate(
        &self,
        kubeconfig: &Kubeconfig,
        cluster: &Cluster<'_>,
        published: &Published<'_>,
        of_file: bool,
    ) -> Result<Candidate, Refusal> {
        let command = property(cluster, &["auth.exec.command"]);
        let kind = match command {
            Some(command) => BuiltinPlugin::of_command(command),
            // Other products on a cloud's machines do not use that cloud's login, so the cloud counts only if the type
            // is unknown.
            None => BuiltinPlugin::called(&published.name).or_else(|| product(cluster)),
        };
        let Some(Endpoint { mut access, plugin }) = published.endpoint()? else {
            return Ok(Err("it publishes no server".into()));
        };
        let name = published.name.clone().into_owned();
        if of_file {
            let entry = self.file.named(&name);
            let takes = |allowed: fn(&ProviderEntry) -> bool| entry.is_some_and(allowed);
            access.provider = Some(name);
            access.plugin = Some(Plugin {
                args: if takes(ProviderEntry::takes_args) {
                    plugin.args
                } else {
                    Vec::new()
                },
                env: if takes(ProviderEntry::takes_env) {
                    plugin.env
                } else {
                    Default::default()
                },
                config: plugin.config.filter(|_| takes(ProviderEntry::takes_config)),
                ..Plugin::default()
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
        access.plugin = Some(Plugin {
            command: Some(match (kind, command) {
                (Some(kind), _) => kind.command().into(),
                (None, command) => Str::from(command.unwrap_or_default().to_owned()),
            }),
            args,
            api_version: property(cluster, &["auth.exec.apiVersion"])
                .map(|version| Str::from(version.to_owned())),
            ..Plugin::default()
        });
        Ok(Ok(access))
    }
}

/// Returns the plugin for a cluster's product as its hub names it: by type, by what Open Cluster Management has detected,
/// or else by cloud.
fn product(cluster: &Cluster<'_>) -> Option<BuiltinPlugin> {
    let found = |names: &[&str]| {
        property(cluster, names).filter(|text| !matches!(*text, "auto-detect" | "Other" | "other"))
    };
    if let Some(kind) = found(&["cluster.type"]) {
        return BuiltinPlugin::called(kind);
    }
    if let Some(product) = found(&["product.open-cluster-management.io", "vendor"]) {
        return Vendor::of_product(product).and_then(BuiltinPlugin::of);
    }
    found(&["cloud.provider"]).and_then(BuiltinPlugin::called)
}
