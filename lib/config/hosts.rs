//! Which hosts a credential may be sent to: `access.allowedHosts`.

use std::fmt;
use std::net::IpAddr;

/// A host, several hosts (`*.example.com`), an address or a network of addresses (`10.0.0.0/8`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostPattern {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Kind {
    Name(Vec<String>),
    Network(IpAddr, u8),
}

impl HostPattern {
    /// Reads a pattern. A first label `*` stands for one label or more, another one for exactly one, and a
    /// label that begins with `*` for any beginning of it.
    ///
    /// # Errors
    /// A text that is not a pattern, or a pattern that every host matches.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| {
            format!(
                "{text:?} is no host pattern, {why}: api.example.com, *.example.com, 10.1.2.3 or 10.0.0.0/8"
            )
        };
        let lower = text.trim_matches(['[', ']']).to_ascii_lowercase();
        let (address, bits) = match lower.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (lower.as_str(), None),
        };
        if let Ok(address) = address.parse::<IpAddr>() {
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = match bits {
                None => most,
                Some(bits) => bits
                    .parse()
                    .ok()
                    .filter(|bits| (1..=most).contains(bits))
                    .ok_or_else(|| wrong("its network has no such size"))?,
            };
            return Ok(Self {
                text: text.to_owned(),
                kind: Kind::Network(address, bits),
            });
        }
        if bits.is_some() || lower.contains([':', '@']) {
            return Err(wrong("only a host without scheme, port and path is one"));
        }
        let labels: Vec<String> = lower.split('.').map(str::to_owned).collect();
        let is_label = |label: &String| {
            let rest = label.strip_prefix('*').unwrap_or(label);
            !label.is_empty()
                && rest
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        if !labels.iter().all(is_label) {
            return Err(wrong("its labels are letters, digits and dashes"));
        }
        // A top-level domain, or everything: that is no rule any more.
        let fixed = labels
            .iter()
            .rev()
            .take_while(|label| !label.starts_with('*'))
            .count();
        if fixed < 2 && fixed < labels.len() {
            return Err(wrong("it must end in a domain"));
        }
        Ok(Self {
            text: text.to_owned(),
            kind: Kind::Name(labels),
        })
    }

    /// Returns whether a host, without its port, matches.
    pub fn matches(&self, host: &str) -> bool {
        let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host);
        match (&self.kind, host.parse::<IpAddr>()) {
            (Kind::Network(network, bits), Ok(address)) => is_within(address, *network, *bits),
            (Kind::Name(pattern), Err(_)) => {
                let labels: Vec<&str> = host.split('.').collect();
                let (first, rest) = match pattern.split_first() {
                    Some((first, rest)) if first == "*" => (true, rest),
                    _ => (false, pattern.as_slice()),
                };
                let Some(more) = labels.len().checked_sub(rest.len()) else {
                    return false;
                };
                let enough = if first { more >= 1 } else { more == 0 };
                let mut pairs = rest.iter().zip(&labels[more..]);
                enough && labels.iter().all(|label| !label.is_empty()) && pairs.all(|(a, b)| is_like(a, b))
            }
            _ => false,
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_like(pattern: &str, label: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(end) => label.len() > end.len() && label.ends_with(end),
        None => label == pattern,
    }
}

fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let shift = 32 - u32::from(bits);
            u32::from(address) >> shift == u32::from(network) >> shift
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let shift = 128 - u32::from(bits);
            u128::from(address) >> shift == u128::from(network) >> shift
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::HostPattern;

    #[test]
    fn host_patterns_match_whole_hosts() {
        for (pattern, host, fits) in [
            ("api.example.com", "API.example.com.", true),
            ("api.example.com", "api.example.com.evil.org", false),
            ("*.eks.amazonaws.com", "A1.gr7.eu-west-1.eks.amazonaws.com", true),
            ("*.eks.amazonaws.com", "eks.amazonaws.com", false),
            ("*.eks.amazonaws.com", "evileks.amazonaws.com", false),
            ("*.eks.amazonaws.com", "x.eks.amazonaws.com.evil.org", false),
            ("*.eks.amazonaws.com", ".eks.amazonaws.com", false),
            ("*.eks-cluster.*.api.aws", "a.eks-cluster.eu-west-1.api.aws", true),
            ("*.eks-cluster.*.api.aws", "a.eks-cluster.evil.eu.api.aws", false),
            (
                "*-connectgateway.googleapis.com",
                "us-connectgateway.googleapis.com",
                true,
            ),
            (
                "*-connectgateway.googleapis.com",
                "evil.x-connectgateway.googleapis.com",
                false,
            ),
            ("10.0.0.0/8", "10.250.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "10.evil.org", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe80::1", false),
        ] {
            let parsed = HostPattern::parse(pattern).unwrap();
            assert_eq!(parsed.matches(host), fits, "{pattern} {host}");
        }
        for wrong in [
            "",
            "*",
            "*.com",
            "a.*",
            "https://x",
            "x:443",
            "a..b",
            "10.0.0.0/0",
            "10.0.0.0/33",
            "a b",
        ] {
            assert!(HostPattern::parse(wrong).is_err(), "{wrong}");
        }
        assert!(HostPattern::parse("localhost").unwrap().matches("localhost"));
    }
}
