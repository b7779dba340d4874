//! What a plan comes to on a server: which of its types there are, and what they are called.

use super::args::Plan;
use super::discovery::Known;
use super::mapper::{self, Index, Mapping};
use super::server::Server;
use super::session::Session;
use super::{bad_request, wellknown};
use crate::connect::Error;
use crate::gotext;
use crate::record::{self, Lack, POSITIONS, Stream, Text};
use std::rc::Rc;

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
    pub unserved: Vec<Lack<'static>>,
}

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
        let (known, is_fresh) = Box::pin(self.discovery.of(&self.server, &self.key)).await?;
        let targets = self.resolve(&known.index)?;
        if targets.unserved.is_empty() || is_fresh {
            self.warn_of_short_names(&known.index).await;
            return Ok(targets);
        }
        let known: Rc<Known> = Box::pin(self.discovery.refresh(&self.server, &self.key)).await?;
        self.warn_of_short_names(&known.index).await;
        self.resolve(&known.index)
    }

    /// Says, as kubectl does, which other types a short name could mean.
    async fn warn_of_short_names(&self, index: &Index) {
        let mut lines = Vec::new();
        for type_ in self.plan.types() {
            let is_category = || self.members(type_, index).is_some();
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
            let mut could_mean: Vec<String> = wellknown::of_short_name(spelling.name).collect();
            for other in index.of_short_name(spelling.name) {
                if !could_mean.contains(&other) {
                    could_mean.push(other);
                }
            }
            for other in could_mean.iter().skip(1) {
                let name = spelling.name;
                let text = Text {
                    cluster: self.out.contact.cluster().into(),
                    stream: Stream::Stderr,
                    text: format!(
                        "Warning: short name {name:?} could also match lower priority resource {other}"
                    )
                    .into(),
                };
                // Writing to memory does not fail.
                let _ = record::write(&mut lines, &text);
            }
        }
        if !lines.is_empty() {
            self.out.sink.send(Some(self.out.contact), lines).await;
        }
    }

    fn resolve(&self, index: &Index) -> Result<Targets<'_>, Error> {
        let find = |type_: &str| wellknown::find(type_).or_else(|| index.find(type_));
        let mut targets = Targets::default();
        match self.plan {
            Plan::Lists(types) => {
                for (place, type_) in (0u32..).zip(types) {
                    let members = self.members(type_, index);
                    let position = place.saturating_mul(POSITIONS);
                    let position = position.saturating_add(u32::from(members.is_some()));
                    match members.or_else(|| Some(vec![(type_.clone(), find(type_)?)])) {
                        Some(members) => {
                            for (offset, (typed, mapping)) in (0..).zip(members) {
                                // As kubectl does: each kind once, though it be asked for in several spellings.
                                if targets.targets.iter().any(|other| other.mapping == mapping) {
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
                        None => lack_type(&mut targets.unserved, type_),
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
                    None => lack_type(&mut targets.unserved, type_),
                }
            }
            Plan::Pairs(pairs) => {
                let mut runs = Runs::default();
                for (place, (type_, name)) in pairs.iter().enumerate() {
                    let Some(mapping) = find(type_) else {
                        lack_type(&mut targets.unserved, type_);
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

/// Notes, once, that the server does not have a type.
pub fn lack_type(unserved: &mut Vec<Lack<'static>>, typed: &str) {
    let name = mapper::Spelling::parse(typed).name;
    let lack = Lack {
        type_: typed.to_owned().into(),
        message: format!(
            "error: the server doesn't have a resource type {}",
            gotext::quote(name)
        )
        .into(),
        ..Lack::default()
    };
    if !unserved.contains(&lack) {
        unserved.push(lack);
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
