//! The verification of server certificates.

use super::x509::{self, Fault, PublicKey, Scheme};
use super::{machine_roots, private_key};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::fmt;
use std::sync::Arc;

/// Verifies servers against one source of trust.
#[derive(Debug)]
pub(crate) enum Verifier {
    /// A CA bundle, and the field of the kubeconfig that it comes from.
    Bundle(x509::Pool, String),
    /// The roots that this machine trusts.
    Machine(machine_roots::Machine),
    /// insecure-skip-tls-verify.
    Anyone,
}

/// Says why a server is not trusted.
#[derive(Debug)]
pub(crate) struct UntrustedServer {
    pub fault: Fault,
    /// The field of the kubeconfig with the CA bundle; `None` if this machine's roots were used.
    pub bundle: Option<String>,
    /// The name that the certificate should have.
    pub host: String,
    /// Seconds since 1970.
    pub now: i64,
}

impl fmt::Display for UntrustedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the certificate is not trusted")
    }
}

impl std::error::Error for UntrustedServer {}

impl Verifier {
    fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        sent: &[CertificateDer<'_>],
        host: &str,
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let now_seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let (verified, bundle) = match self {
            Self::Anyone => return Ok(ServerCertVerified::assertion()),
            Self::Machine(machine) => (machine.verify(leaf, sent, host, now)?, None),
            Self::Bundle(pool, place) => (x509::verify(leaf, sent, pool, host, now_seconds), Some(place)),
        };
        verified
            .map(|()| ServerCertVerified::assertion())
            .map_err(|fault| {
                let refusal = UntrustedServer {
                    fault,
                    bundle: bundle.cloned(),
                    host: host.to_owned(),
                    now: now_seconds,
                };
                refusal.into()
            })
    }
}

impl From<UntrustedServer> for rustls::Error {
    fn from(refusal: UntrustedServer) -> Self {
        CertificateError::Other(OtherError(Arc::new(refusal))).into()
    }
}

/// Refuses a certificate because of its key. Nothing else of it has been checked.
fn unusable(why: &'static str) -> rustls::Error {
    let refusal = UntrustedServer {
        fault: Fault::UnusableKey(why),
        bundle: None,
        host: String::new(),
        now: 0,
    };
    refusal.into()
}

/// Checks that the server has the key of its certificate. Before TLS 1.3 an ECDSA scheme may be used with any curve.
pub(crate) fn verify_signature(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
    is_tls13: bool,
) -> Result<HandshakeSignatureValid, rustls::Error> {
    let key = x509::public_key(certificate).map_err(unusable)?;
    let scheme = private_key::scheme(signed.scheme);
    let is_of_version = match (key, scheme) {
        (PublicKey::Other, _) => {
            return Err(unusable("its key is neither RSA, ECDSA nor Ed25519"));
        }
        (PublicKey::Ec(curve, _), _) if is_tls13 => private_key::scheme_of(curve) == Some(signed.scheme),
        (_, Some(Scheme::Pkcs1(_))) => !is_tls13,
        _ => true,
    };
    match scheme {
        Some(scheme) if is_of_version && x509::is_valid(key, scheme, message, signed.signature()) => {
            Ok(HandshakeSignatureValid::assertion())
        }
        _ => Err(CertificateError::BadSignature.into()),
    }
}

/// Adapts a verifier to rustls.
#[derive(Debug)]
pub(crate) struct ForRustls {
    pub verifier: Arc<Verifier>,
    /// The server's name, if rustls cannot represent it.
    pub host: Option<String>,
}

impl ServerCertVerifier for ForRustls {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let of_rustls = server_name.to_str();
        let host = self.host.as_deref().unwrap_or(&of_rustls);
        self.verifier.verify(end_entity, intermediates, host, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_signature(message, certificate, signature, false)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_signature(message, certificate, signature, true)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        private_key::SCHEMES.map(|(scheme, _)| scheme).to_vec()
    }
}
