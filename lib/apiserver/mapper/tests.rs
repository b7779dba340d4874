#![allow(clippy::unwrap_used)]
use super::*;
use crate::apiserver::discovery::recorded;
use crate::record::Reason;

fn resource(plural: &str, kind: &str, short: &[&str], categories: &[&str]) -> Resource {
    let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Resource {
        plural: plural.into(),
        singular: kind.to_lowercase(),
        kind: kind.into(),
        namespaced: true,
        short: strings(short),
        categories: strings(categories),
    }
}

fn group(name: &str, preferred: usize, versions: &[(&str, &[Resource])]) -> Group {
    Group {
        name: name.into(),
        versions: versions
            .iter()
            .map(|(name, resources)| ApiVersion {
                name: (*name).into(),
                resources: resources.to_vec(),
            })
            .collect(),
        preferred,
        broken: Vec::new(),
    }
}

fn found(index: &Index, text: &str) -> Option<String> {
    let mapping = index.find(text)?;
    Some(format!(
        "{}/{}/{}",
        mapping.group, mapping.version, mapping.resource
    ))
}

/// Each was tried with kubectl 1.36 on the server that the documents are recorded from.
#[test]
fn spellings_of_recorded_types() {
    let index = recorded();
    let pods = Some("/v1/pods");
    let deployments = Some("apps/v1/deployments");
    let widgets = Some("example.com/v1/widgets");
    for (text, expected) in [
        ("pods", pods),
        ("pod", pods),
        ("po", pods),
        ("Pod", pods),
        ("PODS", pods),
        ("PO", None),
        ("pods.", pods),
        ("pods.v1.", pods),
        ("po.v1.", pods),
        ("pods.v1", None),
        // There is no such version, and no group whose name begins with `v2.`.
        ("pods.v2.", None),
        ("pods.apps", None),
        ("deploy", deployments),
        ("deploy.apps", deployments),
        ("deployments.app", deployments),
        ("deploy.app", deployments),
        ("deployments.v1.apps", deployments),
        ("Deployment.v1.apps", deployments),
        ("deployments.v1.", deployments),
        ("deployments.v9.apps", None),
        ("events", Some("/v1/events")),
        ("ev", Some("/v1/events")),
        ("ev.events", Some("events.k8s.io/v1/events")),
        ("events.events.k8s.io", Some("events.k8s.io/v1/events")),
        ("hpa", Some("autoscaling/v2/horizontalpodautoscalers")),
        (
            "hpa.v1.autoscaling",
            // kubectl drops the version after a short name.
            Some("autoscaling/v2/horizontalpodautoscalers"),
        ),
        (
            "horizontalpodautoscalers.v1.autoscaling",
            Some("autoscaling/v1/horizontalpodautoscalers"),
        ),
        ("widgets", widgets),
        ("wdg", widgets),
        ("Widget", widgets),
        ("widget.example.com", widgets),
        ("widgets.example", widgets),
        ("widgets.v1beta1.example.com", Some("example.com/v1beta1/widgets")),
        ("widgets.v2.example.com", None),
        ("sprockets", None),
        ("all", None),
        ("", None),
    ] {
        assert_eq!(found(&index, text).as_deref(), expected, "{text}");
    }
}

#[test]
fn precedence_of_groups_and_versions() {
    let index = Index(vec![
        group("b.io", 0, &[("v1", &[resource("pods", "Pod", &["po"], &[])])]),
        group("", 0, &[("v1", &[resource("pods", "Pod", &[], &[])])]),
        group(
            "a.io",
            1,
            &[
                (
                    "v1",
                    &[
                        resource("things", "Thing", &["th"], &[]),
                        resource("olds", "Old", &[], &[]),
                    ],
                ),
                ("v2", &[resource("things", "Thing", &["th"], &[])]),
            ],
        ),
        group("c.io", 0, &[("v3", &[resource("things", "Thing", &["th"], &[])])]),
    ]);
    for (text, expected) in [
        ("pods", Some("/v1/pods")),
        // Only the other group has the short name.
        ("po", Some("b.io/v1/pods")),
        ("things", Some("a.io/v2/things")),
        ("th", Some("a.io/v2/things")),
        ("th.c.io", Some("c.io/v3/things")),
        ("things.v1.a.io", Some("a.io/v1/things")),
        ("things.v3.", Some("c.io/v3/things")),
        ("olds", Some("a.io/v1/olds")),
        ("things.", Some("a.io/v2/things")),
        ("things.c", Some("c.io/v3/things")),
    ] {
        assert_eq!(found(&index, text).as_deref(), expected, "{text}");
    }
}

#[test]
fn plural_takes_precedence_over_short_name() {
    let index = Index(vec![
        group(
            "",
            0,
            &[("v1", &[resource("services", "Service", &["svc"], &[])])],
        ),
        group("x.io", 0, &[("v1", &[resource("svc", "Svc", &[], &[])])]),
    ]);
    assert_eq!(found(&index, "svc").as_deref(), Some("x.io/v1/svc"));
}

#[test]
fn kind_with_an_unrelated_singular() {
    let mut odd = resource("mice", "Rodent", &[], &[]);
    odd.singular = "mouse".into();
    let index = Index(vec![group("x.io", 0, &[("v1", &[odd])])]);
    let mice = Some("x.io/v1/mice");
    for (text, expected) in [
        ("mouse", mice),
        ("Rodent.x.io", mice),
        ("rodent.v1.x.io", mice),
        // A kind alone is found in the core group only.
        ("Rodent", None),
        ("Rodent.v2.x.io", None),
    ] {
        assert_eq!(found(&index, text).as_deref(), expected, "{text}");
    }
}

#[test]
fn categories_have_the_order_of_discovery() {
    let index = recorded();
    let members = |category| -> Option<Vec<String>> {
        let members = index.category(category)?;
        Some(members.iter().map(Mapping::group_resource).collect())
    };
    assert_eq!(
        members("all").unwrap(),
        [
            "pods",
            "replicationcontrollers",
            "services",
            "daemonsets.apps",
            "deployments.apps",
            "replicasets.apps",
            "statefulsets.apps",
            "horizontalpodautoscalers.autoscaling",
            "cronjobs.batch",
            "jobs.batch",
        ]
    );
    assert_eq!(members("gadgets").unwrap(), ["widgets.example.com"]);
    assert_eq!(members("pods"), None);
}

/// A hostile server's category: about 100 ms in linear time, and half a minute in quadratic time.
#[test]
fn category_of_20000_types() {
    let resources: Vec<Resource> = (0..20_000)
        .map(|number| {
            let kind = format!("Kind{number}");
            resource(&format!("kind{number}s"), &kind, &["k"], &["all"])
        })
        .collect();
    let index = Index(vec![group("example.com", 0, &[("v1", &resources)])]);
    let members = index.category("all").unwrap();
    assert_eq!(members.len(), 20_000);
    assert_eq!(members[7].resource, "kind7s");
    assert_eq!(index.of_short_name("k").len(), 20_000);
    // The same plural in as many groups.
    let one = [resource("xs", "X", &[], &["all"])];
    let groups = (0..20_000).map(|number| group(&format!("g{number}.example.com"), 0, &[("v1", &one)]));
    assert_eq!(Index(groups.collect()).category("all").unwrap().len(), 20_000);
}

proptest::proptest! {
    /// With an index of names, the same types are found.
    #[test]
    fn index_of_names_changes_no_result(
        types in proptest::collection::vec(
            (
                proptest::sample::select(vec!["", "a", "a.b", "b", "a.bc", "v1"]),
                proptest::sample::select(vec!["v1", "v2", "a"]),
                proptest::sample::select(vec!["xs", "ys", "x"]),
                proptest::sample::select(vec!["X", "Y", "xs"]),
                proptest::sample::select(vec!["x", "y", "s"]),
            ),
            0..12,
        ),
        preferred in 0_usize..2,
        name in proptest::sample::select(vec!["xs", "x", "X", "XS", "y", "Y", "s", "S", "z"]),
        rest in proptest::sample::select(vec!["", ".", ".a", ".a.b", ".b", ".v1.", ".v1.a.b", ".v2.a", ".v1", ".a.b.c"]),
    ) {
        let mut index = Index::default();
        for (in_group, version, plural, kind, short) in types {
            let one = Resource { singular: kind.to_lowercase(), ..resource(plural, kind, &[short], &["all"]) };
            let place = index.0.iter().position(|other| other.name == in_group);
            let place = place.unwrap_or_else(|| {
                index.0.push(group(in_group, preferred, &[]));
                index.0.len() - 1
            });
            let versions = &mut index.0[place].versions;
            match versions.iter_mut().find(|other| other.name == version) {
                Some(version) => version.resources.push(one),
                None => versions.push(ApiVersion { name: version.into(), resources: vec![one] }),
            }
        }
        let text = format!("{name}{rest}");
        proptest::prop_assert_eq!(index.names().find(&text), index.find(&text), "{}", text);
    }
}

#[test]
fn types_of_broken_versions_are_in_doubt() {
    let mut metrics = group("metrics.k8s.io", 0, &[]);
    metrics.broken.push(Broken {
        version: "v1beta1".into(),
        reason: Reason::ServerError,
        status: 503,
        message: "the server is currently unable to handle the request".into(),
    });
    let index = Index(vec![metrics]);
    for typed in [
        "podmetrics",
        "podmetrics.metrics",
        "podmetrics.metrics.k8s.io",
        "podmetrics.v1beta1.metrics.k8s.io",
    ] {
        let error = index.doubt(typed).unwrap();
        assert_eq!(
            error.message,
            "error: the server doesn't have a resource type \"podmetrics\""
        );
        assert_eq!(error.status, Some(503));
        assert_eq!(
            error.hint.as_deref(),
            Some(
                "it cannot say what is in metrics.k8s.io/v1beta1: the server is currently unable to handle the \
                 request; see kubectl --context CONTEXT get apiservice v1beta1.metrics.k8s.io"
            )
        );
    }
    for typed in [
        "widgets.example.com",
        "podmetrics.v1.metrics.k8s.io",
        "pods.v1.apps",
    ] {
        assert!(index.doubt(typed).is_none(), "{typed}");
    }
    assert!(index.doubt_of_kind("metrics.k8s.io", "v1beta1").is_some());
    assert!(index.doubt_of_kind("metrics.k8s.io", "v1").is_none());
    assert_eq!(index.broken_versions(), ["metrics.k8s.io/v1beta1"]);
}
