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
    let printed = GoTemplate::parse(template).and_then(|template| template.print(data, !strict, &mut out));
    (out, printed.err().unwrap_or_default())
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
