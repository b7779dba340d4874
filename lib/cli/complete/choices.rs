//! The words that can be completed to.
//!
//! Most choices are names that a hub, a cluster or a kubeconfig made up, and the completion script of kubectl up to
//! 1.33 has bash expand every choice (`compgen -W`): a `$(…)` in one would run at TAB. So a choice that has any
//! character which a shell or a terminal could take for more than itself is not offered.

/// Cobra's ShellCompDirectiveNoSpace: the word may go on.
pub const NO_SPACE: u8 = 2;
/// Cobra's ShellCompDirectiveNoFileComp: no file names where there is no choice.
pub const NO_FILES: u8 = 4;

/// The words that can be completed to.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Choices {
    /// Choice and description.
    pub words: Vec<(String, String)>,
    /// Cobra's directive.
    pub directive: u8,
}

impl Choices {
    /// Offers nothing, not even files.
    pub fn none() -> Self {
        Self::described([])
    }

    /// Lets the shell offer files.
    pub fn files() -> Self {
        Self::default()
    }

    /// Offers words with descriptions.
    pub fn described(words: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            words: words.into_iter().collect(),
            directive: NO_FILES,
        }
    }

    /// Offers the names that begin with `prefix`.
    pub fn plain(names: impl IntoIterator<Item = String>, prefix: &str) -> Self {
        let names = names.into_iter().filter(|name| is_fit(name, prefix));
        Self::described(names.map(|name| (name, String::new())))
    }

    /// Offers names for the last item of a list with commas; those before it stay and are not offered again. After a
    /// choice the list may go on.
    pub fn listed(names: impl IntoIterator<Item = String>, prefix: &str) -> Self {
        let (lead, rest) = split_list(prefix);
        let words = names
            .into_iter()
            .filter(|name| is_fit(name, rest) && !lead.split(',').any(|other| other == name))
            .map(|name| (format!("{lead}{name}"), String::new()));
        Self {
            directive: NO_FILES | NO_SPACE,
            ..Self::described(words)
        }
    }

    /// Only the choices that no shell and no terminal takes for more than themselves.
    pub fn harmless(mut self) -> Self {
        self.words.retain(|(word, _)| is_harmless(word));
        for (_, description) in &mut self.words {
            description.retain(is_harmless_in_description);
        }
        self
    }
}

/// Splits a list with commas before its last item. The first part has its comma.
pub fn split_list(text: &str) -> (&str, &str) {
    text.split_at(text.rfind(',').map_or(0, |comma| comma + 1))
}

/// Returns whether a name begins so, and would not be taken for a flag if it were inserted.
fn is_fit(name: &str, prefix: &str) -> bool {
    name.starts_with(prefix) && !name.starts_with('-')
}

/// Returns whether a choice can be handed to any completion script. An allow-list: what bash, zsh, fish and the
/// scripts between them expand is too much to list.
fn is_harmless(word: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._@:/,=-".contains(&byte);
    !word.is_empty() && word.bytes().all(is_plain)
}

/// Returns the same for a character of a description, which is shown and never inserted.
fn is_harmless_in_description(character: char) -> bool {
    (character.is_ascii_graphic() || character == ' ') && !"$`\\".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_that_a_shell_or_terminal_would_interpret_are_not_offered() {
        let hostile = [
            "$(touch x)",
            "`touch x`",
            "${x}",
            "a;b",
            "a|b",
            "a&b",
            "a b",
            "a\tb",
            "a\nb",
            "a\u{1b}]0;b\u{7}",
            "_activeHelp_ b",
            "a'b",
            "a\"b",
            "a\\b",
            "a*",
            "~a",
            "a!b",
            "a{b,c}",
            "#a",
            "a%b",
            "a\u{200b}",
            "ü",
            "",
        ];
        let words = hostile
            .iter()
            .chain(&["prod-eu.1", "shop/web@hub", "a:b,c=d", "A_b"]);
        let words = words.map(|word| ((*word).to_owned(), String::new()));
        let offered = Choices::described(words).harmless().words;
        let offered: Vec<String> = offered.into_iter().map(|(word, _)| word).collect();
        assert_eq!(offered, ["prod-eu.1", "shop/web@hub", "a:b,c=d", "A_b"]);
    }
}
