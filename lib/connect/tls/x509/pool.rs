//! Certificates to look issuers up in.

use super::certificate;
use rustls_pki_types::CertificateDer;
use std::collections::HashMap;

/// Certificates by the name that they are issued to.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    certificates: Vec<CertificateDer<'static>>,
    by_subject: HashMap<Vec<u8>, Vec<usize>>,
}

impl Pool {
    /// Adds a certificate; says what is wrong with one that cannot be read, which is then left out.
    pub(crate) fn add(&mut self, certificate: CertificateDer<'static>) -> Result<(), &'static str> {
        let subject = certificate::parse(&certificate)?.subject.to_vec();
        let of_subject = self.by_subject.entry(subject).or_default();
        let is_there = of_subject
            .iter()
            .any(|&index| self.certificates.get(index) == Some(&certificate));
        if !is_there {
            of_subject.push(self.certificates.len());
            self.certificates.push(certificate);
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.certificates.len()
    }

    /// Returns whether a certificate of this subject is in it, byte for byte.
    pub(super) fn contains(&self, subject: &[u8], der: &[u8]) -> bool {
        self.of(subject).any(|certificate| certificate == der)
    }

    /// The certificates issued to a name.
    pub(super) fn of(&self, subject: &[u8]) -> impl Iterator<Item = &[u8]> {
        self.by_subject
            .get(subject)
            .into_iter()
            .flatten()
            .filter_map(|&index| self.certificates.get(index))
            .map(AsRef::as_ref)
    }
}
