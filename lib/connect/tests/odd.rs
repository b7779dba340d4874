//! Keys and certificates that rustls alone does not accept, on both sides of real handshakes.

use super::forge::{Forged, authority, extension, names};
use super::pki::{Ca, base64, parameters};
use super::server::{Act, Server, ok};
use super::{access, client, connector, text};
use crate::connect::tls::pem;
use crate::connect::tls::private_key::{Key, SCHEMES};
use crate::connect::tls::provider::PROVIDER;
use crate::connect::tls::server_verifier::verify_signature;
use crate::record::Reason;
use rcgen::KeyPair;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    DigitallySignedStruct, DistinguishedName, NamedGroup, ServerConfig, SignatureScheme,
    SupportedProtocolVersion,
};
use rustls_pki_types::{CertificateDer, UnixTime};
use std::sync::{Arc, Mutex};

const VERSIONS: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];

macro_rules! file {
    ($name:literal) => {
        include_str!(concat!("../../../tests/data/x509/", $name, ".pem"))
    };
}

fn certificate(pem: &str) -> CertificateDer<'static> {
    pem::blocks(pem.as_bytes()).remove(0).bytes.into()
}

/// Accepts every client certificate whose key signs, and keeps it.
#[derive(Debug, Default)]
struct Anyone {
    seen: Mutex<Vec<CertificateDer<'static>>>,
    hints: Vec<DistinguishedName>,
}

impl ClientCertVerifier for Anyone {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.seen.lock().unwrap().push(end_entity.clone().into_owned());
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_signature(message, cert, dss, false)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_signature(message, cert, dss, true)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SCHEMES.map(|(scheme, _)| scheme).to_vec()
    }
}

/// Returns the configuration of a server with any certificate and key.
fn config(
    certificate: CertificateDer<'static>,
    key_pem: &str,
    version: &'static SupportedProtocolVersion,
    provider: Arc<CryptoProvider>,
    clients: Option<Arc<Anyone>>,
) -> ServerConfig {
    let block = pem::blocks(key_pem.as_bytes()).remove(0);
    let key = Key::parse(&block.bytes).unwrap();
    let resolver = SingleCertAndKey::from(CertifiedKey::new(vec![certificate], Arc::new(key)));
    let builder = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap();
    match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => builder.with_client_cert_verifier(clients),
    }
    .with_cert_resolver(Arc::new(resolver))
}

async fn serve(config: ServerConfig) -> Server {
    Server::start(Some(config), |_, _| Act::Answer(ok("fine"))).await
}

#[tokio::test]
async fn client_certificates_of_every_kind_are_sent() {
    let ca = Ca::new("kube-ca");
    let server = ca.server();
    let odd_key = KeyPair::generate().unwrap();
    let pem_of = |der: &CertificateDer<'_>| {
        let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    };
    let v1 = pem_of(&Forged::v1("admin").self_signed(&odd_key));
    let critical = extension(&[0x2a, 3, 4, 5], true, &[5, 0]);
    let critical = pem_of(&Forged::new("admin", &[critical]).self_signed(&odd_key));
    let mut negative = Forged::new("admin", &[]);
    negative.serial = vec![0xfb];
    let negative = pem_of(&negative.self_signed(&odd_key));
    let odd_key = odd_key.serialize_pem();
    for (what, certificate_pem, key) in [
        ("version 1", v1.as_str(), odd_key.as_str()),
        ("critical extension", &critical, &odd_key),
        ("negative serial number", &negative, &odd_key),
        ("P-521", file!("p521-sha512"), file!("p521-sha512.key")),
        ("P-521, SEC 1", file!("p521-sha512"), file!("p521.sec1")),
        (
            "P-521, private half",
            file!("p521-sha512"),
            file!("p521.sec1-private-alone"),
        ),
        (
            "P-256, private half",
            file!("p256-sha512"),
            file!("p256.sec1-private-alone"),
        ),
        (
            "P-256, parameters",
            file!("p256-sha512"),
            file!("p256.parameters-before"),
        ),
        ("P-384", file!("p384-sha512"), file!("p384-sha512.key")),
        (
            "RSA 1024, PKCS#1",
            file!("rsa1024-sha256"),
            file!("rsa1024.pkcs1"),
        ),
        ("RSA 1536", file!("rsa1536-sha512"), file!("rsa1536-sha512.key")),
        (
            "RSA 2048, e = 3",
            file!("rsa2048-e3-sha256"),
            file!("rsa2048-e3-sha256.key"),
        ),
        (
            "three primes",
            file!("rsa3072-three-primes"),
            file!("rsa3072-three-primes.key"),
        ),
        ("RSA 8192", file!("rsa8192-sha512"), file!("rsa8192-sha512.key")),
        ("Ed25519", file!("ed25519"), file!("ed25519.key")),
    ] {
        for version in VERSIONS {
            // The server asks for certificates of another authority, and gets this one all the same.
            let clients = Arc::new(Anyone {
                hints: vec![DistinguishedName::in_sequence(b"\x31\x00")],
                ..Anyone::default()
            });
            let config = config(
                server.der.clone(),
                &server.key.serialize_pem(),
                version,
                PROVIDER.clone(),
                Some(clients.clone()),
            );
            let member = serve(config).await;
            let cluster = format!("certificate-authority-data: {}", base64(&ca.pem));
            // With Windows line ends, between other text.
            let key = format!("a comment\r\n{}", key.replace('\n', "\r\n"));
            let user = format!(
                "client-certificate-data: {}\nclient-key-data: {}",
                base64(certificate_pem),
                base64(&key)
            );
            let answer = text(&client(&member, &cluster, &user), "/").await;
            assert_eq!(answer.as_deref().ok(), Some("fine"), "{what}: {answer:?}");
            assert_eq!(
                *clients.seen.lock().unwrap(),
                [certificate(certificate_pem)],
                "{what}"
            );
        }
    }
}

#[tokio::test]
async fn insecure_skip_tls_verify_checks_only_the_key() {
    let key = KeyPair::generate().unwrap();
    let pem = key.serialize_pem();
    let critical = extension(&[0x2a, 3, 4, 5], true, &[5, 0]);
    let mut negative = Forged::new("x", &[]);
    negative.serial = vec![0xfb];
    for (what, server, key) in [
        ("version 1", Forged::v1("x").self_signed(&key), pem.as_str()),
        (
            "critical extension",
            Forged::new("x", &[critical]).self_signed(&key),
            &pem,
        ),
        ("negative serial number", negative.self_signed(&key), &pem),
        (
            "P-521",
            certificate(file!("p521-sha512")),
            file!("p521-sha512.key"),
        ),
        (
            "P-384",
            certificate(file!("p384-sha512")),
            file!("p384-sha512.key"),
        ),
        (
            "RSA 1024",
            certificate(file!("rsa1024-sha256")),
            file!("rsa1024-sha256.key"),
        ),
        (
            "RSA 9216",
            certificate(file!("rsa9216-sha256")),
            file!("rsa9216-sha256.key"),
        ),
    ] {
        for version in VERSIONS {
            let member = serve(config(server.clone(), key, version, PROVIDER.clone(), None)).await;
            let answer = text(&client(&member, "insecure-skip-tls-verify: true", ""), "/").await;
            assert_eq!(answer.as_deref().ok(), Some("fine"), "{what}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn server_without_its_certificates_key_is_refused() {
    let (own, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let certificate = Forged::v1("x").self_signed(&own);
    for version in VERSIONS {
        let config = config(
            certificate.clone(),
            &other.serialize_pem(),
            version,
            PROVIDER.clone(),
            None,
        );
        let member = serve(config).await;
        let error = text(&client(&member, "insecure-skip-tls-verify: true", ""), "/")
            .await
            .unwrap_err();
        assert_eq!(error.reason, Reason::Tls);
        assert!(
            error
                .message
                .contains("did not prove that it has the certificate's key"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_server_may_exchange_keys_on_p521_alone() {
    let mut provider = CryptoProvider::clone(&PROVIDER);
    provider
        .kx_groups
        .retain(|group| group.name() == NamedGroup::secp521r1);
    let (provider, trusted) = (Arc::new(provider), file!("p521-sha512"));
    for version in VERSIONS {
        let server = certificate(trusted);
        let member = serve(config(
            server,
            file!("p521-sha512.key"),
            version,
            provider.clone(),
            None,
        ))
        .await;
        let cluster = format!("certificate-authority-data: {}", base64(trusted));
        assert_eq!(text(&client(&member, &cluster, ""), "/").await.unwrap(), "fine");
    }
}

#[tokio::test]
async fn names_that_rustls_cannot_represent_are_verified() {
    let key = KeyPair::generate().unwrap();
    let long = format!("{}.example", "a".repeat(64));
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1];
    let of = |dns: &[&str], address: &[u8]| {
        Forged::new("x", &[names(dns, &[address]), authority(true, None)]).self_signed(&key)
    };
    for (certificate, name, expected) in [
        (of(&["-a.example.com"], &mapped), "-a.example.com", true),
        (of(&["123.456"], &mapped), "123.456", true),
        (of(&[&long], &mapped), long.as_str(), true),
        (of(&["*.com"], &mapped), "example.com", true),
        (of(&["a"], &mapped), "[::ffff:10.0.0.1]", true),
        (of(&["a"], &mapped), "10.0.0.1", true),
        (of(&["b.example.com"], &mapped), "-a.example.com", false),
        (of(&["ok.example.com"], &mapped), "'\" ok.example.com\"'", false),
    ] {
        let pem = format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &certificate)
        );
        let config = config(
            certificate,
            &key.serialize_pem(),
            &rustls::version::TLS13,
            PROVIDER.clone(),
            None,
        );
        let member = serve(config).await;
        let name = name.trim_matches('\'').trim_matches('"');
        let cluster = format!(
            "certificate-authority-data: {}\ntls-server-name: \"{name}\"",
            base64(&pem)
        );
        match text(&client(&member, &cluster, ""), "/").await {
            Ok(answer) => assert!(expected && answer == "fine", "{name}"),
            Err(error) => assert!(
                !expected && error.message.contains(&format!("not for {name}")),
                "{name}: {error}"
            ),
        }
    }
}

#[tokio::test]
async fn addresses_are_verified_however_they_are_written() {
    let ca = Ca::new("kube-ca");
    let leaf = ca.issue(&parameters("server", &["127.0.0.1"]));
    let member = Server::start(Some(leaf.config()), |_, _| Act::Answer(ok("fine"))).await;
    let cluster = format!("certificate-authority-data: {}", base64(&ca.pem));
    for host in ["127.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"] {
        let url = format!("https://{host}:{}", member.port);
        let client = connector().client(&access(&url, &cluster, "")).unwrap();
        assert_eq!(text(&client, "/").await.unwrap(), "fine", "{host}");
    }
}

#[test]
fn unusable_keys_are_refused_with_a_reason() {
    let certificate = base64(file!("p256-sha512"));
    let ca = "insecure-skip-tls-verify: true";
    for (key, expected) in [
        (
            file!("p256.encrypted"),
            "client-key-data of context \"test\" is encrypted",
        ),
        (file!("p256.encrypted-headers"), "is encrypted"),
        (file!("p256-sha512"), "holds a certificate and no private key"),
        (
            file!("p521-sha512.key"),
            "does not belong to its client-certificate-data",
        ),
        (
            file!("rsa1024.pkcs1"),
            "does not belong to its client-certificate-data",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "client-key-data of context \"test\" is not DER",
        ),
        (
            // X25519, which cannot sign.
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n",
            "is neither an RSA, an ECDSA nor an Ed25519 key",
        ),
    ] {
        let user = format!(
            "client-certificate-data: {certificate}\nclient-key-data: {}",
            base64(key)
        );
        let error = connector()
            .client(&access("https://127.0.0.1", ca, &user))
            .unwrap_err();
        assert_eq!(error.reason, Reason::Unresolved);
        assert!(error.message.contains(expected), "{error}");
        assert!(!error.message.contains("BEGIN"), "{error}");
    }
    let exchanged = format!(
        "client-certificate-data: {}\nclient-key-data: {certificate}",
        base64(file!("p256.sec1-private-alone"))
    );
    let error = connector()
        .client(&access("https://127.0.0.1", ca, &exchanged))
        .unwrap_err();
    assert!(error.message.contains("were the two exchanged?"), "{error}");
}

#[tokio::test]
async fn certificate_errors_name_the_certificate_without_its_bytes() {
    let (root, leaf) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let pem = |der: &CertificateDer<'_>| {
        format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der)
        )
    };
    let server = Forged::new("server", &[names(&[], &[&[127, 0, 0, 1]])]).signed(&leaf, "Kube CA", &root);
    let old = Forged {
        not_after: "20250101000000Z",
        ..Forged::new("Kube CA", &[authority(true, None)])
    };
    let critical = extension(&[0x2a, 3, 4, 5], true, &[5, 0]);
    for (root, expected) in [
        (
            old.self_signed(&root),
            format!("and the certificate of \"Kube CA\" in certificate-authority {} expired on 2025-01-01T00:00:00Z, ", file.display()),
        ),
        (
            Forged::new("Kube CA", &[authority(false, None)]).self_signed(&root),
            format!("certificate-authority {} cannot be its issuer: its basic constraints say that it is not a CA", file.display()),
        ),
        (
            Forged::new("Kube CA", &[authority(true, None), critical]).self_signed(&root),
            "has a critical extension that is not understood (1.2.3.4.5)".to_owned(),
        ),
        (
            Forged::new("Other CA", &[authority(true, None)]).self_signed(&root),
            "signed by unknown authority: it was issued by \"Kube CA\", and the context's certificate authority did not issue it".to_owned(),
        ),
    ] {
        std::fs::write(&file, pem(&root)).unwrap();
        let config = config(
            server.clone(),
            &leaf.serialize_pem(),
            &rustls::version::TLS13,
            PROVIDER.clone(),
            None,
        );
        let member = serve(config).await;
        let cluster = format!("certificate-authority: {}", file.display());
        let error = text(&client(&member, &cluster, ""), "/").await.unwrap_err();
        assert_eq!(error.reason, Reason::Tls);
        assert!(error.message.contains(&expected), "{error}");
        assert!(error.message.len() < 400 && !error.message.contains(", 42,"), "{error}");
    }
    let mut negative = Forged::new("Kube CA", &[authority(true, None)]);
    negative.serial = vec![0xfb];
    std::fs::write(&file, pem(&negative.self_signed(&root))).unwrap();
    let error = connector()
        .client(&access(
            "https://127.0.0.1",
            &format!("certificate-authority: {}", file.display()),
            "",
        ))
        .unwrap_err();
    assert!(
        error.message.ends_with(
            "holds no certificate that can be used: of \"Kube CA\", its serial number is negative"
        ),
        "{error}"
    );
}
