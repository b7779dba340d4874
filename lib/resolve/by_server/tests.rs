#![allow(clippy::unwrap_used, clippy::panic)]

use crate::config::{self, ClusterMapping, hosts::HostPattern};
use crate::kubeconfig::Kubeconfig;
use crate::record::{Cluster, Reason};
use crate::resolve::providers::Policy;
use crate::resolve::{Resolution, Resolver};
use base64::Engine as _;
use std::path::Path;

/// Returns a certificate authority in base64.
fn ca(name: &str) -> String {
    let pem = format!("-----BEGIN CERTIFICATE-----\n{name}\n-----END CERTIFICATE-----\n");
    base64::engine::general_purpose::STANDARD.encode(pem)
}

/// Returns a kubeconfig of contexts, each with the fields of its cluster.
fn kubeconfig(contexts: &[(&str, String)], current: &str) -> Kubeconfig {
    let mut text = format!("current-context: {current:?}\nclusters:\n");
    for (name, cluster) in contexts {
        text.push_str(&format!("- {{name: {name:?}, cluster: {{{cluster}}}}}\n"));
    }
    text.push_str("contexts:\n");
    for (name, _) in contexts {
        text.push_str(&format!("- {{name: {name:?}, context: {{cluster: {name:?}}}}}\n"));
    }
    Kubeconfig::from_text(&text, Path::new("/k")).unwrap()
}

fn at(server: &str, authority: &str) -> String {
    format!(
        "server: '{server}', certificate-authority-data: {}",
        ca(authority)
    )
}

fn resolver(kubeconfig: Kubeconfig, mapping: &str, access: config::AccessSettings) -> Resolver {
    let mapping = ClusterMapping::from_text(mapping, Path::new("/m")).unwrap();
    let policy = Policy::from_text(access, "{}", Path::new("/p")).unwrap();
    Resolver::new(kubeconfig, mapping).with_policy(policy)
}

/// Returns a record of `prod` whose hub publishes this.
fn published(server: &str, authority: &str, more: &str) -> String {
    let data = ca(authority);
    format!(
        r#"{{"kind":"Cluster","cluster":"prod","accessProviders":[{{"name":"x","cluster":{{"server":"{server}","certificate-authority-data":"{data}"{more}}}}}]}}"#
    )
}

fn resolve(resolver: &Resolver, record: &str) -> Result<(String, String), (Reason, String)> {
    let cluster: Cluster<'_> = serde_json::from_str(record).unwrap();
    match resolver.resolve(&cluster) {
        Resolution::Access(access) => Ok((
            access.context.as_deref().unwrap_or_default().to_owned(),
            access.via.as_deref().unwrap_or_default().to_owned(),
        )),
        Resolution::Skip(skip) => Err((skip.reason, skip.message.to_string())),
    }
}

const ARN: &str = "arn:aws:eks:eu-west-1:111122223333:cluster/prod";

#[test]
fn context_with_published_server_and_authority_is_the_clusters() {
    let contexts = [
        (ARN, at("https://API.example:443/", "one")),
        ("other", at("https://other.example", "one")),
    ];
    let resolver = resolver(kubeconfig(&contexts, ""), "", config::AccessSettings::default());
    let by_server = Ok((ARN.to_owned(), "server".to_owned()));
    assert_eq!(
        resolve(&resolver, &published("https://api.example", "one", "")),
        by_server
    );
    // KubeFleet encodes it twice.
    let twice = base64::engine::general_purpose::STANDARD.encode(ca("one"));
    let record = published("https://api.example", "one", "").replace(&ca("one"), &twice);
    assert_eq!(resolve(&resolver, &record), by_server);
    // The client config of a ManagedCluster.
    let ocm = format!(
        r#"{{"kind":"Cluster","cluster":"prod","clientConfigs":[{{"server":"https://api.example","caBundle":"{}"}}]}}"#,
        ca("one")
    );
    assert_eq!(resolve(&resolver, &ocm), by_server);
    for record in [
        published("https://api.example", "two", ""),
        published("https://api.example:6443", "one", ""),
        published("https://api.example", "one", r#","tls-server-name":"elsewhere""#),
        published("https://api.example", "one", "").replace("accessProviders", "new"),
    ] {
        assert!(resolve(&resolver, &record).is_err(), "{record}");
    }
}

#[test]
fn current_context_wins_among_several_at_one_server() {
    let contexts = [
        ("admin", at("https://api.example", "one")),
        ("viewer", at("https://api.example", "one")),
    ];
    let record = published("https://api.example", "one", "");
    let of = |current: &str| {
        resolver(
            kubeconfig(&contexts, current),
            "",
            config::AccessSettings::default(),
        )
    };
    assert_eq!(resolve(&of("viewer"), &record).unwrap().0, "viewer");
    let (reason, message) = resolve(&of(""), &record).unwrap_err();
    assert_eq!(reason, Reason::Unresolved);
    assert!(
        message.starts_with(
            "the contexts \"admin\", \"viewer\" all lead to its server: map it to one of them in "
        ),
        "{message}"
    );
    // It is not left out silently either.
    let cluster: Cluster<'_> = serde_json::from_str(&record).unwrap();
    assert!(!of("").with_accessible(true).explain(&cluster).is_left_out);
}

#[test]
fn context_that_leads_elsewhere_is_reported_or_refused_with_verify_server() {
    let elsewhere = [("prod", at("https://wrong.example", "other"))];
    let record = published("https://api.example", "one", "");
    let sentences = |context: &str, record: &str, access: config::AccessSettings| {
        let contexts = [("prod", context.to_owned())];
        let resolver = resolver(kubeconfig(&contexts, ""), "", access);
        resolve(&resolver, record).unwrap();
        resolver.doubts()
    };
    let [said] = &sentences(&elsewhere[0].1, &record, config::AccessSettings::default())[..] else {
        panic!()
    };
    assert!(
        said.contains(
            "prod: context \"prod\" leads to https://wrong.example, and the hub publishes https://api.example with \
             another certificate authority"
        ),
        "{said}"
    );
    // A context without verification proves nothing.
    let unverified = "server: 'https://wrong.example', insecure-skip-tls-verify: true";
    assert_eq!(
        sentences(unverified, &record, config::AccessSettings::default()).len(),
        1
    );
    let gateway = config::AccessSettings {
        allowed_hosts: vec![(None, HostPattern::parse("wrong.example").unwrap())],
        ..config::AccessSettings::default()
    };
    for (context, record, access) in [
        // The same address or the same authority.
        (
            at("https://wrong.example", "one"),
            record.clone(),
            config::AccessSettings::default(),
        ),
        (
            at("https://api.example", "other"),
            record.clone(),
            config::AccessSettings::default(),
        ),
        // Gateways, on either side.
        (
            at("https://wrong.example/k8s/clusters/c-1", "other"),
            record.clone(),
            config::AccessSettings::default(),
        ),
        (
            at("https://wrong.example", "other"),
            published("https://connectgateway.googleapis.com", "one", ""),
            config::AccessSettings::default(),
        ),
        (
            at("https://wrong.example", "other"),
            record.replace("\"name\":\"x\"", "\"name\":\"open-cluster-management\""),
            config::AccessSettings::default(),
        ),
        (at("https://wrong.example", "other"), record.clone(), gateway),
    ] {
        assert_eq!(
            sentences(&context, &record, access),
            Vec::<String>::new(),
            "{context} {record}"
        );
    }
    let verify = || config::AccessSettings {
        verify_server: true,
        ..config::AccessSettings::default()
    };
    for mapping in ["", "clusters: {prod: prod}"] {
        let resolver = resolver(kubeconfig(&elsewhere, ""), mapping, verify());
        let (reason, message) = resolve(&resolver, &record).unwrap_err();
        assert_eq!(reason, Reason::Unresolved);
        assert!(
            message.contains("which access.verifyServer forbids: correct the "),
            "{message}"
        );
        assert_eq!(resolver.doubts(), Vec::<String>::new());
    }
}

#[test]
fn clusters_that_lead_to_one_server_are_reported() {
    let proxied = |proxy: &str| format!("{}, proxy-url: 'http://{proxy}'", at("https://10.0.0.1", "one"));
    let contexts = [
        ("a", at("https://api.example", "one")),
        ("b", at("https://api.example", "one")),
        ("c", at("https://api.example", "two")),
        ("d", proxied("one")),
        ("e", proxied("two")),
    ];
    let resolver = resolver(
        kubeconfig(&contexts, ""),
        "clusters: {f: d}",
        config::AccessSettings::default(),
    );
    for name in ["a", "b", "a", "c", "d", "e", "f"] {
        resolver.cluster_of_line(name).unwrap();
    }
    let [said] = &resolver.doubts()[..] else { panic!() };
    assert!(
        said.contains(": a and b (https://api.example); d and f (https://10.0.0.1): ")
            || said.contains("d and f (https://10.0.0.1); a and b (https://api.example)"),
        "{said}"
    );
}

#[test]
fn accessible_leaves_out_clusters_without_access_but_not_broken_ones() {
    let contexts = [("a", at("https://api.example", "one"))];
    let mapping = "clusters: {lost: gone}";
    let resolver = resolver(
        kubeconfig(&contexts, ""),
        mapping,
        config::AccessSettings::default(),
    )
    .with_accessible(true);
    let is_left_out = |line: &str| resolver.cluster_of_line(line).unwrap().unwrap().is_left_out;
    assert!(is_left_out("unknown"));
    assert!(resolver.check_left_out().is_err());
    assert!(!is_left_out("a"));
    assert!(resolver.check_left_out().is_ok());
    // A mapping to a missing context is a mistake, and ambiguous profiles are another's doing.
    assert!(!is_left_out("lost"));
    assert!(!is_left_out(
        r#"{"kind":"Cluster","cluster":"x","ambiguous":["a/x","b/x"]}"#
    ));
    // Access that a rule refuses counts as none.
    assert!(is_left_out(&published("https://elsewhere.example", "one", "")));
    assert!(!is_left_out(
        r#"{"kind":"Cluster","cluster":"u","skip":{"reason":"Skipped","message":"unhealthy"}}"#
    ));
}
