#![allow(clippy::unwrap_used)]
use super::*;

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn member(labels: &[(&str, &str)], claims: &[(&str, &str)]) -> ManagedCluster {
    ManagedCluster {
        labels: map(labels),
        claims: map(claims),
        servers: vec![("https://api.example.test:6443".into(), None)],
        ..ManagedCluster::default()
    }
}

const PLATFORM_CLAIM: &str = "platform.open-cluster-management.io";
const PRODUCT_CLAIM: &str = "product.open-cluster-management.io";
const REGION_CLAIM: &str = "region.open-cluster-management.io";

/// Labels, claims, the properties, the access provider and its plugin's settings.
type Case<'a> = (
    &'a [(&'a str, &'a str)],
    &'a [(&'a str, &'a str)],
    &'a [(&'a str, &'a str)],
    &'a str,
    &'a [(&'a str, &'a str)],
);

#[test]
fn published_properties_by_vendor() {
    let cases: &[Case] = &[
        // EKS from claims.
        (
            &[],
            &[
                (PRODUCT_CLAIM, "EKS"),
                (PLATFORM_CLAIM, "AWS"),
                (REGION_CLAIM, "eu-west-1"),
                ("cluster.name", "shop"),
            ],
            &[
                ("cluster.type", "eks"),
                ("cloud.provider", "aws"),
                ("region", "eu-west-1"),
                ("cluster.name", "shop"),
            ],
            "eks",
            &[("clusterName", "shop"), ("region", "eu-west-1")],
        ),
        // EKS from labels alone; what says nothing is passed over.
        (
            &[
                ("vendor", "eks"),
                ("cloud", "auto-detect"),
                ("region", "us-east-1"),
            ],
            &[(PRODUCT_CLAIM, "Other")],
            &[
                ("cluster.type", "eks"),
                ("cloud.provider", "aws"),
                ("region", "us-east-1"),
            ],
            "eks",
            &[("region", "us-east-1")],
        ),
        // An ARN says it all, and goes before a label.
        (
            &[("region", "wrong")],
            &[
                (PRODUCT_CLAIM, "EKS"),
                (
                    "id.eks.amazonaws.com",
                    "arn:aws-cn:eks:cn-north-1:123456789012:cluster/shop",
                ),
                ("id.k8s.io", "9f6c"),
            ],
            &[
                ("cluster.type", "eks"),
                ("cloud.provider", "aws"),
                ("region", "cn-north-1"),
                ("account", "123456789012"),
                ("cluster.name", "shop"),
                ("cluster.id", "9f6c"),
            ],
            "eks",
            &[
                ("clusterName", "shop"),
                ("region", "cn-north-1"),
                ("account", "123456789012"),
            ],
        ),
        (
            &[("vendor", "GKE"), ("region", "europe-west4")],
            &[("project", "my-project")],
            &[
                ("cluster.type", "gke"),
                ("cloud.provider", "gcp"),
                ("region", "europe-west4"),
                ("location", "europe-west4"),
                ("project", "my-project"),
            ],
            "google",
            &[("location", "europe-west4"), ("project", "my-project")],
        ),
        (
            &[],
            &[
                (PRODUCT_CLAIM, "GKE"),
                (
                    "cluster.id",
                    "//container.googleapis.com/projects/p-1/locations/us-central1-a/clusters/web",
                ),
            ],
            &[
                ("cluster.type", "gke"),
                ("cloud.provider", "gcp"),
                ("location", "us-central1-a"),
                ("project", "p-1"),
                ("cluster.name", "web"),
                (
                    "cluster.id",
                    "//container.googleapis.com/projects/p-1/locations/us-central1-a/clusters/web",
                ),
            ],
            "google",
            &[
                ("clusterName", "web"),
                ("location", "us-central1-a"),
                ("project", "p-1"),
            ],
        ),
        (
            &[],
            &[
                (PRODUCT_CLAIM, "AKS"),
                ("tenant.id", "00000000-1111-2222-3333-444444444444"),
                (
                    "id.azure",
                    "/subscriptions/0a-1b/resourcegroups/rg_(1)/providers/Microsoft.ContainerService/managedClusters/web",
                ),
            ],
            &[
                ("cluster.type", "aks"),
                ("cloud.provider", "azure"),
                ("subscription", "0a-1b"),
                ("resource.group", "rg_(1)"),
                ("cluster.name", "web"),
                ("tenant.id", "00000000-1111-2222-3333-444444444444"),
            ],
            "aks",
            &[
                ("clusterName", "web"),
                ("resourceGroup", "rg_(1)"),
                ("subscription", "0a-1b"),
                ("tenantId", "00000000-1111-2222-3333-444444444444"),
            ],
        ),
        (
            &[
                ("cluster.type", "ack"),
                ("cluster.id", "c82e6987e2961451182edacd74faf0000"),
            ],
            &[(REGION_CLAIM, "cn-hangzhou")],
            &[
                ("cluster.type", "ack"),
                ("cloud.provider", "alibaba"),
                ("region", "cn-hangzhou"),
                ("cluster.id", "c82e6987e2961451182edacd74faf0000"),
            ],
            "ack",
            &[
                ("clusterId", "c82e6987e2961451182edacd74faf0000"),
                ("region", "cn-hangzhou"),
            ],
        ),
        // Another's Kubernetes on a cloud's machines is not that cloud's: its plugin would be of no use.
        (
            &[],
            &[
                (PRODUCT_CLAIM, "OpenShift"),
                (PLATFORM_CLAIM, "AWS"),
                (REGION_CLAIM, "eu-west-1"),
            ],
            &[
                ("cluster.type", "kubernetes"),
                ("cloud.provider", "aws"),
                ("region", "eu-west-1"),
            ],
            "kubernetes",
            &[],
        ),
        // Nothing is known.
        (
            &[("vendor", "")],
            &[],
            &[("cluster.type", "kubernetes")],
            "kubernetes",
            &[],
        ),
    ];
    for (labels, claims, properties, provider, exec) in cases {
        let desired = describe(&member(labels, claims));
        assert_eq!(desired.refusals, [], "{labels:?} {claims:?}");
        let mut found = desired.properties;
        found.retain(|name, _| !name.starts_with("auth.exec."));
        assert_eq!(found, map(properties), "{labels:?} {claims:?}");
        let mut cluster = json!({"server": "https://api.example.test:6443"});
        if !exec.is_empty() {
            cluster["extensions"] = json!([{"name": CLUSTER_EXTENSION, "extension": map(exec)}]);
        }
        let providers = BTreeMap::from([((*provider).to_owned(), cluster)]);
        assert_eq!(desired.providers, providers, "{labels:?} {claims:?}");
    }
}

/// As documentation has it: labels alone, or annotations.
#[test]
fn login_command_from_labels_and_annotations() {
    let said = map(&[
        ("vendor", "EKS"),
        ("cluster-name", "production"),
        ("region", "us-east-1"),
    ]);
    let expected = map(&[
        ("auth.exec.apiVersion", "client.authentication.k8s.io/v1beta1"),
        (
            "auth.exec.args",
            "eks,get-token,--cluster-name,production,--region,us-east-1",
        ),
        ("auth.exec.command", "aws"),
        ("cloud.provider", "aws"),
        ("cluster.name", "production"),
        ("cluster.type", "eks"),
        ("region", "us-east-1"),
    ]);
    let by_labels = ManagedCluster {
        labels: said.clone(),
        ..member(&[], &[])
    };
    let by_annotations = ManagedCluster {
        annotations: said,
        ..member(&[("vendor", "auto-detect")], &[])
    };
    for member in [by_labels, by_annotations] {
        let desired = describe(&member);
        assert_eq!(desired.properties, expected);
        let extension = &desired.providers["eks"]["extensions"][0]["extension"];
        assert_eq!(
            *extension,
            json!({"clusterName": "production", "region": "us-east-1"})
        );
    }
    let both = ManagedCluster {
        annotations: map(&[("vendor", "GKE"), ("region", "eu")]),
        ..member(&[("vendor", "EKS")], &[])
    };
    assert_eq!(
        describe(&both).properties["cluster.type"],
        "eks",
        "a label goes first"
    );
    assert_eq!(describe(&both).properties["region"], "eu");
}

#[test]
fn vendor_follows_from_the_version_without_a_product() {
    let kind = |version: &str, claims: &[(&str, &str)]| {
        let member = ManagedCluster {
            version: version.into(),
            ..member(&[], claims)
        };
        describe(&member).properties["cluster.type"].clone()
    };
    assert_eq!(kind("v1.34.2-eks-ecaa3a6", &[]), "eks");
    assert_eq!(kind("v1.34.1-gke.3971001", &[]), "gke");
    assert_eq!(kind("v1.34.1-aliyun.1", &[]), "ack");
    assert_eq!(kind("v1.34.1+k3s1", &[]), "kubernetes");
    assert_eq!(kind("v1.34.1", &[(PRODUCT_CLAIM, "Amazon EKS")]), "eks");
    assert_eq!(kind("v1.34.1", &[(PLATFORM_CLAIM, "Google GKE")]), "gke");
    assert_eq!(kind("v1.34.1", &[(PLATFORM_CLAIM, "Google Cloud")]), "kubernetes");
    assert_eq!(
        kind("v1.34.2-eks-ecaa3a6", &[(PRODUCT_CLAIM, "OpenShift")]),
        "kubernetes"
    );
}

#[test]
fn unfit_values_are_refused() {
    let long = "é".repeat(MAX_VALUE + 1);
    for (value, reason) in [
        (long.as_str(), "ValueTooLong"),
        ("--endpoint-url=https://evil.example.test", "ValueInvalid"),
        ("-x", "ValueInvalid"),
        (".", "ValueInvalid"),
        ("eu west", "ValueInvalid"),
        ("eu\n", "ValueInvalid"),
        ("\u{1b}[31m", "ValueInvalid"),
        ("a/../b", "ValueInvalid"),
        ("$(id)", "ValueInvalid"),
    ] {
        let desired = describe(&member(&[], &[(PRODUCT_CLAIM, "EKS"), (REGION_CLAIM, value)]));
        assert_eq!(desired.refusals.len(), 1, "{value:?}");
        let refusal = &desired.refusals[0];
        assert_eq!(refusal.reason, reason, "{value:?}");
        assert!(!refusal.message.chars().any(char::is_control), "{value:?}");
        assert!(!desired.properties.contains_key("region"), "{value:?}");
        assert_eq!(desired.properties["cluster.type"], "eks", "the rest is published");
        assert!(
            !desired.providers["eks"].to_string().contains("extensions"),
            "{value:?}"
        );
    }
    let longest = "x".repeat(MAX_VALUE);
    let desired = describe(&member(&[], &[(REGION_CLAIM, &longest)]));
    assert_eq!(desired.properties["region"], longest);
    // The parts of an id go the same way.
    let desired = describe(&member(
        &[],
        &[
            (PRODUCT_CLAIM, "EKS"),
            ("id.x", "arn:aws:eks:--profile=x:1:cluster/shop"),
        ],
    ));
    assert_eq!(desired.refusals[0].reason, "ValueInvalid");
    assert_eq!(desired.properties.get("region"), None);
}

#[test]
fn access_provider_uses_the_first_usable_server() {
    let pem = BASE64.encode("-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n");
    let with = |servers: &[(&str, Option<&str>)]| {
        let servers = servers
            .iter()
            .map(|(url, ca)| ((*url).to_owned(), ca.map(str::to_owned)));
        describe(&ManagedCluster {
            servers: servers.collect(),
            ..ManagedCluster::default()
        })
    };
    let good = with(&[
        ("http://plain.example.test", None),
        ("https://api.example.test/k8s", Some(&pem)),
    ]);
    assert_eq!(
        good.providers["kubernetes"],
        json!({"server": "https://api.example.test/k8s", "certificate-authority-data": pem})
    );
    assert_eq!(good.refusals, []);
    let none = with(&[]);
    assert_eq!((none.providers.len(), none.refusals.len()), (0, 0));
    let key = BASE64.encode("-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n");
    for (url, ca) in [
        ("http://api.example.test", None),
        ("https://me:secret@api.example.test", None),
        ("not a url", None),
        ("", None),
        ("https://api.example.test", Some("%%%")),
        ("https://api.example.test", Some("Zm9v")),
        ("https://api.example.test", Some(key.as_str())),
    ] {
        let bad = with(&[(url, ca)]);
        assert_eq!(bad.providers.len(), 0, "{url}");
        assert_eq!(bad.refusals[0].reason, "AccessInvalid", "{url}");
        assert!(!bad.refusals[0].message.contains("secret"));
    }
}

#[test]
fn managed_clusters_of_unusual_shape() {
    let odd = json!({"spec": {"managedClusterClientConfigs": [null, {"caBundle": 1}, {"url": "https://a"}]},
                     "status": {"clusterClaims": [{"name": "x"}, {"name": "y", "value": "z"}, 3], "version": null}});
    let member = ManagedCluster::read(&ObjectMeta::default(), &odd);
    assert_eq!(member.claims, map(&[("y", "z")]));
    assert_eq!(member.servers, [("https://a".to_owned(), None)]);
    for odd in [json!(null), json!([]), json!({"spec": "x", "status": 1})] {
        assert_eq!(
            describe(&ManagedCluster::read(&ObjectMeta::default(), &odd)).properties,
            map(&[("cluster.type", "kubernetes")])
        );
    }
}

/// The page is written by hand in the command's help.
#[test]
fn man_page_lists_every_source_and_property() {
    use clap::CommandFactory;
    let page = crate::cli::enrich::EnrichCommand::command()
        .get_after_long_help()
        .unwrap()
        .to_string();
    let mut words: Vec<&str> = FACTS.iter().map(|fact| fact.property).collect();
    let sources = FACTS
        .iter()
        .flat_map(|fact| fact.sources)
        .chain(PRODUCT)
        .chain(PLATFORM);
    words.extend(sources.map(|source| match source {
        Claim(name) | Label(name) => *name,
    }));
    words.extend(
        VENDORS
            .iter()
            .flat_map(|vendor| [vendor.kind, vendor.cloud, vendor.provider]),
    );
    words.extend(VENDORS.iter().filter_map(|vendor| vendor.version));
    words.extend([
        PLAIN,
        CLUSTER_EXTENSION,
        login::COMMAND,
        login::ARGS,
        login::API_VERSION,
    ]);
    let missing: Vec<&str> = words.into_iter().filter(|word| !page.contains(word)).collect();
    assert_eq!(missing, Vec::<&str>::new());
    let page = page.to_lowercase().replace(' ', "");
    for vendor in vendor::Vendor::ALL {
        assert!(
            vendor.clouds().iter().any(|cloud| page.contains(cloud)),
            "{vendor:?}"
        );
        assert_eq!(of(vendor).kind, vendor.kind());
    }
}
