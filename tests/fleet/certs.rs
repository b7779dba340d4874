//! Certificates of the clusters and the one client that has one.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};

use super::faults::Fault;

/// The Common Name of the client certificate, which is its user's name.
pub const CLIENT_USER: &str = "certificate-user";

type Issuer = CertifiedIssuer<'static, KeyPair>;

/// How a cluster presents itself, and what a client has to know for it.
#[derive(Clone)]
pub struct Identity {
    /// For the server.
    pub tls: Arc<ServerConfig>,
    /// For the kubeconfig: `certificate-authority-data` before base64.
    pub ca_pem: String,
}

/// A client's certificate and key.
#[derive(Clone)]
pub struct ClientIdentity {
    /// The certificate.
    pub certificate_pem: String,
    /// Its key.
    pub key_pem: String,
}

/// The authorities of one fleet.
pub struct Authorities {
    fleet: Issuer,
    shared: Identity,
    client: ClientIdentity,
}

impl Authorities {
    /// Makes the fleet's CA, the server certificate that its members share, and the client's.
    pub fn new() -> Authorities {
        let fleet = authority("kubectl-mc simulated fleet");
        let mut params = CertificateParams::default();
        params.distinguished_name = name(CLIENT_USER);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = key();
        let client = ClientIdentity {
            certificate_pem: params
                .signed_by(&key, &fleet)
                .expect("a client certificate")
                .pem(),
            key_pem: key.serialize_pem(),
        };
        let shared = issue(&fleet, &server_params("127.0.0.1"), None);
        Authorities {
            fleet,
            shared,
            client,
        }
    }

    /// The certificate of the user that has one.
    pub fn client(&self) -> &ClientIdentity {
        &self.client
    }

    /// The certificate that a cluster with this fault presents.
    pub fn identity(&self, fault: Fault, own_ca: bool, client_certificate: bool) -> Identity {
        let clients = client_certificate.then_some(&self.fleet);
        let mut params = server_params("127.0.0.1");
        match fault {
            Fault::UnknownCa => {
                let other = authority("somebody else");
                Identity {
                    ca_pem: self.fleet.pem(),
                    ..issue(&other, &params, clients)
                }
            }
            Fault::ExpiredCertificate => {
                params.not_before = date_time_ymd(2020, 1, 1);
                params.not_after = date_time_ymd(2021, 1, 1);
                issue(&self.fleet, &params, clients)
            }
            Fault::FutureCertificate => {
                params.not_before = date_time_ymd(2090, 1, 1);
                params.not_after = date_time_ymd(2091, 1, 1);
                issue(&self.fleet, &params, clients)
            }
            Fault::WrongHost => issue(&self.fleet, &server_params("elsewhere.example"), clients),
            Fault::LeafCa => {
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                params.key_usages.push(KeyUsagePurpose::KeyCertSign);
                let key = key();
                let certificate = params.self_signed(&key).expect("a self-signed certificate");
                Identity {
                    tls: config(vec![certificate.der().clone()], &key, clients),
                    ca_pem: certificate.pem(),
                }
            }
            _ if own_ca => issue(&authority("a member of the simulated fleet"), &params, clients),
            _ if client_certificate => issue(&self.fleet, &params, clients),
            _ => self.shared.clone(),
        }
    }
}

fn key() -> KeyPair {
    // The default is ECDSA P-256: a signature costs 30 µs.
    KeyPair::generate().expect("a key")
}

fn name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn authority(common_name: &str) -> Issuer {
    let mut params = CertificateParams::default();
    params.distinguished_name = name(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    CertifiedIssuer::self_signed(params, key()).expect("a CA")
}

fn server_params(host: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![host.to_owned()]).expect("a host name");
    params.distinguished_name = name("kube-apiserver");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn issue(issuer: &Issuer, params: &CertificateParams, clients: Option<&Issuer>) -> Identity {
    let key = key();
    let certificate = params.signed_by(&key, issuer).expect("a server certificate");
    Identity {
        tls: config(vec![certificate.der().clone()], &key, clients),
        ca_pem: issuer.pem(),
    }
}

fn config(chain: Vec<CertificateDer<'static>>, key: &KeyPair, clients: Option<&Issuer>) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("TLS versions");
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(issuer) => {
            let mut roots = RootCertStore::empty();
            roots.add(issuer.der().clone()).expect("a root");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .allow_unauthenticated()
                .build()
                .expect("a client verifier");
            builder.with_client_cert_verifier(verifier)
        }
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = builder
        .with_single_cert(chain, key)
        .expect("a certificate that fits its key");
    // The members share a configuration but play different servers: a client that resumed one's
    // session with another would look faster than it is.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}
