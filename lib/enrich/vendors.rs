//! The properties that are published of a cluster, and where they are read in its ManagedCluster.
//!
//! [`FACTS`] is the table of properties and their sources, [`VENDORS`] that of vendors. The page mc-enrich(1) shows both,
//! and a test compares them.

use super::login;
use crate::connect::plugin::CLUSTER_EXTENSION;
use crate::vendor;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kube::core::ObjectMeta;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The longest value of a property, in characters (the ClusterProfile API's `maxLength`).
pub const MAX_VALUE: usize = 1024;

/// The place of a fact in a ManagedCluster.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FactSource {
    /// `status.clusterClaims`, by name.
    Claim(&'static str),
    /// `metadata.labels`, otherwise `metadata.annotations`, by key.
    Label(&'static str),
}
use FactSource::{Claim, Label};

/// A property that is published.
#[derive(Debug)]
pub struct Fact {
    /// The property's name.
    pub property: &'static str,
    /// Its key in the access provider's [`CLUSTER_EXTENSION`].
    pub exec: &'static str,
    /// Its sources; the first that has a value wins. A resource id of the vendor goes before all of them.
    pub sources: &'static [FactSource],
}

const REGION: [FactSource; 5] = [
    Claim("region.open-cluster-management.io"),
    Claim("region"),
    Label("region"),
    Label("topology.kubernetes.io/region"),
    Label("cluster.open-cluster-management.io/region"),
];

/// The properties, except `cloud.provider` and `cluster.type` (see [`VENDORS`]) and those of [`login`].
pub const FACTS: &[Fact] = &[
    Fact {
        property: "region",
        exec: "region",
        sources: &REGION,
    },
    Fact {
        property: "location",
        exec: "location",
        sources: &[Claim("location"), Label("location")],
    },
    Fact {
        property: "cluster.name",
        exec: "clusterName",
        sources: &[
            Claim("cluster.name"),
            Label("cluster.name"),
            Label("cluster-name"),
        ],
    },
    Fact {
        property: "account",
        exec: "account",
        sources: &[Claim("account"), Label("account")],
    },
    Fact {
        property: "project",
        exec: "project",
        sources: &[Claim("project"), Label("project")],
    },
    Fact {
        property: "subscription",
        exec: "subscription",
        sources: &[Claim("subscription"), Label("subscription")],
    },
    Fact {
        property: "tenant.id",
        exec: "tenantId",
        sources: &[Claim("tenant.id"), Label("tenant.id")],
    },
    Fact {
        property: "resource.group",
        exec: "resourceGroup",
        sources: &[Claim("resource.group"), Label("resource.group")],
    },
    Fact {
        property: "cluster.id",
        exec: "clusterId",
        sources: &[
            Claim("cluster.id"),
            Label("cluster.id"),
            Claim("id.k8s.io"),
            Claim("id.openshift.io"),
            Label("clusterID"),
        ],
    },
];

/// The sources of a cluster's product; the first that has a value decides.
pub const PRODUCT: &[FactSource] = &[
    Claim("product.open-cluster-management.io"),
    Label("vendor"),
    Claim("cluster.type"),
    Label("cluster.type"),
];

/// The sources of the platform that a cluster runs on.
pub const PLATFORM: &[FactSource] = &[
    Claim("platform.open-cluster-management.io"),
    Label("cloud"),
    Claim("cloud.provider"),
    Label("cloud.provider"),
];

/// A vendor's managed Kubernetes.
#[derive(Debug)]
pub struct Vendor {
    /// The property `cluster.type`.
    pub kind: &'static str,
    /// The property `cloud.provider`.
    pub cloud: &'static str,
    /// The access provider's name.
    pub provider: &'static str,
    /// The mark of its Kubernetes versions (`v1.34.2-eks-ecaa3a6`), if there is one.
    pub version: Option<&'static str>,
    /// The facts that a credential plugin or the vendor's command line needs.
    pub needs: &'static [&'static str],
}

/// The vendors. The `cluster.type` of other clusters is [`PLAIN`].
pub static VENDORS: [Vendor; 4] = [
    Vendor {
        kind: vendor::Vendor::Eks.kind(),
        cloud: vendor::Vendor::Eks.cloud(),
        provider: "eks",
        version: Some("-eks-"),
        needs: &["cluster.name", "region", "account"],
    },
    Vendor {
        kind: vendor::Vendor::Gke.kind(),
        cloud: vendor::Vendor::Gke.cloud(),
        provider: "google",
        version: Some("-gke."),
        needs: &["cluster.name", "location", "project"],
    },
    Vendor {
        kind: vendor::Vendor::Aks.kind(),
        cloud: vendor::Vendor::Aks.cloud(),
        provider: "aks",
        version: None,
        needs: &["cluster.name", "resource.group", "subscription", "tenant.id"],
    },
    Vendor {
        kind: vendor::Vendor::Ack.kind(),
        cloud: vendor::Vendor::Ack.cloud(),
        provider: "ack",
        version: Some("-aliyun."),
        needs: &["cluster.id", "cluster.name", "region"],
    },
];

/// The `cluster.type` and the access provider's name of a cluster without a vendor.
pub const PLAIN: &str = "kubernetes";

/// The parts of a ManagedCluster that are read.
#[derive(Clone, Debug, Default)]
pub struct ManagedCluster {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub claims: BTreeMap<String, String>,
    /// `status.version.kubernetes`.
    pub version: String,
    /// `spec.managedClusterClientConfigs`: URLs and CA bundles in base64.
    pub servers: Vec<(String, Option<String>)>,
}

impl ManagedCluster {
    /// Reads a ManagedCluster's metadata and the rest of it. Members of an unexpected shape are ignored.
    pub fn read(metadata: &ObjectMeta, object: &Value) -> Self {
        let text = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        Self {
            name: metadata.name.clone().unwrap_or_default(),
            labels: metadata.labels.clone().unwrap_or_default(),
            annotations: metadata.annotations.clone().unwrap_or_default(),
            claims: list(&object["status"]["clusterClaims"])
                .iter()
                .filter_map(|claim| Some((text(claim, "name")?, text(claim, "value")?)))
                .collect(),
            version: text(&object["status"]["version"], "kubernetes").unwrap_or_default(),
            servers: list(&object["spec"]["managedClusterClientConfigs"])
                .iter()
                .filter_map(|config| Some((text(config, "url")?, text(config, "caBundle"))))
                .collect(),
        }
    }

    fn say(&self, sources: &[FactSource]) -> Option<&str> {
        let said = sources.iter().flat_map(|source| match source {
            Claim(name) => [self.claims.get(*name), None],
            Label(key) => [self.labels.get(*key), self.annotations.get(*key)],
        });
        said.flatten()
            .map(String::as_str)
            .find(|value| !vendor::says_nothing(value))
    }

    /// Returns the vendor: by the product, which the platform may name, too (`AWS EKS`); without a product, by the
    /// version's mark.
    fn vendor(&self) -> Option<&'static Vendor> {
        let platform = || vendor::Vendor::of_product(self.say(PLATFORM)?);
        match self.say(PRODUCT) {
            Some(product) => vendor::Vendor::named(product).map(of),
            None => platform().map(of).or_else(|| {
                VENDORS
                    .iter()
                    .find(|vendor| vendor.version.is_some_and(|mark| self.version.contains(mark)))
            }),
        }
    }

    /// Returns the parts of the vendor's resource id among the claims, by property.
    fn identity(&self, vendor: &Vendor) -> Option<BTreeMap<&'static str, String>> {
        self.claims
            .iter()
            .filter(|(name, _)| name.starts_with("id.") || *name == "cluster.id")
            .find_map(|(_, id)| parse_id(vendor.kind, id))
    }
}

/// Returns the parts of a resource id: an EKS ARN, a GKE resource name or self link, an Azure resource id.
fn parse_id(kind: &str, id: &str) -> Option<BTreeMap<&'static str, String>> {
    let mut parts = BTreeMap::new();
    let mut keep = |name, value: &str| parts.insert(name, value.to_owned());
    match kind {
        "eks" => {
            // arn:aws:eks:eu-west-1:123456789012:cluster/shop; the partition differs in China and for governments.
            let fields: Vec<&str> = id.splitn(6, ':').collect();
            let [_, _, "eks", region, account, resource] = fields[..] else {
                return None;
            };
            keep("cluster.name", resource.strip_prefix("cluster/")?);
            keep("region", region);
            keep("account", account);
        }
        "gke" => {
            let path: Vec<&str> = id[id.find("projects/")?..].split('/').collect();
            let [
                _,
                project,
                "locations" | "zones" | "regions",
                location,
                "clusters",
                name,
            ] = path[..]
            else {
                return None;
            };
            keep("project", project);
            keep("location", location);
            keep("cluster.name", name);
        }
        "aks" => {
            let path: Vec<&str> = id.trim_start_matches('/').split('/').collect();
            let [s, subscription, g, group, _, provider, _, name] = path[..] else {
                return None;
            };
            // Azure's ids ignore case.
            let is = |text: &str, wanted: &str| text.eq_ignore_ascii_case(wanted);
            if !(is(s, "subscriptions")
                && is(g, "resourceGroups")
                && is(provider, "Microsoft.ContainerService"))
            {
                return None;
            }
            keep("subscription", subscription);
            keep("resource.group", group);
            keep("cluster.name", name);
        }
        _ => return None,
    }
    Some(parts)
}

/// A value that is not published, and the reason.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct RefusedValue {
    /// An Event's reason: `ValueTooLong`, `ValueInvalid` or `AccessInvalid`.
    pub reason: &'static str,
    /// The message, which does not repeat the value.
    pub message: String,
}

/// The desired contents of a ClusterProfile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Desired {
    /// The properties by name.
    pub properties: BTreeMap<String, String>,
    /// The `cluster` of each access provider, by name.
    pub providers: BTreeMap<String, Value>,
    /// The values that are left out.
    pub refusals: Vec<RefusedValue>,
}

/// Returns what should be published of a cluster.
pub fn describe(member: &ManagedCluster) -> Desired {
    let vendor = member.vendor();
    let mut desired = Desired::default();
    let mut exec = Map::new();
    let mut refused = Vec::new();
    let kind = vendor.map_or(PLAIN, |vendor| vendor.kind);
    desired.properties.insert("cluster.type".into(), kind.into());
    if let Some(cloud) = vendor.map(|vendor| vendor.cloud).or_else(|| cloud(member)) {
        desired.properties.insert("cloud.provider".into(), cloud.into());
    }
    let mut identity = vendor
        .and_then(|vendor| member.identity(vendor))
        .unwrap_or_default();
    for fact in FACTS {
        let said = member.say(fact.sources).map(str::to_owned);
        let Some(value) = identity.remove(fact.property).or(said) else {
            continue;
        };
        if let Some(refusal) = refuse(fact.property, &value) {
            desired.refusals.push(refusal);
            refused.push(fact.property);
            continue;
        }
        if vendor.is_some_and(|vendor| vendor.needs.contains(&fact.property)) {
            exec.insert(fact.exec.into(), Value::String(value.clone()));
        }
        desired.properties.insert(fact.property.into(), value);
    }
    // The location of a GKE cluster is its region if nothing narrower is known.
    if kind == "gke"
        && !desired.properties.contains_key("location")
        && let Some(region) = desired.properties.get("region").cloned()
    {
        exec.insert("location".into(), Value::String(region.clone()));
        desired.properties.insert("location".into(), region);
    }
    let login = login::properties(kind, &member.name, &desired.properties, &refused);
    desired.properties.extend(login);
    let provider = vendor.map_or(PLAIN, |vendor| vendor.provider);
    match access(member, exec) {
        Ok(Some(cluster)) => {
            desired.providers.insert(provider.into(), cluster);
        }
        Ok(None) => {}
        Err(refusal) => desired.refusals.push(refusal),
    }
    desired
}

fn cloud(member: &ManagedCluster) -> Option<&'static str> {
    vendor::Vendor::named(member.say(PLATFORM)?).map(vendor::Vendor::cloud)
}

/// Returns the entry of a vendor in [`VENDORS`].
fn of(vendor: vendor::Vendor) -> &'static Vendor {
    match vendor {
        vendor::Vendor::Eks => &VENDORS[0],
        vendor::Vendor::Gke => &VENDORS[1],
        vendor::Vendor::Aks => &VENDORS[2],
        vendor::Vendor::Ack => &VENDORS[3],
    }
}

/// Returns why a value is not published, if so. These values reach command lines (`--region VALUE`), so they must not
/// contain anything that could be an option or a second word.
fn refuse(property: &str, value: &str) -> Option<RefusedValue> {
    let length = value.chars().count();
    if length > MAX_VALUE {
        return Some(RefusedValue {
            reason: "ValueTooLong",
            message: format!(
                "property {property} is not published: its value has {length} characters, the API takes {MAX_VALUE}"
            ),
        });
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let inner = |c: char| plain(c) || "()".contains(c) || (property == "cluster.id" && "/:".contains(c));
    let starts = |c: char| c.is_ascii_alphanumeric() || (property == "cluster.id" && c == '/') || c == '_';
    (!value.starts_with(starts) || !value.chars().all(inner)).then(|| RefusedValue {
        reason: "ValueInvalid",
        message: format!(
            "property {property} is not published: its value is not letters, digits and -_.() alone, beginning \
             with a letter, digit or underscore"
        ),
    })
}

/// Returns the `cluster` of the access provider from the first usable client config, if there are any.
fn access(member: &ManagedCluster, exec: Map<String, Value>) -> Result<Option<Value>, RefusedValue> {
    let mut refusal = None;
    for (url, ca) in &member.servers {
        match usable(url, ca.as_deref()) {
            Ok(()) => {
                let mut cluster = json!({ "server": url });
                if let Some(ca) = ca {
                    cluster["certificate-authority-data"] = json!(ca);
                }
                if !exec.is_empty() {
                    cluster["extensions"] = json!([{"name": CLUSTER_EXTENSION, "extension": exec}]);
                }
                return Ok(Some(cluster));
            }
            Err(problem) => refusal = refusal.or(Some(problem)),
        }
    }
    match refusal {
        Some(problem) => Err(RefusedValue {
            reason: "AccessInvalid",
            message: format!("no access provider is published: {problem}"),
        }),
        None => Ok(None),
    }
}

fn usable(url: &str, ca: Option<&str>) -> Result<(), &'static str> {
    let uri: http::Uri = url.parse().map_err(|_| "the client config's url is not a URL")?;
    if uri.scheme_str() != Some("https") {
        return Err("the client config's url is not https");
    }
    let authority = uri.authority().ok_or("the client config's url names no host")?;
    if authority.as_str().contains('@') {
        return Err("the client config's url holds credentials");
    }
    let Some(ca) = ca else { return Ok(()) };
    let decoded = BASE64
        .decode(ca)
        .map_err(|_| "the client config's caBundle is not base64")?;
    let pem = String::from_utf8_lossy(&decoded);
    if pem.contains("PRIVATE KEY") || !pem.contains("-----BEGIN CERTIFICATE-----") {
        return Err("the client config's caBundle is not certificates in PEM");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
