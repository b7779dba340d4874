//! Kubernetes' quantities (`100m`, `1.5Gi`, `3e6`) as plain decimal numbers, for `--sort-by`.

use std::ops::RangeInclusive;

/// The largest value of a number with more than 18 digits, as in apimachinery's `maxAllowed`.
const MOST: &str = "9223372036854775807";

/// How many digits a number may have before its decimal point, or zeros after it: readers of JSON use 64-bit floats.
const MAGNITUDES: RangeInclusive<i64> = -300..=300;

/// Returns the value of a quantity as a JSON number; `None` if the text is not a quantity (apimachinery `resource.ParseQuantity`, without its rounding to a billionth).
pub fn number(text: &str) -> Option<String> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let end = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (whole, rest) = rest.split_at(end(rest));
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(end(rest)),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (doublings, exponent) = scale(suffix)?;
    let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    for _ in 0..doublings {
        double(&mut digits);
    }
    let digits = String::from_utf8(digits).ok()?;
    let digits = digits.trim_start_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    let length = i64::try_from(digits.len()).ok()?;
    let magnitude = length + exponent - i64::try_from(fraction.len()).ok()?;
    if length > 18 && magnitude > 19 {
        return Some(format!("{sign}{MOST}e0"));
    }
    let exponent = magnitude.clamp(*MAGNITUDES.start(), *MAGNITUDES.end()) - length;
    Some(format!("{sign}{digits}e{exponent}"))
}

/// Returns the power of two and the power of ten of a suffix.
fn scale(suffix: &str) -> Option<(u32, i64)> {
    Some(match suffix {
        "" => (0, 0),
        "Ki" => (10, 0),
        "Mi" => (20, 0),
        "Gi" => (30, 0),
        "Ti" => (40, 0),
        "Pi" => (50, 0),
        "Ei" => (60, 0),
        "n" => (0, -9),
        "u" => (0, -6),
        "m" => (0, -3),
        "k" => (0, 3),
        "M" => (0, 6),
        "G" => (0, 9),
        "T" => (0, 12),
        "P" => (0, 15),
        "E" => (0, 18),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            (0, exponent.parse::<i32>().ok()?.into())
        }
    })
}

/// Doubles a number of decimal digits.
fn double(digits: &mut Vec<u8>) {
    let mut carry = 0;
    for digit in digits.iter_mut().rev() {
        let doubled = (*digit - b'0') * 2 + carry;
        *digit = b'0' + doubled % 10;
        carry = doubled / 10;
    }
    if carry > 0 {
        digits.insert(0, b'0' + carry);
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn quantities_are_numbers() {
        for (text, expected) in [
            ("0", "0e0"),
            ("12", "12e0"),
            ("-1.50", "-150e-2"),
            ("+.5", "5e-1"),
            ("1.", "1e0"),
            ("100m", "100e-3"),
            ("1Ki", "1024e0"),
            ("1.5Gi", "16106127360e-1"),
            ("16Ei", "9223372036854775807e0"),
            ("-1234567890123456789012", "-9223372036854775807e0"),
            ("6e88858857", "6e299"),
            ("6e-88858857", "6e-301"),
            ("3e6", "3e6"),
            ("3E-6", "3e-6"),
            ("2E", "2e18"),
            ("007", "7e0"),
        ] {
            assert_eq!(number(text).as_deref(), Some(expected), "{text}");
        }
        let digits = "3".repeat(600);
        assert_eq!(number(&format!("0.{digits}")), Some(format!("{digits}e-600")));
        for text in [
            "",
            "-",
            ".",
            "m",
            "1K",
            "1 ",
            " 1",
            "1ki",
            "1e",
            "1.2.3",
            "10.0.0.1",
            "1x",
            "--1",
            "1Kii",
            "2026-01-01T00:00:00Z",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
