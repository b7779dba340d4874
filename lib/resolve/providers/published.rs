//! Reads the access providers that a hub publishes of a cluster, with limits on their size.

use super::rule::{Refusal, Rule, shown};
use crate::connect::plugin::CLUSTER_EXTENSION;
use crate::kubeconfig::decode;
use crate::record::{self, Access, Plugin, Str};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The most that all access providers of a cluster take, in bytes. etcd's limit for an object is 1.5 MiB.
const MAX_ALL: usize = 1 << 20;

/// The most access providers of one cluster.
const MAX_PROVIDERS: usize = 100;

/// The longest certificate authority, in bytes of base64.
const MAX_CA: usize = 256 << 10;

/// The longest address, in bytes.
const MAX_SERVER: usize = 2048;

/// The most arguments, and the most variables, that a profile adds.
const MAX_EXTRAS: usize = 64;

/// The longest of them, in bytes.
const MAX_EXTRA: usize = 4096;

const ARGS: &str = "clusterprofiles.multicluster.x-k8s.io/exec/additional-args";
const ENVS: &str = "clusterprofiles.multicluster.x-k8s.io/exec/additional-envs";

/// The access provider of OCM's cluster-proxy, which takes the credentials of the hub's own user.
pub(super) const OCM: &str = "open-cluster-management";

/// An access provider as published.
pub(super) struct Published<'a> {
    pub name: Str<'a>,
    pub cluster: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct NamedProvider<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow, default)]
    cluster: Option<&'a RawValue>,
}

/// The fields of a cluster in a kubeconfig.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ClusterFields<'a> {
    #[serde(borrow, default)]
    server: Option<Str<'a>>,
    #[serde(borrow, default)]
    tls_server_name: Option<Str<'a>>,
    #[serde(borrow, default)]
    insecure_skip_tls_verify: Option<&'a RawValue>,
    #[serde(borrow, default)]
    certificate_authority: Option<&'a RawValue>,
    #[serde(borrow, default)]
    certificate_authority_data: Option<Str<'a>>,
    #[serde(borrow, default)]
    proxy_url: Option<&'a RawValue>,
    #[serde(borrow, default)]
    extensions: Option<Vec<Option<Extension<'a>>>>,
}

#[derive(Deserialize)]
struct Extension<'a> {
    #[serde(borrow, default)]
    name: Option<Str<'a>>,
    #[serde(borrow, default)]
    extension: Option<&'a RawValue>,
}

/// Parses the access providers of a record.
pub(super) fn published<'a>(json: Option<&'a RawValue>) -> Result<Vec<Published<'a>>, Refusal> {
    let Some(json) = json else {
        return Ok(Vec::new());
    };
    let too_large = |what: &str| Refusal::new(Rule::Size, format!("its access providers {what}"));
    if json.get().len() > MAX_ALL {
        return Err(too_large("take more than 1 MiB"));
    }
    let malformed = |_| {
        Refusal::new(
            Rule::Malformed,
            "its access providers are no list of {name, cluster}",
        )
    };
    let list: Option<Vec<Option<NamedProvider<'a>>>> = serde_json::from_str(json.get()).map_err(malformed)?;
    let list: Vec<_> = list.into_iter().flatten().flatten().collect();
    if list.len() > MAX_PROVIDERS {
        return Err(too_large("are more than 100"));
    }
    Ok(list
        .into_iter()
        .map(|NamedProvider { name, cluster }| Published { name, cluster })
        .collect())
}

/// A server that a hub publishes of a cluster, not checked, for comparisons only.
pub(crate) struct PublishedServer {
    pub server: String,
    pub tls_server_name: Option<String>,
    pub ca_data: Option<String>,
    /// True if it is OCM's cluster-proxy.
    pub is_proxy: bool,
}

/// Returns the servers that a hub publishes of a cluster in its access providers and client configs.
pub(crate) fn published_servers(cluster: &record::Cluster<'_>) -> Vec<PublishedServer> {
    let filled = |text: Option<Str<'_>>| text.filter(|text| !text.is_empty()).map(|text| text.to_string());
    let of_provider = |published: &Published<'_>| {
        let cluster: ClusterFields<'_> = serde_json::from_str(published.cluster?.get()).ok()?;
        Some(PublishedServer {
            server: filled(cluster.server)?,
            tls_server_name: filled(cluster.tls_server_name),
            ca_data: filled(cluster.certificate_authority_data),
            is_proxy: published.name == OCM,
        })
    };
    let providers = published(cluster.access_providers).unwrap_or_default();
    let configs = cluster.client_configs.iter().map(|config| PublishedServer {
        server: config.server.to_string(),
        tls_server_name: None,
        ca_data: config.ca_bundle.as_ref().map(ToString::to_string),
        is_proxy: false,
    });
    providers.iter().filter_map(of_provider).chain(configs).collect()
}

/// Returns a ManagedCluster's client config as the cluster of an access provider.
pub(super) fn of_client_config(config: &record::ClientConfig<'_>) -> Option<Box<RawValue>> {
    let json = serde_json::json!({
        "server": config.server.as_str(),
        "certificate-authority-data": config.ca_bundle.as_deref().unwrap_or_default(),
    });
    RawValue::from_string(json.to_string()).ok()
}

/// The cluster of an access provider: its server, and what its plugin is given.
pub(super) struct Endpoint {
    /// It has a `server`, and the name and the authority if they are published.
    pub access: Access<'static>,
    /// Arguments, environment and configuration from the extensions.
    pub plugin: Plugin<'static>,
}

impl Published<'_> {
    /// Parses the cluster of the provider. Returns `None` if it has no server.
    pub(super) fn endpoint(&self) -> Result<Option<Endpoint>, Refusal> {
        let malformed = |what: &str| {
            Refusal::new(
                Rule::Malformed,
                format!("the cluster of access provider {} {what}", shown(&self.name)),
            )
        };
        let Some(json) = self.cluster.filter(|json| json.get() != "null") else {
            return Ok(None);
        };
        let cluster: ClusterFields<'_> =
            serde_json::from_str(json.get()).map_err(|_| malformed("is not a cluster of a kubeconfig"))?;
        let is_set = |value: Option<&RawValue>| {
            value.is_some_and(|value| !matches!(value.get(), "null" | "\"\"" | "false"))
        };
        if is_set(cluster.insecure_skip_tls_verify) {
            return Err(Refusal::new(
                Rule::Insecure,
                "the hub says insecure-skip-tls-verify",
            ));
        }
        if is_set(cluster.certificate_authority) {
            let what = "the hub names a file as certificate-authority";
            return Err(Refusal::new(Rule::CaPath, what));
        }
        if is_set(cluster.proxy_url) {
            return Err(Refusal::new(Rule::Proxy, "the hub names a proxy (proxy-url)"));
        }
        let filled = |text: Option<Str<'_>>| text.filter(|text| !text.is_empty()).map(Str::into_owned);
        let Some(server) = filled(cluster.server) else {
            return Ok(None);
        };
        let too_large = |what: &str| Refusal::new(Rule::Size, format!("the hub's {what}"));
        if server.len() > MAX_SERVER {
            return Err(too_large("server is longer than 2048 bytes"));
        }
        let authority = match filled(cluster.certificate_authority_data) {
            None => None,
            Some(data) if data.len() > MAX_CA => {
                return Err(too_large("certificate-authority-data is larger than 256 KiB"));
            }
            Some(data) => Some(Str::from(certificates(&data)?)),
        };
        let mut plugin = Plugin::default();
        for Extension { name, extension } in cluster.extensions.into_iter().flatten().flatten() {
            let (Some(name), Some(json)) = (name, extension.filter(|json| json.get() != "null")) else {
                continue;
            };
            match name.as_str() {
                ARGS => {
                    plugin.args = arguments(json)
                        .ok_or_else(|| malformed("has additional-args that are not a list of strings"))?
                }
                ENVS => {
                    plugin.env = serde_json::from_str::<BTreeMap<String, String>>(json.get())
                        .map_err(|_| malformed("has additional-envs that are not a map of strings"))?
                        .into_iter()
                        .map(|(name, value)| (Str::from(name), Str::from(value)))
                        .collect();
                }
                CLUSTER_EXTENSION => {
                    plugin.config = RawValue::from_string(json.get().replace(['\n', '\r'], " ")).ok()
                }
                _ => {}
            }
        }
        let is_long = |text: &Str<'_>| text.len() > MAX_EXTRA;
        if plugin.args.len().max(plugin.env.len()) > MAX_EXTRAS
            || plugin.args.iter().any(is_long)
            || plugin
                .env
                .iter()
                .any(|(name, value)| is_long(name) || is_long(value))
        {
            return Err(too_large(
                "additional arguments or variables are more than 64, or one is longer than 4096 bytes",
            ));
        }
        Ok(Some(Endpoint {
            access: Access {
                via: Some("provider".into()),
                server: Some(server),
                tls_server_name: filled(cluster.tls_server_name),
                certificate_authority_data: authority,
                ..Access::default()
            },
            plugin,
        }))
    }
}

/// Returns the texts in the configuration of a plugin ([`CLUSTER_EXTENSION`]). Other values there are ignored.
pub(super) fn plugin_texts(extension: Option<&RawValue>) -> BTreeMap<String, String> {
    let object = extension.and_then(|json| serde_json::from_str::<BTreeMap<String, Value>>(json.get()).ok());
    let texts = object
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| match value {
            Value::String(text) => Some((key, text)),
            _ => None,
        });
    texts.collect()
}

/// Returns the texts that a hub publishes for the plugin of each access provider of a cluster, with the provider's name.
/// Providers that are refused are left out.
pub(crate) fn plugin_configs(providers: Option<&RawValue>) -> Vec<(String, BTreeMap<String, String>)> {
    let published = published(providers).unwrap_or_default();
    let told = published.iter().filter_map(|published| {
        let endpoint = published.endpoint().ok()??;
        let name = published.name.to_string();
        Some((name, plugin_texts(endpoint.plugin.config.as_deref())))
    });
    told.collect()
}

/// Parses a list of arguments, or an object with one list in it, because the schema of the CRD requires an object.
fn arguments(json: &RawValue) -> Option<Vec<Str<'static>>> {
    let list = serde_json::from_str::<Vec<String>>(json.get()).ok().or_else(|| {
        let object: BTreeMap<String, Vec<String>> = serde_json::from_str(json.get()).ok()?;
        let mut lists = object.into_values();
        lists.next().filter(|_| lists.next().is_none())
    })?;
    Some(list.into_iter().map(Str::from).collect())
}

/// Returns a certificate authority as PEM in base64. Some writers encode it twice.
pub(super) fn certificates(data: &str) -> Result<String, Refusal> {
    use base64::Engine as _;
    let refused = |what: &str| Refusal::new(Rule::Ca, format!("the hub's certificate-authority-data {what}"));
    let is_pem = |bytes: &[u8]| {
        std::str::from_utf8(bytes).is_ok_and(|text| text.contains("-----BEGIN CERTIFICATE-----"))
    };
    let mut bytes = decode(data).ok_or_else(|| refused("is not base64"))?;
    if !is_pem(&bytes) {
        let again = std::str::from_utf8(&bytes).ok();
        bytes = again
            .and_then(|text| decode(text.trim()))
            .filter(|bytes| is_pem(bytes))
            .ok_or_else(|| refused("contains no PEM certificate"))?;
    }
    Ok(base64::engine::general_purpose::STANDARD.encode(bytes))
}
