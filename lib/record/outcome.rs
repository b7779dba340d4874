//! Records of how the query of a cluster ended.

use super::omit::is_zero;
use super::reason::Reason;
use super::str::Str;
use serde::{Deserialize, Serialize};

/// How the query of one cluster ended. Its `kind` is `Result`. There is one for each cluster, after its last row.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Result", rename_all = "camelCase")]
pub struct Outcome<'a> {
    /// The cluster.
    #[serde(borrow)]
    pub cluster: Str<'a>,
    /// True if everything that was asked for was answered in full. Objects or types that this cluster does not have
    /// make it false only if it has nothing of what was asked for by name.
    pub ok: bool,
    /// The number of rows or objects before this record.
    #[serde(default)]
    pub items: u64,
    /// The seconds from the start of this cluster's query to its end.
    #[serde(default)]
    pub seconds: f64,
    /// Why it failed. Present exactly if `ok` is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The same for people, in one line.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Str<'a>>,
    /// The remedy, if more is known than follows from the reason.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Str<'a>>,
    /// Objects that were asked for by name and that this cluster does not have. An object that *no* cluster has is an
    /// error.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Lack<'a>>,
    /// Types that were asked for and that this cluster does not serve. If *no* cluster serves a type, no rows are
    /// printed at all, as with kubectl.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub unserved: Vec<Lack<'a>>,
    /// kubectl's message on stderr if nothing was found (`No resources found in default namespace.`). Present if
    /// `items` is 0 and `ok` is true.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Str<'a>>,
    /// The number of types that it answered for, even without objects, if that is more than one. Then names in tables
    /// are written with their kind (`pod/x`).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub types: u32,
    /// kubectl's message if none of several objects has the field of `--sort-by`. If every cluster with objects says
    /// so, it is an error, and the objects are not printed.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub unsorted: Option<Str<'a>>,
    /// True if `items` is 0 and kubectl would print an empty List, since objects were asked for, and not a single one
    /// by name. Absent if false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub empty_list: bool,
    /// True if the cluster was watched. Then its records have been printed already. Absent if false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub watched: bool,
}

/// An object or a type that was asked for and that a cluster does not have.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Lack<'a> {
    /// The type as it was asked for, which is the same text for every cluster.
    #[serde(borrow, default, rename = "type")]
    pub type_: Str<'a>,
    /// The object's name. Absent if the cluster does not have the type.
    #[serde(borrow, default, skip_serializing_if = "Str::is_empty")]
    pub name: Str<'a>,
    /// kubectl's message (`Error from server (NotFound): pods "x" not found`).
    #[serde(borrow)]
    pub message: Str<'a>,
    /// A question that names similar types (`did you mean "pods"?`).
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Str<'a>>,
}

impl Lack<'_> {
    /// Copies it, so that it does not borrow from the line any more.
    pub fn to_owned(&self) -> Lack<'static> {
        Lack {
            type_: self.type_.clone().into_owned(),
            name: self.name.clone().into_owned(),
            message: self.message.clone().into_owned(),
            hint: self.hint.clone().map(Str::into_owned),
        }
    }
}
