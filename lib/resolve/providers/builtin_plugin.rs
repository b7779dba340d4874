//! The built-in credential plugins: a fixed command each, a fixed grammar of arguments, and values that are
//! checked.

use super::rule::{Refusal, Rule, shown};
use crate::config::hosts::HostPattern;
use crate::vendor::Vendor;
use kube::config::ExecInteractiveMode;
use std::collections::BTreeMap;

/// A cloud whose clusters are logged in to with its own tool.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Template {
    /// Amazon: a token a cluster.
    Eks,
    /// Google: one token for all.
    Gke,
    /// Azure: one token a tenant.
    Aks,
}

/// The server application that stands for AKS in every Entra tenant. A token for another audience is worth
/// something elsewhere, so a hub cannot ask for one.
const AKS_SERVER_ID: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

/// What the cloud's tool must know, by the name of its flag.
pub(super) type Parameters = BTreeMap<&'static str, String>;

impl Template {
    pub(super) const ALL: [Self; 3] = [Self::Eks, Self::Gke, Self::Aks];

    /// As `access.provider` of a record has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Eks => "eks",
            Self::Gke => "gke",
            Self::Aks => "aks",
        }
    }

    /// The program, found on PATH.
    pub(super) fn command(self) -> &'static str {
        match self {
            Self::Eks => "aws",
            Self::Gke => "gke-gcloud-auth-plugin",
            Self::Aks => "kubelogin",
        }
    }

    /// What it is called as an access provider, a cloud or a type of cluster.
    pub(super) fn called(name: &str) -> Option<Self> {
        Vendor::named(name).and_then(Self::of)
    }

    /// That of a vendor.
    pub(super) fn of(vendor: Vendor) -> Option<Self> {
        match vendor {
            Vendor::Eks => Some(Self::Eks),
            Vendor::Gke => Some(Self::Gke),
            Vendor::Aks => Some(Self::Aks),
            // Its tool writes kubeconfigs and is no credential plugin.
            Vendor::Ack => None,
        }
    }

    /// The template of a command: of its bare name only, a path could lead anywhere.
    pub(super) fn of_command(command: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|template| template.command() == command)
    }

    /// The hosts that its tokens may go to. IP addresses are not among them: whose they are, nobody can say.
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

    /// Returns whether a host is one of its own.
    pub(super) fn owns(self, host: &str) -> bool {
        self.hosts()
            .iter()
            .any(|own| HostPattern::parse(own).is_ok_and(|pattern| pattern.matches(host)))
    }

    /// Returns whether its own hosts have certificates that everybody trusts, so that a hub has none to give.
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

    /// Returns whether it talks to a person: a device code is shown and waited for, and the others may ask for a
    /// second factor.
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

    /// Flags with which the user says who logs in, or where; a hub's are passed on only where the configuration allows
    /// the line that they stand in.
    fn choices(self) -> &'static [&'static str] {
        match self {
            Self::Eks => &["role-arn", "profile"],
            Self::Gke => &[],
            Self::Aks => &["environment"],
        }
    }

    /// Reads arguments, in any order that its grammar has.
    pub(super) fn parse(self, args: &[impl AsRef<str>]) -> Result<Parameters, Refusal> {
        self.parse_flags(args, self.flags())
    }

    /// The same, with the flags that the user may allow.
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

    /// Whether every value has the form that it has in that cloud.
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

    /// The arguments; the same ones for the same parameters, so that clusters share a run. `Err` is what is not
    /// known.
    pub(super) fn args(self, parameters: &Parameters) -> Result<Vec<String>, &'static str> {
        let given = |name| parameters.get(name).cloned();
        let needed = |name, what| given(name).ok_or(what);
        let own = |text: &str| text.to_owned();
        Ok(match self {
            Self::Eks => {
                // Without one, aws takes that of the user's own configuration.
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

/// Letters, digits and some others, beginning with a letter or digit.
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
    fn the_hosts_are_patterns() {
        for host in Template::ALL.into_iter().flat_map(Template::hosts) {
            assert!(HostPattern::parse(host).is_ok(), "{host}");
        }
    }

    #[test]
    fn the_same_parameters_give_the_same_arguments() {
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
            let parsed = Template::Eks.parse(args);
            let args = parsed.map(|parameters| Template::Eks.args(&parameters));
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
        let parsed = Template::Aks
            .parse(&args)
            .map(|parameters| Template::Aks.args(&parameters));
        assert_eq!(parsed, Ok(Ok(own.clone())));
        assert_eq!(Template::Aks.mode(&own), ExecInteractiveMode::Always);
        assert_eq!(
            Template::Gke.parse(&[""; 0]).map(|p| Template::Gke.args(&p)),
            Ok(Ok(vec![]))
        );
        assert_eq!(Template::Eks.args(&Parameters::new()), Err("cluster name"));
        let args = Template::Eks.args(&Parameters::from([("cluster-name", "n".to_owned())]));
        assert_eq!(
            args.map(|args| args.join(" ")).as_deref(),
            Ok("eks get-token --cluster-name n --output json")
        );
    }

    #[test]
    fn nothing_else_is_an_argument() {
        let rows: [(Template, &[&str]); 16] = [
            (Template::Eks, &["s3", "cp"]),
            (Template::Eks, &["eks"]),
            (Template::Eks, &["eks", "get-token", "more"]),
            (
                Template::Eks,
                &["eks", "get-token", "--endpoint-url", "https://evil"],
            ),
            (Template::Eks, &["eks", "get-token", "--role-arn", "arn:x"]),
            (Template::Eks, &["eks", "get-token", "--output", "text"]),
            (Template::Eks, &["eks", "get-token", "--region"]),
            (Template::Eks, &["eks", "get-token", "--region", "../x-y"]),
            (
                Template::Eks,
                &["eks", "get-token", "--region", "a-b", "--region", "a-c"],
            ),
            (Template::Eks, &["eks", "get-token", "--cluster-name", "-x"]),
            (Template::Eks, &["eks", "get-token", "--cluster-name", "a\nb"]),
            (Template::Eks, &["eks", "get-token", "-h"]),
            (Template::Gke, &["--use_application_default_credentials"]),
            (Template::Aks, &["get-token", "--login", "spn"]),
            (Template::Aks, &["get-token", "--server-id", TENANT]),
            (Template::Aks, &["get-token", "--tenant-id", "common"]),
        ];
        for (template, args) in rows {
            let refused = template.parse(args);
            assert!(
                matches!(&refused, Err(refusal) if refusal.rule == Rule::Arguments),
                "{args:?} {refused:?}"
            );
        }
    }
}
