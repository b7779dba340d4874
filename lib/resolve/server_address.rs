//! The servers that hubs publish and those that the user's contexts lead to, in a form in which they can be compared.

use super::providers::{Policy, published_servers};
use crate::config::hosts::HostPattern;
use crate::connect::{Server, host_and_port};
use crate::kubeconfig::Kubeconfig;
use crate::kubeconfig::decode;
use crate::record::{Access, Cluster};
use std::sync::LazyLock;

/// Hosts that are gateways to many clusters: Google's Connect gateway.
static GATEWAYS: LazyLock<Vec<HostPattern>> = LazyLock::new(|| {
    let patterns = [
        "connectgateway.googleapis.com",
        "*-connectgateway.googleapis.com",
        "connectgateway.*.rep.googleapis.com",
    ];
    patterns
        .iter()
        .filter_map(|pattern| HostPattern::parse(pattern).ok())
        .collect()
});

/// The address of a server, and how it is reached and verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ServerAddress {
    /// Scheme, host in lower case, port and path.
    pub server: String,
    /// The name that its certificate is for. One address may have several servers with different names.
    name: String,
    /// The proxy to it. Hubs name none.
    proxy: String,
    /// The certificate authority.
    authority: Authority,
    /// True if many clusters have this address, so that it does not identify a cluster.
    is_gateway: bool,
}

/// The certificate authority of a server.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Authority {
    /// The authorities that the machine trusts, or none.
    None,
    /// PEM in base64.
    Data(String),
    /// A file of PEM.
    File(String),
}

impl ServerAddress {
    fn new(server: &str, name: Option<&str>, authority: Authority) -> Option<Self> {
        let parsed = Server::parse("", server).ok()?;
        let host = parsed.host.to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host).to_owned();
        let (scheme, default) = if parsed.https {
            ("https", 443)
        } else {
            ("http", 80)
        };
        let address = host_and_port(&host, parsed.port);
        let address = address
            .strip_suffix(&format!(":{default}"))
            .filter(|_| parsed.port == default)
            .unwrap_or(&address);
        Some(Self {
            server: format!("{scheme}://{address}{}", parsed.base),
            name: name
                .filter(|name| !name.is_empty())
                .map_or_else(|| host.clone(), str::to_ascii_lowercase),
            proxy: String::new(),
            authority,
            // An API server has no path. An address with one is a proxy, like OCM's cluster-proxy.
            is_gateway: !parsed.base.is_empty() || GATEWAYS.iter().any(|pattern| pattern.matches(&host)),
        })
    }

    /// Returns the address that a context leads to. `None` if there is no such context, or it has no address.
    pub fn of_context(kubeconfig: &Kubeconfig, context: &str) -> Option<Self> {
        let found = kubeconfig.endpoint(context)?;
        let authority = match (found.insecure, found.ca_data, found.ca_file) {
            (true, ..) | (_, "", "") => Authority::None,
            (_, "", file) => Authority::File(file.to_owned()),
            (_, data, _) => Authority::Data(data.to_owned()),
        };
        let address = Self::new(&found.server, Some(found.tls_server_name), authority)?;
        Some(Self {
            proxy: found.proxy_url.to_owned(),
            ..address
        })
    }

    /// Returns the address that an access leads to.
    pub fn of_access(kubeconfig: &Kubeconfig, access: &Access<'_>) -> Option<Self> {
        if let Some(context) = &access.context {
            return Self::of_context(kubeconfig, context);
        }
        let authority = match &access.certificate_authority_data {
            Some(data) => Authority::Data(data.to_string()),
            None => Authority::None,
        };
        Self::new(
            access.server.as_deref()?,
            access.tls_server_name.as_deref(),
            authority,
        )
    }

    /// Returns the addresses that a cluster's hub publishes.
    pub fn published(cluster: &Cluster<'_>, policy: &Policy) -> Vec<Self> {
        let published = published_servers(cluster).into_iter();
        let addresses = published.filter_map(|server| {
            let authority = server.ca_data.map_or(Authority::None, Authority::Data);
            let mut found = Self::new(&server.server, server.tls_server_name.as_deref(), authority)?;
            found.is_gateway |= server.is_proxy || policy.is_allowed_anywhere(found.host());
            Some(found)
        });
        addresses.collect()
    }

    /// Returns the host of the address.
    fn host(&self) -> &str {
        let rest = self.server.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or_default();
        let port = authority.rfind(':').filter(|at| !authority[*at..].contains(']'));
        port.map_or(authority, |at| &authority[..at])
            .trim_matches(['[', ']'])
    }

    /// Returns true if both are the same server.
    pub fn is_same_server(&self, other: &Self) -> bool {
        self.server == other.server && self.name == other.name
    }

    /// Returns true if both are the same server, reached in the same way.
    pub fn is_same_way(&self, other: &Self) -> bool {
        self.is_same_server(other) && self.proxy == other.proxy && self.has_same_authority(other)
    }

    /// Returns true if both have the same authority, or neither has one of its own.
    pub fn has_same_authority(&self, other: &Self) -> bool {
        match (&self.authority, &other.authority) {
            (Authority::None, Authority::None) => true,
            _ => self.shares_authority(other),
        }
    }

    /// Returns true if some certificate is an authority of both.
    fn shares_authority(&self, other: &Self) -> bool {
        match (&self.authority, &other.authority) {
            (Authority::None, _) | (_, Authority::None) => false,
            (one, other) if one == other => true,
            (one, other) => {
                let ours = one.certificates();
                other.certificates().iter().any(|theirs| ours.contains(theirs))
            }
        }
    }

    /// Returns true if this address, which a context leads to, is probably not the cluster's: it and its authority
    /// differ from all that the hub publishes, and none of them is a gateway.
    pub fn is_another_than(&self, published: &[Self], policy: &Policy) -> bool {
        let may_be_same =
            |other: &Self| other.is_gateway || self.is_same_server(other) || self.shares_authority(other);
        let is_gateway = self.is_gateway || policy.is_allowed_anywhere(self.host());
        !published.is_empty() && !is_gateway && !published.iter().any(may_be_same)
    }
}

impl Authority {
    /// Returns each certificate's base64 in one line. Data that is not PEM is returned as it is.
    fn certificates(&self) -> Vec<String> {
        let text = match self {
            Authority::None => return Vec::new(),
            Authority::File(file) => std::fs::read_to_string(file).unwrap_or_default(),
            Authority::Data(data) => {
                let once = decode(data).and_then(|bytes| String::from_utf8(bytes).ok());
                // Some hubs encode the PEM twice.
                match once.as_deref().map(str::trim).map(decode) {
                    Some(Some(twice)) => String::from_utf8(twice).unwrap_or_default(),
                    _ => once.unwrap_or_else(|| data.clone()),
                }
            }
        };
        let blocks = text.split("-----BEGIN CERTIFICATE-----").skip(1);
        let mut certificates: Vec<String> = blocks
            .filter_map(|block| block.split("-----END").next())
            .map(|block| block.split_whitespace().collect())
            .collect();
        if certificates.is_empty() && !text.trim().is_empty() {
            certificates.push(text.trim().to_owned());
        }
        certificates
    }
}
