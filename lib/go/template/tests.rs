//! Compares with the output of Go's own text/template: `tests/data/gotemplate.json` was recorded from it, with
//! kubectl's printer around it (cli-runtime 0.36).

use super::GoTemplate;
use crate::json::Tree;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    template: String,
    data: String,
    #[serde(default)]
    strict: bool,
    out: String,
    #[serde(default)]
    err: String,
}

fn print(template: &str, data: &str, strict: bool) -> (String, String) {
    let mut out = String::new();
    let template = match GoTemplate::parse(template) {
        Ok(template) => template.allow_missing_keys(!strict),
        Err(error) => return (out, error),
    };
    let tree = match Tree::of_valid(data) {
        Ok(tree) => tree.with_whole_numbers(),
        Err(error) => return (out, error.to_string()),
    };
    match template.print(&tree, &mut out) {
        Ok(()) => (out, String::new()),
        Err(error) => {
            template.dump(&error, &tree, &mut out).unwrap();
            (out, template.failure(&error))
        }
    }
}

#[test]
fn output_and_errors_of_go() {
    let cases = include_str!("../../../tests/data/gotemplate.json");
    let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
    assert!(cases.len() > 300);
    let mut wrong = 0;
    for case in &cases {
        let (out, err) = print(&case.template, &case.data, case.strict);
        if (&out, &err) != (&case.out, &case.err) {
            wrong += 1;
            println!(
                "{:?}\n go out: {:?}\n    out: {out:?}\n go err: {:?}\n    err: {err:?}",
                case.template, case.out, case.err
            );
        }
    }
    assert_eq!(wrong, 0);
}

#[test]
fn depth_of_calls_and_data_is_limited() {
    let (out, err) = print(
        r#"{{define "r"}}x{{template "r" .}}{{end}}{{template "r" .}}"#,
        "{}",
        false,
    );
    assert!(out.starts_with("xxx"));
    assert!(
        err.ends_with(r#"executing "r" at <{{template "r" .}}>: exceeded maximum template depth (250)"#),
        "{err}"
    );
    let (_, err) = print(&("{{if 1}}".repeat(300) + &"{{end}}".repeat(300)), "{}", false);
    assert!(
        err.ends_with("template: output:1: max expression depth exceeded"),
        "{err}"
    );
    let (_, err) = print(&("{{".to_owned() + &"(".repeat(30_000)), "{}", false);
    assert!(
        err.ends_with("template: output:1: max expression depth exceeded"),
        "{err}"
    );
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100), "]".repeat(100));
    assert!(print("{{.a}}", &deep, false).0.ends_with(']'));
    let deeper = format!("{{\"a\":{}1{}}}", "[".repeat(290), "]".repeat(290));
    assert!(print("{{.a.b}}", &deeper, false).0.ends_with("]\n\n"));
    let deepest = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(print("{{.a}}", &deepest, false).1, "exceeded max depth");
}

#[test]
fn known_differences_from_go() {
    for (template, error) in [
        ("{{1i}}", "illegal number syntax: \"1i\""),
        ("{{1+2i}}", "illegal number syntax: \"1+2i\""),
        ("{{0x1p4}}", "illegal number syntax: \"0x1p4\""),
    ] {
        let (_, err) = print(template, "{}", false);
        assert!(err.ends_with(error), "{err}");
    }
    assert_eq!(print(r#"{{printf "%x" 1.5}}"#, "{}", false).0, "%!x(float64=1.5)");
    assert_eq!(print(r#"{{slice "é" 1}}"#, "{}", false).0, "\u{fffd}");
}

fn list(items: &[&str]) -> String {
    format!(
        r#"{{"apiVersion":"v1","items":[{}],"kind":"List","metadata":{{"resourceVersion":""}}}}"#,
        items.join(",")
    )
}

/// Runs a template over a whole List and item by item, if it can be.
fn both(text: &str, items: &[&str], strict: bool) -> Option<[Result<String, (String, String)>; 2]> {
    let template = GoTemplate::parse(text).ok()?.allow_missing_keys(!strict);
    let mut by_item = String::new();
    let mut run = template.item_by_item(&mut by_item)?;
    items.iter().for_each(|item| run.item(item));
    let outcome = run.end();
    let text = list(items);
    let tree = Tree::parse(&text).unwrap().with_whole_numbers();
    let mut whole = String::new();
    let done = template.print(&tree, &mut whole);
    let done = done.map_err(|error| template.failure(&error));
    let result = |out: String, outcome: Result<(), String>| match outcome {
        Ok(()) => Ok(out),
        Err(error) => Err((out, error)),
    };
    Some([result(whole, done), result(by_item, outcome)])
}

const ITEMS: [&str; 4] = [
    r#"{"name":"a","n":1.0,"l":[{"x":1},{"x":2}]}"#,
    r#"{"name":"b","n":2,"l":[]}"#,
    "null",
    r#"{"name":"<c>","l":{"x":[3]},"m":{"b":1,"a":[1e3]}}"#,
];

#[test]
fn templates_that_can_be_run_item_by_item() {
    for text in [
        r#"{{range .items}}{{.name}}{{"\n"}}{{end}}"#,
        r#"NAME{{"\n"}}{{range $.items}}{{.}}{{else}}none{{end}}end{{printf "%d" 3}}"#,
        "{{range $i, $o := .items}}{{$i}}:{{$o.name}}{{with .l}}{{range .}}{{$o.n}}{{end}}{{end}} {{end}}",
        r#"{{define "x"}}{{$}}{{end}}{{range $o := .items}}{{template "x" .l}}{{end}}"#,
        "{{range .items}}{{if .n}}{{.n}}{{continue}}{{end}}{{break}}{{end}}after",
        "{{range .items}}{{.name.x}}{{end}}",
        "{{range .items}}{{.l.x}}{{end}}",
        r#"{{define "r"}}x{{template "r" .}}{{end}}{{range .items}}{{template "r" .}}{{end}}"#,
    ] {
        for strict in [false, true] {
            let [whole, by_item] = both(text, &ITEMS, strict).expect(text);
            assert_eq!(whole, by_item, "{text}");
        }
    }
    for text in [
        "{{range .items}}{{$.kind}}{{end}}",
        "{{range .items}}{{range .l}}{{template \"x\" $}}{{end}}{{end}}{{define \"x\"}}{{end}}",
        "{{.kind}}{{range .items}}{{end}}",
        "{{range .items}}{{end}}{{len .items}}",
        "{{$x := 1}}{{range .items}}{{$x}}{{end}}",
        "{{range .other}}{{end}}",
        "{{range .items | len}}{{end}}",
        "{{len .items}}",
        "text",
    ] {
        assert!(!GoTemplate::parse(text).unwrap().is_per_item(), "{text}");
    }
}

const PIECES: [&str; 18] = [
    "{{.name}}",
    "{{.n}}",
    "{{.}}",
    "{{.l}}",
    "{{.l.x}}",
    "{{index .l 0}}",
    "{{len .name}}",
    "{{$o}}",
    "{{$}}",
    "{{if .n}}",
    "{{with .l}}",
    "{{range .l}}",
    "{{range $k, $v := .m}}{{$k}}{{$v}}",
    "{{else}}",
    "{{end}}",
    "{{break}}",
    "{{continue}}",
    "{{printf \"%v\" .m}} ",
];

proptest::proptest! {
    #[test]
    fn item_by_item_gives_the_same_as_the_whole(
        pieces in proptest::collection::vec(0..PIECES.len(), 0..10),
        strict in proptest::bool::ANY,
    ) {
        let mut body: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
        let open = body.matches("{{if").count() + body.matches("{{with").count() + body.matches("{{range").count();
        body.push_str(&"{{end}}".repeat(open.saturating_sub(body.matches("{{end}}").count())));
        let text = format!("head {{{{range $o := .items}}}}{body}{{{{end}}}} tail");
        if let Some([whole, by_item]) = both(&text, &ITEMS, strict) {
            proptest::prop_assert_eq!(whole, by_item, "{}", text);
        }
    }
}
