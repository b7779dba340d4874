//! The address of an API server, parsed once.

use super::error::Error;
use crate::record::Reason;
use http::HeaderValue;

/// The address of a cluster's API server.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// True if the server speaks TLS.
    pub https: bool,
    /// A name or an IP address, without brackets.
    pub host: String,
    /// The port; the scheme's default if the address has none.
    pub port: u16,
    /// The Host header.
    pub authority: HeaderValue,
    /// The prefix of every request's path. Empty, or it begins with a slash and does not end with one.
    pub base: String,
    /// The address for messages: scheme, host, port and base path.
    pub shown: String,
}

impl Server {
    /// Reads the `server` of a kubeconfig's cluster. Without a scheme it is http, as in client-go
    /// (`rest.DefaultServerURL`).
    pub(crate) fn parse(context: &str, server: &str) -> Result<Self, Error> {
        let wrong = |what: &str| {
            Error::unresolved(format!("the server of context \"{context}\" {what}"))
                .with_hint("correct the cluster's server in the kubeconfig; it looks like https://host:6443")
        };
        let server = server.trim();
        if server.is_empty() {
            return Err(wrong("is not given"));
        }
        let with_scheme;
        let text = if server.contains("://") {
            server
        } else {
            with_scheme = format!("http://{server}");
            &with_scheme
        };
        let text = text.split(['?', '#']).next().unwrap_or_default();
        let (text, zone) = without_zone(text).ok_or_else(|| wrong("has a malformed IPv6 zone"))?;
        // An address that does not parse is not shown: it may contain a password.
        let uri: http::Uri = text.parse().map_err(|_| wrong("is not a URL"))?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong("must be an https:// or http:// URL")),
        };
        let authority = uri.authority().ok_or_else(|| wrong("names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong(
                "holds a user name: credentials belong to the user, not to the address",
            ));
        }
        let host = authority.host().trim_matches(['[', ']']);
        if host.is_empty() {
            return Err(wrong("names no host"));
        }
        let default_port = if https { 443 } else { 80 };
        let port = match authority.as_str()[authority.host().len()..].strip_prefix(':') {
            None | Some("") => default_port,
            Some(port) => port.parse().map_err(|_| wrong("has a malformed port"))?,
        };
        let zone = zone.map_or_else(String::new, |zone| format!("%{zone}"));
        let shown_authority = match zone.is_empty() {
            true => authority.to_string(),
            false => authority
                .as_str()
                .replacen(']', &format!("%25{}]", &zone[1..]), 1),
        };
        let base = uri.path().trim_end_matches('/').to_owned();
        Ok(Self {
            https,
            host: format!("{host}{zone}"),
            port,
            // The zone is this machine's own name for an interface, so the server must not see it.
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| wrong("is not a URL"))?,
            shown: format!(
                "{}://{shown_authority}{base}",
                if https { "https" } else { "http" }
            ),
            base,
        })
    }

    /// Returns the target of a request: a path and query, or the whole URL for a proxy that forwards it.
    pub(crate) fn target(&self, path_and_query: &str, is_forwarded: bool) -> Result<http::Uri, Error> {
        let origin = if is_forwarded {
            let host = self.host.split('%').next().unwrap_or_default();
            format!("http://{}", host_and_port(host, self.port))
        } else {
            String::new()
        };
        format!("{origin}{path_and_query}").parse().map_err(|_| {
            Error::new(
                Reason::BadRequest,
                format!(
                    "\"{path_and_query}\" is not a valid request path for {}",
                    self.shown
                ),
            )
        })
    }

    /// Returns `host:port`, with brackets around an IPv6 address.
    pub(crate) fn host_and_port(&self) -> String {
        host_and_port(&self.host, self.port)
    }
}

/// Splits the zone off a URL's IPv6 address (`[fe80::1%25eth0]`, or with a plain `%`): the interface of this machine that
/// leads to the address. `None` if the zone is malformed.
fn without_zone(url: &str) -> Option<(String, Option<String>)> {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let end = url[authority..].find('/').map_or(url.len(), |at| authority + at);
    let host = &url[authority..end];
    let (Some(percent), Some(bracket)) = (host.find('%'), host.find(']')) else {
        return Some((url.to_owned(), None));
    };
    if !host.starts_with('[') || percent > bracket {
        return Some((url.to_owned(), None));
    }
    let zone = &host[percent + 1..bracket];
    let zone = zone.strip_prefix("25").unwrap_or(zone);
    let is_zone = !zone.is_empty()
        && zone
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-~".contains(&byte));
    let without = format!("{}{}", &url[..authority + percent], &url[authority + bracket..]);
    is_zone.then(|| (without, Some(zone.to_owned())))
}

/// Returns `host:port`, with brackets around an IPv6 address.
pub(crate) fn host_and_port(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::Server;

    fn parts(server: &str) -> (bool, String, u16, String, String) {
        let server = Server::parse("c", server).unwrap();
        (server.https, server.host, server.port, server.base, server.shown)
    }

    #[test]
    fn server_addresses_are_parsed() {
        assert_eq!(
            parts("https://10.0.0.1:6443"),
            (
                true,
                "10.0.0.1".into(),
                6443,
                String::new(),
                "https://10.0.0.1:6443".into()
            )
        );
        assert_eq!(
            parts("https://rancher.example/k8s/clusters/c-xyz/?a=b#c"),
            (
                true,
                "rancher.example".into(),
                443,
                "/k8s/clusters/c-xyz".into(),
                "https://rancher.example/k8s/clusters/c-xyz".into()
            )
        );
        assert_eq!(
            parts("https://[fd00::1]:6443/"),
            (
                true,
                "fd00::1".into(),
                6443,
                String::new(),
                "https://[fd00::1]:6443".into()
            )
        );
        assert_eq!(
            parts("localhost:8080"),
            (
                false,
                "localhost".into(),
                8080,
                String::new(),
                "http://localhost:8080".into()
            )
        );
        assert_eq!(parts("http://host").2, 80);
        let zoned = |server: &str| {
            let server = Server::parse("c", server).unwrap();
            let authority = server.authority.to_str().unwrap().to_owned();
            (server.host, authority, server.shown)
        };
        let expected = (
            "fe80::1%eth0".to_owned(),
            "[fe80::1]:6443".to_owned(),
            "https://[fe80::1%25eth0]:6443/base".to_owned(),
        );
        assert_eq!(zoned("https://[fe80::1%25eth0]:6443/base/"), expected);
        assert_eq!(zoned("https://[fe80::1%eth0]:6443/base"), expected);
    }

    #[test]
    fn malformed_server_addresses_are_refused_without_showing_them() {
        for server in [
            "",
            "ftp://host",
            "https://",
            "https://u:secret@host",
            "https://host:99999",
            "https://ho st",
            "https://ho%25st",
            "https://[fe80::1%25]:1",
            "https://[fe80::1%25a b]:1",
            "https://[fe80::1%25a/b]:1",
        ] {
            let error = Server::parse("prod", server).unwrap_err();
            assert!(error.message.contains("\"prod\""), "{error}");
            assert!(!error.message.contains("secret"), "{error}");
        }
    }
}
