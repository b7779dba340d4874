//! Setting up one cluster.

use super::cloud::{self, Fetch, Known, tool};
use super::edit;
use super::session::Session;
use super::user_file::UserFile;
use crate::config::ClusterMapping;
use crate::connect::plugin::Screen;
use crate::connect::{self, Connector, Deadline};
use crate::exit::Fatal;
use crate::kubeconfig::Kubeconfig;
use crate::program;
use crate::record::{Access, Cluster};
use crate::resolve::Resolution;
use crate::term::{Label, escape};
use crate::vendor::Vendor;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The time for a cloud's tool to say who is logged in.
const LOGIN_LIMIT: Duration = Duration::from_secs(30);

/// The time for a cloud's tool to write a context.
const FETCH_LIMIT: Duration = Duration::from_secs(120);

/// The longest answer to `/version` that is read, in bytes. Servers answer far less.
const MAX_VERSION: usize = 64 << 10;

/// The advice if nothing else works.
const CHOOSE: &str =
    "map it in the mapping file (clusters: [{name: …, context: …}]), or run kubectl mc setup on a terminal";

/// A cluster that is set up.
pub struct Member {
    pub name: String,
    /// The name of its entry in the mapping file.
    entry: String,
    /// The call of its cloud's tool, as far as it is known.
    pub known: Known,
    /// The metadata for the mapping file.
    metadata: Vec<(&'static str, String)>,
}

impl Member {
    /// Returns a cluster with all that is known of its cloud.
    pub fn of(cluster: &Cluster<'_>, mapping: &ClusterMapping) -> Self {
        let found = mapping.find(&cluster.cluster, cluster.profile.as_deref());
        let entry = found.map(|(_, entry)| entry);
        Self {
            name: cluster.cluster.as_str().to_owned(),
            entry: found
                .map_or(cluster.cluster.as_str(), |(name, _)| name)
                .to_owned(),
            known: Known::of(cluster, entry),
            metadata: cloud::metadata(cluster, entry),
        }
    }
}

/// The outcome for one cluster.
pub enum Outcome {
    /// It had access already.
    Ready,
    /// It has access now, or would have it after a dry run.
    Made,
    /// It has no access. The text says what is left to do.
    Left(String),
}

/// The outcome of mapping a cluster to a context.
enum Mapped {
    Done,
    /// The context does not answer, for this reason.
    Silent(String),
    /// The mapping file cannot be edited, for this reason.
    Unwritable(String),
}

impl Session<'_> {
    /// Sets up one cluster.
    pub fn set_up(&mut self, cluster: &Cluster<'_>, member: &Member) -> Result<Outcome, Fatal> {
        let name = member.name.as_str();
        let why = match self.resolver.resolve(cluster) {
            Resolution::Access(access) if access.context.is_none() && self.options.with_contexts => {
                format!("has no context: {}", way(&access))
            }
            Resolution::Access(access) => {
                self.prompt
                    .say(Label::Good, "ok", &format!("{name}: {}", way(&access)));
                return Ok(Outcome::Ready);
            }
            Resolution::Skip(skip) => format!("has no access: {}", skip.message),
        };
        self.prompt.say(Label::Cluster, name, &why);
        let left = match &member.known {
            Known::Nothing => {
                self.no_metadata(name);
                CHOOSE.to_owned()
            }
            Known::Part(vendor, problem) => {
                self.no_metadata(name);
                self.prompt.line(&format!("  {}: {problem}", tool(*vendor).cloud));
                CHOOSE.to_owned()
            }
            Known::All(fetch) => match self.fetch(cluster, member, fetch.clone())? {
                Outcome::Left(what) => what,
                done => return Ok(done),
            },
        };
        if self.options.dry_run {
            return Ok(Outcome::Left(left));
        }
        self.by_hand(member, left)
    }

    fn no_metadata(&self, name: &str) {
        self.prompt
            .notice("INFO:", &format!("Cloud metadata not available for {name}"));
    }

    /// The context that the cloud's tool writes.
    fn fetch(&mut self, cluster: &Cluster<'_>, member: &Member, fetch: Fetch) -> Result<Outcome, Fatal> {
        let name = member.name.as_str();
        let program = match self.tool(fetch.vendor) {
            Ok(program) => program,
            Err(problem) => {
                self.prompt.notice("WARN:", &problem);
                return Ok(Outcome::Left(problem));
            }
        };
        let fetch = match self.kubeconfig_file() {
            Some(file) => fetch.into_file(&file),
            None => fetch,
        };
        let line = fetch.line();
        if self.options.dry_run {
            self.prompt.say(Label::Faint, "would run", &line);
            let file = self.options.paths.mapping();
            let what = format!("{name} to the context that this writes, in {}", file.display());
            self.prompt.say(Label::Faint, "would map", &what);
            return Ok(Outcome::Made);
        }
        match self.prompt.confirm(&format!("Run {line}?"), true) {
            Some(true) => {}
            Some(false) => return Ok(Outcome::Left(CHOOSE.into())),
            None => return Ok(Outcome::Left(format!("run {line} (--yes runs it), or {CHOOSE}"))),
        }
        self.prompt.say(Label::Faint, "running", &line);
        let before = self.resolver.kubeconfig().clone();
        let kubeconfig = self.options.kubeconfig.as_deref();
        let ran = program::run::run(self.runtime, &program, &fetch.args, kubeconfig, FETCH_LIMIT);
        self.changed = true;
        // Also after a failure, which may have written something.
        self.reload()?;
        if let Err(problem) = ran {
            let line = format!("{} failed: {problem}", tool(fetch.vendor).program);
            self.warn(&line);
            return Ok(Outcome::Left(line));
        }
        let by_server = self.by_server(cluster);
        let Some(context) = by_server.or_else(|| written(&before, self.resolver.kubeconfig(), &fetch)) else {
            let line = format!("{line} has written no context that can be told from the others");
            self.warn(&line);
            return Ok(Outcome::Left(line));
        };
        Ok(match self.take(member, &context)? {
            Mapped::Done => Outcome::Made,
            Mapped::Silent(problem) | Mapped::Unwritable(problem) => Outcome::Left(problem),
        })
    }

    /// The context that leads to the server which the hub publishes for a cluster.
    fn by_server(&self, cluster: &Cluster<'_>) -> Option<String> {
        match self.resolver.resolve(cluster) {
            Resolution::Access(access) if access.via.as_deref() == Some("server") => {
                access.context.map(|context| context.as_str().to_owned())
            }
            _ => None,
        }
    }

    /// The cloud's tool, if it is there and somebody is logged in.
    fn tool(&mut self, vendor: Vendor) -> Result<PathBuf, String> {
        if let Some(known) = self.tools.get(&vendor) {
            return known.clone();
        }
        let cloud = tool(vendor);
        let found = program::find(cloud.program)
            .ok_or_else(|| cloud.not_found())
            .and_then(|program| {
                match program::run::run(self.runtime, &program, cloud.who, None, LOGIN_LIMIT) {
                    Ok(who) if !who.trim().is_empty() => Ok(program),
                    _ => Err(cloud.not_authenticated()),
                }
            });
        self.tools.insert(vendor, found.clone());
        found
    }

    /// The file that a tool is to write to, where that is not `~/.kube/config`.
    fn kubeconfig_file(&self) -> Option<PathBuf> {
        let first = self.resolver.kubeconfig().files().first()?;
        (*first != self.options.paths.kube.join("config")).then(|| first.clone())
    }

    /// A context that the person chooses.
    fn by_hand(&mut self, member: &Member, left: String) -> Result<Outcome, Fatal> {
        let name = member.name.as_str();
        loop {
            let contexts: Vec<String> = self
                .resolver
                .kubeconfig()
                .context_names()
                .map(str::to_owned)
                .collect();
            let contexts: Vec<&str> = contexts.iter().map(String::as_str).collect();
            let question = format!("Which context leads to {name}? The closest names first:");
            let Some(context) = self.prompt.choose(&question, name, &contexts, None) else {
                return Ok(Outcome::Left(left));
            };
            match self.take(member, &context)? {
                Mapped::Done => return Ok(Outcome::Made),
                Mapped::Silent(_) => {}
                Mapped::Unwritable(problem) => return Ok(Outcome::Left(problem)),
            }
        }
    }

    /// Maps a cluster to a context that answers; one that does not only where the person insists.
    fn take(&mut self, member: &Member, context: &str) -> Result<Mapped, Fatal> {
        let name = member.name.as_str();
        if let Err(problem) = self.probe(context) {
            let line = format!("context {context:?} does not answer: {problem}");
            self.warn(&line);
            let insists = self.prompt.is_interactive()
                && self.prompt.confirm("Map it all the same?", false) == Some(true);
            if !insists {
                return Ok(Mapped::Silent(line));
            }
        }
        let metadata: Vec<(&str, &str)> = member
            .metadata
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        let map = |text: &str| edit::map(text, &member.entry, context, &metadata);
        if let Err(problem) = self.edit(UserFile::Mapping, &map)? {
            let line = format!("cannot map it to context {context:?} in {problem}; do it by hand");
            self.warn(&line);
            return Ok(Mapped::Unwritable(line));
        }
        self.reload()?;
        let file = self.options.paths.mapping();
        let line = format!("{name}: context {context:?}, written to {}", file.display());
        self.prompt.say(Label::Good, "ok", &line);
        Ok(Mapped::Done)
    }

    /// Checks that a context's server answers, whatever the user may do there.
    fn probe(&self, context: &str) -> Result<(), String> {
        let access = self
            .resolver
            .kubeconfig()
            .access(context)
            .map_err(|error| error.0)?;
        let connector = Connector::new(connect::ConnectorOptions {
            connect_timeout: self.options.connect_timeout,
            login_timeout: self.options.discover.limits.login_timeout,
            screen: Screen::of("mc-setup"),
            ..connect::ConnectorOptions::default()
        });
        let answer = self.runtime.block_on(async {
            let client = connector.client(&access)?;
            let version = client.get_bytes("/version", "application/json", MAX_VERSION);
            let deadline = Deadline::new(self.options.timeout, [Arc::clone(client.logins())]);
            match deadline.bound(version).await {
                Some(answer) => answer.map(|_| ()),
                None => Err(client.timeout_error(self.options.timeout)),
            }
        });
        match answer {
            Err(error) if error.status != Some(403) => Err(match error.remedy() {
                Some(remedy) => format!("{error} ({remedy})"),
                None => error.to_string(),
            }),
            _ => Ok(()),
        }
    }
}

fn way(access: &Access<'_>) -> String {
    let via = access.via.as_ref().map_or("", |via| via.as_str());
    match &access.context {
        Some(context) if via == "mapping" => format!("context {:?}, by the mapping", context.as_str()),
        Some(context) if via == "server" => {
            format!(
                "context {:?}, which leads to the server that the hub publishes",
                escape(context.as_str())
            )
        }
        Some(context) => format!("context {:?}, its own name", escape(context.as_str())),
        None => format!("access by {via}"),
    }
}

/// The context that a tool has written: the only new one, else the only one that it could have named so, else
/// the one that it has made the current one.
fn written(before: &Kubeconfig, after: &Kubeconfig, fetch: &Fetch) -> Option<String> {
    let new: Vec<&str> = after
        .context_names()
        .filter(|name| !before.has_context(name))
        .collect();
    if let [only] = new[..] {
        return Some(only.to_owned());
    }
    let mut candidates = new.iter().copied().filter(|name| fetch.names(name));
    // Without a new one it was there already, and is the current one now.
    let current = after.current_context().filter(|name| {
        fetch.names(name) && (fetch.names_contexts() || before.current_context() != Some(name))
    });
    candidates
        .next()
        .filter(|_| candidates.next().is_none())
        .or(current)
        .map(str::to_owned)
}
