//! Compared with what `sigs.k8s.io/yaml/kyaml` prints: `tests/data/kyaml.json` was recorded from it.

use super::Kyaml;
use crate::format::syntax::Emitter;
use crate::go::text::is_print;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    json: String,
    kyaml: String,
}

fn kyaml(json: &str, is_terminal: bool) -> String {
    let mut emitter = Kyaml::new(is_terminal);
    emitter.value(json);
    emitter.text
}

#[test]
fn recorded_kyaml_of_kubectl() {
    let cases = include_str!("../../../../tests/data/kyaml.json");
    let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
    assert!(cases.len() > 50);
    for case in &cases {
        assert_eq!(kyaml(&case.json, false), case.kyaml, "{}", case.json);
    }
}

/// kubectl writes `\\r` and `\\_` at the start of these lines, which says something else.
#[test]
fn escaped_blanks_get_no_backslash() {
    let json = r#""\n\r\n\u00a0x\n\u2003\n\ty\n z""#;
    let expected =
        "---\n\"\\\n   \\n\\\n   \\r\\n\\\n   \\_x\\n\\\n   \\u2003\\n\\\n  \\\ty\\n\\\n  \\ z\\\n  \"\n";
    assert_eq!(kyaml(json, false), expected);
    assert_eq!(
        serde_yaml::from_str::<String>(expected).unwrap(),
        "\n\r\n\u{a0}x\n\u{2003}\n\ty\n z"
    );
}

#[test]
fn numbers_keep_their_spelling() {
    let json = r#"{"a":1.50,"b":1E5,"c":12345678901234567890123}"#;
    let expected = "---\n{\n  a: 1.50,\n  b: 1E5,\n  c: 12345678901234567890123,\n}\n";
    assert_eq!(kyaml(json, false), expected);
}

#[test]
fn terminal_gets_no_control_characters() {
    let json = r#"["\u001b[2J\u202e\t\u009b"]"#;
    assert_eq!(kyaml(json, true), "---\n[\n  \"\\e[2J\\u202e\t\\u009b\",\n]\n");
}

#[test]
fn printable_characters_as_in_go() {
    assert!("aé☃日\u{301}😀".chars().all(is_print));
    assert!(
        !"\u{a0}\u{ad}\u{200b}\u{2028}\u{feff}\u{e000}\u{3000}"
            .chars()
            .any(is_print)
    );
}

#[test]
fn indentation_is_limited() {
    let json = format!("{}{}", "{\"a\":".repeat(5000) + "1", "}".repeat(5000));
    assert!(kyaml(&json, false).len() < 2_000_000);
}
