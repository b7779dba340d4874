//! kubectl's own policy on credential plugins: `credentialPluginPolicy` and `credentialPluginAllowlist` of kuberc
//! (`kubectl.config.k8s.io`; client-go `plugin/pkg/client/auth/exec`). It applies to every plugin, those of the kubeconfig
//! included.
//!
//! kubectl ignores a kuberc that cannot be read. Here it stops plugins, as it may forbid them.

use crate::config::Paths;
use crate::error_text::io_text;
use crate::program;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// kuberc's policy on credential plugins.
#[derive(Clone, Debug, Default)]
pub(super) enum KubercPolicy {
    /// No policy, or `AllowAll`.
    #[default]
    All,
    /// `DenyAll`
    None(PathBuf),
    /// `Allowlist`
    Listed(PathBuf, Vec<AllowlistEntry>),
    /// The policy cannot be read; says why.
    Broken(String),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Preference {
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    credential_plugin_policy: Option<String>,
    #[serde(default)]
    credential_plugin_allowlist: Option<Vec<AllowlistEntry>>,
}

/// An entry of the allowlist: `command`, which was `name` in 1.35. If both are given, both must match.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct AllowlistEntry {
    #[serde(default)]
    command: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

impl KubercPolicy {
    /// Reads the file named by `KUBERC`, or else `~/.kube/kuberc`, unless kuberc is turned off.
    pub(super) fn from_env() -> Self {
        let named = std::env::var_os("KUBERC").filter(|value| !value.is_empty());
        let is_off = |name| std::env::var(name).is_ok_and(|value| value == "false");
        if named.as_ref().is_some_and(|value| value == "off") || is_off("KUBECTL_KUBERC") {
            return Self::All;
        }
        match (named, Paths::from_env()) {
            (Some(file), _) => Self::load(Path::new(&file), true),
            (None, Ok(paths)) => Self::load(&paths.kube.join("kuberc"), false),
            (None, Err(_)) => Self::All,
        }
    }

    /// Reads a file. It may be missing, unless the user has named it.
    pub(super) fn load(file: &Path, named: bool) -> Self {
        use std::io::ErrorKind;
        match std::fs::read_to_string(file) {
            Ok(text) => Self::read(&text, file),
            Err(error)
                if !named && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Self::All
            }
            Err(error) => Self::Broken(format!("{} cannot be read: {}", file.display(), io_text(&error))),
        }
    }

    fn read(text: &str, file: &Path) -> Self {
        let broken = |what: String| Self::Broken(format!("{}: {what}", file.display()));
        let mut found = Preference::default();
        for document in serde_yaml::Deserializer::from_str(text) {
            match Option::<Preference>::deserialize(document) {
                Ok(Some(preference)) if preference.kind.as_deref() == Some("Preference") => {
                    found = preference;
                    break;
                }
                Ok(_) => {}
                Err(_) => return broken("it is not a kuberc in YAML".into()),
            }
        }
        let policy = found.credential_plugin_policy.unwrap_or_default();
        match (policy.as_str(), found.credential_plugin_allowlist) {
            ("" | "AllowAll", None) => Self::All,
            ("DenyAll", None) => Self::None(file.to_owned()),
            ("" | "AllowAll" | "DenyAll", Some(_)) => broken(format!(
                "it has a credentialPluginAllowlist beside the credentialPluginPolicy {policy:?}"
            )),
            ("Allowlist", Some(list)) if list.iter().any(|entry| entry.texts().next().is_none()) => {
                broken("its credentialPluginAllowlist has an empty entry".into())
            }
            ("Allowlist", Some(list)) if !list.is_empty() => Self::Listed(file.to_owned(), list),
            ("Allowlist", _) => broken("its credentialPluginAllowlist is missing or empty".into()),
            _ => broken(format!("its credentialPluginPolicy {policy:?} is unknown")),
        }
    }

    /// Checks whether a plugin may run, given its command in the kubeconfig and its executable.
    ///
    /// # Errors
    /// Says what in kuberc forbids it.
    pub(super) fn check(&self, command: &str, executable: &Path) -> Result<(), String> {
        match self {
            Self::All => Ok(()),
            Self::Listed(_, list) if list.iter().any(|entry| entry.allows(command, executable)) => Ok(()),
            Self::None(file) => Err(format!("{} says credentialPluginPolicy: DenyAll", file.display())),
            Self::Listed(file, _) => Err(format!(
                "{} is not in the credentialPluginAllowlist of {}",
                executable.display(),
                file.display()
            )),
            Self::Broken(what) => Err(format!("{what}, and it may forbid credential plugins")),
        }
    }
}

impl AllowlistEntry {
    fn texts(&self) -> impl Iterator<Item = &str> {
        let texts = [self.command.as_deref(), self.name.as_deref()];
        texts.into_iter().flatten().filter(|text| !text.is_empty())
    }

    fn allows(&self, command: &str, executable: &Path) -> bool {
        self.texts()
            .all(|text| text == command || program::find(text).is_some_and(|found| found == executable))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(yaml: &str, command: &str, executable: &str) -> Result<(), String> {
        KubercPolicy::read(yaml, Path::new("KUBERC")).check(command, Path::new(executable))
    }

    #[test]
    fn kuberc_allows_or_denies_plugins() {
        let listed = |entry: &str| {
            format!(
                "kind: Preference\ncredentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{entry}]\n"
            )
        };
        let sh = program::find("sh").unwrap();
        let sh = sh.to_str().unwrap();
        for (yaml, allowed) in [
            (String::new(), true),
            ("kind: Preference\n".into(), true),
            (
                "kind: Preference\ncredentialPluginPolicy: AllowAll\n".into(),
                true,
            ),
            (
                "kind: Preference\ncredentialPluginPolicy: DenyAll\n".into(),
                false,
            ),
            (
                "kind: Other\n---\nkind: Preference\ncredentialPluginPolicy: DenyAll\n".into(),
                false,
            ),
            (
                "kind: Preference\ncredentialPluginPolicy: Sometimes\n".into(),
                false,
            ),
            (
                "kind: Preference\ncredentialPluginPolicy: AllowAll\ncredentialPluginAllowlist: []\n".into(),
                false,
            ),
            ("kind: [".into(), false),
            (listed(""), false),
            (listed("{}"), false),
            (listed("{command: sh}"), true),
            (listed("{name: sh}"), true),
            (listed(&format!("{{command: {sh}}}")), true),
            (listed(&format!("{{command: {sh}, name: sh}}")), true),
            (listed("{command: sh, name: other}"), false),
            (listed("{command: /elsewhere/sh}"), false),
            (listed("{command: cat}, {command: sh}"), true),
        ] {
            assert_eq!(check(&yaml, "sh", sh).is_ok(), allowed, "{yaml}");
        }
        // A name in the list means the file on PATH, not another one of the same name.
        assert!(check(&listed("{command: sh}"), "/tmp/sh", "/tmp/sh").is_err());
    }
}
