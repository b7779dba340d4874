//! Certificates as Go's crypto/x509 reads and judges them (Go 1.26), since that is what kubectl accepts. webpki, which
//! rustls brings, is stricter in some places (version 1, unusual keys, names and purposes) and laxer in others (roots
//! that have expired or may not sign).

mod chain;
mod constraints;
mod der;
mod names;
pub(crate) mod oid;
mod parse;
mod policy;
mod pool;
pub(crate) mod rustcrypto;
mod signature;
#[cfg(test)]
mod tests;
mod time;

pub(crate) use chain::{Fault, Place, Whose, verify};
pub(crate) use der::Reader;
pub(crate) use names::address;
pub(crate) use parse::{Curve, PublicKey, names, public_key, rsa_parts};
pub(crate) use pool::Pool;
pub(crate) use signature::{Hash, Scheme, is_valid};
