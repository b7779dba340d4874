#![allow(clippy::unwrap_used)]
use super::*;

fn read(text: &str) -> Vec<Result<Content, String>> {
    let mut documents = Vec::new();
    document::read("f", text.as_bytes(), &mut documents);
    documents.into_iter().map(|document| document.content).collect()
}

/// Returns versions, kinds and names, a list's in brackets, and errors.
fn shown(text: &str) -> Vec<String> {
    let object = |object: &Object| format!("{} {}", object.api_version(), object.kind) + " " + &object.name;
    read(text)
        .into_iter()
        .map(|content| match content {
            Ok(Content::Object(one)) => object(&one),
            Ok(Content::List(_, items)) => {
                let items = items
                    .iter()
                    .map(|item| item.as_ref().map_or_else(Clone::clone, object));
                format!("[{}]", items.collect::<Vec<_>>().join("; "))
            }
            Err(problem) => problem,
        })
        .collect()
}

const POD: &str = "{apiVersion: v1, kind: Pod, metadata: {name: a}}";

#[test]
fn yaml_documents() {
    let text = format!(
        "---\n{POD}\n---\n# nothing\n--- # b\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: b"
    );
    assert_eq!(shown(&text), ["v1 Pod a", "apps/v1 Deployment b"]);
    assert!(shown("").is_empty() && shown("null").is_empty() && shown("---\n---\n").is_empty());
}

#[test]
fn json_objects() {
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}"#;
    assert_eq!(shown(&format!(" {pod}{pod}\n{pod}\n")), ["v1 Pod a"; 3]);
    assert_eq!(shown("{\"a\": "), ["error parsing f: unexpected EOF"]);
    // What is not JSON may be YAML in braces, but not after two objects.
    assert_eq!(shown(POD), ["v1 Pod a"]);
    assert_eq!(shown(&format!("{pod}\n---\n{POD}")), ["v1 Pod a"; 2]);
    let broken = shown(&format!("{pod}{pod}{POD}"));
    assert!(
        broken[2].starts_with("error parsing f: json: offset "),
        "{broken:?}"
    );
}

#[test]
fn syntax_error_ends_a_file_and_a_document_that_is_not_an_object_does_not() {
    let text = format!("{POD}\n---\nmetadata: {{name: x}}\n---\n{POD}\n---\na: b: c\n---\n{POD}\n");
    assert_eq!(
        shown(&text),
        [
            "v1 Pod a",
            "unable to decode \"f\": Object 'Kind' is missing in '{\"metadata\":{\"name\":\"x\"}}'",
            "v1 Pod a",
            "error parsing f: error converting YAML to JSON: yaml: mapping values are not allowed in this context",
        ]
    );
    assert_eq!(
        shown(&format!("a: b\n--- x\n{POD}")),
        ["error parsing f: invalid Yaml document separator: x"]
    );
}

#[test]
fn lists_are_flattened() {
    let text =
        format!("{{apiVersion: v1, kind: List, items: [{POD}, {{kind: Node, metadata: {{name: n}}}}]}}");
    assert_eq!(shown(&text), ["[v1 Pod a;  Node n]"]);
    let typed = "{apiVersion: v1, kind: PodList, items: [{metadata: {name: a}}]}";
    assert_eq!(shown(typed), ["[v1 Pod a]"]);
    assert_eq!(shown("{apiVersion: v1, kind: List, items: null}"), ["[]"]);
}

/// Each compared with kubectl 1.36.
#[test]
fn errors_about_documents_that_are_not_objects() {
    let go = "json: cannot unmarshal";
    for (text, expected) in [
        (
            "text",
            format!("{go} string into Go value of type unstructured.detector"),
        ),
        (
            "- a",
            format!("{go} array into Go value of type unstructured.detector"),
        ),
        (
            "{apiVersion: a/b/c, kind: X}",
            "Object 'Kind' is missing in '{\"apiVersion\":\"a/b/c\",\"kind\":\"X\"}'".into(),
        ),
        (
            "{kind: Pod, metadata: {name: 3}}",
            format!("{go} number into Go struct field ObjectMeta.metadata.name of type string"),
        ),
        (
            "{kind: Pod, metadata: x}",
            format!("{go} string into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta"),
        ),
        (
            "{kind: List, items: 3}",
            format!("{go} number into Go struct field decodeList.items of type []json.RawMessage"),
        ),
        (
            "{kind: List, items: [3]}",
            format!("{go} number into Go value of type map[string]interface {{}}"),
        ),
    ] {
        assert_eq!(shown(text), [format!("unable to decode \"f\": {expected}")]);
    }
}

#[test]
fn utf16_and_byte_order_marks() {
    let wide: Vec<u8> = std::iter::once(0xfeff_u16)
        .chain(POD.encode_utf16())
        .flat_map(u16::to_be_bytes)
        .collect();
    let mut documents = Vec::new();
    document::read("f", &wide, &mut documents);
    document::read("f", format!("\u{feff}{POD}").as_bytes(), &mut documents);
    assert!(documents.len() == 2 && documents.iter().all(|document| document.content.is_ok()));
}

#[test]
fn paths_with_commas_are_quoted_as_csv() {
    assert_eq!(Files::split("a,b").unwrap(), ["a", "b"]);
    assert_eq!(Files::split("\"a,b\",c").unwrap(), ["a,b", "c"]);
    assert!(Files::split("").unwrap().is_empty());
    assert_eq!(Files::split("\"a\"\"b\",,\"\"").unwrap(), ["a\"b", "", ""]);
    for wrong in ["\"a", "a\"b", "\"a\"b", "a,\"", "\"a\"\""] {
        assert!(Files::split(wrong).is_err(), "{wrong}");
    }
}
