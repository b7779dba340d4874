//! The order of rows within a cluster, as keys whose bytes compare as the rows do. Each row's key is made once.

use crate::json::{Bracket, Token, Tokens, unquote};

/// The first byte of a key. Rows with `sort` are compared among themselves, and come before the others.
const BY_SORT: u8 = 1;
const BY_NAME: u8 = 2;

/// The byte before each JSON value in a key. Values of different kinds compare in this order; the end of an array is less
/// than any element.
const END: u8 = 0;
const NULL: u8 = 1;
const FALSE: u8 = 2;
const TRUE: u8 = 3;
const NUMBER: u8 = 4;
const TEXT: u8 = 5;
const ARRAY: u8 = 6;
const OBJECT: u8 = 7;

/// Returns true if a row is sorted among those of all clusters.
pub(crate) fn is_across(sort: &str) -> bool {
    sort.starts_with('{')
}

/// Writes a row's key into an empty buffer.
pub(crate) fn write_key(key: &mut Vec<u8>, namespace: &str, name: &str, sort: Option<&str>) {
    match sort {
        Some(sort) => {
            key.push(BY_SORT);
            write_json(key, sort);
        }
        None => {
            key.push(BY_NAME);
            // etcd keeps `/registry/pods/<namespace>/<name>` in the order of bytes, and the API server
            // and so kubectl list in that order: namespace `a-b` comes before `a`, as '-' is less
            // than '/'. Cluster-scoped objects have no namespace and no slash.
            if !namespace.is_empty() {
                key.extend_from_slice(namespace.as_bytes());
                key.push(b'/');
            }
            key.extend_from_slice(name.as_bytes());
        }
    }
}

/// Writes a JSON value: numbers compare numerically, strings by their bytes, arrays element by element. Objects, which no
/// tool writes here, compare token by token.
fn write_json(key: &mut Vec<u8>, json: &str) {
    for token in Tokens::new(json) {
        match token {
            Token::Open(Bracket::Array) => key.push(ARRAY),
            Token::Open(Bracket::Object) => key.push(OBJECT),
            Token::Close(_) => key.push(END),
            Token::Key(text) | Token::Text(text) => {
                key.push(TEXT);
                write_text(key, &unquote(text));
            }
            Token::Plain("null") => key.push(NULL),
            Token::Plain("false") => key.push(FALSE),
            Token::Plain("true") => key.push(TRUE),
            Token::Plain(number) => {
                key.push(NUMBER);
                write_number(key, number);
            }
        }
    }
}

/// Writes a string. NUL becomes NUL FF and the end is NUL NUL, so that a prefix is less than a longer string.
fn write_text(key: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        key.push(byte);
        if byte == 0 {
            key.push(0xff);
        }
    }
    key.extend_from_slice(&[0, 0]);
}

/// Writes a decimal number of any length without loss: sign, exponent, digits. As floats, neighbouring 64-bit numbers
/// would be equal.
fn write_number(key: &mut Vec<u8>, number: &str) {
    const ZERO: u8 = 1;
    let (negative, text) = match number.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, number),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    let leading = digits().take_while(|digit| *digit == b'0').count();
    let trailing = digits().rev().take_while(|digit| *digit == b'0').count();
    let count = whole.len() + fraction.len();
    if leading == count {
        key.push(ZERO);
        return;
    }
    // The number is 0.DIGITS × 10^exponent. An exponent beyond i64 counts as the limit.
    let limit = if exponent.starts_with('-') {
        i64::MIN / 2
    } else {
        i64::MAX / 2
    };
    let exponent = exponent
        .trim_start_matches('+')
        .parse()
        .unwrap_or(limit)
        .clamp(i64::MIN / 2, i64::MAX / 2)
        + i64::try_from(whole.len()).unwrap_or(i64::MAX / 4)
        - i64::try_from(leading).unwrap_or(i64::MAX / 4);
    // Shifted, so that its bytes compare as the number does.
    let exponent = exponent.wrapping_sub(i64::MIN).cast_unsigned();
    let start = key.len() + 1;
    key.push(if negative { ZERO - 1 } else { ZERO + 1 });
    key.extend_from_slice(&exponent.to_be_bytes());
    key.extend(digits().skip(leading).take(count - leading - trailing));
    key.push(END);
    if negative && let Some(bytes) = key.get_mut(start..) {
        bytes.iter_mut().for_each(|byte| *byte = !*byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_name(namespace: &str, name: &str) -> Vec<u8> {
        let mut key = Vec::new();
        write_key(&mut key, namespace, name, None);
        key
    }

    fn by_sort(sort: &str) -> Vec<u8> {
        let mut key = Vec::new();
        write_key(&mut key, "", "", Some(sort));
        key
    }

    #[test]
    fn names_compare_as_in_etcd() {
        assert!(by_name("a-b", "x") < by_name("a", "x"));
        assert!(by_name("a", "x") < by_name("a", "y"));
        assert!(by_name("", "node-1") < by_name("", "node-10"));
    }

    #[test]
    fn json_values_compare_by_value() {
        let ascending = [
            "null",
            "false",
            "true",
            "-1e400",
            "-12345678901234567891",
            "-12345678901234567890",
            "-1.5",
            "-1.49",
            "0",
            "1e-5",
            "0.5",
            "1",
            "1.0001",
            "2",
            "10",
            "9007199254740992",
            "9007199254740993",
            "1e400",
            r#""""#,
            r#""\u0000""#,
            r#""\u0000a""#,
            r#""A""#,
            r#""a""#,
            r#""aa""#,
            "[]",
            "[1]",
            "[1,2]",
            "[2]",
            r#"["a","b"]"#,
            r#"["aa"]"#,
        ];
        for pair in ascending.windows(2) {
            assert!(by_sort(pair[0]) < by_sort(pair[1]), "{pair:?}");
        }
        for (one, other) in [("1", "1.00"), ("100", "1E+2"), ("0", "-0.0e9"), ("0.001", "1e-3")] {
            assert_eq!(by_sort(one), by_sort(other));
        }
        assert!(by_sort(r#""zzz""#) < by_name("", "a"));
    }

    proptest! {
        #[test]
        fn floats_compare_numerically(a in any::<f64>(), b in any::<f64>()) {
            prop_assume!(a.is_finite() && b.is_finite());
            let keys = by_sort(&format!("{a:e}")).cmp(&by_sort(&b.to_string()));
            prop_assert_eq!(Some(keys), a.partial_cmp(&b));
        }
    }
}
