//! `auth-provider: oidc`: using, refreshing, sharing and writing back tokens.

use super::pki::{Ca, base64};
use super::server::{Act, Server, answer, ok};
use super::{JSON, connector, text};
use crate::connect::{Client, Connector};
use crate::kubeconfig::Kubeconfig;
use crate::record::Reason;
use base64::Engine as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

fn token(name: &str, seconds: i64) -> String {
    let expires = jiff::Timestamp::now().as_second() + seconds;
    let payload = format!(r#"{{"sub":"{name}","exp":{expires}}}"#);
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.c2ln", encode("{}"), encode(&payload))
}

/// A server that is both a cluster and an identity provider, which returns a new token for a refresh token.
struct Idp {
    server: Server,
    new: String,
    ca: String,
}

impl Idp {
    async fn start(refuses_header: bool) -> Self {
        let ca = Ca::new("ca");
        let leaf = ca.server();
        let new = token("new", 3600);
        let port = Arc::new(OnceLock::<u16>::new());
        let (own, given) = (Arc::clone(&port), new.clone());
        let server = Server::start(Some(leaf.config()), move |_, head| {
            let issuer = format!("https://127.0.0.1:{}", own.get().unwrap());
            if head.starts_with("GET /.well-known/openid-configuration ") {
                return Act::Answer(ok(&format!(
                    r#"{{"issuer":"{issuer}","token_endpoint":"{issuer}/token?x=1"}}"#
                )));
            }
            if head.starts_with("POST /token?x=1 ") {
                let close = "Connection: close\r\n";
                if refuses_header && head.contains("authorization: Basic") {
                    let refusal = br#"{"error":"invalid_client"}"#;
                    return Act::Answer(answer("401 Unauthorized", close, refusal));
                }
                let tokens = format!(
                    r#"{{"access_token":"a","token_type":"bearer","id_token":"{given}","refresh_token":"r2"}}"#
                );
                return Act::Answer(answer("200 OK", close, tokens.as_bytes()));
            }
            Act::Answer(ok("rows"))
        })
        .await;
        port.set(server.port).unwrap();
        Self {
            server,
            new,
            ca: base64(&ca.pem),
        }
    }

    /// Writes a kubeconfig in which these users have these tokens.
    fn kubeconfig(&self, users: &[(&str, &str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let url = format!("https://127.0.0.1:{}", self.server.port);
        let mut text = format!(
            "# mine\napiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster: {{server: '{url}', \
             certificate-authority-data: {}}}\nusers:\n",
            self.ca
        );
        for (name, id, refresh) in users {
            text.push_str(&format!(
                "- name: {name}\n  user:\n    auth-provider:\n      name: oidc\n      config:\n        idp-issuer-url: {url}\n        \
                 idp-certificate-authority-data: {}\n        client-id: k\n        client-secret: s  # not a secret\n        \
                 refresh-token: {refresh}\n        id-token: {id}\n",
                self.ca
            ));
        }
        text.push_str("contexts:\n");
        for (name, ..) in users {
            text.push_str(&format!(
                "- {{name: {name}, context: {{cluster: c, user: {name}}}}}\n"
            ));
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        (folder, file)
    }

    /// Counts the requests for tokens.
    fn refreshes(&self) -> usize {
        let requests = self.server.requests();
        requests
            .iter()
            .filter(|head| head.starts_with("POST /token"))
            .count()
    }
}

fn client(connector: &Connector, file: &std::path::Path, context: &str) -> Client {
    let config = Kubeconfig::from_text(&std::fs::read_to_string(file).unwrap(), file).unwrap();
    connector.client(&config.access(context).unwrap()).unwrap()
}

#[tokio::test]
async fn valid_id_token_is_used_without_a_refresh() {
    let idp = Idp::start(false).await;
    let valid = token("old", 3600);
    let (_folder, file) = idp.kubeconfig(&[("a", &valid, "r")]);
    assert_eq!(
        text(&client(&connector(), &file, "a"), "/api").await.unwrap(),
        "rows"
    );
    assert!(idp.server.requests()[0].contains(&format!("authorization: Bearer {valid}\r\n")));
    assert_eq!((idp.server.requests().len(), idp.refreshes()), (1, 0));
}

#[tokio::test]
async fn expired_id_token_is_refreshed_once_and_written_back() {
    for (refuses_header, asked) in [(false, 1), (true, 2)] {
        let idp = Idp::start(refuses_header).await;
        let old = token("old", 5);
        let third = token("third", 5);
        let (folder, file) = idp.kubeconfig(&[("a", &old, "r"), ("b", &old, "r"), ("c", &third, "other")]);
        let before = std::fs::read_to_string(&file).unwrap();
        let connector = connector();
        let clients = ["a", "b", "a"].map(|name| client(&connector, &file, name));
        let all = clients.iter().map(|client| text(client, "/api"));
        for answer in futures_util::future::join_all(all).await {
            assert_eq!(answer.unwrap(), "rows");
        }
        assert_eq!(idp.refreshes(), asked);
        let used = |head: &&String| head.starts_with("GET /api ");
        let requests = idp.server.requests();
        let bearer = format!("authorization: Bearer {}\r\n", idp.new);
        assert!(requests.iter().filter(used).all(|head| head.contains(&bearer)));
        let basic = format!("authorization: Basic {}\r\n", base64("k:s"));
        assert!(requests.iter().any(|head| head.contains(&basic)));
        // The tokens of all users that share the refresh token change, and nothing else.
        let expected = before
            .replace(&old, &idp.new)
            .replace("refresh-token: r\n", "refresh-token: r2\n");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), expected);
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

/// Each connector stands for a process: they share only the file.
#[tokio::test]
async fn processes_that_share_a_refresh_token_use_it_once() {
    let idp = Idp::start(false).await;
    let old = token("old", -3600);
    let (_folder, file) = idp.kubeconfig(&[("a", &old, "r")]);
    let connectors: Vec<Connector> = (0..3).map(|_| connector()).collect();
    let clients: Vec<Client> = connectors.iter().map(|one| client(one, &file, "a")).collect();
    let all = clients.iter().map(|client| text(client, "/api"));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!(answer.unwrap(), "rows");
    }
    assert_eq!(idp.refreshes(), 1);
}

#[tokio::test]
async fn failed_refresh_is_reported_without_secrets() {
    let idp = Idp::start(false).await;
    let old = token("old", -3600);
    for (id, refresh, expected) in [
        (old.as_str(), "''", "no refresh-token to get another one with"),
        ("s3cret", "r", "not a JSON web token"),
    ] {
        let (_folder, file) = idp.kubeconfig(&[("a", id, refresh)]);
        let client = client(&connector(), &file, "a");
        let error = client.get("/api", JSON, None).await.unwrap_err();
        assert_eq!(error.reason, Reason::CredentialPlugin);
        assert!(
            error.message.contains(expected) && error.message.contains("\"a\""),
            "{error}"
        );
        assert!(
            !error.message.contains("s3cret") && !error.message.contains(&old),
            "{error}"
        );
        assert!(error.hint.unwrap().contains("log in again"));
    }
    assert_eq!(idp.refreshes(), 0);
}
