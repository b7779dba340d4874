//! Trusted certificates.

use super::certificate;
use rustls_pki_types::CertificateDer;
use std::collections::HashMap;

/// Certificates by their subject.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    certificates: Vec<CertificateDer<'static>>,
    by_subject: HashMap<Vec<u8>, Vec<usize>>,
}

impl Pool {
    /// Adds a certificate. One that cannot be parsed is left out, and the error says what is wrong with it.
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

    /// Returns true if it contains this very certificate.
    pub(super) fn contains(&self, subject: &[u8], der: &[u8]) -> bool {
        self.of(subject).any(|certificate| certificate == der)
    }

    /// Returns the certificates with a subject.
    pub(super) fn of(&self, subject: &[u8]) -> impl Iterator<Item = &[u8]> {
        self.by_subject
            .get(subject)
            .into_iter()
            .flatten()
            .filter_map(|&index| self.certificates.get(index))
            .map(AsRef::as_ref)
    }
}
