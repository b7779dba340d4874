//! The names that a certificate is for: its extension "subject alternative name" (RFC 5280 4.2.1.6).

use super::der::{Reader, SEQUENCE};
use std::net::IpAddr;

/// Alternative names by their kind.
#[derive(Debug, Default)]
pub(super) struct AlternativeNames<'a> {
    pub dns: Vec<&'a str>,
    pub emails: Vec<&'a str>,
    pub uris: Vec<&'a str>,
    /// Each has 4 or 16 bytes.
    pub addresses: Vec<&'a [u8]>,
}

impl<'a> AlternativeNames<'a> {
    pub(super) fn parse(value: &'a [u8]) -> Result<Self, &'static str> {
        const MALFORMED: &str = "its alternative names are malformed";
        let mut names = AlternativeNames::default();
        let mut list = Reader::new(value).inside(SEQUENCE).ok_or(MALFORMED)?;
        while !list.is_empty() {
            let name = list.any().ok_or(MALFORMED)?;
            let text = || name.ascii().ok_or("one of its names is not ASCII");
            match name.tag ^ 0x80 {
                1 => names.emails.push(text()?),
                2 => names.dns.push(text()?),
                6 => {
                    let uri = text()?;
                    if !is_domain(uri_host(uri), false) {
                        return Err("it names a URI of an impossible host");
                    }
                    names.uris.push(uri);
                }
                7 if matches!(name.contents.len(), 4 | 16) => names.addresses.push(name.contents),
                7 => return Err("it names an IP address of impossible length"),
                _ => {}
            }
        }
        Ok(names)
    }

    pub(super) fn count(&self) -> usize {
        self.dns.len() + self.emails.len() + self.uris.len() + self.addresses.len()
    }
}

/// Returns host and port of a URI; empty if it has none.
pub(super) fn uri_host(uri: &str) -> &str {
    let Some((_, rest)) = uri.split_once("://") else {
        return "";
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// Converts the 4 or 16 bytes of an address in a certificate.
pub(super) fn ip_address(bytes: &[u8]) -> Option<IpAddr> {
    let address = match bytes.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        16 => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
        _ => return None,
    };
    Some(address.to_canonical())
}

/// Returns true if a text can be a domain, as leniently as in Go.
pub(super) fn is_domain(text: &str, is_constraint: bool) -> bool {
    if text.is_empty() {
        return true;
    }
    let labels = match text.strip_prefix('.') {
        Some(rest) if is_constraint => rest,
        _ => text,
    };
    !text.ends_with('.')
        && labels.split('.').all(|label| !label.is_empty())
        && text.bytes().all(|byte| (33..=126).contains(&byte))
}
