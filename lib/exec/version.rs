//! The verb `version`: the version of each cluster's API server.

use super::ask::{Ask, Connection};
use super::fanout::answer::Answer;
use super::want::Want;
use crate::apiserver::protocol::protocol;
use crate::apiserver::server::ApiServer;
use crate::connect::Error;
use crate::record::{self, Cell, Columns, Object, Row, Str};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The path at which every API server serves its version.
const PATH: &str = "/version";

/// The resource and type of its records.
const TYPE: &str = "version";

/// Asks API servers for their version.
pub struct ServerVersion {
    /// The kind of records to write.
    pub want: Want,
}

/// The parts of the answer that are shown in columns (apimachinery `pkg/version`).
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct VersionInfo<'a> {
    #[serde(borrow)]
    git_version: Str<'a>,
    #[serde(borrow)]
    git_commit: Str<'a>,
    #[serde(borrow)]
    go_version: Str<'a>,
    #[serde(borrow)]
    platform: Str<'a>,
}

impl Ask for ServerVersion {
    async fn ask<S: ApiServer>(&self, cluster: &Connection<'_, S>) -> Answer {
        let line = match cluster.server.get(PATH, "application/json", None).await {
            Ok(reply) => self.record(cluster.state.cluster(), &reply.body),
            Err(error) => Err(error),
        };
        match line {
            Ok(line) => {
                cluster.sink.send(Some(cluster.state), line).await;
                cluster.state.add_items(1);
                Answer::default()
            }
            Err(error) => error.into(),
        }
    }
}

impl ServerVersion {
    /// Makes a record of the answer.
    fn record(&self, cluster: &str, body: &[u8]) -> Result<Vec<u8>, Error> {
        // Line breaks in JSON can only be between tokens, and a record is one line.
        let text = String::from_utf8_lossy(body).replace(['\n', '\r'], " ");
        let malformed = |why: &dyn std::fmt::Display| {
            protocol(format!("the answer to GET {PATH} is not a version: {why}"))
        };
        let info: VersionInfo<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error))?;
        if info.git_version.is_empty() {
            return Err(malformed(&"it has no gitVersion"));
        }
        let mut line = Vec::new();
        // Writing to memory does not fail.
        let _ = match self.want {
            Want::Rows => record::write(&mut line, &info.row(cluster, false)),
            Want::WideRows => record::write(&mut line, &info.row(cluster, true)),
            Want::Objects => {
                let object: &RawValue = serde_json::from_str(&text).map_err(|error| malformed(&error))?;
                record::write(&mut line, &version_object(cluster, object))
            }
        };
        Ok(line)
    }
}

impl<'a> VersionInfo<'a> {
    /// Returns the version as a row.
    fn row(self, cluster: &'a str, wide: bool) -> Row<'a> {
        let mut columns = vec![("SERVER VERSION", self.git_version), ("PLATFORM", self.platform)];
        if wide {
            columns.extend([("GO VERSION", self.go_version), ("COMMIT", self.git_commit)]);
        }
        let columns = columns.into_iter();
        Row {
            cluster: cluster.into(),
            resource: TYPE.into(),
            type_: TYPE.into(),
            columns: Columns(
                columns
                    .map(|(heading, text)| (heading.into(), Cell::Text(text)))
                    .collect(),
            ),
            ..Row::default()
        }
    }
}

/// Returns the version as the only object of a cluster.
fn version_object<'a>(cluster: &'a str, object: &'a RawValue) -> Object<'a> {
    Object {
        cluster: cluster.into(),
        resource: TYPE.into(),
        type_: TYPE.into(),
        position: 0,
        namespace: Str::default(),
        name: Str::default(),
        single: true,
        object,
        sort: None,
        event: None,
        listed: false,
    }
}
