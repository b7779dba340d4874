//! Patterns that choose names: `prod-*`.

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
    pattern: Pattern,
    has_matched: bool,
}

impl Glob {
    fn matches(&self, name: &str) -> bool {
        self.text == name || self.pattern.matches(name)
    }
}

impl Globs {
    /// Parses the values of a flag. Each may contain several patterns, separated by commas.
    ///
    /// # Errors
    /// A value is not a pattern.
    pub fn parse(flag: &str, values: &[String]) -> Result<Self, Fatal> {
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
                has_matched: false,
            });
        }
        Ok(Self {
            flag: flag.to_owned(),
            globs,
        })
    }

    /// Parses the values of a flag that must not be empty if it is given: if a script's variable is empty, all would be
    /// the wrong answer. `example` shows how the flag is used.
    ///
    /// # Errors
    /// A value is not a pattern, or there are values and no patterns.
    pub fn parse_not_empty(flag: &str, values: &[String], example: &str) -> Result<Self, Fatal> {
        let globs = Self::parse(flag, values)?;
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
            let matches = glob.matches(name);
            glob.has_matched |= matches;
            any |= matches;
        }
        any
    }

    /// Returns true if any pattern matches a name.
    pub fn would_match(&self, name: &str) -> bool {
        self.globs.iter().any(|glob| glob.matches(name))
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
