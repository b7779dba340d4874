//! Distinguished names: who a certificate was issued to, and by whom.

use super::der::{Element, Reader, SEQUENCE, SET};
use super::oid;
use std::borrow::Cow;

/// Returns type and value of each attribute of a distinguished name.
fn attributes(name: &[u8]) -> impl Iterator<Item = Option<(&[u8], Element<'_>)>> {
    let mut sets = Reader::new(name);
    let mut set = Reader::new(&[]);
    std::iter::from_fn(move || {
        while set.is_empty() {
            if sets.is_empty() {
                return None;
            }
            match sets.inside(SET) {
                Some(next) => set = next,
                None => {
                    sets = Reader::new(&[]);
                    return Some(None);
                }
            }
        }
        let attribute = set
            .inside(SEQUENCE)
            .and_then(|mut pair| Some((pair.oid()?, pair.any()?)));
        if attribute.is_none() {
            (sets, set) = (Reader::new(&[]), Reader::new(&[]));
        }
        Some(attribute)
    })
}

/// Checks that Go could parse a distinguished name.
pub(super) fn check(name: &[u8]) -> Option<()> {
    attributes(name).try_for_each(|attribute| attribute.and_then(|(_, value)| string(value)).map(drop))
}

/// Returns the text of a string of any of ASN.1's kinds.
fn string(value: Element<'_>) -> Option<Cow<'_, str>> {
    let bytes = value.contents;
    match value.tag {
        // UTF8String
        0x0c => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        // NumericString
        0x12 => value
            .ascii()
            .filter(|text| text.bytes().all(|byte| byte == b' ' || byte.is_ascii_digit()))
            .map(Cow::Borrowed),
        // PrintableString. A star and an ampersand are not allowed, but not rare.
        0x13 => value
            .ascii()
            .filter(|text| {
                text.bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b" '()+,-./:=?*&".contains(&byte))
            })
            .map(Cow::Borrowed),
        // T61String, which is read as Latin-1 everywhere.
        0x14 => Some(bytes.iter().copied().map(char::from).collect()),
        // IA5String
        0x16 => value.ascii().map(Cow::Borrowed),
        // BMPString
        0x1e if bytes.len().is_multiple_of(2) => {
            let bytes = bytes.strip_suffix(&[0, 0]).unwrap_or(bytes);
            let character = |pair: &[u8]| match pair {
                [high, low] => match u16::from_be_bytes([*high, *low]) {
                    0xfffe | 0xffff | 0xfdd0..=0xfdef => None,
                    point => char::from_u32(point.into()),
                },
                _ => None,
            };
            bytes.chunks(2).map(character).collect()
        }
        _ => None,
    }
}

/// Returns the common name of a distinguished name, or its organisation, or another part.
pub(super) fn display(name: &[u8]) -> String {
    let all: Vec<_> = attributes(name).flatten().collect();
    let wanted = |wanted: &[u8]| all.iter().find(|(kind, _)| *kind == wanted);
    wanted(oid::COMMON_NAME)
        .or_else(|| wanted(oid::ORGANIZATION))
        .or(all.last())
        .map(|(_, value)| {
            string(*value)
                .unwrap_or_else(|| String::from_utf8_lossy(value.contents))
                .into_owned()
        })
        .unwrap_or_default()
}
