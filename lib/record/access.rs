//! How a cluster is reached, and with which credentials.

use super::str::Str;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// How a cluster is reached: by a context, or by a server with a credential plugin or a user. It names the source of
/// credentials and never holds any. A tool that uses it checks it again: a record does not allow anybody to run a
/// command or to send a token anywhere.
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
    /// The name that the server's certificate is for, if that is not the URL's host.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub tls_server_name: Option<Str<'a>>,
    /// The certificate authorities that are trusted for it, PEM in base64. Without it, those that the machine trusts.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub certificate_authority_data: Option<Str<'a>>,
    /// The credential plugin.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<Plugin<'a>>,
    /// The kubeconfig context whose user's credentials are used instead of a plugin's.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Str<'a>>,
}

/// A credential plugin that a hub may choose or configure.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plugin<'a> {
    /// The command of a built-in template, or one that the configuration allows. Absent if the user's provider file has
    /// it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Str<'a>>,
    /// Its arguments. Without a command, they follow the provider file's arguments.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<Str<'a>>,
    /// Environment variables that are added to the provider file's.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<Str<'a>, Str<'a>>,
    /// The version of client.authentication.k8s.io for it, if that is not the template's.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<Str<'a>>,
    /// The cluster's extension `client.authentication.k8s.io/exec`, which a plugin gets if the provider file has
    /// `provideClusterInfo`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Box<RawValue>>,
}

impl Access<'_> {
    /// Copies it, so that it does not borrow from the line any more.
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
