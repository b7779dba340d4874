//! Begins a watch: with a list if the version to go on from is not known.

use super::patience::{LATEST_END, watch_seconds};
use crate::apiserver::mapper::Mapping;
use crate::apiserver::protocol::bad_request;
use crate::apiserver::server::ApiServer;
use crate::connect::Error;
use crate::exec::fanout::answer::Answer;
use crate::exec::get::list;
use crate::exec::get::plan::{self, Plan};
use crate::exec::get::reader::RecordReader;
use crate::exec::get::session::{Collected, Session};
use crate::exec::get::target::{Target, Targets};
use crate::exec::get::tracker::Tracker;
use crate::exec::get::watched_list::{name_selector, selection};
use crate::record::{Outcome, Reason};
use tokio::time::Instant;

/// The objects that are watched on a cluster, and the version to go on from.
pub struct Watched {
    /// The type.
    pub mapping: Mapping,
    /// The name of a single object that is watched.
    pub name: Option<String>,
    /// See [`Target::namespace`].
    pub namespace: Option<String>,
    /// The version to go on from; `None` lists first.
    pub version: Option<String>,
}

impl Watched {
    /// Returns the target with which to list it again.
    pub fn target(&self) -> Target<'_> {
        let Mapping {
            resource,
            version,
            group,
            ..
        } = &self.mapping;
        Target {
            // Spelled so that only this type matches.
            typed: format!("{resource}.{version}.{group}"),
            mapping: self.mapping.clone(),
            name: self.name.as_deref().map(|name| (name, 0)),
            namespace: self.namespace.as_deref(),
            position: 0,
        }
    }
}

/// A watch that has begun.
pub struct Begun<I> {
    /// The events.
    pub incoming: I,
    /// The latest time at which it ends.
    pub end: Instant,
}

/// Why no watch has begun.
pub enum Obstacle {
    /// Trying again would not help.
    Final(Answer),
    /// Trying again may help.
    Error(Error),
}

impl From<Error> for Obstacle {
    fn from(error: Error) -> Self {
        if is_final(&error) {
            Obstacle::Final(error.into())
        } else {
            Obstacle::Error(error)
        }
    }
}

/// Returns whether trying again would not help. Refusals are final, except for those that are about the server's own
/// state; so is what only the user can change: credentials and whom to trust.
pub fn is_final(error: &Error) -> bool {
    match error.status {
        Some(408 | 410 | 429 | 500..) => false,
        Some(_) => true,
        None => matches!(
            error.reason,
            Reason::Unresolved | Reason::CredentialPlugin | Reason::Tls | Reason::BadRequest
        ),
    }
}

/// Lists, if that is due, and begins to watch. `trouble` is why earlier watches failed.
pub async fn begin<S: ApiServer>(
    session: &Session<'_, S>,
    tracker: &Tracker,
    watched: &mut Option<Watched>,
    trouble: Option<&Error>,
) -> Result<(Begun<S::Incoming>, RecordReader), Obstacle> {
    let is_fresh = watched.as_ref().is_none_or(|watched| watched.version.is_none());
    if is_fresh {
        *watched = Some(list_all(session, tracker, watched.as_ref()).await?);
        // The cluster has answered, so it counts as reached when the user ends this.
        session.out.state.settle(trouble.cloned());
    }
    let Some(place) = watched else {
        return Err(Obstacle::Error(Error::new(
            Reason::Protocol,
            "nothing is watched",
        )));
    };
    let target = place.target();
    let reader = session.reader(&place.mapping, session.placement(&target, false), None);
    let name = name_selector(&target);
    let selection = selection(session, &target, name.as_deref());
    let version = place.version.as_deref().unwrap_or_default();
    let seconds = watch_seconds();
    let from = (version, seconds.as_secs());
    match list::watch(session.server, &place.mapping, &selection, &reader, from).await {
        Ok(incoming) => {
            let end = Instant::now() + seconds + LATEST_END;
            Ok((Begun { incoming, end }, reader))
        }
        // Only for a version that was known before: a server that has already compacted the version it just returned is
        // overloaded, so that error is returned, and the caller backs off.
        Err(error) if !is_fresh && error.is_expired() => {
            place.version = None;
            Box::pin(begin(session, tracker, watched, trouble)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Lists everything, and sends what has not been shown. `before` is what was watched before.
async fn list_all<S: ApiServer>(
    session: &Session<'_, S>,
    tracker: &Tracker,
    before: Option<&Watched>,
) -> Result<Watched, Obstacle> {
    let Targets {
        targets,
        unserved,
        doubts,
    } = match (session.plan, before) {
        // The object was found before, and may have been deleted since.
        (Plan::Files(_), Some(before)) => before.target().into(),
        (Plan::Files(_), None) => target_of_file(session).await?.into(),
        _ => session.targets().await?,
    };
    if targets.len() > 1 {
        return Err(bad_request(plan::SEVERAL_TYPES).into());
    }
    let mut collected = Collected {
        unserved,
        failures: doubts,
        ..Collected::default()
    };
    for target in &targets {
        let is_named = target.name.is_some() && target.namespace.is_none();
        if session.query.all_namespaces && target.mapping.namespaced && is_named {
            return Err(bad_request(plan::NAME_IN_ALL_NAMESPACES).into());
        }
        session.take(target, &mut collected).await;
    }
    if let Some(error) = collected.failures.first()
        && !is_final(error)
    {
        return Err(Obstacle::Error(error.clone()));
    }
    let (Some((mapping, version)), Some(target)) = (tracker.place(), targets.first()) else {
        let mut answer = session.answer(&targets, collected);
        answer.details = Box::new(Outcome {
            notice: None,
            empty_list: false,
            ..*answer.details
        });
        return Err(Obstacle::Final(answer));
    };
    Ok(Watched {
        mapping,
        name: target.name.map(|(name, _)| name.to_owned()),
        namespace: target.namespace.map(str::to_owned),
        version: Some(version),
    })
}

/// Returns the object that a file names.
async fn target_of_file<'s, S: ApiServer>(session: &'s Session<'_, S>) -> Result<Target<'s>, Obstacle> {
    let found = session
        .watched_file()
        .await
        .map_err(|answer| match &answer.failure {
            Some(error) if answer.missing.is_empty() && !is_final(error) => Obstacle::Error(error.clone()),
            _ => Obstacle::Final(answer),
        })?;
    Ok(Target {
        typed: found.mapping.group_resource(),
        mapping: found.mapping,
        name: Some((found.name, 0)),
        namespace: Some(found.namespace),
        position: 0,
    })
}
