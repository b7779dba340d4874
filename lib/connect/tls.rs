//! TLS configurations, one for all clusters that share trust and client certificate.

use super::verify::Verifier;
use super::{Error, failure};
use crate::record::Reason;
use base64::Engine as _;
use kube::config::{AuthInfo, Cluster};
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, SupportedCipherSuite};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
    let mut provider = ring::default_provider();
    // As Go's client offers them, AES-128 first: with AES-256 comes SHA-384, which processors rarely have instructions
    // for, and of which a handshake takes dozens.
    let is_dear = |suite: &SupportedCipherSuite| {
        suite
            .suite()
            .as_str()
            .is_some_and(|name| name.ends_with("SHA384"))
    };
    provider.cipher_suites.sort_by_key(is_dear);
    Arc::new(provider)
});

/// Whom a cluster's server must be vouched for by.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(crate) enum Trust {
    /// certificate-authority-data
    Data(String),
    /// certificate-authority
    File(String),
    /// Whom the machine trusts.
    Platform,
    /// insecure-skip-tls-verify
    Anyone,
}

impl Trust {
    /// What a kubeconfig's cluster says; inline data wins over a file.
    pub(crate) fn of(context: &str, cluster: &Cluster) -> Result<Self, Error> {
        let data = given(cluster.certificate_authority_data.as_deref());
        let file = given(cluster.certificate_authority.as_deref());
        let trust = match (data, file) {
            (Some(data), _) => Self::Data(data.to_owned()),
            (None, Some(file)) => Self::File(file.to_owned()),
            (None, None) => Self::Platform,
        };
        if cluster.insecure_skip_tls_verify != Some(true) {
            return Ok(trust);
        }
        if trust != Self::Platform {
            // As client-go: who wrote a CA down should not get less than that.
            return Err(Error::new(
                Reason::Unresolved,
                format!("context \"{context}\" has a certificate authority and insecure-skip-tls-verify"),
            )
            .with_hint("remove one of the two from the cluster in the kubeconfig"));
        }
        Ok(Self::Anyone)
    }
}

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
        let data = given(user.client_certificate_data.as_deref());
        let file = given(user.client_certificate.as_deref());
        let certificate = match (data, file) {
            (Some(data), _) => Material::Data("client-certificate-data", data.into()),
            (None, Some(file)) => Material::File("client-certificate", file.to_owned()),
            (None, None) => return Ok(None),
        };
        let data = given(user.client_key_data.as_ref().map(ExposeSecret::expose_secret));
        let key = match (data, given(user.client_key.as_deref())) {
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

    fn key(&self) -> (String, String) {
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
            Self::Data(_, data) => decode(data.expose_secret()).map_err(|()| {
                Error::new(
                    Reason::Unresolved,
                    format!("{} is not base64", self.place(context)),
                )
            }),
            Self::File(_, path) => std::fs::read(path).map_err(|error| {
                Error::new(
                    Reason::Unresolved,
                    format!(
                        "cannot read {}: {}",
                        self.place(context),
                        failure::io_text(&error)
                    ),
                )
            }),
        }
    }
}

/// A field that is there and says something.
pub(crate) fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// Base64 as Go reads it: line breaks are passed over.
pub(crate) fn decode(data: &str) -> Result<Vec<u8>, ()> {
    let engine = base64::engine::general_purpose::STANDARD;
    if data.contains(['\n', '\r']) {
        engine.decode(data.replace(['\n', '\r'], ""))
    } else {
        engine.decode(data)
    }
    .map_err(drop)
}

/// Trust, and certificate and key: as they were given, so they are read once.
type Key = (Trust, Option<(String, String)>);

/// The configurations made so far.
#[derive(Default)]
pub(crate) struct Configurations {
    verifiers: Mutex<HashMap<Trust, Arc<Verifier>>>,
    configurations: Mutex<HashMap<Key, Arc<ClientConfig>>>,
}

impl fmt::Debug for Configurations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The keys of the map are secrets.
        f.debug_struct("Configurations").finish_non_exhaustive()
    }
}

impl Configurations {
    /// The configuration for a trust and a client certificate; the same one for the same two.
    pub(crate) fn get(
        &self,
        context: &str,
        trust: &Trust,
        identity: Option<&Identity>,
    ) -> Result<Arc<ClientConfig>, Error> {
        let key = (trust.clone(), identity.map(Identity::key));
        if let Some(found) = lock(&self.configurations).get(&key) {
            return Ok(found.clone());
        }
        let verifier = self.verifier(context, trust)?;
        let builder = ClientConfig::builder_with_provider(PROVIDER.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::new(Reason::Tls, format!("cannot set up TLS: {error}")))?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut configuration = match identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let (chain, secret) = identity.load(context)?;
                builder.with_client_auth_cert(chain, secret).map_err(|error| {
                    let place = identity.key.place(context);
                    let what = match error {
                        rustls::Error::InconsistentKeys(_) => {
                            format!("{place} does not belong to its {}", identity.certificate.field())
                        }
                        // The error's own text is about the key's bytes.
                        _ => format!("{place} is not a private key that can be used (RSA, ECDSA P-256 or P-384, Ed25519)"),
                    };
                    Error::new(Reason::Unresolved, what)
                })?
            }
        };
        // No HTTP/2: one request a connection at a time is all that is asked.
        configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
        // One connection a cluster: there is nothing to resume, and the tickets would be kept.
        configuration.resumption = rustls::client::Resumption::disabled();
        let configuration = Arc::new(configuration);
        lock(&self.configurations).insert(key, configuration.clone());
        Ok(configuration)
    }

    fn verifier(&self, context: &str, trust: &Trust) -> Result<Arc<Verifier>, Error> {
        if let Some(found) = lock(&self.verifiers).get(trust) {
            return Ok(found.clone());
        }
        let algorithms = PROVIDER.signature_verification_algorithms;
        let wrong = |what: String| Error::new(Reason::Unresolved, what);
        let verifier = match trust {
            Trust::Anyone => Verifier::anyone(algorithms),
            Trust::Platform => {
                let verifier = rustls_platform_verifier::Verifier::new(PROVIDER.clone()).map_err(|error| {
                    Error::new(
                        Reason::Tls,
                        format!("context \"{context}\" names no certificate authority, and this machine has none: {error}"),
                    )
                    .with_hint("add certificate-authority-data to the cluster, or install the system's CA certificates")
                })?;
                Verifier::platform(verifier, algorithms)
            }
            Trust::Data(data) => {
                let place = format!("certificate-authority-data of context \"{context}\"");
                let pem = decode(data).map_err(|()| wrong(format!("{place} is not base64")))?;
                Verifier::bundle(certificates(&pem, &place)?, algorithms)
            }
            Trust::File(path) => {
                let place = format!("certificate-authority {path} of context \"{context}\"");
                let pem = std::fs::read(path)
                    .map_err(|error| wrong(format!("cannot read {place}: {}", failure::io_text(&error))))?;
                Verifier::bundle(certificates(&pem, &place)?, algorithms)
            }
        };
        let verifier = Arc::new(verifier);
        lock(&self.verifiers).insert(trust.clone(), verifier.clone());
        Ok(verifier)
    }
}

impl Identity {
    fn load(&self, context: &str) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
        let chain = certificates(&self.certificate.pem(context)?, &self.certificate.place(context))?;
        let key = PrivateKeyDer::from_pem_slice(&self.key.pem(context)?).map_err(|_| {
            Error::new(
                Reason::Unresolved,
                format!(
                    "{} holds no private key in PEM (PKCS#8, SEC1 or PKCS#1)",
                    self.key.place(context)
                ),
            )
        })?;
        Ok((chain, key))
    }
}

/// The certificates in PEM text, at least one.
fn certificates(pem: &[u8], place: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .filter_map(Result::ok)
        .collect();
    if found.is_empty() {
        return Err(Error::new(
            Reason::Unresolved,
            format!("{place} holds no certificate in PEM"),
        ));
    }
    Ok(found)
}

/// A lock that a panic elsewhere does not close.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
