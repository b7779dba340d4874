//! Names of clusters: which of them are safe to use, and how to quote them in messages.

use crate::term;

/// The longest name of a cluster, in bytes: that of any Kubernetes object.
const MAX_NAME: usize = 253;

/// Characters that would run a command if the name were pasted into a shell or expanded by its completion.
const SHELL_CHARACTERS: [char; 11] = ['$', '(', ')', ';', '|', '&', '`', '<', '>', '\'', '"'];

/// Returns why a name that a hub gives a cluster is refused, or `None` if it is fine. Names are printed alone on lines
/// of the stream, in paths of cache files and on command lines, and a hub is not trusted with any of these.
pub fn name_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.len() > MAX_NAME {
        Some("it is longer than 253 bytes")
    } else if name.chars().any(term::is_unfit_for_name) {
        Some("it has control characters or invisible ones")
    } else if name.contains(SHELL_CHARACTERS) {
        Some("it has a character that shells interpret")
    } else if name.contains(['/', '\\']) || name.contains("..") || name == "." {
        Some("it has the form of a path")
    } else if name.starts_with(['{', '[', '"']) {
        Some("it has the form of JSON")
    } else if name.starts_with('-') {
        Some("it has the form of a flag")
    } else if name.trim() != name {
        Some("it starts or ends with a blank")
    } else {
        None
    }
}

/// Returns a clause for a message about a cluster whose name is refused, or `None` if the name is fine.
pub fn name_refusal(name: &str) -> Option<String> {
    match name_problem(name) {
        Some(_) if name.is_empty() => Some("it has no name".to_owned()),
        Some(problem) => Some(format!(
            "its cluster's name {} is refused: {problem}",
            quoted(name)
        )),
        None => None,
    }
}

/// Returns a message about a context whose name cannot be a cluster's, or `None` if it can. The user's own files may
/// use names that a hub may not (`arn:aws:eks:eu-west-1:111122223333:cluster/prod`): only names that a line of the
/// stream cannot hold are refused.
pub fn context_refusal(name: &str) -> Option<String> {
    let is_refused = name.is_empty() || name.chars().any(term::is_unfit_for_name);
    is_refused.then(|| {
        format!(
            "context \"{}\" is left out: its name is empty, or has control characters or invisible ones",
            term::escape(name)
        )
    })
}

/// Quotes a text from outside for a message: control characters are escaped, and at most 100 characters are shown.
pub fn quoted(text: &str) -> String {
    let short: String = text.chars().take(100).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("\"{}{more}\"", term::escape(&short))
}

/// Joins names for a message, each quoted.
pub fn quoted_list(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| quoted(name.as_ref())).collect();
    names.join(", ")
}
