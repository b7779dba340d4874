//! `--output-list`: one plain `v1` List in place of MultiClusterResult, whose items say in an annotation
//! which cluster they are from, so that tools that know nothing of fleets can read it.
//!
//! Nothing else of an item is touched: its other bytes stay as the API server wrote them.

use crate::json::{Bracket, Token, Tokens, unquote};
use std::ops::Range;

/// The annotation that names an item's cluster.
pub(crate) const ANNOTATION: &str = "kubectl-mc.k8s.io/cluster";

/// An object with the annotation, added or replaced. What is no object stays as it is.
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

/// JSON text with the value at a path set. What is no object on the way becomes one.
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
        let behind = json.get(place.end..).unwrap_or_default();
        return format!("{before}{}{behind}", set(old, rest, value));
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

/// Where the value of a key stands in the text of an object; of keys that are repeated, the last, which is
/// the one that counts to most readers.
fn find(json: &str, wanted: &str) -> Option<Range<usize>> {
    let start_of = |text: &str| text.as_ptr() as usize - json.as_ptr() as usize;
    let mut depth = 0_usize;
    let mut found = None;
    let mut is_wanted = false;
    let mut start = None;
    let mut tokens = Tokens::new(json);
    while let Some(token) = tokens.next() {
        match token {
            Token::Key(key) => {
                is_wanted = depth == 1 && unquote(key) == wanted;
                continue;
            }
            Token::Open(Bracket::Object | Bracket::Array) => {
                if std::mem::take(&mut is_wanted) {
                    start = Some(tokens.behind() - 1);
                }
                depth += 1;
            }
            Token::Close(_) => {
                depth = depth.saturating_sub(1);
                if depth == 1
                    && let Some(start) = start.take()
                {
                    found = Some(start..tokens.behind());
                }
            }
            Token::Text(text) | Token::Plain(text) => {
                if std::mem::take(&mut is_wanted) {
                    found = Some(start_of(text)..start_of(text) + text.len());
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_annotation_is_all_that_changes() {
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
