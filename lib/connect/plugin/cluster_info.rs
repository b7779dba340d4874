//! The facts about its cluster that a plugin with `provideClusterInfo` is told.

use crate::connect::error::Error;
use crate::connect::tls::Material;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::config::Cluster;
use serde::Serialize;

/// The extension of a kubeconfig's cluster that is passed on to plugins.
pub(crate) const CLUSTER_EXTENSION: &str = "client.authentication.k8s.io/exec";

/// `ExecCredential.spec.cluster`.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ClusterInfo {
    server: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    tls_server_name: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    insecure_skip_tls_verify: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    certificate_authority_data: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    proxy_url: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    disable_compression: bool,
    config: serde_json::Value,
}

impl ClusterInfo {
    /// Reads a kubeconfig's cluster, and its CA file.
    ///
    /// # Errors
    /// The CA cannot be read.
    pub fn of(context: &str, cluster: &Cluster) -> Result<Self, Error> {
        let authority = match Material::authority(cluster) {
            Some(authority) => authority.read(context)?,
            None => Vec::new(),
        };
        let config = cluster
            .extensions
            .iter()
            .flatten()
            .find(|extension| extension.name == CLUSTER_EXTENSION)
            .map(|extension| extension.extension.clone());
        Ok(Self {
            server: cluster.server.clone().unwrap_or_default(),
            tls_server_name: cluster.tls_server_name.clone().unwrap_or_default(),
            insecure_skip_tls_verify: cluster.insecure_skip_tls_verify.unwrap_or_default(),
            certificate_authority_data: STANDARD.encode(authority),
            proxy_url: cluster.proxy_url.clone().unwrap_or_default(),
            disable_compression: cluster.disable_compression.unwrap_or_default(),
            config: config.unwrap_or_default(),
        })
    }
}
