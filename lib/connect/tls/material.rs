//! Certificates and keys as a kubeconfig has them: as data, or in a file.

use crate::connect::error::Error;
use crate::connect::text::non_empty;
use crate::error_text::io_text;
use crate::kubeconfig::decode;
use kube::config::Cluster;
use secrecy::{ExposeSecret, SecretString};
use std::hash::{Hash, Hasher};

/// A PEM text, or where to find it.
#[derive(Clone, Debug)]
pub(crate) struct Material {
    /// The field that it comes from.
    pub field: &'static str,
    source: MaterialSource,
}

#[derive(Clone, Debug)]
enum MaterialSource {
    /// Base64.
    Data(SecretString),
    /// The file's path.
    File(String),
    /// PEM from a credential plugin.
    Plugin(SecretString),
}

impl Material {
    /// Returns what two fields of a kubeconfig say, `NAME-data` and `NAME`: data is preferred to a file.
    pub(super) fn of(data: (&'static str, Option<&str>), file: (&'static str, Option<&str>)) -> Option<Self> {
        let from_data = |text: &str| Self {
            field: data.0,
            source: MaterialSource::Data(text.into()),
        };
        let from_file = |path: &str| Self {
            field: file.0,
            source: MaterialSource::File(path.to_owned()),
        };
        non_empty(data.1)
            .map(from_data)
            .or_else(|| non_empty(file.1).map(from_file))
    }

    /// Returns the certificate authority of a cluster.
    pub(crate) fn authority(cluster: &Cluster) -> Option<Self> {
        Self::of(
            (
                "certificate-authority-data",
                cluster.certificate_authority_data.as_deref(),
            ),
            ("certificate-authority", cluster.certificate_authority.as_deref()),
        )
    }

    /// Returns PEM of a credential plugin.
    pub(super) fn of_plugin(field: &'static str, pem: SecretString) -> Self {
        Self {
            field,
            source: MaterialSource::Plugin(pem),
        }
    }

    /// Returns the field, and the file if it is in one, for messages.
    pub(super) fn name(&self) -> String {
        match &self.source {
            MaterialSource::File(path) => format!("{} {path}", self.field),
            _ => self.field.to_owned(),
        }
    }

    /// Returns its name and whose it is, for messages.
    pub(super) fn place(&self, context: &str) -> String {
        let of = match self.source {
            MaterialSource::Plugin(_) => " of the credential plugin",
            _ => "",
        };
        format!("{}{of} of context \"{context}\"", self.name())
    }

    /// Returns the PEM text.
    ///
    /// # Errors
    /// The data is not base64, or the file cannot be read.
    pub(crate) fn read(&self, context: &str) -> Result<Vec<u8>, Error> {
        let place = || self.place(context);
        match &self.source {
            MaterialSource::Plugin(pem) => Ok(pem.expose_secret().as_bytes().to_vec()),
            MaterialSource::Data(data) => decode(data.expose_secret())
                .ok_or_else(|| Error::unresolved(format!("{} is not base64", place()))),
            MaterialSource::File(path) => std::fs::read(path)
                .map_err(|error| Error::unresolved(format!("cannot read {}: {}", place(), io_text(&error)))),
        }
    }

    fn parts(&self) -> (&str, &str) {
        let text = match &self.source {
            MaterialSource::Data(secret) | MaterialSource::Plugin(secret) => secret.expose_secret(),
            MaterialSource::File(path) => path,
        };
        (self.field, text)
    }
}

impl PartialEq for Material {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Material {}

impl Hash for Material {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}
