#![allow(clippy::unwrap_used)]

use super::Filter;
use crate::discover::Selection;
use crate::exit::{Fatal, Status};

const FLEET: &str = r#"{"kind":"Cluster","cluster":"dev-eu","labels":{"env":"dev"},"properties":{"region":"eu","env":"prod"},"health":"Unknown"}
{"kind":"Cluster","cluster":"prod-eu","labels":{"env":"prod"},"properties":{"region":"eu","vpc/sub/net":"a b"},"health":"Healthy"}
{"kind":"Cluster","cluster":"prod-us","labels":{"env":"prod"},"properties":{"region":"us"},"health":"Unhealthy"}
"#;

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// The names of what is selected, and what was complained of.
fn select(selection: &Selection) -> Result<(Vec<String>, Vec<String>), Fatal> {
    let mut complaints = Vec::new();
    let filter = Filter::new(selection)?;
    let lines = filter.select(FLEET, 3, &mut |line| complaints.push(line.to_owned()))?;
    let name = |line: &str| super::name(line).unwrap();
    Ok((lines.into_iter().map(name).collect(), complaints))
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
fn names_and_globs() {
    check(&named(&[], &[]), &["dev-eu", "prod-eu", "prod-us"]);
    check(&named(&["prod-*"], &[]), &["prod-eu", "prod-us"]);
    check(&named(&["prod-**"], &[]), &["prod-eu", "prod-us"]);
    check(&named(&["prod-us, dev-?u", ""], &[]), &["dev-eu", "prod-us"]);
    check(&named(&["*-eu", "prod-us"], &["dev-*"]), &["prod-eu", "prod-us"]);
    check(&named(&[], &["[dx]*,", "*-us"]), &["prod-eu"]);
    assert!(Filter::new(&Selection::default()).unwrap().is_all());
    assert!(!Filter::new(&named(&["*"], &[])).unwrap().is_all());
}

#[test]
fn labels_go_before_properties() {
    check(&labelled("env=dev"), &["dev-eu"]);
    check(&labelled("env in (prod),region!=us"), &["prod-eu"]);
    check(&labelled("region"), &["dev-eu", "prod-eu", "prod-us"]);
    check(&labelled(""), &["dev-eu", "prod-eu", "prod-us"]);
    // No label can have such a key: a property has.
    check(&labelled("vpc/sub/net"), &["prod-eu"]);
    check(&labelled("!vpc/sub/net"), &["dev-eu", "prod-us"]);
}

#[test]
fn healthy_leaves_out_only_what_is_known_to_be_ill() {
    let selection = Selection {
        healthy: true,
        ..Selection::default()
    };
    check(&selection, &["dev-eu", "prod-eu"]);
}

#[test]
fn what_matches_nothing_is_an_error_that_helps() {
    let error = select(&named(&["prod-ue", "dev-*", "zz*"], &[])).unwrap_err();
    assert_eq!(error.status, Status::Failed);
    assert_eq!(
        error.message,
        "no cluster matches --clusters \"prod-ue\": near it are \"prod-eu\", \"prod-us\"; kubectl mc clusters \
         lists all 3\nno cluster matches --clusters \"zz*\": there are \"dev-eu\", \"prod-eu\", \"prod-us\"; see \
         kubectl mc clusters"
    );
    let filter = Filter::new(&named(&["a"], &["b"])).unwrap();
    let error = filter.select("", 0, &mut |_| ()).unwrap_err();
    assert_eq!(
        error.message,
        "no cluster matches --clusters \"a\": the fleet is empty"
    );
}

#[test]
fn an_exclusion_of_nothing_is_a_warning() {
    let (names, complaints) = select(&named(&["prod-eu"], &["test-*"])).unwrap();
    assert_eq!(names, ["prod-eu"]);
    assert_eq!(complaints, ["warning: --exclude \"test-*\" matches no cluster"]);
}

#[test]
fn a_fleet_of_which_nothing_is_left_is_an_error() {
    let error = select(&named(&["prod-*"], &["*"])).unwrap_err();
    assert_eq!(error.message, "--exclude leaves none of 3 clusters");
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
fn what_cannot_be_understood_is_a_wrong_command_line() {
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
fn a_key_that_no_cluster_has_is_named_with_those_near_it() {
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
