#![allow(clippy::unwrap_used, clippy::panic)]

mod cases;

use super::{Error, Template, Value, relaxed};
use proptest::prelude::*;

fn execute(template: &Template) -> Result<String, Error> {
    let list = Value::parse(cases::LIST).unwrap();
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
fn what_is_no_template() {
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
fn a_failing_template_writes_nothing() {
    let list = Value::parse(cases::LIST).unwrap();
    let mut output = "before".to_owned();
    let template = Template::parse("{.kind}{.missing}").unwrap();
    assert!(template.execute(&list, &mut output).is_err());
    assert_eq!(output, "before");
}

#[test]
fn where_go_crashes_there_is_an_error() {
    let value = Value::parse("[null]").unwrap();
    let template = Template::parse("{range @[0]}{[0]}{end}").unwrap();
    assert!(template.values(&value).is_err());
    let ranges = Template::parse(&"{range}".repeat(100_000)).unwrap();
    assert_eq!(ranges.values(&value).unwrap_err().0, "ranges are nested too deep");
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
fn only_some_fields_are_read() {
    let json = r#" {"a": 1, "b": {"c": [2], "e": {"f": [3], "g": 4}}, "\u0064": 3, "a": 4} "#;
    let some = |paths: &[&str], json: &'static str| {
        let path = |path: &&str| path.split('.').map(str::to_owned).collect();
        let paths: Vec<Vec<String>> = paths.iter().map(path).collect();
        Value::parse_fields(json, &paths)
    };
    for (paths, left) in [
        (vec!["a", "d", "x"], r#"{"a":4,"d":3}"#),
        (vec!["b.c", "a.b"], r#"{"b":{"c":[2]},"a":4}"#),
        (vec!["b.e.f", "b.c.x"], r#"{"b":{"c":[2],"e":{"f":[3]}}}"#),
        (vec!["b.e.f", "b.e"], r#"{"b":{"e":{"f":[3],"g":4}}}"#),
        (vec![], "{}"),
    ] {
        assert_eq!(
            some(&paths, json).unwrap(),
            Value::parse(left).unwrap(),
            "{paths:?}"
        );
    }
    assert_eq!(
        some(&["a"], r#"[{"b":1}]"#).unwrap(),
        Value::parse(r#"[{"b":1}]"#).unwrap()
    );
    assert!(some(&[], r#"{"a":1}x"#).is_err());
    let fields = |text: &str| {
        let paths = Template::parse(text).unwrap().fields()?;
        let paths: Vec<String> = paths.iter().map(|path| path.join(".")).collect();
        Some(paths.join(" "))
    };
    assert_eq!(fields("a{.b.c}{['d']}{.b[0].e}").as_deref(), Some("b.c d b"));
    for all in ["{..a}", "{.*}", "{@}", "{range .a}{end}", "{['a','b']}"] {
        assert_eq!(fields(all), None, "{all}");
    }
}

/// Numbers and text as Go's `fmt.Sprint`, `%#v` and `json.Marshal` write them.
#[test]
fn printing() {
    type Print = fn(&Value<'_>, &mut String);
    let print = |json: &str, print: Print| {
        let mut output = String::new();
        print(&Value::parse(json).unwrap(), &mut output);
        output
    };
    for (json, plain, marshalled) in [
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
        assert_eq!(print(json, |value, output| value.print_plain(output)), plain);
        assert_eq!(print(json, |value, output| value.print_json(output)), marshalled);
    }
    assert_eq!(
        print(
            r#"{"b":[1,null,2.50],"a":"x\"\u0007\u007f\u2028é"}"#,
            |value, output| value.print_source(output)
        ),
        r#"map[string]interface {}{"a":"x\"\a\x7f\u2028é", "b":[]interface {}{1, interface {}(nil), 2.5}}"#
    );
}

/// Templates made of what templates are made of, so that most of them are nearly right.
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
        let list = Value::parse(cases::LIST).unwrap();
        if let Ok(template) = Template::parse(&template) {
            let mut output = String::new();
            let template = template.allow_missing_keys(missing).json_output(json);
            let _ = template.execute(&list, &mut output);
        }
        let _ = relaxed(&template);
    }
}
