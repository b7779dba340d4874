//! How the query of one cluster ended.

use super::omit::is_zero;
use super::reason::Reason;
use super::str::Str;
use serde::{Deserialize, Serialize};

/// How the query of one cluster ended: `kind` is `Result`. One a cluster, after its last row.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Result", rename_all = "camelCase")]
pub struct Outcome<'a> {
    /// The cluster.
    #[serde(borrow)]
    pub cluster: Str<'a>,
    /// Whether everything asked for was answered in full. Objects or types that this cluster does not
    /// have do not make it false unless it has none of what was asked for by name.
    pub ok: bool,
    /// How many rows or objects came before this record.
    #[serde(default)]
    pub items: u64,
    /// How long it took, in seconds, from the start of this cluster's query.
    #[serde(default)]
    pub seconds: f64,
    /// Why it failed; present exactly where `ok` is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The same for a person, in one line.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Str<'a>>,
    /// What a person may try, where more is known than the reason alone suggests.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Str<'a>>,
    /// Objects that were asked for by name and are not on this cluster. What is missing from *every*
    /// cluster that answered is an error; what only some miss is not.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Lack<'a>>,
    /// Types that were asked for and that this cluster does not serve. One that *no* cluster serves
    /// spoils the whole answer, as it does kubectl's: no rows are printed. What only some don't serve is
    /// no failure.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub unserved: Vec<Lack<'a>>,
    /// What kubectl would say on stderr where nothing was found (`No resources found in default
    /// namespace.`), present where `items` is 0 and `ok` is true.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Str<'a>>,
    /// How many types it answered for, where that is more than one, be it with nothing: then names in a
    /// table are led by their kind (`pod/x`).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub types: u32,
    /// What kubectl says where none of several objects has the field of `--sort-by`. Where that is so of
    /// every cluster that has objects it is an error, and they are not printed.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub unsorted: Option<Str<'a>>,
    /// Whether `items` is 0 and kubectl would print an empty List: objects were asked for, and not a single
    /// one by its name. Absent where false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub empty_list: bool,
    /// Whether it was watched, and not asked once: then what came of it has been printed, and there is no
    /// more to say of it. Absent where false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub watched: bool,
}

/// What one cluster does not have, of what was asked for.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Lack<'a> {
    /// The type, as it was asked for: the same on every cluster, whatever each makes of it.
    #[serde(borrow, default, rename = "type")]
    pub type_: Str<'a>,
    /// The object's name; absent where it is the type that is lacking.
    #[serde(borrow, default, skip_serializing_if = "Str::is_empty")]
    pub name: Str<'a>,
    /// What kubectl would say (`Error from server (NotFound): pods "x" not found`).
    #[serde(borrow)]
    pub message: Str<'a>,
}

impl Lack<'_> {
    /// A copy that outlives the line.
    pub fn to_owned(&self) -> Lack<'static> {
        Lack {
            type_: self.type_.clone().into_owned(),
            name: self.name.clone().into_owned(),
            message: self.message.clone().into_owned(),
        }
    }
}
