//! Signatures that ring does not support: P-224 and P-521, SHA-512 with other curves, and RSA keys of unusual sizes.

use super::hash::Hash;
use super::key::Curve;
use ecdsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
use rsa::rand_core::OsRng;
use rsa::sha2::{Sha256, Sha384, Sha512};
use rsa::{BigUint, Pkcs1v15Sign, Pss, RsaPrivateKey, RsaPublicKey};

/// The largest RSA key that is used. No authority has a larger one, and checking a signature takes a millisecond.
const MOST_RSA_BITS: usize = 16_384;

/// Returns true if an RSA key made a signature.
pub(super) fn is_rsa(
    modulus: &[u8],
    exponent: u64,
    hash: Hash,
    is_pss: bool,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let modulus = BigUint::from_bytes_be(modulus);
    let Ok(key) = RsaPublicKey::new_with_max_size(modulus, BigUint::from(exponent), MOST_RSA_BITS) else {
        return false;
    };
    let digest = hash.digest(message);
    match is_pss {
        true => key.verify(
            pss(hash, Pss::new::<Sha256>, Pss::new::<Sha384>, Pss::new::<Sha512>),
            digest.as_ref(),
            signature,
        ),
        false => key.verify(pkcs1(hash), digest.as_ref(), signature),
    }
    .is_ok()
}

/// Signs with an RSA key.
pub(crate) fn sign_rsa(key: &RsaPrivateKey, hash: Hash, is_pss: bool, message: &[u8]) -> Option<Vec<u8>> {
    let digest = hash.digest(message);
    match is_pss {
        true => {
            let padding = pss(
                hash,
                Pss::new_blinded::<Sha256>,
                Pss::new_blinded::<Sha384>,
                Pss::new_blinded::<Sha512>,
            );
            key.sign_with_rng(&mut OsRng, padding, digest.as_ref())
        }
        false => key.sign_with_rng(&mut OsRng, pkcs1(hash), digest.as_ref()),
    }
    .ok()
}

fn pss(hash: Hash, sha256: fn() -> Pss, sha384: fn() -> Pss, sha512: fn() -> Pss) -> Pss {
    match hash {
        Hash::Sha256 => sha256(),
        Hash::Sha384 => sha384(),
        Hash::Sha512 => sha512(),
    }
}

fn pkcs1(hash: Hash) -> Pkcs1v15Sign {
    match hash {
        Hash::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
        Hash::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
        Hash::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
    }
}

/// Returns a digest, padded to the length of the curve's numbers: the crates refuse one of less than half of that.
fn padded(curve: Curve, hash: Hash, message: &[u8]) -> Vec<u8> {
    let digest = hash.digest(message);
    let mut padded = vec![0; curve.size().saturating_sub(digest.as_ref().len())];
    padded.extend_from_slice(digest.as_ref());
    padded
}

/// Evaluates an expression with the crate of a curve as `$krate`.
macro_rules! with_curve {
    ($curve:expr, $krate:ident => $body:block) => {
        match $curve {
            Curve::P224 => {
                use p224 as $krate;
                $body
            }
            Curve::P256 => {
                use p256 as $krate;
                $body
            }
            Curve::P384 => {
                use p384 as $krate;
                $body
            }
            Curve::P521 => {
                use p521 as $krate;
                $body
            }
        }
    };
}

/// Returns true if a key on a curve made a signature.
pub(super) fn is_ecdsa(curve: Curve, point: &[u8], hash: Hash, message: &[u8], signature: &[u8]) -> bool {
    let digest = padded(curve, hash, message);
    with_curve!(curve, krate => {
        let key = krate::ecdsa::VerifyingKey::from_sec1_bytes(point);
        let signature = krate::ecdsa::Signature::from_der(signature);
        matches!((key, signature), (Ok(key), Ok(signature)) if key.verify_prehash(&digest, &signature).is_ok())
    })
}

/// Signs with a private key of a curve, which is as long as the curve's numbers.
pub(crate) fn sign_ecdsa(curve: Curve, private: &[u8], hash: Hash, message: &[u8]) -> Option<Vec<u8>> {
    let digest = padded(curve, hash, message);
    with_curve!(curve, krate => {
        let key = krate::ecdsa::SigningKey::from_slice(private).ok()?;
        let signature: krate::ecdsa::Signature = key.sign_prehash(&digest).ok()?;
        Some(signature.to_der().as_bytes().to_vec())
    })
}

/// Returns the point that belongs to a private key, uncompressed.
pub(crate) fn public_point(curve: Curve, private: &[u8]) -> Option<Vec<u8>> {
    with_curve!(curve, krate => {
        use krate::elliptic_curve::sec1::ToEncodedPoint as _;
        let key = krate::SecretKey::from_slice(private).ok()?;
        Some(key.public_key().to_encoded_point(false).as_bytes().to_vec())
    })
}
