//! Signature algorithms, and the verification of signatures: with ring if it supports algorithm and key, and otherwise with
//! slower code that supports all keys that Go does.

use super::der::{Reader, SEQUENCE, constructed};
use super::hash::Hash;
use super::key::{Curve, PublicKey, bit_length, rsa_parts};
use super::{oid, rustcrypto};
use ring::signature as with;

/// A signature scheme.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scheme {
    /// RSA with PKCS#1 v1.5 padding.
    Pkcs1(Hash),
    /// RSA with PSS padding, with a salt as long as the hash.
    Pss(Hash),
    Ecdsa(Hash),
    Ed25519,
}

/// The signature algorithm that a certificate names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Algorithm {
    Known(Scheme),
    /// MD5 or SHA-1, which are insecure.
    Insecure(&'static str),
    Unknown,
}

/// Smaller RSA keys are insecure (Go's `crypto/rsa` since 1.24).
pub(super) const LEAST_RSA_BITS: usize = 1024;

/// The sizes of RSA keys that ring supports, in bits.
const RSA_BITS_OF_RING: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Parses the contents of an AlgorithmIdentifier. `None` if it is malformed.
pub(super) fn algorithm(identifier: &[u8]) -> Option<Algorithm> {
    let mut identifier = Reader::new(identifier);
    let kind = identifier.oid()?;
    let parameters = match identifier.is_empty() {
        true => None,
        false => Some(identifier.any()?),
    };
    let known = Algorithm::Known;
    Some(
        match (
            kind.strip_prefix(oid::PKCS1),
            kind.strip_prefix(oid::ECDSA_WITH_SHA2),
        ) {
            (Some([4]), _) => Algorithm::Insecure("MD5"),
            (Some([5]), _) => Algorithm::Insecure("SHA-1"),
            (Some([11]), _) => known(Scheme::Pkcs1(Hash::Sha256)),
            (Some([12]), _) => known(Scheme::Pkcs1(Hash::Sha384)),
            (Some([13]), _) => known(Scheme::Pkcs1(Hash::Sha512)),
            (Some([10]), _) => parameters
                .and_then(|parameters| pss(parameters.raw))
                .map_or(Algorithm::Unknown, |hash| known(Scheme::Pss(hash))),
            (_, Some([2])) => known(Scheme::Ecdsa(Hash::Sha256)),
            (_, Some([3])) => known(Scheme::Ecdsa(Hash::Sha384)),
            (_, Some([4])) => known(Scheme::Ecdsa(Hash::Sha512)),
            _ if kind == oid::ED25519 && parameters.is_none() => known(Scheme::Ed25519),
            _ if kind == oid::ECDSA_WITH_SHA1 || kind == oid::ISO_RSA_WITH_SHA1 => {
                Algorithm::Insecure("SHA-1")
            }
            _ => Algorithm::Unknown,
        },
    )
}

/// Returns the hash in the parameters of RSA-PSS, if the mask uses the same one and the salt is as long.
fn pss(parameters: &[u8]) -> Option<Hash> {
    /// Parses a hash, whose parameters must be absent or NULL.
    fn hash(identifier: &mut Reader<'_>) -> Option<Hash> {
        let mut identifier = identifier.inside(SEQUENCE)?;
        let hash = Hash::of(identifier.oid()?)?;
        let is_plain = identifier.is_empty() || identifier.any()?.raw == [5, 0];
        is_plain.then_some(hash)
    }
    let mut parameters = Reader::new(parameters).inside(SEQUENCE)?;
    let of_message = hash(&mut parameters.inside(constructed(0))?)?;
    let mut mask = parameters.inside(constructed(1))?.inside(SEQUENCE)?;
    let is_mgf1 = mask.oid()? == oid::MGF1;
    let of_mask = hash(&mut mask)?;
    let salt = parameters.inside(constructed(2))?.small_integer()?;
    let trailer = match parameters.optional(constructed(3))? {
        Some(mut inside) => inside.small_integer()?,
        None => 1,
    };
    let is_usual = is_mgf1 && of_mask == of_message && trailer == 1;
    (is_usual && usize::try_from(salt) == Ok(of_message.size())).then_some(of_message)
}

/// Returns true if a key made a signature over a message.
pub(crate) fn is_valid(key: PublicKey<'_>, scheme: Scheme, message: &[u8], signature: &[u8]) -> bool {
    let ring = |algorithm: &'static dyn with::VerificationAlgorithm, key: &[u8]| {
        with::UnparsedPublicKey::new(algorithm, key)
            .verify(message, signature)
            .is_ok()
    };
    match (key, scheme) {
        (PublicKey::Rsa(der), Scheme::Pkcs1(hash) | Scheme::Pss(hash)) => {
            let is_pss = matches!(scheme, Scheme::Pss(_));
            let Some((modulus, exponent)) = rsa_parts(der) else {
                return false;
            };
            let bits = bit_length(modulus);
            // As in Go. A large exponent would take long.
            if bits < LEAST_RSA_BITS || exponent < 3 || exponent > u64::from(u32::MAX >> 1) {
                return false;
            }
            if !RSA_BITS_OF_RING.contains(&bits) {
                return rustcrypto::is_rsa(modulus, exponent, hash, is_pss, message, signature);
            }
            let algorithm = match (hash, is_pss) {
                (Hash::Sha256, false) => &with::RSA_PKCS1_2048_8192_SHA256,
                (Hash::Sha384, false) => &with::RSA_PKCS1_2048_8192_SHA384,
                (Hash::Sha512, false) => &with::RSA_PKCS1_2048_8192_SHA512,
                (Hash::Sha256, true) => &with::RSA_PSS_2048_8192_SHA256,
                (Hash::Sha384, true) => &with::RSA_PSS_2048_8192_SHA384,
                (Hash::Sha512, true) => &with::RSA_PSS_2048_8192_SHA512,
            };
            ring(algorithm, der)
        }
        (PublicKey::Ec(curve, point), Scheme::Ecdsa(hash)) => match (curve, hash) {
            (Curve::P256, Hash::Sha256) => ring(&with::ECDSA_P256_SHA256_ASN1, point),
            (Curve::P256, Hash::Sha384) => ring(&with::ECDSA_P256_SHA384_ASN1, point),
            (Curve::P384, Hash::Sha256) => ring(&with::ECDSA_P384_SHA256_ASN1, point),
            (Curve::P384, Hash::Sha384) => ring(&with::ECDSA_P384_SHA384_ASN1, point),
            _ => rustcrypto::is_ecdsa(curve, point, hash, message, signature),
        },
        (PublicKey::Ed25519(key), Scheme::Ed25519) => ring(&with::ED25519, key),
        _ => false,
    }
}
