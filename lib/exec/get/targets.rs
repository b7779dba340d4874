//! Finds the targets of a query on one server: which of its types the server serves, and what they are called there.

use super::plan::Plan;
use super::session::Session;
use super::target::{Runs, Target, Targets};
use crate::apiserver::mapper::{Index, Mapping, Spelling};
use crate::apiserver::protocol::bad_request;
use crate::apiserver::server::ApiServer;
use crate::apiserver::wellknown;
use crate::connect::Error;
use crate::record::{self, POSITIONS, Stream, Text};
use std::collections::HashSet;

/// More types than this are looked up in an index of all names.
const FEW: usize = 32;

/// How many other meanings of a short name are reported.
const MOST_MEANINGS: usize = 100;

impl<S: ApiServer> Session<'_, S> {
    /// Finds the targets. Asks for discovery documents only if a type is not built in.
    pub async fn targets(&self) -> Result<Targets<'_>, Error> {
        let is_built_in = |type_: &&str| wellknown::find(type_).is_some();
        if self.plan.types().iter().all(is_built_in) {
            self.warn_of_short_names(&Index::default()).await;
            return self.find_targets(&Index::default());
        }
        let (mut known, is_fresh) = Box::pin(self.discovery.of(self.server, self.key)).await?;
        let mut targets = self.find_targets(&known.index)?;
        let is_uncertain = !targets.unserved.lacks.is_empty()
            || !targets.doubts.is_empty()
            || self.incomplete_categories(&known.index).next().is_some();
        if is_uncertain && !is_fresh {
            known = Box::pin(self.discovery.refresh(self.server, self.key)).await?;
            targets = self.find_targets(&known.index)?;
        }
        self.warn_of_short_names(&known.index).await;
        self.warn_of_categories(&known.index).await;
        Ok(targets)
    }

    /// Returns the categories of the query that may have more types than are known.
    fn incomplete_categories<'s>(&'s self, index: &'s Index) -> impl Iterator<Item = &'s str> {
        let types = match index.broken_versions().is_empty() {
            true => Vec::new(),
            false => self.plan.types(),
        };
        types
            .into_iter()
            .filter(|type_| wellknown::find(type_).is_none() && index.has_category(type_))
    }

    /// Warns of categories that are shown without the types of an API that is unavailable. kubectl shows the rest as
    /// well.
    async fn warn_of_categories(&self, index: &Index) {
        let categories: Vec<&str> = self.incomplete_categories(index).collect();
        if let Some(category) = categories.first() {
            let unavailable = index.broken_versions().join(", ");
            self.warn(false, &[format!(
                "Warning: {category:?} may have more types than are shown: the server cannot say what is in {unavailable}"
            )])
            .await;
        }
    }

    /// Sends texts to the output as Text records for stderr.
    async fn warn(&self, about_types: bool, texts: &[String]) {
        let mut lines = Vec::new();
        for text in texts {
            let text = Text {
                cluster: self.out.state.cluster().into(),
                stream: Stream::Stderr,
                text: text.as_str().into(),
                about_types,
            };
            // Writing to memory does not fail.
            let _ = record::write(&mut lines, &text);
        }
        self.out.sink.send(Some(self.out.state), lines).await;
    }

    /// Warns, as kubectl does, of the other types that a short name could mean.
    async fn warn_of_short_names(&self, index: &Index) {
        let mut texts = Vec::new();
        for type_ in self.plan.types() {
            let is_category = || wellknown::find(type_).is_none() && index.has_category(type_);
            if wellknown::find(type_).or_else(|| index.find(type_)).is_none() && !is_category() {
                // kubectl looks no further.
                break;
            }
            let spelling = Spelling::parse(type_);
            let group = spelling.versioned.map_or(spelling.group, |(_, group)| group);
            if !group.is_empty() {
                continue;
            }
            let name = spelling.name;
            let mut meanings = HashSet::new();
            let could_mean = wellknown::of_short_name(name).chain(index.of_short_name(name));
            let could_mean = could_mean.filter(|other| meanings.insert(other.clone()));
            texts.extend(could_mean.skip(1).take(MOST_MEANINGS).map(|other| {
                format!("Warning: short name {name:?} could also match lower priority resource {other}")
            }));
        }
        self.warn(true, &texts).await;
    }

    fn find_targets(&self, index: &Index) -> Result<Targets<'_>, Error> {
        let names = (self.plan.types().len() > FEW).then(|| index.names());
        let find = |type_: &str| {
            wellknown::find(type_).or_else(|| match &names {
                Some(names) => names.find(type_),
                None => index.find(type_),
            })
        };
        let mut targets = Targets::default();
        let lack = |targets: &mut Targets<'_>, type_: &str| match index.doubt(type_) {
            Some(doubt) => targets.doubts.push(doubt),
            None => targets.unserved.note(type_, index),
        };
        match self.plan {
            Plan::Lists(types) => {
                let mut mappings = HashSet::new();
                for (argument, type_) in (0u32..).zip(types) {
                    let members = category_members(type_, index);
                    let position = argument.saturating_mul(POSITIONS);
                    let position = position.saturating_add(u32::from(members.is_some()));
                    let Some(members) = members.or_else(|| Some(vec![(type_.clone(), find(type_)?)])) else {
                        lack(&mut targets, type_);
                        continue;
                    };
                    for (offset, (typed, mapping)) in (0..).zip(members) {
                        // Like kubectl: each type once, even if it is asked for in several spellings.
                        if !mappings.insert(mapping.clone()) {
                            continue;
                        }
                        targets.targets.push(Target {
                            typed,
                            mapping,
                            name: None,
                            namespace: None,
                            position: position.saturating_add(offset),
                        });
                    }
                }
            }
            Plan::Names(type_, names) => {
                let mapping = match category_members(type_, index) {
                    Some(members) if members.len() > 1 => {
                        return Err(bad_request("error: you must specify only one resource"));
                    }
                    Some(members) => members.into_iter().next(),
                    None => find(type_).map(|mapping| (type_.clone(), mapping)),
                };
                let Some((typed, mapping)) = mapping else {
                    lack(&mut targets, type_);
                    return Ok(targets);
                };
                let named = names.iter().enumerate().map(|(index, name)| Target {
                    typed: typed.clone(),
                    mapping: mapping.clone(),
                    name: Some((name, index)),
                    namespace: None,
                    position: 0,
                });
                targets.targets.extend(named);
            }
            Plan::Pairs(pairs) => {
                let mut runs = Runs::default();
                for (index, (type_, name)) in pairs.iter().enumerate() {
                    let Some(mapping) = find(type_) else {
                        lack(&mut targets, type_);
                        runs.pass();
                        continue;
                    };
                    let position = runs.position(index, &mapping);
                    targets.targets.push(Target {
                        typed: type_.clone(),
                        mapping,
                        name: Some((name, index)),
                        namespace: None,
                        position,
                    });
                }
            }
            Plan::Files(_) | Plan::Raw(_) => (),
        }
        Ok(targets)
    }
}

/// Returns the types of a category, as they are spelled and found; `None` if it is not a category.
fn category_members(category: &str, index: &Index) -> Option<Vec<(String, Mapping)>> {
    if wellknown::find(category).is_some() {
        return None;
    }
    let members = index.category(category)?.into_iter();
    Some(
        members
            .map(|mapping| (mapping.group_resource(), mapping))
            .collect(),
    )
}
