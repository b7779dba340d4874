#![allow(clippy::unwrap_used)]
use super::{ClusterMapping, METADATA, MappedCluster};
use proptest::prelude::{any, prop, proptest};
use std::path::Path;

fn mapping(text: &str) -> Result<ClusterMapping, String> {
    ClusterMapping::from_text(text, Path::new("m.yaml")).map_err(|error| error.0)
}

/// As documentation writes it.
const LIST: &str = "apiVersion: kubectl-mc.k8s.io/v1alpha1
kind: ClusterMapping
hubContext: my-hub-cluster  # Optional: default hub context
clusters:
- name: prod-us-west-1
  context: eks-us-west
  cloudProvider: aws        # Optional: for platform helper support
  region: us-west-2         # Optional: for platform helper support
- name: prod-eu-central-1
  context: eks-eu-central
  cloudProvider: aws
  region: eu-central-1
- name: on-prem-dc1
  context: on-prem-1
  # No cloud metadata - manually managed
";

const SHORT: &str = "apiVersion: kubectl-mc.k8s.io/v1alpha1\nkind: ClusterMapping\nhubContext: hub\nclusters:\n  \
    prod: 'admin@prod'\n  dev: {context: d, region: eu}\n  12: twelve\n";

fn contexts(mapping: &ClusterMapping) -> Vec<(&str, &str)> {
    mapping.contexts().collect()
}

#[test]
fn list_of_clusters_is_read() {
    let read = mapping(LIST).unwrap();
    assert_eq!(read.hub_context.as_deref(), Some("my-hub-cluster"));
    assert_eq!(
        contexts(&read),
        [
            ("on-prem-dc1", "on-prem-1"),
            ("prod-eu-central-1", "eks-eu-central"),
            ("prod-us-west-1", "eks-us-west")
        ]
    );
    let metadata = &read.clusters["prod-us-west-1"].metadata;
    assert_eq!(metadata["cloudProvider"], "aws");
    assert_eq!(metadata["region"], "us-west-2");
    assert!(read.clusters["on-prem-dc1"].metadata.is_empty());
}

#[test]
fn short_form_is_read_too() {
    let read = mapping(SHORT).unwrap();
    assert_eq!(read.hub_context.as_deref(), Some("hub"));
    assert_eq!(
        contexts(&read),
        [("12", "twelve"), ("dev", "d"), ("prod", "admin@prod")]
    );
    assert_eq!(read.clusters["dev"].metadata["region"], "eu");
    for text in [
        "",
        "clusters:\n",
        "clusters: {}\n",
        "clusters: []\n",
        "clusters: null\n",
    ] {
        assert_eq!(mapping(text), Ok(ClusterMapping::default()), "{text}");
    }
}

#[test]
fn entry_has_any_metadata_and_keys_of_its_own() {
    let mut text = "clusters:\n- name: a\n  owner: {team: web}\n  Region: eu\n  notes: [1, 2]\n".to_owned();
    for key in METADATA {
        text += &format!("  {key}: 012\n");
    }
    let read = mapping(&text).unwrap();
    let entry = &read.clusters["a"];
    assert_eq!(entry.context, None);
    let metadata: Vec<(&str, &str)> = METADATA.iter().map(|key| (*key, &*entry.metadata[key])).collect();
    assert_eq!(metadata, METADATA.map(|key| (key, "012")), "a number is its text");
    assert_eq!(entry.unknown, ["owner", "Region", "notes"]);
    assert_eq!(entry.mistyped(), ["\"Region\" (did you mean \"region\"?)"]);
    let empty = mapping("clusters: [{name: a, context: c, region: , zone: ''}]").unwrap();
    assert_eq!(
        empty.clusters["a"],
        MappedCluster {
            context: Some("c".into()),
            ..MappedCluster::default()
        }
    );
}

#[test]
fn mapping_by_cluster_name_precedes_profile_name() {
    let read = mapping("clusters: [{name: a, context: by-name}, {name: b, context: by-profile}]").unwrap();
    let context = |name, profile| {
        let entry = read.find(name, profile);
        entry.and_then(|(_, entry)| entry.context.as_deref())
    };
    assert_eq!(context("a", Some("b")), Some("by-name"));
    assert_eq!(context("c", Some("b")), Some("by-profile"));
    assert_eq!(context("c", Some("d")), None);
    assert_eq!(context("c", None), None);
}

#[test]
fn mistakes_are_named_with_file_line_and_remedy() {
    let short = "a list of clusters, like [{name: prod-eu, context: my-context}], or a mapping of clusters to \
                 contexts, like prod-eu: my-context";
    for (text, error) in [
        (
            "clusters:\n- name: a\n  context: x\n- name: b\n  context: y\n- name: a\n  context: z\n",
            "line 6, column 9: clusters[2].name: cluster \"a\" is mapped twice, to context \"x\" before: remove one of the two entries".to_owned(),
        ),
        (
            "clusters:\n- name: a\n  context: x\n- context: y\n",
            "line 4, column 3: clusters[1]: name is missing: write the ClusterProfile's name, like name: prod-eu".into(),
        ),
        (
            "clusters:\n- nmae: a\n  context: x\n",
            "line 2, column 3: clusters[0]: name is missing (is \"nmae\" meant for it?): write the ClusterProfile's name, like name: prod-eu".into(),
        ),
        (
            "clusters:\n- name: a\n- name: b\n",
            "line 2, column 3: clusters[0]: cluster \"a\": context is missing: write the kubeconfig context that leads there, like context: my-context".into(),
        ),
        (
            "clusters:\n- name: a\n  Context: x\n",
            "line 2, column 3: clusters[0]: cluster \"a\": context is missing (is \"Context\" meant for it?): write the kubeconfig context that leads there, like context: my-context".into(),
        ),
        (
            "clusters:\n- name: 12\n  context: x\n",
            "line 2, column 9: clusters[0].name: expected a cluster's name (in quotes if it is a number), found a number".into(),
        ),
        (
            "clusters:\n- name: a\n  context: [x]\n",
            "line 3, column 12: clusters[0].context: expected a context's name (in quotes if it is a number), found a list".into(),
        ),
        (
            "clusters:\n- name: a\n  context: x\n  region: {eu: 1}\n",
            "line 4, column 11: clusters[0].region: expected a string, found a mapping".into(),
        ),
        (
            "clusters:\n- name: a\n  context: x\n  context: y\n",
            "line 2, column 3: clusters[0]: key \"context\" stands twice".into(),
        ),
        (
            "clusters:\n- a\n",
            "line 2, column 3: clusters[0]: expected an entry like {name: prod-eu, context: my-context}, found a string".into(),
        ),
        (
            "clusters: prod\n",
            format!("line 1, column 11: clusters: expected {short}, found a string"),
        ),
        (
            "clusters:\n  a: x\n  b: y\n  a: z\n",
            "line 4, column 3: clusters: cluster \"a\" is mapped twice, to context \"x\" before: remove one of the two entries".into(),
        ),
        (
            "clusters:\n  a: 12\n",
            "line 2, column 6: clusters.a: expected a context's name (in quotes if it is a number), found a number".into(),
        ),
        (
            "clusters:\n  a:\n",
            "line 2, column 5: clusters.a: expected a context's name (in quotes if it is a number), found nothing".into(),
        ),
        (
            "clusters:\n  a: ''\n",
            "line 2, column 6: clusters.a: expected a context's name (in quotes if it is a number), found nothing".into(),
        ),
        (
            "clusters:\n  '': x\n",
            "line 2, column 3: clusters: a cluster's name cannot be empty".into(),
        ),
        (
            "clusters:\n  a: {contxt: x}\n",
            "line 2, column 6: clusters.a: context is missing (is \"contxt\" meant for it?): write the kubeconfig context that leads there, like context: my-context".into(),
        ),
        (
            "clusters:\n  a: {name: a, context: x}\n",
            "line 2, column 6: clusters.a: the cluster's name is the key here: leave name out, or make clusters a list".into(),
        ),
        (
            "cluster: {}\n",
            "line 1, column 1: unknown key \"cluster\" (did you mean \"clusters\"?); possible here: apiVersion, kind, hubContext, clusters".into(),
        ),
        (
            "execution: {timeout: 30s}\n",
            "line 1, column 1: unknown key \"execution\" (it belongs into kubectl-mc-config.yaml); possible here: apiVersion, kind, hubContext, clusters".into(),
        ),
        (
            "kind: Config\n",
            "line 1, column 7: kind: \"Config\" is not known here, only ClusterMapping".into(),
        ),
        (
            "apiVersion: kubectl-mc.k8s.io/v1\n",
            "line 1, column 13: apiVersion: \"kubectl-mc.k8s.io/v1\" is not known here, only kubectl-mc.k8s.io/v1alpha1".into(),
        ),
        (
            "hubContext: [a]\n",
            "line 1, column 13: hubContext: expected a string, found a list".into(),
        ),
    ] {
        assert_eq!(mapping(text), Err(format!("m.yaml, {error}")), "{text}");
    }
}

proptest! {
    #[test]
    fn mangled_file_never_panics(at in any::<prop::sample::Index>(), len in 0usize..9, with in "[ -~\t\n\u{e9}]{0,6}") {
        for text in [LIST, SHORT] {
            let at = at.index(text.len());
            let mangled = format!("{}{with}{}", &text[..at], &text[(at + len).min(text.len())..]);
            let _ = mapping(&mangled);
        }
    }
}
