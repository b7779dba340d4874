//! Access on the fly: from what a hub publishes of a cluster (ClusterProfile `status.accessProviders`, KEP-5339,
//! and the properties `auth.exec.*`, `cloud.provider`, `cluster.type`, `region`) to a server and a credential
//! plugin of the user's own.
//!
//! The hub is not trusted: it may say where a cluster is and what it is called, and no more. What runs is a
//! built-in template, an entry of the user's provider file, or a command line that the configuration allows; a
//! credential goes only to hosts of the provider's own, or that the user allows. [`Policy::admit`] is the one
//! place where that is judged: when a record is resolved, and again by whoever uses it, as a record may have
//! been written by anybody.

mod file;
mod profile;
mod rule;
mod template;

pub use rule::{Refusal, Rule};

use crate::config;
use crate::config::hosts::HostPattern;
use crate::connect::Server;
use crate::kubeconfig::{self, Kubeconfig};
use crate::record::{self, Cluster, Str};
use file::ProviderFile;
use kube::config::{AuthInfo, ExecConfig, NamedExtension};
use profile::{Endpoint, Published};
use rule::shown;
use std::path::Path;
use template::{Parameters, Template};

/// Access through OCM's cluster-proxy, with the credentials of the hub's own user.
const OCM: &str = "open-cluster-management";

/// The extension of a kubeconfig's cluster that is handed to plugins.
const CLUSTER_EXTENSION: &str = "client.authentication.k8s.io/exec";

/// The longest value of an argument that a configured command line leaves to the hub.
const MAX_VALUE: usize = 1024;

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

    /// Where the way into a cluster is looked for.
    pub(super) fn order(&self) -> &[config::Way] {
        &self.config.order
    }

    /// Looks for the first access provider of a cluster that gives a way in.
    pub(super) fn find(&self, kubeconfig: &Kubeconfig, cluster: &Cluster<'_>) -> Found {
        let published = match profile::published(cluster.access_providers) {
            Ok(published) => published,
            Err(refusal) => return Found::Refused(refusal.to_string()),
        };
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
            let say = |why: &dyn std::fmt::Display| format!("access provider {name}: {why}");
            match self.candidate(kubeconfig, cluster, published, of_file) {
                Err(refusal) => refused.push(say(&refusal)),
                Ok(Err(why)) => nothing.push(say(&why)),
                Ok(Ok(access)) => match self.admit(kubeconfig, &access, "") {
                    Err(refusal) => refused.push(say(&refusal)),
                    Ok(_) => {
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
                        let mut why = format!("access provider {name}: {what}, server {server}");
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
            None => Template::called(&published.name).or_else(|| {
                let cloud = [
                    property(cluster, &["cluster.type"]),
                    property(cluster, &["cloud.provider"]),
                ];
                cloud.into_iter().flatten().find_map(Template::called)
            }),
        };
        let Some(Endpoint { mut access, plugin }) = published.endpoint()? else {
            return Ok(Err("it publishes no server".into()));
        };
        let name = published.name.clone().into_owned();
        if of_file {
            let entry = self.file.named(&name);
            let takes = |allowed: fn(&file::Provider) -> bool| entry.is_some_and(allowed);
            access.provider = Some(name);
            access.plugin = Some(record::Plugin {
                args: if takes(file::Provider::takes_args) {
                    plugin.args
                } else {
                    Vec::new()
                },
                env: if takes(file::Provider::takes_env) {
                    plugin.env
                } else {
                    Default::default()
                },
                config: plugin.config.filter(|_| takes(file::Provider::takes_config)),
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
            (None, None) => {
                return Ok(Err(format!(
                    "it is not built in, {} has no provider of that name, and no property (cluster.type, \
                     cloud.provider, auth.exec.command) says what it is",
                    self.providers_file
                )));
            }
            (Some(_), None) => listed_args(cluster),
            (_, Some(kind)) => {
                let parameters = parameters(kind, cluster, &access)?;
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

    /// Judges an access that does not come from the user's kubeconfig, and makes what is needed to connect of
    /// it. `cluster` is how messages call it.
    ///
    /// # Errors
    /// The rule that forbids it.
    pub(super) fn admit(
        &self,
        kubeconfig: &Kubeconfig,
        access: &record::Access<'_>,
        cluster: &str,
    ) -> Result<kubeconfig::Access, Refusal> {
        let server = self.server(access)?;
        let provider = access.provider.as_deref().unwrap_or_default();
        let mut exec = None;
        let mut user = AuthInfo::default();
        let mut own: Vec<String> = Vec::new();
        if let Some(context) = access.user.as_deref() {
            let hub = kubeconfig
                .access(context)
                .map_err(|error| Refusal::new(Rule::Command, error.to_string()))?;
            // Where they go anyway.
            own.extend(
                Server::parse("", hub.cluster.server.as_deref().unwrap_or_default()).map(|hub| hub.host),
            );
            user = hub.user;
        } else {
            let (plugin, template) = self.plugin(provider, access.plugin.as_ref())?;
            own.extend(
                template
                    .iter()
                    .flat_map(|template| template.hosts())
                    .map(|host| (*host).to_owned()),
            );
            exec = Some(plugin);
        }
        self.check_host(provider, &server, &own)?;
        user.exec = exec.or(user.exec);
        let extension = access.plugin.as_ref().and_then(|plugin| plugin.config.as_ref());
        let extension = extension.and_then(|config| serde_json::from_str(config.get()).ok());
        Ok(kubeconfig::Access {
            context: cluster.to_owned(),
            cluster: kube::config::Cluster {
                server: Some(server.shown),
                tls_server_name: access.tls_server_name.as_ref().map(ToString::to_string),
                certificate_authority_data: match access.certificate_authority_data.as_deref() {
                    Some(data) => Some(profile::certificates(data)?),
                    None => None,
                },
                extensions: extension.map(|extension| {
                    vec![NamedExtension {
                        name: CLUSTER_EXTENSION.to_owned(),
                        extension,
                    }]
                }),
                ..kube::config::Cluster::default()
            },
            user,
            namespace: None,
        })
    }

    fn server(&self, access: &record::Access<'_>) -> Result<Server, Refusal> {
        let text = access.server.as_deref().unwrap_or_default();
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) || text.contains('\\') {
            return Err(Refusal::new(
                Rule::Server,
                format!("the hub's server {} is no URL", shown(text)),
            ));
        }
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
        if scheme.eq_ignore_ascii_case("http") {
            return Err(Refusal::new(
                Rule::Http,
                format!("the hub's server {} is not encrypted", shown(text)),
            ));
        }
        // Not shown: it may hold a password.
        let wrong = || Refusal::new(Rule::Server, "the hub's server is no plain https:// URL");
        if !scheme.eq_ignore_ascii_case("https") || text.contains(['?', '#']) {
            return Err(wrong());
        }
        let server = Server::parse("", text).map_err(|_| wrong())?;
        if let Some(name) = access.tls_server_name.as_deref()
            && !name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'*'))
        {
            return Err(Refusal::new(
                Rule::Server,
                format!("the hub's tls-server-name {} is no name", shown(name)),
            ));
        }
        Ok(server)
    }

    /// The plugin that runs, and the template that it is of.
    fn plugin(
        &self,
        provider: &str,
        plugin: Option<&record::Plugin<'_>>,
    ) -> Result<(ExecConfig, Option<Template>), Refusal> {
        let Some((plugin, command)) = plugin.and_then(|plugin| Some((plugin, plugin.command.as_deref()?)))
        else {
            let entry = self.file.named(provider).ok_or_else(|| {
                Refusal::new(
                    Rule::Command,
                    format!("{} has no provider {}", self.providers_file, shown(provider)),
                )
            })?;
            let program = entry.command().rsplit('/').next().unwrap_or_default();
            return Ok((entry.exec(plugin)?, Template::of_command(program)));
        };
        let args: Vec<String> = plugin.args.iter().map(ToString::to_string).collect();
        let version = plugin
            .api_version
            .as_deref()
            .unwrap_or("client.authentication.k8s.io/v1beta1");
        if !matches!(
            version,
            "client.authentication.k8s.io/v1" | "client.authentication.k8s.io/v1beta1"
        ) {
            let what = format!("the hub's auth.exec.apiVersion is {}", shown(version));
            return Err(Refusal::new(Rule::Arguments, what));
        }
        let exec = |args, mode, hint: Option<&str>| ExecConfig {
            api_version: Some(version.to_owned()),
            command: Some(command.to_owned()),
            args: Some(args),
            interactive_mode: Some(mode),
            install_hint: hint.map(str::to_owned),
            ..ExecConfig::default()
        };
        if let Some(template) = Template::of_command(command) {
            let parameters = template.parse(&args)?;
            let args = template.args(&parameters).map_err(|missing| {
                Refusal::new(
                    Rule::Arguments,
                    format!("{command} is to be run without a {missing}"),
                )
            })?;
            let mode = template.mode(&args);
            return Ok((exec(args, mode, Some(template.install_hint())), Some(template)));
        }
        if self
            .config
            .allowed_commands
            .iter()
            .any(|line| is_allowed(line, command, &args))
        {
            return Ok((exec(args, kube::config::ExecInteractiveMode::Never, None), None));
        }
        let line: Vec<&str> = std::iter::once(command)
            .chain(args.iter().map(String::as_str))
            .collect();
        let refusal = Refusal::new(
            Rule::Command,
            format!(
                "the hub wants {} run as credential plugin",
                shown(&line.join(" "))
            ),
        );
        Err(refusal.allowed_by(&format!(
            "if you trust that command, write into {}: access: {{allowedCommands: [{}]}}, or name a provider {} in {}",
            self.config_file,
            shown(&line.join(" ")),
            shown(provider),
            self.providers_file
        )))
    }

    fn check_host(&self, provider: &str, server: &Server, own: &[String]) -> Result<(), Refusal> {
        let host = server.host.as_str();
        let fits = own.iter().any(|own| match HostPattern::parse(own) {
            Ok(pattern) => pattern.matches(host),
            Err(_) => own.eq_ignore_ascii_case(host),
        });
        let allowed = self.config.allowed_hosts.iter().any(|(whose, pattern)| {
            whose.as_deref().is_none_or(|whose| whose == provider) && pattern.matches(host)
        });
        if fits || allowed {
            return Ok(());
        }
        let own = if own.is_empty() {
            "none but those that you allow".to_owned()
        } else {
            own.join(", ")
        };
        let refusal = Refusal::new(
            Rule::Host,
            format!(
                "credentials of provider {} are not sent to {}, which is none of its hosts ({own})",
                shown(provider),
                shown(host)
            ),
        );
        Err(refusal.allowed_by(&format!(
            "write into {}: access: {{allowedHosts: {{{}: [{}]}}}}",
            self.config_file,
            shown(provider),
            shown(host)
        )))
    }
}

/// The first of several properties that says something.
fn property<'a>(cluster: &'a Cluster<'_>, names: &[&str]) -> Option<&'a str> {
    names
        .iter()
        .filter_map(|name| cluster.properties.get(*name))
        .map(Str::as_str)
        .find(|value| !value.is_empty())
}

/// `auth.exec.args`: separated by commas.
fn listed_args(cluster: &Cluster<'_>) -> Vec<Str<'static>> {
    let args = property(cluster, &["auth.exec.args"]).unwrap_or_default();
    args.split(',')
        .map(str::trim)
        .filter(|arg| !arg.is_empty())
        .map(|arg| Str::from(arg.to_owned()))
        .collect()
}

/// What a cloud's tool must know: from the arguments that the hub lists, else from properties, else, for EKS,
/// from the server's name and the cluster's own.
fn parameters(
    kind: Template,
    cluster: &Cluster<'_>,
    access: &record::Access<'_>,
) -> Result<Parameters, Refusal> {
    let mut found = Parameters::new();
    if property(cluster, &["auth.exec.command"]).is_some() {
        let args = listed_args(cluster);
        if !args.is_empty() {
            found = kind.parse(&args.iter().map(Str::as_str).collect::<Vec<_>>())?;
        }
    }
    let mut fill = |name, value: Option<&str>| {
        if let Some(value) = value {
            found.entry(name).or_insert_with(|| value.to_owned());
        }
    };
    match kind {
        Template::Eks => {
            let names = [
                "region",
                "location",
                "cloud.region",
                "topology.kubernetes.io/region",
                "region.open-cluster-management.io",
            ];
            fill(
                "region",
                property(cluster, &names).or_else(|| region_of(access.server.as_deref()?)),
            );
            let names = ["eks.cluster.name", "cloud.cluster.name", "cluster.name", "name"];
            fill(
                "cluster-name",
                property(cluster, &names).or(Some(&cluster.cluster)),
            );
        }
        Template::Gke => {}
        Template::Aks => {
            fill("client-id", property(cluster, &["aks.client.id", "client.id"]));
            fill("tenant-id", property(cluster, &["azure.tenant.id", "tenant.id"]));
        }
    }
    kind.check(&found)?;
    Ok(found)
}

/// The region in the name of an EKS endpoint: `ID.gr7.REGION.eks.amazonaws.com`.
fn region_of(server: &str) -> Option<&str> {
    let host = server.split_once("://")?.1.split(['/', ':']).next()?;
    let before = host
        .strip_suffix(".eks.amazonaws.com")
        .or_else(|| host.strip_suffix(".eks.amazonaws.com.cn"))?;
    before.rsplit('.').next()
}

/// Whether a configured command line is this one. A word `*` is one argument that is no flag.
fn is_allowed(line: &str, command: &str, args: &[String]) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    let is_value = |arg: &str| {
        !arg.is_empty()
            && arg.len() <= MAX_VALUE
            && !arg.starts_with('-')
            && !arg.chars().any(char::is_control)
    };
    *first == command
        && rest.len() == args.len()
        && rest
            .iter()
            .zip(args)
            .all(|(word, arg)| word == arg || (*word == "*" && is_value(arg)))
}

#[cfg(test)]
mod tests;
