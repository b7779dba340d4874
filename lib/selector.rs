//! Kubernetes label selectors, equality- and set-based, with the grammar and the error messages of apimachinery
//! (`pkg/labels/selector.go`).
//!
//! One thing differs. Here a key may also be a ClusterProfile *property*, whose names and values need not be valid
//! labels. So a key or a value that a label cannot have is not an error when it is parsed. It is one if no cluster has a
//! property of that name ([`Selector::doubts`]).

mod label;

pub(crate) use label::is_namespace;
use label::{key_problems, value_problems};

/// A label selector. All its requirements must be met; an empty selector matches everything.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Requirement {
    key: String,
    test: Test,
    /// Why the key or the values cannot be a label's, in apimachinery's words.
    doubt: Option<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Test {
    Exists,
    DoesNotExist,
    /// `=`, `==` and `in`.
    In(Vec<String>),
    /// `!=` and `notin`, which also match if the key is missing.
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

impl Selector {
    /// Parses a selector: `env in (prod,test),tier!=cache,!legacy,nodes>10`.
    ///
    /// # Errors
    /// Those of apimachinery's parser, except for keys and values that a label cannot have (see
    /// [`doubts`](Self::doubts)).
    pub fn parse(text: &str) -> Result<Self, String> {
        SelectorParser::new(text).selector()
    }

    /// Returns true if a cluster matches. `value` returns the value of a key, or `None` if there is no such key.
    pub fn matches<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = value(&requirement.key);
            match &requirement.test {
                Test::Exists => value.is_some(),
                Test::DoesNotExist => value.is_none(),
                Test::In(values) => value.is_some_and(|value| values.iter().any(|other| other == value)),
                Test::NotIn(values) => value.is_none_or(|value| values.iter().all(|other| other != value)),
                Test::Greater(limit) => number(value).is_some_and(|value| value > *limit),
                Test::Less(limit) => number(value).is_some_and(|value| value < *limit),
            }
        })
    }

    /// Returns the keys that a cluster must have to match.
    pub fn wanted_keys(&self) -> impl Iterator<Item = &str> {
        let wanted = |test: &Test| !matches!(test, Test::DoesNotExist | Test::NotIn(_));
        self.requirements
            .iter()
            .filter(move |requirement| wanted(&requirement.test))
            .map(|requirement| requirement.key.as_str())
    }

    /// Returns the keys of requirements that no label can meet, each with the reason in apimachinery's words. The selector
    /// is wrong unless there is a property of that name.
    pub fn doubts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.requirements.iter().filter_map(|requirement| {
            let doubt = requirement.doubt.as_deref()?;
            Some((requirement.key.as_str(), doubt))
        })
    }
}

fn number(value: Option<&str>) -> Option<i64> {
    value.and_then(|value| value.parse().ok())
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Lexeme<'a> {
    End,
    Open,
    Close,
    Comma,
    Not,
    Equals,
    DoubleEquals,
    NotEquals,
    Greater,
    Less,
    /// A key, a value, or `in` or `notin`, which are operators only where one is expected.
    Word(&'a str),
}

impl<'a> Lexeme<'a> {
    /// Returns the text that it was parsed from.
    fn text(self) -> &'a str {
        match self {
            Lexeme::End => "",
            Lexeme::Open => "(",
            Lexeme::Close => ")",
            Lexeme::Comma => ",",
            Lexeme::Not => "!",
            Lexeme::Equals => "=",
            Lexeme::DoubleEquals => "==",
            Lexeme::NotEquals => "!=",
            Lexeme::Greater => ">",
            Lexeme::Less => "<",
            Lexeme::Word(word) => word,
        }
    }
}

/// Returns the token that a text starts with, and the rest of the text.
fn lex(text: &str) -> (Lexeme<'_>, &str) {
    let is_blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let is_special = |c: char| matches!(c, '=' | '!' | '(' | ')' | ',' | '>' | '<');
    let text = text.trim_start_matches(is_blank);
    // Longer tokens come first, because the rest of a run of signs is the next token.
    for token in [
        Lexeme::DoubleEquals,
        Lexeme::NotEquals,
        Lexeme::Equals,
        Lexeme::Not,
        Lexeme::Open,
        Lexeme::Close,
        Lexeme::Comma,
        Lexeme::Greater,
        Lexeme::Less,
    ] {
        if let Some(rest) = text.strip_prefix(token.text()) {
            return (token, rest);
        }
    }
    // NUL ends the text, as in apimachinery.
    let end = text
        .find(|c| is_blank(c) || is_special(c) || c == '\0')
        .unwrap_or(text.len());
    match text.split_at(end) {
        ("", _) => (Lexeme::End, ""),
        (word, rest) => (Lexeme::Word(word), rest),
    }
}

struct SelectorParser<'a> {
    next: Lexeme<'a>,
    rest: &'a str,
}

impl<'a> SelectorParser<'a> {
    fn new(text: &'a str) -> Self {
        let (next, rest) = lex(text);
        Self { next, rest }
    }

    fn consume(&mut self) -> Lexeme<'a> {
        let (next, rest) = lex(self.rest);
        self.rest = rest;
        std::mem::replace(&mut self.next, next)
    }

    fn selector(mut self) -> Result<Selector, String> {
        let mut requirements = Vec::new();
        loop {
            match self.next {
                Lexeme::End => break,
                Lexeme::Word(_) | Lexeme::Not => {}
                other => {
                    let found = other.text();
                    return Err(format!(
                        "found '{found}', expected: !, identifier, or 'end of string'"
                    ));
                }
            }
            let requirement = self.requirement();
            requirements
                .push(requirement.map_err(|problem| format!("unable to parse requirement: {problem}"))?);
            match self.consume() {
                Lexeme::End => break,
                Lexeme::Comma if matches!(self.next, Lexeme::Word(_) | Lexeme::Not) => {}
                Lexeme::Comma => {
                    let found = self.next.text();
                    return Err(format!("found '{found}', expected: identifier after ','"));
                }
                other => {
                    let found = other.text();
                    return Err(format!("found '{found}', expected: ',' or 'end of string'"));
                }
            }
        }
        Ok(Selector { requirements })
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let mut token = self.consume();
        let negated = token == Lexeme::Not;
        if negated {
            token = self.consume();
        }
        let Lexeme::Word(key) = token else {
            return Err(format!("found '{}', expected: identifier", token.text()));
        };
        if negated {
            return Ok(Requirement::new(key, Test::DoesNotExist, &[]));
        }
        if matches!(self.next, Lexeme::End | Lexeme::Comma) {
            return Ok(Requirement::new(key, Test::Exists, &[]));
        }
        let operator = self.consume();
        let values = match operator {
            Lexeme::Word("in" | "notin") => self.values()?,
            Lexeme::Equals | Lexeme::DoubleEquals | Lexeme::NotEquals | Lexeme::Greater | Lexeme::Less => {
                vec![self.value()?]
            }
            other => {
                let found = other.text();
                return Err(format!("found '{found}', expected: in, notin, =, ==, !=, gt, lt"));
            }
        };
        let test = match operator {
            Lexeme::Greater => Test::Greater(integer(key, &values)?),
            Lexeme::Less => Test::Less(integer(key, &values)?),
            Lexeme::NotEquals | Lexeme::Word("notin") => Test::NotIn(owned(&values)),
            _ => Test::In(owned(&values)),
        };
        Ok(Requirement::new(key, test, &values))
    }

    /// Parses the value of `=`, `==`, `!=`, `>` and `<`. A missing value is the empty one.
    fn value(&mut self) -> Result<&'a str, String> {
        if matches!(self.next, Lexeme::End | Lexeme::Comma) {
            return Ok("");
        }
        match self.consume() {
            Lexeme::Word(value) => Ok(value),
            other => Err(format!("found '{}', expected: identifier", other.text())),
        }
    }

    /// Parses the values of `in` and `notin`, and returns them sorted and each once. `()`, `(a,)` and `(a,,b)` include the
    /// empty value.
    fn values(&mut self) -> Result<Vec<&'a str>, String> {
        let open = self.consume();
        if open != Lexeme::Open {
            return Err(format!("found '{}' expected: '('", open.text()));
        }
        if !matches!(self.next, Lexeme::Word(_) | Lexeme::Comma | Lexeme::Close) {
            let found = self.next.text();
            return Err(format!("found '{found}', expected: ',', ')' or identifier"));
        }
        let mut values = Vec::new();
        loop {
            // Next comes one value, possibly empty, then a comma or the end of the list.
            match self.next {
                Lexeme::Word(value) => {
                    self.consume();
                    values.push(value);
                    if !matches!(self.next, Lexeme::Comma | Lexeme::Close) {
                        let found = self.next.text();
                        return Err(format!("found '{found}', expected: ',' or ')'"));
                    }
                }
                Lexeme::Comma | Lexeme::Close => values.push(""),
                other => {
                    let found = other.text();
                    return Err(format!("found '{found}', expected: ',', or identifier"));
                }
            }
            if self.consume() == Lexeme::Close {
                values.sort_unstable();
                values.dedup();
                return Ok(values);
            }
        }
    }
}

impl Requirement {
    fn new(key: &str, test: Test, values: &[&str]) -> Self {
        let problems = key_problems(key);
        let doubt = if problems.is_empty() {
            aggregate(doubtful_values(key, values))
        } else {
            // apimachinery prints the absent path of the field as <nil>.
            Some(format!("<nil>: Invalid value: {key:?}: {}", problems.join("; ")))
        };
        Self {
            key: key.to_owned(),
            test,
            doubt: doubt.map(|doubt| format!("unable to parse requirement: {doubt}")),
        }
    }
}

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn doubtful_values(key: &str, values: &[&str]) -> Vec<String> {
    let mut doubts = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let problems = value_problems(value);
        if !problems.is_empty() {
            let problems = problems.join("; ");
            doubts.push(format!(
                "values[{index}][{key}]: Invalid value: {value:?}: {problems}"
            ));
        }
    }
    doubts
}

/// Joins errors as apimachinery does.
fn aggregate(mut errors: Vec<String>) -> Option<String> {
    match errors.len() {
        0 => None,
        1 => errors.pop(),
        _ => Some(format!("[{}]", errors.join(", "))),
    }
}

fn integer(key: &str, values: &[&str]) -> Result<i64, String> {
    let value = values.first().copied().unwrap_or_default();
    value.parse().map_err(|_| {
        let mut errors = vec![format!(
            "values[0]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer"
        )];
        errors.extend(doubtful_values(key, values));
        aggregate(errors).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests;
