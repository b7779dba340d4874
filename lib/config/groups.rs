//! Saved selections of clusters: `groups`.

use crate::suggest::did_you_mean;
use std::collections::BTreeMap;

/// Saved selections of clusters by name. An item is a name or a pattern, or another group (`@eu`); with a `!` before it,
/// it is left out.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Groups(BTreeMap<String, Vec<String>>);

impl Groups {
    /// Makes groups of their items.
    ///
    /// # Errors
    /// A name that cannot be typed, a group without items, and one that names a group that does not exist or itself.
    pub fn new(lists: BTreeMap<String, Vec<String>>) -> Result<Self, String> {
        let groups = Self(lists);
        for (name, items) in &groups.0 {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            if name.is_empty() || !name.bytes().all(is_plain) {
                return Err(format!(
                    "{name:?} cannot be the name of a group: use letters, digits, dots, dashes and underscores"
                ));
            }
            if items.is_empty()
                || items
                    .iter()
                    .any(|item| item.trim_start_matches(['!', '@']).is_empty())
            {
                return Err(format!("group {name:?} needs names or patterns of clusters"));
            }
            groups.check(name, &mut Vec::new())?;
        }
        Ok(groups)
    }

    /// Follows what a group names. `path` is the groups that lead to it.
    fn check<'g>(&'g self, name: &'g str, path: &mut Vec<&'g str>) -> Result<(), String> {
        if path.contains(&name) {
            return Err(format!(
                "group {name:?} contains itself: {} → {name}",
                path.join(" → ")
            ));
        }
        path.push(name);
        for other in self.items(name)?.iter().filter_map(|item| group_of(item)) {
            self.check(other, path)?;
        }
        path.pop();
        Ok(())
    }

    /// Returns the items of a group.
    ///
    /// # Errors
    /// There is no such group; the message lists those that there are.
    pub fn items(&self, name: &str) -> Result<&[String], String> {
        self.0.get(name).map(Vec::as_slice).ok_or_else(|| {
            let names: Vec<&str> = self.names().collect();
            match names.as_slice() {
                [] => format!("there is no group {name:?}: the configuration has no groups"),
                names => format!(
                    "there is no group {name:?}{}: the configuration has {}",
                    did_you_mean(name, names.iter().copied()),
                    names.join(", ")
                ),
            }
        })
    }

    /// Returns the names of all groups.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns all groups with their items.
    pub fn lists(&self) -> &BTreeMap<String, Vec<String>> {
        &self.0
    }
}

/// Returns the group that an item names, if it names one.
fn group_of(item: &str) -> Option<&str> {
    item.trim_start_matches('!').strip_prefix('@')
}

#[cfg(test)]
mod tests {
    use super::Groups;

    fn groups(lists: &[(&str, &[&str])]) -> Result<Groups, String> {
        let owned = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
        let lists = lists
            .iter()
            .map(|(name, items)| ((*name).to_owned(), owned(items)));
        Groups::new(lists.collect())
    }

    #[test]
    fn groups_may_name_groups_but_not_in_a_circle() {
        assert!(groups(&[("a", &["@b", "!@c"]), ("b", &["x-*"]), ("c", &["@b"])]).is_ok());
        assert_eq!(
            groups(&[("a", &["@b"]), ("b", &["x", "!@a"])]),
            Err("group \"a\" contains itself: a → b → a".into())
        );
        assert_eq!(
            groups(&[("prod", &["@prdo"]), ("eu", &["*-eu"])]),
            Err("there is no group \"prdo\" (did you mean \"prod\"?): the configuration has eu, prod".into())
        );
    }

    #[test]
    fn group_without_items_or_with_an_odd_name_is_refused() {
        for (name, items) in [
            ("a", &[][..]),
            ("a", &["!"]),
            ("a", &["@"]),
            ("a,b", &["x"]),
            ("", &["x"]),
        ] {
            assert!(groups(&[(name, items)]).is_err(), "{name} {items:?}");
        }
    }
}
