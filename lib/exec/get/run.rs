//! Runs the query of one cluster: asks for its targets one after the other, and sums up the outcome as kubectl would.

use super::list;
use super::plan::{self, Plan};
use super::raw;
use super::session::{Collected, Session, TargetResult, type_count};
use super::target::{Target, Targets, lack_object};
use super::watched_list;
use crate::apiserver::mapper::Mapping;
use crate::apiserver::protocol::bad_request;
use crate::apiserver::server::ApiServer;
use crate::connect::Error;
use crate::exec::fanout::answer::Answer;
use crate::exec::want::Want;
use crate::record::{Outcome, Reason};
use list::RequestFailure;
use std::collections::HashSet;
use std::sync::Arc;

/// How many different errors of one cluster are reported.
const MOST_MESSAGES: usize = 100;

impl<S: ApiServer> Session<'_, S> {
    /// Runs the query.
    pub async fn run(&self) -> Answer {
        if let Plan::Raw(path) = self.plan {
            return Box::pin(raw::get(self.server, path, self.out)).await;
        }
        if let Plan::Files(_) = self.plan {
            return Box::pin(self.files()).await;
        }
        let Targets {
            targets,
            unserved,
            doubts,
        } = match self.targets().await {
            Ok(targets) => targets,
            Err(error) => return error.into(),
        };
        let mut collected = Collected {
            unserved,
            failures: doubts,
            ..Collected::default()
        };
        for target in &targets {
            if self.query.all_namespaces && target.mapping.namespaced && target.name.is_some() {
                return bad_request(plan::NAME_IN_ALL_NAMESPACES).into();
            }
            if !self.take(target, &mut collected).await {
                break;
            }
        }
        self.answer(&targets, collected)
    }

    /// Asks for one target. Returns whether it makes sense to ask for more.
    pub async fn take(&self, target: &Target<'_>, collected: &mut Collected) -> bool {
        let mut outcome = self.ask(target, &target.mapping, collected).await;
        if let Err(RequestFailure::NoType(_)) = &outcome {
            // The type is built in, but not into this server, or it is no longer where the cache has it.
            match self.find_again(target, collected).await {
                Ok(Some(mapping)) if mapping != target.mapping => {
                    outcome = self.ask(target, &mapping, collected).await;
                }
                Ok(Some(_)) => (),
                Ok(None) => return true,
                Err(error) => {
                    collected.failures.push(error);
                    return false;
                }
            }
            if let Err(RequestFailure::NoType(error)) = &outcome
                && !self.query.subresource.is_empty()
            {
                // The server has the type, but not this subresource of it.
                let lack = lack_object(target, error.message.clone());
                collected.missing.push(lack);
                return true;
            }
            // The server lists the type and then denies it, so the type is not just missing here.
            if let Err(RequestFailure::NoType(error)) = &mut outcome {
                error.reason = Reason::Protocol;
            }
        }
        match outcome {
            Ok(result) => {
                collected.found = true;
                collected.sortable += result.sortable;
                if result.a_type {
                    collected.namespace_column |= self.query.all_namespaces && target.mapping.namespaced;
                    collected.types.insert(target.mapping.clone());
                }
                true
            }
            Err(RequestFailure::NoObject(_)) if self.query.ignore_not_found => {
                collected.found = true;
                true
            }
            Err(RequestFailure::NoObject(error)) => {
                collected.missing.push(lack_object(target, error.message));
                true
            }
            Err(RequestFailure::NoType(error) | RequestFailure::Refused(error)) => {
                // Without credentials the other targets would be refused as well.
                let go_on = error.reason != Reason::Unauthorized;
                collected.failures.push(error);
                go_on
            }
            Err(RequestFailure::Broken(error)) => {
                collected.failures.push(error);
                false
            }
        }
    }

    /// Asks the server again which types it serves, and looks the target's type up. If it is not there, notes that and
    /// returns `None`.
    async fn find_again(
        &self,
        target: &Target<'_>,
        collected: &mut Collected,
    ) -> Result<Option<Mapping>, Error> {
        let known = match collected.served.take() {
            // Once is enough: a category may have many types that the server lacks.
            Some(known) => known,
            None => Box::pin(self.discovery.refresh(self.server, self.key)).await?,
        };
        collected.served = Some(Arc::clone(&known));
        let found = known.index.find(&target.typed);
        if found.is_none() {
            match known.index.doubt(&target.typed) {
                Some(doubt) => collected.failures.push(doubt),
                None => collected.unserved.note(&target.typed, &known.index),
            }
        }
        Ok(found)
    }

    /// Asks for one target, of this type. Its rows have a NAMESPACE column, even an empty one, if those before it had.
    async fn ask(
        &self,
        target: &Target<'_>,
        mapping: &Mapping,
        collected: &Collected,
    ) -> Result<TargetResult, RequestFailure> {
        let placement = self.placement(target, collected.namespace_column);
        let mut reader = self.reader(mapping, placement, self.sort_by);
        if let Some(tracker) = self.out.tracker {
            return Box::pin(watched_list::list(self, tracker, mapping, target, &mut reader)).await;
        }
        match self.named(target) {
            Some(named) => list::get(self.server, mapping, named, &mut reader, self.out).await?,
            None => {
                list::list(self.server, mapping, &self.selection(), &mut reader, self.out).await?;
            }
        }
        Ok(TargetResult::of(&reader))
    }

    /// Returns whether there are several objects, which kubectl prints only after it has looked at what to sort them by.
    fn wants_sorting(&self) -> bool {
        let query = self.query;
        let is_table = query.want != Want::Objects && !query.names_only;
        let single = is_table || !matches!(self.plan, Plan::Lists(_));
        self.out.state.items() > u64::from(single)
    }

    /// Sums up what the targets came to.
    pub fn answer(&self, targets: &[Target<'_>], collected: Collected) -> Answer {
        let failure = collected.failure();
        let Collected {
            types,
            sortable,
            missing,
            unserved,
            failures,
            ..
        } = collected;
        let unserved = unserved.lacks;
        let unsorted = self.sort_by.filter(|_| sortable == 0 && self.wants_sorting());
        let query = self.query;
        let has_items = self.out.state.items() > 0;
        // Like kubectl, which prints a List of nothing even where everything that was named is missing.
        let empty_list = query.want == Want::Objects
            && !has_items
            && !self.plan.is_single()
            && !query.ignore_not_found
            && failures.is_empty()
            && !targets.is_empty();
        let has_notice = failure.is_none()
            && missing.is_empty()
            && unserved.is_empty()
            && !has_items
            && !query.ignore_not_found
            && query.want != Want::Objects;
        let details = Outcome {
            unserved,
            notice: has_notice.then(|| {
                let cluster_scoped = targets.iter().any(|target| !target.mapping.namespaced);
                self.notice(cluster_scoped).into()
            }),
            types: type_count(types.len()),
            unsorted: unsorted.map(|sort_by| sort_by.not_found().into()),
            empty_list,
            ..Outcome::default()
        };
        Answer {
            failure,
            missing,
            details: Box::new(details),
        }
    }
}

impl Collected {
    /// Returns all errors as one; if nothing was found, that is an error, too.
    fn failure(&self) -> Option<Error> {
        if let Some(first) = self.failures.first() {
            let mut said = HashSet::new();
            let messages = self.failures.iter().map(|failure| failure.message.as_str());
            let mut messages: Vec<&str> = messages.filter(|message| said.insert(*message)).collect();
            let more = messages.len().saturating_sub(MOST_MESSAGES);
            messages.truncate(MOST_MESSAGES);
            let more = match more {
                0 => String::new(),
                more => format!("\nand {more} other errors"),
            };
            return Some(Error {
                // One line each, as kubectl prints them.
                message: messages.join("\n") + &more,
                ..first.clone()
            });
        }
        let lacks = self.unserved.lacks.iter().chain(&self.missing);
        let messages: Vec<&str> = lacks.map(|lack| lack.message.as_str()).collect();
        let found_nothing = !self.found && !messages.is_empty();
        found_nothing.then(|| Error::new(Reason::NotFound, messages.join("; ")))
    }
}
