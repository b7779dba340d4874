#![allow(clippy::unwrap_used, clippy::panic)]

mod cases;

use super::{Error, Fields, Template, Tree, Value, relaxed};
use crate::go::json;
use proptest::prelude::*;

fn execute(template: &Template) -> Result<String, Error> {
    let list = Tree::parse(cases::LIST).unwrap();
    let mut output = String::new();
    template.execute(&list, &mut output).map(|()| output)
}

#[test]
fn outputs() {
    for (template, expected) in cases::OUTPUTS {
        let parsed = Template::parse(template).unwrap().allow_missing_keys(true);
        assert_eq!(execute(&parsed).as_deref(), Ok(*expected), "{template}");
    }
}

#[test]
fn errors() {
    for (template, expected) in cases::ERRORS {
        let parsed = Template::parse(template).unwrap();
        assert_eq!(execute(&parsed).unwrap_err().0, *expected, "{template}");
    }
}

#[test]
fn unparsable_templates() {
    for (template, expected) in cases::UNPARSABLE {
        assert_eq!(Template::parse(template).unwrap_err().0, *expected, "{template}");
    }
}

#[test]
fn json() {
    for (template, expected) in cases::JSON {
        let parsed = Template::parse(template).unwrap();
        let parsed = parsed.allow_missing_keys(true).json_output(true);
        assert_eq!(execute(&parsed).as_deref(), Ok(*expected), "{template}");
    }
}

#[test]
fn failed_template_writes_nothing() {
    let list = Tree::parse(cases::LIST).unwrap();
    let mut output = "before".to_owned();
    let template = Template::parse("{.kind}{.missing}").unwrap();
    assert!(template.execute(&list, &mut output).is_err());
    assert_eq!(output, "before");
}

#[test]
fn errors_where_client_go_crashes() {
    let value = Tree::parse("[null]").unwrap();
    let template = Template::parse("{range @[0]}{[0]}{end}").unwrap();
    assert!(template.find_results(&value).is_err());
    let ranges = Template::parse(&"{range}".repeat(100_000)).unwrap();
    assert_eq!(
        ranges.find_results(&value).unwrap_err().0,
        "ranges are nested too deep"
    );
}

#[test]
fn relaxed_paths() {
    for (path, expected) in [
        ("", ""),
        ("metadata.name", "{.metadata.name}"),
        (".metadata.name", "{.metadata.name}"),
        ("{metadata.name}", "{.metadata.name}"),
        ("{.metadata.name}", "{.metadata.name}"),
        (".", "{..}"),
        ("{.}", "{..}"),
        ("..name", "{..name}"),
        ("[0]", "{.[0]}"),
    ] {
        assert_eq!(relaxed(path).as_deref(), Ok(expected), "{path}");
    }
    for path in ["{}", "{", "}", "{.a}{.b}", "{{.a}}", "a{", "{.a"] {
        assert!(relaxed(path).is_err(), "{path}");
    }
}

#[test]
fn trimmed_objects() {
    let json = r#"{"a":1,"b":{"c":[2],"e":{"f":[3],"g":4}},"d":3,"a":4,"l":[{"x":1,"y":{"z":2,"w":0}},{"y":null},[5],"s"],"m":{"p":{"x":6,"v":7},"q":8}}"#;
    let some = |templates: &[&str], json: &'static str| {
        let mut fields = Fields::default();
        for template in templates {
            Template::parse(template).unwrap().add_fields(&mut fields);
        }
        fields.trim(json)
    };
    for (templates, left) in [
        (vec!["{.a}", "x{.d}", "{.x}"], r#"{"a":1,"d":3,"a":4}"#),
        (vec!["{.b.c}{.a.b}"], r#"{"a":1,"b":{"c":[2]},"a":4}"#),
        (
            vec!["{.b.e.f}", "{['b'].c.x}"],
            r#"{"b":{"c":[2],"e":{"f":[3]}}}"#,
        ),
        (vec!["{.b.e.f}", "{.b.e}"], r#"{"b":{"e":{"f":[3],"g":4}}}"#),
        (vec!["{.b.e}", "{.b.e.f}"], r#"{"b":{"e":{"f":[3],"g":4}}}"#),
        (vec!["{.l[*].x}"], r#"{"l":[{"x":1},{},[5],"s"]}"#),
        (
            vec!["{.l[0].y.z}", "{.l[-1:].x}"],
            r#"{"l":[{"x":1,"y":{"z":2}},{"y":null},[5],"s"]}"#,
        ),
        (vec!["{.m.*.x}"], r#"{"m":{"p":{"x":6},"q":8}}"#),
        (vec!["{.m.*.x}", "{.m.p.v}"], r#"{"m":{"p":{"x":6,"v":7},"q":8}}"#),
        (vec!["{.m.p.v}", "{.m[*]}"], r#"{"m":{"p":{"x":6,"v":7},"q":8}}"#),
        (vec!["text"], "{}"),
    ] {
        assert_eq!(some(&templates, json).unwrap(), left, "{templates:?}");
    }
    // Objects with an unusual spelling are left as they are.
    for unusual in [r#"{"\u0061":1,"b":2}"#, r#"{"a": 1,"b":2}"#] {
        assert_eq!(some(&["{.a}"], unusual).unwrap(), unusual);
    }
    let list = r#"[{"b":1}]"#;
    assert_eq!(some(&["{.a}"], list).unwrap(), list);
    assert!(some(&["{.b}"], r#"{"a":1}x"#).is_err());
    for all in [
        "{..a}",
        "{.*}",
        "{@}",
        "{range .a}{end}",
        "{.l}{.l[?(@.x)].y}{.b}{.a}{.d}{.m}",
    ] {
        assert_eq!(some(&[all], json).unwrap(), json, "{all}");
    }
}

proptest::proptest! {
    /// A template gives the same results, errors included, over a whole object and over a trimmed one.
    #[test]
    fn trimmed_object_gives_the_same_results(
        steps in proptest::collection::vec(0..STEPS.len(), 1..5),
        other in proptest::collection::vec(0..STEPS.len(), 1..4),
        strict in proptest::bool::ANY,
    ) {
        let json = r#"{"a":{"a":[{"a":1,"b":[{"b":2,"a":"x"}]},{"b":{"a":null}},[[{"a":3}]]],"b":4},"b":[{"a":5},6,null]}"#;
        let template = |steps: &[usize]| {
            let text: String = steps.iter().map(|step| STEPS[*step]).collect();
            Template::parse(&format!("{{{text}}}")).map(|template| template.allow_missing_keys(!strict))
        };
        if let (Ok(one), Ok(two)) = (template(&steps), template(&other)) {
            let mut fields = Fields::default();
            one.add_fields(&mut fields);
            two.add_fields(&mut fields);
            let part = fields.trim(json).unwrap();
            let (whole, part) = (Tree::parse(json).unwrap(), Tree::parse(&part).unwrap());
            for template in [&one, &two] {
                proptest::prop_assert_eq!(template.find_results(&whole), template.find_results(&part));
            }
        }
    }
}

/// Templates over a List, and the fields of its items that each of them looks at.
#[test]
fn trimmed_items_of_lists() {
    for (template, left) in [
        ("{.kind}", Some(r#"{}"#)),
        ("{.items[*].a.b}", Some(r#"{"a":{"b":1}}"#)),
        (
            "{.items[0].c[*].x}{.items[1:].d}",
            Some(r#"{"c":[{"x":1},{}],"d":5}"#),
        ),
        (
            r#"{range .items[*]}{.a.b}{"\t"}{end}{.kind}"#,
            Some(r#"{"a":{"b":1}}"#),
        ),
        (
            "{range .items[*]}{.d}{range .c[*]}{.y}{end}{end}",
            Some(r#"{"c":[{"y":2},{}],"d":5}"#),
        ),
        (r#"{.items[?(@.d==5)].a.b}"#, Some(r#"{"a":{"b":1},"d":5}"#)),
        (
            r#"{.items[?(@.c[0].x)]['d','e']}"#,
            Some(r#"{"c":[{"x":1},{}],"d":5,"e":6}"#),
        ),
        ("{.items[*]['a']['b']}", Some(r#"{"a":{"b":1}}"#)),
        ("{range .items[*]}{end}", Some("{}")),
        ("{.*[*].d}", Some(r#"{"d":5}"#)),
        ("{range .items[*]}{@}{end}", None),
        ("{range .items[*]}{.d}", None),
        ("{.items}", None),
        ("{.items[*]}", None),
        ("{..d}", None),
        ("{.*}", None),
        ("{@}", None),
    ] {
        let fields = Template::parse(template).unwrap().item_fields();
        let item = r#"{"a":{"b":1,"z":0},"c":[{"x":1,"y":2},{"z":3}],"d":5,"e":6}"#;
        assert_eq!(fields.trim(item).unwrap(), left.unwrap_or(item), "{template}");
    }
}

proptest::proptest! {
    #[test]
    fn list_of_trimmed_items_gives_the_same_results(
        pieces in proptest::collection::vec((0..4, proptest::collection::vec(0..PATHS.len(), 0..4)), 1..6),
        strict in proptest::bool::ANY,
    ) {
        let items = [
            r#"{"a":{"a":[{"a":1,"b":[{"b":2,"a":"x"}]},{"b":{"a":null}},[[{"a":3}]]],"b":4},"b":[{"a":5},6,null]}"#,
            r#"{"a":[{"a":"y"}],"b":{"a":[1,2]}}"#,
            "null",
            r#"{"b":"text","c":1.0}"#,
        ];
        let mut text = String::new();
        for (kind, steps) in pieces {
            let path: String = steps.iter().map(|step| PATHS[*step]).collect();
            text += &match kind {
                0 => format!("{{range {path}}}"),
                1 => "{end}".to_owned(),
                _ => format!("{{{path}}} "),
            };
        }
        if let Ok(template) = Template::parse(&text) {
            let template = template.allow_missing_keys(!strict);
            let list = |items: &[&str]| format!(r#"{{"items":[{}],"kind":"List"}}"#, items.join(","));
            let fields = template.item_fields();
            let trimmed: Vec<_> = items.iter().map(|item| fields.trim(item).unwrap()).collect();
            let trimmed: Vec<&str> = trimmed.iter().map(AsRef::as_ref).collect();
            let (whole, trimmed) = (list(&items), list(&trimmed));
            let print = |text: &str| {
                let mut out = String::new();
                template.execute(&Tree::parse(text).unwrap(), &mut out).map(|()| out)
            };
            proptest::prop_assert_eq!(print(&whole), print(&trimmed), "{}", text);
        }
    }
}

const PATHS: [&str; 14] = [
    ".items",
    ".items[*]",
    ".items[*]",
    ".items[0]",
    ".a",
    ".b",
    ".b",
    "[*]",
    ".*",
    "..a",
    "['a','b']",
    "[?(@.a)]",
    "[?(@.a==5)]",
    "'x'",
];

const STEPS: [&str; 9] = [
    ".a",
    ".b",
    "[*]",
    "[0]",
    "[-1]",
    ".*",
    "..",
    "['a','b']",
    "[?(@.a)]",
];

/// Numbers and text as Go's `fmt.Sprint`, `%#v` and `json.Marshal` write them.
#[test]
fn printing() {
    for (text, plain, marshalled) in [
        ("1.0", "1", "1"),
        ("1e6", "1e+06", "1000000"),
        ("123456789.5", "1.234567895e+08", "123456789.5"),
        ("100000.0", "100000", "100000"),
        ("1e21", "1e+21", "1e+21"),
        ("0.0001", "0.0001", "0.0001"),
        ("1e-5", "1e-05", "0.00001"),
        ("1e-7", "1e-07", "1e-7"),
        (
            "9223372036854775807",
            "9223372036854775807",
            "9223372036854775807",
        ),
        (
            "12345678901234567890",
            "1.2345678901234567e+19",
            "12345678901234567000",
        ),
        (
            "1.7976931348623157e308",
            "1.7976931348623157e+308",
            "1.7976931348623157e+308",
        ),
        (
            r#"{"b":[1,null],"a":{},"b":2}"#,
            "map[a:map[] b:2]",
            r#"{"a":{},"b":2}"#,
        ),
        ("[1,null,[]]", "[1 <nil> []]", "[1,null,[]]"),
        (
            r#""<\u2028\u0007\u007f\u00e9""#,
            "<\u{2028}\u{7}\u{7f}é",
            "\"\\u003c\\u2028\\u0007\u{7f}é\"",
        ),
    ] {
        let tree = Tree::parse(text).unwrap();
        let value = Value::from(tree.root());
        assert_eq!(value.to_string(), plain);
        let mut output = String::new();
        json::write(&value, &mut output).unwrap();
        assert_eq!(output, marshalled);
    }
    let tree = Tree::parse(r#"{"b":[1,null,2.50],"a":"x\"\u0007\u007f\u2028é"}"#).unwrap();
    assert_eq!(
        format!("{:#}", Value::from(tree.root())),
        r#"map[string]interface {}{"a":"x\"\a\x7f\u2028é", "b":[]interface {}{1, interface {}(nil), 2.5}}"#
    );
}

/// Templates of random pieces of templates, so that most of them are nearly right.
fn template() -> impl Strategy<Value = String> {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        "[?(",
        ")]",
        "'",
        "\"",
        "\\",
        ".",
        "..",
        ",",
        ":",
        "*",
        "@",
        "$",
        " ",
        "-1",
        "0",
        "9",
        "1.5",
        "==",
        "<",
        ">=",
        "range ",
        "end",
        "true",
        "name",
        "items",
        "spec",
        "é",
        "\n",
        "x",
        "{range .items[*]}",
        "{end}",
        "{.items[*].metadata",
        "containers",
        "[0]",
        "[*]",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn never_panics(template in prop_oneof![template(), any::<String>()], missing: bool, json: bool) {
        let list = Tree::parse(cases::LIST).unwrap();
        if let Ok(template) = Template::parse(&template) {
            let mut output = String::new();
            let template = template.allow_missing_keys(missing).json_output(json);
            let _ = template.execute(&list, &mut output);
        }
        let _ = relaxed(&template);
    }
}
