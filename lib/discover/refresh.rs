//! `kubectl mc --refresh`: asks the hubs anew, and says what has changed since they were asked last.

use super::options::Wanted;
use super::question::Known;
use super::{Files, Hubs, Options, Source, questions, run};
use crate::exit::{Fatal, Status};
use crate::record::Cluster;
use std::collections::BTreeSet;
use std::io::Write;

/// The most names of clusters that are listed.
const MOST: usize = 10;

/// The names of the clusters that a hub lists by one source; `None` where that is not known.
type Names = Option<BTreeSet<String>>;

/// Asks the hubs, whatever is cached, and writes a line for each: how many clusters it lists, and which of them are new
/// or gone.
///
/// # Errors
/// As with [`run`].
pub fn refresh(
    options: &Options,
    files: Files<'_>,
    output: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<Status, Fatal> {
    let options = Options {
        refresh: true,
        ..options.clone()
    };
    let before = cached(&options, files);
    let mut lines = Vec::new();
    let status = run(&options, files, std::io::empty(), &mut lines, complain)?;
    let after = cached(&options, files);
    let mut said = String::new();
    for ((place, before), (_, after)) in before.iter().zip(&after) {
        // Where the cache cannot be written, that has been said.
        if let Some(after) = after {
            said.push_str(&format!("{place}: {}\n", difference(before.as_ref(), after)));
        }
    }
    if said.is_empty() {
        let count = lines.iter().filter(|byte| **byte == b'\n').count();
        said = format!("{}\n", clusters(count));
    }
    output
        .write_all(said.as_bytes())
        .and_then(|()| output.flush())
        .map_err(|error| Fatal::output(&error))?;
    Ok(status)
}

/// Returns what each hub has listed by each source, by how messages call them.
fn cached(options: &Options, files: Files<'_>) -> Vec<(String, Names)> {
    let (Ok(wanted), Ok(hubs)) = (Wanted::check(options), Hubs::find(options, files.kubeconfig)) else {
        return Vec::new();
    };
    let sources = options.sources.iter().filter(|source| source.needs_hub()).count();
    let mut known = Vec::new();
    for (ask, hub) in questions(options, &wanted, &hubs, "") {
        if hub.is_none() {
            continue;
        }
        let place = match sources {
            1 => ask.hub.to_owned(),
            _ => format!("{}, {}", ask.hub, Source::as_str(ask.source)),
        };
        let names = match ask.known() {
            Known::Fresh(fleet) => Some(fleet.lines),
            Known::Old(old) => old.map(|cached| cached.fleet.lines),
        };
        known.push((place, names.map(|lines| names_of(&lines))));
    }
    known
}

fn names_of(lines: &str) -> BTreeSet<String> {
    let clusters = lines
        .lines()
        .filter_map(|line| serde_json::from_str::<Cluster<'_>>(line).ok());
    clusters.map(|cluster| cluster.cluster.to_string()).collect()
}

fn clusters(count: usize) -> String {
    match count {
        1 => "1 cluster".to_owned(),
        count => format!("{count} clusters"),
    }
}

/// `12 clusters, 2 new (a, b), 1 gone (c)`
fn difference(before: Option<&BTreeSet<String>>, after: &BTreeSet<String>) -> String {
    let count = clusters(after.len());
    let Some(before) = before else {
        return format!("{count}, listed for the first time");
    };
    let mut parts = vec![count];
    for (names, word) in [(after - before, "new"), (before - after, "gone")] {
        let more = match names.len().checked_sub(MOST) {
            Some(more @ 1..) => format!(" and {more} more"),
            _ => String::new(),
        };
        let listed: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
        match names.len() {
            0 => parts.push(format!("none {word}")),
            count => parts.push(format!("{count} {word} ({}{more})", listed.join(", "))),
        }
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::difference;
    use std::collections::BTreeSet;

    #[test]
    fn what_is_new_and_gone_is_named() {
        let set =
            |names: &[&str]| -> BTreeSet<String> { names.iter().map(|name| (*name).to_owned()).collect() };
        assert_eq!(
            difference(None, &set(&["a"])),
            "1 cluster, listed for the first time"
        );
        let before = set(&["a", "b"]);
        assert_eq!(
            difference(Some(&before), &before),
            "2 clusters, none new, none gone"
        );
        assert_eq!(
            difference(Some(&before), &set(&["b", "c", "d"])),
            "3 clusters, 2 new (c, d), 1 gone (a)"
        );
        let many: Vec<String> = (10..30).map(|number| number.to_string()).collect();
        let said = difference(Some(&BTreeSet::new()), &many.into_iter().collect());
        assert!(
            said.starts_with("20 clusters, 20 new (10, 11, ") && said.contains("19 and 10 more)"),
            "{said}"
        );
    }
}
