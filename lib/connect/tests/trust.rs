//! Certificates of servers and clients.

use super::pki::{Ca, Leaf, base64, parameters, self_signed};
use super::server::{Act, Server, ok};
use super::{access, client, connector, text};
use crate::connect::Error;
use crate::record::Reason;
use rcgen::{BasicConstraints, IsCa, date_time_ymd};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn bundle(pem: &str) -> String {
    format!("certificate-authority-data: {}", base64(pem))
}

/// Requests something from a server with this certificate, with these fields in the client's kubeconfig.
async fn ask(leaf: &Leaf, cluster: &str) -> Result<String, Error> {
    let server = Server::start(Some(leaf.config()), |_, _| Act::Answer(ok("fine"))).await;
    let answer = text(&client(&server, cluster, ""), "/version").await;
    assert_eq!(server.connections(), 1);
    answer
}

fn ca_true(name: &str, names: &[&str]) -> rcgen::CertificateParams {
    let mut parameters = parameters(name, names);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters
}

#[tokio::test]
async fn server_certificate_of_the_ca_is_trusted() {
    let ca = Ca::new("kube-ca");
    assert_eq!(ask(&ca.server(), &bundle(&ca.pem)).await.unwrap(), "fine");
}

#[tokio::test]
async fn certificates_that_go_accepts_and_webpki_does_not() {
    let ca = Ca::new("kube-ca");
    let pinned = ca.server();
    assert_eq!(ask(&pinned, &bundle(&pinned.pem)).await.unwrap(), "fine");
    let own = self_signed(&ca_true("own", &["127.0.0.1"]));
    assert_eq!(ask(&own, &bundle(&own.pem)).await.unwrap(), "fine");
    let own = self_signed(&parameters("own", &["127.0.0.1"]));
    assert_eq!(
        ask(&own, &bundle(&format!("{}{}", ca.pem, own.pem)))
            .await
            .unwrap(),
        "fine"
    );
}

#[tokio::test]
async fn trusted_leaf_must_be_valid() {
    let mut old = ca_true("old", &["127.0.0.1"]);
    old.not_before = date_time_ymd(2001, 1, 1);
    old.not_after = date_time_ymd(2002, 1, 1);
    let old = self_signed(&old);
    let error = ask(&old, &bundle(&old.pem)).await.unwrap_err();
    assert_eq!(error.reason, Reason::Tls);
    assert!(
        error.message.contains("expired on 2002-01-01T00:00:00Z"),
        "{error}"
    );
    let other = self_signed(&ca_true("other", &["elsewhere"]));
    let error = ask(&other, &bundle(&other.pem)).await.unwrap_err();
    assert!(
        error
            .message
            .contains("is valid for elsewhere, not for 127.0.0.1"),
        "{error}"
    );
}

#[tokio::test]
async fn invalid_certificates_are_reported_with_a_reason() {
    let ca = Ca::new("kube-ca");
    let stranger = Ca::new("Corporate Proxy CA");

    let error = ask(&stranger.server(), &bundle(&ca.pem)).await.unwrap_err();
    assert_eq!(error.reason, Reason::Tls);
    assert!(
        error
            .message
            .contains("unknown authority: it was issued by \"Corporate Proxy CA\""),
        "{error}"
    );
    assert!(error.hint.is_some());

    let own = self_signed(&parameters("own", &["127.0.0.1"]));
    let error = ask(&own, &bundle(&ca.pem)).await.unwrap_err();
    assert!(error.message.contains("it signed itself (\"own\")"), "{error}");

    let mut expired = parameters("server", &["127.0.0.1"]);
    expired.not_after = date_time_ymd(2020, 5, 1);
    let error = ask(&ca.issue(&expired), &bundle(&ca.pem)).await.unwrap_err();
    assert!(
        error.message.contains("expired on 2020-05-01T00:00:00Z, "),
        "{error}"
    );

    let mut early = parameters("server", &["127.0.0.1"]);
    early.not_before = date_time_ymd(2500, 1, 1);
    early.not_after = date_time_ymd(2501, 1, 1);
    let error = ask(&ca.issue(&early), &bundle(&ca.pem)).await.unwrap_err();
    assert!(
        error.message.contains("is not valid before 2500-01-01T00:00:00Z"),
        "{error}"
    );

    let elsewhere = ca.issue(&parameters("127.0.0.1", &["a.example", "10.0.0.1"]));
    let error = ask(&elsewhere, &bundle(&ca.pem)).await.unwrap_err();
    assert!(
        error
            .message
            .contains("is valid for a.example, 10.0.0.1, not for 127.0.0.1"),
        "{error}"
    );
    assert!(error.hint.unwrap().contains("tls-server-name"));

    let nameless = ca.issue(&parameters("127.0.0.1", &[]));
    let error = ask(&nameless, &bundle(&ca.pem)).await.unwrap_err();
    assert!(error.message.contains("a common name does not count"), "{error}");
}

#[tokio::test]
async fn tls_server_name_and_insecure_skip_tls_verify() {
    let ca = Ca::new("kube-ca");
    let elsewhere = ca.issue(&parameters("server", &["a.example"]));
    let named = format!("{}\ntls-server-name: a.example", bundle(&ca.pem));
    assert_eq!(ask(&elsewhere, &named).await.unwrap(), "fine");
    assert_eq!(
        ask(&elsewhere, "insecure-skip-tls-verify: true").await.unwrap(),
        "fine"
    );
    // The roots of this machine.
    let error = ask(&elsewhere, "tls-server-name: a.example").await.unwrap_err();
    assert_eq!(error.reason, Reason::Tls, "{error}");
    let both = format!("{}\ninsecure-skip-tls-verify: true", bundle(&ca.pem));
    let error = connector()
        .client(&access("https://127.0.0.1", &both, ""))
        .unwrap_err();
    assert_eq!(error.reason, Reason::Unresolved);
}

#[tokio::test]
async fn client_certificate_is_accepted_by_the_server() {
    let ca = Ca::new("kube-ca");
    let user = ca.issue(&parameters("alice", &[]));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    std::fs::write(&file, user.key.serialize_pem()).unwrap();
    let fields = format!(
        "client-certificate-data: {}\nclient-key: {}",
        base64(&user.pem),
        file.display()
    );
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let config = ca.server().config_for_clients_of(&ca, version);
        let server = Server::start(Some(config), |_, _| Act::Answer(ok("fine"))).await;
        assert_eq!(
            text(&client(&server, &bundle(&ca.pem), &fields), "/")
                .await
                .unwrap(),
            "fine"
        );
        let error = text(&client(&server, &bundle(&ca.pem), ""), "/")
            .await
            .unwrap_err();
        assert_eq!(error.reason, Reason::Tls, "{error}");
        assert!(
            error.message.contains("certificate") || error.message.contains("handshake failure"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn unusable_client_certificates_name_their_field() {
    let ca = Ca::new("kube-ca");
    let (one, other) = (ca.server(), ca.server());
    let (certificate, wrong_key) = (base64(&one.pem), base64(&other.key.serialize_pem()));
    for (cluster, user, expected) in [
        (
            "certificate-authority-data: '!'".to_owned(),
            String::new(),
            "certificate-authority-data of context \"test\" is not base64",
        ),
        (
            format!("certificate-authority-data: {}", base64("x")),
            String::new(),
            "holds no certificate in PEM",
        ),
        (
            "certificate-authority: /not/there".to_owned(),
            String::new(),
            "cannot read certificate-authority /not/there of context \"test\": no such file",
        ),
        (
            bundle(&ca.pem),
            format!("client-certificate-data: {certificate}\nclient-key-data: {wrong_key}"),
            "client-key-data of context \"test\" does not belong to its client-certificate-data",
        ),
        (
            bundle(&ca.pem),
            format!("client-certificate-data: {certificate}\nclient-key-data: {certificate}"),
            "holds a certificate and no private key",
        ),
        (
            bundle(&ca.pem),
            format!("client-certificate-data: {certificate}\nclient-key: /not/there"),
            "cannot read client-key /not/there",
        ),
    ] {
        let error = connector()
            .client(&access("https://127.0.0.1", &cluster, &user))
            .unwrap_err();
        assert_eq!(error.reason, Reason::Unresolved);
        assert!(error.message.contains(expected), "{error}");
    }
}

#[test]
fn tls_configurations_are_shared() {
    let ca = Ca::new("kube-ca");
    let connector = connector();
    let tls = &connector.shared.tls;
    let get = |cluster: &str| {
        let access = access("https://127.0.0.1", cluster, "");
        let trust = crate::connect::tls::Trust::of("c", &access.cluster).unwrap();
        tls.get("c", &trust, None).unwrap()
    };
    let one = get(&bundle(&ca.pem));
    assert!(Arc::ptr_eq(&one, &get(&bundle(&ca.pem))));
    assert!(!Arc::ptr_eq(&one, &get("insecure-skip-tls-verify: true")));
}

#[tokio::test]
async fn handshake_that_breaks_is_tried_again_once() {
    let ca = Ca::new("kube-ca");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let config = Arc::new(ca.server().config());
    tokio::spawn(async move {
        drop(listener.accept().await.unwrap());
        let (tcp, _) = listener.accept().await.unwrap();
        let mut stream = tokio_rustls::TlsAcceptor::from(config).accept(tcp).await.unwrap();
        stream.read_u8().await.unwrap();
        stream.write_all(&ok("fine")).await.unwrap();
        stream.flush().await.unwrap();
        // A third connection would be refused.
        drop(listener);
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let client = connector().client(&access(&url, &bundle(&ca.pem), "")).unwrap();
    assert_eq!(text(&client, "/").await.unwrap(), "fine");
}

#[tokio::test]
async fn server_without_tls_is_reported() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_u8().await.unwrap();
        stream
            .write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    });
    let client = connector()
        .client(&access(&url, "insecure-skip-tls-verify: true", ""))
        .unwrap();
    let error = text(&client, "/").await.unwrap_err();
    assert_eq!(
        (error.reason, error.message),
        (Reason::Tls, format!("{url} does not speak TLS"))
    );
}
