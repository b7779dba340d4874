//! Where clusters are: the servers that hubs publish and those that the user's contexts lead to, so that the two can
//! be compared.

use super::providers::{Policy, published_places};
use crate::config::hosts::HostPattern;
use crate::connect::{Server, host_and_port};
use crate::kubeconfig::Kubeconfig;
use crate::kubeconfig::decode;
use crate::record::{Access, Cluster};
use std::sync::LazyLock;

/// Hosts that stand before many clusters: Google's Connect gateway. Every server of the fleet is compared with them.
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

/// One server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Place {
    /// Scheme, host in lower case, port and path.
    pub server: String,
    /// The name that its certificate is for. Behind one address, other names are other servers.
    name: String,
    /// The proxy that leads there; a hub names none.
    proxy: String,
    /// The authority that vouches for it.
    authority: Authority,
    /// True if many clusters are behind it, so that its address and authority say nothing about the cluster.
    is_gateway: bool,
}

/// The authority that vouches for a server.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Authority {
    /// The machine's own, or nobody.
    None,
    /// PEM in base64.
    Data(String),
    /// A file of PEM.
    File(String),
}

impl Place {
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
            // An API server has no path of its own: what has one is a proxy, like OCM's cluster-proxy.
            is_gateway: !parsed.base.is_empty() || GATEWAYS.iter().any(|pattern| pattern.matches(&host)),
        })
    }

    /// Where a context leads to; `None` where there is no such context, or no address in it.
    pub fn of_context(kubeconfig: &Kubeconfig, context: &str) -> Option<Self> {
        let found = kubeconfig.endpoint(context)?;
        let authority = match (found.insecure, found.ca_data, found.ca_file) {
            (true, ..) | (_, "", "") => Authority::None,
            (_, "", file) => Authority::File(file.to_owned()),
            (_, data, _) => Authority::Data(data.to_owned()),
        };
        let place = Self::new(&found.server, Some(found.tls_server_name), authority)?;
        Some(Self {
            proxy: found.proxy_url.to_owned(),
            ..place
        })
    }

    /// Where an access leads to.
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

    /// Where a cluster's hub says that it is.
    pub fn published(cluster: &Cluster<'_>, policy: &Policy) -> Vec<Self> {
        let published = published_places(cluster).into_iter();
        let places = published.filter_map(|place| {
            let authority = place.ca_data.map_or(Authority::None, Authority::Data);
            let mut found = Self::new(&place.server, place.tls_server_name.as_deref(), authority)?;
            found.is_gateway |= place.is_proxy || policy.is_allowed_anywhere(found.host());
            Some(found)
        });
        places.collect()
    }

    /// The host of its address.
    fn host(&self) -> &str {
        let rest = self.server.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or_default();
        let port = authority.rfind(':').filter(|at| !authority[*at..].contains(']'));
        port.map_or(authority, |at| &authority[..at])
            .trim_matches(['[', ']'])
    }

    /// Returns whether both are one address, and one server behind it.
    pub fn is_same_server(&self, other: &Self) -> bool {
        self.server == other.server && self.name == other.name
    }

    /// Returns whether both are reached in the same way, too.
    pub fn is_same_way(&self, other: &Self) -> bool {
        self.is_same_server(other) && self.proxy == other.proxy && self.has_same_authority(other)
    }

    /// Returns whether the same authority vouches for both, or none of the user's own for either.
    pub fn has_same_authority(&self, other: &Self) -> bool {
        match (&self.authority, &other.authority) {
            (Authority::None, Authority::None) => true,
            _ => self.shares_authority(other),
        }
    }

    /// Returns whether some certificate is an authority of both.
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

    /// Returns whether nothing speaks for it that this, which a context leads to, is the cluster that its hub
    /// publishes: then address and authority both differ from all that are published, and none of them is a gateway.
    pub fn is_another_than(&self, published: &[Self], policy: &Policy) -> bool {
        let speaks_for_it =
            |place: &Self| place.is_gateway || self.is_same_server(place) || self.shares_authority(place);
        let is_gateway = self.is_gateway || policy.is_allowed_anywhere(self.host());
        !published.is_empty() && !is_gateway && !published.iter().any(speaks_for_it)
    }
}

impl Authority {
    /// Each certificate's base64 in one line; what is no PEM stands as it is.
    fn certificates(&self) -> Vec<String> {
        let text = match self {
            Authority::None => return Vec::new(),
            Authority::File(file) => std::fs::read_to_string(file).unwrap_or_default(),
            Authority::Data(data) => {
                let once = decode(data).and_then(|bytes| String::from_utf8(bytes).ok());
                // Some hubs encode it twice.
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
