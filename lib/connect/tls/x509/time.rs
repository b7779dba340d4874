//! The two forms of a date in a certificate, parsed like Go's cryptobyte.

use jiff::civil::DateTime;

/// Parses a UTCTime, `YYMMDDhhmm[ss]` and a zone, to seconds since 1970.
pub(super) fn utc(text: &[u8]) -> Option<i64> {
    let (year, rest) = digits(text, 2)?;
    // RFC 5280 4.1.2.5.1
    let year = if year >= 50 { 1900 + year } else { 2000 + year };
    let has_seconds = rest
        .get(8..10)
        .is_some_and(|two| two.iter().all(u8::is_ascii_digit));
    moment(year, rest, has_seconds)
}

/// Parses a GeneralizedTime, `YYYYMMDDhhmmss` and a zone, to seconds since 1970.
pub(super) fn generalized(text: &[u8]) -> Option<i64> {
    let (year, rest) = digits(text, 4)?;
    moment(year, rest, true)
}

/// Parses what follows a year: `MMDDhhmm[ss]` and a zone, `Z` or `+hhmm`.
fn moment(year: i64, text: &[u8], has_seconds: bool) -> Option<i64> {
    let (month, text) = digits(text, 2)?;
    let (day, text) = digits(text, 2)?;
    let (hour, text) = digits(text, 2)?;
    let (minute, text) = digits(text, 2)?;
    let (second, zone) = if has_seconds { digits(text, 2)? } else { (0, text) };
    let offset = match zone {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), rest @ ..] if rest.len() == 4 => {
            let (hours, rest) = digits(rest, 2)?;
            let (minutes, _) = digits(rest, 2)?;
            let offset = (hours * 60 + minutes) * 60;
            // An offset of zero must be written Z.
            (offset != 0 && hours <= 24 && minutes < 60).then_some(())?;
            if *sign == b'-' { -offset } else { offset }
        }
        _ => return None,
    };
    // Not a jiff timestamp: those end a day before the year 9999 does, which is the date of many certificates that never
    // expire.
    let narrow = |number: i64| i8::try_from(number).ok();
    let time = DateTime::new(
        year.try_into().ok()?,
        narrow(month)?,
        narrow(day)?,
        narrow(hour)?,
        narrow(minute)?,
        narrow(second)?,
        0,
    );
    const EPOCH: DateTime = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
    Some(time.ok()?.duration_since(EPOCH).as_secs() - offset)
}

fn digits(text: &[u8], count: usize) -> Option<(i64, &[u8])> {
    let (number, rest) = text.split_at_checked(count)?;
    let is_number = number.iter().all(u8::is_ascii_digit);
    is_number.then(|| {
        let value = number
            .iter()
            .fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        (value, rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_parsed_as_by_go() {
        assert_eq!(utc(b"700101000000Z"), Some(0));
        assert_eq!(utc(b"7001010000Z"), Some(0));
        assert_eq!(utc(b"700101010000+0100"), Some(0));
        assert_eq!(utc(b"691231233000-0030"), Some(0));
        assert_eq!(utc(b"491231235959Z"), Some(2_524_607_999));
        assert_eq!(utc(b"500101000000Z"), Some(-631_152_000));
        assert_eq!(generalized(b"20240229120000Z"), Some(1_709_208_000));
        assert_eq!(generalized(b"99991231235959Z"), Some(253_402_300_799));
        for wrong in [
            &b"20230229120000Z"[..],
            b"20240229120000",
            b"20240229250000Z",
            b"202402291200Z",
            b"20240229120000.5Z",
            b"20240229120000+0000",
        ] {
            assert_eq!(generalized(wrong), None, "{}", String::from_utf8_lossy(wrong));
        }
    }
}
