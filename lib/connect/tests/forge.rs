//! Certificates of any shape, made byte by byte: rcgen makes only valid ones.

use rcgen::{KeyPair, PublicKeyData as _, SigningKey as _};
use rustls_pki_types::CertificateDer;

/// The fields of a certificate, which a test may change.
#[derive(Clone)]
pub(in crate::connect) struct Forged {
    /// 1, 2 or 3.
    pub version: u8,
    pub serial: Vec<u8>,
    pub subject: String,
    pub not_before: &'static str,
    pub not_after: &'static str,
    pub extensions: Vec<Vec<u8>>,
    /// Replaces the key's own.
    pub key_info: Option<Vec<u8>>,
}

/// Encodes an element.
pub(in crate::connect) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let contents = parts.concat();
    let mut der = vec![tag];
    match contents.len() {
        length @ ..0x80 => der.push(length.try_into().unwrap()),
        length => {
            let bytes = length.to_be_bytes();
            let bytes = &bytes[bytes.iter().position(|byte| *byte != 0).unwrap()..];
            der.push(0x80 | u8::try_from(bytes.len()).unwrap());
            der.extend_from_slice(bytes);
        }
    }
    der.extend(contents);
    der
}

pub(in crate::connect) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, parts)
}

/// Encodes an extension below 2.5.29, or with another identifier.
pub(in crate::connect) fn extension(id: &[u8], is_critical: bool, value: &[u8]) -> Vec<u8> {
    let id = match id {
        [number] => vec![0x55, 0x1d, *number],
        id => id.to_vec(),
    };
    let critical: &[u8] = if is_critical { &[1, 1, 0xff] } else { &[] };
    sequence(&[&element(6, &[&id]), critical, &element(4, &[value])])
}

/// Encodes alternative names: DNS names, and addresses as bytes.
pub(in crate::connect) fn names(dns: &[&str], addresses: &[&[u8]]) -> Vec<u8> {
    let dns = dns.iter().map(|name| element(0x82, &[name.as_bytes()]));
    let addresses = addresses.iter().map(|address| element(0x87, &[address]));
    let all: Vec<_> = dns.chain(addresses).collect();
    let all: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
    extension(&[17], false, &sequence(&all))
}

/// Encodes basic constraints.
pub(in crate::connect) fn authority(is_ca: bool, path_length: Option<u8>) -> Vec<u8> {
    let is_ca: &[u8] = if is_ca { &[1, 1, 0xff] } else { &[] };
    let length = path_length.map_or_else(Vec::new, |length| element(2, &[&[length]]));
    extension(&[19], true, &sequence(&[is_ca, &length]))
}

/// Encodes the extended key usage.
pub(in crate::connect) fn purposes(ids: &[&[u8]]) -> Vec<u8> {
    let ids: Vec<_> = ids.iter().map(|id| element(6, &[id])).collect();
    let ids: Vec<&[u8]> = ids.iter().map(Vec::as_slice).collect();
    extension(&[37], false, &sequence(&ids))
}

pub(in crate::connect) const CLIENTS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
pub(in crate::connect) const SERVERS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
pub(in crate::connect) const ANYTHING: &[u8] = &[0x55, 0x1d, 0x25, 0];

/// ECDSA with SHA-256, which rcgen's keys use.
const ALGORITHM: &[u8] = &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

fn name(common: &str) -> Vec<u8> {
    let attribute = sequence(&[
        &element(6, &[&[0x55, 4, 3]]),
        &element(0x0c, &[common.as_bytes()]),
    ]);
    sequence(&[&element(0x31, &[&attribute])])
}

impl Forged {
    pub(in crate::connect) fn new(subject: &str, extensions: &[Vec<u8>]) -> Self {
        Self {
            version: 3,
            serial: vec![1],
            subject: subject.to_owned(),
            not_before: "20200101000000Z",
            not_after: "20990101000000Z",
            extensions: extensions.to_vec(),
            key_info: None,
        }
    }

    /// Creates a certificate of version 1, which has no extensions.
    pub(in crate::connect) fn v1(subject: &str) -> Self {
        Self {
            version: 1,
            ..Self::new(subject, &[])
        }
    }

    /// Signs it for a key with an issuer's key.
    pub(in crate::connect) fn signed(
        &self,
        key: &KeyPair,
        issuer: &str,
        issuer_key: &KeyPair,
    ) -> CertificateDer<'static> {
        let version = match self.version {
            1 => Vec::new(),
            version => element(0xa0, &[&element(2, &[&[version - 1]])]),
        };
        let extensions: Vec<&[u8]> = self.extensions.iter().map(Vec::as_slice).collect();
        let extensions = match extensions.is_empty() {
            true => Vec::new(),
            false => element(0xa3, &[&sequence(&extensions)]),
        };
        let date = |date: &str| element(0x18, &[date.as_bytes()]);
        let key_info = self
            .key_info
            .clone()
            .unwrap_or_else(|| key.subject_public_key_info());
        let tbs = sequence(&[
            &version,
            &element(2, &[&self.serial]),
            ALGORITHM,
            &name(issuer),
            &sequence(&[&date(self.not_before), &date(self.not_after)]),
            &name(&self.subject),
            &key_info,
            &extensions,
        ]);
        let signature = issuer_key.sign(&tbs).unwrap();
        CertificateDer::from(sequence(&[&tbs, ALGORITHM, &element(3, &[&[0], &signature])]))
    }

    /// Signs it with its own key.
    pub(in crate::connect) fn self_signed(&self, key: &KeyPair) -> CertificateDer<'static> {
        self.signed(key, &self.subject, key)
    }
}
