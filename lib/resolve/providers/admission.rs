//! Checks an access that does not come from the user's kubeconfig: what it may run, and where credentials are sent.

use super::builtin_plugin::BuiltinPlugin;
use super::policy::Policy;
use super::published::{self, OCM};
use super::rule::{Refusal, Rule, shown};
use crate::connect::Server;
use crate::connect::plugin::CLUSTER_EXTENSION;
use crate::kubeconfig::{self, Kubeconfig};
use crate::record;
use kube::config::{AuthInfo, ExecConfig, NamedExtension};
use std::net::IpAddr;

/// A credential plugin that may run.
struct Allowed {
    exec: ExecConfig,
    built_in: Option<BuiltinPlugin>,
    /// True if the built-in plugin alone decides what runs, and not the user's provider file.
    is_built_in_only: bool,
    /// The provider whose hosts its credential may be sent to.
    provider: String,
    /// True if it gets the configuration that the hub publishes.
    gets_config: bool,
}

impl Policy {
    /// Checks an access that does not come from the user's kubeconfig, and returns what is needed to connect.
    /// `cluster_name` is for messages.
    ///
    /// # Errors
    /// A rule forbids it.
    pub(crate) fn admit(
        &self,
        kubeconfig: &Kubeconfig,
        access: &record::Access<'_>,
        cluster_name: &str,
    ) -> Result<kubeconfig::Access, Refusal> {
        let server = self.server(access)?;
        let published = kube::config::Cluster {
            tls_server_name: access.tls_server_name.as_ref().map(ToString::to_string),
            certificate_authority_data: match access.certificate_authority_data.as_deref() {
                Some(data) => Some(published::certificates(data)?),
                None => None,
            },
            ..kube::config::Cluster::default()
        };
        let (user, origin, mut cluster) = match access.user.as_deref() {
            Some(context) => {
                let hub = kubeconfig
                    .access(context)
                    .map_err(|error| Refusal::new(Rule::Command, error.to_string()))?;
                let is_hub = self.check_hub(&server, &hub.cluster)?;
                // The hub's own address is reached and verified as the user's own context says.
                (hub.user, hub.origin, if is_hub { hub.cluster } else { published })
            }
            None => {
                let plugin = self.plugin(access)?;
                self.check_host(&plugin, &server)?;
                let gets_config = plugin.gets_config;
                let extension = access
                    .plugin
                    .as_ref()
                    .filter(|_| gets_config)
                    .and_then(|plugin| serde_json::from_str(plugin.config.as_ref()?.get()).ok());
                let published = trusted(published, &plugin, &server);
                let user = AuthInfo {
                    exec: Some(plugin.exec),
                    ..AuthInfo::default()
                };
                let cluster = kube::config::Cluster {
                    extensions: extension.map(|extension| {
                        vec![NamedExtension {
                            name: CLUSTER_EXTENSION.to_owned(),
                            extension,
                        }]
                    }),
                    ..published
                };
                (user, None, cluster)
            }
        };
        cluster.server = Some(server.shown);
        Ok(kubeconfig::Access {
            context: cluster_name.to_owned(),
            cluster,
            user,
            namespace: None,
            origin,
        })
    }

    fn server(&self, access: &record::Access<'_>) -> Result<Server, Refusal> {
        let text = access.server.as_deref().unwrap_or_default();
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) || text.contains('\\') {
            return Err(Refusal::new(
                Rule::Server,
                format!("the hub's server {} is not a URL", shown(text)),
            ));
        }
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
        if scheme.eq_ignore_ascii_case("http") {
            return Err(Refusal::new(
                Rule::Http,
                format!("the hub's server {} is not encrypted", shown(text)),
            ));
        }
        // The URL is not shown, because it may contain a password.
        let wrong = || Refusal::new(Rule::Server, "the hub's server is not a plain https:// URL");
        if !scheme.eq_ignore_ascii_case("https") || text.contains(['?', '#']) {
            return Err(wrong());
        }
        let server = Server::parse("", text).map_err(|_| wrong())?;
        // A host that a DNS resolver could understand differently than the patterns do is refused: with the zone of an
        // IPv6 address, or with other letters.
        let is_name = server
            .host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        if !is_name && server.host.parse::<IpAddr>().is_err() {
            return Err(Refusal::new(
                Rule::Server,
                format!(
                    "the hub's server {} has neither a name nor an address for its host",
                    shown(text)
                ),
            ));
        }
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

    /// Returns the plugin that runs.
    fn plugin(&self, access: &record::Access<'_>) -> Result<Allowed, Refusal> {
        let provider = access.provider.as_deref().unwrap_or_default();
        let plugin = access.plugin.as_ref();
        let Some((plugin, command)) = plugin.and_then(|plugin| Some((plugin, plugin.command.as_deref()?)))
        else {
            let entry = self.file.named(provider).ok_or_else(|| {
                Refusal::new(
                    Rule::Command,
                    format!("{} has no provider {}", self.providers_file, shown(provider)),
                )
            })?;
            let program = entry.command().rsplit('/').next().unwrap_or_default();
            return Ok(Allowed {
                exec: entry
                    .exec(plugin, &self.config.allowed_variables)
                    .map_err(|refusal| refusal.in_file(&self.config_file))?,
                built_in: BuiltinPlugin::of_command(program),
                is_built_in_only: false,
                provider: provider.to_owned(),
                gets_config: entry.takes_config(),
            });
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
        let is_allowed = self.allows_command(command, &args);
        if let Some(built_in) = BuiltinPlugin::of_command(command) {
            // A command line that the user allows may have more flags than the built-in plugin.
            let args = match built_in.parse(&args) {
                Err(_) if is_allowed => args,
                Err(refusal) => return Err(self.refuse_arguments(refusal, command, &args)),
                Ok(parameters) => built_in.args(&parameters).map_err(|missing| {
                    Refusal::new(
                        Rule::Arguments,
                        format!("{command} is to be run without a {missing}"),
                    )
                })?,
            };
            let mode = built_in.mode(&args);
            return Ok(Allowed {
                exec: exec(args, mode, Some(built_in.install_hint())),
                built_in: Some(built_in),
                is_built_in_only: true,
                provider: built_in.name().to_owned(),
                gets_config: false,
            });
        }
        if !is_allowed {
            return Err(self.refuse_command(provider, command, &args));
        }
        // The hub chooses the name. The name of another credential would give it the hosts of that one.
        let is_name_of_another = provider == OCM
            || BuiltinPlugin::called(provider).is_some()
            || self.file.named(provider).is_some();
        Ok(Allowed {
            exec: exec(args, kube::config::ExecInteractiveMode::IfAvailable, None),
            built_in: None,
            is_built_in_only: false,
            provider: if is_name_of_another { command } else { provider }.to_owned(),
            gets_config: false,
        })
    }

    /// Adds the configuration that would allow these arguments to a refusal, if they are those of the built-in plugin
    /// apart from choosing an identity or a place.
    pub(super) fn refuse_arguments(&self, refusal: Refusal, command: &str, args: &[String]) -> Refusal {
        let is_choice =
            BuiltinPlugin::of_command(command).is_some_and(|built_in| built_in.parse_choices(args).is_ok());
        if !is_choice || !is_line(command, args) {
            return refusal;
        }
        let line = std::iter::once(command)
            .chain(args.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(" ");
        Refusal {
            remedy: format!(
                "if you trust that command line, write into {}: access: {{allowedCommands: [{}]}}, or map the \
                 cluster to a context of your own",
                self.config_file,
                shown(&line),
            ),
            ..refusal
        }
    }

    fn refuse_command(&self, provider: &str, command: &str, args: &[String]) -> Refusal {
        let words = || std::iter::once(command).chain(args.iter().map(String::as_str));
        let line = words().collect::<Vec<_>>().join(" ");
        let refusal = Refusal::new(
            Rule::Command,
            format!("the hub names {} as the credential plugin", shown(&line)),
        );
        let in_file = format!("name a provider {} in {}", shown(provider), self.providers_file);
        if !is_line(command, args) {
            return refusal.allowed_by(&in_file);
        }
        refusal.allowed_by(&format!(
            "if you trust that command, write into {}: access: {{allowedCommands: [{}]}}, or {in_file}",
            self.config_file,
            shown(&line),
        ))
    }

    fn check_host(&self, plugin: &Allowed, server: &Server) -> Result<(), Refusal> {
        let host = server.host.as_str();
        let own = plugin.built_in.map(BuiltinPlugin::hosts).unwrap_or_default();
        let fits = plugin.built_in.is_some_and(|built_in| built_in.owns(host));
        if fits || self.allows_host(&plugin.provider, host) {
            return Ok(());
        }
        let own = if own.is_empty() {
            "none but those that you allow".to_owned()
        } else {
            own.join(", ")
        };
        Err(self.refuse_host(&plugin.provider, host, host, &own))
    }

    /// Returns true if a server is the hub itself. If it is not, the user must allow it the hub's credentials.
    fn check_hub(&self, server: &Server, hub: &kube::config::Cluster) -> Result<bool, Refusal> {
        let own = Server::parse("", hub.server.as_deref().unwrap_or_default());
        // Another port may belong to anyone: a NodePort, another user's process.
        let is_hub = |own: &Server| {
            own.https && own.port == server.port && own.host.eq_ignore_ascii_case(&server.host)
        };
        match own {
            Ok(own) if is_hub(&own) => Ok(true),
            _ if self.allows_host(OCM, &server.host) => Ok(false),
            own => {
                let own = own.map_or_else(|_| "none".to_owned(), |own| own.host_and_port());
                Err(self.refuse_host(OCM, &server.host, &server.host_and_port(), &own))
            }
        }
    }

    fn refuse_host(&self, provider: &str, host: &str, address: &str, own: &str) -> Refusal {
        let refusal = Refusal::new(
            Rule::Host,
            format!(
                "credentials of provider {} are not sent to {}, which is not one of its hosts ({own})",
                shown(provider),
                shown(address)
            ),
        );
        refusal.allowed_by(&format!(
            "write into {}: access: {{allowedHosts: {{{}: [{}]}}}}",
            self.config_file,
            shown(provider),
            shown(host)
        ))
    }
}

/// Returns true if a configured command line of these words would allow only them, so that it can be suggested.
fn is_line(command: &str, args: &[String]) -> bool {
    std::iter::once(command)
        .chain(args.iter().map(String::as_str))
        .all(|word| {
            word != "*" && !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || c.is_control())
        })
}

/// Removes what is not used of what a hub publishes about the verification of a server. With another name to verify, or
/// with its own authority for a server with a public certificate, someone who forges DNS answers would get the token.
fn trusted(mut published: kube::config::Cluster, plugin: &Allowed, server: &Server) -> kube::config::Cluster {
    let Some(built_in) = plugin.built_in else {
        return published;
    };
    let is_own = built_in.owns(&server.host);
    if plugin.is_built_in_only || is_own {
        published.tls_server_name = None;
    }
    if is_own && built_in.has_public_certificates() {
        published.certificate_authority_data = None;
    }
    published
}
