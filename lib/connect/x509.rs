//! Certificates as Go's crypto/x509 reads and judges them (Go 1.26), since that is what kubectl accepts. webpki, which
//! rustls brings, is stricter in some places (version 1, unusual keys, names and purposes) and laxer in others (roots
//! that have expired or may not sign).

mod chain;
mod constraints;
mod der;
mod names;
pub(super) mod oid;
mod parse;
mod policy;
mod pool;
pub(super) mod rustcrypto;
mod signature;
#[cfg(test)]
mod tests;
mod time;

pub(super) use chain::{Fault, Place, Whose, verify};
pub(super) use der::Reader;
pub(super) use names::address;
pub(super) use parse::{Curve, PublicKey, names, public_key, rsa_parts};
pub(super) use pool::Pool;
pub(super) use signature::{Hash, Scheme, is_valid};
