#![allow(clippy::unwrap_used)]

use super::Filter;
use crate::discover::member::Member;
use crate::discover::options::Selection;
use crate::exit::{Fatal, Status};
use crate::record::Cluster;

const FLEET: &str = r#"{"kind":"Cluster","cluster":"dev-eu","labels":{"env":"dev"},"properties":{"region":"eu","env":"prod"},"health":"Unknown"}
{"kind":"Cluster","cluster":"prod-eu","labels":{"env":"prod"},"properties":{"region":"eu","vpc/sub/net":"a b"},"health":"Healthy"}
{"kind":"Cluster","cluster":"prod-us","labels":{"env":"prod"},"properties":{"region":"us"},"health":"Unhealthy"}
"#;

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn members(lines: &str) -> Vec<Member> {
    let member = |line: &str| {
        let cluster: Cluster<'_> = serde_json::from_str(line).unwrap();
        Member::from_record(&cluster.cluster, line)
    };
    lines.lines().map(member).collect()
}

/// Returns the names of the selected clusters, and the findings.
fn select(selection: &Selection) -> Result<(Vec<String>, Vec<String>), Fatal> {
    let mut complaints = Vec::new();
    let filter = Filter::parse(selection)?;
    let members = filter.select(members(FLEET), &mut |finding| {
        complaints.push(finding.to_string())
    })?;
    let names = members.iter().map(|member| member.name().to_owned());
    Ok((names.collect(), complaints))
}

fn named(clusters: &[&str], exclude: &[&str]) -> Selection {
    Selection {
        clusters: owned(clusters),
        exclude: owned(exclude),
        ..Selection::default()
    }
}

fn labelled(selector: &str) -> Selection {
    Selection {
        selector: Some(selector.to_owned()),
        ..Selection::default()
    }
}

#[track_caller]
fn check(selection: &Selection, expected: &[&str]) {
    let (names, complaints) = select(selection).unwrap();
    assert_eq!(names, expected, "{selection:?}");
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[test]
fn select_by_names_and_patterns() {
    check(&named(&[], &[]), &["dev-eu", "prod-eu", "prod-us"]);
    check(&named(&["prod-*"], &[]), &["prod-eu", "prod-us"]);
    check(&named(&["prod-**"], &[]), &["prod-eu", "prod-us"]);
    check(&named(&["prod-us, dev-?u", ""], &[]), &["dev-eu", "prod-us"]);
    check(&named(&["*-eu", "prod-us"], &["dev-*"]), &["prod-eu", "prod-us"]);
    check(&named(&[], &["[dx]*,", "*-us"]), &["prod-eu"]);
    assert!(Filter::parse(&Selection::default()).unwrap().is_all());
    assert!(!Filter::parse(&named(&["*"], &[])).unwrap().is_all());
}

#[test]
fn selector_prefers_labels_to_properties() {
    check(&labelled("env=dev"), &["dev-eu"]);
    check(&labelled("env in (prod),region!=us"), &["prod-eu"]);
    check(&labelled("region"), &["dev-eu", "prod-eu", "prod-us"]);
    check(&labelled(""), &["dev-eu", "prod-eu", "prod-us"]);
    // A label cannot have such a key, but a property can.
    check(&labelled("vpc/sub/net"), &["prod-eu"]);
    check(&labelled("!vpc/sub/net"), &["dev-eu", "prod-us"]);
}

#[test]
fn healthy_keeps_clusters_of_unknown_health() {
    let selection = Selection {
        healthy: true,
        ..Selection::default()
    };
    check(&selection, &["dev-eu", "prod-eu"]);
}

#[test]
fn pattern_without_match_is_an_error_with_suggestions() {
    let error = select(&named(&["prod-ue", "dev-*", "zz*"], &[])).unwrap_err();
    assert_eq!(error.status, Status::Failed);
    assert_eq!(
        error.message,
        "no cluster matches --clusters \"prod-ue\": similar names are \"prod-eu\", \"prod-us\"; kubectl mc clusters \
         lists all 3\nno cluster matches --clusters \"zz*\": there are \"dev-eu\", \"prod-eu\", \"prod-us\"; see \
         kubectl mc clusters"
    );
    let filter = Filter::parse(&named(&["a"], &["b"])).unwrap();
    let error = filter.select(Vec::new(), &mut |_| ()).unwrap_err();
    assert_eq!(
        error.message,
        "no cluster matches --clusters \"a\": the fleet is empty"
    );
}

#[test]
fn exclude_without_match_is_a_warning() {
    let (names, complaints) = select(&named(&["prod-eu"], &["test-*"])).unwrap();
    assert_eq!(names, ["prod-eu"]);
    assert_eq!(complaints, ["Warning: --exclude \"test-*\" matches no cluster"]);
}

#[test]
fn empty_selection_is_an_error() {
    let error = select(&named(&["prod-*"], &["*"])).unwrap_err();
    assert_eq!(
        error.message,
        "--exclude leaves none of 3 clusters: kubectl mc clusters lists them"
    );
    let error = select(&labelled("env=test")).unwrap_err();
    assert!(
        error
            .message
            .starts_with("none of 3 clusters matches --cluster-selector \"env=test\"")
    );
    let mut selection = named(&["prod-us"], &[]);
    selection.healthy = true;
    let error = select(&selection).unwrap_err();
    assert!(
        error.message.starts_with("none of 1 cluster is healthy"),
        "{}",
        error.message
    );
}

#[test]
fn malformed_pattern_or_selector_is_a_usage_error() {
    for (selection, message) in [
        (named(&[""], &[]), "--clusters is empty"),
        (named(&[" , "], &[]), "--clusters is empty"),
        (named(&["a["], &[]), "--clusters \"a[\" is not a pattern: "),
        (named(&[], &["a["]), "--exclude \"a[\" is not a pattern: "),
        (
            labelled("a in b"),
            "--cluster-selector \"a in b\": unable to parse requirement: found 'b' expected: '('",
        ),
        (
            labelled("a/b/c=d"),
            "--cluster-selector \"a/b/c=d\": unable to parse requirement: <nil>: Invalid value",
        ),
    ] {
        let error = select(&selection).unwrap_err();
        assert_eq!(error.status, Status::Usage);
        assert!(error.message.starts_with(message), "{}", error.message);
    }
}

#[test]
fn unknown_selector_key_is_an_error_with_suggestions() {
    let message = |selector: &str| select(&labelled(selector)).unwrap_err().message;
    let typo = message("Env=prod,!gone");
    assert!(
        typo.contains(r#"no cluster has a label or a property "Env" (did you mean "env"?); see"#),
        "{typo}"
    );
    assert!(!typo.contains(r#"property "gone""#), "{typo}");
    let value = message("region=ap");
    assert!(!value.contains("no cluster has"), "{value}");
}
