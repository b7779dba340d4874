//! The judgement of an access that does not come from the user's kubeconfig: what it may run, and where credentials
//! go.

use super::builtin_plugin::Template;
use super::rule::{Refusal, Rule, shown};
use super::{OCM, Policy, published};
use crate::connect::Server;
use crate::connect::plugin::CLUSTER_EXTENSION;
use crate::kubeconfig::{self, Kubeconfig};
use crate::record;
use kube::config::{AuthInfo, ExecConfig, NamedExtension};
use std::net::IpAddr;

/// The longest value of an argument that a configured command line leaves to the hub.
const MAX_VALUE: usize = 1024;

/// A credential plugin that may run.
struct Allowed {
    exec: ExecConfig,
    template: Option<Template>,
    /// True if the template alone says what runs, and not the user's provider file.
    is_built_in: bool,
    /// Whose hosts its credential may be sent to.
    provider: String,
    /// Whether it is told what the hub says of the cluster.
    is_told: bool,
}

impl Policy {
    /// Judges an access that does not come from the user's kubeconfig, and makes what is needed to connect of
    /// it. `cluster_name` is how messages call it.
    ///
    /// # Errors
    /// The rule that forbids it.
    pub(in crate::resolve) fn admit(
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
                // At the hub's own address the user's own context says how it is reached and verified.
                (hub.user, hub.origin, if is_hub { hub.cluster } else { published })
            }
            None => {
                let plugin = self.plugin(access)?;
                self.check_host(&plugin, &server)?;
                let is_told = plugin.is_told;
                let extension = access
                    .plugin
                    .as_ref()
                    .filter(|_| is_told)
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
        // Nothing that a resolver could take for something else than the patterns do: no zone of an IPv6 address,
        // no other letters.
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

    /// The plugin that runs.
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
                template: Template::of_command(program),
                is_built_in: false,
                provider: provider.to_owned(),
                is_told: entry.takes_config(),
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
        let template = Template::of_command(command);
        let is_allowed = self.allows_command(command, &args);
        if let Some(template) = template {
            // A line that the user allows may have flags that the template has not.
            let args = match template.parse(&args) {
                Err(_) if is_allowed => args,
                Err(refusal) => return Err(self.refuse_arguments(refusal, command, &args)),
                Ok(parameters) => template.args(&parameters).map_err(|missing| {
                    Refusal::new(
                        Rule::Arguments,
                        format!("{command} is to be run without a {missing}"),
                    )
                })?,
            };
            let mode = template.mode(&args);
            return Ok(Allowed {
                exec: exec(args, mode, Some(template.install_hint())),
                template: Some(template),
                is_built_in: true,
                provider: template.name().to_owned(),
                is_told: false,
            });
        }
        if !is_allowed {
            return Err(self.refuse_command(provider, command, &args));
        }
        // The name is the hub's choice: one that stands for another credential would lend its hosts.
        let is_anothers =
            provider == OCM || Template::called(provider).is_some() || self.file.named(provider).is_some();
        Ok(Allowed {
            exec: exec(args, kube::config::ExecInteractiveMode::IfAvailable, None),
            template: None,
            is_built_in: false,
            provider: if is_anothers { command } else { provider }.to_owned(),
            is_told: false,
        })
    }

    /// Returns whether the configuration allows a command line.
    pub(super) fn allows_command(&self, command: &str, args: &[String]) -> bool {
        let mut lines = self.config.allowed_commands.iter();
        lines.any(|line| is_allowed(line, command, args))
    }

    /// The same refusal with the line that would allow these arguments, where they choose an identity or a place and are
    /// else what the template has.
    pub(super) fn refuse_arguments(&self, refusal: Refusal, command: &str, args: &[String]) -> Refusal {
        let is_choice =
            Template::of_command(command).is_some_and(|template| template.parse_choices(args).is_ok());
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
            format!("the hub wants {} run as credential plugin", shown(&line)),
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
        let own = plugin.template.map(Template::hosts).unwrap_or_default();
        let fits = plugin.template.is_some_and(|template| template.owns(host));
        if fits || self.allows(&plugin.provider, host) {
            return Ok(());
        }
        let own = if own.is_empty() {
            "none but those that you allow".to_owned()
        } else {
            own.join(", ")
        };
        Err(self.refuse_host(&plugin.provider, host, host, &own))
    }

    /// Whether a server is the hub itself; else it must be one that the user allows the hub's credentials.
    fn check_hub(&self, server: &Server, hub: &kube::config::Cluster) -> Result<bool, Refusal> {
        let own = Server::parse("", hub.server.as_deref().unwrap_or_default());
        // Another port may be anybody's: a NodePort, another user's process.
        let is_hub = |own: &Server| {
            own.https && own.port == server.port && own.host.eq_ignore_ascii_case(&server.host)
        };
        match own {
            Ok(own) if is_hub(&own) => Ok(true),
            _ if self.allows(OCM, &server.host) => Ok(false),
            own => {
                let own = own.map_or_else(|_| "none".to_owned(), |own| own.host_and_port());
                Err(self.refuse_host(OCM, &server.host, &server.host_and_port(), &own))
            }
        }
    }

    fn allows(&self, provider: &str, host: &str) -> bool {
        self.config.allowed_hosts.iter().any(|(whose, pattern)| {
            whose.as_deref().is_none_or(|whose| whose == provider) && pattern.matches(host)
        })
    }

    fn refuse_host(&self, provider: &str, host: &str, address: &str, own: &str) -> Refusal {
        let refusal = Refusal::new(
            Rule::Host,
            format!(
                "credentials of provider {} are not sent to {}, which is none of its hosts ({own})",
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

/// Returns whether a line of these words says these words and no more, so that it may be copied.
fn is_line(command: &str, args: &[String]) -> bool {
    std::iter::once(command)
        .chain(args.iter().map(String::as_str))
        .all(|word| {
            word != "*" && !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || c.is_control())
        })
}

/// Leaves out what is not taken of what a hub says of how a server is verified. With another name to verify, or a certificate
/// authority of its own where the server's certificate is one that everybody trusts, whoever lies in DNS would get the
/// token.
fn trusted(mut published: kube::config::Cluster, plugin: &Allowed, server: &Server) -> kube::config::Cluster {
    let Some(template) = plugin.template else {
        return published;
    };
    let is_own = template.owns(&server.host);
    if plugin.is_built_in || is_own {
        published.tls_server_name = None;
    }
    if is_own && template.has_public_certificates() {
        published.certificate_authority_data = None;
    }
    published
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
