//! Text that is cut to a width in columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The most names that are listed, however wide the terminal is.
pub const MOST_NAMES: usize = 6;

/// Returns the start of a text that fits, with an ellipsis if it is cut.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(1);
    let mut fits = String::new();
    for character in text.chars() {
        let wide = character.width().unwrap_or(0);
        if wide > room {
            break;
        }
        room -= wide;
        fits.push(character);
    }
    fits.push('…');
    fits
}

/// Returns `a, b +3`: as many of the first names as fit, and how many more there are. `None` if not even one fits.
/// `first` are the names that may be listed, of `count`.
pub fn names(first: &[String], count: usize, width: usize) -> Option<String> {
    let most = first.len().min(MOST_NAMES);
    (1..=most).rev().find_map(|shown| {
        let text = format!("{}{}", first.get(..shown)?.join(", "), more(count, shown));
        (text.width() <= width).then_some(text)
    })
}

/// Returns `produc… +3`: the first name, cut so that it fits.
pub fn cut_name(first: &[String], count: usize, width: usize) -> Option<String> {
    /// Less of a name says nothing.
    const SHORTEST: usize = 8;
    let more = more(count, 1);
    let room = width.checked_sub(more.len())?;
    (room >= SHORTEST).then(|| Some(format!("{}{more}", cut(first.first()?, room))))?
}

fn more(count: usize, shown: usize) -> String {
    match count.saturating_sub(shown) {
        0 => String::new(),
        more => format!(" +{more}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_to_a_width_in_columns() {
        assert_eq!(cut("12345", 5), "12345");
        assert_eq!(cut("123456", 5), "1234…");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abc", 0), "…");
    }

    #[test]
    fn as_many_names_are_listed_as_fit() {
        let few = ["aaaa", "bbbb", "cccc"].map(str::to_owned);
        assert_eq!(names(&few, 3, 16).as_deref(), Some("aaaa, bbbb, cccc"));
        assert_eq!(names(&few, 3, 15).as_deref(), Some("aaaa, bbbb +1"));
        assert_eq!(names(&few, 12, 9).as_deref(), Some("aaaa +11"));
        assert_eq!(names(&few, 12, 7), None);
        let long = ["production-eu-1".to_owned()];
        assert_eq!(cut_name(&long, 2, 12).as_deref(), Some("producti… +1"));
        assert_eq!(cut_name(&long, 2, 10), None);
    }
}
