//! Percent-encoding in URLs.

#[cfg(feature = "cluster")]
use percent_encoding::percent_decode_str;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

/// All but RFC 3986's unreserved characters.
pub(crate) const RESERVED: &AsciiSet = &without(NON_ALPHANUMERIC, b"-._~");

/// Returns a set of characters to encode, without these.
pub(crate) const fn without(set: &AsciiSet, kept: &[u8]) -> AsciiSet {
    let mut reduced = set.add(0);
    let mut at = 0;
    while at < kept.len() {
        reduced = reduced.remove(kept[at]);
        at += 1;
    }
    reduced
}

/// Encodes a text as one segment of a path, or as a value in a query.
pub(crate) fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}

/// Encodes a text as Go's `url.QueryEscape` does: a blank becomes a plus sign.
pub(crate) fn query_escape(text: &str) -> String {
    encode(text).to_string().replace("%20", "+")
}

/// Decodes a text. A percent sign without two hexadecimal digits stays, and bytes that are not UTF-8 become U+FFFD.
#[cfg(feature = "cluster")]
pub(crate) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_keeps_unreserved_characters() {
        assert_eq!(encode("a-b._~/ é").to_string(), "a-b._~%2F%20%C3%A9");
        assert_eq!(query_escape("a b+c%20"), "a+b%2Bc%2520");
    }

    #[cfg(feature = "cluster")]
    #[test]
    fn percent_decoding_keeps_what_is_not_encoded() {
        assert_eq!(decode("a%2fb%zz%C3%A9%4"), "a/b%zzé%4");
        assert_eq!(decode("%ff"), "\u{fffd}");
    }
}
