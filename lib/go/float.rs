//! Floats as Go's `strconv.FormatFloat` writes them.

/// Writes `%e`: with an exponent that has a sign and two digits. Without a precision it has the fewest digits that are
/// read back as the same number.
pub(super) fn exponent(number: f64, precision: Option<usize>, letter: char) -> String {
    if let Some(special) = special(number) {
        return special;
    }
    let text = match precision {
        Some(precision) => format!("{number:.precision$e}"),
        None => format!("{number:e}"),
    };
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, power) = match power.strip_prefix('-') {
        Some(power) => ('-', power),
        None => ('+', power),
    };
    format!("{mantissa}{letter}{sign}{power:0>2}")
}

/// Writes `%f`.
pub(super) fn fixed(number: f64, precision: Option<usize>) -> String {
    if let Some(special) = special(number) {
        return special;
    }
    match precision {
        Some(precision) => format!("{number:.precision$}"),
        None => format!("{number}"),
    }
}

/// Writes `%g`: with an exponent if that is below -4, or not below the precision.
pub(super) fn general(number: f64, precision: Option<usize>, letter: char) -> String {
    if let Some(special) = special(number) {
        return special;
    }
    let precision = precision.map(|precision| precision.max(1));
    let text = exponent(number, precision.map(|precision| precision - 1), 'e');
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i64 = power.parse().unwrap_or(0);
    // Trailing zeros do not count as digits.
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let limit = match precision {
        None => SHORTEST_LIMIT,
        Some(precision) => {
            let (precision, digits) = (to_i64(precision), to_i64(digits));
            if precision > digits && digits > power {
                digits
            } else {
                precision
            }
        }
    };
    if power < -4 || power >= limit {
        let sign = if power < 0 { '-' } else { '+' };
        return format!("{mantissa}{letter}{sign}{:02}", power.abs());
    }
    let decimals = to_i64(digits) - 1 - power;
    fixed(number, Some(usize::try_from(decimals).unwrap_or(0)))
}

/// Writes a float as `encoding/json` does: `1.5`, `1000000`, `1e-7`, `1e+21`.
pub(super) fn json(number: f64) -> String {
    let scientific = format!("{number:e}");
    match scientific.split_once('e') {
        Some((_, power)) if power.parse::<i32>().is_ok_and(|power| (-6..21).contains(&power)) => {
            number.to_string()
        }
        Some((mantissa, power)) if !power.starts_with('-') => format!("{mantissa}e+{power}"),
        _ => scientific,
    }
}

/// The least power of ten for which the shortest form has an exponent.
const SHORTEST_LIMIT: i64 = 6;

fn to_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn special(number: f64) -> Option<String> {
    if number.is_nan() {
        return Some("NaN".to_owned());
    }
    number
        .is_infinite()
        .then(|| if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::json;

    #[test]
    fn floats_in_json() {
        for (number, text) in [
            (1.5, "1.5"),
            (1e6, "1000000"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (-1.5e-10, "-1.5e-10"),
            (1e21, "1e+21"),
            (0.0, "0"),
        ] {
            assert_eq!(json(number), text);
        }
    }
}
