#![allow(clippy::unwrap_used)]
use super::{Known, metadata, tool};
use crate::config::{ClusterMapping, MappedCluster};
use crate::record::{Cluster, Str, bare_cluster};
use crate::vendor::Vendor;

fn cluster<'a>(name: &'a str, properties: &[(&'static str, &'static str)]) -> Cluster<'a> {
    let mut cluster = bare_cluster(name);
    for (key, value) in properties {
        cluster.properties.insert(Str::from(*key), Str::from(*value));
    }
    cluster
}

fn line(name: &str, properties: &[(&'static str, &'static str)]) -> String {
    match Known::of(&cluster(name, properties), None) {
        Known::All(fetch) => fetch.line(),
        Known::Part(vendor, problem) => format!("{}: {problem}", tool(vendor).program),
        Known::Nothing => "nothing".into(),
    }
}

#[test]
fn calls_of_each_cloud_tool() {
    assert_eq!(
        line("prod", &[("cloud.provider", "AWS EKS"), ("region", "eu-west-1")]),
        "aws eks update-kubeconfig --name prod --region eu-west-1"
    );
    assert_eq!(
        line(
            "prod",
            &[
                ("cluster.type", "gke"),
                ("location", "europe-west1"),
                ("projectId", "shop-1")
            ]
        ),
        "gcloud container clusters get-credentials prod --region europe-west1 --project shop-1"
    );
    assert_eq!(
        line(
            "prod",
            &[
                ("cloud.provider", "Google GKE"),
                ("region", "europe-west1"),
                ("location", "europe-west1-b"),
                ("gcp.project", "shop-1")
            ]
        ),
        "gcloud container clusters get-credentials prod --zone europe-west1-b --project shop-1"
    );
    assert_eq!(
        line(
            "p",
            &[
                ("cluster.type", "Azure AKS"),
                ("cluster.name", "prod"),
                ("resource-group", "rg_1")
            ]
        ),
        "az aks get-credentials --name prod --resource-group rg_1"
    );
    assert_eq!(
        line(
            "p",
            &[("cloud.provider", "Alibaba ACK"), ("cluster.id", "c0123456789")]
        ),
        "aliyun cs cluster get-kubeconfig --cluster c0123456789"
    );
}

/// As mc-enrich publishes it, and as Open Cluster Management leaves it.
#[test]
fn facts_for_credential_plugins_are_used() {
    let providers = |name: &str, extension: &str| {
        let name_of = "client.authentication.k8s.io/exec";
        let text = format!(
            r#"[{{"name":"{name}","cluster":{{"server":"https://a","extensions":[{{"name":"{name_of}","extension":{extension}}}]}}}}]"#
        );
        serde_json::value::RawValue::from_string(text).unwrap()
    };
    let rows = [
        (
            "ack",
            r#"{"clusterId": "c0123456789"}"#,
            "aliyun cs cluster get-kubeconfig --cluster c0123456789",
        ),
        (
            "google",
            r#"{"clusterName": "web", "location": "europe-west1-b", "project": "shop-1"}"#,
            "gcloud container clusters get-credentials web --zone europe-west1-b --project shop-1",
        ),
        (
            "aks",
            r#"{"clusterName": "web", "resourceGroup": "rg"}"#,
            "az aks get-credentials --name web --resource-group rg",
        ),
        ("kubernetes", "{}", "nothing"),
    ];
    for (name, extension, expected) in rows {
        let providers = providers(name, extension);
        let mut cluster = cluster("prod", &[]);
        cluster.access_providers = Some(&providers);
        match Known::of(&cluster, None) {
            Known::All(fetch) => assert_eq!(fetch.line(), expected),
            Known::Part(_, problem) => panic!("{problem}"),
            Known::Nothing => assert_eq!(expected, "nothing"),
        }
    }
}

#[test]
fn claims_of_open_cluster_management_are_read() {
    let ocm = [
        ("platform.open-cluster-management.io", "AWS"),
        ("product.open-cluster-management.io", "EKS"),
        ("region.open-cluster-management.io", "eu-west-1"),
    ];
    assert_eq!(
        line("prod", &ocm),
        "aws eks update-kubeconfig --name prod --region eu-west-1"
    );
    // Another distribution on the same cloud is not the cloud's own.
    let openshift = [
        ocm[0],
        ("product.open-cluster-management.io", "OpenShift"),
        ocm[2],
    ];
    assert_eq!(line("prod", &openshift), "nothing");
    let region = ("region", "eu-west-1");
    let labels = [("vendor", "OpenShift"), ("cloud", "Amazon"), region];
    assert_eq!(line("prod", &labels), "nothing");
    let labels = [("vendor", "auto-detect"), ("cloud", "Amazon"), region];
    assert!(
        line("prod", &labels).starts_with("aws eks"),
        "{}",
        line("prod", &labels)
    );
    assert_eq!(line("prod", &[("region", "eu")]), "nothing");
}

#[test]
fn values_of_a_hub_cannot_add_flags_to_a_call() {
    let evil = [
        "--profile",
        "-x",
        "eu west",
        "eu;id",
        "$(id)",
        "eu\n-1",
        "../x",
        "é",
        "a/b",
        "EU=1",
    ];
    for value in evil {
        for name in ["region", "cluster.name", "project", "resourceGroup", "cluster.id"] {
            for kind in ["eks", "gke", "aks", "ack"] {
                let mut cluster = cluster(
                    "prod",
                    &[
                        ("cluster.type", kind),
                        ("region", "eu-west-1"),
                        ("project", "shop-1"),
                        ("resourceGroup", "rg"),
                        ("cluster.id", "c0123456789"),
                    ],
                );
                cluster.properties.insert(Str::from(name), Str::from(value));
                if let Known::All(fetch) = Known::of(&cluster, None) {
                    assert!(
                        !fetch.args.iter().any(|arg| arg == value),
                        "{kind} {name} {value}"
                    );
                }
            }
        }
    }
    assert!(line("prod", &[("cluster.type", "eks"), ("region", "--debug")]).contains("refused"));
    assert!(line("a@ocm", &[("cluster.type", "eks"), ("region", "eu-west-1")]).contains("refused"));
    let known = Known::of(&cluster("prod", &[("cluster.type", "aks")]), None);
    assert_eq!(known.vendor(), Some(Vendor::Aks));
    assert!(
        matches!(known, Known::Part(_, problem) if problem == "neither the hub nor the mapping file says its resource group")
    );
}

#[test]
fn words_of_setup() {
    assert_eq!(
        tool(Vendor::Eks).not_found(),
        "AWS CLI not found. Install it or configure context manually."
    );
    assert_eq!(
        tool(Vendor::Eks).not_authenticated(),
        "Not authenticated to AWS. Run 'aws configure' or set up manually."
    );
    assert_eq!(
        tool(Vendor::Gke).not_authenticated(),
        "Not authenticated to Google Cloud. Run 'gcloud auth login' or set up manually."
    );
}

#[test]
fn context_that_a_tool_wrote_is_found_by_its_name() {
    let fetch = |properties: &[_]| match Known::of(&cluster("prod", properties), None) {
        Known::All(fetch) => fetch,
        other => panic!("{other:?}"),
    };
    let eks = fetch(&[("cluster.type", "eks"), ("region", "eu-west-1")]);
    assert!(eks.names("arn:aws:eks:eu-west-1:111122223333:cluster/prod"));
    assert!(!eks.names("prod") && !eks.names("arn:aws:eks:eu-west-1:1:cluster/preprod"));
    let gke = fetch(&[
        ("cluster.type", "gke"),
        ("region", "eu-west1"),
        ("project", "shop"),
    ]);
    assert!(gke.names("gke_shop_eu-west1_prod") && !gke.names("gke_shop_eu-west1_prod2"));
}

fn entry(text: &str) -> MappedCluster {
    let mapping =
        ClusterMapping::from_text(&format!("clusters: {{prod: {text}}}"), std::path::Path::new("m"));
    mapping.unwrap().clusters.remove("prod").unwrap()
}

#[test]
fn mapping_entry_adds_facts_that_the_hub_lacks() {
    for (properties, text, expected) in [
        (
            vec![],
            "{cloudProvider: aws, region: us-west-2}",
            "aws eks update-kubeconfig --name prod --region us-west-2",
        ),
        (
            vec![("cluster.type", "eks"), ("region", "eu-west-1")],
            "{cloudProvider: gcp, region: us-west-2, clusterName: web}",
            "aws eks update-kubeconfig --name web --region eu-west-1",
        ),
        (
            vec![("cluster.type", "kubernetes")],
            "{cloudProvider: gcp, zone: europe-west1-b, project: shop-1}",
            "gcloud container clusters get-credentials prod --zone europe-west1-b --project shop-1",
        ),
        (
            vec![],
            "{cloudProvider: Azure, resourceGroup: rg, subscription: 00000000-1111-2222-3333-444444444444}",
            "az aks get-credentials --name prod --resource-group rg --subscription 00000000-1111-2222-3333-444444444444",
        ),
        (
            vec![("region", "--debug")],
            "{cloudProvider: alibaba, clusterId: c0123456789}",
            "aliyun cs cluster get-kubeconfig --cluster c0123456789",
        ),
        (
            vec![("region", "--debug")],
            "{cloudProvider: aws, region: eu-west-1}",
            "aws eks update-kubeconfig --name prod --region eu-west-1",
        ),
    ] {
        let entry = entry(text);
        match Known::of(&cluster("prod", &properties), Some(&entry)) {
            Known::All(fetch) => assert_eq!(fetch.line(), expected, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    let refused = Known::of(
        &cluster("prod", &[]),
        Some(&entry("{cloudProvider: aws, region: -x}")),
    );
    assert!(
        matches!(refused, Known::Part(_, problem) if problem.starts_with("the mapping file's region for it is refused"))
    );
}

#[test]
fn metadata_has_the_facts_of_the_call() {
    let told = |properties: &[(&'static str, &'static str)]| {
        let metadata = metadata(&cluster("prod", properties), None);
        let fields: Vec<String> = metadata
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        fields.join(" ")
    };
    assert_eq!(
        told(&[
            ("cloud.provider", "AWS"),
            ("region", "eu-west-1"),
            ("project", "p")
        ]),
        "cloudProvider=aws region=eu-west-1"
    );
    assert_eq!(
        told(&[
            ("cluster.type", "gke"),
            ("cluster.name", "web"),
            ("location", "europe-west1-b"),
            ("project", "shop-1")
        ]),
        "cloudProvider=gcp clusterName=web zone=europe-west1-b project=shop-1"
    );
    assert_eq!(
        told(&[
            ("cluster.type", "aks"),
            ("resourceGroup", "rg"),
            ("subscription", "x;y")
        ]),
        "cloudProvider=azure resourceGroup=rg"
    );
    assert_eq!(
        told(&[("cluster.type", "ack"), ("clusterId", "c0123456789")]),
        "cloudProvider=alibaba clusterId=c0123456789"
    );
    assert_eq!(
        told(&[("cluster.type", "eks"), ("region", "$(id)")]),
        "cloudProvider=aws"
    );
    assert_eq!(told(&[("region", "eu-west-1")]), "");
}

#[test]
fn facts_of_conflicting_profiles_are_not_used() {
    let properties = [("region", "eu-west-1"), ("cluster.type", "eks")];
    let mut disputed = cluster("prod", &properties);
    disputed.labels.insert(Str::from("vendor"), Str::from("EKS"));
    disputed.ambiguous = vec!["evil/prod".into(), "real/prod".into()];
    assert_eq!(Known::of(&disputed, None), Known::Nothing);
    assert_eq!(metadata(&disputed, None), []);
    let mine = entry("{cloudProvider: aws, region: us-west-2}");
    match Known::of(&disputed, Some(&mine)) {
        Known::All(fetch) => assert!(fetch.line().ends_with("--region us-west-2"), "{}", fetch.line()),
        other => panic!("{other:?}"),
    }
}
