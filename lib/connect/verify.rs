//! Which server certificates are trusted: what Go's crypto/x509 accepts, decided by webpki where it agrees.

use super::certificate;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::fmt;
use std::sync::Arc;

/// Verifies servers against one source of trust.
#[derive(Debug)]
pub(crate) struct Verifier {
    trust: Trust,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
enum Trust {
    /// The kubeconfig's CA bundle.
    Bundle {
        roots: RootCertStore,
        /// The same certificates as they are. Go trusts a server that presents one of them, whoever issued
        /// it; webpki wants an issuer, and no CA certificate as a server's.
        pinned: Vec<CertificateDer<'static>>,
    },
    /// The machine's own roots.
    Platform(Arc<rustls_platform_verifier::Verifier>),
    /// insecure-skip-tls-verify.
    Anyone,
}

impl Verifier {
    /// Trusts what a CA bundle vouches for, and the certificates in it. Certificates that cannot be read are
    /// passed over, as Go does.
    pub(crate) fn bundle(
        certificates: Vec<CertificateDer<'static>>,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates.iter().cloned());
        Self {
            trust: Trust::Bundle {
                roots,
                pinned: certificates,
            },
            algorithms,
        }
    }

    /// Trusts what the machine trusts.
    pub(crate) fn platform(
        verifier: rustls_platform_verifier::Verifier,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Self {
        Self {
            trust: Trust::Platform(Arc::new(verifier)),
            algorithms,
        }
    }

    /// Trusts anyone.
    pub(crate) fn anyone(algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self {
            trust: Trust::Anyone,
            algorithms,
        }
    }
}

/// A certificate that nobody trusted vouches for, with the names that tell an operator why.
#[derive(Debug)]
pub(crate) struct UnknownAuthority {
    /// What the certificate says.
    pub names: certificate::Names,
    /// Whether the kubeconfig's own CA was asked, and not the machine's.
    pub own_bundle: bool,
}

impl fmt::Display for UnknownAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("certificate signed by unknown authority")
    }
}

impl std::error::Error for UnknownAuthority {}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = match &self.trust {
            Trust::Anyone => return Ok(ServerCertVerified::assertion()),
            Trust::Platform(verifier) => verifier
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .map(|_| ()),
            Trust::Bundle { roots, pinned } => {
                let leaf = ParsedCertificate::try_from(end_entity)?;
                let chain = if pinned.iter().any(|certificate| certificate == end_entity) {
                    self.check_pinned(&leaf, now)
                } else {
                    verify_server_cert_signed_by_trust_anchor(
                        &leaf,
                        roots,
                        intermediates,
                        now,
                        self.algorithms.all,
                    )
                };
                chain.and_then(|()| verify_server_name(&leaf, server_name))
            }
        };
        match verified {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                let unknown = UnknownAuthority {
                    names: certificate::names(end_entity),
                    own_bundle: matches!(self.trust, Trust::Bundle { .. }),
                };
                Err(CertificateError::Other(OtherError(Arc::new(unknown))).into())
            }
            Err(error) => Err(error),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl Verifier {
    /// All that webpki checks of a certificate by itself: its dates first, then its purpose. With no roots
    /// to lead to, what is in order ends in an unknown issuer, or in a CA that plays a server.
    fn check_pinned(&self, leaf: &ParsedCertificate<'_>, now: UnixTime) -> Result<(), rustls::Error> {
        let nobody = RootCertStore::empty();
        match verify_server_cert_signed_by_trust_anchor(leaf, &nobody, &[], now, self.algorithms.all) {
            Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => Ok(()),
            Err(rustls::Error::InvalidCertificate(CertificateError::Other(other)))
                if is_ca_as_server(&other) =>
            {
                Ok(())
            }
            other => other,
        }
    }
}

/// webpki's `CaUsedAsEndEntity`, whose type rustls does not export.
pub(crate) fn is_ca_as_server(error: &OtherError) -> bool {
    error.0.to_string() == "CaUsedAsEndEntity"
}
