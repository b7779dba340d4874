//! Which of the fleet: names and globs, a label selector, health.

use super::Selection;
use super::gathering::quoted;
use crate::exit::Fatal;
use crate::record::{Cluster, Health};
use crate::selector::Selector;
use crate::suggest;
use glob::Pattern;
use std::collections::BTreeSet;

/// Up to this many clusters an error lists them all, where no name is near.
const FEW: usize = 10;

/// A [`Selection`] that has been understood.
#[derive(Debug)]
pub struct Filter {
    clusters: Vec<Glob>,
    exclude: Vec<Glob>,
    selector: Option<(String, Selector)>,
    healthy: bool,
    cluster_sets: Vec<Glob>,
}

/// The patterns of one flag, and which of them matched anything yet.
#[derive(Debug)]
pub struct Globs {
    flag: &'static str,
    globs: Vec<Glob>,
    used: Vec<bool>,
}

impl Globs {
    /// The patterns of a flag.
    ///
    /// # Errors
    /// What is no pattern.
    pub fn new(flag: &'static str, values: &[String]) -> Result<Self, Fatal> {
        let globs = globs(flag, values)?;
        if globs.is_empty() && !values.is_empty() {
            return Err(Fatal::usage(format!(
                "{flag} is empty: name some, or leave it out for all"
            )));
        }
        Ok(Self {
            flag,
            used: vec![false; globs.len()],
            globs,
        })
    }

    /// Whether a name is meant: without patterns every one is.
    pub fn matches(&mut self, name: &str) -> bool {
        mark(&self.globs, &mut self.used, name) || self.globs.is_empty()
    }

    /// The complaint about patterns that nothing matched, with the names near them; empty where there are none.
    pub fn unused<'n>(&self, what: &str, names: impl Iterator<Item = &'n str> + Clone) -> String {
        let unused = self.globs.iter().zip(&self.used).filter(|(_, used)| !**used);
        let lines: Vec<String> = unused
            .map(|(glob, _)| {
                let near = suggest::did_you_mean(&glob.text.replace(['*', '?'], ""), names.clone());
                format!("no {what} matches {} {:?}{near}", self.flag, glob.text)
            })
            .collect();
        lines.join("\n")
    }
}

#[derive(Debug)]
struct Glob {
    text: String,
    pattern: Pattern,
}

impl Glob {
    fn matches(&self, name: &str) -> bool {
        self.text == name || self.pattern.matches(name)
    }
}

/// The globs of a flag: each value may hold several, separated by commas.
fn globs(flag: &str, values: &[String]) -> Result<Vec<Glob>, Fatal> {
    let texts = values.iter().flat_map(|value| value.split(',')).map(str::trim);
    let mut globs = Vec::new();
    for text in texts.filter(|text| !text.is_empty()) {
        // Two stars have a meaning for paths only, and are an error elsewhere.
        let mut plain = text.to_owned();
        while plain.contains("**") {
            plain = plain.replace("**", "*");
        }
        let pattern = Pattern::new(&plain)
            .map_err(|error| Fatal::usage(format!("{flag} {text:?} is not a pattern: {}", error.msg)))?;
        globs.push(Glob {
            text: text.to_owned(),
            pattern,
        });
    }
    Ok(globs)
}

impl Filter {
    /// Understands what was asked for, before anything is looked up.
    ///
    /// # Errors
    /// Patterns or selectors that are none, and a `clusters` that names nothing: where a script's variable
    /// is empty, all clusters would be the wrong answer.
    pub fn new(selection: &Selection) -> Result<Self, Fatal> {
        let clusters = globs("--clusters", &selection.clusters)?;
        if clusters.is_empty() && !selection.clusters.is_empty() {
            return Err(Fatal::usage(
                "--clusters is empty: name clusters (--clusters=prod-*,eu-1), or leave it out for all",
            ));
        }
        let selector = selection.selector.as_ref().map(|text| {
            let selector = Selector::parse(text)
                .map_err(|problem| Fatal::usage(format!("--cluster-selector {text:?}: {problem}")))?;
            Ok((text.clone(), selector))
        });
        Ok(Self {
            clusters,
            exclude: globs("--exclude", &selection.exclude)?,
            selector: selector.transpose()?,
            healthy: selection.healthy,
            cluster_sets: Globs::new("--cluster-set", &selection.cluster_sets)?.globs,
        })
    }

    /// Whether it lets everything through.
    pub fn is_all(&self) -> bool {
        self.clusters.is_empty()
            && self.exclude.is_empty()
            && self.selector.is_none()
            && self.cluster_sets.is_empty()
            && !self.healthy
    }

    /// Whether a cluster of this name may be meant: the rest is known only when it has been asked.
    pub fn may_be(&self, name: &str) -> bool {
        let any = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(name));
        (self.clusters.is_empty() || any(&self.clusters)) && !any(&self.exclude)
    }

    /// The lines of the clusters that are selected, as they are. `count` is how many lines there are. An
    /// exclusion that excludes nothing is said to `complain`.
    ///
    /// # Errors
    /// A name or a pattern in `clusters` that nothing matches; a selector with a key or value that is
    /// neither that of a label nor that of a property; a fleet of which nothing is left.
    pub fn select<'l>(
        &self,
        lines: &'l str,
        count: usize,
        complain: &mut dyn FnMut(&str),
    ) -> Result<Vec<&'l str>, Fatal> {
        let mut selected = Vec::new();
        let mut used = vec![false; self.clusters.len()];
        let mut excluded = vec![false; self.exclude.len()];
        let mut sets_used = vec![false; self.cluster_sets.len()];
        // With which keys no label can be meant, whether a property was.
        let mut doubts: Vec<(&str, &str, bool)> = self
            .selector
            .iter()
            .flat_map(|(_, selector)| selector.doubts())
            .map(|(key, doubt)| (key, doubt, false))
            .collect();
        let (mut named, mut labelled) = (0, 0);
        for line in lines.lines() {
            let cluster: Cluster<'_> = serde_json::from_str(line)
                .map_err(|error| Fatal::failed(format!("a record of the fleet cannot be read: {error}")))?;
            let is_in = mark(&self.clusters, &mut used, &cluster.cluster) || self.clusters.is_empty();
            let is_out = mark(&self.exclude, &mut excluded, &cluster.cluster);
            for (key, _, found) in &mut doubts {
                *found |= cluster.properties.contains_key(*key);
            }
            let mut in_set = self.cluster_sets.is_empty();
            for set in &cluster.cluster_sets {
                in_set |= mark(&self.cluster_sets, &mut sets_used, set);
            }
            if !is_in || is_out || !in_set {
                continue;
            }
            named += 1;
            if !self.is_labelled(&cluster) {
                continue;
            }
            labelled += 1;
            if !(self.healthy && cluster.health == Health::Unhealthy) {
                selected.push(line);
            }
        }
        self.report_unused(&used, &excluded, lines, count, complain)?;
        if let Some(set) = self.cluster_sets.iter().zip(sets_used).find(|(_, used)| !used) {
            return Err(Fatal::failed(unknown_set(&set.0.text, lines)));
        }
        if let (Some((text, _)), Some((_, doubt, _))) =
            (&self.selector, doubts.iter().find(|(_, _, found)| !found))
        {
            return Err(Fatal::usage(format!("--cluster-selector {text:?}: {doubt}")));
        }
        if selected.is_empty() && count > 0 {
            return Err(Fatal::failed(self.nothing_left(lines, count, named, labelled)));
        }
        Ok(selected)
    }

    /// Whether the selector matches. A label goes before a property of the same name.
    fn is_labelled(&self, cluster: &Cluster<'_>) -> bool {
        self.selector.as_ref().is_none_or(|(_, selector)| {
            selector.matches(|key| {
                let value = cluster.labels.get(key).or_else(|| cluster.properties.get(key));
                value.map(|value| value.as_str())
            })
        })
    }

    fn report_unused(
        &self,
        used: &[bool],
        excluded: &[bool],
        lines: &str,
        count: usize,
        complain: &mut dyn FnMut(&str),
    ) -> Result<(), Fatal> {
        for (glob, used) in self.exclude.iter().zip(excluded) {
            if !used && count > 0 {
                complain(&format!("warning: --exclude {:?} matches no cluster", glob.text));
            }
        }
        let unused = self.clusters.iter().zip(used).filter(|(_, used)| !**used);
        let unused: Vec<String> = unused
            .map(|(glob, _)| missing(&glob.text, lines, count))
            .collect();
        if unused.is_empty() {
            Ok(())
        } else {
            Err(Fatal::failed(unused.join("\n")))
        }
    }

    fn nothing_left(&self, lines: &str, count: usize, named: usize, labelled: usize) -> String {
        match &self.selector {
            _ if named == 0 && !self.cluster_sets.is_empty() => format!(
                "none of {} is in these cluster sets and selected by name: kubectl mc clusters -o json has \
                 their clusterSets",
                clusters(count)
            ),
            _ if named == 0 => format!("--exclude leaves none of {}", clusters(count)),
            Some((text, selector)) if labelled == 0 => {
                format!(
                    "none of {} matches --cluster-selector {text:?}:{} see their labels and properties \
                     with kubectl mc clusters -o json",
                    clusters(named),
                    unknown_keys(selector, lines)
                )
            }
            _ => format!(
                "none of {} is healthy enough for --healthy: kubectl mc clusters says why",
                clusters(labelled)
            ),
        }
    }
}

/// A clause on the keys that a selector wants and no cluster has, with those near them; else empty.
fn unknown_keys(selector: &Selector, lines: &str) -> String {
    let clusters: Vec<Cluster<'_>> = lines
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let keys: BTreeSet<&str> = clusters
        .iter()
        .flat_map(|cluster| cluster.labels.keys().chain(cluster.properties.keys()))
        .map(|key| key.as_str())
        .collect();
    let unknown = selector.wanted_keys().filter(|key| !keys.contains(key));
    unknown
        .map(|key| {
            let near = suggest::did_you_mean(key, keys.iter().copied());
            format!(" no cluster has a label or a property {key:?}{near};")
        })
        .collect()
}

/// What to say of a cluster set that no cluster is in.
fn unknown_set(text: &str, lines: &str) -> String {
    let clusters: Vec<Cluster<'_>> = lines
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let sets: BTreeSet<&str> = clusters
        .iter()
        .flat_map(|cluster| cluster.cluster_sets.iter().map(|set| set.as_str()))
        .collect();
    let hint = match sets.len() {
        0 => ": none of the clusters says which set it is in".to_owned(),
        1..=FEW => {
            let sets: Vec<String> = sets.iter().map(|set| quoted(set)).collect();
            format!(": there are {}", sets.join(", "))
        }
        _ => suggest::did_you_mean(text, sets.iter().copied()),
    };
    format!("no cluster is in a set that matches --cluster-set {text:?}{hint}")
}

/// Whether any of the globs matches; `used` remembers which did.
fn mark(globs: &[Glob], used: &mut [bool], name: &str) -> bool {
    let mut any = false;
    for (glob, used) in globs.iter().zip(used) {
        let matches = glob.matches(name);
        *used |= matches;
        any |= matches;
    }
    any
}

fn clusters(count: usize) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} cluster{s}")
}

/// What to say of a name or a pattern that nothing matches: with the names near it, and how to see all.
fn missing(text: &str, lines: &str, count: usize) -> String {
    let names: Vec<String> = lines.lines().filter_map(name).collect();
    let literal = text.replace(['*', '?', '[', ']', '!'], "");
    let near = suggest::suggestions(&literal, names.iter().map(String::as_str));
    let listed = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        names.join(", ")
    };
    let hint = if names.is_empty() {
        "the fleet is empty".into()
    } else if !near.is_empty() {
        format!(
            "near it are {}; kubectl mc clusters lists all {count}",
            listed(&near)
        )
    } else if names.len() <= FEW {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        format!("there are {}; see kubectl mc clusters", listed(&names))
    } else {
        format!("kubectl mc clusters lists all {count}")
    };
    format!("no cluster matches --clusters {text:?}: {hint}")
}

fn name(line: &str) -> Option<String> {
    let cluster: Cluster<'_> = serde_json::from_str(line).ok()?;
    Some(cluster.cluster.0.into_owned())
}

#[cfg(test)]
mod tests;
