//! Command lines as a shell splits them, as far as tables of them need it.

/// The words of a line: blanks part them, quotes keep them together.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    assert_eq!(quote, None, "a quote stays open: {line}");
    words.extend(word);
    words
}

/// A word as [`words`] reads it.
pub fn quoted(word: &str) -> String {
    let bare = |c: char| c.is_alphanumeric() || "-_=./,:@+%".contains(c);
    if !word.is_empty() && word.chars().all(bare) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r#"'"'"'"#))
}
