//! Ages as kubectl prints them (apimachinery `pkg/util/duration`).

use jiff::Timestamp;

/// Returns the time since a timestamp (RFC 3339), or `<unknown>`.
pub fn since(created: Option<&str>) -> String {
    match created.and_then(|created| created.parse::<Timestamp>().ok()) {
        Some(created) => human(Timestamp::now().as_second() - created.as_second()),
        None => "<unknown>".into(),
    }
}

/// Formats a duration in seconds with two or three significant figures.
pub fn human(seconds: i64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let (days, years) = (hours / 24, hours / 24 / 365);
    // `rest` is left out where it is 0.
    let pair = |count: i64, unit: char, rest: i64, rest_unit: char| match rest {
        0 => format!("{count}{unit}"),
        _ => format!("{count}{unit}{rest}{rest_unit}"),
    };
    match () {
        // Clocks that differ by less than two seconds count as equal.
        () if seconds < -1 => "<invalid>".into(),
        () if seconds < 0 => "0s".into(),
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => pair(minutes, 'm', seconds % 60, 's'),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => pair(hours, 'h', minutes % 60, 'm'),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 24 * 8 => pair(days, 'd', hours % 24, 'h'),
        () if hours < 24 * 365 * 2 => format!("{days}d"),
        () if hours < 24 * 365 * 8 => pair(years, 'y', days % 365, 'd'),
        () => format!("{years}y"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The edges of apimachinery's own test, `duration_test.go`.
    #[test]
    fn ages_equal_apimachinerys() {
        const M: i64 = 60;
        const H: i64 = 60 * M;
        const D: i64 = 24 * H;
        const Y: i64 = 365 * D;
        for (seconds, text) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (70, "70s"),
            (2 * M - 1, "119s"),
            (2 * M, "2m"),
            (9 * M + 59, "9m59s"),
            (10 * M, "10m"),
            (3 * H - 1, "179m"),
            (3 * H, "3h"),
            (7 * H + 59 * M, "7h59m"),
            (8 * H - 1, "7h59m"),
            (8 * H, "8h"),
            (2 * D - 1, "47h"),
            (2 * D, "2d"),
            (2 * D + H, "2d1h"),
            (8 * D - H, "7d23h"),
            (8 * D, "8d"),
            (2 * Y - H, "729d"),
            (2 * Y, "2y"),
            (2 * Y + D, "2y1d"),
            (8 * Y - D, "7y364d"),
            (8 * Y, "8y"),
        ] {
            assert_eq!(human(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn missing_timestamp_is_unknown() {
        assert_eq!(since(None), "<unknown>");
        assert_eq!(since(Some("yesterday")), "<unknown>");
        assert_eq!(since(Some("2014-06-06T00:00:00Z")).chars().last(), Some('y'));
    }
}
