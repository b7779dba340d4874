//! What a plan comes to on a server: which of its types there are, and what they are called.

use super::bad_request;
use super::plan::Plan;
use super::session::Session;
use crate::apiserver::mapper::{self, Index, Mapping};
use crate::apiserver::server::Server;
use crate::apiserver::wellknown;
use crate::connect::Error;
use crate::go::text::quote;
use crate::record::{self, Lack, POSITIONS, Stream, Text};
use std::collections::HashSet;

/// The positions of objects that are named, of several types: a table begins wherever the type changes, as in kubectl.
/// They count from where the names of a type begin, so that they do not depend on what a cluster has.
#[derive(Default)]
pub struct Runs {
    /// The type of the name before, and the position of its first name.
    last: Option<(Mapping, u32)>,
}

impl Runs {
    /// The position of the name in this place.
    pub fn position(&mut self, place: usize, mapping: &Mapping) -> u32 {
        let begin = u32::try_from(place).unwrap_or(u32::MAX).saturating_mul(POSITIONS);
        let position = match &self.last {
            Some((last, position)) if last == mapping => *position,
            Some((last, _)) if last.group_resource() == mapping.group_resource() => begin.saturating_add(1),
            _ => begin,
        };
        self.last = Some((mapping.clone(), position));
        position
    }

    /// Goes past a name whose type the cluster lacks. It may stand between two others where it is not lacking.
    pub fn pass(&mut self) {
        self.last = None;
    }
}

/// One type, or one object, to ask for.
pub struct Target<'a> {
    /// The type as typed, or as its category has it.
    pub typed: String,
    /// The type.
    pub mapping: Mapping,
    /// The object's name and its place among the names.
    pub name: Option<(&'a str, usize)>,
    /// The named object's own namespace, where that is not the one that is asked about: a file may say it.
    pub namespace: Option<&'a str>,
    /// As in [`Row::position`](crate::record::Row::position).
    pub position: u32,
}

/// What a plan comes to on a server.
#[derive(Default)]
pub struct Targets<'a> {
    /// In the order asked for.
    pub targets: Vec<Target<'a>>,
    /// Types that the server does not have.
    pub unserved: Unserved,
    /// Why of other types nobody knows whether the server has them.
    pub doubts: Vec<Error>,
}

/// Types that a server does not have, each once.
#[derive(Default)]
pub struct Unserved {
    /// In the order asked for.
    pub lacks: Vec<Lack<'static>>,
    typed: HashSet<String>,
}

impl Unserved {
    /// Notes that the server does not have a type.
    pub fn note(&mut self, typed: &str) {
        if !self.typed.insert(typed.to_owned()) {
            return;
        }
        let name = mapper::Spelling::parse(typed).name;
        self.lacks.push(Lack {
            type_: typed.to_owned().into(),
            message: format!("error: the server doesn't have a resource type {}", quote(name)).into(),
            ..Lack::default()
        });
    }
}

/// More types than this are looked up at once.
const FEW: usize = 32;

/// So many other meanings of a short name are said at most.
const MOST_MEANINGS: usize = 100;

impl<S: Server> Session<'_, S> {
    /// What the plan comes to here. Asks for discovery only if a type is not built in.
    pub async fn targets(&self) -> Result<Targets<'_>, Error> {
        if self
            .plan
            .types()
            .iter()
            .all(|type_| wellknown::find(type_).is_some())
        {
            self.warn_of_short_names(&Index::default()).await;
            return self.resolve(&Index::default());
        }
        let (mut known, is_fresh) = Box::pin(self.discovery.of(&self.server, &self.key)).await?;
        let mut targets = self.resolve(&known.index)?;
        let is_uncertain = !targets.unserved.lacks.is_empty()
            || !targets.doubts.is_empty()
            || self.incomplete_categories(&known.index).next().is_some();
        if is_uncertain && !is_fresh {
            known = Box::pin(self.discovery.refresh(&self.server, &self.key)).await?;
            targets = self.resolve(&known.index)?;
        }
        self.warn_of_short_names(&known.index).await;
        self.warn_of_categories(&known.index).await;
        Ok(targets)
    }

    /// The categories asked for that may have more members than are known.
    fn incomplete_categories<'s>(&'s self, index: &'s Index) -> impl Iterator<Item = &'s str> {
        let types = match index.broken_versions().is_empty() {
            true => Vec::new(),
            false => self.plan.types(),
        };
        types
            .into_iter()
            .filter(|type_| wellknown::find(type_).is_none() && index.has_category(type_))
    }

    /// Says which categories are shown without the types of an API that is away. kubectl shows the rest as well.
    async fn warn_of_categories(&self, index: &Index) {
        let categories: Vec<&str> = self.incomplete_categories(index).collect();
        if let Some(category) = categories.first() {
            let away = index.broken_versions().join(", ");
            self.warn(&[format!(
                "Warning: {category:?} may have more types than are shown: the server cannot say what is in {away}"
            )])
            .await;
        }
    }

    /// Says something on standard error.
    async fn warn(&self, texts: &[String]) {
        let mut lines = Vec::new();
        for text in texts {
            let text = Text {
                cluster: self.out.state.cluster().into(),
                stream: Stream::Stderr,
                text: text.as_str().into(),
            };
            // Writing to memory does not fail.
            let _ = record::write(&mut lines, &text);
        }
        self.out.sink.send(Some(self.out.state), lines).await;
    }

    /// Says, as kubectl does, which other types a short name could mean.
    async fn warn_of_short_names(&self, index: &Index) {
        let mut texts = Vec::new();
        for type_ in self.plan.types() {
            let is_category = || wellknown::find(type_).is_none() && index.has_category(type_);
            if wellknown::find(type_).or_else(|| index.find(type_)).is_none() && !is_category() {
                // kubectl looks no further.
                break;
            }
            let spelling = mapper::Spelling::parse(type_);
            if !spelling
                .versioned
                .map_or(spelling.group, |(_, group)| group)
                .is_empty()
            {
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
        self.warn(&texts).await;
    }

    fn resolve(&self, index: &Index) -> Result<Targets<'_>, Error> {
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
            None => targets.unserved.note(type_),
        };
        match self.plan {
            Plan::Lists(types) => {
                let mut mappings = HashSet::new();
                for (place, type_) in (0u32..).zip(types) {
                    let members = self.members(type_, index);
                    let position = place.saturating_mul(POSITIONS);
                    let position = position.saturating_add(u32::from(members.is_some()));
                    match members.or_else(|| Some(vec![(type_.clone(), find(type_)?)])) {
                        Some(members) => {
                            for (offset, (typed, mapping)) in (0..).zip(members) {
                                // As kubectl does: each kind once, though it be asked for in several spellings.
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
                        None => lack(&mut targets, type_),
                    }
                }
            }
            Plan::Names(type_, names) => {
                let mapping = match self.members(type_, index) {
                    Some(members) if members.len() > 1 => {
                        return Err(bad_request("error: you must specify only one resource"));
                    }
                    Some(members) => members.into_iter().next(),
                    None => find(type_).map(|mapping| (type_.clone(), mapping)),
                };
                match mapping {
                    Some((typed, mapping)) => {
                        targets
                            .targets
                            .extend(names.iter().enumerate().map(|(place, name)| Target {
                                typed: typed.clone(),
                                mapping: mapping.clone(),
                                name: Some((name, place)),
                                namespace: None,
                                position: 0,
                            }));
                    }
                    None => lack(&mut targets, type_),
                }
            }
            Plan::Pairs(pairs) => {
                let mut runs = Runs::default();
                for (place, (type_, name)) in pairs.iter().enumerate() {
                    let Some(mapping) = find(type_) else {
                        lack(&mut targets, type_);
                        runs.pass();
                        continue;
                    };
                    let position = runs.position(place, &mapping);
                    targets.targets.push(Target {
                        typed: type_.clone(),
                        mapping,
                        name: Some((name, place)),
                        namespace: None,
                        position,
                    });
                }
            }
            Plan::Files(_) | Plan::Raw(_) => (),
        }
        Ok(targets)
    }

    /// The members of a category, as typed and found; `None` for what is none.
    fn members(&self, category: &str, index: &Index) -> Option<Vec<(String, Mapping)>> {
        if wellknown::find(category).is_some() {
            return None;
        }
        let members = index.category(category)?;
        Some(
            members
                .into_iter()
                .map(|mapping| (mapping.group_resource(), mapping))
                .collect(),
        )
    }
}

/// An object that the server does not have, and what it says of that.
pub fn lack_object(target: &Target<'_>, message: String) -> Lack<'static> {
    let name = target.name.map(|(name, _)| name.to_owned());
    Lack {
        type_: target.typed.clone().into(),
        name: name.unwrap_or_default().into(),
        message: message.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_do_not_depend_on_what_a_cluster_lacks() {
        let mapping = |resource: &'static str, version: &'static str| Mapping {
            group: "".into(),
            version: version.into(),
            resource: resource.into(),
            kind: resource.into(),
            namespaced: true,
        };
        let (pods, gauges) = (mapping("pods", "v1"), mapping("gauges", "v1"));
        let mut all = Runs::default();
        let types = [&pods, &pods, &gauges, &pods];
        let places = types.iter().enumerate();
        let found: Vec<u32> = places
            .map(|(place, mapping)| all.position(place, mapping))
            .collect();
        assert_eq!(found, [0, 0, 2000, 3000]);
        let mut some = Runs::default();
        some.position(1, &pods);
        some.pass();
        assert_eq!(some.position(3, &pods), 3000);
        // Another version begins a table, though names of a third type may stand between two tables of one.
        let mut versions = Runs::default();
        versions.position(0, &gauges);
        assert_eq!(versions.position(1, &mapping("gauges", "v1beta1")), 1001);
    }
}
