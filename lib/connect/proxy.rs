//! The proxy for a server: the cluster's own proxy-url, or the environment's by Go's rules
//! (`golang.org/x/net/http/httpproxy`). hyper-util has a matcher too, but it follows curl, whose rules differ: no ports, no
//! exception for loopback, and ALL_PROXY, which Go does not know.

use super::address::Server;
use super::authorization::basic;
use super::error::Error;
use super::text::non_empty;
pub(crate) use crate::kubeconfig::{Proxy, ProxyKind as Kind};
use http::HeaderValue;
use ipnet::IpNet;
use std::net::IpAddr;

impl Proxy {
    /// Returns the proxy for a cluster: its own, which NO_PROXY does not affect, or the environment's.
    pub(crate) fn of(
        context: &str,
        proxy_url: Option<&str>,
        environment: &Environment,
        server: &Server,
    ) -> Result<Option<Self>, Error> {
        let (place, parsed) = match non_empty(proxy_url) {
            Some(url) => (
                format!("the proxy-url of context \"{context}\""),
                Self::parse(url).map(Some),
            ),
            None => {
                let variable = if server.https { "HTTPS_PROXY" } else { "HTTP_PROXY" };
                (variable.to_owned(), environment.proxy(server))
            }
        };
        parsed.map_err(|what| {
            Error::unresolved(format!("{place} {what}"))
                .with_hint("a proxy is written http://[user:password@]host:port, https://… or socks5://…")
        })
    }

    /// Describes the way to a server for messages.
    pub(crate) fn to_server(&self, server: &Server) -> String {
        format!("the proxy {self} that leads to {}", server.shown)
    }

    /// Adds advice to the error for a proxy that cannot be reached.
    pub(crate) fn not_reached(&self, error: Error) -> Error {
        match error.hint {
            Some(_) => error,
            None => error.with_hint(
                "check that the proxy is up; its address is proxy-url of the cluster in the kubeconfig, or else HTTPS_PROXY",
            ),
        }
    }

    /// Creates the error for a proxy that does not connect to a server.
    pub(crate) fn refused(&self, server: &Server, what: &str) -> Error {
        Error::connect(format!(
            "the proxy {self} does not connect to {}: {what}",
            server.shown
        ))
    }

    /// Returns the Proxy-Authorization header, if the proxy has a user.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        let (user, password) = self.user.as_ref()?;
        basic(user, password)
    }
}

/// The proxies that the environment sets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    http: Option<Result<Proxy, &'static str>>,
    https: Option<Result<Proxy, &'static str>>,
    exceptions: Vec<Exception>,
}

/// An entry of NO_PROXY.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Exception {
    /// `*`
    All,
    Range(IpNet),
    /// An address, and a port if one is given.
    Address(IpAddr, Option<String>),
    /// A domain with a leading dot, true if the domain itself is meant too, and a port if one is given.
    Domain(String, bool, Option<String>),
}

impl Environment {
    /// Reads this process's environment.
    pub(crate) fn from_env() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// Reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in upper or lower case.
    pub(crate) fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let any = |name: &str| {
            [name.to_owned(), name.to_lowercase()]
                .iter()
                .filter_map(|name| lookup(name))
                .find(|value| !value.is_empty())
        };
        let proxy = |name: &str| any(name).map(|value| Proxy::parse(&value));
        let exceptions = any("NO_PROXY").unwrap_or_default();
        Self {
            // In a CGI script HTTP_PROXY comes from the request's Proxy header (golang.org/s/cgihttpproxy).
            http: proxy("HTTP_PROXY")
                .filter(|_| lookup("REQUEST_METHOD").is_none_or(|value| value.is_empty())),
            https: proxy("HTTPS_PROXY"),
            exceptions: exceptions.split(',').filter_map(Exception::parse).collect(),
        }
    }

    fn proxy(&self, server: &Server) -> Result<Option<Proxy>, &'static str> {
        let proxy = if server.https { &self.https } else { &self.http };
        match proxy {
            Some(proxy) if self.applies_to(server) => proxy.clone().map(Some),
            _ => Ok(None),
        }
    }

    fn applies_to(&self, server: &Server) -> bool {
        let host = server.host.to_lowercase();
        let address: Option<IpAddr> = super::tls::x509::address(&host);
        if host == "localhost" || address.is_some_and(|address| address.to_canonical().is_loopback()) {
            return false;
        }
        let port = server.port.to_string();
        !self
            .exceptions
            .iter()
            .any(|exception| exception.matches(&host, address, &port))
    }
}

impl Exception {
    fn parse(entry: &str) -> Option<Self> {
        let entry = entry.trim().to_lowercase();
        if entry == "*" {
            return Some(Self::All);
        }
        if let Ok(range) = entry.parse() {
            return Some(Self::Range(range));
        }
        let (host, port) = match entry.rsplit_once(':') {
            // An IPv6 address without brackets has several colons and no port.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.to_owned()).filter(|port| !port.is_empty()))
            }
            _ => (entry.as_str(), None),
        };
        // An address in brackets without a port is taken as a name, which matches nothing.
        let host = match entry.len() > host.len() {
            true => host.trim_start_matches('[').trim_end_matches(']'),
            false => host,
        };
        if let Ok(address) = host.parse() {
            return Some(Self::Address(address, port));
        }
        let host = host
            .strip_prefix('*')
            .filter(|rest| rest.starts_with('.'))
            .unwrap_or(host);
        match host.strip_prefix('.') {
            _ if host.is_empty() => None,
            Some(_) => Some(Self::Domain(host.to_owned(), false, port)),
            None => Some(Self::Domain(format!(".{host}"), true, port)),
        }
    }

    fn matches(&self, host: &str, address: Option<IpAddr>, port: &str) -> bool {
        let port_fits = |wanted: &Option<String>| wanted.as_ref().is_none_or(|wanted| wanted == port);
        match self {
            Self::All => true,
            Self::Range(range) => address.is_some_and(|address| range.contains(&address.to_canonical())),
            Self::Address(wanted, wanted_port) => {
                address.is_some_and(|address| address.to_canonical() == wanted.to_canonical())
                    && port_fits(wanted_port)
            }
            Self::Domain(suffix, itself, wanted_port) => {
                address.is_none()
                    && (host.ends_with(suffix.as_str()) || (*itself && host == &suffix[1..]))
                    && port_fits(wanted_port)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxied(no_proxy: &str, server: &str) -> bool {
        let environment = Environment::from_lookup(|name| match name {
            "HTTPS_PROXY" => Some("proxy:3128".into()),
            "no_proxy" => Some(no_proxy.into()),
            _ => None,
        });
        let server = Server::parse("c", server).unwrap();
        Proxy::of("c", None, &environment, &server).unwrap().is_some()
    }

    // The cases of golang.org/x/net/http/httpproxy's test, and more.
    #[test]
    fn no_proxy_follows_gos_rules() {
        for (no_proxy, server, expected) in [
            ("", "https://foo.com", true),
            ("", "https://localhost:6443", false),
            ("", "https://127.0.0.1", false),
            ("", "https://127.9.0.1:1", false),
            ("", "https://[::1]:6443", false),
            ("", "https://localhost.example", true),
            (",,", "https://foo.com", true),
            ("foo.com,", "https://foo.com", false),
            (" foo.com ,bar.com", "https://bar.com", false),
            ("foo.com", "https://a.foo.com", false),
            ("foo.com", "https://xfoo.com", true),
            (".foo.com", "https://foo.com", true),
            (".foo.com", "https://a.foo.com", false),
            ("*.foo.com", "https://a.foo.com", false),
            ("*.foo.com", "https://foo.com", true),
            ("FOO.com", "https://Foo.Com", false),
            ("foo.com:6443", "https://foo.com:6443", false),
            ("foo.com:6443", "https://foo.com", true),
            ("foo.com:443", "https://foo.com", false),
            ("192.168.1.0/24", "https://192.168.1.7:6443", false),
            ("192.168.1.0/24", "https://192.168.2.7:6443", true),
            ("10.0.0.0/0", "https://192.168.2.7", false),
            ("fd00::/8", "https://[fd12::1]", false),
            ("10.1.2.3", "https://10.1.2.3", false),
            ("10.1.2.3:80", "https://10.1.2.3", true),
            ("[fd00::1]:443", "https://[fd00::1]", false),
            ("fd00::1", "https://[fd00::1]", false),
            ("*", "https://foo.com", false),
            ("2.3", "https://10.1.2.3", true),
            ("[fd00::1]", "https://[fd00::1]", true),
            ("fe80::/10", "https://[fe80::1%25eth0]", false),
            ("10.1.2.3", "https://[::ffff:10.1.2.3]", false),
            ("", "https://[::ffff:127.0.0.1]", false),
            (":1,", "https://foo.com", true),
        ] {
            assert_eq!(proxied(no_proxy, server), expected, "{no_proxy:?} {server}");
        }
    }

    #[test]
    fn proxy_urls_are_read_as_in_go() {
        let shown = |value: &str| {
            let environment =
                Environment::from_lookup(|name| (name == "HTTPS_PROXY").then(|| value.to_owned()));
            let server = Server::parse("c", "https://foo.com").unwrap();
            let proxy = Proxy::of("c", None, &environment, &server).unwrap().unwrap();
            proxy.to_string()
        };
        for (value, expected) in [
            (":3128", "http://localhost:3128"),
            ("proxy:3128", "http://proxy:3128"),
            ("//proxy:3128", "http://proxy:3128"),
            ("http://:3128", "http://localhost:3128"),
            ("SOCKS5://proxy", "socks5://proxy:1080"),
            ("socks5://:1080", "socks5://localhost:1080"),
            ("Socks5h://proxy", "socks5://proxy:1080"),
            ("HTTP://proxy/path?query", "http://proxy:80"),
        ] {
            assert_eq!(shown(value), expected, "{value}");
        }
        let proxy = Proxy::parse("http://us%65r:p%40ss@proxy.example:3128/").unwrap();
        assert_eq!(proxy.authorization().unwrap(), "Basic dXNlcjpwQHNz");
    }

    #[test]
    fn proxy_url_of_a_cluster_has_precedence() {
        let environment = Environment::from_lookup(|name| (name == "NO_PROXY").then(|| "*".into()));
        let server = Server::parse("c", "https://localhost").unwrap();
        let proxy = Proxy::of("c", Some("https://p"), &environment, &server)
            .unwrap()
            .unwrap();
        assert_eq!((proxy.kind, proxy.port), (Kind::Https, 443));
        let error = Proxy::of("c", Some("gopher://user:secret@p"), &environment, &server).unwrap_err();
        assert!(error.message.contains("proxy-url of context \"c\""), "{error}");
        assert!(!error.message.contains("secret"));
    }
}
