//! The built-in credential plugins: the tools of three clouds, each with a fixed command, a fixed set of arguments and
//! checks of their values.

use super::rule::{Refusal, Rule, shown};
use crate::config::hosts::HostPattern;
use crate::vendor::Vendor;
use kube::config::ExecInteractiveMode;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The credential plugin of a cloud.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum BuiltinPlugin {
    /// Amazon EKS, with one token for each cluster.
    Eks,
    /// Google GKE, with one token for all clusters.
    Gke,
    /// Azure AKS, with one token for each tenant.
    Aks,
}

/// The server application of AKS in every Entra tenant. A token for another audience would be valid elsewhere, so a hub
/// cannot ask for one.
const AKS_SERVER_ID: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

/// The arguments of a plugin, by the names of their flags.
pub(super) type Parameters = BTreeMap<&'static str, String>;

impl BuiltinPlugin {
    pub(super) const ALL: [Self; 3] = [Self::Eks, Self::Gke, Self::Aks];

    /// Returns the value of `access.provider` in records.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Eks => "eks",
            Self::Gke => "gke",
            Self::Aks => "aks",
        }
    }

    /// Returns the program, which is looked up on PATH.
    pub(super) fn command(self) -> &'static str {
        match self {
            Self::Eks => "aws",
            Self::Gke => "gke-gcloud-auth-plugin",
            Self::Aks => "kubelogin",
        }
    }

    /// Returns the plugin for the name of an access provider, a cloud or a type of cluster.
    pub(super) fn called(name: &str) -> Option<Self> {
        Vendor::named(name).and_then(Self::of)
    }

    /// Returns the plugin of a vendor.
    pub(super) fn of(vendor: Vendor) -> Option<Self> {
        match vendor {
            Vendor::Eks => Some(Self::Eks),
            Vendor::Gke => Some(Self::Gke),
            Vendor::Aks => Some(Self::Aks),
            // Its tool writes kubeconfigs and is not a credential plugin.
            Vendor::Ack => None,
        }
    }

    /// Returns the plugin of a command, which must be a bare name: a path could lead anywhere.
    pub(super) fn of_command(command: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plugin| plugin.command() == command)
    }

    /// Returns patterns of the hosts that its tokens may be sent to. There are no IP addresses, because it is unknown
    /// whose they are.
    pub(super) fn hosts(self) -> &'static [&'static str] {
        match self {
            Self::Eks => &[
                "*.eks.amazonaws.com",
                "*.eks.amazonaws.com.cn",
                "*.eks-cluster.*.api.aws",
                "*.eks-cluster.*.api.amazonwebservices.com.cn",
            ],
            Self::Gke => &[
                "*.gke.goog",
                "connectgateway.googleapis.com",
                "*-connectgateway.googleapis.com",
                "connectgateway.*.rep.googleapis.com",
            ],
            Self::Aks => &[
                "*.azmk8s.io",
                "*.cx.prod.service.azk8s.cn",
                "*.cx.aks.containerservice.azure.us",
            ],
        }
    }

    /// Returns true if a host is one of its own.
    pub(super) fn owns(self, host: &str) -> bool {
        static PATTERNS: LazyLock<[Vec<HostPattern>; 3]> = LazyLock::new(|| {
            BuiltinPlugin::ALL.map(|plugin| {
                let patterns = plugin.hosts().iter();
                patterns
                    .filter_map(|pattern| HostPattern::parse(pattern).ok())
                    .collect()
            })
        });
        let of_plugin = BuiltinPlugin::ALL.iter().zip(PATTERNS.iter());
        let mut patterns = of_plugin.filter(|(plugin, _)| **plugin == self);
        patterns.any(|(_, patterns)| patterns.iter().any(|pattern| pattern.matches(host)))
    }

    /// Returns true if its own hosts have public certificates, so that a hub has none to publish.
    pub(super) fn has_public_certificates(self) -> bool {
        self == Self::Gke
    }

    pub(super) fn install_hint(self) -> &'static str {
        match self {
            Self::Eks => "install the AWS CLI and log in: aws configure",
            Self::Gke => {
                "install it (gcloud components install gke-gcloud-auth-plugin) and log in: gcloud auth login"
            }
            Self::Aks => "install kubelogin (az aks install-cli) and log in: az login",
        }
    }

    /// Returns whether it needs a terminal: a login by device code does, and the others may ask for a second factor.
    pub(super) fn mode(self, args: &[String]) -> ExecInteractiveMode {
        match self {
            Self::Aks if args.iter().any(|arg| arg == "devicecode") => ExecInteractiveMode::Always,
            _ => ExecInteractiveMode::IfAvailable,
        }
    }

    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Eks => &["eks", "get-token"],
            Self::Gke => &[],
            Self::Aks => &["get-token"],
        }
    }

    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Eks => &["region", "cluster-name", "output"],
            Self::Gke => &[],
            Self::Aks => &["login", "server-id", "client-id", "tenant-id"],
        }
    }

    /// Returns the flags that choose the identity or the place of the login. A hub's are used only if the configuration
    /// allows the whole command line.
    fn choices(self) -> &'static [&'static str] {
        match self {
            Self::Eks => &["role-arn", "profile"],
            Self::Gke => &[],
            Self::Aks => &["environment"],
        }
    }

    /// Parses arguments, whose order is free.
    pub(super) fn parse(self, args: &[impl AsRef<str>]) -> Result<Parameters, Refusal> {
        self.parse_flags(args, self.flags())
    }

    /// Parses arguments with the flags that the user may allow.
    pub(super) fn parse_choices(self, args: &[impl AsRef<str>]) -> Result<Parameters, Refusal> {
        let flags: Vec<&'static str> = self.flags().iter().chain(self.choices()).copied().collect();
        self.parse_flags(args, &flags)
    }

    fn parse_flags(self, args: &[impl AsRef<str>], flags: &[&'static str]) -> Result<Parameters, Refusal> {
        let refuse = |what: String| Refusal::new(Rule::Arguments, format!("{} {what}", self.command()));
        let mut parameters = Parameters::new();
        let mut words = self.words().iter();
        let mut args = args.iter().map(AsRef::as_ref);
        while let Some(arg) = args.next() {
            let Some(flag) = arg.strip_prefix("--") else {
                if words.next() != Some(&arg) {
                    return Err(refuse(format!(
                        "is not to be run with the argument {}",
                        shown(arg)
                    )));
                }
                continue;
            };
            let (name, value) = match flag.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (flag, None),
            };
            let Some(name) = flags.iter().copied().find(|known| *known == name) else {
                return Err(refuse(format!("is not to be run with the flag {}", shown(arg))));
            };
            let value = value
                .or_else(|| args.next())
                .ok_or_else(|| refuse(format!("is to be run with --{name} and no value")))?;
            if parameters.insert(name, value.to_owned()).is_some() {
                return Err(refuse(format!("is to be run with --{name} twice")));
            }
        }
        if words.len() > 0 {
            return Err(refuse(format!(
                "is only to be run as {} {}",
                self.command(),
                self.words().join(" ")
            )));
        }
        self.check(&parameters)?;
        Ok(parameters)
    }

    /// Checks that every value has the form that it has in that cloud.
    pub(super) fn check(self, parameters: &Parameters) -> Result<(), Refusal> {
        for (name, value) in parameters {
            let fine = match *name {
                "region" => is_name(value, 32, b"-") && value.contains('-'),
                "cluster-name" => is_name(value, 100, b"-_"),
                "output" => value == "json",
                "login" => matches!(value.as_str(), "azurecli" | "devicecode"),
                "server-id" => value == AKS_SERVER_ID,
                "role-arn" => value.starts_with("arn:") && is_name(value, 256, b":/+=,.@_-"),
                "profile" | "environment" => is_name(value, 64, b"-_."),
                _ => is_uuid(value),
            };
            if !fine {
                let what = format!(
                    "{} is not to be run with --{name} {}",
                    self.command(),
                    shown(value)
                );
                return Err(Refusal::new(Rule::Arguments, what));
            }
        }
        Ok(())
    }

    /// Returns the arguments, the same ones for the same parameters, so that clusters share a run of the plugin.
    ///
    /// # Errors
    /// The name of a parameter that is missing.
    pub(super) fn args(self, parameters: &Parameters) -> Result<Vec<String>, &'static str> {
        let given = |name| parameters.get(name).cloned();
        let needed = |name, what| given(name).ok_or(what);
        let own = |text: &str| text.to_owned();
        Ok(match self {
            Self::Eks => {
                // Without a region, aws takes that of the user's own configuration.
                let region = given("region").map(|region| [own("--region"), region]);
                let name = needed("cluster-name", "cluster name")?;
                let words = ["eks", "get-token", "--cluster-name", &name, "--output", "json"].map(own);
                region.into_iter().flatten().chain(words).collect()
            }
            Self::Gke => Vec::new(),
            Self::Aks => {
                let mut args = vec![
                    own("get-token"),
                    own("--login"),
                    given("login").unwrap_or_else(|| own("azurecli")),
                    own("--server-id"),
                    own(AKS_SERVER_ID),
                ];
                for name in ["client-id", "tenant-id"] {
                    if let Some(value) = given(name) {
                        args.extend([format!("--{name}"), value]);
                    }
                }
                args
            }
        })
    }
}

/// Returns true for letters, digits and some others, beginning with a letter or digit.
fn is_name(text: &str, longest: usize, others: &[u8]) -> bool {
    text.len() <= longest
        && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "00000000-1111-2222-3333-444444444444";

    #[test]
    fn built_in_hosts_are_valid_patterns() {
        for host in BuiltinPlugin::ALL.into_iter().flat_map(BuiltinPlugin::hosts) {
            assert!(HostPattern::parse(host).is_ok(), "{host}");
        }
    }

    #[test]
    fn same_parameters_give_same_arguments() {
        let same: [&[&str]; 2] = [
            &["eks", "get-token", "--cluster-name=n", "--region", "eu-west-1"],
            &[
                "--region",
                "eu-west-1",
                "eks",
                "get-token",
                "--cluster-name",
                "n",
                "--output",
                "json",
            ],
        ];
        for args in same {
            let parsed = BuiltinPlugin::Eks.parse(args);
            let args = parsed.map(|parameters| BuiltinPlugin::Eks.args(&parameters));
            assert_eq!(
                args,
                Ok(Ok(same[1].iter().map(|arg| (*arg).to_owned()).collect()))
            );
        }
        let args = [
            "get-token",
            "--login",
            "devicecode",
            "--server-id",
            AKS_SERVER_ID,
            "--tenant-id",
            TENANT,
        ];
        let own: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let parsed = BuiltinPlugin::Aks
            .parse(&args)
            .map(|parameters| BuiltinPlugin::Aks.args(&parameters));
        assert_eq!(parsed, Ok(Ok(own.clone())));
        assert_eq!(BuiltinPlugin::Aks.mode(&own), ExecInteractiveMode::Always);
        assert_eq!(
            BuiltinPlugin::Gke
                .parse(&[""; 0])
                .map(|p| BuiltinPlugin::Gke.args(&p)),
            Ok(Ok(vec![]))
        );
        assert_eq!(BuiltinPlugin::Eks.args(&Parameters::new()), Err("cluster name"));
        let args = BuiltinPlugin::Eks.args(&Parameters::from([("cluster-name", "n".to_owned())]));
        assert_eq!(
            args.map(|args| args.join(" ")).as_deref(),
            Ok("eks get-token --cluster-name n --output json")
        );
    }

    #[test]
    fn other_arguments_of_built_in_plugins_are_refused() {
        let rows: [(BuiltinPlugin, &[&str]); 16] = [
            (BuiltinPlugin::Eks, &["s3", "cp"]),
            (BuiltinPlugin::Eks, &["eks"]),
            (BuiltinPlugin::Eks, &["eks", "get-token", "more"]),
            (
                BuiltinPlugin::Eks,
                &["eks", "get-token", "--endpoint-url", "https://evil"],
            ),
            (BuiltinPlugin::Eks, &["eks", "get-token", "--role-arn", "arn:x"]),
            (BuiltinPlugin::Eks, &["eks", "get-token", "--output", "text"]),
            (BuiltinPlugin::Eks, &["eks", "get-token", "--region"]),
            (BuiltinPlugin::Eks, &["eks", "get-token", "--region", "../x-y"]),
            (
                BuiltinPlugin::Eks,
                &["eks", "get-token", "--region", "a-b", "--region", "a-c"],
            ),
            (BuiltinPlugin::Eks, &["eks", "get-token", "--cluster-name", "-x"]),
            (
                BuiltinPlugin::Eks,
                &["eks", "get-token", "--cluster-name", "a\nb"],
            ),
            (BuiltinPlugin::Eks, &["eks", "get-token", "-h"]),
            (BuiltinPlugin::Gke, &["--use_application_default_credentials"]),
            (BuiltinPlugin::Aks, &["get-token", "--login", "spn"]),
            (BuiltinPlugin::Aks, &["get-token", "--server-id", TENANT]),
            (BuiltinPlugin::Aks, &["get-token", "--tenant-id", "common"]),
        ];
        for (plugin, args) in rows {
            let refused = plugin.parse(args);
            assert!(
                matches!(&refused, Err(refusal) if refusal.rule == Rule::Arguments),
                "{args:?} {refused:?}"
            );
        }
    }
}
