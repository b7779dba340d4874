//! TLS configurations. Clusters with the same trust and client certificate share one.

pub(crate) mod failure;
mod identity;
mod machine_roots;
mod material;
pub(crate) mod pem;
pub(crate) mod private_key;
pub(crate) mod provider;
pub(crate) mod server_verifier;
pub(crate) mod x509;

pub(crate) use identity::Identity;
pub(crate) use material::Material;

use super::error::Error;
use crate::mutex::lock;
use kube::config::Cluster;
use provider::PROVIDER;
use rustls::ClientConfig;
use rustls::sign::SingleCertAndKey;
use rustls_pki_types::{DnsName, ServerName};
use server_verifier::{ForRustls, Verifier};
use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

/// The certificates that a cluster's server has to be trusted by.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Trust {
    /// The cluster's own certificate authority.
    Authority(Material),
    /// Those that this machine trusts.
    Machine,
    /// None (insecure-skip-tls-verify).
    Anyone,
}

impl Trust {
    /// Reads a kubeconfig's cluster.
    pub(crate) fn of(context: &str, cluster: &Cluster) -> Result<Self, Error> {
        match (Material::authority(cluster), cluster.insecure_skip_tls_verify) {
            // As in client-go: naming a CA asks for verification.
            (Some(_), Some(true)) => Err(Error::unresolved(format!(
                "context \"{context}\" has a certificate authority and insecure-skip-tls-verify"
            ))
            .with_hint("remove one of the two from the cluster in the kubeconfig")),
            (None, Some(true)) => Ok(Self::Anyone),
            (Some(authority), _) => Ok(Self::Authority(authority)),
            (None, _) => Ok(Self::Machine),
        }
    }
}

/// A TLS configuration.
#[derive(Debug)]
pub(crate) struct Tls {
    configuration: Arc<ClientConfig>,
    verifier: Arc<Verifier>,
}

impl Tls {
    /// Returns the configuration and the name for a handshake with a host. rustls cannot represent some names that
    /// certificates contain: those are passed to the verifier only, and the server is not sent them.
    pub(crate) fn for_host(&self, host: &str) -> (Arc<ClientConfig>, ServerName<'static>) {
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

/// The trust and the client certificate that a configuration is made for.
type ConfigurationKey = (Trust, Option<Identity>);

/// A cache of configurations.
#[derive(Debug, Default)]
pub(crate) struct Configurations {
    verifiers: Mutex<HashMap<Trust, Arc<Verifier>>>,
    configurations: Mutex<HashMap<ConfigurationKey, Arc<Tls>>>,
}

impl Configurations {
    /// Returns the configuration for a trust and a client certificate.
    pub(crate) fn get(
        &self,
        context: &str,
        trust: &Trust,
        identity: Option<&Identity>,
    ) -> Result<Arc<Tls>, Error> {
        let key = (trust.clone(), identity.cloned());
        if let Some(found) = lock(&self.configurations).get(&key) {
            return Ok(found.clone());
        }
        let verifier = self.verifier(context, trust)?;
        let builder = ClientConfig::builder_with_provider(PROVIDER.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::tls(format!("cannot set up TLS: {error}")))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(ForRustls {
                verifier: Arc::clone(&verifier),
                host: None,
            }));
        let mut configuration = match identity {
            None => builder.with_no_client_auth(),
            // It is sent without a check: the server judges it.
            Some(identity) => {
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity.load(context)?)))
            }
        };
        // HTTP/2 would have no advantage: each connection has one request at a time.
        configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
        // With one connection a cluster there is nothing to resume, and the tickets would take memory.
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
        let verifier = match trust {
            Trust::Anyone => Verifier::Anyone,
            Trust::Machine => Verifier::Machine(machine_roots::Machine::load().map_err(|error| {
                Error::tls(format!(
                    "context \"{context}\" names no certificate authority, and this machine has none: {error}"
                ))
                .with_hint(
                    "add certificate-authority-data to the cluster, or install the system's CA certificates",
                )
            })?),
            Trust::Authority(authority) => {
                let pool = bundle(&authority.read(context)?, &authority.place(context))?;
                Verifier::Bundle(pool, authority.name())
            }
        };
        let verifier = Arc::new(verifier);
        lock(&self.verifiers).insert(trust.clone(), verifier.clone());
        Ok(verifier)
    }
}

/// Reads the certificates of a PEM text. At least one must be valid; others are skipped, as in Go.
fn bundle(pem: &[u8], place: &str) -> Result<x509::Pool, Error> {
    let mut pool = x509::Pool::default();
    let mut first = None;
    for certificate in pem::certificates(pem) {
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
        return Err(Error::unresolved(format!("{place} holds {what}")));
    }
    Ok(pool)
}
