//! Clusters that failed in one way, on one line: `Unauthorized (38): dev-ap-15, dev-ap-16 and 36 more: renew the token`.

use super::cluster_names::list;
use crate::outcomes::Failure;
use crate::record::Reason;
use crate::term;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The most kinds that are told apart within one reason. If there are more, each cluster has a text of its own, and only
/// the reason's general advice is given.
const MAX_KINDS: usize = 3;

/// Reports failures, one line for each kind: what to do about it, or where that is not known, the message.
pub(super) fn by_kind(failures: &[Failure<'_>], complain: &mut dyn FnMut(&str)) {
    let mut reasons: BTreeMap<Option<Reason>, Vec<&Failure<'_>>> = BTreeMap::new();
    for failure in failures {
        reasons.entry(failure.reason).or_default().push(failure);
    }
    for (reason, failures) in reasons {
        // In the order of the first cluster of each.
        let mut kinds: Vec<(String, Vec<&Failure<'_>>)> = Vec::new();
        for failure in &failures {
            let text = without_names(failure);
            if let Some((_, alike)) = kinds.iter_mut().find(|(known, _)| *known == text) {
                alike.push(failure);
            } else if kinds.len() <= MAX_KINDS {
                kinds.push((text, vec![failure]));
            }
        }
        if kinds.len() > MAX_KINDS {
            let general = reason.and_then(Reason::hint).unwrap_or_default();
            complain(&line(reason, &failures, general));
            continue;
        }
        for (text, alike) in kinds {
            let text = match alike.as_slice() {
                [failure] => text_of(failure),
                _ => text.into(),
            };
            complain(&line(reason, &alike, &text));
        }
    }
}

fn line(reason: Option<Reason>, failures: &[&Failure<'_>], text: &str) -> String {
    let mut line = match reason {
        Some(reason) => format!("  {reason} ({}): ", failures.len()),
        None => format!("  {}: ", failures.len()),
    };
    line.push_str(&list(failures.iter().map(|failure| failure.cluster)));
    if !text.is_empty() {
        line.push_str(": ");
        line.push_str(&term::escape(&text.replace('\n', "; ")));
    }
    line
}

/// Returns what to do about a failure, else its message. A credential plugin says itself what to do, most often in its
/// last words.
fn text_of<'a>(failure: &Failure<'a>) -> Cow<'a, str> {
    let message = failure.message.strip_prefix("error: ").unwrap_or(failure.message);
    match (failure.reason, failure.hint) {
        (Some(Reason::CredentialPlugin), Some(hint)) => format!("{message} ({hint})").into(),
        (_, hint) => hint.unwrap_or(message).into(),
    }
}

/// Returns the text of a failure with placeholders for the cluster and its context, and without suggestions, which
/// differ between clusters that failed in one way.
fn without_names(failure: &Failure<'_>) -> String {
    let text = text_of(failure);
    let text = text.replace(&format!("{:?}", failure.cluster), "NAME");
    let text = replace_word_after(&text, "context \"", '"', "context CONTEXT");
    let text = replace_word_after(&text, "--context ", ' ', "--context CONTEXT ");
    replace_word_after(&text, " (did you mean ", ')', "")
}

/// Replaces a beginning and everything after it up to an end, wherever both occur.
fn replace_word_after(text: &str, beginning: &str, end: char, by: &str) -> String {
    let mut parts = text.split(beginning);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(end) {
            Some((_, rest)) => {
                replaced.push_str(by);
                replaced.push_str(rest);
            }
            None => {
                replaced.push_str(beginning);
                replaced.push_str(part);
            }
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcomes::Standing;

    fn lines(failures: &[(&str, Reason, &str, Option<&str>)]) -> Vec<String> {
        let failures: Vec<Failure<'_>> = failures
            .iter()
            .map(|&(cluster, reason, message, hint)| Failure {
                cluster,
                standing: Standing::Failed,
                reason: Some(reason),
                message,
                hint,
            })
            .collect();
        let mut lines = Vec::new();
        by_kind(&failures, &mut |line| lines.push(line.to_owned()));
        lines
    }

    #[test]
    fn clusters_of_one_kind_share_a_line_whatever_they_and_their_contexts_are_called() {
        let renew = |context: &str| format!("the token of context \"{context}\" is not accepted: renew it");
        let (a, b) = (renew("arn/a"), renew("arn/b"));
        let can_i =
            |context: &str| format!("kubectl --context {context} auth can-i --list shows what you may do");
        let (c, d) = (can_i("c"), can_i("d"));
        let near =
            |name: &str, near: &str| format!("no context named {name:?} (did you mean {near:?}?); add one");
        let (e, f) = (near("e", "ee"), near("f", "ff"));
        assert_eq!(
            lines(&[
                ("a", Reason::Unauthorized, "", Some(&a)),
                ("b", Reason::Unauthorized, "", Some(&b)),
                ("c", Reason::Forbidden, "", Some(&c)),
                ("d", Reason::Forbidden, "", Some(&d)),
                ("e", Reason::Skipped, &e, None),
                ("f", Reason::Skipped, &f, None),
            ]),
            [
                "  Skipped (2): e, f: no context named NAME; add one",
                "  Unauthorized (2): a, b: the token of context CONTEXT is not accepted: renew it",
                "  Forbidden (2): c, d: kubectl --context CONTEXT auth can-i --list shows what you may do",
            ]
        );
        assert_eq!(
            lines(&[
                ("a", Reason::Unauthorized, "", Some(&a)),
                ("e", Reason::Skipped, &e, None)
            ]),
            [
                format!("  Skipped (1): e: {e}"),
                format!("  Unauthorized (1): a: {a}")
            ]
        );
    }

    #[test]
    fn kinds_of_one_reason_are_told_apart_unless_there_are_too_many() {
        let of = |count: usize| -> Vec<String> {
            let hints: Vec<String> = (0..count).map(|number| format!("do {number}")).collect();
            let failures: Vec<_> = hints
                .iter()
                .map(|hint| ("c", Reason::Tls, "", Some(hint.as_str())))
                .collect();
            lines(&failures)
        };
        assert_eq!(of(2), ["  Tls (1): c: do 0", "  Tls (1): c: do 1"]);
        let general = Reason::Tls.hint().unwrap_or_default();
        assert_eq!(of(5), [format!("  Tls (5): c, c, c, c, c: {general}")]);
    }

    #[test]
    fn nothing_is_replaced_where_the_end_is_missing() {
        assert_eq!(
            replace_word_after("a --context b", "--context ", ' ', "X"),
            "a --context b"
        );
        assert_eq!(replace_word_after("a [b] c [d", "[", ']', "-"), "a - c [d");
    }
}
