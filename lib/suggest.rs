//! Names that a person may have meant.

/// The largest number of suggestions: more would not fit on a line.
const AT_MOST: usize = 3;

/// The least likeness of two names, from 0 to 1 (normalized Damerau-Levenshtein).
const ALIKE: f64 = 0.6;

/// The candidates nearest to a name that is not among them, best first, at most three. One that has the
/// name as a part between separators comes first: cloud tools name contexts
/// `gke_project_zone_name`, `admin@name` or `arn:aws:eks:region:account:cluster/name`.
pub fn suggestions<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found: Vec<(f64, &'a str)> = candidates
        .into_iter()
        .filter_map(|candidate| Some((likeness(wanted, candidate)?, candidate)))
        .collect();
    found.sort_by(|(a, a_name), (b, b_name)| b.total_cmp(a).then_with(|| a_name.cmp(b_name)));
    found.dedup_by_key(|(_, name)| *name);
    found.into_iter().take(AT_MOST).map(|(_, name)| name).collect()
}

/// A clause for an error message: empty, or ` (did you mean "a" or "b"?)`.
pub fn did_you_mean<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    question(wanted, candidates).map_or_else(String::new, |question| format!(" ({question})"))
}

/// Returns `did you mean "a" or "b"?` if there is a candidate that is near.
pub fn question<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let names: Vec<String> = suggestions(wanted, candidates)
        .into_iter()
        .map(|name| format!("{name:?}"))
        .collect();
    match names.split_last() {
        None => None,
        Some((only, [])) => Some(format!("did you mean {only}?")),
        Some((last, others)) => Some(format!("did you mean {} or {last}?", others.join(", "))),
    }
}

/// Returns the likeness from 0 to 2, which is that of singular and plural, or `None` if the names are too different.
fn likeness(wanted: &str, candidate: &str) -> Option<f64> {
    if wanted.is_empty() || candidate.is_empty() {
        return None;
    }
    let is_plural = |one: &str, many: &str| many.strip_suffix(['s', 'S']) == Some(one);
    if is_plural(wanted, candidate) || is_plural(candidate, wanted) {
        return Some(2.0);
    }
    if let Some(rank) = part_of(wanted, candidate).or_else(|| part_of(candidate, wanted)) {
        return Some(rank);
    }
    // Names of very different lengths are never alike enough; the distance costs their product.
    let (short, long) = (
        wanted.len().min(candidate.len()),
        wanted.len().max(candidate.len()),
    );
    if (short as f64) < ALIKE * long as f64 {
        return None;
    }
    let likeness = strsim::normalized_damerau_levenshtein(&wanted.to_lowercase(), &candidate.to_lowercase());
    (likeness >= ALIKE).then_some(likeness)
}

/// Returns 1 to 2 if a name of at least three bytes is a whole part of another one between separators, more if
/// it is the last one: that is where the cloud tools have it.
fn part_of(part: &str, whole: &str) -> Option<f64> {
    let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    if part.len() < 3 {
        return None;
    }
    let share = part.len() as f64 / whole.len() as f64 / 2.0;
    whole
        .match_indices(part)
        .filter(|(at, _)| {
            ends(whole[..*at].chars().next_back()) && ends(whole[at + part.len()..].chars().next())
        })
        .map(|(at, _)| {
            if at + part.len() == whole.len() {
                1.5 + share
            } else {
                1.0 + share
            }
        })
        .max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, suggestions};

    #[test]
    fn typing_errors_are_found() {
        let names = ["prod-eu", "prod-us", "staging", "dev"];
        assert_eq!(suggestions("prod-ue", names), ["prod-eu", "prod-us"]);
        assert_eq!(suggestions("stagign", names), ["staging"]);
        assert_eq!(suggestions("zzz", names), [] as [&str; 0]);
        let plural = ["cluster-set", "clusters", "show-cluster"];
        assert_eq!(suggestions("cluster", plural)[0], "clusters");
    }

    #[test]
    fn context_that_a_cloud_tool_named_is_found() {
        let arn = "arn:aws:eks:eu-west-1:123456789012:cluster/prod-eu";
        let names = ["prod-e2", arn, "gke_proj_zone_prod-eu-2"];
        assert_eq!(suggestions("prod-eu", names)[0], arn);
    }

    #[test]
    fn did_you_mean_clause() {
        assert_eq!(did_you_mean("x", []), "");
        assert_eq!(
            did_you_mean("timeot", ["timeout", "api"]),
            r#" (did you mean "timeout"?)"#
        );
        assert_eq!(
            did_you_mean("node1", ["node2", "node3"]),
            r#" (did you mean "node2" or "node3"?)"#
        );
    }

    #[test]
    fn other_scripts_do_not_break_it() {
        assert_eq!(suggestions("größe", ["grösse", "größ"]), ["größ", "grösse"]);
    }
}
