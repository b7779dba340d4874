//! One cluster, the hub included: its credential plugin, connecting and TLS, its clock, what it serves, and what
//! we may do there.

use super::finding::Level;
use super::report::Report;
use crate::connect::{Client, Connector, Deadline, Error};
use crate::kubeconfig::Access;
use crate::program::{self, shell_word::quote};
use crate::record::Reason;
use http::HeaderMap;
use http::header::DATE;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Clocks that are further apart than this, in seconds, make tokens and certificates fail at their edges.
const MOST_SKEW: i64 = 30;

/// In bytes: none of the answers here is nearly as long.
const MAX_ANSWER: usize = 4 << 20;

const JSON: &str = "application/json";

/// A cluster that is checked.
pub struct Checked<'a> {
    /// The way into it.
    pub access: &'a Access,
    /// The context that this is, or else the access provider, for messages.
    pub way: Way<'a>,
    /// The permission that the user needs.
    pub right: Right<'a>,
    /// True if it is the hub, which has to serve ClusterProfile.
    pub is_hub: bool,
}

/// The origin of the access to a cluster.
#[derive(Clone, Copy)]
pub enum Way<'a> {
    /// A context of the kubeconfig.
    Context(&'a str),
    /// An access provider that the hub publishes, and that the user's policy admits.
    Provider(&'a str),
}

impl fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Context(name) => write!(f, "context {name:?}"),
            Way::Provider(name) => write!(f, "access provider {name:?}"),
        }
    }
}

/// A resource that is to be listed.
pub struct Right<'a> {
    pub group: &'a str,
    pub resource: &'a str,
    /// `None` is all.
    pub namespace: Option<&'a str>,
}

/// Checks one cluster, within one time for all of it, and adds to the report about it.
pub async fn check(connector: &Connector, target: &Checked<'_>, limit: Duration, report: Report) -> Report {
    let mut checks = Checks { target, report };
    if checks.plugin() {
        checks.online(connector, limit).await;
    }
    checks.report
}

struct Checks<'a> {
    target: &'a Checked<'a>,
    report: Report,
}

impl Checks<'_> {
    /// Checks that the credential plugin is installed, if the access has one. Returns false if it is missing.
    fn plugin(&mut self) -> bool {
        let Checked { access, way, .. } = self.target;
        let Some(exec) = &access.user.exec else {
            return true;
        };
        let command = exec.command.as_deref().unwrap_or_default();
        let is_there = program::find(command).is_some_and(|file| program::is_executable(&file));
        if is_there {
            self.report.ok("plugin", command.to_owned());
        } else {
            let problem = format!("the credential plugin {command} of {way} is not there");
            let remedy = exec
                .install_hint
                .clone()
                .unwrap_or_else(|| format!("install {command}, or add it to PATH"));
            self.report.fail("plugin", problem, &remedy);
        }
        is_there
    }

    async fn online(&mut self, connector: &Connector, limit: Duration) {
        let client = match connector.client(self.target.access) {
            Ok(client) => client,
            Err(error) => return self.failed(&error),
        };
        let now = Instant::now();
        let deadline = Deadline::new(limit, [Arc::clone(client.logins())]);
        let in_time = |answer: Option<Result<Answer, Error>>| {
            answer.unwrap_or_else(|| Err(client.timeout_error(limit)))
        };
        let version = deadline.bound(version(&client)).await;
        match in_time(version) {
            // Known there, and not allowed to ask even that.
            Err(error) if error.status == Some(403) => {
                self.report.ok(
                    "connect",
                    format!("{} answers, and does not tell its version", client.server()),
                );
            }
            Err(error) => return self.failed(&error),
            Ok(answer) => {
                let took = now.elapsed().as_millis();
                let text = format!(
                    "{}, {} in {took} ms, {}",
                    answer.text,
                    client.server(),
                    self.target.way
                );
                self.report.ok("connect", text);
                self.clock(&answer.headers);
            }
        }
        if self.target.is_hub {
            let served = deadline.bound(profiles(&client)).await;
            match in_time(served) {
                Ok(_) => self.report.ok(
                    "api",
                    "it serves ClusterProfile (multicluster.x-k8s.io/v1alpha1)".into(),
                ),
                Err(error) if error.reason == Reason::NotFound => {
                    let problem = "it does not serve ClusterProfile (multicluster.x-k8s.io/v1alpha1)";
                    let remedy =
                        "install the Cluster Inventory API there, or name another hub: --hub-context";
                    return self.report.fail("api", problem.into(), remedy);
                }
                Err(error) => return self.failed(&error),
            }
        }
        let allowed = deadline.bound(self.rights(&client)).await;
        let (level, text, remedy) = match allowed {
            Some(Ok(found)) => found,
            Some(Err(error)) => return self.failed(&error),
            None => return self.failed(&client.timeout_error(limit)),
        };
        self.report.add(level, "rbac", text, remedy.as_deref());
    }

    /// Checks what the user may list: everything, or at least the context's own namespace.
    async fn rights(&self, client: &Client) -> Result<(Level, String, Option<String>), Error> {
        let right = &self.target.right;
        let what = match right.group {
            "" => right.resource.to_owned(),
            group => format!("{}.{group}", right.resource),
        };
        let place = |namespace: Option<&str>| match namespace {
            Some(namespace) => format!("in namespace {namespace}"),
            None => "in all namespaces".to_owned(),
        };
        let wanted = place(right.namespace);
        if may_list(client, right, right.namespace).await? {
            return Ok((Level::Ok, format!("may list {what} {wanted}"), None));
        }
        let remedy = match self.target.way {
            Way::Context(context) => {
                format!(
                    "ask for the permission; kubectl --context {} auth can-i --list shows what you may do",
                    quote(context)
                )
            }
            Way::Provider(_) => "ask the cluster's administrators for the permission".to_owned(),
        };
        let own = self.target.access.namespace.as_deref().unwrap_or("default");
        if !self.target.is_hub && may_list(client, right, Some(own)).await? {
            let text = format!("may list {what} in namespace {own}, and not {wanted}: -A will fail");
            return Ok((Level::Warn, text, Some(remedy)));
        }
        let remedy = match self.target.is_hub && right.namespace.is_none() {
            true => format!("{remedy}; or name a namespace that you may list: --hub-namespace"),
            false => remedy,
        };
        Ok((Level::Fail, format!("may not list {what} {wanted}"), Some(remedy)))
    }

    fn failed(&mut self, error: &Error) {
        let check = match error.reason {
            Reason::Tls => "tls",
            Reason::CredentialPlugin => "plugin",
            Reason::Unauthorized => "login",
            Reason::Forbidden => "rbac",
            _ => "connect",
        };
        let remedy = error
            .remedy()
            .unwrap_or("try it alone: kubectl --context CONTEXT get --raw /readyz -v=6")
            .to_owned();
        self.report.fail(check, error.to_string(), &remedy);
    }

    /// Compares the server's clock with ours.
    fn clock(&mut self, headers: &HeaderMap) {
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        let Some(theirs) = date.and_then(|date| rfc2822::DateTimeParser::new().parse_timestamp(date).ok())
        else {
            return;
        };
        let skew = theirs.as_second() - Timestamp::now().as_second();
        if skew.abs() > MOST_SKEW {
            let side = if skew > 0 { "ahead of" } else { "behind" };
            let problem = format!("its clock is {}s {side} ours", skew.abs());
            self.report.warn(
                "clock",
                problem,
                "set the clock that is wrong (chronyc tracking, timedatectl)",
            );
        } else {
            self.report.ok("clock", format!("within {MOST_SKEW}s of ours"));
        }
    }
}

struct Answer {
    headers: HeaderMap,
    text: String,
}

async fn version(client: &Client) -> Result<Answer, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Version {
        git_version: String,
    }
    let (parts, body) = client.get_bytes("/version", JSON, MAX_ANSWER).await?;
    let version: Version = serde_json::from_slice(&body).map_err(|error| {
        let problem = format!("{} answers, and not as an API server: {error}", client.server());
        Error::new(Reason::Protocol, problem)
    })?;
    Ok(Answer {
        headers: parts.headers,
        text: version.git_version,
    })
}

async fn profiles(client: &Client) -> Result<Answer, Error> {
    #[derive(Deserialize)]
    struct Resources {
        resources: Vec<Resource>,
    }
    #[derive(Deserialize)]
    struct Resource {
        name: String,
    }
    let (parts, body) = client
        .get_bytes("/apis/multicluster.x-k8s.io/v1alpha1", JSON, MAX_ANSWER)
        .await?;
    let found: Resources =
        serde_json::from_slice(&body).map_err(|error| Error::new(Reason::Protocol, error.to_string()))?;
    if !found
        .resources
        .iter()
        .any(|resource| resource.name == "clusterprofiles")
    {
        return Err(Error::new(Reason::NotFound, "no clusterprofiles"));
    }
    Ok(Answer {
        headers: parts.headers,
        text: String::new(),
    })
}

/// Asks the server itself (`authorization.k8s.io/v1` SelfSubjectAccessReview), which every user may.
async fn may_list(client: &Client, right: &Right<'_>, namespace: Option<&str>) -> Result<bool, Error> {
    #[derive(Deserialize)]
    struct Review {
        status: Status,
    }
    #[derive(Deserialize)]
    struct Status {
        allowed: bool,
    }
    let question = serde_json::json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {
            "verb": "list", "group": right.group, "resource": right.resource,
            "namespace": namespace.unwrap_or_default(),
        }},
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let answer = client
        .post(path, question.to_string().into_bytes(), MAX_ANSWER)
        .await?;
    let review: Review = serde_json::from_slice(&answer).map_err(|error| {
        Error::new(
            Reason::Protocol,
            format!("no answer to an access review: {error}"),
        )
    })?;
    Ok(review.status.allowed)
}
