//! Errors of YAML files, without the values in them: they may be secrets.

use std::path::Path;

/// Returns the text of an error without its place: what is read is not a file.
pub fn reason(error: &serde_yaml::Error) -> String {
    let text = redact(&without_place(error));
    // libyaml says where it was when the text was no YAML any more.
    match text.contains(", while parsing ") || text.contains(", while scanning ") {
        true => format!("not valid YAML: {text}"),
        false => missing_field(text),
    }
}

/// An error of the YAML reader as `FILE, line 3, column 5: …`.
pub fn problem(file: &Path, error: &serde_yaml::Error) -> String {
    let text = reason(error);
    match error.location() {
        None => format!("{}: {text}", file.display()),
        Some(place) => format!(
            "{}, line {}, column {}: {text}",
            file.display(),
            place.line(),
            place.column()
        ),
    }
}

fn without_place(error: &serde_yaml::Error) -> String {
    let text = error.to_string();
    match error.location() {
        None => text,
        Some(place) => {
            let place = format!(" at line {} column {}", place.line(), place.column());
            text.replacen(&place, "", 1)
        }
    }
}

/// serde's `missing field` as a sentence.
fn missing_field(text: String) -> String {
    match text.split_once("missing field `") {
        Some((place, rest)) => format!("{place}{} is missing", rest.trim_end_matches('`')),
        None => text,
    }
}

/// serde's `invalid type: string "hunter2", expected a mapping` without the value.
fn redact(text: &str) -> String {
    for (start, verb) in [("invalid type: ", ""), ("invalid value: ", "another ")] {
        let Some((before, rest)) = text.split_once(start) else {
            continue;
        };
        // The value may hold the separator itself, what was expected never does.
        let Some((found, expected)) = rest.rsplit_once(", expected ") else {
            continue;
        };
        let expected = match expected {
            "a sequence" => "a list",
            "a map" => "a mapping",
            "a boolean" => "true or false",
            other => other,
        };
        return format!("{before}expected {expected}, found {verb}{}", kind(found));
    }
    text.to_owned()
}

fn kind(found: &str) -> &'static str {
    match found.split([' ', '`']).next().unwrap_or_default() {
        "string" | "character" => "a string",
        "integer" => "a number",
        "floating" => "a number with a fraction",
        "boolean" => "a boolean",
        "sequence" => "a list",
        "map" => "a mapping",
        "unit" | "Option" => "nothing",
        _ => "something else",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::problem;
    use serde::Deserialize;
    use std::path::Path;

    #[derive(Debug, Deserialize)]
    struct Outer {
        #[expect(dead_code)]
        inner: Vec<bool>,
    }

    fn of(text: &str) -> String {
        problem(
            Path::new("f.yaml"),
            &serde_yaml::from_str::<Outer>(text).unwrap_err(),
        )
    }

    #[test]
    fn parse_error_names_the_place_and_not_the_value() {
        assert_eq!(
            of("inner: \"hunter2, expected nothing\"\n"),
            "f.yaml, line 1, column 8: inner: expected a list, found a string"
        );
        assert_eq!(
            of("inner:\n- 12345\n"),
            "f.yaml, line 2, column 3: inner[0]: expected true or false, found a number"
        );
        assert_eq!(
            of("inner:\n\t- x"),
            "f.yaml, line 2, column 1: not valid YAML: found character that cannot start any token, while scanning for the next token"
        );
    }
}
