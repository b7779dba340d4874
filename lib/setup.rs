//! mc-setup: the way into each cluster of the fleet, found or made.
//!
//! For each member that has no access yet, its cloud's own tool writes a context into the kubeconfig, where the
//! hub says enough of it and the person agrees; else the person chooses a context. A context that answers is
//! written into the mapping file. Nothing else writes to the kubeconfig, and what is there already stays.

pub mod cloud;
pub mod edit;
mod files;
mod hub;
mod prompt;
pub mod tool;

use crate::config::{ClusterMapping, Config, Paths};
use crate::connect::plugin::Stderr;
use crate::connect::{self, Connector, Deadline};
use crate::discover::{self, cache};
use crate::exit::{Fatal, Status};
use crate::kubeconfig::Kubeconfig;
use crate::program;
use crate::record::{Access, Cluster};
use crate::resolve::{Resolution, Resolver};
use crate::term::{Label, Terminal, escape};
use cloud::{Fetch, Known, Provider};
use files::Which;
use prompt::Prompt;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// For a cloud's tool to say who is logged in.
const LOGIN_LIMIT: Duration = Duration::from_secs(30);

/// For a cloud's tool to write a context.
const FETCH_LIMIT: Duration = Duration::from_secs(120);

/// What mc-setup was asked for, with configuration and environment taken in.
#[derive(Debug)]
pub struct Options {
    /// Only clusters of this cloud.
    pub provider: Option<Provider>,
    /// Agree to everything that would be asked.
    pub yes: bool,
    /// Say what would be done, and change nothing.
    pub dry_run: bool,
    /// How the fleet is found.
    pub discover: discover::Options,
    /// For a new context to answer.
    pub timeout: Duration,
    /// Of that, for connecting.
    pub connect_timeout: Duration,
    /// `--kubeconfig`
    pub kubeconfig: Option<PathBuf>,
    /// Where the user's files are.
    pub paths: Paths,
}

/// What came of one cluster.
enum Outcome {
    /// There was access already.
    Ready,
    /// There is now, or would be.
    Made,
    /// There is none: says what is left to do.
    Left(String),
}

/// The outcome of mapping a cluster to a context.
enum Taken {
    /// It is mapped.
    Mapped,
    /// The context does not answer: says why.
    Silent(String),
    /// The mapping file cannot be edited: says why.
    Unwritable(String),
}

/// A cluster that is set up.
struct Member {
    /// Its name.
    name: String,
    /// The name of its entry in the mapping file.
    entry: String,
    /// The call of its cloud's tool, as far as it is known.
    known: Known,
    /// The same as it is written to the mapping file.
    metadata: Vec<(&'static str, String)>,
}

impl Member {
    fn of(cluster: &Cluster<'_>, mapping: &ClusterMapping) -> Self {
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

/// What is left to a person where nothing else works.
const CHOOSE: &str =
    "map it in the mapping file (clusters: [{name: …, context: …}]), or run kubectl mc setup on a terminal";

/// mc-setup. `load` reads the kubeconfig and the mapping anew.
///
/// The status is Complete where every selected cluster has access in the end, Partial where some have, and
/// Failed where none has.
///
/// # Errors
/// No hub, a hub that does not list its fleet, files that cannot be read or written.
pub fn run(
    mut options: Options,
    config: &Config,
    load: &dyn Fn() -> Result<Resolver, Fatal>,
    terminal: Terminal,
) -> Result<Status, Fatal> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Fatal::failed(format!("cannot start the network: {error}")))?;
    let prompt = Prompt::new(terminal, options.yes, options.dry_run);
    let resolver = load()?;
    let current = resolver.kubeconfig().current_context().map(str::to_owned);
    // A dry run leaves no trace in the cache either.
    options.discover.keep = !options.dry_run;
    options.discover.refresh = true;
    options.discover.max_stale = Duration::ZERO;
    let mut setup = Setup {
        options,
        load,
        resolver,
        prompt,
        runtime,
        tools: HashMap::new(),
        changed: false,
        backed_up: Vec::new(),
    };
    let outcome = setup.walk(config);
    if setup.changed {
        let folder = &setup.options.discover.cache_dir;
        cache::invalidate(folder).map_err(|error| {
            Fatal::failed(format!("cannot empty the cache in {}: {error}", folder.display()))
        })?;
    }
    setup.mention_current_context(current.as_deref());
    // A name that is being looked up would hold the process.
    setup.runtime.shutdown_background();
    outcome
}

struct Setup<'a> {
    options: Options,
    load: &'a dyn Fn() -> Result<Resolver, Fatal>,
    resolver: Resolver,
    prompt: Prompt,
    runtime: Runtime,
    /// Each cloud's tool, or why it cannot be used; looked at once.
    tools: HashMap<Provider, Result<PathBuf, String>>,
    changed: bool,
    /// The files whose former content has been kept.
    backed_up: Vec<Which>,
}

impl Setup<'_> {
    fn walk(&mut self, config: &Config) -> Result<Status, Fatal> {
        if !self.choose_hub()? {
            return Ok(Status::Complete);
        }
        let prompt = &self.prompt;
        let mut report =
            |finding: discover::Finding| prompt.say(Label::Warning, "warn", &finding.to_string());
        let listing = discover::list(
            &self.options.discover,
            discover::Files {
                kubeconfig: self.resolver.kubeconfig(),
                mapping: self.resolver.mapping(),
            },
            std::io::empty(),
            &mut std::io::sink(),
            &mut report,
        )?;
        self.keep_hub(config)?;
        let (mut ready, mut made, mut left) = (0_usize, 0_usize, Vec::new());
        for listed in &listing.members {
            let cluster = listed.cluster();
            let member = Member::of(&cluster, self.resolver.mapping());
            if self.options.provider.is_some() && self.options.provider != member.known.provider() {
                continue;
            }
            match self.one(&cluster, &member)? {
                Outcome::Ready => ready += 1,
                Outcome::Made => made += 1,
                Outcome::Left(what) => left.push((member.name, what)),
            }
        }
        self.sum_up(ready, made, &left);
        Ok(listing.status.join(match (left.is_empty(), ready + made) {
            (true, _) => Status::Complete,
            (false, 0) => Status::Failed,
            (false, _) => Status::Partial,
        }))
    }

    fn sum_up(&self, ready: usize, made: usize, left: &[(String, String)]) {
        let new = if self.options.dry_run {
            "would be set up"
        } else {
            "set up"
        };
        let counts = format!("{ready} had access already, {made} {new}, {} left", left.len());
        self.prompt.plain(&counts);
        for (cluster, what) in left {
            self.prompt
                .say(Label::Warning, "left", &format!("{cluster}: {what}"));
        }
    }

    /// Sees to one cluster.
    fn one(&mut self, cluster: &Cluster<'_>, member: &Member) -> Result<Outcome, Fatal> {
        let name = member.name.as_str();
        let why = match self.resolver.resolve(cluster) {
            Resolution::Access(access) => {
                self.prompt
                    .say(Label::Good, "ok", &format!("{name}: {}", way(&access)));
                return Ok(Outcome::Ready);
            }
            Resolution::Skip(skip) => skip.message.as_str().to_owned(),
        };
        self.prompt
            .say(Label::Cluster, name, &format!("has no access: {why}"));
        let left = match &member.known {
            Known::Nothing => {
                self.no_metadata(name);
                CHOOSE.to_owned()
            }
            Known::Part(provider, problem) => {
                self.no_metadata(name);
                self.prompt.plain(&format!("  {}: {problem}", provider.title()));
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
            .notice(&format!("INFO: \"Cloud metadata not available for {name}\""));
    }

    /// The context that the cloud's tool writes.
    fn fetch(&mut self, cluster: &Cluster<'_>, member: &Member, fetch: Fetch) -> Result<Outcome, Fatal> {
        let name = member.name.as_str();
        let program = match self.tool(fetch.provider) {
            Ok(program) => program,
            Err(problem) => {
                self.prompt.notice(&problem);
                let problem = problem.trim_start_matches("WARN: ").trim_matches('"').to_owned();
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
            let file = self.options.paths.clusters();
            let what = format!("{name} to the context that this writes, in {}", file.display());
            self.prompt.say(Label::Faint, "would map", &what);
            return Ok(Outcome::Made);
        }
        match self.prompt.may(&format!("Run {line}?"), true) {
            Some(true) => {}
            Some(false) => return Ok(Outcome::Left(CHOOSE.into())),
            None => return Ok(Outcome::Left(format!("run {line} (--yes runs it), or {CHOOSE}"))),
        }
        self.prompt.say(Label::Faint, "running", &line);
        let before = self.resolver.kubeconfig().clone();
        let kubeconfig = self.options.kubeconfig.as_deref();
        let ran = tool::run(&self.runtime, &program, &fetch.args, kubeconfig, FETCH_LIMIT);
        self.changed = true;
        // Also after a failure, which may have written something.
        self.resolver = (self.load)()?;
        if let Err(problem) = ran {
            let line = format!("{} failed: {problem}", fetch.provider.tool());
            self.prompt.say(Label::Warning, "warn", &line);
            return Ok(Outcome::Left(line));
        }
        let by_server = self.by_server(cluster);
        let Some(context) = by_server.or_else(|| written(&before, self.resolver.kubeconfig(), &fetch)) else {
            let line = format!("{line} has written no context that can be told from the others");
            self.prompt.say(Label::Warning, "warn", &line);
            return Ok(Outcome::Left(line));
        };
        Ok(match self.take(member, &context)? {
            Taken::Mapped => Outcome::Made,
            Taken::Silent(problem) | Taken::Unwritable(problem) => Outcome::Left(problem),
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
    fn tool(&mut self, provider: Provider) -> Result<PathBuf, String> {
        if let Some(known) = self.tools.get(&provider) {
            return known.clone();
        }
        let found = program::find(provider.tool())
            .ok_or_else(|| provider.not_found())
            .and_then(|program| {
                match tool::run(&self.runtime, &program, provider.who(), None, LOGIN_LIMIT) {
                    Ok(who) if !who.trim().is_empty() => Ok(program),
                    _ => Err(provider.not_authenticated()),
                }
            });
        self.tools.insert(provider, found.clone());
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
                Taken::Mapped => return Ok(Outcome::Made),
                Taken::Silent(_) => {}
                Taken::Unwritable(problem) => return Ok(Outcome::Left(problem)),
            }
        }
    }

    /// Maps a cluster to a context that answers; one that does not only where the person insists.
    fn take(&mut self, member: &Member, context: &str) -> Result<Taken, Fatal> {
        let name = member.name.as_str();
        if let Err(problem) = self.probe(context) {
            let line = format!("context {context:?} does not answer: {problem}");
            self.prompt.say(Label::Warning, "warn", &line);
            let insists = self.prompt.asks() && self.prompt.may("Map it all the same?", false) == Some(true);
            if !insists {
                return Ok(Taken::Silent(line));
            }
        }
        let metadata: Vec<(&str, &str)> = member
            .metadata
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        let map = |text: &str| edit::map(text, &member.entry, context, &metadata);
        if let Err(problem) = self.edit(Which::Mapping, &map)? {
            let line = format!("cannot map it to context {context:?} in {problem}; do it by hand");
            self.prompt.say(Label::Warning, "warn", &line);
            return Ok(Taken::Unwritable(line));
        }
        self.resolver = (self.load)()?;
        let file = self.options.paths.clusters();
        let line = format!("{name}: context {context:?}, written to {}", file.display());
        self.prompt.say(Label::Good, "ok", &line);
        Ok(Taken::Mapped)
    }

    /// Whether a context's server answers, whatever it lets us do.
    fn probe(&self, context: &str) -> Result<(), String> {
        let access = self
            .resolver
            .kubeconfig()
            .access(context)
            .map_err(|error| error.0)?;
        let connector = Connector::new(connect::ConnectorOptions {
            connect_timeout: self.options.connect_timeout,
            login_timeout: self.options.discover.limits.login_timeout,
            screen: Arc::new(Stderr("mc-setup")),
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

    /// The clouds' tools make the context that they write the current one, which kubectl goes by.
    fn mention_current_context(&self, before: Option<&str>) {
        let Some(before) = before else { return };
        let now = self.resolver.kubeconfig().current_context();
        if now.is_some_and(|now| now != before) {
            let line = format!(
                "the current context is now {}, as the cloud's tool has set it: kubectl config use-context {before} \
                 brings the former one back",
                now.unwrap_or_default()
            );
            self.prompt.say(Label::Warning, "note", &line);
        }
    }
}

/// In bytes: what `/version` answers is far less.
const MAX_VERSION: usize = 64 << 10;

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
