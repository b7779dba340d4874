//! Compared with what Go's own text/template prints: `tests/data/gotemplate.json` was recorded from it,
//! with kubectl's printer around it (cli-runtime 0.36).

use super::GoTemplate;
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
    match template.print(data, &mut out) {
        Ok(()) => (out, String::new()),
        Err(failed) => (out + &failed.dump, failed.error),
    }
}

#[test]
fn it_prints_what_go_prints() {
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
fn what_calls_itself_ends() {
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
fn what_is_known_to_differ_from_go() {
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
