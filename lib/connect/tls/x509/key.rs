//! Public keys in certificates.

use super::der::{self, Reader, SEQUENCE};
use super::oid;

/// The elliptic curve of a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Curve {
    P224,
    P256,
    P384,
    P521,
}

impl Curve {
    /// Returns the curve that an object identifier names.
    pub(crate) fn of(oid: &[u8]) -> Option<Self> {
        match oid {
            oid::P224 => Some(Self::P224),
            oid::P256 => Some(Self::P256),
            oid::P384 => Some(Self::P384),
            oid::P521 => Some(Self::P521),
            _ => None,
        }
    }

    /// Returns the length of a coordinate and of a private key in bytes.
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
    /// PKCS#1: a sequence of modulus and exponent.
    Rsa(&'a [u8]),
    /// An uncompressed point.
    Ec(Curve, &'a [u8]),
    Ed25519(&'a [u8]),
    /// A kind of key that TLS does not use.
    Other,
}

/// Returns modulus and exponent of an RSA key.
pub(crate) fn rsa_parts(der: &[u8]) -> Option<(&[u8], u64)> {
    let mut key = Reader::new(der).inside(SEQUENCE)?;
    let modulus = key.positive()?;
    let exponent = key.small_integer().filter(|exponent| *exponent > 0)?;
    Some((modulus, exponent))
}

/// Returns the number of bits of a number without leading zeros.
pub(super) fn bit_length(number: &[u8]) -> usize {
    number.first().map_or(0, |first| {
        number.len() * 8 - usize::try_from(first.leading_zeros()).unwrap_or(0)
    })
}

/// Parses the contents of a SubjectPublicKeyInfo. `strictly` means as Go does in a certificate that it verifies.
pub(super) fn key(info: &[u8], strictly: bool) -> Result<PublicKey<'_>, &'static str> {
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
                return Err("its elliptic key is not an uncompressed point");
            }
            Ok(PublicKey::Ec(curve, bytes))
        }
        oid::ED25519 if parameters.is_none() && bytes.len() == 32 => Ok(PublicKey::Ed25519(bytes)),
        oid::ED25519 => Err("its Ed25519 key is malformed"),
        _ => Ok(PublicKey::Other),
    }
}
