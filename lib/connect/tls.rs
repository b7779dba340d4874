//! TLS configurations, one for all clusters that share trust and client certificate.

mod machine_roots;
pub(crate) mod pem;
pub(crate) mod private_key;
pub(crate) mod provider;
pub(crate) mod server_verifier;
pub(crate) mod x509;

use super::{Error, failure};
use crate::record::Reason;
use kube::config::{AuthInfo, Cluster};
use private_key::Key;
use provider::PROVIDER;
use rustls::ClientConfig;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls_pki_types::{CertificateDer, DnsName, ServerName};
use secrecy::{ExposeSecret, SecretString};
use server_verifier::{ForRustls, Verifier};
use std::collections::HashMap;
use std::fmt;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

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
        let data = non_empty(cluster.certificate_authority_data.as_deref());
        let file = non_empty(cluster.certificate_authority.as_deref());
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
pub(crate) fn non_empty(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// Base64 as Go reads it.
pub(crate) fn decode(data: &str) -> Result<Vec<u8>, ()> {
    crate::kubeconfig::decode(data).ok_or(())
}

/// Trust, and certificate and key: as they were given, so they are read once.
type Asked = (Trust, Option<(String, String)>);

/// How to speak TLS with servers that are trusted alike.
#[derive(Debug)]
pub(crate) struct Tls {
    configuration: Arc<ClientConfig>,
    verifier: Arc<Verifier>,
}

impl Tls {
    /// The configuration and the name for a handshake with a host. rustls has no form for some names that certificates
    /// do hold; those go past it, and the server is not told them.
    pub(crate) fn to(&self, host: &str) -> (Arc<ClientConfig>, ServerName<'static>) {
        let usual = |name| (Arc::clone(&self.configuration), name);
        if let Some(address) = x509::address(host) {
            return usual(ServerName::from(address));
        }
        if let Ok(name) = DnsName::try_from(host.strip_suffix('.').unwrap_or(host)) {
            return usual(ServerName::DnsName(name.to_owned()));
        }
        let mut configuration = ClientConfig::clone(&self.configuration);
        configuration
            .dangerous()
            .set_certificate_verifier(Arc::new(ForRustls {
                verifier: Arc::clone(&self.verifier),
                host: Some(host.to_owned()),
            }));
        (
            Arc::new(configuration),
            ServerName::from(std::net::IpAddr::from(Ipv4Addr::UNSPECIFIED)),
        )
    }
}

/// The configurations made so far.
#[derive(Default)]
pub(crate) struct Configurations {
    verifiers: Mutex<HashMap<Trust, Arc<Verifier>>>,
    configurations: Mutex<HashMap<Asked, Arc<Tls>>>,
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
    ) -> Result<Arc<Tls>, Error> {
        let key = (trust.clone(), identity.map(Identity::key));
        if let Some(found) = lock(&self.configurations).get(&key) {
            return Ok(found.clone());
        }
        let verifier = self.verifier(context, trust)?;
        let builder = ClientConfig::builder_with_provider(PROVIDER.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::new(Reason::Tls, format!("cannot set up TLS: {error}")))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(ForRustls {
                verifier: Arc::clone(&verifier),
                host: None,
            }));
        let mut configuration = match identity {
            None => builder.with_no_client_auth(),
            // Sent unjudged: what it is worth is for the server to say.
            Some(identity) => {
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity.load(context)?)))
            }
        };
        // No HTTP/2: one request a connection at a time is all that is asked.
        configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
        // One connection a cluster: there is nothing to resume, and the tickets would be kept.
        configuration.resumption = rustls::client::Resumption::disabled();
        let tls = Arc::new(Tls {
            configuration: Arc::new(configuration),
            verifier,
        });
        lock(&self.configurations).insert(key, tls.clone());
        Ok(tls)
    }

    fn verifier(&self, context: &str, trust: &Trust) -> Result<Arc<Verifier>, Error> {
        if let Some(found) = lock(&self.verifiers).get(trust) {
            return Ok(found.clone());
        }
        let wrong = |what: String| Error::new(Reason::Unresolved, what);
        let verifier = match trust {
            Trust::Anyone => Verifier::Anyone,
            Trust::Platform => Verifier::Machine(machine_roots::Machine::load().map_err(|error| {
                Error::new(
                    Reason::Tls,
                    format!("context \"{context}\" names no certificate authority, and this machine has none: {error}"),
                )
                .with_hint("add certificate-authority-data to the cluster, or install the system's CA certificates")
            })?),
            Trust::Data(data) => {
                let place = format!("certificate-authority-data of context \"{context}\"");
                let pem = decode(data).map_err(|()| wrong(format!("{place} is not base64")))?;
                Verifier::Bundle(bundle(&pem, &place)?, "certificate-authority-data".to_owned())
            }
            Trust::File(path) => {
                let place = format!("certificate-authority {path} of context \"{context}\"");
                let pem = std::fs::read(path)
                    .map_err(|error| wrong(format!("cannot read {place}: {}", failure::io_text(&error))))?;
                Verifier::Bundle(bundle(&pem, &place)?, format!("certificate-authority {path}"))
            }
        };
        let verifier = Arc::new(verifier);
        lock(&self.verifiers).insert(trust.clone(), verifier.clone());
        Ok(verifier)
    }
}

impl Identity {
    fn load(&self, context: &str) -> Result<CertifiedKey, Error> {
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

/// The certificates in the PEM text of a bundle. Go passes over those with headers.
pub(super) fn authorities(pem: &[u8]) -> impl Iterator<Item = CertificateDer<'static>> {
    pem::blocks(pem)
        .into_iter()
        .filter(|block| block.kind == "CERTIFICATE" && !block.has_headers)
        .map(|block| CertificateDer::from(block.bytes))
}

/// The certificates in PEM text, of which one at least must be readable: the others are passed over, as in Go.
fn bundle(pem: &[u8], place: &str) -> Result<x509::Pool, Error> {
    let mut pool = x509::Pool::default();
    let mut first = None;
    for certificate in authorities(pem) {
        let subject = x509::names(&certificate).subject;
        if let Err(why) = pool.add(certificate) {
            first.get_or_insert((subject, why));
        }
    }
    if pool.is_empty() {
        let what = match first {
            Some((subject, why)) => format!("no certificate that can be used: of \"{subject}\", {why}"),
            None => "no certificate in PEM".to_owned(),
        };
        return Err(Error::new(Reason::Unresolved, format!("{place} holds {what}")));
    }
    Ok(pool)
}

/// A lock that a panic elsewhere does not close.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
