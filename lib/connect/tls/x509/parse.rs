//! A certificate taken apart, by the rules of Go's `parseCertificate`.

use super::constraints::{Constraints, is_domain};
use super::der::{Element, Reader, SEQUENCE, SET, constructed, context};
use super::signature::{self, Algorithm};
use super::{der, oid, time};
use std::borrow::Cow;

/// A certificate's fields, as far as a decision depends on them.
#[derive(Debug)]
pub(super) struct Certificate<'a> {
    /// The part that is signed (TBSCertificate).
    pub tbs: &'a [u8],
    /// 1, 2 or 3.
    pub version: u64,
    pub algorithm: Algorithm,
    pub signature: &'a [u8],
    /// The whole element.
    pub issuer: &'a [u8],
    /// The whole element.
    pub subject: &'a [u8],
    /// Seconds since 1970.
    pub not_before: i64,
    pub not_after: i64,
    /// The whole element that holds the key.
    pub key_info: &'a [u8],
    pub key: PublicKey<'a>,
    pub extensions: Extensions<'a>,
}

/// A certificate's extensions.
#[derive(Debug, Default)]
pub(super) struct Extensions<'a> {
    /// The first critical one that nobody here understands.
    pub unhandled: Option<&'a [u8]>,
    /// Bits as they are numbered in RFC 5280 4.2.1.3.
    pub key_usage: u16,
    pub basic_constraints: Option<BasicConstraints>,
    /// The whole extension of the alternative names.
    pub alternative_names: Option<&'a [u8]>,
    pub names: Names<'a>,
    pub constraints: Option<Constraints<'a>>,
    /// The purposes, of which none is none given.
    pub purposes: Vec<&'a [u8]>,
    pub subject_key: &'a [u8],
    pub authority_key: &'a [u8],
    pub policies: Vec<&'a [u8]>,
    /// Pairs of the issuer's policy and the subject's.
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

/// Alternative names by their kind.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    pub dns: Vec<&'a str>,
    pub emails: Vec<&'a str>,
    pub uris: Vec<&'a str>,
    /// 4 or 16 bytes each.
    pub addresses: Vec<&'a [u8]>,
}

/// Bit 5 of the key usage.
pub(super) const CERTIFICATE_SIGN: u16 = 1 << 5;

/// A curve of a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Curve {
    P224,
    P256,
    P384,
    P521,
}

impl Curve {
    /// The curve that an object identifier names.
    pub(crate) fn of(oid: &[u8]) -> Option<Self> {
        match oid {
            oid::P224 => Some(Self::P224),
            oid::P256 => Some(Self::P256),
            oid::P384 => Some(Self::P384),
            oid::P521 => Some(Self::P521),
            _ => None,
        }
    }

    /// The bytes of a coordinate, and of a private key.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::P224 => 28,
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

/// A certificate's key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PublicKey<'a> {
    /// As PKCS#1 has it: a sequence of modulus and exponent.
    Rsa(&'a [u8]),
    /// An uncompressed point.
    Ec(Curve, &'a [u8]),
    Ed25519(&'a [u8]),
    /// One that signs nothing in TLS.
    Other,
}

/// Modulus and exponent of an RSA key.
pub(crate) fn rsa_parts(der: &[u8]) -> Option<(&[u8], u64)> {
    let mut key = Reader::new(der).inside(SEQUENCE)?;
    let modulus = key.positive()?;
    let exponent = key.small_integer().filter(|exponent| *exponent > 0)?;
    Some((modulus, exponent))
}

/// The bits of a number without leading zeros.
pub(super) fn bit_length(number: &[u8]) -> usize {
    number.first().map_or(0, |first| {
        number.len() * 8 - usize::try_from(first.leading_zeros()).unwrap_or(0)
    })
}

/// Reads a whole certificate; says what is wrong with it.
pub(super) fn certificate(der: &[u8]) -> Result<Certificate<'_>, &'static str> {
    let mut outside = Reader::new(der);
    let mut certificate = outside.inside(SEQUENCE).ok_or("it is not DER")?;
    if !outside.is_empty() {
        return Err("something follows it");
    }
    let signed = certificate.element(SEQUENCE).ok_or("it is not DER")?;
    let mut tbs = Reader::new(signed.contents);
    let version = match tbs.optional(constructed(0)).ok_or("its version is malformed")? {
        Some(mut inside) => inside.small_integer().ok_or("its version is malformed")? + 1,
        None => 1,
    };
    if version > 3 {
        return Err("its version is unknown");
    }
    let serial = tbs.integer().ok_or("its serial number is malformed")?;
    if serial.first().is_some_and(|first| *first >= 0x80) {
        return Err("its serial number is negative");
    }
    let inner = tbs.read(SEQUENCE).ok_or("its signature algorithm is malformed")?;
    let outer = certificate
        .read(SEQUENCE)
        .ok_or("its signature algorithm is malformed")?;
    if inner != outer {
        return Err("it names two signature algorithms");
    }
    let algorithm = signature::algorithm(inner).ok_or("its signature algorithm is malformed")?;
    let issuer = tbs.element(SEQUENCE).ok_or("its issuer is malformed")?;
    check_name(issuer.contents).ok_or("its issuer is malformed")?;
    let mut validity = tbs.inside(SEQUENCE).ok_or("its validity is malformed")?;
    let mut date = || {
        let date = validity.any()?;
        match date.tag {
            0x17 => time::utc(date.contents),
            0x18 => time::generalized(date.contents),
            _ => None,
        }
    };
    let not_before = date().ok_or("its validity is malformed")?;
    let not_after = date().ok_or("its validity is malformed")?;
    let subject = tbs.element(SEQUENCE).ok_or("its subject is malformed")?;
    check_name(subject.contents).ok_or("its subject is malformed")?;
    let key_info = tbs.element(SEQUENCE).ok_or("its key is malformed")?;
    let key = key(key_info.contents, true)?;
    let extensions = match version {
        1 => Extensions::default(),
        _ => extensions(&mut tbs, version)?,
    };
    Ok(Certificate {
        tbs: signed.raw,
        version,
        algorithm,
        signature: certificate.bits().ok_or("its signature is malformed")?,
        issuer: issuer.raw,
        subject: subject.raw,
        not_before,
        not_after,
        key_info: key_info.raw,
        key,
        extensions,
    })
}

/// Reads a SubjectPublicKeyInfo's contents. `strictly` as Go does in a certificate that it judges.
fn key(info: &[u8], strictly: bool) -> Result<PublicKey<'_>, &'static str> {
    let mut info = Reader::new(info);
    let mut algorithm = info.inside(SEQUENCE).ok_or("its key is malformed")?;
    let kind = algorithm.oid().ok_or("its key is malformed")?;
    let parameters = algorithm.any();
    let bytes = info.bits().ok_or("its key is malformed")?;
    match kind {
        oid::RSA => {
            let has_null = parameters.is_some_and(|parameters| parameters.raw == [5, 0]);
            if strictly && !has_null {
                return Err("its RSA key lacks the parameter NULL");
            }
            rsa_parts(bytes).ok_or("its RSA key is malformed")?;
            Ok(PublicKey::Rsa(bytes))
        }
        oid::EC => {
            let curve = parameters
                .filter(|parameters| parameters.tag == der::OBJECT_IDENTIFIER)
                .ok_or("its elliptic curve is malformed")?;
            let curve = Curve::of(curve.contents).ok_or("its elliptic curve is unknown")?;
            if bytes.len() != 1 + 2 * curve.size() || bytes.first() != Some(&4) {
                return Err("its elliptic key is no uncompressed point");
            }
            Ok(PublicKey::Ec(curve, bytes))
        }
        oid::ED25519 if parameters.is_none() && bytes.len() == 32 => Ok(PublicKey::Ed25519(bytes)),
        oid::ED25519 => Err("its Ed25519 key is malformed"),
        _ => Ok(PublicKey::Other),
    }
}

/// The extensions at the end of what is signed.
fn extensions<'a>(tbs: &mut Reader<'a>, version: u64) -> Result<Extensions<'a>, &'static str> {
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
        // Nobody issues so many; each is compared with all.
        if seen.len() == 256 {
            return Err("it has over 256 extensions");
        }
        seen.push(id);
        if !understand(&mut read, id, value, is_critical)? && is_critical {
            read.unhandled.get_or_insert(id);
        }
    }
    Ok(read)
}

/// Reads one extension; says whether it is one that is understood.
fn understand<'a>(
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
            read.names = alternative_names(value)?;
            let names = &read.names;
            return Ok(!(names.dns.is_empty()
                && names.emails.is_empty()
                && names.uris.is_empty()
                && names.addresses.is_empty()));
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
        37 => read.purposes = purposes(value).ok_or("its extended key usage is malformed")?,
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

fn alternative_names(value: &[u8]) -> Result<Names<'_>, &'static str> {
    const MALFORMED: &str = "its alternative names are malformed";
    let mut names = Names::default();
    let mut list = Reader::new(value).inside(SEQUENCE).ok_or(MALFORMED)?;
    while !list.is_empty() {
        let name = list.any().ok_or(MALFORMED)?;
        let text = || ascii(name.contents).ok_or("one of its names is not ASCII");
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

/// Bytes that are ASCII, as text.
pub(super) fn ascii(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii())
}

/// Host and port of a URI, empty where it has none.
pub(super) fn uri_host(uri: &str) -> &str {
    let Some((_, rest)) = uri.split_once("://") else {
        return "";
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

fn policies(value: &[u8]) -> Option<Vec<&[u8]>> {
    let mut found = Vec::new();
    let mut list = Reader::new(value).inside(SEQUENCE)?;
    while !list.is_empty() {
        let policy = list.inside(SEQUENCE)?.oid()?;
        if found.contains(&policy) || found.len() == 256 {
            return None;
        }
        found.push(policy);
    }
    Some(found)
}

fn mappings(value: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let mut found = Vec::new();
    let mut list = Reader::new(value).inside(SEQUENCE)?;
    while !list.is_empty() {
        let mut pair = list.inside(SEQUENCE)?;
        found.push((
            pair.read(der::OBJECT_IDENTIFIER)?,
            pair.read(der::OBJECT_IDENTIFIER)?,
        ));
    }
    (found.len() <= 256).then_some(found)
}

fn purposes(value: &[u8]) -> Option<Vec<&[u8]>> {
    let mut found = Vec::new();
    let mut list = Reader::new(value).inside(SEQUENCE)?;
    while !list.is_empty() {
        found.push(list.oid()?);
    }
    Some(found)
}

/// The attributes of a distinguished name: type and value.
fn attributes(name: &[u8]) -> impl Iterator<Item = Option<(&[u8], Element<'_>)>> {
    let mut sets = Reader::new(name);
    let mut set = Reader::new(&[]);
    std::iter::from_fn(move || {
        while set.is_empty() {
            if sets.is_empty() {
                return None;
            }
            match sets.inside(SET) {
                Some(next) => set = next,
                None => {
                    sets = Reader::new(&[]);
                    return Some(None);
                }
            }
        }
        let attribute = set
            .inside(SEQUENCE)
            .and_then(|mut pair| Some((pair.oid()?, pair.any()?)));
        if attribute.is_none() {
            (sets, set) = (Reader::new(&[]), Reader::new(&[]));
        }
        Some(attribute)
    })
}

/// Returns whether Go can read a distinguished name.
fn check_name(name: &[u8]) -> Option<()> {
    attributes(name).try_for_each(|attribute| attribute.and_then(|(_, value)| string(value)).map(drop))
}

/// The text of a string of one of ASN.1's many kinds.
fn string(value: Element<'_>) -> Option<Cow<'_, str>> {
    let bytes = value.contents;
    match value.tag {
        // UTF8String
        0x0c => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        // NumericString
        0x12 => ascii(bytes)
            .filter(|text| text.bytes().all(|byte| byte == b' ' || byte.is_ascii_digit()))
            .map(Cow::Borrowed),
        // PrintableString, with a star and an ampersand, which are not rare.
        0x13 => ascii(bytes)
            .filter(|text| {
                text.bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b" '()+,-./:=?*&".contains(&byte))
            })
            .map(Cow::Borrowed),
        // T61String, which everybody reads as Latin-1.
        0x14 => Some(bytes.iter().copied().map(char::from).collect()),
        // IA5String
        0x16 => ascii(bytes).map(Cow::Borrowed),
        // BMPString
        0x1e if bytes.len().is_multiple_of(2) => {
            let bytes = bytes.strip_suffix(&[0, 0]).unwrap_or(bytes);
            let character = |pair: &[u8]| match pair {
                [high, low] => match u16::from_be_bytes([*high, *low]) {
                    0xfffe | 0xffff | 0xfdd0..=0xfdef => None,
                    point => char::from_u32(point.into()),
                },
                _ => None,
            };
            bytes.chunks(2).map(character).collect()
        }
        _ => None,
    }
}

/// Whose certificate something is, and who issued it, for a person.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Parties {
    pub subject: String,
    pub issuer: String,
    /// True if both are the same name, byte for byte.
    pub self_issued: bool,
}

/// The names in a certificate, however odd that is otherwise; empty ones where they cannot be found.
pub(crate) fn names(der: &[u8]) -> Parties {
    let read = || {
        let mut fields = fields(der)?;
        let issuer = fields.any()?.contents;
        fields.any()?;
        let subject = fields.any()?.contents;
        Some(Parties {
            subject: display(subject),
            issuer: display(issuer),
            self_issued: subject == issuer,
        })
    };
    read().unwrap_or_default()
}

/// The key in a certificate of which nothing else is looked at.
pub(crate) fn public_key(der: &[u8]) -> Result<PublicKey<'_>, &'static str> {
    let info = || {
        let mut fields = fields(der)?;
        for _issuer_validity_subject in 0..3 {
            fields.any()?;
        }
        fields.read(SEQUENCE)
    };
    key(info().ok_or("it is not DER")?, false)
}

/// A certificate's fields from the issuer on.
fn fields(der: &[u8]) -> Option<Reader<'_>> {
    let mut fields = Reader::new(der).inside(SEQUENCE)?.inside(SEQUENCE)?;
    fields.optional(constructed(0))?;
    for _serial_algorithm in 0..2 {
        fields.any()?;
    }
    Some(fields)
}

/// The common name of a distinguished name, its organisation, or any other part.
pub(super) fn display(name: &[u8]) -> String {
    let all: Vec<_> = attributes(name).flatten().collect();
    let wanted = |wanted: &[u8]| all.iter().find(|(kind, _)| *kind == wanted);
    wanted(oid::COMMON_NAME)
        .or_else(|| wanted(oid::ORGANIZATION))
        .or(all.last())
        .map(|(_, value)| {
            string(*value)
                .unwrap_or_else(|| String::from_utf8_lossy(value.contents))
                .into_owned()
        })
        .unwrap_or_default()
}
