//! Credential plugins together with servers.

use super::pki::{Ca, base64, parameters};
use super::server::{Act, Server, answer, ok};
use super::{client, text};
use crate::record::Reason;
use std::path::Path;

fn user(folder: &Path, status: &str) -> String {
    let answer = format!(
        r#"{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{status}}}"#
    );
    std::fs::write(folder.join("answer"), answer).unwrap();
    // RUNS in the answer is replaced by the number of the run.
    let line = format!(
        "cd {}; echo run >> runs; sed \"s/RUNS/$(wc -l < runs | tr -d ' ')/\" answer",
        folder.display()
    );
    let line = serde_json::to_string(&line).unwrap();
    format!(
        "exec: {{apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, args: [-c, {line}], interactiveMode: Never}}"
    )
}

#[tokio::test]
async fn refused_token_is_replaced_once() {
    let ca = Ca::new("kube-ca");
    let cluster = format!("certificate-authority-data: {}", base64(&ca.pem));
    let accept = |wanted: &'static str| {
        move |_: usize, head: &str| {
            if head.contains(wanted) {
                Act::Answer(ok("fine"))
            } else {
                Act::Answer(answer("401 Unauthorized", "", b"no"))
            }
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let exec = user(folder.path(), r#"{"token":"token-RUNS"}"#);
    let server = Server::start(
        Some(ca.server().config()),
        accept("authorization: Bearer token-2\r\n"),
    )
    .await;
    let asking = client(&server, &cluster, &exec);
    assert_eq!(text(&asking, "/").await.unwrap(), "fine");
    assert_eq!(text(&asking, "/").await.unwrap(), "fine");
    assert_eq!((server.requests().len(), server.connections()), (3, 1));

    let folder = tempfile::tempdir().unwrap();
    let exec = user(folder.path(), r#"{"token":"token-RUNS"}"#);
    let server = Server::start(Some(ca.server().config()), accept("nobody")).await;
    let error = text(&client(&server, &cluster, &exec), "/").await.unwrap_err();
    assert_eq!((error.reason, server.requests().len()), (Reason::Unauthorized, 2));
    assert!(
        error
            .hint
            .unwrap()
            .contains("the credential plugin sh is not accepted")
    );
}

#[tokio::test]
async fn plugin_may_return_a_token_and_a_certificate() {
    let ca = Ca::new("kube-ca");
    let alice = ca.issue(&parameters("alice", &[]));
    let status = serde_json::json!({
        "token": "t", "clientCertificateData": alice.pem, "clientKeyData": alice.key.serialize_pem(),
    });
    let folder = tempfile::tempdir().unwrap();
    let exec = user(folder.path(), &status.to_string());
    let config = ca.server().config_for_clients_of(&ca, &rustls::version::TLS13);
    let server = Server::start(Some(config), |_, head| {
        match head.contains("authorization: Bearer t\r\n") {
            true => Act::Answer(ok("fine")),
            false => Act::Answer(answer("401 Unauthorized", "", b"")),
        }
    })
    .await;
    let cluster = format!("certificate-authority-data: {}", base64(&ca.pem));
    let asking = client(&server, &cluster, &exec);
    for _ in 0..2 {
        assert_eq!(text(&asking, "/").await.unwrap(), "fine");
    }
    assert_eq!(server.connections(), 1);
}

/// A connection is authenticated by the certificate that it was made with.
#[tokio::test]
async fn renewed_certificate_takes_a_new_connection() {
    let ca = Ca::new("kube-ca");
    let folder = tempfile::tempdir().unwrap();
    for run in ["1", "2"] {
        let alice = ca.issue(&parameters("alice", &[]));
        let answer = serde_json::json!({
            "apiVersion": "client.authentication.k8s.io/v1",
            "kind": "ExecCredential",
            "status": {"clientCertificateData": alice.pem, "clientKeyData": alice.key.serialize_pem()},
        });
        std::fs::write(folder.path().join(run), answer.to_string()).unwrap();
    }
    let line = "echo run >> runs; cat $(wc -l < runs)";
    let line = serde_json::to_string(&format!("cd {}; {line}", folder.path().display())).unwrap();
    let exec = format!(
        "exec: {{apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, args: [-c, {line}], interactiveMode: Never}}"
    );
    let config = ca.server().config_for_clients_of(&ca, &rustls::version::TLS13);
    let server = Server::start(Some(config), |number, _| match number {
        1 => Act::Answer(answer("401 Unauthorized", "", b"")),
        _ => Act::Answer(ok("fine")),
    })
    .await;
    let cluster = format!("certificate-authority-data: {}", base64(&ca.pem));
    let asking = client(&server, &cluster, &exec);
    for _ in 0..3 {
        assert_eq!(text(&asking, "/").await.unwrap(), "fine");
    }
    assert_eq!((server.requests().len(), server.connections()), (4, 2));
}
