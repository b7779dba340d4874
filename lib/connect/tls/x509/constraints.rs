//! Name constraints: the names that certificates below a CA may have (RFC 5280 4.2.1.10, Go's `constraints.go`).

use super::alternative_names::{AlternativeNames, ip_address, is_domain, uri_host};
use super::der::{Reader, SEQUENCE, constructed, context};
use std::net::IpAddr;

/// The constraints of one CA.
#[derive(Debug, Default)]
pub(super) struct Constraints<'a> {
    permitted: Subtrees<'a>,
    excluded: Subtrees<'a>,
}

#[derive(Debug, Default)]
struct Subtrees<'a> {
    dns: Vec<&'a str>,
    emails: Vec<&'a str>,
    uris: Vec<&'a str>,
    /// Address and mask, each of 4 or 16 bytes.
    ranges: Vec<(&'a [u8], &'a [u8])>,
}

/// The most comparisons of names with constraints. A chain that needs more was made to waste time.
const MOST_COMPARISONS: usize = 1_000_000;

impl<'a> Constraints<'a> {
    /// Parses the extension, and returns true if all of it is supported.
    pub(super) fn parse(value: &'a [u8]) -> Result<(Self, bool), &'static str> {
        const MALFORMED: &str = "its name constraints are malformed";
        let mut outside = Reader::new(value);
        let mut inside = outside.inside(SEQUENCE).ok_or(MALFORMED)?;
        let permitted = inside.optional(constructed(0)).ok_or(MALFORMED)?;
        let excluded = inside.optional(constructed(1)).ok_or(MALFORMED)?;
        if !inside.is_empty() || !outside.is_empty() {
            return Err(MALFORMED);
        }
        let is_empty = |list: &Option<Reader<'_>>| list.as_ref().is_none_or(Reader::is_empty);
        if is_empty(&permitted) && is_empty(&excluded) {
            return Err("its name constraints are empty");
        }
        let mut is_understood = true;
        let mut read = |list: Option<Reader<'a>>| match list {
            Some(list) => Subtrees::parse(list, &mut is_understood),
            None => Ok(Subtrees::default()),
        };
        let constraints = Self {
            permitted: read(permitted)?,
            excluded: read(excluded)?,
        };
        Ok((constraints, is_understood))
    }
}

impl<'a> Subtrees<'a> {
    fn parse(mut list: Reader<'a>, is_understood: &mut bool) -> Result<Self, &'static str> {
        const MALFORMED: &str = "one of its name constraints is malformed";
        let mut subtrees = Self::default();
        while !list.is_empty() {
            let mut subtree = list.inside(SEQUENCE).ok_or(MALFORMED)?;
            let base = subtree.any().ok_or(MALFORMED)?;
            let text = || base.ascii().ok_or(MALFORMED);
            const EMAIL: u8 = context(1);
            const DNS: u8 = context(2);
            const URI: u8 = context(6);
            const ADDRESS: u8 = context(7);
            match base.tag {
                EMAIL => {
                    let constraint = text()?;
                    let is_valid = match constraint.contains('@') {
                        true => mailbox(constraint).is_some(),
                        false => is_domain(constraint, true),
                    };
                    is_valid.then_some(()).ok_or(MALFORMED)?;
                    subtrees.emails.push(constraint);
                }
                DNS => {
                    let constraint = text()?;
                    is_domain(constraint, true).then_some(()).ok_or(MALFORMED)?;
                    subtrees.dns.push(constraint);
                }
                URI => {
                    let constraint = text()?;
                    let is_valid = constraint.parse::<IpAddr>().is_err() && is_domain(constraint, true);
                    is_valid.then_some(()).ok_or(MALFORMED)?;
                    subtrees.uris.push(constraint);
                }
                ADDRESS if matches!(base.contents.len(), 8 | 32) => {
                    let (address, mask) = base.contents.split_at(base.contents.len() / 2);
                    is_mask(mask).then_some(()).ok_or(MALFORMED)?;
                    subtrees.ranges.push((address, mask));
                }
                ADDRESS => return Err(MALFORMED),
                _ => *is_understood = false,
            }
        }
        Ok(subtrees)
    }
}

/// Returns true if a mask consists of ones followed by zeros.
fn is_mask(mask: &[u8]) -> bool {
    let ones: u32 = mask.iter().map(|byte| byte.leading_ones()).sum();
    let all: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    let first_other = mask.iter().position(|byte| *byte != 0xff).unwrap_or(mask.len());
    ones == all && mask.iter().skip(first_other + 1).all(|byte| *byte == 0)
}

/// Returns true if a domain is, or is below, the one that a constraint names. `.example.com` includes only what is below.
fn is_within(constraint: &str, domain: &str) -> bool {
    let Some(start) = domain.len().checked_sub(constraint.len()) else {
        return false;
    };
    let ends_alike = domain
        .as_bytes()
        .get(start..)
        .is_some_and(|end| end.eq_ignore_ascii_case(constraint.as_bytes()));
    ends_alike
        && (start == 0
            || constraint.is_empty()
            || constraint.starts_with('.')
            || domain.as_bytes().get(start - 1) == Some(&b'.'))
}

/// Returns the rest of a domain after its first label, with the dot.
fn after_first_label(domain: &str) -> Option<&str> {
    domain.find('.').and_then(|dot| domain.get(dot..))
}

fn has_domain(constraints: &[&str], domain: &str, are_excluded: bool) -> bool {
    constraints.iter().any(|constraint| {
        // `*.example.com` would include an excluded `a.example.com`.
        let covers = || {
            are_excluded
                && domain.starts_with('*')
                && after_first_label(constraint)
                    .zip(after_first_label(domain))
                    .is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
        };
        is_within(constraint, domain) || covers()
    })
}

fn has_email(constraints: &[&str], (local, domain): (&str, &str), are_excluded: bool) -> bool {
    constraints
        .iter()
        .any(|constraint| match constraint.contains('@') {
            true => {
                mailbox(constraint).is_some_and(|(name, of)| name == local && of.eq_ignore_ascii_case(domain))
            }
            false => has_domain(&[constraint], domain, are_excluded),
        })
}

fn has_address(ranges: &[(&[u8], &[u8])], address: &[u8]) -> bool {
    ranges.iter().any(|(network, mask)| {
        network.len() == address.len()
            && network
                .iter()
                .zip(*mask)
                .zip(address)
                .all(|((network, mask), address)| network & mask == address & mask)
    })
}

/// Checks the names of each certificate of a chain, leaf first, against the constraints of those above it. The error says
/// which name breaks a constraint.
pub(super) fn check(chain: &[(&AlternativeNames<'_>, Option<&Constraints<'_>>)]) -> Result<(), String> {
    let mut left = MOST_COMPARISONS;
    for (index, (names, _)) in chain.iter().enumerate() {
        let above: Vec<&Constraints<'_>> = chain
            .iter()
            .skip(index + 1)
            .filter_map(|(_, above)| *above)
            .collect();
        let constraints: usize = above.iter().map(|constraints| constraints.count()).sum();
        left = left
            .checked_sub(names.count().saturating_mul(constraints))
            .ok_or("it has too many names for so many constraints")?;
        if above.is_empty() {
            continue;
        }
        let hosts = names
            .uris
            .iter()
            .map(|uri| {
                constrained_host(uri)
                    .ok_or_else(|| format!("URI {uri} has no host that could be constrained"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mailboxes = names
            .emails
            .iter()
            .map(|email| mailbox(email).ok_or_else(|| format!("email address {email} is malformed")))
            .collect::<Result<Vec<_>, _>>()?;
        for constraints in above {
            constraints.check(&names.dns, &names.addresses, &hosts, &mailboxes)?;
        }
    }
    Ok(())
}

impl Constraints<'_> {
    fn count(&self) -> usize {
        let count =
            |list: &Subtrees<'_>| list.dns.len() + list.emails.len() + list.uris.len() + list.ranges.len();
        count(&self.permitted) + count(&self.excluded)
    }

    fn check(
        &self,
        dns: &[&str],
        addresses: &[&[u8]],
        hosts: &[&str],
        mailboxes: &[(String, &str)],
    ) -> Result<(), String> {
        let (permitted, excluded) = (&self.permitted, &self.excluded);
        for address in addresses {
            judge(
                permitted.ranges.is_empty() || has_address(&permitted.ranges, address),
                has_address(&excluded.ranges, address),
                || {
                    format!(
                        "IP address {}",
                        ip_address(address).map_or_else(String::new, |address| address.to_string())
                    )
                },
            )?;
        }
        for name in dns {
            if !is_domain(name, false) {
                return Err(format!("DNS name {name} is malformed"));
            }
            judge(
                permitted.dns.is_empty() || has_domain(&permitted.dns, name, false),
                has_domain(&excluded.dns, name, true),
                || format!("DNS name {name}"),
            )?;
        }
        for host in hosts {
            judge(
                permitted.uris.is_empty() || has_domain(&permitted.uris, host, false),
                has_domain(&excluded.uris, host, true),
                || format!("URI host {host}"),
            )?;
        }
        for (local, domain) in mailboxes {
            let mailbox = (local.as_str(), *domain);
            judge(
                permitted.emails.is_empty() || has_email(&permitted.emails, mailbox, false),
                has_email(&excluded.emails, mailbox, true),
                || format!("email address {local}@{domain}"),
            )?;
        }
        Ok(())
    }
}

fn judge(is_permitted: bool, is_excluded: bool, name: impl Fn() -> String) -> Result<(), String> {
    match (is_permitted, is_excluded) {
        (false, _) => Err(format!("{} is not among those that are permitted", name())),
        (true, true) => Err(format!("{} is excluded", name())),
        (true, false) => Ok(()),
    }
}

/// Returns the host of a URI without its port; `None` if it has none, or an address.
fn constrained_host(uri: &str) -> Option<&str> {
    let host = uri_host(uri);
    if host.is_empty() || host.starts_with('[') {
        return None;
    }
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let is_name = !host.is_empty() && !host.contains(':') && host.parse::<IpAddr>().is_err();
    is_name.then_some(host)
}

/// Splits an email address into its local part, without quotes, and its domain.
fn mailbox(text: &str) -> Option<(String, &str)> {
    let mut local = String::new();
    let domain = match text.strip_prefix('"') {
        Some(quoted) => {
            let mut characters = quoted.chars();
            loop {
                match characters.next()? {
                    '"' => break,
                    '\\' => local.push(
                        characters
                            .next()
                            .filter(|next| !matches!(next, '\0' | '\n' | '\r'))?,
                    ),
                    '\0' | '\t' | '\n' | '\r' => return None,
                    other => local.push(other),
                }
            }
            characters.as_str().strip_prefix('@')?
        }
        None => {
            let mut rest = text;
            loop {
                let next = rest.chars().next()?;
                match next {
                    '@' => break,
                    '\\' => {
                        rest = rest.get(1..)?;
                        local.push(rest.chars().next()?);
                    }
                    _ if next.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(next) => {
                        local.push(next)
                    }
                    _ => return None,
                }
                rest = rest.get(1..)?;
            }
            let is_valid = !local.is_empty()
                && !local.starts_with('.')
                && !local.ends_with('.')
                && !local.contains("..");
            is_valid.then_some(())?;
            rest.strip_prefix('@')?
        }
    };
    let is_valid = domain.is_empty()
        || domain
            .split('.')
            .all(|label| !label.is_empty() && label.bytes().all(|byte| (33..=126).contains(&byte)));
    is_valid.then_some((local, domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    // From Go's nameConstraintsTests.
    #[test]
    fn domain_constraints_match_as_in_go() {
        for (constraint, domain, expected) in [
            ("example.com", "example.com", true),
            ("example.com", "a.example.com", true),
            ("example.com", "aexample.com", false),
            ("example.com", "com", false),
            (".example.com", "a.example.com", true),
            (".example.com", "example.com", false),
            ("EXAMPLE.com", "a.example.COM", true),
            ("", "anything", true),
        ] {
            assert_eq!(is_within(constraint, domain), expected, "{constraint} {domain}");
        }
        assert!(has_domain(&["a.example.com"], "*.example.com", true));
        assert!(!has_domain(&["a.example.com"], "*.example.com", false));
        assert!(!has_domain(&["a.example.com"], "b.example.com", true));
    }

    #[test]
    fn masks_and_mailboxes_are_parsed_as_in_go() {
        assert!(is_mask(&[255, 255, 0, 0]) && is_mask(&[255, 0xf0, 0, 0]) && is_mask(&[0; 4]));
        assert!(!is_mask(&[255, 0, 255, 0]) && !is_mask(&[255, 0x0f, 0, 0]) && !is_mask(&[0xf0, 0x80, 0, 0]));
        assert_eq!(mailbox("a.b@example.com"), Some(("a.b".into(), "example.com")));
        assert_eq!(
            mailbox("\"a b\"@example.com"),
            Some(("a b".into(), "example.com"))
        );
        for wrong in ["", "@x", "a..b@x", ".a@x", "a@x.", "a", "a b@x", "\"a"] {
            assert_eq!(mailbox(wrong), None, "{wrong}");
        }
    }
}
