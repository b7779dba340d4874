//! Errors as one line of text, and lists in them.

use std::error::Error;
use std::io;

/// Returns an error and its causes in one line: `a: b: c`. A cause whose text its parent already includes is left out:
/// kube's and hyper's errors both include it and return it as their source.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let inner = error.to_string();
        if !inner.is_empty() && !text.contains(&inner) {
            text.push_str(": ");
            text.push_str(&inner);
        }
        cause = error.source();
    }
    text
}

/// Returns an I/O error as Go prints it: starting in lower case, and without Rust's "(os error 111)".
pub(crate) fn io_text(error: &io::Error) -> String {
    let text = chain(error);
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    match characters.next() {
        Some(first) if characters.clone().next().is_some_and(char::is_lowercase) => {
            first.to_lowercase().chain(characters).collect()
        }
        _ => text.to_owned(),
    }
}

/// Returns the first `most` names, and how many more there are: `a, b and 3 more`.
#[cfg(feature = "cluster")]
pub(crate) fn listed<N: AsRef<str>>(names: impl ExactSizeIterator<Item = N>, most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let mut text = String::new();
    for name in names.take(most) {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(name.as_ref());
    }
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cause_in_the_text_of_its_parent_is_left_out() {
        let outer = io::Error::other(io::Error::other("refused"));
        assert_eq!(chain(&outer), "refused");
    }

    #[test]
    fn io_text_is_lower_case_and_has_no_os_error_number() {
        let refused = io::Error::from_raw_os_error(rustix::io::Errno::CONNREFUSED.raw_os_error());
        assert_eq!(io_text(&refused), "connection refused");
    }
}
