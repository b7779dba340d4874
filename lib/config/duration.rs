//! Durations as Go writes them (package `time`, ParseDuration), which Kubernetes' users know.

use std::time::Duration;

/// Reads a duration from a flag or an environment variable: as Go writes it (`2s`, `1h30m`, `500ms`), or a whole
/// number of seconds as kubectl's `--request-timeout` takes it. `0` is [`Duration::ZERO`]: where
/// the duration is a limit, callers take it for [`NO_LIMIT`].
///
/// # Errors
/// Anything else; the text says what is expected.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return match text.parse() {
            Ok(seconds) if seconds <= MAX.as_secs() => Ok(Duration::from_secs(seconds)),
            _ => Err(too_long()),
        };
    }
    go_duration(text)
}

/// The longest that Go has: 2⁶³ − 1 nanoseconds, some 292 years.
const MAX: Duration = Duration::from_nanos(i64::MAX as u64);

/// A time limit that never ends: the longest duration that can be written.
pub const NO_LIMIT: Duration = MAX;

/// A time limit as a user gave it: 0 means no limit, as with kubectl's `--request-timeout`.
pub fn no_limit_if_zero(limit: Duration) -> Duration {
    if limit.is_zero() { NO_LIMIT } else { limit }
}

/// Reads a duration of a file, where only `0` needs no unit.
pub(super) fn go_duration(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text.starts_with('-') {
        return Err("a duration cannot be negative".into());
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest.is_empty() {
        return Err(expected(text));
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(expected(text));
        }
        let end = after
            .find(|c: char| c == '.' || c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let unit = match unit {
            "µs" | "μs" => 1_000,
            "" => {
                return Err(format!(
                    "{text:?} has no unit: write {text}s for seconds, or {text}m"
                ));
            }
            "d" => return Err(format!("{text:?}: there are no days: write 24h")),
            _ => {
                let known = UNITS.into_iter().find(|(name, _)| *name == unit);
                known.ok_or_else(|| expected(text))?.1
            }
        };
        total += amount(whole, fraction, unit).ok_or_else(too_long)?;
        if total > MAX.as_nanos() {
            return Err(too_long());
        }
        rest = after;
    }
    u64::try_from(total)
        .map(Duration::from_nanos)
        .map_err(|_| too_long())
}

/// Returns a duration in the spelling that [`go_duration`] reads, without units of which there are none: `1h30m`.
pub fn go_text(duration: Duration) -> String {
    let mut rest = duration.as_nanos();
    let mut text = String::new();
    for (unit, nanoseconds) in UNITS {
        if rest >= nanoseconds {
            text.push_str(&format!("{}{unit}", rest / nanoseconds));
            rest %= nanoseconds;
        }
    }
    if text.is_empty() { "0".into() } else { text }
}

/// The units of durations, the longest first, in nanoseconds.
const UNITS: [(&str, u128); 6] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// In nanoseconds, cut off below one.
fn amount(whole: &str, fraction: &str, unit: u128) -> Option<u128> {
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // Sixteen digits of an hour are finer than a nanosecond.
    let fraction = &fraction[..fraction.len().min(16)];
    let scale = 10u128.pow(u32::try_from(fraction.len()).ok()?);
    let fraction: u128 = if fraction.is_empty() {
        0
    } else {
        fraction.parse().ok()?
    };
    whole.checked_mul(unit)?.checked_add(fraction * unit / scale)
}

fn too_long() -> String {
    "a duration that long cannot be counted: the longest is about 292 years".into()
}

fn expected(text: &str) -> String {
    format!("{text:?} is not a duration: write it like 30s, 5m, 1h30m or 500ms")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{MAX, go_duration, parse_duration};
    use proptest::prelude::{prop_assert_eq, proptest};
    use std::time::Duration;

    #[test]
    fn durations_of_go_are_read() {
        for (text, expected) in [
            ("0", Duration::ZERO),
            ("0s", Duration::ZERO),
            ("5m", Duration::from_secs(300)),
            ("1h30m", Duration::from_secs(5400)),
            ("90s", Duration::from_secs(90)),
            ("500ms", Duration::from_millis(500)),
            ("+1.5s", Duration::from_millis(1500)),
            (".5h", Duration::from_secs(1800)),
            ("1.s", Duration::from_secs(1)),
            ("1h0.1m2s", Duration::from_secs(3608)),
            ("3us", Duration::from_micros(3)),
            ("3µs", Duration::from_micros(3)),
            ("7ns", Duration::from_nanos(7)),
            (
                "0.33333333333333333333h",
                Duration::from_nanos(1_200_000_000_000 - 1),
            ),
            ("9223372036854775807ns", MAX),
        ] {
            assert_eq!(go_duration(text), Ok(expected), "{text}");
            assert_eq!(parse_duration(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn invalid_durations_are_refused_with_a_suggestion() {
        for (text, expected) in [
            (
                "",
                "\"\" is not a duration: write it like 30s, 5m, 1h30m or 500ms",
            ),
            (
                "x",
                "\"x\" is not a duration: write it like 30s, 5m, 1h30m or 500ms",
            ),
            (
                "5 m",
                "\"5 m\" is not a duration: write it like 30s, 5m, 1h30m or 500ms",
            ),
            (
                ".s",
                "\".s\" is not a duration: write it like 30s, 5m, 1h30m or 500ms",
            ),
            ("1m30", "\"1m30\" has no unit: write 1m30s for seconds, or 1m30m"),
            ("1.5", "\"1.5\" has no unit: write 1.5s for seconds, or 1.5m"),
            ("1d", "\"1d\": there are no days: write 24h"),
            ("-1s", "a duration cannot be negative"),
        ] {
            assert_eq!(parse_duration(text), Err(expected.into()), "{text}");
        }
        for text in [
            "300000000h",
            "9223372036854775808ns",
            "99999999999999999999999999999999999999999h",
        ] {
            assert!(parse_duration(text).unwrap_err().contains("292 years"), "{text}");
        }
        assert!(
            parse_duration("99999999999999999999")
                .unwrap_err()
                .contains("292 years")
        );
    }

    #[test]
    fn flags_take_seconds_and_files_do_not() {
        assert_eq!(parse_duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(
            go_duration("30"),
            Err("\"30\" has no unit: write 30s for seconds, or 30m".into())
        );
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[-+0-9.a-zµμ ]{0,30}") {
            let _ = parse_duration(&text);
        }

        #[test]
        fn sums_are_sums(h in 0u64..1000, m in 0u64..1000, ms in 0u64..100_000) {
            let expected = Duration::from_secs(h * 3600 + m * 60) + Duration::from_millis(ms);
            prop_assert_eq!(parse_duration(&format!("{h}h{m}m{ms}ms")), Ok(expected));
        }
    }
}
