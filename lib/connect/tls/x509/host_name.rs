//! Matches the names of a certificate with a host (Go's `VerifyHostname`).

use super::alternative_names::{AlternativeNames, ip_address};
use std::net::IpAddr;

/// Parses an address like Go's `net.ParseIP`, with or without brackets. A zone is ignored: it has a meaning on this machine
/// only (RFC 9844).
pub(crate) fn address(host: &str) -> Option<IpAddr> {
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let host = host.split_once('%').map_or(host, |(address, _)| address);
    host.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Returns true if a certificate's names include a host. A common name does not count.
pub(super) fn matches(names: &AlternativeNames<'_>, host: &str) -> bool {
    if let Some(address) = address(host) {
        return names
            .addresses
            .iter()
            .any(|bytes| ip_address(bytes) == Some(address));
    }
    let host = host.to_ascii_lowercase();
    let is_valid = is_host_name(host.strip_suffix('.').unwrap_or(&host), false);
    names.dns.iter().any(|pattern| {
        let pattern = pattern.to_ascii_lowercase();
        if is_valid && is_host_name(&pattern, true) {
            matches_pattern(&pattern, host.strip_suffix('.').unwrap_or(&host))
        } else {
            // Equal names always match.
            !matches!(host.as_str(), "" | ".") && pattern == host
        }
    })
}

fn matches_pattern(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(rest) => host.split_once('.').is_some_and(|(_, parent)| parent == rest),
        None => pattern == host,
    }
}

fn is_host_name(name: &str, may_be_pattern: bool) -> bool {
    name != "*"
        && name.split('.').enumerate().all(|(index, label)| {
            let is_wildcard = may_be_pattern && index == 0 && label == "*";
            let is_label = !label.is_empty()
                && !label.starts_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
            is_wildcard || is_label
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dns(names: &[&'static str], host: &str) -> bool {
        let names = AlternativeNames {
            dns: names.to_vec(),
            ..AlternativeNames::default()
        };
        matches(&names, host)
    }

    // From Go's TestVerifyHostname and TestMatchHostnames, and tried with kubectl.
    #[test]
    fn host_names_match_as_in_go() {
        for (pattern, host, expected) in [
            ("a.b.c", "a.b.c", true),
            ("a.b.c", "b.b.c", false),
            ("*.b.c", "a.b.c", true),
            ("*.example.com", "a.b.example.com", false),
            ("*.example.com", "example.com", false),
            ("a*.example.com", "ab.example.com", false),
            ("*", "localhost", false),
            ("*.com", "example.com", true),
            ("API.Example.COM", "api.example.com", true),
            ("api.example.com", "API.Example.COM", true),
            ("a_b.example.com", "a_b.example.com", true),
            ("-a.example.com", "-a.example.com", true),
            ("api.example.com.", "api.example.com", false),
            ("api.example.com", "api.example.com.", true),
            ("123.456", "123.456", true),
            ("ok.example.com", " ok.example.com", false),
            ("", "", false),
            ("127.0.0.1", "127.0.0.1", false),
        ] {
            assert_eq!(dns(&[pattern], host), expected, "{pattern:?} {host:?}");
        }
    }

    #[test]
    fn addresses_match_by_value() {
        let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1];
        let link_local = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        let names = AlternativeNames {
            addresses: vec![&[10, 0, 0, 1], &mapped, &link_local],
            ..AlternativeNames::default()
        };
        for (host, expected) in [
            ("10.0.0.1", true),
            ("[::ffff:10.0.0.1]", true),
            ("::ffff:10.0.0.1", true),
            ("127.0.0.1", true),
            ("[fe80::1]", true),
            ("fe80::1%eth0", true),
            ("fe80::2", false),
        ] {
            assert_eq!(matches(&names, host), expected, "{host}");
        }
    }
}
