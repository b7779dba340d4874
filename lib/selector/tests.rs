#![allow(clippy::unwrap_used)]

use super::Selector;
use proptest::prelude::*;

/// Returns the error of a selector if no cluster has any property.
fn error(text: &str) -> String {
    match Selector::parse(text) {
        Err(problem) => problem,
        Ok(selector) => selector
            .doubts()
            .next()
            .map(|(_, doubt)| doubt.to_owned())
            .unwrap_or_default(),
    }
}

#[track_caller]
fn check(text: &str, labels: &[(&str, &str)], expected: bool) {
    let selector = Selector::parse(text).unwrap();
    let found = selector.matches(|key| {
        labels
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| *value)
    });
    assert_eq!(found, expected, "{text:?} on {labels:?}");
}

#[test]
fn valid_selectors_are_parsed() {
    for text in [
        "",
        "  ",
        "x=a,y=b,z=c",
        "x!=a,y=b",
        "x=",
        "x= ",
        "x=,z= ",
        "x= ,z= ",
        "!x",
        "x>1",
        "x<1,y>2",
        "x in (a,b),y",
        "x in ()",
        "x in (,)",
        "x notin (a,,b)",
        "in in (in,notin)",
        "notin=in",
        "a.example.com/x==b",
        "!a.example.com/x",
        "\tx\tnotin\r\n( a , b )",
    ] {
        assert_eq!(error(text), "", "{text:?}");
    }
}

#[test]
fn selectors_match_as_in_kubectl() {
    let xy: &[_] = &[("x", "a"), ("y", "b")];
    for text in [
        "",
        "x",
        "x=a",
        "x==a",
        "x=a,y=b",
        "x in (a)",
        "x in (b,a)",
        "!z",
        "z!=a",
        "z notin (a)",
    ] {
        check(text, xy, true);
    }
    for text in [
        "z",
        "x=b",
        "x=a,y=c",
        "x!=a",
        "x in (b,c)",
        "x notin (a,b)",
        "!x",
        "x in ()",
        "x=",
    ] {
        check(text, xy, false);
    }
    check("x=", &[("x", "")], true);
    check("x in (a,)", &[("x", "")], true);
    check("x in (,a)", &[("x", "")], true);
    check("x in (a,,b)", &[("x", "")], true);
    check("x notin ()", &[("x", "")], false);
    check("x!=", &[("x", "")], false);
}

#[test]
fn greater_and_less_compare_integers() {
    check("x>1", &[("x", "2")], true);
    check("x>1", &[("x", "1")], false);
    check("x<1", &[("x", "0")], true);
    check("x<1", &[("x", "-7")], true);
    check("x<1", &[("x", "1")], false);
    check("x>1", &[("x", "many")], false);
    check("x>1", &[], false);
    check("x<1", &[("x", "")], false);
}

// The expected messages are what kubectl printed (kubectl top node -l …).
#[test]
fn syntax_errors_are_those_of_kubectl() {
    for (text, expected) in [
        (
            "x y",
            "unable to parse requirement: found 'y', expected: in, notin, =, ==, !=, gt, lt",
        ),
        (
            "x in (a",
            "unable to parse requirement: found '', expected: ',' or ')'",
        ),
        (
            "x in (a,",
            "unable to parse requirement: found '', expected: ',', or identifier",
        ),
        (
            "x in (a b)",
            "unable to parse requirement: found 'b', expected: ',' or ')'",
        ),
        (
            "x in (=)",
            "unable to parse requirement: found '=', expected: ',', ')' or identifier",
        ),
        ("x in a", "unable to parse requirement: found 'a' expected: '('"),
        (
            "a!!b",
            "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt",
        ),
        (
            "x ! y",
            "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt",
        ),
        (
            "x===a",
            "unable to parse requirement: found '=', expected: identifier",
        ),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        (
            "!!x",
            "unable to parse requirement: found '!', expected: identifier",
        ),
        ("!x=a", "found '=', expected: ',' or 'end of string'"),
        ("x=a b", "found 'b', expected: ',' or 'end of string'"),
        ("x,", "found '', expected: identifier after ','"),
        ("x=a,,", "found ',', expected: identifier after ','"),
        (",x", "found ',', expected: !, identifier, or 'end of string'"),
        (
            "x>abc",
            "unable to parse requirement: values[0]: Invalid value: \"abc\": for 'Gt', 'Lt' operators, the \
             value must be an integer",
        ),
    ] {
        assert_eq!(error(text), expected, "{text:?}");
    }
}

#[test]
fn keys_and_values_that_labels_cannot_have_are_doubts() {
    let long = "a".repeat(64);
    let too_long = format!(
        "unable to parse requirement: values[0][x]: Invalid value: \"{long}\": must be no more than 63 \
         characters"
    );
    assert_eq!(error(&format!("x={long}")), too_long);
    for (text, expected) in [
        (
            "/x",
            "unable to parse requirement: <nil>: Invalid value: \"/x\": prefix part must be non-empty",
        ),
        (
            "a/b/c",
            "unable to parse requirement: <nil>: Invalid value: \"a/b/c\": a qualified name must consist",
        ),
        (
            "X_/y",
            "unable to parse requirement: <nil>: Invalid value: \"X_/y\": prefix part a lowercase RFC 1123",
        ),
        (
            "!-x",
            "unable to parse requirement: <nil>: Invalid value: \"-x\": name part must consist of",
        ),
        (
            "x=-b",
            "unable to parse requirement: values[0][x]: Invalid value: \"-b\": a valid label must be",
        ),
        (
            "y in (-c,_d)",
            "unable to parse requirement: [values[0][y]: Invalid value: \"-c\": a valid label",
        ),
        (
            "x>-",
            "unable to parse requirement: [values[0]: Invalid value: \"-\": for 'Gt', 'Lt' operators,",
        ),
    ] {
        let found = error(text);
        assert!(found.starts_with(expected), "{text:?}: {found}");
    }
}

#[test]
fn doubts_name_their_keys() {
    let selector = Selector::parse("env=prod,cost centre!=1").unwrap_err();
    assert!(selector.contains("found 'centre'"), "{selector}");
    let selector = Selector::parse("env=prod,url=https://x:6443/,_private").unwrap();
    let keys: Vec<_> = selector.doubts().map(|(key, _)| key).collect();
    assert_eq!(keys, ["url", "_private"]);
}

proptest! {
    #[test]
    fn parsing_any_text_does_not_panic(text in ".{0,40}") {
        if let Ok(selector) = Selector::parse(&text) {
            selector.matches(|_| Some("1"));
            selector.matches(|_| None);
        }
    }

    #[test]
    fn parsing_operators_does_not_panic(text in "[a!=<>(), in0-9/.-]{0,30}") {
        if let Ok(selector) = Selector::parse(&text) {
            let _ = selector.doubts().count();
            selector.matches(|key| Some(if key.len() > 1 { "a" } else { "" }));
        }
    }

    #[test]
    fn in_and_notin_are_opposites(values in "[ab]?(,[ab]?){0,3}", value in "[ab]?") {
        let labels = |_: &str| Some(value.as_str());
        let inside = Selector::parse(&format!("x in ({values})")).unwrap().matches(labels);
        let outside = Selector::parse(&format!("x notin ({values})")).unwrap().matches(labels);
        prop_assert_ne!(inside, outside);
    }
}
