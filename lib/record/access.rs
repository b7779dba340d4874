//! The way into a cluster.

use super::str::Str;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The way into a cluster: a context, or a server with the credential plugin or the user that goes with it. It
/// names where credentials come from, it never holds any. Whoever uses it judges it again: a record is no
/// licence to run a command or to send a token anywhere.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Access<'a> {
    /// A context of the user's own kubeconfig.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Str<'a>>,
    /// How it was found: `mapping`, `context`, `server` or `provider`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Str<'a>>,
    /// The access provider (KEP-5339), or the built-in one that stands for it: `eks`, `gke`, `aks`,
    /// `open-cluster-management`, or a name of the user's provider file.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Str<'a>>,
    /// The API server's URL, always https.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Str<'a>>,
    /// The name that its certificate is for, where that is not the URL's host.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub tls_server_name: Option<Str<'a>>,
    /// Who vouches for it: certificates in PEM, in base64. Without it, whom the machine trusts.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub certificate_authority_data: Option<Str<'a>>,
    /// The credential plugin.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<Plugin<'a>>,
    /// The kubeconfig context whose user's credentials are used, in place of a plugin.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Str<'a>>,
}

/// A credential plugin that a hub has a say in.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plugin<'a> {
    /// The command of a built-in template, or one that the configuration allows. Absent where the user's
    /// provider file says it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Str<'a>>,
    /// Its arguments; without a command, those that go behind the provider file's.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<Str<'a>>,
    /// Environment variables that are added to the provider file's.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<Str<'a>, Str<'a>>,
    /// The client.authentication.k8s.io version that it is asked in, where that is not the template's own.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<Str<'a>>,
    /// What it is told of the cluster where the provider file has `provideClusterInfo`: the cluster's extension
    /// `client.authentication.k8s.io/exec`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Box<RawValue>>,
}

impl Access<'_> {
    /// A copy that outlives the line.
    pub fn into_owned(self) -> Access<'static> {
        Access {
            context: self.context.map(Str::into_owned),
            via: self.via.map(Str::into_owned),
            provider: self.provider.map(Str::into_owned),
            server: self.server.map(Str::into_owned),
            tls_server_name: self.tls_server_name.map(Str::into_owned),
            certificate_authority_data: self.certificate_authority_data.map(Str::into_owned),
            plugin: self.plugin.map(|plugin| Plugin {
                command: plugin.command.map(Str::into_owned),
                args: plugin.args.into_iter().map(Str::into_owned).collect(),
                env: plugin
                    .env
                    .into_iter()
                    .map(|(name, value)| (name.into_owned(), value.into_owned()))
                    .collect(),
                api_version: plugin.api_version.map(Str::into_owned),
                config: plugin.config,
            }),
            user: self.user.map(Str::into_owned),
        }
    }
}
