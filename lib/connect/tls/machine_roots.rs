//! The certificates that this machine trusts, for clusters whose kubeconfig names no authority.

use super::x509::Fault;
#[cfg(not(any(target_vendor = "apple", windows)))]
use super::x509::Pool;
use rustls_pki_types::{CertificateDer, UnixTime};

/// The certificates of a system that keeps them in files, found like Go does (`root_unix.go`): the first file of a list and
/// all files in two folders, or those that SSL_CERT_FILE and SSL_CERT_DIR name.
#[cfg(not(any(target_vendor = "apple", windows)))]
#[derive(Debug)]
pub(crate) struct Machine(Pool);

#[cfg(not(any(target_vendor = "apple", windows)))]
mod files {
    /// In Go's order (`root_linux.go`).
    pub(crate) const FILES: [&str; 6] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/pki/tls/cacert.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];
    pub(crate) const FOLDERS: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];
}

#[cfg(not(any(target_vendor = "apple", windows)))]
impl Machine {
    /// Reads the certificates. Returns an explanation if there are none.
    pub(crate) fn load() -> Result<Self, String> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let given = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let files = match given("SSL_CERT_FILE") {
            Some(file) => vec![file],
            None => files::FILES.map(str::to_owned).to_vec(),
        };
        let folders = match given("SSL_CERT_DIR") {
            Some(folders) => folders.split(':').map(str::to_owned).collect(),
            None => files::FOLDERS.map(str::to_owned).to_vec(),
        };
        let mut pool = Pool::default();
        let mut add = |pem: &[u8]| {
            for certificate in super::pem::certificates(pem) {
                // A certificate that cannot be parsed is not trusted.
                let _ = pool.add(certificate);
            }
        };
        if let Some(pem) = files.iter().find_map(|file| std::fs::read(file).ok()) {
            add(&pem);
        }
        for folder in &folders {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                // A link to a file in the same folder is another name for it.
                let is_second_name =
                    std::fs::read_link(entry.path()).is_ok_and(|target| target.components().count() == 1);
                if !is_second_name && let Ok(pem) = std::fs::read(entry.path()) {
                    add(&pem);
                }
            }
        }
        match pool.is_empty() {
            true => Err(format!("none in {}", [files, folders].concat().join(", "))),
            false => Ok(Self(pool)),
        }
    }

    /// Verifies a server's certificate.
    pub(crate) fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        sent: &[CertificateDer<'_>],
        host: &str,
        now: UnixTime,
    ) -> Result<Result<(), Fault>, rustls::Error> {
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        Ok(super::x509::verify(leaf, sent, &self.0, host, now))
    }
}

/// The certificates of a system that verifies by itself, which Go leaves to it too.
#[cfg(any(target_vendor = "apple", windows))]
#[derive(Debug)]
pub(crate) struct Machine(rustls_platform_verifier::Verifier);

#[cfg(any(target_vendor = "apple", windows))]
impl Machine {
    /// Loads the certificates. Returns an explanation if there are none.
    pub(crate) fn load() -> Result<Self, String> {
        rustls_platform_verifier::Verifier::new(super::provider::PROVIDER.clone())
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// Verifies a server's certificate.
    pub(crate) fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        sent: &[CertificateDer<'_>],
        host: &str,
        now: UnixTime,
    ) -> Result<Result<(), Fault>, rustls::Error> {
        use rustls::client::danger::ServerCertVerifier as _;
        use rustls::{CertificateError, Error};
        let name = match super::x509::address(host) {
            Some(address) => rustls_pki_types::ServerName::from(address),
            None => rustls_pki_types::ServerName::try_from(host)
                .map_err(|_| Error::from(CertificateError::NotValidForName))?,
        };
        match self.0.verify_server_cert(leaf, sent, &name, &[], now) {
            Ok(_) => Ok(Ok(())),
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                Ok(Err(Fault::UnknownAuthority(super::x509::names(leaf), None)))
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(all(test, not(any(target_vendor = "apple", windows))))]
mod tests;
