//! Reading the values of the configuration that are more than a text or a number.

use super::groups::Groups;
use super::hosts::HostPattern;
use super::section::{Reader, Section, not_empty};
use super::settings::{AllowedHost, Concurrency, Hub, MAX_CONCURRENCY, Pager, Way};
use super::source::{Source, source_of, sources_of};
use super::yaml::reason;
use crate::term::Colorize;
use serde::Deserialize;
use serde::de::value::{self, MapAccessDeserializer, SeqAccessDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// Reads a scalar by its text; `expected` is what an error asks for.
pub fn scalar<'de, D: Deserializer<'de>, T>(
    from: D,
    expected: &str,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    struct Scalar<'a, F>(&'a str, F);

    impl<T, F: FnOnce(&str) -> Result<T, String>> Visitor<'_> for Scalar<'_, F> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            (self.1)(text).map_err(E::custom)
        }
    }

    from.deserialize_str(Scalar(expected, read))
}

/// Reads a list or a mapping, or one scalar instead of a list of one. `check` runs inside of the value, so that its errors
/// have the value's line; `expected` is what other errors ask for.
fn checked<'de, D: Deserializer<'de>, T: Deserialize<'de>, U>(
    from: D,
    expected: &str,
    check: impl FnOnce(T) -> Result<U, String>,
) -> Result<U, D::Error> {
    struct Checked<'a, T, F>(&'a str, F, PhantomData<T>);

    impl<'de, T: Deserialize<'de>, U, F: FnOnce(T) -> Result<U, String>> Visitor<'de> for Checked<'_, T, F> {
        type Value = U;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<U, E> {
            let from: StrDeserializer<'_, value::Error> = text.into_deserializer();
            match T::deserialize(from) {
                Ok(value) => self.1(value).map_err(E::custom),
                Err(_) => Err(E::invalid_type(Unexpected::Str(text), &self)),
            }
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<U, A::Error> {
            self.1(T::deserialize(SeqAccessDeserializer::new(list))?).map_err(A::Error::custom)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<U, A::Error> {
            self.1(T::deserialize(MapAccessDeserializer::new(map))?).map_err(A::Error::custom)
        }
    }

    from.deserialize_any(Checked(expected, check, PhantomData))
}

/// One text, or a list of texts.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a text, or a list of texts")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// Reads one source, several that are separated by commas, or a list of them.
pub fn sources<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Source>, D::Error> {
    checked(
        from,
        "the name of an API, or a list of them",
        |sources| match sources {
            OneOrMore::One(text) => sources_of(&text),
            OneOrMore::More(list) if list.is_empty() => Err("an empty list names no source".into()),
            OneOrMore::More(list) => {
                let sources: Result<Vec<Source>, String> = list.iter().map(|text| source_of(text)).collect();
                sources.map(Source::distinct)
            }
        },
    )
}

/// Reads a list of hubs: contexts, or mappings of a context and more.
pub fn hubs<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Hub>, D::Error> {
    const EXPECTED: &str = "a list of hubs, like [{context: hub-eu, region: eu}, hub-us]";
    checked(from, EXPECTED, |list: Vec<OneHub>| {
        let mut hubs: Vec<Hub> = Vec::new();
        for OneHub(hub) in list {
            if hubs.iter().any(|other| other.context == hub.context) {
                return Err(format!("hub {:?} stands twice", hub.context));
            }
            hubs.push(hub);
        }
        Ok(hubs)
    })
}

struct OneHub(Hub);

/// A hub in its long form.
#[derive(Default)]
struct HubSection {
    context: Option<String>,
    region: Option<String>,
}

impl Section for HubSection {
    fn keys(&self) -> Vec<&'static str> {
        vec!["context", "region"]
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, key: &'static str, map: &mut A) -> Result<(), A::Error> {
        let value = not_empty(map.next_value()?);
        match key {
            "context" => self.context = value,
            _ => self.region = value,
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for OneHub {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Name;

        impl<'de> Visitor<'de> for Name {
            type Value = OneHub;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a context's name, or {context: NAME, region: NAME}")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<OneHub, E> {
                match name {
                    "" => Err(E::custom("a hub's context cannot be empty")),
                    _ => Ok(OneHub(Hub {
                        context: name.to_owned(),
                        region: None,
                    })),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OneHub, A::Error> {
                let read = Reader(HubSection::default()).deserialize(MapAccessDeserializer::new(map))?;
                let HubSection { context, region } = read;
                match context {
                    Some(context) => Ok(OneHub(Hub { context, region })),
                    None => Err(A::Error::custom("context is missing")),
                }
            }
        }

        from.deserialize_any(Name)
    }
}

/// Reads the order in which access is looked for, each way once.
pub fn order<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Way>, D::Error> {
    checked(from, "a list", |names: Vec<String>| {
        let mut order: Vec<Way> = Vec::new();
        for name in &names {
            let way = name.parse()?;
            if order.contains(&way) {
                return Err(format!("{name:?} stands twice"));
            }
            order.push(way);
        }
        match order.is_empty() {
            true => Err("an empty order leads into no cluster".into()),
            false => Ok(order),
        }
    })
}

/// Reads command lines.
pub fn commands<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let is_command = |line: &str| {
        let command = line.split_whitespace().next().unwrap_or_default();
        !command.is_empty() && !command.contains('*')
    };
    valid_texts(from, is_command, "names no command")
}

/// Reads names of environment variables, which may end in `*`.
pub fn variables<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let is_name = |name: &str| {
        let fixed = name.strip_suffix('*').unwrap_or(name);
        let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        !fixed.is_empty() && fixed.bytes().all(is_valid)
    };
    let problem = "is no environment variable: CORP_REALM, or CORP_* for all that begin so";
    valid_texts(from, is_name, problem)
}

/// Reads lists of names and patterns of clusters, by the names of groups.
pub fn groups<'de, D: Deserializer<'de>>(from: D) -> Result<Groups, D::Error> {
    const EXPECTED: &str = "names with lists of clusters, like {prod: ['prod-*'], eu: ['*-eu-*', '!test-*']}";
    checked(from, EXPECTED, |lists: BTreeMap<String, OneOrMore>| {
        let lists = lists.into_iter().map(|(name, items)| match items {
            OneOrMore::One(item) => (name, vec![item]),
            OneOrMore::More(items) => (name, items),
        });
        Groups::new(lists.collect())
    })
}

/// Reads a list of texts, or one text.
pub fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    checked(from, "a text, or a list of texts", |texts| match texts {
        OneOrMore::One(text) if text.is_empty() => Ok(Vec::new()),
        OneOrMore::One(text) => Ok(vec![text]),
        OneOrMore::More(list) if list.iter().any(|text| text.trim().is_empty()) => {
            Err("a text of the list is empty".into())
        }
        OneOrMore::More(list) => Ok(list),
    })
}

fn valid_texts<'de, D: Deserializer<'de>>(
    from: D,
    is_valid: impl Fn(&str) -> bool,
    problem: &str,
) -> Result<Vec<String>, D::Error> {
    checked(from, "a list", |texts: Vec<String>| {
        match texts.iter().find(|text| !is_valid(text)) {
            Some(text) => Err(format!("{text:?} {problem}")),
            None => Ok(texts),
        }
    })
}

/// Reads a list of host patterns for all providers, or one a provider.
pub fn hosts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<AllowedHost>, D::Error> {
    const EXPECTED: &str = "a list of hosts, or a list of hosts a provider";
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "expected a list of hosts, or a list of hosts a provider"
    )]
    enum Hosts {
        All(Vec<String>),
        ByProvider(BTreeMap<String, Vec<String>>),
    }
    checked(from, EXPECTED, |hosts| {
        let lists = match hosts {
            Hosts::All(hosts) => vec![(None, hosts)],
            Hosts::ByProvider(lists) => lists
                .into_iter()
                .map(|(provider, hosts)| (Some(provider), hosts))
                .collect(),
        };
        let mut allowed = Vec::new();
        for (provider, hosts) in lists {
            for text in hosts {
                allowed.push((provider.clone(), HostPattern::parse(&text)?));
            }
        }
        Ok(allowed)
    })
}

/// Declares functions that read a list or a mapping from a flag or an environment variable: it is written as in the
/// file, or as a list without brackets, whose items are separated by a character.
macro_rules! parsers {
    ($($(#[$attribute:meta])* $parse:ident -> $value:ty = $read:ident, $separator:literal;)*) => {
        $(
            $(#[$attribute])*
            ///
            /// # Errors
            /// A text that is not such a list.
            pub fn $parse(text: &str) -> Result<$value, String> {
                let value: serde_yaml::Value = match text.trim_start().starts_with(['[', '{']) {
                    true => serde_yaml::from_str(text).map_err(|error| reason(&error))?,
                    false => {
                        let parts = text.split($separator).map(str::trim);
                        parts.filter(|part| !part.is_empty()).collect()
                    }
                };
                $read(value).map_err(|error| reason(&error))
            }
        )*
    };
}

parsers! {
    /// Reads groups of clusters.
    parse_groups -> Groups = groups, '\n';
    /// Reads hubs.
    parse_hubs -> Vec<Hub> = hubs, ',';
    /// Reads the ways to a cluster.
    parse_order -> Vec<Way> = order, ',';
    /// Reads patterns of hosts.
    parse_hosts -> Vec<AllowedHost> = hosts, ',';
    /// Reads command lines, whose arguments may have commas.
    parse_commands -> Vec<String> = commands, '\n';
    /// Reads names of variables.
    parse_variables -> Vec<String> = variables, ',';
}

/// Reads how many clusters are asked at once; 0 is no limit.
///
/// # Errors
/// A text that is not a whole number, or a number above [`MAX_CONCURRENCY`].
pub fn parse_concurrency(text: &str) -> Result<Concurrency, String> {
    let count = text.parse().ok().filter(|count| *count <= MAX_CONCURRENCY);
    count
        .map(Concurrency::asked)
        .ok_or_else(|| format!("{text:?}: expected a whole number from 0 (no limit) to {MAX_CONCURRENCY}"))
}

/// Reads a boolean from an environment variable.
pub fn parse_bool(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(format!("{text:?}: expected true or false")),
    }
}

/// Reads a pager's command, or whether there is one.
pub fn parse_pager(text: &str) -> Pager {
    match text.trim() {
        "auto" | "true" => Pager::Auto,
        "" | "never" | "false" | "cat" => Pager::Never,
        command => Pager::Command(command.to_owned()),
    }
}

/// Reads when output is coloured; `true` means on a terminal.
pub fn parse_colorize(text: &str) -> Result<Colorize, String> {
    match text {
        "auto" | "true" => Ok(Colorize::Auto),
        "always" => Ok(Colorize::Always),
        "never" | "false" => Ok(Colorize::Never),
        _ => Err(format!("{text:?}: expected true, false, auto, always or never")),
    }
}
