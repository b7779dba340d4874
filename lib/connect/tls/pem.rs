//! PEM, parsed like Go's `encoding/pem`: with text around the blocks, any line ends and lines of any length. Malformed
//! blocks are skipped.

use crate::kubeconfig::decode;
use rustls_pki_types::CertificateDer;

/// A block between BEGIN and END.
pub(crate) struct Block {
    /// `CERTIFICATE`, `EC PRIVATE KEY`.
    pub kind: String,
    /// True if there are header lines before the data, as in keys that OpenSSL encrypted.
    pub has_headers: bool,
    pub bytes: Vec<u8>,
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// Returns the blocks in a text.
pub(crate) fn blocks(text: &[u8]) -> Vec<Block> {
    // Blocks are ASCII, so that nothing of them is lost.
    let text = String::from_utf8_lossy(text);
    let mut rest = text.as_ref();
    let mut found = Vec::new();
    while let Some(after) = after_begin(rest) {
        rest = after;
        if let Some((block, after)) = block(after) {
            found.push(block);
            rest = after;
        }
    }
    found
}

/// Returns the certificates in a text. Go passes over those with headers.
pub(crate) fn certificates(text: &[u8]) -> impl Iterator<Item = CertificateDer<'static>> {
    blocks(text)
        .into_iter()
        .filter(|block| block.kind == "CERTIFICATE" && !block.has_headers)
        .map(|block| CertificateDer::from(block.bytes))
}

/// Returns what follows the next BEGIN at the start of a line.
fn after_begin(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix(BEGIN) {
        return Some(rest);
    }
    text.match_indices(BEGIN)
        .find(|(at, _)| text.get(..*at).is_some_and(|before| before.ends_with('\n')))
        .and_then(|(at, begin)| text.get(at + begin.len()..))
}

/// Parses the block whose BEGIN was just read, and returns it and the rest.
fn block(text: &str) -> Option<(Block, &str)> {
    let (first, mut rest) = line(text);
    let kind = first.strip_suffix(DASHES)?;
    let mut has_headers = false;
    loop {
        let (next, after) = line(rest);
        if !next.contains(':') {
            break;
        }
        has_headers = true;
        rest = after;
    }
    let end = match rest.starts_with(END) {
        true => 0,
        false => rest
            .match_indices(END)
            .map(|(at, _)| at)
            .find(|at| rest.get(..*at).is_some_and(|before| before.ends_with('\n')))?,
    };
    let (data, end) = rest.split_at_checked(end)?;
    let end = end.strip_prefix(END)?.strip_prefix(kind)?.strip_prefix(DASHES)?;
    let (tail, after) = line(end);
    if !tail.is_empty() {
        return None;
    }
    let data: String = data
        .chars()
        .filter(|character| !matches!(character, ' ' | '\t'))
        .collect();
    let block = Block {
        kind: kind.to_owned(),
        has_headers,
        bytes: decode(&data)?,
    };
    Some((block, after))
}

/// Splits off the first line, without trailing blanks.
fn line(text: &str) -> (&str, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    (line.trim_end_matches(['\r', ' ', '\t']), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(String, usize)> {
        blocks(text.as_bytes())
            .into_iter()
            .map(|block| (block.kind, block.bytes.len()))
            .collect()
    }

    #[test]
    fn pem_blocks_are_found_between_other_text() {
        let one = [("KEY".to_owned(), 3)];
        for text in [
            "-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n",
            "-----BEGIN KEY-----\r\nAA\r\nAA\r\n-----END KEY-----\r\n",
            "text\n-----BEGIN KEY-----\n A A\t\nAA\n-----END KEY-----",
            "\u{feff}text\n-----BEGIN KEY-----  \nAAAA\n-----END KEY-----  \nmore\n",
            "-----BEGIN KEY-----\nA: b\nC: d\n\nAAAA\n-----END KEY-----\n",
            "-----BEGIN OTHER-----\n!\n-----END OTHER-----\n-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n",
            "-----BEGIN KEY-----\n-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n",
        ] {
            assert_eq!(kinds(text), one, "{text:?}");
        }
    }

    #[test]
    fn malformed_pem_blocks_are_skipped() {
        for text in [
            "",
            "-----BEGIN KEY-----",
            " -----BEGIN KEY-----\nAAAA\n-----END KEY-----\n",
            "-----BEGIN KEY-----\nAAAA\n-----END OTHER-----\n",
            "-----BEGIN KEY-----\nAAAA\n-----END KEY----- x\n",
            "-----BEGIN KEY----\nAAAA\n-----END KEY-----\n",
            "-----BEGIN KEY-----\nA\n-----END KEY-----\n",
        ] {
            assert_eq!(kinds(text), [], "{text:?}");
        }
        assert_eq!(
            kinds("-----BEGIN E-----\n-----END E-----\n"),
            [("E".to_owned(), 0)]
        );
    }
}
