//! The record stream: what the tools say to each other. This file is its specification.
//!
//! One JSON object a line (NDJSON), UTF-8, `\n` at the end, at most
//! [`wire::MAX_LINE`](crate::wire::MAX_LINE) bytes. The field `kind` says what it is. Four rules make
//! it a pipe that `grep`, `jq`, `head`, `sort`, `tee` and `ssh` can be put into:
//!
//! 1. **Every line stands alone.** Dropping, repeating or reordering lines never makes another line
//!    unreadable: there is no header record, and a row carries its own column names.
//! 2. **Fill in, never strip.** A tool passes on the fields and the kinds that it does not know,
//!    byte for byte where it does not have to look inside.
//! 3. **stdout is records only** when it is a pipe or a file; what is for people goes to stderr.
//! 4. **A line that is not JSON** is taken by mc-resolve and mc-exec as a cluster's name. Any other
//!    malformed line is reported with its number, and the rest is still processed.
//!
//! The types borrow from the line that they were read from: a stream of fifty thousand rows is sorted
//! without copying a cell.

mod bad_lines;
mod columns;
pub(crate) mod fast_row;
pub mod headings;
mod loss;
mod reason;
mod text;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

pub use bad_lines::BadLines;
pub use columns::{Cell, Columns};
pub use loss::{Asked, Problem, SummaryError, place_of_words};
pub use reason::Reason;
pub use text::Str;

/// `kind` of a [`Cluster`].
pub const CLUSTER: &str = "Cluster";
/// `kind` of a [`Row`].
pub const ROW: &str = "Row";
/// `kind` of an [`Object`].
pub const OBJECT: &str = "Object";
/// `kind` of a [`Text`].
pub const TEXT: &str = "Text";
/// `kind` of an [`Outcome`].
pub const RESULT: &str = "Result";
/// `kind` of an [`Asked`].
pub const ASKED: &str = "Asked";
/// `kind` of a [`Problem`].
pub const PROBLEM: &str = "Problem";
/// `kind` of a [`Summary`].
pub const SUMMARY: &str = "Summary";

/// A record of any kind, as read from a line.
///
/// [`Record::parse`] looks at `kind` and reads the rest accordingly.
#[derive(Debug)]
pub enum Record<'a> {
    /// A member of the fleet.
    Cluster(Box<Cluster<'a>>),
    /// A row of a table.
    Row(Row<'a>),
    /// A whole object.
    Object(Object<'a>),
    /// Text that a cluster's answer came as.
    Text(Text<'a>),
    /// How the query of one cluster ended.
    Outcome(Outcome<'a>),
    /// A cluster that has been taken in to be asked.
    Asked(Asked<'a>),
    /// Something that a stage lost, or the reason why it failed.
    Problem(Box<Problem<'a>>),
    /// How the query of the whole fleet ended.
    Summary(Summary<'a>),
    /// A kind that this release does not know: passed on as it is.
    Unknown(&'a str),
}

/// The `kind` of a line, for tools that look no further into most of them. Our own tools write it first,
/// which saves a pass over the line.
///
/// # Errors
/// A line that is not a JSON object with a string `kind`, where it does not start with one.
pub fn kind(line: &str) -> Result<Str<'_>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(borrow)]
        kind: Str<'a>,
    }
    match line
        .strip_prefix(r#"{"kind":""#)
        .and_then(|rest| rest.split_once('"'))
    {
        Some((kind, _)) if !kind.contains('\\') => Ok(kind.into()),
        _ => serde_json::from_str::<Kind<'_>>(line).map(|line| line.kind),
    }
}

impl<'a> Record<'a> {
    /// Reads one line (without its newline).
    ///
    /// # Errors
    /// A line that is not a JSON object with a string `kind`, or that lacks what its kind requires.
    pub fn parse(line: &'a str) -> Result<Self, serde_json::Error> {
        Ok(match kind(line)?.as_str() {
            CLUSTER => Record::Cluster(serde_json::from_str(line)?),
            ROW => Record::Row(serde_json::from_str(line)?),
            OBJECT => Record::Object(serde_json::from_str(line)?),
            TEXT => Record::Text(serde_json::from_str(line)?),
            RESULT => Record::Outcome(serde_json::from_str(line)?),
            ASKED => Record::Asked(serde_json::from_str(line)?),
            PROBLEM => Record::Problem(serde_json::from_str(line)?),
            SUMMARY => Record::Summary(serde_json::from_str(line)?),
            _ => Record::Unknown(line),
        })
    }
}

/// A member of the fleet. Written by mc-discover; mc-resolve adds [`access`](Self::access) or
/// [`skip`](Self::skip) and leaves every other byte of the line as it was.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Cluster", rename_all = "camelCase")]
pub struct Cluster<'a> {
    /// The cluster's name: unique in the fleet, and what CLUSTER columns show.
    #[serde(borrow)]
    pub cluster: Str<'a>,
    /// Its name for people (ClusterProfile `spec.displayName`), where that is another name.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Str<'a>>,
    /// The kubeconfig context of the hub that lists it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<Str<'a>>,
    /// What it was found through: `clusterprofile`, `inventory`, `about`, `ocm`, `kubeconfig`, `stdin`. Several
    /// stand in one string, separated by commas.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Str<'a>>,
    /// The namespace of its ClusterProfile on the hub.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Str<'a>>,
    /// The name of its ClusterProfile, where that is not the cluster's own and no other cluster has it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Str<'a>>,
    /// Who manages it (ClusterProfile `spec.clusterManager.name`; `open-cluster-management` for what is found
    /// through a ManagedCluster). With the cluster's name it is what a cluster is known by on several hubs.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<Str<'a>>,
    /// The cluster sets that it belongs to, sorted: the labels `multicluster.x-k8s.io/clusterset` and
    /// `cluster.open-cluster-management.io/clusterset`, and the property `clusterset.k8s.io` (KEP-2149).
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub cluster_sets: Vec<Str<'a>>,
    /// The labels that the hub has on it.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<Str<'a>, Str<'a>>,
    /// Its properties, by name: ClusterProfile `status.properties` (KEP-4322), ClusterProperty (KEP-2149), and a
    /// ManagedCluster's claims and, where no claim has the name, labels. `cluster.clusterset.k8s.io` is the
    /// cluster's id.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<Str<'a>, Str<'a>>,
    /// Whether its control plane is well, as the hub sees it.
    #[serde(default)]
    pub health: Health,
    /// Why it is not, in the hub's words.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub health_reason: Option<Str<'a>>,
    /// Its Kubernetes version, as the hub knows it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Str<'a>>,
    /// The access providers as published (KEP-5339), never yet trusted.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub access_providers: Option<&'a RawValue>,
    /// Where its API server is, as a ManagedCluster publishes it (`spec.managedClusterClientConfigs`), never
    /// yet trusted.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub client_configs: Vec<ClientConfig<'a>>,
    /// The ClusterProfiles of it, as NAMESPACE/NAME, that publish different ways into it. None of these is used;
    /// absent where they agree.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub ambiguous: Vec<Str<'a>>,
    /// What keeps work away from it, as published (ManagedCluster `spec.taints`): an array of `key`, `value`,
    /// `effect` and `timeAdded`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub taints: Option<&'a RawValue>,
    /// The way into it. Without this and without `skip` the record is unresolved.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access<'a>>,
    /// Why it will not be queried.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Skip<'a>>,
}

/// An address of a cluster's API server and what to trust there.
#[derive(Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientConfig<'a> {
    /// The server's URL.
    #[serde(borrow)]
    pub server: Str<'a>,
    /// Its certificate authorities, PEM in base64. Without it, those that the machine trusts.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub ca_bundle: Option<Str<'a>>,
}

/// ClusterProfile's condition `ControlPlaneHealthy`, a ManagedCluster's `ManagedClusterConditionAvailable`: a missing one is `Unknown`, not `Unhealthy`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Health {
    /// The condition is True.
    Healthy,
    /// The condition is False.
    Unhealthy,
    /// The condition is Unknown or missing, or has a value that this release does not know.
    #[default]
    Unknown,
}

impl Health {
    /// As the record and the HEALTH column have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Health::Healthy => "Healthy",
            Health::Unhealthy => "Unhealthy",
            Health::Unknown => "Unknown",
        }
    }
}

impl Serialize for Health {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Health {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Str::deserialize(deserializer)?.as_str() {
            "Healthy" => Health::Healthy,
            "Unhealthy" => Health::Unhealthy,
            _ => Health::Unknown,
        })
    }
}

/// The way into a cluster: a context, or a server with the credential plugin or the user that goes with it. It
/// names where credentials come from, it never holds any. Whoever uses it judges it again: a record is no
/// licence to run a command or to send a token anywhere.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Access<'a> {
    /// A context of the user's own kubeconfig.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Str<'a>>,
    /// How it was found: `mapping`, `context`, `server` or `provider`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Str<'a>>,
    /// The access provider (KEP-5339), or the built-in one that stands for it: `eks`, `gke`, `aks`,
    /// `open-cluster-management`, or a name of the user's provider file.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Str<'a>>,
    /// The API server's URL, always https.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Str<'a>>,
    /// The name that its certificate is for, where that is not the URL's host.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub tls_server_name: Option<Str<'a>>,
    /// Who vouches for it: certificates in PEM, in base64. Without it, whom the machine trusts.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub certificate_authority_data: Option<Str<'a>>,
    /// The credential plugin.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<Plugin<'a>>,
    /// The kubeconfig context whose user's credentials are used, in place of a plugin.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Str<'a>>,
}

/// A credential plugin that a hub has a say in.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plugin<'a> {
    /// The command of a built-in template, or one that the configuration allows. Absent where the user's
    /// provider file says it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Str<'a>>,
    /// Its arguments; without a command, those that go behind the provider file's.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<Str<'a>>,
    /// Environment variables that are added to the provider file's.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<Str<'a>, Str<'a>>,
    /// The client.authentication.k8s.io version that it is asked in, where that is not the template's own.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<Str<'a>>,
    /// What it is told of the cluster where the provider file has `provideClusterInfo`: the cluster's extension
    /// `client.authentication.k8s.io/exec`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Box<RawValue>>,
}

impl Access<'_> {
    /// A copy that outlives the line.
    pub fn into_owned(self) -> Access<'static> {
        Access {
            context: self.context.map(Str::into_owned),
            via: self.via.map(Str::into_owned),
            provider: self.provider.map(Str::into_owned),
            server: self.server.map(Str::into_owned),
            tls_server_name: self.tls_server_name.map(Str::into_owned),
            certificate_authority_data: self.certificate_authority_data.map(Str::into_owned),
            plugin: self.plugin.map(|plugin| Plugin {
                command: plugin.command.map(Str::into_owned),
                args: plugin.args.into_iter().map(Str::into_owned).collect(),
                env: plugin
                    .env
                    .into_iter()
                    .map(|(name, value)| (name.into_owned(), value.into_owned()))
                    .collect(),
                api_version: plugin.api_version.map(Str::into_owned),
                config: plugin.config,
            }),
            user: self.user.map(Str::into_owned),
        }
    }
}

/// Why a cluster will not be queried.
#[derive(Debug, Deserialize, Serialize)]
pub struct Skip<'a> {
    /// [`Reason::Skipped`] where nothing gives access or it is left out on purpose, [`Reason::Unresolved`] where what should does not.
    pub reason: Reason,
    /// For a person: what is missing, and what to do.
    #[serde(borrow)]
    pub message: Str<'a>,
}

/// So far stand the positions of two arguments apart: more types than any category has.
pub const POSITIONS: u32 = 1000;

/// Which of the arguments a [`Row::position`] is of.
pub fn argument(position: u32) -> u32 {
    position / POSITIONS
}

/// What a [`Row::position`] counts beyond its [`argument`].
pub fn within_argument(position: u32) -> u32 {
    position % POSITIONS
}

/// One row of a table, as the cluster's API server printed it.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Row")]
pub struct Row<'a> {
    /// The cluster that it came from.
    #[serde(borrow)]
    pub cluster: Str<'a>,
    /// The resource, plural and with its API group where it has one: `pods`, `deployments.apps`.
    #[serde(borrow, default)]
    pub resource: Str<'a>,
    /// The lower-case kind with its group, as kubectl writes it before a slash: `pod`,
    /// `deployment.apps`.
    #[serde(borrow, default, rename = "type", skip_serializing_if = "Str::is_empty")]
    pub type_: Str<'a>,
    /// Which of the types asked for it belongs to, in the order asked for: [`POSITIONS`] for each argument, and
    /// for the types of a category, counted from 1, the place in it. Rows of one resource and one [`argument`] are
    /// one table, though clusters whose categories differ count differently. For a name right behind one of
    /// another version of its resource it is 1 more, which begins a table.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub position: u32,
    /// The object's namespace; absent for what is cluster-scoped.
    #[serde(borrow, default, skip_serializing_if = "Str::is_empty")]
    pub namespace: Str<'a>,
    /// The object's name.
    #[serde(borrow, default)]
    pub name: Str<'a>,
    /// Heading → cell, in the order in which kubectl would print them (so with NAMESPACE first where
    /// `-A` was asked for, and with the columns that `-L` and `--show-labels` add). No two are called the same.
    #[serde(borrow, default)]
    pub columns: Columns<'a>,
    /// For columns that are called otherwise because another one has their heading, that heading:
    /// `{"NAMESPACE_2": "NAMESPACE"}`. See [`headings`].
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headings: BTreeMap<Str<'a>, Str<'a>>,
    /// What to sort by within the cluster and the type in place of namespace and name: a JSON array or
    /// scalar. An object `{"by": …}` says the same for rows of all clusters, which then only decide between
    /// equals (`--sort-by`). Absent where the order of the API server is meant.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<&'a RawValue>,
    /// What happened to the object, where it is watched (`-w`); absent where it is not. Such a row is passed
    /// on and printed as it comes, whatever else is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// Whether it was there already when the watch of its cluster began. Absent where false, and where there
    /// is no `event`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listed: bool,
}

/// What happened to an object that is watched (apimachinery `pkg/watch`).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Event {
    /// It is there: from the start, or it has come, or it is now among those that are selected.
    Added,
    /// It has changed.
    Modified,
    /// It is gone, or no longer among those that are selected; the record has its last state.
    Deleted,
}

impl Event {
    /// As the API server and the EVENT column have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Event::Added => "ADDED",
            Event::Modified => "MODIFIED",
            Event::Deleted => "DELETED",
        }
    }
}

/// One whole object, untouched; or, where mc-exec was told to trim, what the user's own columns look at of it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Object")]
pub struct Object<'a> {
    /// The cluster that it came from.
    #[serde(borrow)]
    pub cluster: Str<'a>,
    /// As in [`Row::resource`].
    #[serde(borrow, default)]
    pub resource: Str<'a>,
    /// As in [`Row::type_`].
    #[serde(borrow, default, rename = "type", skip_serializing_if = "Str::is_empty")]
    pub type_: Str<'a>,
    /// As in [`Row::position`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub position: u32,
    /// As in [`Row::namespace`].
    #[serde(borrow, default, skip_serializing_if = "Str::is_empty")]
    pub namespace: Str<'a>,
    /// As in [`Row::name`].
    #[serde(borrow, default)]
    pub name: Str<'a>,
    /// Whether this one object is all that was asked for, by its name: kubectl gives a template the object
    /// itself then, and a List in any other case, be it of one object. Absent where false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub single: bool,
    /// The object as the API server wrote it: key order and the numbers' own text kept.
    #[serde(borrow)]
    pub object: &'a RawValue,
    /// As in [`Row::sort`].
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<&'a RawValue>,
    /// As in [`Row::event`]. With `--output-watch-events`, [`object`](Self::object) is the whole event:
    /// `{"type": …, "object": …}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// As in [`Row::listed`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listed: bool,
}

/// Text that a cluster's answer came as, and what a cluster says to the user beside its rows
/// (an object that it does not have, a warning header).
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Text")]
pub struct Text<'a> {
    /// The cluster that it came from.
    #[serde(borrow)]
    pub cluster: Str<'a>,
    /// Where it belongs.
    pub stream: Stream,
    /// One line or several, as they came.
    #[serde(borrow)]
    pub text: Str<'a>,
}

/// Where a [`Text`] belongs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Part of the answer.
    Stdout,
    /// About the answer.
    Stderr,
}

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

/// How the query of the whole fleet ended. mc-merge writes one, last.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Summary")]
pub struct Summary<'a> {
    /// Clusters that were selected: the sum of the three below.
    pub total: u64,
    /// Clusters that answered. One that merely lacks what was asked for has answered.
    pub successful: u64,
    /// Clusters that should have answered and did not, or not in full.
    pub failed: u64,
    /// Clusters that were not asked, because nothing gives access to them.
    #[serde(default)]
    pub skipped: u64,
    /// For each cluster that failed or was skipped, why.
    #[serde(borrow, default)]
    pub errors: BTreeMap<Str<'a>, SummaryError<'a>>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
fn is_zero(position: &u32) -> bool {
    *position == 0
}

/// Writes a record as one line, newline included.
///
/// # Errors
/// What the writer returns. Serialization itself cannot fail: every type here is a JSON object with
/// string keys.
pub fn write(out: &mut impl std::io::Write, record: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, record)?;
    out.write_all(b"\n")
}

/// A cluster record that says only a name: what a line that is not JSON stands for.
pub fn bare_cluster(name: &str) -> Cluster<'_> {
    Cluster {
        cluster: Str(Cow::Borrowed(name)),
        ..Cluster::default()
    }
}

#[cfg(test)]
mod tests;
