//! `kubectl mc --refresh`: asks the hubs again, and shows what has changed since they were asked last.

use super::finding::Finding;
use super::listing::list;
use super::member::Member;
use super::options::{Files, Options};
use super::question::CacheLookup;
use super::questions::look_in_cache;
use crate::error_text::listed;
use crate::exit::{Fatal, Status};
use std::collections::BTreeSet;
use std::io::Write;

/// The most names of clusters that are shown.
const MOST: usize = 10;

/// The names of the clusters that a hub lists through one source, if they are known.
type ClusterNames = Option<BTreeSet<String>>;

/// Asks the hubs, whatever is cached, and writes a line for each: how many clusters it lists, and which of them are new
/// or gone.
///
/// # Errors
/// Those of [`list`]; the output cannot be written.
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
    let mut report = |finding: Finding| complain(&finding.to_string());
    let listing = list(
        &options,
        files,
        std::io::empty(),
        &mut std::io::sink(),
        &mut report,
    )?;
    let after = cached(&options, files);
    let mut text = String::new();
    for ((place, before), (_, after)) in before.iter().zip(&after) {
        // If the cache cannot be written, that has been reported.
        if let Some(after) = after {
            text.push_str(&format!("{place}: {}\n", difference(before.as_ref(), after)));
        }
    }
    if text.is_empty() {
        text = format!("{}\n", clusters(listing.members.len()));
    }
    output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
        .map_err(|error| Fatal::output(&error))?;
    Ok(listing.status)
}

/// Returns the names that are cached for each hub and source, with the hub as messages name it.
fn cached(options: &Options, files: Files<'_>) -> Vec<(String, ClusterNames)> {
    let sources = options.sources.iter().filter(|source| source.needs_hub());
    let has_several = sources.count() > 1;
    let cached = look_in_cache(options, files).unwrap_or_default().into_iter();
    cached
        .map(|cached| {
            let fleet = match cached.lookup {
                CacheLookup::Fresh(fleet) => Some(fleet),
                CacheLookup::Expired(old) => old.map(|cached| cached.fleet),
            };
            let names = |members: &[Member]| members.iter().map(|member| member.name().to_owned()).collect();
            let place = match has_several {
                true => format!("{}, {}", cached.hub_name, cached.source),
                false => cached.hub_name,
            };
            (place, fleet.map(|fleet| names(&fleet.members)))
        })
        .collect()
}

fn clusters(count: usize) -> String {
    match count {
        1 => "1 cluster".to_owned(),
        count => format!("{count} clusters"),
    }
}

/// Returns `12 clusters, 2 new (a, b), 1 gone (c)`.
fn difference(before: Option<&BTreeSet<String>>, after: &BTreeSet<String>) -> String {
    let count = clusters(after.len());
    let Some(before) = before else {
        return format!("{count}, listed for the first time");
    };
    let mut parts = vec![count];
    for (names, word) in [(after - before, "new"), (before - after, "gone")] {
        match names.len() {
            0 => parts.push(format!("none {word}")),
            count => parts.push(format!("{count} {word} ({})", listed(names.iter(), MOST))),
        }
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::difference;
    use std::collections::BTreeSet;

    #[test]
    fn refresh_names_new_and_gone_clusters() {
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
