//! The faults of a member, by name.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How one member (or the hub) misbehaves. Everything that is not said to fail works as usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It answers as it should.
    None,
    /// Every answer comes this much later, on top of the fleet's latency.
    Slow(Duration),
    /// The port takes no connection and refuses none: SYNs go unanswered.
    HangConnect,
    /// The kernel connects, the server never accepts.
    HangAccept,
    /// The port is closed.
    Refuse,
    /// Every connection is accepted and reset at once.
    Reset,
    /// Only the first connection is reset.
    ResetOnce,
    /// The connection is accepted, the TLS handshake never answered.
    HangTls,
    /// The TLS handshake is made, and nothing read from then on.
    HangAfterTls,
    /// The request is read and never answered.
    HangHeaders,
    /// The request is read; the status and half a header come, then silence.
    HalfHeaders,
    /// Half of the body, then silence.
    HangBody,
    /// Half of the body, then a TCP reset.
    ResetBody,
    /// Half of what the content-length promises, then the end of the connection.
    Truncated,
    /// A body that never ends: rows without end.
    Endless,
    /// A byte of the body every 100 ms.
    Drip,
    /// 401 to everything.
    Unauthorized,
    /// 403 to every resource; discovery works, as it does for every authenticated user.
    Forbidden,
    /// 404 to everything.
    NotFound,
    /// No Tables: 406 when nothing else is accepted, plain JSON when that is accepted too.
    NotAcceptable,
    /// Every continue token has expired: 410.
    ExpireContinue,
    /// 410 to every resource, however often it is asked.
    Gone,
    /// 429 with `Retry-After: 1` this many times, then fine.
    Throttle(u32),
    /// 500 to everything.
    Error,
    /// 503 to everything.
    Unavailable,
    /// 302 to the hub, whose counters show clients that follow.
    Redirect,
    /// The body is cut in half and closed with the wrong brackets.
    InvalidJson,
    /// Valid JSON, nested 100,000 deep.
    DeepJson,
    /// A Table whose rows have too few, too many and odd cells.
    WrongCells,
    /// Keys that occur twice; the last one is the right one.
    DuplicateKeys,
    /// A certificate of a CA that the kubeconfig does not name.
    UnknownCa,
    /// A certificate that has expired.
    ExpiredCertificate,
    /// A certificate that is not valid yet: what a clock that is slow makes of a new one.
    FutureCertificate,
    /// A certificate for another host.
    WrongHost,
    /// Its clock is fifty years ahead: its Date headers and when its objects were made. This must work.
    FastClock,
    /// Its clock is fifty years late. This must work.
    SlowClock,
    /// The kubeconfig's CA is the server's own, self-signed CA:TRUE certificate. This must work.
    LeafCa,
    /// 4 GiB of blanks, gzipped to a few megabytes.
    GzipBomb,
    /// Plain http, and so says the kubeconfig. This must work.
    Http,
    /// Plain http where the kubeconfig says https.
    NotTls,
    /// Its clock is ten minutes late.
    Late,
    /// No aggregated discovery: the old documents are given whatever is accepted.
    LegacyDiscovery,
}

/// Every fault by its name, with the parameter that it has when none is given.
pub const FAULTS: &[(&str, Fault)] = &[
    ("none", Fault::None),
    ("slow", Fault::Slow(Duration::from_secs(1))),
    ("hang-connect", Fault::HangConnect),
    ("hang-accept", Fault::HangAccept),
    ("refuse", Fault::Refuse),
    ("reset", Fault::Reset),
    ("reset-once", Fault::ResetOnce),
    ("hang-tls", Fault::HangTls),
    ("hang-after-tls", Fault::HangAfterTls),
    ("hang-headers", Fault::HangHeaders),
    ("half-headers", Fault::HalfHeaders),
    ("hang-body", Fault::HangBody),
    ("reset-body", Fault::ResetBody),
    ("truncated", Fault::Truncated),
    ("endless", Fault::Endless),
    ("drip", Fault::Drip),
    ("unauthorized", Fault::Unauthorized),
    ("forbidden", Fault::Forbidden),
    ("not-found", Fault::NotFound),
    ("not-acceptable", Fault::NotAcceptable),
    ("expire-continue", Fault::ExpireContinue),
    ("gone", Fault::Gone),
    ("throttle", Fault::Throttle(1)),
    ("error", Fault::Error),
    ("unavailable", Fault::Unavailable),
    ("redirect", Fault::Redirect),
    ("invalid-json", Fault::InvalidJson),
    ("deep-json", Fault::DeepJson),
    ("wrong-cells", Fault::WrongCells),
    ("duplicate-keys", Fault::DuplicateKeys),
    ("unknown-ca", Fault::UnknownCa),
    ("expired-certificate", Fault::ExpiredCertificate),
    ("future-certificate", Fault::FutureCertificate),
    ("wrong-host", Fault::WrongHost),
    ("fast-clock", Fault::FastClock),
    ("slow-clock", Fault::SlowClock),
    ("leaf-ca", Fault::LeafCa),
    ("gzip-bomb", Fault::GzipBomb),
    ("http", Fault::Http),
    ("not-tls", Fault::NotTls),
    ("late", Fault::Late),
    ("legacy-discovery", Fault::LegacyDiscovery),
];

impl FromStr for Fault {
    type Err = String;

    /// A name from [`FAULTS`], with `:parameter` where the fault takes one; `hang` is `hang-accept`.
    fn from_str(text: &str) -> Result<Fault, String> {
        let (name, parameter) = match text.split_once(':') {
            Some((name, parameter)) => (name, Some(parameter)),
            None => (text, None),
        };
        let name = if name == "hang" { "hang-accept" } else { name };
        let Some((_, fault)) = FAULTS.iter().find(|(known, _)| *known == name) else {
            let known: Vec<_> = FAULTS.iter().map(|(name, _)| *name).collect();
            return Err(format!(
                "no fault is called \"{name}\"; there are {}",
                known.join(", ")
            ));
        };
        match (fault, parameter) {
            (fault, None) => Ok(*fault),
            (Fault::Slow(_), Some(parameter)) => Ok(Fault::Slow(parse_duration(parameter)?)),
            (Fault::Throttle(_), Some(parameter)) => parameter
                .parse()
                .map(Fault::Throttle)
                .map_err(|e| format!("throttle:{parameter}: {e}")),
            (_, Some(_)) => Err(format!("the fault \"{name}\" takes no parameter")),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let same = |other: &Fault| std::mem::discriminant(other) == std::mem::discriminant(self);
        let name = FAULTS
            .iter()
            .find(|(_, fault)| same(fault))
            .map_or("?", |(name, _)| name);
        match self {
            Fault::Slow(by) => write!(f, "{name}:{}ms", by.as_millis()),
            Fault::Throttle(times) => write!(f, "{name}:{times}"),
            _ => f.write_str(name),
        }
    }
}

/// Reads `250ms`, `2s` or `1m`; a bare `0` too.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number
        .parse()
        .map_err(|_| format!("\"{text}\" is not a duration such as 100ms or 2s"))?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number * 60)),
        "" if number == 0 => Ok(Duration::ZERO),
        _ => Err(format!("\"{text}\" is not a duration such as 100ms or 2s")),
    }
}
