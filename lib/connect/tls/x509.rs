//! Certificates as Go's crypto/x509 reads and judges them (Go 1.26), since that is what kubectl accepts. webpki, which
//! rustls brings, is stricter in some places (version 1, unusual keys, names and purposes) and more lenient in others
//! (roots that have expired or may not sign).

mod alternative_names;
mod certificate;
mod chain;
mod constraints;
pub(crate) mod der;
mod distinguished_name;
mod extensions;
mod hash;
mod host_name;
mod key;
pub(crate) mod oid;
mod policy;
mod pool;
pub(crate) mod rustcrypto;
mod signature;
#[cfg(test)]
mod tests;
mod time;

pub(crate) use certificate::{names, not_after, public_key};
pub(crate) use chain::{CertificatePlace, Fault, Whose, verify};
pub(crate) use hash::Hash;
pub(crate) use host_name::address;
pub(crate) use key::{Curve, PublicKey, rsa_parts};
pub(crate) use pool::Pool;
pub(crate) use signature::{Scheme, is_valid};
