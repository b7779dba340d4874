//! The client certificate of a user, with its key.

use super::failure;
use super::material::Material;
use super::pem;
use super::private_key::Key;
use super::x509;
use crate::connect::error::Error;
use kube::config::AuthInfo;
use rustls::sign::CertifiedKey;
use rustls_pki_types::CertificateDer;
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;

/// A client certificate with its key.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Identity {
    certificate: Material,
    key: Material,
}

impl Identity {
    /// Returns the client certificate of a kubeconfig's user.
    pub(crate) fn of(context: &str, user: &AuthInfo) -> Result<Option<Self>, Error> {
        let data = user.client_certificate_data.as_deref();
        let Some(certificate) = Material::of(
            ("client-certificate-data", data),
            ("client-certificate", user.client_certificate.as_deref()),
        ) else {
            return Ok(None);
        };
        let data = user.client_key_data.as_ref().map(|data| data.expose_secret());
        let key = Material::of(
            ("client-key-data", data),
            ("client-key", user.client_key.as_deref()),
        );
        let key = key.ok_or_else(|| {
            Error::unresolved(format!(
                "context \"{context}\" has a client certificate without its key"
            ))
            .with_hint("add client-key-data or client-key to the user in the kubeconfig")
        })?;
        Ok(Some(Self { certificate, key }))
    }

    /// Returns the client certificate that a credential plugin printed.
    pub(crate) fn of_plugin(certificate: &str, key: &SecretString) -> Self {
        Self {
            certificate: Material::of_plugin("clientCertificateData", certificate.into()),
            key: Material::of_plugin("clientKeyData", key.clone()),
        }
    }

    /// Reads certificate and key.
    ///
    /// # Errors
    /// One of them cannot be read, or the key is not the certificate's.
    pub(crate) fn load(&self, context: &str) -> Result<CertifiedKey, Error> {
        let chain = self.chain(context)?;
        let place = self.key.place(context);
        let is_key = |block: &pem::Block| block.kind == "PRIVATE KEY" || block.kind.ends_with(" PRIVATE KEY");
        let blocks = pem::blocks(&self.key.read(context)?);
        let Some(block) = blocks.iter().find(|block| is_key(block)) else {
            let what = match blocks.first() {
                Some(block) if block.kind == "CERTIFICATE" => "a certificate and no private key",
                _ => "no private key in PEM (PKCS#8, SEC1 or PKCS#1)",
            };
            return Err(Error::unresolved(format!("{place} holds {what}")));
        };
        if block.has_headers || block.kind == "ENCRYPTED PRIVATE KEY" {
            return Err(Error::unresolved(format!(
                "{place} is encrypted, and there is no way to ask for its password"
            ))
            .with_hint("openssl pkey -in KEY -out DECRYPTED decrypts it"));
        }
        let key = Key::parse(&block.bytes).map_err(|what| Error::unresolved(format!("{place} {what}")))?;
        // A certificate that cannot be parsed here is left to the server to judge.
        let is_other = chain
            .first()
            .and_then(|certificate| x509::public_key(certificate).ok())
            .is_some_and(|public| !key.belongs_to(public));
        if is_other {
            return Err(Error::unresolved(format!(
                "{place} does not belong to its {}",
                self.certificate.field
            )));
        }
        Ok(CertifiedKey::new(chain, Arc::new(key)))
    }

    /// Returns when the certificate expired, as `expired on …, 3 days ago`. `None` if it has not, or cannot be read.
    pub(crate) fn expired(&self, context: &str) -> Option<String> {
        let after = x509::not_after(self.chain(context).ok()?.first()?)?;
        let now = jiff::Timestamp::now().as_second();
        (after < now).then(|| failure::expired(after, now))
    }

    fn chain(&self, context: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
        let blocks = pem::blocks(&self.certificate.read(context)?);
        let has_key = blocks.iter().any(|block| block.kind.ends_with("PRIVATE KEY"));
        let chain: Vec<_> = blocks
            .into_iter()
            .filter(|block| block.kind == "CERTIFICATE")
            .map(|block| CertificateDer::from(block.bytes))
            .collect();
        if chain.is_empty() {
            let place = self.certificate.place(context);
            let what = match has_key {
                true => "a private key and no certificate: were the two exchanged?",
                false => "no certificate in PEM",
            };
            return Err(Error::unresolved(format!("{place} holds {what}")));
        }
        Ok(chain)
    }
}
