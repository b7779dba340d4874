//! Kubernetes label selectors, equality- and set-based, as apimachinery reads them
//! (`pkg/labels/selector.go`): the same grammar, and the same words for what is wrong.
//!
//! One thing differs. Here a key may also be a ClusterProfile *property*, whose names and values need not
//! be valid labels. So a key or a value that no label can have is no error yet when it is parsed: it is
//! one if no cluster turns out to have a property of that name ([`Selector::doubts`]).

mod label;

pub(crate) use label::is_namespace;
use label::{key_problems, value_problems};

/// A label selector: all its requirements must hold. An empty one selects everything.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Requirement {
    key: String,
    test: Test,
    /// Why no label can be meant, in apimachinery's words.
    doubt: Option<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Test {
    Exists,
    DoesNotExist,
    /// `=`, `==` and `in`.
    In(Vec<String>),
    /// `!=` and `notin`: what lacks the key matches too.
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

impl Selector {
    /// Reads a selector: `env in (prod,test),tier!=cache,!legacy,nodes>10`.
    ///
    /// # Errors
    /// What apimachinery's parser would say; keys and values that cannot be those of a label excepted, see
    /// [`doubts`](Self::doubts).
    pub fn parse(text: &str) -> Result<Self, String> {
        Parser::new(text).selector()
    }

    /// Whether a cluster matches. `value` gives the value of a key, `None` where there is no such key.
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

    /// The keys that a cluster must have to match.
    pub fn wanted_keys(&self) -> impl Iterator<Item = &str> {
        let wanted = |test: &Test| !matches!(test, Test::DoesNotExist | Test::NotIn(_));
        self.requirements
            .iter()
            .filter(move |requirement| wanted(&requirement.test))
            .map(|requirement| requirement.key.as_str())
    }

    /// The keys with which no label can be meant, each with the reason in apimachinery's words. Unless
    /// there is a property of that name the selector is wrong.
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
enum Token<'a> {
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
    /// A key, a value, or `in` and `notin`, which are operators only where one is expected.
    Word(&'a str),
}

impl<'a> Token<'a> {
    /// As it was written.
    fn text(self) -> &'a str {
        match self {
            Token::End => "",
            Token::Open => "(",
            Token::Close => ")",
            Token::Comma => ",",
            Token::Not => "!",
            Token::Equals => "=",
            Token::DoubleEquals => "==",
            Token::NotEquals => "!=",
            Token::Greater => ">",
            Token::Less => "<",
            Token::Word(word) => word,
        }
    }
}

/// The token that a text starts with, and what follows it.
fn lex(text: &str) -> (Token<'_>, &str) {
    let is_blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let is_special = |c: char| matches!(c, '=' | '!' | '(' | ')' | ',' | '>' | '<');
    let text = text.trim_start_matches(is_blank);
    // The longer ones first: the rest of a run of signs is the next token.
    for token in [
        Token::DoubleEquals,
        Token::NotEquals,
        Token::Equals,
        Token::Not,
        Token::Open,
        Token::Close,
        Token::Comma,
        Token::Greater,
        Token::Less,
    ] {
        if let Some(rest) = text.strip_prefix(token.text()) {
            return (token, rest);
        }
    }
    // The end of a word, and NUL, which ends the text for apimachinery too.
    let end = text
        .find(|c| is_blank(c) || is_special(c) || c == '\0')
        .unwrap_or(text.len());
    match text.split_at(end) {
        ("", _) => (Token::End, ""),
        (word, rest) => (Token::Word(word), rest),
    }
}

struct Parser<'a> {
    next: Token<'a>,
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        let (next, rest) = lex(text);
        Self { next, rest }
    }

    fn consume(&mut self) -> Token<'a> {
        let (next, rest) = lex(self.rest);
        self.rest = rest;
        std::mem::replace(&mut self.next, next)
    }

    fn selector(mut self) -> Result<Selector, String> {
        let mut requirements = Vec::new();
        loop {
            match self.next {
                Token::End => break,
                Token::Word(_) | Token::Not => {}
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
                Token::End => break,
                Token::Comma if matches!(self.next, Token::Word(_) | Token::Not) => {}
                Token::Comma => {
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
        let negated = token == Token::Not;
        if negated {
            token = self.consume();
        }
        let Token::Word(key) = token else {
            return Err(format!("found '{}', expected: identifier", token.text()));
        };
        if negated {
            return Ok(Requirement::new(key, Test::DoesNotExist, &[]));
        }
        if matches!(self.next, Token::End | Token::Comma) {
            return Ok(Requirement::new(key, Test::Exists, &[]));
        }
        let operator = self.consume();
        let values = match operator {
            Token::Word("in" | "notin") => self.values()?,
            Token::Equals | Token::DoubleEquals | Token::NotEquals | Token::Greater | Token::Less => {
                vec![self.value()?]
            }
            other => {
                let found = other.text();
                return Err(format!("found '{found}', expected: in, notin, =, ==, !=, gt, lt"));
            }
        };
        let test = match operator {
            Token::Greater => Test::Greater(integer(key, &values)?),
            Token::Less => Test::Less(integer(key, &values)?),
            Token::NotEquals | Token::Word("notin") => Test::NotIn(owned(&values)),
            _ => Test::In(owned(&values)),
        };
        Ok(Requirement::new(key, test, &values))
    }

    /// The value of `=`, `==`, `!=`, `>` and `<`: none at all is the empty one.
    fn value(&mut self) -> Result<&'a str, String> {
        if matches!(self.next, Token::End | Token::Comma) {
            return Ok("");
        }
        match self.consume() {
            Token::Word(value) => Ok(value),
            other => Err(format!("found '{}', expected: identifier", other.text())),
        }
    }

    /// The values of `in` and `notin`, sorted and each once. `()`, `(a,)` and `(a,,b)` have the empty value
    /// among theirs.
    fn values(&mut self) -> Result<Vec<&'a str>, String> {
        let open = self.consume();
        if open != Token::Open {
            return Err(format!("found '{}' expected: '('", open.text()));
        }
        if !matches!(self.next, Token::Word(_) | Token::Comma | Token::Close) {
            let found = self.next.text();
            return Err(format!("found '{found}', expected: ',', ')' or identifier"));
        }
        let mut values = Vec::new();
        loop {
            // One value, possibly empty, stands here; then a comma or the end of the list.
            match self.next {
                Token::Word(value) => {
                    self.consume();
                    values.push(value);
                    if !matches!(self.next, Token::Comma | Token::Close) {
                        let found = self.next.text();
                        return Err(format!("found '{found}', expected: ',' or ')'"));
                    }
                }
                Token::Comma | Token::Close => values.push(""),
                other => {
                    let found = other.text();
                    return Err(format!("found '{found}', expected: ',', or identifier"));
                }
            }
            if self.consume() == Token::Close {
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
            // apimachinery prints the absent path of the field like this.
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

/// Several errors as apimachinery prints them together.
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
