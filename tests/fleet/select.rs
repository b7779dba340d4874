//! Queries, label selectors and field selectors, as a server judges them.

/// The query of a list or a get.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// `limit`, 0 for none.
    pub limit: usize,
    /// `continue`, empty for none.
    pub continue_token: String,
    /// `labelSelector`.
    pub labels: Vec<Requirement>,
    /// `fieldSelector`: path, whether equal is asked for, value.
    pub fields: Vec<(String, bool, String)>,
    /// `includeObject`.
    pub include: Include,
    /// `watch`.
    pub watch: bool,
}

/// The object in each row of a Table besides the cells (`includeObject`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Include {
    /// Nothing.
    None,
    /// PartialObjectMetadata; what a server does when nothing is said.
    #[default]
    Metadata,
    /// The whole object.
    Object,
}

/// One requirement of a label selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// `key in (a, b)`, `key = a`, `key == a`.
    In(String, Vec<String>),
    /// `key notin (a, b)`, `key != a`.
    NotIn(String, Vec<String>),
    /// `key`.
    Exists(String),
    /// `!key`.
    Missing(String),
}

impl Query {
    /// Reads a query string.
    ///
    /// # Errors
    /// The message of the 400 that a server answers with.
    pub fn parse(query: &str) -> Result<Query, String> {
        let mut parsed = Query::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decode(value);
            match key {
                "limit" => {
                    parsed.limit = value
                        .parse()
                        .map_err(|_| format!("strconv.ParseInt: parsing \"{value}\""))?;
                }
                "continue" => parsed.continue_token = value,
                "labelSelector" => parsed.labels = parse_labels(&value)?,
                "fieldSelector" => parsed.fields = parse_fields(&value)?,
                "includeObject" => {
                    parsed.include = match value.as_str() {
                        "None" => Include::None,
                        "Object" => Include::Object,
                        "Metadata" | "" => Include::Metadata,
                        _ => return Err(format!("unrecognized includeObject value: {value}")),
                    };
                }
                "watch" => parsed.watch = value == "true" || value == "1",
                _ => {}
            }
        }
        Ok(parsed)
    }

    /// Returns whether only a part of the objects can come back; the server then gives no remaining count.
    pub fn selects(&self) -> bool {
        !self.labels.is_empty() || !self.fields.is_empty()
    }
}

impl Requirement {
    /// Returns whether an object with these labels meets it.
    pub fn matches(&self, labels: &[(String, String)]) -> bool {
        let find = |key: &str| labels.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
        match self {
            Requirement::In(key, values) => find(key).is_some_and(|v| values.iter().any(|w| w == v)),
            Requirement::NotIn(key, values) => find(key).is_none_or(|v| values.iter().all(|w| w != v)),
            Requirement::Exists(key) => find(key).is_some(),
            Requirement::Missing(key) => find(key).is_none(),
        }
    }
}

/// Undoes percent-encoding and `+`.
pub fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (first, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = tail;
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads a label selector.
///
/// # Errors
/// Returns what is wrong with it.
pub fn parse_labels(text: &str) -> Result<Vec<Requirement>, String> {
    split_outside_parentheses(text)
        .into_iter()
        .map(|part| parse_requirement(part.trim()))
        .collect()
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    if text.trim().is_empty() { Vec::new() } else { parts }
}

fn parse_requirement(text: &str) -> Result<Requirement, String> {
    if let Some(list) = text.strip_suffix(')') {
        let (head, values) = list.split_once('(').ok_or("found ')', expected: identifier")?;
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        let mut words = head.split_whitespace();
        return match (words.next(), words.next(), words.next()) {
            (Some(key), Some("in"), None) => Ok(Requirement::In(key.to_owned(), values)),
            (Some(key), Some("notin"), None) => Ok(Requirement::NotIn(key.to_owned(), values)),
            _ => Err(format!("unable to parse requirement: \"{text}\"")),
        };
    }
    if let Some((key, value)) = text.split_once("!=") {
        return Ok(Requirement::NotIn(label_key(key)?, vec![label_value(value)?]));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Ok(Requirement::In(label_key(key)?, vec![label_value(value)?]));
    }
    match text.strip_prefix('!') {
        Some(key) => Ok(Requirement::Missing(label_key(key)?)),
        None => Ok(Requirement::Exists(label_key(text)?)),
    }
}

fn label_key(text: &str) -> Result<String, String> {
    let key = text.trim();
    let good = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if key.is_empty() || !key.chars().all(good) {
        return Err(format!(
            "unable to parse requirement: <nil>: Invalid value: \"{key}\""
        ));
    }
    Ok(key.to_owned())
}

fn label_value(text: &str) -> Result<String, String> {
    let value = text.trim();
    match value.chars().find(|c| "=!,()".contains(*c)) {
        Some(c) if value.starts_with(c) => Err(format!(
            "unable to parse requirement: found '{c}', expected: identifier"
        )),
        Some(c) => Err(format!("found '{c}', expected: ',' or 'end of string'")),
        None => Ok(value.to_owned()),
    }
}

fn parse_fields(text: &str) -> Result<Vec<(String, bool, String)>, String> {
    let mut fields = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (key, equal, value) = if let Some((key, value)) = part.split_once("!=") {
            (key, false, value)
        } else if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
            (key, true, value)
        } else {
            return Err(format!("invalid selector: '{text}'; can't understand '{part}'"));
        };
        fields.push((key.to_owned(), equal, value.to_owned()));
    }
    Ok(fields)
}
