//! The objects that files name.

/// The objects in the files, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// The documents of the files.
    pub documents: Vec<Document>,
    /// True if one file was named. kubectl prints that as a single object if it holds one, and if anything in it is
    /// wrong prints its objects only in a table.
    pub single: bool,
}

/// One document of a file, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The file, as kubectl names it.
    pub source: String,
    /// Its objects, or what is wrong with it.
    pub content: Result<Content, String>,
}

/// The content of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// An object.
    Object(Object),
    /// A list: the list itself, of which only the kind means anything, and its items.
    List(Object, Vec<Result<Object, String>>),
}

/// An object to look for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Object {
    /// API group; empty for core.
    pub group: String,
    /// API version.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// `metadata.namespace`; may be empty.
    pub namespace: String,
    /// `metadata.name`
    pub name: String,
}

impl Object {
    /// Returns group and version as in `apiVersion`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}
