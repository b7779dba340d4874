//! Private keys of client certificates: all kinds and encodings that Go's `tls.X509KeyPair` accepts. ring signs with those
//! that it supports, `x509::rustcrypto` with the others.

use super::x509::der::{INTEGER, OCTET_STRING, Reader, SEQUENCE};
use super::x509::rustcrypto;
use super::x509::{Curve, Hash, PublicKey, Scheme, oid, rsa_parts};
use ring::rand::SystemRandom;
use ring::signature as with;
use ring::signature::KeyPair as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, RsaPrivateKey};
use rustls::sign::{Signer, SigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};
use std::fmt;
use std::sync::Arc;

/// A private key.
pub(crate) struct Key(Arc<Secret>);

enum Secret {
    /// A key that ring supports.
    Rsa(with::RsaKeyPair),
    OtherRsa(RsaPrivateKey),
    Ec(Ec),
    Ed25519(with::Ed25519KeyPair),
}

struct Ec {
    curve: Curve,
    private: Vec<u8>,
    public: Vec<u8>,
    /// The key for ring, if it supports the curve.
    ring: Option<with::EcdsaKeyPair>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

const NOT_DER: &str = "is not DER";

/// Smaller RSA keys are insecure; Go has refused them since 1.24.
const LEAST_RSA_BITS: usize = 1024;
/// A handshake with a larger RSA key takes seconds.
const MOST_RSA_BITS: usize = 16_384;

impl Key {
    /// Reads a key in PKCS#8, PKCS#1 or SEC 1, whatever its PEM block is called; says what is wrong with it. The three
    /// differ in what follows the version.
    pub(crate) fn parse(der: &[u8]) -> Result<Self, &'static str> {
        let after_version = || {
            let mut inside = Reader::new(der).inside(SEQUENCE)?;
            inside.small_integer().map(|_| inside)
        };
        let mut inside = after_version().ok_or(NOT_DER)?;
        let secret = if inside.is_next(INTEGER) {
            rsa(der)?
        } else if inside.is_next(OCTET_STRING) {
            ec(None, der)?
        } else {
            let mut algorithm = inside.inside(SEQUENCE).ok_or(NOT_DER)?;
            let kind = algorithm.oid().ok_or(NOT_DER)?;
            let key = inside.read(OCTET_STRING).ok_or(NOT_DER)?;
            match kind {
                oid::RSA => rsa(key)?,
                oid::EC => ec(algorithm.oid(), key)?,
                oid::ED25519 => ed25519(key)?,
                _ => return Err("is neither an RSA, an ECDSA nor an Ed25519 key"),
            }
        };
        Ok(Self(Arc::new(secret)))
    }

    /// Returns true if a public key belongs to it.
    pub(crate) fn belongs_to(&self, public: PublicKey<'_>) -> bool {
        match (&*self.0, public) {
            (Secret::Rsa(key), PublicKey::Rsa(der)) => {
                rsa_parts(key.public_key().as_ref()).is_some_and(|own| rsa_parts(der) == Some(own))
            }
            (Secret::OtherRsa(key), PublicKey::Rsa(der)) => {
                rsa_parts(der).is_some_and(|(modulus, exponent)| {
                    BigUint::from_bytes_be(modulus) == *key.n() && BigUint::from(exponent) == *key.e()
                })
            }
            (Secret::Ec(key), PublicKey::Ec(curve, point)) => key.curve == curve && key.public == point,
            (Secret::Ed25519(key), PublicKey::Ed25519(other)) => key.public_key().as_ref() == other,
            _ => false,
        }
    }
}

fn rsa(der: &[u8]) -> Result<Secret, &'static str> {
    if let Ok(key) = with::RsaKeyPair::from_der(der) {
        return Ok(Secret::Rsa(key));
    }
    let parts = || {
        let mut inside = Reader::new(der).inside(SEQUENCE)?;
        let version = inside.small_integer()?;
        let mut number = || inside.positive().map(BigUint::from_bytes_be);
        let (modulus, exponent, private) = (number()?, number()?, number()?);
        let mut primes = vec![number()?, number()?];
        // The numbers that only speed it up are computed again.
        for _ in 0..3 {
            if inside.is_next(INTEGER) {
                inside.any()?;
            }
        }
        if let Some(mut others) = inside.optional(SEQUENCE)? {
            while !others.is_empty() && primes.len() < 8 {
                primes.push(BigUint::from_bytes_be(others.inside(SEQUENCE)?.positive()?));
            }
        }
        (version <= 1).then_some((modulus, exponent, private, primes))
    };
    let (modulus, exponent, private, primes) = parts().ok_or("is a malformed RSA key")?;
    match modulus.bits() {
        ..LEAST_RSA_BITS => return Err("is an RSA key of less than 1024 bits, which is insecure"),
        LEAST_RSA_BITS..=MOST_RSA_BITS => {}
        _ => return Err("is an RSA key of more than 16384 bits"),
    }
    RsaPrivateKey::from_components(modulus, exponent, private, primes)
        .map(Secret::OtherRsa)
        .map_err(|_| "is an RSA key whose numbers do not fit together")
}

/// Parses an ECDSA key in SEC 1. The curve is given if PKCS#8 around it names one.
fn ec(curve: Option<&[u8]>, der: &[u8]) -> Result<Secret, &'static str> {
    let parts = || {
        let mut inside = Reader::new(der).inside(SEQUENCE)?;
        (inside.small_integer()? == 1).then_some(())?;
        let private = inside.read(OCTET_STRING)?;
        let own = match inside.optional(0xa0)? {
            Some(mut inside) => inside.oid(),
            None => None,
        };
        let public = match inside.optional(0xa1)? {
            Some(mut inside) => inside.bits(),
            None => None,
        };
        Some((private, own, public))
    };
    let (private, own, public) = parts().ok_or("is a malformed ECDSA key")?;
    let curve = curve
        .or(own)
        .ok_or("is an ECDSA key that does not name its curve")?;
    let curve =
        Curve::of(curve).ok_or("is an ECDSA key on a curve other than P-224, P-256, P-384 and P-521")?;
    // There may be too few or too many leading zeros (old OpenSSL).
    let zeros = private.len().saturating_sub(curve.size());
    let (zeros, private) = private.split_at_checked(zeros).unwrap_or_default();
    if zeros.iter().any(|byte| *byte != 0) {
        return Err("is an ECDSA key longer than its curve allows");
    }
    let mut padded = vec![0; curve.size() - private.len()];
    padded.extend_from_slice(private);
    let random = SystemRandom::new();
    let ring = |public: &[u8]| {
        let algorithm = match curve {
            Curve::P256 => &with::ECDSA_P256_SHA256_ASN1_SIGNING,
            Curve::P384 => &with::ECDSA_P384_SHA384_ASN1_SIGNING,
            Curve::P224 | Curve::P521 => return None,
        };
        with::EcdsaKeyPair::from_private_key_and_public_key(algorithm, &padded, public, &random).ok()
    };
    // The public half may be missing. ring checks it if it is there.
    if let Some((public, ring)) = public.and_then(|public| Some((public, ring(public)?))) {
        return Ok(Secret::Ec(Ec {
            curve,
            public: public.to_vec(),
            ring: Some(ring),
            private: padded,
        }));
    }
    let public =
        rustcrypto::public_point(curve, &padded).ok_or("is an ECDSA key out of its curve's range")?;
    Ok(Secret::Ec(Ec {
        curve,
        ring: ring(&public),
        public,
        private: padded,
    }))
}

/// Parses an Ed25519 key of PKCS#8 (RFC 8410).
fn ed25519(der: &[u8]) -> Result<Secret, &'static str> {
    Reader::new(der)
        .read(OCTET_STRING)
        .and_then(|seed| with::Ed25519KeyPair::from_seed_unchecked(seed).ok())
        .map(Secret::Ed25519)
        .ok_or("is a malformed Ed25519 key")
}

/// The schemes of TLS that are used, in Go's order.
pub(crate) const SCHEMES: [(SignatureScheme, Scheme); 10] = {
    use Scheme::{Ecdsa, Ed25519, Pkcs1, Pss};
    [
        (SignatureScheme::RSA_PSS_SHA256, Pss(Hash::Sha256)),
        (SignatureScheme::ECDSA_NISTP256_SHA256, Ecdsa(Hash::Sha256)),
        (SignatureScheme::ED25519, Ed25519),
        (SignatureScheme::RSA_PSS_SHA384, Pss(Hash::Sha384)),
        (SignatureScheme::RSA_PSS_SHA512, Pss(Hash::Sha512)),
        (SignatureScheme::RSA_PKCS1_SHA256, Pkcs1(Hash::Sha256)),
        (SignatureScheme::RSA_PKCS1_SHA384, Pkcs1(Hash::Sha384)),
        (SignatureScheme::RSA_PKCS1_SHA512, Pkcs1(Hash::Sha512)),
        (SignatureScheme::ECDSA_NISTP384_SHA384, Ecdsa(Hash::Sha384)),
        (SignatureScheme::ECDSA_NISTP521_SHA512, Ecdsa(Hash::Sha512)),
    ]
};

/// Returns the meaning of a scheme of TLS, if it is used.
pub(crate) fn scheme(wanted: SignatureScheme) -> Option<Scheme> {
    SCHEMES
        .into_iter()
        .find(|(name, _)| *name == wanted)
        .map(|(_, scheme)| scheme)
}

/// Returns the scheme of TLS 1.3 for a curve, if there is one.
pub(crate) fn scheme_of(curve: Curve) -> Option<SignatureScheme> {
    match curve {
        Curve::P224 => None,
        Curve::P256 => Some(SignatureScheme::ECDSA_NISTP256_SHA256),
        Curve::P384 => Some(SignatureScheme::ECDSA_NISTP384_SHA384),
        Curve::P521 => Some(SignatureScheme::ECDSA_NISTP521_SHA512),
    }
}

impl Secret {
    /// Returns true if it can sign with a scheme.
    fn can(&self, scheme: Scheme) -> bool {
        let fits = |bytes: usize| match scheme {
            Scheme::Pss(hash) => bytes >= 2 * hash.size() + 2,
            Scheme::Pkcs1(hash) => bytes >= 19 + hash.size() + 11,
            _ => false,
        };
        match self {
            Self::Rsa(key) => fits(key.public().modulus_len()),
            Self::OtherRsa(key) => fits(key.size()),
            Self::Ec(_) => matches!(scheme, Scheme::Ecdsa(_)),
            Self::Ed25519(_) => scheme == Scheme::Ed25519,
        }
    }

    fn sign(&self, scheme: Scheme, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match (self, scheme) {
            (Self::Rsa(key), Scheme::Pss(hash) | Scheme::Pkcs1(hash)) => {
                let padding: &dyn with::RsaEncoding = match (scheme, hash) {
                    (Scheme::Pss(_), Hash::Sha256) => &with::RSA_PSS_SHA256,
                    (Scheme::Pss(_), Hash::Sha384) => &with::RSA_PSS_SHA384,
                    (Scheme::Pss(_), Hash::Sha512) => &with::RSA_PSS_SHA512,
                    (_, Hash::Sha256) => &with::RSA_PKCS1_SHA256,
                    (_, Hash::Sha384) => &with::RSA_PKCS1_SHA384,
                    (_, Hash::Sha512) => &with::RSA_PKCS1_SHA512,
                };
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(padding, &random, message, &mut signature).ok()?;
                Some(signature)
            }
            (Self::OtherRsa(key), Scheme::Pss(hash)) => rustcrypto::sign_rsa(key, hash, true, message),
            (Self::OtherRsa(key), Scheme::Pkcs1(hash)) => rustcrypto::sign_rsa(key, hash, false, message),
            (Self::Ec(key), Scheme::Ecdsa(hash)) => match (&key.ring, key.curve, hash) {
                (Some(ring), Curve::P256, Hash::Sha256) | (Some(ring), Curve::P384, Hash::Sha384) => {
                    Some(ring.sign(&random, message).ok()?.as_ref().to_vec())
                }
                _ => rustcrypto::sign_ecdsa(key.curve, &key.private, hash, message),
            },
            (Self::Ed25519(key), Scheme::Ed25519) => Some(key.sign(message).as_ref().to_vec()),
            _ => None,
        }
    }
}

impl SigningKey for Key {
    /// Chooses the scheme of the key's own curve, or else the first of the server's schemes that the key supports, as in Go.
    /// Before TLS 1.3 an ECDSA scheme may be used with any curve.
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let own = match &*self.0 {
            Secret::Ec(key) => scheme_of(key.curve),
            _ => None,
        };
        let chosen = offered
            .iter()
            .find(|offered| Some(**offered) == own)
            .or_else(|| {
                offered
                    .iter()
                    .find(|offered| scheme(**offered).is_some_and(|scheme| self.0.can(scheme)))
            })?;
        Some(Box::new(KeySigner {
            secret: Arc::clone(&self.0),
            scheme: *chosen,
        }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match &*self.0 {
            Secret::Rsa(_) | Secret::OtherRsa(_) => SignatureAlgorithm::RSA,
            Secret::Ec(_) => SignatureAlgorithm::ECDSA,
            Secret::Ed25519(_) => SignatureAlgorithm::ED25519,
        }
    }
}

/// A key and the scheme to sign with.
struct KeySigner {
    secret: Arc<Secret>,
    scheme: SignatureScheme,
}

impl fmt::Debug for KeySigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeySigner").field(&self.scheme).finish()
    }
}

impl Signer for KeySigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        scheme(self.scheme)
            .and_then(|scheme| self.secret.sign(scheme, message))
            .ok_or_else(|| rustls::Error::General("the client's key cannot sign".into()))
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
