//! Certificates, read by the rules of Go's `parseCertificate`.

use super::der::{Reader, SEQUENCE, constructed};
use super::distinguished_name::{self, display};
use super::extensions::{Extensions, extensions};
use super::key::{PublicKey, key};
use super::signature::{self, Algorithm};
use super::time;

/// The fields of a certificate that matter for a decision.
#[derive(Debug)]
pub(super) struct Certificate<'a> {
    /// The part that is signed (TBSCertificate).
    pub tbs: &'a [u8],
    /// 1, 2 or 3.
    pub version: u64,
    pub algorithm: Algorithm,
    pub signature: &'a [u8],
    /// The whole element of the name.
    pub issuer: &'a [u8],
    /// The whole element of the name.
    pub subject: &'a [u8],
    /// Seconds since 1970.
    pub not_before: i64,
    pub not_after: i64,
    /// The whole element that holds the key.
    pub key_info: &'a [u8],
    pub key: PublicKey<'a>,
    pub extensions: Extensions<'a>,
}

/// Parses a certificate. The error says what is wrong with it.
pub(super) fn parse(der: &[u8]) -> Result<Certificate<'_>, &'static str> {
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
    distinguished_name::check(issuer.contents).ok_or("its issuer is malformed")?;
    let mut validity = tbs.inside(SEQUENCE).ok_or("its validity is malformed")?;
    let not_before = date(&mut validity).ok_or("its validity is malformed")?;
    let not_after = date(&mut validity).ok_or("its validity is malformed")?;
    let subject = tbs.element(SEQUENCE).ok_or("its subject is malformed")?;
    distinguished_name::check(subject.contents).ok_or("its subject is malformed")?;
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

/// The subject and the issuer of a certificate, for messages.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Parties {
    pub subject: String,
    pub issuer: String,
    /// True if both names are equal byte for byte.
    pub self_issued: bool,
}

/// Returns the names in a certificate, even if the rest of it is malformed. They are empty if they cannot be found.
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

/// Returns when a certificate expires, in seconds since 1970, without checking anything else.
pub(crate) fn not_after(der: &[u8]) -> Option<i64> {
    let mut fields = fields(der)?;
    fields.any()?;
    let mut validity = fields.inside(SEQUENCE)?;
    validity.any()?;
    date(&mut validity)
}

fn date(validity: &mut Reader<'_>) -> Option<i64> {
    let date = validity.any()?;
    match date.tag {
        0x17 => time::utc(date.contents),
        0x18 => time::generalized(date.contents),
        _ => None,
    }
}

/// Returns the key of a certificate without checking anything else.
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

/// Returns the fields of a certificate from the issuer on.
fn fields(der: &[u8]) -> Option<Reader<'_>> {
    let mut fields = Reader::new(der).inside(SEQUENCE)?.inside(SEQUENCE)?;
    fields.optional(constructed(0))?;
    for _serial_algorithm in 0..2 {
        fields.any()?;
    }
    Some(fields)
}
