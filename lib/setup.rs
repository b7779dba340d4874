//! mc-setup: finds or makes the access to each cluster of the fleet.
//!
//! For each member that has no access yet, its cloud's own tool writes a context into the kubeconfig, if the hub says
//! enough of the cluster and the person agrees; else the person chooses a context. A context that answers is written
//! into the mapping file. Nothing else writes to the kubeconfig, and what it already holds stays.

pub mod cloud;
pub mod edit;
mod hub;
mod member;
mod options;
mod prompt;
mod session;
mod user_file;

pub use options::Options;

use crate::config::Config;
use crate::discover::{self, cache};
use crate::exit::{Fatal, Status};
use crate::resolve::Resolver;
use crate::runtime::with_runtime;
use crate::term::{Label, Terminal};
use member::{Member, Outcome};
use prompt::Prompt;
use session::Session;
use std::collections::HashMap;
use std::time::Duration;

/// Runs mc-setup. `load` reads the kubeconfig and the mapping file.
///
/// The status is Complete if every selected cluster has access in the end, Partial if some have, and Failed if none
/// has.
///
/// # Errors
/// No hub, a hub that does not list its fleet, files that cannot be read or written.
pub fn run(
    mut options: Options,
    config: &Config,
    load: &dyn Fn() -> Result<Resolver, Fatal>,
    terminal: Terminal,
) -> Result<Status, Fatal> {
    let prompt = Prompt::new(terminal, options.yes, options.dry_run);
    let resolver = load()?;
    let current = resolver.kubeconfig().current_context().map(str::to_owned);
    // A dry run does not write the cache either.
    options.discover.keep = !options.dry_run;
    options.discover.refresh = true;
    options.discover.max_stale = Duration::ZERO;
    with_runtime(|runtime| {
        let mut session = Session {
            options,
            load,
            resolver,
            prompt,
            runtime,
            tools: HashMap::new(),
            changed: false,
            backed_up: Vec::new(),
        };
        let status = set_up_all(&mut session, config);
        if session.changed {
            let folder = &session.options.discover.cache_dir;
            cache::invalidate(folder).map_err(|error| {
                Fatal::failed(format!("cannot empty the cache in {}: {error}", folder.display()))
            })?;
        }
        mention_current_context(&session, current.as_deref());
        status
    })?
}

fn set_up_all(session: &mut Session<'_>, config: &Config) -> Result<Status, Fatal> {
    if !session.choose_hub()? {
        return Ok(Status::Complete);
    }
    let listing = discover::list(
        &session.options.discover,
        discover::Files {
            kubeconfig: session.resolver.kubeconfig(),
            mapping: session.resolver.mapping(),
        },
        std::io::empty(),
        &mut std::io::sink(),
        &mut |finding| session.warn(&finding.text_with_remedy()),
    )?;
    session.keep_hub(config)?;
    let (mut ready, mut made, mut left) = (0_usize, 0_usize, Vec::new());
    for listed in &listing.members {
        let cluster = listed.cluster();
        let member = Member::of(&cluster, session.resolver.mapping());
        if session.options.provider.is_some() && session.options.provider != member.known.vendor() {
            continue;
        }
        match session.set_up(&cluster, &member)? {
            Outcome::Ready => ready += 1,
            Outcome::Made => made += 1,
            Outcome::Left(what) => left.push((member.name, what)),
        }
    }
    let new = match session.options.dry_run {
        true => "would be set up",
        false => "set up",
    };
    let counts = format!("{ready} had access already, {made} {new}, {} left", left.len());
    session.prompt.line(&counts);
    for (cluster, what) in &left {
        let line = format!("{cluster}: {what}");
        session.prompt.say(Label::Warning, "left", &line);
    }
    Ok(listing.status.join(match (left.is_empty(), ready + made) {
        (true, _) => Status::Complete,
        (false, 0) => Status::Failed,
        (false, _) => Status::Partial,
    }))
}

/// Tells that the current context, which kubectl uses, is another one: a cloud's tool makes the context that it writes the
/// current one.
fn mention_current_context(session: &Session<'_>, before: Option<&str>) {
    let now = session.resolver.kubeconfig().current_context();
    if let (Some(before), Some(now)) = (before, now)
        && now != before
    {
        let line = format!(
            "the current context is now {now}, as the cloud's tool has set it: kubectl config use-context {before} \
             brings the former one back"
        );
        session.prompt.say(Label::Warning, "note", &line);
    }
}
