//! The records, declared a second time: by what a later stage or a script may rely on, apart from the types that the
//! tools write and read them with. A field that these gain, lose or rename is unknown here, or missing.

#![allow(dead_code, reason = "it is enough that they can be read")]

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Reads a line that our own tools have written, having asserted that it is a record and holds nothing that is not
/// declared here.
#[track_caller]
pub fn read(line: &str) -> Value {
    if let Err(error) = serde_json::from_str::<Record>(line) {
        panic!("{error}: {line:.2000}");
    }
    serde_json::from_str(line).unwrap()
}

/// Reads all lines of a stage's output.
#[track_caller]
pub fn read_all(output: &str) -> Vec<Value> {
    output.lines().map(read).collect()
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind")]
pub enum Record {
    Cluster(Box<Cluster>),
    Row(Row),
    Object(Object),
    Group(Group),
    Text(Text),
    Result(ClusterResult),
    Asked(Asked),
    Problem(Problem),
    Show(Show),
    Summary(Summary),
}

type Texts = BTreeMap<String, String>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Cluster {
    pub cluster: String,
    pub display_name: Option<String>,
    pub hub: Option<String>,
    pub source: Option<String>,
    pub namespace: Option<String>,
    pub profile: Option<String>,
    pub manager: Option<String>,
    pub cluster_sets: Option<Vec<String>>,
    pub labels: Option<Texts>,
    pub properties: Option<Texts>,
    pub health: Health,
    pub health_reason: Option<String>,
    pub version: Option<String>,
    pub access_providers: Option<Value>,
    pub client_configs: Option<Vec<ClientConfig>>,
    pub ambiguous: Option<Vec<String>>,
    pub taints: Option<Vec<Value>>,
    pub access: Option<Access>,
    pub skip: Option<Skip>,
}

#[derive(Debug, Deserialize)]
pub enum Health {
    Healthy,
    Unhealthy,
    Unknown,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ClientConfig {
    pub server: String,
    pub ca_bundle: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Access {
    pub context: Option<String>,
    pub via: Option<String>,
    pub provider: Option<String>,
    pub server: Option<String>,
    pub tls_server_name: Option<String>,
    pub certificate_authority_data: Option<String>,
    pub plugin: Option<Plugin>,
    pub user: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Plugin {
    pub command: Option<String>,
    pub args: Option<Vec<String>>,
    pub env: Option<Texts>,
    pub api_version: Option<String>,
    pub config: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    pub reason: Reason,
    pub message: String,
}

/// The closed set that scripts switch on.
#[derive(Debug, Deserialize)]
pub enum Reason {
    Skipped,
    Unresolved,
    CredentialPlugin,
    Dns,
    Connect,
    Tls,
    Timeout,
    Unauthorized,
    Forbidden,
    NotFound,
    BadRequest,
    TooManyRequests,
    ServerError,
    Protocol,
    Cancelled,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub cluster: String,
    pub resource: String,
    #[serde(rename = "type")]
    pub type_: Option<String>,
    pub position: Option<u32>,
    pub namespace: Option<String>,
    pub name: String,
    pub columns: Map<String, Value>,
    pub headings: Option<Texts>,
    pub fields: Option<Map<String, Value>>,
    pub sort: Option<Value>,
    pub event: Option<Event>,
    pub listed: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Event {
    Added,
    Modified,
    Deleted,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    pub cluster: String,
    pub resource: String,
    #[serde(rename = "type")]
    pub type_: Option<String>,
    pub position: Option<u32>,
    pub namespace: Option<String>,
    pub name: String,
    pub single: Option<bool>,
    pub object: Value,
    pub sort: Option<Value>,
    pub event: Option<Event>,
    pub listed: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub resource: String,
    #[serde(rename = "type")]
    pub type_: Option<String>,
    pub position: Option<u32>,
    pub by: Texts,
    pub count: u64,
    pub clusters: BTreeMap<String, u64>,
    pub folded: Option<bool>,
    pub computed: Option<Vec<Computed>>,
    pub changes: Option<Vec<Change>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub field: String,
    pub from: Option<Value>,
    pub to: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Computed {
    pub heading: String,
    pub of: Operation,
    pub path: String,
    pub value: Option<Value>,
    pub sum: Option<Value>,
    pub form: Option<Form>,
    pub number: u64,
    pub other: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    Sum,
    Min,
    Max,
    Avg,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    Plain,
    Exponent,
    Decimal,
    Binary,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Text {
    pub cluster: String,
    pub stream: Stream,
    pub text: String,
    pub about_types: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    Stdout,
    Stderr,
}

/// `kind` is `Result`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ClusterResult {
    pub cluster: String,
    pub ok: bool,
    pub items: u64,
    pub seconds: f64,
    pub reason: Option<Reason>,
    pub message: Option<String>,
    pub hint: Option<String>,
    pub missing: Option<Vec<Lack>>,
    pub unserved: Option<Vec<Lack>>,
    pub notice: Option<String>,
    pub types: Option<u32>,
    pub unsorted: Option<String>,
    pub empty_list: Option<bool>,
    pub watched: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lack {
    #[serde(rename = "type")]
    pub type_: String,
    pub name: Option<String>,
    pub message: String,
    pub hint: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Show {}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub cluster: String,
    pub namespace: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    pub stage: String,
    pub cluster: Option<String>,
    pub status: u8,
    pub message: String,
    pub said: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    pub total: u64,
    pub successful: u64,
    pub failed: u64,
    pub skipped: u64,
    pub errors: BTreeMap<String, SummaryError>,
    pub lacking: Option<String>,
    pub differs: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SummaryError {
    pub reason: Option<Reason>,
    pub message: String,
}
