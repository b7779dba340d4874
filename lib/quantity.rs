//! Kubernetes' quantities (`100m`, `1.5Gi`, `3e6`): as plain decimal numbers, for `--sort-by`, and as exact numbers to
//! compute with (apimachinery `pkg/api/resource`).

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
#[cfg(feature = "cluster")]
use std::ops::RangeInclusive;

/// The largest value of a number with more than 18 digits, as in apimachinery's `maxAllowed`.
#[cfg(feature = "cluster")]
const MOST: &str = "9223372036854775807";

/// How many digits a number may have before its decimal point, or zeros after it: readers of JSON use 64-bit floats.
#[cfg(feature = "cluster")]
const MAGNITUDES: RangeInclusive<i64> = -300..=300;

/// Returns the value of a quantity as a JSON number; `None` if the text is not a quantity (apimachinery
/// `resource.ParseQuantity`, without its rounding to a billionth).
#[cfg(feature = "cluster")]
pub fn number(text: &str) -> Option<String> {
    let spelled = Spelled::read(text)?;
    let sign = if spelled.is_negative { "-" } else { "" };
    let (fraction, exponent) = (spelled.fraction, spelled.exponent);
    let mut digits: Vec<u8> = spelled.digits().collect();
    for _ in 0..spelled.doublings {
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

/// A quantity's text, taken apart.
struct Spelled<'a> {
    is_negative: bool,
    /// The digits before and after the decimal point, of which there is at least one.
    whole: &'a str,
    fraction: &'a str,
    suffix: &'a str,
    /// The powers of two and of ten that the suffix stands for.
    doublings: u32,
    exponent: i64,
}

impl<'a> Spelled<'a> {
    /// Takes a text apart; `None` if it is not a quantity.
    fn read(text: &'a str) -> Option<Self> {
        let (is_negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
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
        Some(Self {
            is_negative,
            whole,
            fraction,
            suffix,
            doublings,
            exponent,
        })
    }

    /// Returns all digits, without the decimal point.
    fn digits(&self) -> impl Iterator<Item = u8> {
        self.whole.bytes().chain(self.fraction.bytes())
    }
}

/// Billionths in one.
const NANOS: i128 = 1_000_000_000;

/// The largest magnitude of a number that is computed with. A billion of them can be added up.
const LARGEST: i128 = 100_000_000_000_000_000_000 * NANOS;

/// The largest binary quantity, as in apimachinery.
const LARGEST_BINARY: i128 = i64::MAX as i128 * NANOS;

/// The suffixes of powers of a thousand, from a billionth on.
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

/// The suffixes of powers of 1024.
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// A number as it is spelled. A sum has the last of its summands' forms in this order.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Notation {
    /// A number of JSON: `2.5`.
    #[default]
    Plain,
    /// `2500e-3`
    Exponent,
    /// `2500m`
    Decimal,
    /// `2560Mi`
    Binary,
}

/// A number with at most nine digits after its decimal point.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Quantity {
    nanos: i128,
    form: Notation,
}

impl Quantity {
    /// Reads a quantity as apimachinery does: digits beyond a billionth are rounded up, away from zero. Returns `None` if
    /// it is not a quantity, or if it is greater than 10^20.
    pub fn parse(text: &str) -> Option<Self> {
        let spelled = Spelled::read(text)?;
        let mut form = match spelled.suffix.as_bytes() {
            _ if spelled.doublings > 0 => Notation::Binary,
            [b'e' | b'E', _, ..] => Notation::Exponent,
            _ => Notation::Decimal,
        };
        let nanos = nanos(&spelled);
        // Only binary quantities are capped.
        let mut nanos = nanos.or_else(|| (form == Notation::Binary).then_some(LARGEST_BINARY))?;
        if form == Notation::Binary {
            nanos = nanos.min(LARGEST_BINARY);
            if nanos < NANOS && nanos > 0 {
                form = Notation::Decimal;
            }
        }
        let nanos = if spelled.is_negative { -nanos } else { nanos };
        Some(Self { nanos, form })
    }

    /// Reads a number of JSON.
    pub fn of_number(text: &str) -> Option<Self> {
        let quantity = Self::parse(text)?;
        Some(Self {
            form: Notation::Plain,
            ..quantity
        })
    }

    /// Returns how it is spelled.
    pub fn form(self) -> Notation {
        self.form
    }

    /// Spells it in another form.
    #[must_use]
    pub fn with_form(self, form: Notation) -> Self {
        Self { form, ..self }
    }

    /// Returns the sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            nanos: self.nanos.saturating_add(other.nanos),
            form: self.form.max(other.form),
        }
    }

    /// Divides it, and rounds the result: to a whole number if it has four digits or more before its decimal point, else
    /// to a thousandth.
    #[must_use]
    pub fn divided_by(self, count: u64) -> Self {
        let count = i128::from(count.max(1));
        let is_large = (self.nanos / count).abs() >= 1000 * NANOS;
        let unit = if is_large { NANOS } else { NANOS / 1000 };
        let divisor = count * unit;
        let half = if self.nanos < 0 { -divisor / 2 } else { divisor / 2 };
        let nanos = self.nanos.saturating_add(half) / divisor * unit;
        Self { nanos, ..self }
    }

    fn write_decimal(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut mantissa, mut exponent) = (self.nanos, -9_i32);
        while mantissa % 10 == 0 {
            mantissa /= 10;
            exponent += 1;
        }
        let most = if self.form == Notation::Exponent {
            i32::MAX
        } else {
            18
        };
        while exponent % 3 != 0 || exponent > most {
            mantissa *= 10;
            exponent -= 1;
        }
        write!(f, "{mantissa}")?;
        match self.form {
            Notation::Exponent if exponent == 0 => Ok(()),
            Notation::Exponent => write!(f, "e{exponent}"),
            _ => {
                let suffix = usize::try_from(exponent / 3 + 3)
                    .ok()
                    .and_then(|index| DECIMAL.get(index));
                f.write_str(suffix.copied().unwrap_or_default())
            }
        }
    }
}

/// Compares the values; of two equal ones, the forms.
impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.nanos, self.form).cmp(&(other.nanos, other.form))
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Writes it as apimachinery does.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_whole = self.nanos % NANOS == 0;
        match self.form {
            _ if self.nanos == 0 => f.write_str("0"),
            Notation::Plain => {
                let sign = if self.nanos < 0 { "-" } else { "" };
                let (whole, rest) = ((self.nanos / NANOS).abs(), (self.nanos % NANOS).abs());
                match is_whole {
                    true => write!(f, "{sign}{whole}"),
                    false => write!(f, "{sign}{whole}.{}", format!("{rest:09}").trim_end_matches('0')),
                }
            }
            Notation::Binary if is_whole && self.nanos.abs() >= 1024 * NANOS => {
                let (mut mantissa, mut times) = (self.nanos / NANOS, 0);
                while mantissa % 1024 == 0 && times + 1 < BINARY.len() {
                    mantissa /= 1024;
                    times += 1;
                }
                write!(f, "{mantissa}{}", BINARY.get(times).copied().unwrap_or_default())
            }
            _ => self.write_decimal(f),
        }
    }
}

/// Returns the magnitude of a number in billionths.
fn nanos(spelled: &Spelled<'_>) -> Option<i128> {
    let mut digits: Vec<u8> = spelled.digits().collect();
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    digits.drain(..zeros);
    if digits.is_empty() {
        return Some(0);
    }
    for _ in 0..spelled.doublings {
        double(&mut digits);
    }
    let exponent = spelled.exponent + 9 - i64::try_from(spelled.fraction.len()).ok()?;
    let length = i64::try_from(digits.len()).ok()?.checked_add(exponent)?;
    // The largest has 30 digits.
    if length > 30 {
        return None;
    }
    let kept = usize::try_from(length.max(0)).ok()?;
    let is_rounded = digits
        .get(kept..)
        .is_some_and(|rest| rest.iter().any(|digit| *digit != b'0'));
    digits.resize(kept, b'0');
    let number = digits
        .iter()
        .fold(0, |number: i128, digit| number * 10 + i128::from(digit - b'0'));
    Some(number + i128::from(is_rounded)).filter(|number| *number <= LARGEST)
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
    use super::*;

    #[cfg(feature = "cluster")]
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

    fn sum(texts: &[&str]) -> String {
        let parse = |text: &&str| Quantity::parse(text).unwrap_or_else(|| unreachable!("{text}"));
        texts
            .iter()
            .map(parse)
            .fold(Quantity::default(), Quantity::plus)
            .to_string()
    }

    /// `make e2e` compares random sums with apimachinery's.
    #[test]
    fn sums_are_printed_as_apimachinery_prints_them() {
        for (texts, expected) in [
            (&["129M"][..], "129M"),
            (&["128974848000m"], "128974848"),
            (&["1e3", "0.1"], "1000100m"),
            (&["1e3"], "1e3"),
            (&["100m", "900m"], "1"),
            (&["1Gi", "1Gi"], "2Gi"),
            (&["1536Mi"], "1536Mi"),
            (&["0.5Gi"], "512Mi"),
            (&["8152232Ki", "8152232Ki", "8152232Ki"], "24456696Ki"),
            (&["1Gi", "1"], "1073741825"),
            (&["1Gi", "100m"], "1073741824100m"),
            (&["1Ki", "-1Ki"], "0"),
            (&["-1Ki", "-24"], "-1048"),
            (&["1000"], "1k"),
            (&["12300"], "12300"),
            (&["0.0000000001"], "1n"),
            (&["-0.0000000011"], "-2n"),
            (&["16Ei"], "9223372036854775807"),
            (&["-9999999999999999999Ei"], "-9223372036854775807"),
            (&["99E", "1E"], "100E"),
            (&["0.3Ki"], "307200m"),
            (&["1e-60"], "1e-9"),
        ] {
            assert_eq!(sum(texts), expected, "{texts:?}");
        }
        for text in [
            "",
            "x",
            "1K",
            "2026-01-01T00:00:00Z",
            "10.0.0.1",
            "1e21",
            "5d",
            "3 (5h ago)",
            "1/2",
        ] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
    }

    #[test]
    fn averages_are_rounded_to_a_thousandth_or_to_a_whole_number() {
        let average =
            |text: &str, count| Quantity::of_number(text).map(|sum| sum.divided_by(count).to_string());
        assert_eq!(average("10", 4).as_deref(), Some("2.5"));
        assert_eq!(average("10", 3).as_deref(), Some("3.333"));
        assert_eq!(average("-20", 3).as_deref(), Some("-6.667"));
        assert_eq!(average("10000", 3).as_deref(), Some("3333"));
        assert_eq!(average("0", 3).as_deref(), Some("0"));
    }
}
