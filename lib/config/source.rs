//! The APIs that list a fleet.

use crate::suggest::did_you_mean;

/// Declares the sources, each with its name and whether it is an API of a hub.
macro_rules! sources {
    ($($(#[$attribute:meta])* $source:ident: $name:literal, hub: $hub:literal;)*) => {
        /// A source of the fleet.
        #[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
        pub enum Source {
            $($(#[$attribute])* $source,)*
        }

        impl Source {
            /// All sources.
            pub const ALL: [Self; [$($name),*].len()] = [$(Source::$source),*];

            /// Returns the name in the configuration, in flags and in a record's `source`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Source::$source => $name,)*
                }
            }

            /// Returns true if it is an API of a hub.
            pub fn needs_hub(self) -> bool {
                match self {
                    $(Source::$source => $hub,)*
                }
            }
        }
    };
}

sources! {
    /// `multicluster.x-k8s.io` ClusterProfile (KEP-4322).
    #[default]
    ClusterProfile: "clusterprofile", hub: true;
    /// ClusterProfiles chosen by PlacementDecisions.
    Inventory: "inventory", hub: true;
    /// `cluster.open-cluster-management.io` ManagedCluster.
    Ocm: "ocm", hub: true;
    /// `about.k8s.io` ClusterProperty (KEP-2149) of each member.
    About: "about", hub: false;
    /// The contexts of the kubeconfig.
    Kubeconfig: "kubeconfig", hub: false;
    /// Names or records on standard input. Only the command line can name it.
    Stdin: "stdin", hub: false;
}

impl Source {
    /// Returns those that files and the environment may name. With stdin among them, every run would wait for input.
    pub fn in_files() -> impl Iterator<Item = Self> + Clone {
        Self::ALL.into_iter().filter(|source| *source != Source::Stdin)
    }

    /// Several, each once, in their order.
    pub fn distinct(sources: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut distinct = Vec::new();
        for source in sources {
            if !distinct.contains(&source) {
                distinct.push(source);
            }
        }
        distinct
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads a list of sources that are separated by commas.
///
/// # Errors
/// A name that is not one of a source, or that only the command line may use.
pub(super) fn sources_of(text: &str) -> Result<Vec<Source>, String> {
    let sources: Result<Vec<Source>, String> = text.split(',').map(str::trim).map(source_of).collect();
    sources.map(Source::distinct)
}

/// Reads the name of a source.
pub(super) fn source_of(text: &str) -> Result<Source, String> {
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
