//! The forms that the clouds give to their names. None can begin with a dash.

pub fn is_eks_name(name: &str) -> bool {
    form(name, 1..=100, alphanumeric, "-_")
}

pub fn is_gke_name(name: &str) -> bool {
    form(name, 1..=40, lower, "-")
}

pub fn is_aks_name(name: &str) -> bool {
    form(name, 1..=63, alphanumeric, "-_")
}

pub fn is_project(id: &str) -> bool {
    form(id, 4..=100, lower, "-.:")
}

pub fn is_group(group: &str) -> bool {
    form(group, 1..=90, alphanumeric, "-_.()") && !group.ends_with('.')
}

pub fn is_subscription(id: &str) -> bool {
    form(id, 36..=36, |c| c.is_ascii_hexdigit(), "-")
}

pub fn is_ack_id(id: &str) -> bool {
    form(id, 8..=64, |c| lower(c) || c.is_ascii_digit(), "")
}

/// Tells a zone from a region: europe-west1-b is a zone of europe-west1.
pub fn is_zone(place: &str) -> bool {
    place
        .rsplit_once('-')
        .is_some_and(|(_, last)| last.len() == 1 && last.chars().all(lower))
}

fn lower(c: char) -> bool {
    c.is_ascii_lowercase()
}

fn alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

/// Returns whether a text has a length in bytes, begins with such a character, and goes on with these, digits and
/// some others.
fn form(
    text: &str,
    length: std::ops::RangeInclusive<usize>,
    first: impl Fn(char) -> bool,
    others: &str,
) -> bool {
    length.contains(&text.len())
        && text.starts_with(&first)
        && text
            .chars()
            .all(|c| first(c) || c.is_ascii_digit() || others.contains(c))
}

/// A region or a zone: `eu-west-1`, `westeurope`, `europe-west1-b`.
pub fn is_place(text: &str) -> bool {
    form(text, 2..=40, lower, "-") && !text.ends_with('-')
}
