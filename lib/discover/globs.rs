//! Patterns that choose names: `prod-*`.

use crate::config::Groups;
use crate::exit::Fatal;
use crate::suggest::did_you_mean;
use glob::Pattern;

/// The patterns of one flag, and which of them have matched something.
#[derive(Clone, Debug)]
pub struct Globs {
    /// The flag, variable or key that they are of.
    flag: String,
    globs: Vec<Glob>,
}

#[derive(Clone, Debug)]
struct Glob {
    text: String,
    matcher: Matcher,
    has_matched: bool,
}

#[derive(Clone, Debug)]
enum Matcher {
    /// A name or a pattern.
    Name(String, Pattern),
    /// A group: any of these, if there are some, and none of those.
    Group(Vec<Matcher>, Vec<Matcher>),
}

impl Matcher {
    /// Parses a name, a pattern or, if there are groups, a group.
    fn parse(text: &str, groups: Option<&Groups>) -> Result<Self, String> {
        if let (Some(groups), Some(name)) = (groups, text.strip_prefix('@')) {
            let (mut any, mut none) = (Vec::new(), Vec::new());
            for item in parts(groups.items(name)?) {
                let problem = |problem| format!("group {name:?}: {problem}");
                match item.strip_prefix('!') {
                    Some(item) => none.push(Self::parse(item, Some(groups)).map_err(problem)?),
                    None => any.push(Self::parse(item, Some(groups)).map_err(problem)?),
                }
            }
            return Ok(Self::Group(any, none));
        }
        // Two stars have a meaning for paths only, and are an error elsewhere.
        let mut plain = text.to_owned();
        while plain.contains("**") {
            plain = plain.replace("**", "*");
        }
        let pattern =
            Pattern::new(&plain).map_err(|error| format!("{text:?} is not a pattern: {}", error.msg))?;
        Ok(Self::Name(text.to_owned(), pattern))
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Name(text, pattern) => text == name || pattern.matches(name),
            Self::Group(any, none) => {
                (any.is_empty() || any.iter().any(|item| item.matches(name)))
                    && !none.iter().any(|item| item.matches(name))
            }
        }
    }
}

/// Splits values at their commas.
fn parts(values: &[String]) -> impl Iterator<Item = &str> {
    let parts = values.iter().flat_map(|value| value.split(',')).map(str::trim);
    parts.filter(|text| !text.is_empty())
}

impl Globs {
    /// Parses the values of a flag. Each may contain several patterns, separated by commas. Patterns of clusters may name
    /// groups.
    ///
    /// # Errors
    /// A value is not a pattern, or there is no such group.
    pub fn parse(flag: &str, values: &[String], groups: Option<&Groups>) -> Result<Self, Fatal> {
        let glob = |text: &str| match Matcher::parse(text, groups) {
            Ok(matcher) => Ok(Glob {
                text: text.to_owned(),
                matcher,
                has_matched: false,
            }),
            Err(problem) if text.starts_with('@') => Err(Fatal::usage(format!("{flag} {text:?}: {problem}"))),
            Err(problem) => Err(Fatal::usage(format!("{flag} {problem}"))),
        };
        Ok(Self {
            flag: flag.to_owned(),
            globs: parts(values).map(glob).collect::<Result<_, _>>()?,
        })
    }

    /// Parses the values of a flag that must not be empty if it is given: if a script's variable is empty, all would be
    /// the wrong answer. `example` shows how the flag is used.
    ///
    /// # Errors
    /// A value is not a pattern, or there are values and no patterns.
    pub fn parse_not_empty(
        flag: &str,
        values: &[String],
        groups: Option<&Groups>,
        example: &str,
    ) -> Result<Self, Fatal> {
        let globs = Self::parse(flag, values, groups)?;
        if globs.is_empty() && !values.is_empty() {
            return Err(Fatal::usage(format!(
                "{flag} is empty: {example}, or leave it out for all"
            )));
        }
        Ok(globs)
    }

    /// Returns the flag, variable or key that they are of.
    pub fn flag(&self) -> &str {
        &self.flag
    }

    /// Returns true if there are no patterns.
    pub fn is_empty(&self) -> bool {
        self.globs.is_empty()
    }

    /// Returns true if a name is chosen, and notes which patterns match. Without patterns every name is.
    pub fn matches(&mut self, name: &str) -> bool {
        self.match_any(name) || self.is_empty()
    }

    /// Returns true if any pattern matches a name, and notes which ones do.
    pub fn match_any(&mut self, name: &str) -> bool {
        let mut any = false;
        for glob in &mut self.globs {
            let matches = glob.matcher.matches(name);
            glob.has_matched |= matches;
            any |= matches;
        }
        any
    }

    /// Returns true if any pattern matches a name.
    pub fn would_match(&self, name: &str) -> bool {
        self.globs.iter().any(|glob| glob.matcher.matches(name))
    }

    /// Returns the patterns that have matched nothing.
    pub fn unused(&self) -> impl Iterator<Item = &str> {
        let unused = self.globs.iter().filter(|glob| !glob.has_matched);
        unused.map(|glob| glob.text.as_str())
    }

    /// Returns a message about the patterns that have matched nothing, with similar names, a line each. Empty if all
    /// have matched.
    pub fn unused_message<'n>(&self, what: &str, names: impl Iterator<Item = &'n str> + Clone) -> String {
        let lines: Vec<String> = self
            .unused()
            .map(|text| {
                let similar = did_you_mean(&text.replace(['*', '?'], ""), names.clone());
                format!("no {what} matches {} {text:?}{similar}", self.flag)
            })
            .collect();
        lines.join("\n")
    }
}
