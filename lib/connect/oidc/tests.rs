#![allow(clippy::unwrap_used)]
use super::*;

fn token(expires: i64) -> String {
    let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"iss":"x","exp":{expires}}}"#));
    format!("e30.{payload}.c2ln")
}

#[test]
fn an_expiry_is_read_as_go_does() {
    assert_eq!(expiry(&token(12)), Some(12));
    let of = |claims: &str| expiry(&format!("a.{}.b", URL_SAFE_NO_PAD.encode(claims)));
    assert_eq!(of(r#"{"exp":12.9}"#), Some(12));
    assert_eq!(of("{}"), Some(0));
    assert_eq!(of(r#"{"exp":"12"}"#), None);
    assert_eq!(of("no JSON"), None);
    assert_eq!(expiry("a.b"), None);
    assert_eq!(expiry("a.%.c"), None);
}

#[test]
fn forms_are_written_and_read_as_go_does() {
    assert_eq!(escaped("a b+c&d=\u{e4}~"), "a+b%2Bc%26d%3D%C3%A4~");
    let form = answer(b"id_token=a%2Bb&scope=x+y");
    assert_eq!(
        (form["id_token"].as_str(), form["scope"].as_str()),
        (Some("a+b"), Some("x y"))
    );
}
