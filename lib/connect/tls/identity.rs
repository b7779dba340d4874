//! The client certificate of a user, with its key.

use super::pem;
use super::private_key::Key;
use super::x509;
use crate::connect::error::Error;
use crate::connect::text::non_empty;
use crate::error_text::io_text;
use crate::kubeconfig::decode;
use crate::record::Reason;
use kube::config::AuthInfo;
use rustls::sign::CertifiedKey;
use rustls_pki_types::CertificateDer;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// A client certificate with its key.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// PEM, or where it is.
    certificate: Material,
    key: Material,
}

#[derive(Clone, Debug)]
enum Material {
    /// The kubeconfig's field and its base64.
    Data(&'static str, SecretString),
    /// The kubeconfig's field and the file.
    File(&'static str, String),
    /// What a credential plugin printed.
    Pem(&'static str, SecretString),
}

impl Identity {
    /// What a kubeconfig's user says; inline data wins over files.
    pub(crate) fn of(context: &str, user: &AuthInfo) -> Result<Option<Self>, Error> {
        let data = non_empty(user.client_certificate_data.as_deref());
        let file = non_empty(user.client_certificate.as_deref());
        let certificate = match (data, file) {
            (Some(data), _) => Material::Data("client-certificate-data", data.into()),
            (None, Some(file)) => Material::File("client-certificate", file.to_owned()),
            (None, None) => return Ok(None),
        };
        let data = non_empty(user.client_key_data.as_ref().map(ExposeSecret::expose_secret));
        let key = match (data, non_empty(user.client_key.as_deref())) {
            (Some(data), _) => Material::Data("client-key-data", data.into()),
            (None, Some(file)) => Material::File("client-key", file.to_owned()),
            (None, None) => {
                return Err(Error::new(
                    Reason::Unresolved,
                    format!("context \"{context}\" has a client certificate without its key"),
                )
                .with_hint("add client-key-data or client-key to the user in the kubeconfig"));
            }
        };
        Ok(Some(Self { certificate, key }))
    }

    /// What a credential plugin answered.
    pub(crate) fn of_plugin(certificate: &str, key: &SecretString) -> Self {
        Self {
            certificate: Material::Pem("clientCertificateData", certificate.into()),
            key: Material::Pem("clientKeyData", key.clone()),
        }
    }

    /// Returns what tells it from others. It holds secrets.
    pub(crate) fn key(&self) -> (String, String) {
        (self.certificate.key(), self.key.key())
    }
}

impl Material {
    fn field(&self) -> &'static str {
        match self {
            Self::Data(field, _) | Self::File(field, _) | Self::Pem(field, _) => field,
        }
    }

    fn key(&self) -> String {
        match self {
            Self::Data(_, secret) | Self::Pem(_, secret) => secret.expose_secret().to_owned(),
            Self::File(_, path) => path.clone(),
        }
    }

    /// Where it stands, for a message.
    fn place(&self, context: &str) -> String {
        match self {
            Self::File(field, path) => format!("{field} {path} of context \"{context}\""),
            Self::Data(field, _) => format!("{field} of context \"{context}\""),
            Self::Pem(field, _) => format!("{field} of the credential plugin of context \"{context}\""),
        }
    }

    fn pem(&self, context: &str) -> Result<Vec<u8>, Error> {
        match self {
            Self::Pem(_, pem) => Ok(pem.expose_secret().as_bytes().to_vec()),
            Self::Data(_, data) => decode(data.expose_secret()).ok_or_else(|| {
                Error::new(
                    Reason::Unresolved,
                    format!("{} is not base64", self.place(context)),
                )
            }),
            Self::File(_, path) => std::fs::read(path).map_err(|error| {
                Error::new(
                    Reason::Unresolved,
                    format!("cannot read {}: {}", self.place(context), io_text(&error)),
                )
            }),
        }
    }
}

impl Identity {
    pub(crate) fn load(&self, context: &str) -> Result<CertifiedKey, Error> {
        let chain = self.chain(context)?;
        let place = self.key.place(context);
        let wrong = |what: String| Error::new(Reason::Unresolved, what);
        let is_key = |block: &pem::Block| block.kind == "PRIVATE KEY" || block.kind.ends_with(" PRIVATE KEY");
        let blocks = pem::blocks(&self.key.pem(context)?);
        let Some(block) = blocks.iter().find(|block| is_key(block)) else {
            let what = match blocks.first() {
                Some(block) if block.kind == "CERTIFICATE" => "a certificate and no private key",
                _ => "no private key in PEM (PKCS#8, SEC1 or PKCS#1)",
            };
            return Err(wrong(format!("{place} holds {what}")));
        };
        if block.has_headers || block.kind == "ENCRYPTED PRIVATE KEY" {
            return Err(wrong(format!(
                "{place} is encrypted, and nobody can be asked for its password"
            ))
            .with_hint("openssl pkey -in KEY -out DECRYPTED decrypts it"));
        }
        let key = Key::parse(&block.bytes).map_err(|what| wrong(format!("{place} {what}")))?;
        // Of a certificate that cannot be read it is the server that knows.
        let is_other = chain
            .first()
            .and_then(|certificate| x509::public_key(certificate).ok())
            .is_some_and(|public| !key.belongs_to(public));
        if is_other {
            return Err(wrong(format!(
                "{place} does not belong to its {}",
                self.certificate.field()
            )));
        }
        Ok(CertifiedKey::new(chain, Arc::new(key)))
    }

    fn chain(&self, context: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
        let blocks = pem::blocks(&self.certificate.pem(context)?);
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
            return Err(Error::new(Reason::Unresolved, format!("{place} holds {what}")));
        }
        Ok(chain)
    }
}
