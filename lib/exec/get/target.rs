//! Targets: the types and objects that a query asks one server for.

use crate::apiserver::mapper::{Index, Mapping, Spelling};
use crate::connect::Error;
use crate::go::text::quote;
use crate::record::{Lack, POSITIONS};
use crate::suggest;
use std::collections::HashSet;

/// One type, or one object, to ask for.
pub struct Target<'a> {
    /// The type as typed, or as its category lists it.
    pub typed: String,
    /// The type.
    pub mapping: Mapping,
    /// The object's name, and its index among the names.
    pub name: Option<(&'a str, usize)>,
    /// The named object's own namespace, which a file may give.
    pub namespace: Option<&'a str>,
    /// See [`Row::position`](crate::record::Row::position).
    pub position: u32,
}

/// The targets of a plan on one server.
#[derive(Default)]
pub struct Targets<'a> {
    /// The targets, in the order asked for.
    pub targets: Vec<Target<'a>>,
    /// Types that the server does not serve.
    pub unserved: Unserved,
    /// Why it is not known of other types whether the server serves them.
    pub doubts: Vec<Error>,
}

impl<'a> From<Target<'a>> for Targets<'a> {
    fn from(target: Target<'a>) -> Self {
        Self {
            targets: vec![target],
            ..Self::default()
        }
    }
}

/// Types that a server does not serve, each once.
#[derive(Default)]
pub struct Unserved {
    /// The types, in the order asked for.
    pub lacks: Vec<Lack<'static>>,
    typed: HashSet<String>,
}

impl Unserved {
    /// Notes that the server does not serve a type; `index` has those that it serves.
    pub fn note(&mut self, typed: &str, index: &Index) {
        if !self.typed.insert(typed.to_owned()) {
            return;
        }
        let name = Spelling::parse(typed).name;
        self.lacks.push(Lack {
            type_: typed.to_owned().into(),
            message: format!("error: the server doesn't have a resource type {}", quote(name)).into(),
            hint: suggest::question(name, index.plurals()).map(Into::into),
            ..Lack::default()
        });
    }
}

/// Returns the object that a target names as one that the server does not have, with the server's words.
pub fn lack_object(target: &Target<'_>, message: String) -> Lack<'static> {
    let name = target.name.map(|(name, _)| name.to_owned());
    Lack {
        type_: target.typed.clone().into(),
        name: name.unwrap_or_default().into(),
        message: message.into(),
        hint: None,
    }
}

/// Assigns positions to named objects of several types. As in kubectl, a new table begins wherever the type changes.
/// Positions are those of the first name of a table, so that they do not depend on what a cluster lacks.
#[derive(Default)]
pub struct Runs {
    /// The type of the previous name, and the position of its table.
    last: Option<(Mapping, u32)>,
}

impl Runs {
    /// Returns the position of the name with this index.
    pub fn position(&mut self, index: usize, mapping: &Mapping) -> u32 {
        let begin = u32::try_from(index).unwrap_or(u32::MAX).saturating_mul(POSITIONS);
        let position = match &self.last {
            Some((last, position)) if last == mapping => *position,
            Some((last, _)) if last.group_resource() == mapping.group_resource() => begin.saturating_add(1),
            _ => begin,
        };
        self.last = Some((mapping.clone(), position));
        position
    }

    /// Passes over a name whose type the cluster lacks: on other clusters it may separate two tables.
    pub fn pass(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_of_names_do_not_depend_on_what_a_cluster_lacks() {
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
        // Another version of a type begins a table.
        let mut versions = Runs::default();
        versions.position(0, &gauges);
        assert_eq!(versions.position(1, &mapping("gauges", "v1beta1")), 1001);
    }
}
