//! The floor: the requests that kubectl-mc must make at least, all at once on one thread, the bytes thrown
//! away. It reads no more of the kubeconfig than where the members are.
//!
//! It asks for nothing to be compressed, as kubectl and kubectl-mc do for the sake of slower networks than this
//! one: to have the bytes it would have to decompress them, which costs more than to receive them.

use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

/// The Accept header of kubectl where it prints a table.
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

struct Member {
    authority: String,
    token: Option<String>,
    tls: TlsConnector,
}

/// Fetches all pods of every member, as Tables or whole, and says when the first answer has come.
pub fn run(kubeconfig: &Path, whole: bool) {
    let accept = if whole { "application/json" } else { TABLE };
    let members = members(kubeconfig);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for member in members {
            tasks.spawn(fetch(member, accept));
        }
        let mut is_first = true;
        while tasks.join_next().await.is_some() {
            if std::mem::take(&mut is_first) {
                println!("answered");
            }
        }
    });
}

async fn fetch(member: Member, accept: &str) -> usize {
    let stream = TcpStream::connect(&member.authority).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let stream = member.tls.connect(name, stream).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let mut request = hyper::Request::get("/api/v1/pods")
        .header("host", &member.authority)
        .header("accept", accept);
    if let Some(token) = &member.token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let response = sender
        .send_request(request.body(Empty::<bytes::Bytes>::new()).unwrap())
        .await
        .unwrap();
    let mut body = response.into_body();
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        bytes += frame.unwrap().data_ref().map_or(0, bytes::Bytes::len);
    }
    bytes
}

fn members(kubeconfig: &Path) -> Vec<Member> {
    use base64::Engine as _;
    let text = std::fs::read_to_string(kubeconfig).unwrap();
    let config: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    let named = |list: &str, name: &serde_json::Value| {
        config[list]
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["name"] == *name)
            .unwrap()
            .clone()
    };
    let decode = |value: &serde_json::Value| {
        base64::engine::general_purpose::STANDARD
            .decode(value.as_str().unwrap())
            .unwrap()
    };
    let mut shared: Option<(Vec<u8>, TlsConnector)> = None;
    let mut members = Vec::new();
    for context in config["contexts"].as_array().unwrap() {
        if context["name"] == "hub" {
            continue;
        }
        let cluster = named("clusters", &context["context"]["cluster"])["cluster"].clone();
        let user = named("users", &context["context"]["user"])["user"].clone();
        let ca = decode(&cluster["certificate-authority-data"]);
        let certificate = user
            .get("client-certificate-data")
            .map(|data| (decode(data), decode(&user["client-key-data"])));
        let tls = match (&shared, &certificate) {
            (Some((shared_ca, tls)), None) if *shared_ca == ca => tls.clone(),
            _ => connector(&ca, certificate.clone()),
        };
        if certificate.is_none() {
            shared = Some((ca, tls.clone()));
        }
        members.push(Member {
            authority: cluster["server"]
                .as_str()
                .unwrap()
                .trim_start_matches("https://")
                .to_owned(),
            token: user
                .get("token")
                .and_then(|token| token.as_str())
                .map(str::to_owned),
            tls,
        });
    }
    members
}

fn connector(ca: &[u8], certificate: Option<(Vec<u8>, Vec<u8>)>) -> TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let mut provider = rustls::crypto::ring::default_provider();
    // In mc-exec's order, so that both shake hands alike.
    provider.cipher_suites.sort_by_key(|suite| {
        suite
            .suite()
            .as_str()
            .is_some_and(|name| name.ends_with("SHA384"))
    });
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = config.with_root_certificates(roots);
    let config = match certificate {
        None => config.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = CertificateDer::pem_slice_iter(&chain)
                .map(Result::unwrap)
                .collect();
            let key = rustls_pki_types::PrivateKeyDer::from_pem_slice(&key).unwrap();
            config.with_client_auth_cert(chain, key).unwrap()
        }
    };
    TlsConnector::from(Arc::new(config))
}
