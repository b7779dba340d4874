//! The extensions of a certificate.

use super::alternative_names::AlternativeNames;
use super::constraints::Constraints;
use super::der::{self, Reader, SEQUENCE, constructed, context};
use super::oid;

/// A certificate's extensions.
#[derive(Debug, Default)]
pub(super) struct Extensions<'a> {
    /// The first critical extension that is not supported.
    pub unhandled: Option<&'a [u8]>,
    /// Bits, numbered as in RFC 5280 4.2.1.3.
    pub key_usage: u16,
    pub basic_constraints: Option<BasicConstraints>,
    /// The whole extension of the alternative names.
    pub alternative_names: Option<&'a [u8]>,
    pub names: AlternativeNames<'a>,
    pub constraints: Option<Constraints<'a>>,
    /// The purposes; empty if the certificate has no such extension.
    pub purposes: Vec<&'a [u8]>,
    pub subject_key: &'a [u8],
    pub authority_key: &'a [u8],
    pub policies: Vec<&'a [u8]>,
    /// Pairs of an issuer's policy and the subject's.
    pub policy_mappings: Vec<(&'a [u8], &'a [u8])>,
    pub require_explicit_policy: Option<u64>,
    pub inhibit_policy_mapping: Option<u64>,
    pub inhibit_any_policy: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct BasicConstraints {
    pub is_ca: bool,
    pub path_length: Option<u64>,
}

/// Bit 5 of the key usage.
pub(super) const CERTIFICATE_SIGN: u16 = 1 << 5;

/// The most policies and policy mappings. Each policy is compared with all others.
const MOST_POLICIES: usize = 256;

/// Parses the extensions at the end of the signed part.
pub(super) fn extensions<'a>(tbs: &mut Reader<'a>, version: u64) -> Result<Extensions<'a>, &'static str> {
    const MALFORMED: &str = "its extensions are malformed";
    for number in [1, 2] {
        if tbs.is_next(context(number)) {
            tbs.any().ok_or("its unique identifier is malformed")?;
        }
    }
    let mut read = Extensions::default();
    if version < 3 {
        return Ok(read);
    }
    let Some(mut list) = tbs.optional(constructed(3)).ok_or(MALFORMED)? else {
        return Ok(read);
    };
    let mut list = list.inside(SEQUENCE).ok_or(MALFORMED)?;
    let mut seen: Vec<&[u8]> = Vec::new();
    while !list.is_empty() {
        let mut extension = list.inside(SEQUENCE).ok_or(MALFORMED)?;
        let id = extension.oid().ok_or(MALFORMED)?;
        let is_critical = match extension.is_next(der::BOOLEAN) {
            true => extension.boolean().ok_or(MALFORMED)?,
            false => false,
        };
        let value = extension.read(der::OCTET_STRING).ok_or(MALFORMED)?;
        if seen.contains(&id) {
            return Err("it has an extension twice");
        }
        // No authority issues more, and each is compared with all others.
        if seen.len() == 256 {
            return Err("it has over 256 extensions");
        }
        seen.push(id);
        if !parse_extension(&mut read, id, value, is_critical)? && is_critical {
            read.unhandled.get_or_insert(id);
        }
    }
    Ok(read)
}

/// Parses one extension. Returns true if it is supported.
fn parse_extension<'a>(
    read: &mut Extensions<'a>,
    id: &[u8],
    value: &'a [u8],
    is_critical: bool,
) -> Result<bool, &'static str> {
    if id == oid::AUTHORITY_INFO_ACCESS {
        return match is_critical {
            true => Err("its authority information access is marked critical"),
            false => Ok(true),
        };
    }
    let Some([number]) = id.strip_prefix(oid::EXTENSION) else {
        return Ok(false);
    };
    match number {
        14 | 35 if is_critical => return Err("its key identifier is marked critical"),
        14 => {
            read.subject_key = Reader::new(value)
                .read(der::OCTET_STRING)
                .ok_or("its subject key identifier is malformed")?;
        }
        15 => read.key_usage = key_usage(value).ok_or("its key usage is malformed")?,
        17 => {
            read.alternative_names = Some(value);
            read.names = AlternativeNames::parse(value)?;
            return Ok(read.names.count() > 0);
        }
        19 => {
            read.basic_constraints =
                Some(basic_constraints(value).ok_or("its basic constraints are malformed")?);
        }
        30 => {
            let (constraints, is_understood) = Constraints::parse(value)?;
            read.constraints = Some(constraints);
            return Ok(is_understood);
        }
        31 => {
            Reader::new(value)
                .read(SEQUENCE)
                .ok_or("its revocation list's place is malformed")?;
        }
        32 => read.policies = policies(value).ok_or("its policies are malformed")?,
        33 => read.policy_mappings = mappings(value).ok_or("its policy mappings are malformed")?,
        35 => {
            let mut inside = Reader::new(value)
                .inside(SEQUENCE)
                .ok_or("its authority key identifier is malformed")?;
            if inside.is_next(context(0)) {
                read.authority_key = inside
                    .read(context(0))
                    .ok_or("its authority key identifier is malformed")?;
            }
        }
        36 => {
            let constraints = || {
                let mut inside = Reader::new(value).inside(SEQUENCE)?;
                let mut number = |tag| match inside.is_next(context(tag)) {
                    true => inside.read(context(tag)).and_then(der::small).map(Some),
                    false => Some(None),
                };
                Some((number(0)?, number(1)?))
            };
            (read.require_explicit_policy, read.inhibit_policy_mapping) =
                constraints().ok_or("its policy constraints are malformed")?;
        }
        37 => {
            let purposes = || Reader::new(value).inside(SEQUENCE)?.all(Reader::oid);
            read.purposes = purposes().ok_or("its extended key usage is malformed")?;
        }
        54 => {
            let skipped = Reader::new(value).small_integer();
            read.inhibit_any_policy = Some(skipped.ok_or("its inhibit-any-policy is malformed")?);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn key_usage(value: &[u8]) -> Option<u16> {
    let (&unused, bytes) = Reader::new(value).read(der::BIT_STRING)?.split_first()?;
    if unused > 7 || (bytes.is_empty() && unused > 0) {
        return None;
    }
    let bit = |number: usize| {
        bytes
            .get(number / 8)
            .is_some_and(|byte| byte & (0x80 >> (number % 8)) != 0)
    };
    Some(
        (0..9)
            .filter(|&number| bit(number))
            .fold(0, |bits, number| bits | 1 << number),
    )
}

fn basic_constraints(value: &[u8]) -> Option<BasicConstraints> {
    let mut inside = Reader::new(value).inside(SEQUENCE)?;
    let is_ca = match inside.is_next(der::BOOLEAN) {
        true => inside.boolean()?,
        false => false,
    };
    let path_length = match inside.is_next(der::INTEGER) {
        true => Some(inside.small_integer()?),
        false => None,
    };
    Some(BasicConstraints { is_ca, path_length })
}

fn policies(value: &[u8]) -> Option<Vec<&[u8]>> {
    let found = Reader::new(value)
        .inside(SEQUENCE)?
        .all(|list| list.inside(SEQUENCE)?.oid())?;
    let is_unique = |(at, policy)| !found.iter().take(at).any(|other| other == policy);
    (found.len() <= MOST_POLICIES && found.iter().enumerate().all(is_unique)).then_some(found)
}

fn mappings(value: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let found = Reader::new(value).inside(SEQUENCE)?.all(|list| {
        let mut pair = list.inside(SEQUENCE)?;
        Some((
            pair.read(der::OBJECT_IDENTIFIER)?,
            pair.read(der::OBJECT_IDENTIFIER)?,
        ))
    })?;
    (found.len() <= MOST_POLICIES).then_some(found)
}
