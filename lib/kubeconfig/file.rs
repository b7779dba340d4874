//! The fields of a kubeconfig file, with client-go's leniency: unknown fields are skipped, `null` is the same as an
//! absent field, and of a key that appears twice the last one counts.
//!
//! One thing is taken that kubectl refuses: a number or a boolean where a string belongs (`name: 12`) is read as its
//! text.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::collections::HashMap;
use std::fmt;

/// Declares a struct that is read from a mapping. Not derived, because serde's derived structs refuse `null` and
/// duplicate keys.
macro_rules! mapping {
    ($(#[$attribute:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty = $key:literal,)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Default, PartialEq)]
        pub(super) struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct MappingVisitor;

                impl<'de> Visitor<'de> for MappingVisitor {
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

                deserializer.deserialize_any(MappingVisitor)
            }
        }
    };
}

mapping! {
    /// A file (client-go `tools/clientcmd/api/v1` Config).
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
        /// Base64, like the other `_data` fields.
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

/// A boolean with the spellings of YAML 1.1, which Kubernetes accepts: `yes` and `on` are true.
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
