//! One kubeconfig file, read as client-go reads it: unknown fields are passed over, `null` is the same as
//! leaving a field out, and of a key that stands twice the last one counts.
//!
//! More is taken than kubectl takes in one point: a number or a boolean where a string belongs
//! (`name: 12`) is its text.

use super::{Error, excise};
use crate::config::yaml;
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use std::collections::HashMap;
use std::fmt;
use std::path::Path;

/// Not derived: serde's own mappings refuse `null` and keys that stand twice.
macro_rules! mapping {
    ($(#[$attribute:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty = $key:literal,)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Default, PartialEq)]
        pub(super) struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Fields;

                impl<'de> Visitor<'de> for Fields {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a mapping")
                    }

                    fn visit_unit<E>(self) -> Result<$name, E> {
                        Ok($name::default())
                    }

                    fn visit_none<E>(self) -> Result<$name, E> {
                        Ok($name::default())
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        let mut fields = $name::default();
                        while let Some(key) = map.next_key::<String>()? {
                            match key.as_str() {
                                $($key => fields.$field = map.next_value::<Option<$type>>()?.unwrap_or_default(),)*
                                _ => {
                                    map.next_value::<IgnoredAny>()?;
                                }
                            }
                        }
                        Ok(fields)
                    }
                }

                deserializer.deserialize_any(Fields)
            }
        }
    };
}

mapping! {
    /// A whole file (client-go `tools/clientcmd/api/v1` Config).
    File {
        kind: String = "kind",
        api_version: String = "apiVersion",
        clusters: Vec<NamedCluster> = "clusters",
        users: Vec<NamedUser> = "users",
        contexts: Vec<NamedContext> = "contexts",
        current_context: String = "current-context",
    }
}

mapping! {
    NamedCluster {
        name: String = "name",
        cluster: Cluster = "cluster",
    }
}

mapping! {
    Cluster {
        server: String = "server",
        tls_server_name: String = "tls-server-name",
        insecure: Flag = "insecure-skip-tls-verify",
        ca_file: String = "certificate-authority",
        /// Base64, as are the other `_data`.
        ca_data: String = "certificate-authority-data",
        proxy_url: String = "proxy-url",
        disable_compression: Flag = "disable-compression",
        extensions: Vec<Extension> = "extensions",
    }
}

mapping! {
    Extension {
        name: String = "name",
        extension: serde_json::Value = "extension",
    }
}

mapping! {
    NamedUser {
        name: String = "name",
        user: User = "user",
    }
}

mapping! {
    User {
        certificate_file: String = "client-certificate",
        certificate_data: String = "client-certificate-data",
        key_file: String = "client-key",
        key_data: String = "client-key-data",
        token: String = "token",
        token_file: String = "tokenFile",
        impersonate: String = "as",
        impersonate_uid: String = "as-uid",
        impersonate_groups: Vec<Option<String>> = "as-groups",
        impersonate_extra: HashMap<String, Option<Vec<Option<String>>>> = "as-user-extra",
        username: String = "username",
        password: String = "password",
        auth_provider: Option<AuthProvider> = "auth-provider",
        exec: Option<Exec> = "exec",
    }
}

mapping! {
    AuthProvider {
        name: String = "name",
        config: HashMap<String, Option<String>> = "config",
    }
}

mapping! {
    Exec {
        command: String = "command",
        args: Vec<Option<String>> = "args",
        env: Vec<EnvVar> = "env",
        api_version: String = "apiVersion",
        install_hint: String = "installHint",
        provide_cluster_info: Flag = "provideClusterInfo",
        interactive_mode: String = "interactiveMode",
    }
}

mapping! {
    EnvVar {
        name: String = "name",
        value: String = "value",
    }
}

mapping! {
    NamedContext {
        name: String = "name",
        context: Context = "context",
    }
}

mapping! {
    Context {
        cluster: String = "cluster",
        user: String = "user",
        namespace: String = "namespace",
    }
}

/// A boolean as YAML 1.1 writes it, which Kubernetes reads: `yes` and `on` are true.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;

        impl Visitor<'_> for Words {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Flag, E> {
                Ok(Flag(value))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Flag, E> {
                match text {
                    "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Ok(Flag(true)),
                    "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Ok(Flag(false)),
                    _ => Err(E::invalid_type(serde::de::Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(Words)
    }
}

/// Reads a file's text. `file` is for error messages only.
pub(super) fn read(text: &str, file: &Path) -> Result<File, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let read = parse(text).map_err(|error| {
        Error(format!(
            "{}; correct the kubeconfig (kubectl config view checks it too)",
            yaml::problem(file, &error)
        ))
    })?;
    let foreign = |value: &str, ours: &str| !value.is_empty() && value != ours;
    if foreign(&read.kind, "Config") || foreign(&read.api_version, "v1") {
        return Err(Error(format!(
            "{}: not a kubeconfig: it has kind {:?} and apiVersion {:?} where Config and v1 belong",
            file.display(),
            read.kind,
            read.api_version
        )));
    }
    // client-go refuses these too, but prints the whole list with all its secrets.
    let duplicate = duplicate(read.clusters.iter().map(|entry| entry.name.as_str()))
        .map(|name| ("clusters", name))
        .or_else(|| duplicate(read.users.iter().map(|entry| entry.name.as_str())).map(|name| ("users", name)))
        .or_else(|| {
            duplicate(read.contexts.iter().map(|entry| entry.name.as_str())).map(|name| ("contexts", name))
        });
    if let Some((section, name)) = duplicate {
        return Err(Error(format!(
            "{}: duplicate name {name:?} in {section}: remove or rename one of the two",
            file.display()
        )));
    }
    Ok(read)
}

fn duplicate<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = std::collections::HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

fn parse(text: &str) -> Result<File, serde_yaml::Error> {
    if text.trim_start().starts_with('{')
        && let Ok(file) = serde_json::from_str(text)
    {
        return Ok(file);
    }
    if let Some((short, pieces)) = excise::excise(text)
        && let Ok(mut file) = parse_yaml(&short)
        && excise::restore(&mut file, &pieces)
    {
        return Ok(file);
    }
    parse_yaml(text)
}

fn parse_yaml(text: &str) -> Result<File, serde_yaml::Error> {
    // Of several documents kubectl reads the first.
    let Some(document) = serde_yaml::Deserializer::from_str(text).next() else {
        return Ok(File::default());
    };
    if !text.contains("<<") {
        return File::deserialize(document);
    }
    let mut value = serde_yaml::Value::deserialize(document)?;
    value.apply_merge()?;
    File::deserialize(value).map_err(|error| serde_yaml::Error::custom(error.to_string()))
}
