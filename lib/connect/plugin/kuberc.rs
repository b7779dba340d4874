//! kubectl's own policy on credential plugins: `credentialPluginPolicy` and `credentialPluginAllowlist` of kuberc
//! (`kubectl.config.k8s.io`; client-go `plugin/pkg/client/auth/exec`). It binds every plugin, the kubeconfig's
//! too.
//!
//! Unlike kubectl, a kuberc that cannot be read stops plugins in place of being passed over: what it says may be
//! that none is to run.

use crate::config::Paths;
use crate::program;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// What kuberc says of credential plugins.
#[derive(Clone, Debug, Default)]
pub(super) enum Policy {
    /// Nothing, or `AllowAll`.
    #[default]
    All,
    /// `DenyAll`
    None(PathBuf),
    /// `Allowlist`
    Listed(PathBuf, Vec<Entry>),
    /// It cannot be understood.
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
    credential_plugin_allowlist: Option<Vec<Entry>>,
}

/// An entry of the list: `command`, which was `name` in 1.35; where both are given, both must hold.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Entry {
    #[serde(default)]
    command: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

impl Policy {
    /// That of `KUBERC`, else of `~/.kube/kuberc`; none where kuberc is turned off.
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

    /// Reads a file, which may be missing unless the user has named it.
    pub(super) fn load(file: &Path, named: bool) -> Self {
        use std::io::ErrorKind;
        match std::fs::read_to_string(file) {
            Ok(text) => Self::read(&text, file),
            Err(error)
                if !named && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Self::All
            }
            Err(error) => Self::Broken(format!("{} cannot be read: {error}", file.display())),
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
                Err(_) => return broken("it is no kuberc in YAML".into()),
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

    /// Whether a plugin may run: the command as it is written, and the file that it is.
    ///
    /// # Errors
    /// Which line of kuberc forbids it.
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

impl Entry {
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
        Policy::read(yaml, Path::new("KUBERC")).check(command, Path::new(executable))
    }

    #[test]
    fn kuberc_decides_on_every_plugin() {
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
        // The name alone says nothing of a file that stands elsewhere.
        assert!(check(&listed("{command: sh}"), "/tmp/sh", "/tmp/sh").is_err());
    }
}
