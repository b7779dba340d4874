//! What may stand in the two files.

use super::duration::go_duration;
use super::hosts::HostPattern;
use super::section::section;
use super::{Error, Hub, Source, Way, colorize_of, yaml};
use crate::suggest::did_you_mean;
use crate::term::Colorize;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

/// Reads a file; `None` where it is not there.
pub(super) fn read<T: DeserializeOwned>(file: &Path) -> Result<Option<T>, Error> {
    match std::fs::read_to_string(file) {
        Ok(text) => parse(&text, file).map(Some),
        // Accounts of services have a home like /dev/null.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(Error(format!("cannot read {}: {error}", file.display()))),
    }
}

/// Reads a file's text.
pub(super) fn parse<T: DeserializeOwned>(text: &str, file: &Path) -> Result<T, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_yaml::from_str(text).map_err(|error| Error(yaml::problem(file, &error)))
}

section! {
    /// `kubectl-mc-config.yaml`
    ConfigFile {
        api_version: ApiVersion = "apiVersion",
        kind: ConfigKind = "kind",
        hub_context: String = "hubContext",
        hubs: Hubs = "hubs",
        discovery: DiscoverySection = "discovery",
        execution: ExecutionSection = "execution",
        access: AccessSection = "access",
        output: OutputSection = "output",
    }
}

section! {
    DiscoverySection {
        cache_ttl: GoDuration = "cacheTTL",
        api: Sources = "api",
        placement: String = "placement",
        skip_unhealthy: bool = "skipUnhealthy",
        max_stale: GoDuration = "maxStale",
        accessible: bool = "accessible",
    }
}

section! {
    /// One of `hubs` in its long form.
    HubSection {
        context: String = "context",
        region: String = "region",
    }
}

section! {
    ExecutionSection {
        max_concurrency: Count = "maxConcurrency",
        timeout: GoDuration = "timeout",
        continue_on_error: bool = "continueOnError",
    }
}

section! {
    AccessSection {
        order: Order = "order",
        providers: String = "providers",
        allowed_hosts: AllowedHosts = "allowedHosts",
        allowed_commands: Commands = "allowedCommands",
        verify_server: bool = "verifyServer",
        allowed_variables: Variables = "allowedVariables",
        login_timeout: GoDuration = "loginTimeout",
    }
}

section! {
    OutputSection {
        colorize: Colors = "colorize",
        show_cluster_column: bool = "showClusterColumn",
    }
}

/// A type that is read from a scalar: what is expected of it, and how each kind of scalar is taken.
macro_rules! scalar {
    ($(#[$attribute:meta])* $name:ident, $expecting:expr, $($method:ident($arg:ident: $type:ty) => $body:expr),* $(,)?) => {
        $(#[$attribute])*
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Scalar;

                impl Visitor<'_> for Scalar {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }

                    $(fn $method<E: serde::de::Error>(self, $arg: $type) -> Result<$name, E> {
                        let value: Result<$name, String> = $body;
                        value.map_err(E::custom)
                    })*
                }

                deserializer.deserialize_any(Scalar)
            }
        }
    };
}

/// A type that has one value only.
macro_rules! constant {
    ($name:ident, $value:literal) => {
        pub(super) struct $name;

        scalar!($name, $value, visit_str(text: &str) => {
            if text == $value { Ok($name) } else { Err(format!("{text:?} is not known here, only {}", $value)) }
        });
    };
}

pub(super) use {constant, scalar};

constant!(ApiVersion, "kubectl-mc.k8s.io/v1alpha1");
constant!(ConfigKind, "Config");

pub(super) struct GoDuration(pub Duration);

scalar!(
    GoDuration,
    "a duration like 30s, 5m or 1h30m",
    visit_str(text: &str) => go_duration(text).map(GoDuration),
    visit_u64(number: u64) => go_duration(&number.to_string()).map(GoDuration),
    visit_i64(number: i64) => go_duration(&number.to_string()).map(GoDuration),
    visit_f64(number: f64) => go_duration(&number.to_string()).map(GoDuration),
);

pub(super) struct Count(pub usize);

scalar!(
    Count,
    "a whole number",
    visit_u64(number: u64) => usize::try_from(number)
        .ok()
        .filter(|number| *number <= super::MAX_CONCURRENCY)
        .map(Count)
        .ok_or_else(|| format!("{number} is out of range: 0 (no limit) to {}", super::MAX_CONCURRENCY)),
    visit_i64(number: i64) => Err(format!("{number} is out of range: 0 (no limit) to {}", super::MAX_CONCURRENCY)),
);

pub(super) struct Colors(pub Colorize);

scalar!(
    Colors,
    "true, false, auto, always or never",
    visit_bool(on: bool) => Ok(Colors(if on { Colorize::Auto } else { Colorize::Never })),
    visit_str(text: &str) => colorize_of(text).map(Colors),
);

/// `api`: one source, several with commas, or a list of them.
pub(super) struct Sources(pub Vec<Source>);

impl<'de> Deserialize<'de> for Sources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMore;

        impl<'de> Visitor<'de> for OneOrMore {
            type Value = Sources;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let names: Vec<&str> = Source::in_files().map(Source::as_str).collect();
                write!(f, "{}, or a list of them", names.join(", "))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Sources, E> {
                sources_of(text).map(Sources).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Sources, A::Error> {
                let mut sources = Vec::new();
                while let Some(text) = list.next_element::<String>()? {
                    sources.push(source_of(&text).map_err(serde::de::Error::custom)?);
                }
                if sources.is_empty() {
                    return Err(serde::de::Error::custom("an empty list names no source"));
                }
                Ok(Sources(Source::distinct(sources)))
            }
        }

        deserializer.deserialize_any(OneOrMore)
    }
}

/// `hubs`: contexts, or mappings with more to say.
pub(super) struct Hubs(pub Vec<Hub>);

impl<'de> Deserialize<'de> for Hubs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = Hubs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of hubs, like [{context: hub-eu, region: eu}, hub-us]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Hubs, A::Error> {
                let mut hubs: Vec<Hub> = Vec::new();
                while let Some(OneHub(hub)) = list.next_element()? {
                    if hubs.iter().any(|other| other.context == hub.context) {
                        return Err(serde::de::Error::custom(format_args!(
                            "hub {:?} stands twice",
                            hub.context
                        )));
                    }
                    hubs.push(hub);
                }
                Ok(Hubs(hubs))
            }
        }

        deserializer.deserialize_any(List)
    }
}

struct OneHub(Hub);

impl<'de> Deserialize<'de> for OneHub {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;

        impl<'de> Visitor<'de> for Name {
            type Value = OneHub;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a context's name, or {context: NAME, region: NAME}")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<OneHub, E> {
                match name {
                    "" => Err(E::custom("a hub's context cannot be empty")),
                    _ => Ok(OneHub(Hub {
                        context: name.to_owned(),
                        region: None,
                    })),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OneHub, A::Error> {
                let hub = HubSection::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                match hub.context.filter(|context| !context.is_empty()) {
                    Some(context) => Ok(OneHub(Hub {
                        context,
                        region: hub.region.filter(|region| !region.is_empty()),
                    })),
                    None => Err(serde::de::Error::custom("context is missing")),
                }
            }
        }

        deserializer.deserialize_any(Name)
    }
}

/// `access.order`: each way once.
pub(super) struct Order(pub Vec<Way>);

impl<'de> Deserialize<'de> for Order {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut order = Vec::new();
        for text in Vec::<String>::deserialize(deserializer)? {
            let way: Way = text.parse().map_err(D::Error::custom)?;
            if order.contains(&way) {
                return Err(D::Error::custom(format_args!("{text:?} stands twice")));
            }
            order.push(way);
        }
        if order.is_empty() {
            return Err(D::Error::custom("an empty order leads into no cluster"));
        }
        Ok(Self(order))
    }
}

/// `access.allowedCommands`
#[derive(Default)]
pub(super) struct Commands(pub Vec<String>);

impl<'de> Deserialize<'de> for Commands {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let lines = Vec::<String>::deserialize(deserializer)?;
        match lines.iter().find(|line| {
            let command = line.split_whitespace().next().unwrap_or_default();
            command.is_empty() || command.contains('*')
        }) {
            Some(line) => Err(D::Error::custom(format_args!("{line:?} names no command"))),
            None => Ok(Self(lines)),
        }
    }
}

/// `access.allowedVariables`: names, which may end in `*`.
#[derive(Default)]
pub(super) struct Variables(pub Vec<String>);

impl<'de> Deserialize<'de> for Variables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        let is_name = |name: &String| {
            let fixed = name.strip_suffix('*').unwrap_or(name);
            !fixed.is_empty()
                && fixed
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        match names.iter().find(|name| !is_name(name)) {
            Some(name) => Err(D::Error::custom(format_args!(
                "{name:?} is no environment variable: CORP_REALM, or CORP_* for all that begin so"
            ))),
            None => Ok(Self(names)),
        }
    }
}

/// `access.allowedHosts`: a list for all providers, or a list a provider.
#[derive(Default)]
pub(super) struct AllowedHosts(pub Vec<(Option<String>, HostPattern)>);

impl<'de> Deserialize<'de> for AllowedHosts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Hosts;

        fn pattern<E: serde::de::Error>(text: &str) -> Result<HostPattern, E> {
            HostPattern::parse(text).map_err(E::custom)
        }

        impl<'de> Visitor<'de> for Hosts {
            type Value = AllowedHosts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of hosts, or a list of hosts a provider")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<AllowedHosts, A::Error> {
                let mut allowed = Vec::new();
                while let Some(text) = list.next_element::<String>()? {
                    allowed.push((None, pattern(&text)?));
                }
                Ok(AllowedHosts(allowed))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AllowedHosts, A::Error> {
                let mut allowed = Vec::new();
                while let Some((provider, hosts)) = map.next_entry::<String, Vec<String>>()? {
                    for text in hosts {
                        allowed.push((Some(provider.clone()), pattern(&text)?));
                    }
                }
                Ok(AllowedHosts(allowed))
            }
        }

        deserializer.deserialize_any(Hosts)
    }
}

/// The sources of a list with commas.
pub(super) fn sources_of(text: &str) -> Result<Vec<Source>, String> {
    let sources: Result<Vec<Source>, String> = text.split(',').map(str::trim).map(source_of).collect();
    sources.map(Source::distinct)
}

/// The source of a name.
fn source_of(text: &str) -> Result<Source, String> {
    if text == Source::Stdin.as_str() {
        return Err("standard input is a source of the command line only: --source stdin".into());
    }
    Source::in_files()
        .find(|source| source.as_str() == text)
        .ok_or_else(|| {
            let near = did_you_mean(text, Source::in_files().map(Source::as_str));
            let names: Vec<&str> = Source::in_files().map(Source::as_str).collect();
            format!("unknown API {text:?}{near}; possible: {}", names.join(", "))
        })
}
