//! The URL of a proxy. The check of a kubeconfig and the code that connects use the same parser.

use crate::percent::decode;
use std::fmt;

/// A proxy. `Debug` and `Display` do not show its password.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Proxy {
    pub kind: ProxyKind,
    pub host: String,
    pub port: u16,
    /// The user and the password, percent-decoded.
    pub user: Option<(String, String)>,
}

/// The protocol of a proxy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ProxyKind {
    Http,
    Https,
    Socks5,
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.kind {
            ProxyKind::Http => "http",
            ProxyKind::Https => "https",
            ProxyKind::Socks5 => "socks5",
        };
        match self.host.contains(':') {
            true => write!(f, "{scheme}://[{}]:{}", self.host, self.port),
            false => write!(f, "{scheme}://{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Proxy {
    /// Parses a URL as Go does: the scheme is not case-sensitive, and a missing host means this machine. A missing
    /// scheme means `http`, as Go reads the proxy variables; kubectl refuses such a `proxy-url`, but it can mean nothing
    /// else.
    ///
    /// # Errors
    /// A clause that says what is wrong without showing the URL, which may contain a password.
    pub(crate) fn parse(url: &str) -> Result<Self, &'static str> {
        let url = url.trim();
        let (scheme, rest) = url
            .split_once("://")
            .unwrap_or_else(|| ("http", url.trim_start_matches('/')));
        let (kind, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (ProxyKind::Http, 80),
            "https" => (ProxyKind::Https, 443),
            "socks5" | "socks5h" => (ProxyKind::Socks5, 1080),
            _ => return Err("has a scheme other than http, https and socks5"),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (user, address) = match authority.rsplit_once('@') {
            None => (None, authority),
            Some((user, address)) => {
                let (name, password) = user.split_once(':').unwrap_or((user, ""));
                (Some((decode(name), decode(password))), address)
            }
        };
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                let port = match port {
                    "" => default_port,
                    port => port.parse().map_err(|_| "has an invalid port")?,
                };
                (host, port)
            }
            _ => (address, default_port),
        };
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(host) => host,
            None if host.contains([':', '[', ']']) => return Err("has an invalid host"),
            None => host,
        };
        if host
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '\\')
        {
            return Err("has an invalid host");
        }
        if host.is_empty() && authority.is_empty() {
            return Err("names no host");
        }
        Ok(Self {
            kind,
            host: match host {
                "" => "localhost".to_owned(),
                host => host.replacen("%25", "%", 1),
            },
            port,
            user,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxy_is_parsed_and_its_password_is_not_shown() {
        let proxy = Proxy::parse("http://us%65r:p%40ss@proxy.example:3128/").unwrap();
        assert_eq!(proxy.user, Some(("user".into(), "p@ss".into())));
        assert_eq!(
            format!("{proxy} {proxy:?}"),
            "http://proxy.example:3128 http://proxy.example:3128"
        );
        let proxy = Proxy::parse("http://u$er:p^a|ss@proxy").unwrap();
        assert_eq!(proxy.user, Some(("u$er".into(), "p^a|ss".into())));
        assert_eq!(Proxy::parse("socks5://[::1]").unwrap().port, 1080);
        assert_eq!(
            Proxy::parse("http://[fe80::1%25eth0]:1").unwrap().host,
            "fe80::1%eth0"
        );
    }

    #[test]
    fn scheme_defaults_to_http_and_host_to_localhost() {
        for (url, expected) in [
            ("SOCKS5://p", "socks5://p:1080"),
            ("HTTP://:3128", "http://localhost:3128"),
            ("https://[::1]", "https://[::1]:443"),
            ("proxy:3128", "http://proxy:3128"),
            ("127.0.0.1:3128", "http://127.0.0.1:3128"),
            (":3128", "http://localhost:3128"),
            ("//proxy", "http://proxy:80"),
        ] {
            assert_eq!(Proxy::parse(url).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn invalid_proxy_url_is_refused() {
        for url in [
            "ftp://x",
            "user:password",
            "http://",
            "http:///",
            "http://h:x",
            "http://a b",
            "http://::1:2",
            "",
        ] {
            assert!(Proxy::parse(url).is_err(), "{url}");
        }
    }
}
