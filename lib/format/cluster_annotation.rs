//! The annotation that names an object's cluster in the List of `--output-list`, so that tools that know nothing of
//! several clusters can read it.
//!
//! Nothing else of an object changes: its other bytes stay as the API server wrote them.

use crate::json::{Token, Tokens, unquote, value_end};
use std::ops::Range;

pub(crate) const ANNOTATION: &str = "kubectl-mc.k8s.io/cluster";

/// Returns an object with the annotation added or replaced. Any other value stays as it is.
pub(crate) fn annotate(json: &str, cluster: &str) -> String {
    if !is_object(json) {
        return json.to_owned();
    }
    set(json, &["metadata", "annotations", ANNOTATION], &quote(cluster))
}

fn quote(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

fn is_object(json: &str) -> bool {
    json.trim_start().starts_with('{')
}

/// Returns JSON text with the value at a path set. Any value on the way that is not an object becomes one.
fn set(json: &str, path: &[&str], value: &str) -> String {
    let Some((key, rest)) = path.split_first() else {
        return value.to_owned();
    };
    if !is_object(json) {
        return format!("{{{}:{}}}", quote(key), set("", rest, value));
    }
    if let Some(place) = find(json, key) {
        let old = json.get(place.clone()).unwrap_or_default();
        let before = json.get(..place.start).unwrap_or_default();
        let after = json.get(place.end..).unwrap_or_default();
        return format!("{before}{}{after}", set(old, rest, value));
    }
    let end = json.rfind('}').unwrap_or(json.len());
    let (members, brace) = json.split_at(end);
    let comma = if members.trim_end().ends_with('{') {
        ""
    } else {
        ","
    };
    format!("{members}{comma}{}:{}{brace}", quote(key), set("", rest, value))
}

/// Returns the range of a key's value in the text of an object. If a key is repeated, it is the last one, which counts
/// to most readers.
fn find(json: &str, wanted: &str) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    let mut found = None;
    let mut tokens = Tokens::new(json);
    while let Some(token) = tokens.next() {
        match token {
            Token::Key(key) if depth == 1 && unquote(key) == wanted => {
                let rest = json.get(tokens.end()..)?;
                let start = json.len() - rest.trim_start().len();
                found = Some(start..value_end(json.as_bytes(), start)?);
            }
            Token::Open(_) => depth += 1,
            Token::Close(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_annotation_changes() {
        for (given, expected) in [
            (
                r#"{"kind":"Pod","metadata":{"name":"a","annotations":{"x":"1"},"uid":"u"},"n":1.50}"#,
                r#"{"kind":"Pod","metadata":{"name":"a","annotations":{"x":"1","kubectl-mc.k8s.io/cluster":"c"},"uid":"u"},"n":1.50}"#,
            ),
            (
                r#"{"metadata":{"annotations":{"kubectl-mc.k8s.io/cluster" : "old" , "z":"\u003c"}}}"#,
                r#"{"metadata":{"annotations":{"kubectl-mc.k8s.io/cluster" : "c" , "z":"\u003c"}}}"#,
            ),
            (
                r#"{ "spec": {"metadata":{"annotations":{}}}, "metadata": {"name":"a"} }"#,
                r#"{ "spec": {"metadata":{"annotations":{}}}, "metadata": {"name":"a","annotations":{"kubectl-mc.k8s.io/cluster":"c"}} }"#,
            ),
            (
                r#"{"metadata":{"annotations":{ }}}"#,
                r#"{"metadata":{"annotations":{ "kubectl-mc.k8s.io/cluster":"c"}}}"#,
            ),
            (
                r#"{"metadata":{"annotations":null,"labels":null}}"#,
                r#"{"metadata":{"annotations":{"kubectl-mc.k8s.io/cluster":"c"},"labels":null}}"#,
            ),
            (
                r#"{"metadata":"x","kind":"K"}"#,
                r#"{"metadata":{"annotations":{"kubectl-mc.k8s.io/cluster":"c"}},"kind":"K"}"#,
            ),
            (
                r"{}",
                r#"{"metadata":{"annotations":{"kubectl-mc.k8s.io/cluster":"c"}}}"#,
            ),
            (
                r#"{"a":"}"}"#,
                r#"{"a":"}","metadata":{"annotations":{"kubectl-mc.k8s.io/cluster":"c"}}}"#,
            ),
            (
                r#"{"met\u0061data":{}}"#,
                r#"{"met\u0061data":{"annotations":{"kubectl-mc.k8s.io/cluster":"c"}}}"#,
            ),
            ("[1]", "[1]"),
            ("null", "null"),
        ] {
            assert_eq!(annotate(given, "c"), expected);
        }
    }

    #[test]
    fn names_are_quoted() {
        let annotated = annotate("{}", "a\"b\n");
        let value: serde_json::Value = serde_json::from_str(&annotated).unwrap();
        assert_eq!(value["metadata"]["annotations"][ANNOTATION], "a\"b\n");
    }
}
