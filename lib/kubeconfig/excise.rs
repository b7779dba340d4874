//! Certificates and keys taken out of a kubeconfig's text before the YAML reader sees it, and put back
//! behind it. They are nine tenths of a file, and a YAML reader looks at each of their bytes several
//! times: a file of 100 contexts with embedded certificates (600 KB) is read in 1 ms where the reader alone
//! takes 3 to 4.
//!
//! It cannot change what is read: [`restore`] insists that each piece is found exactly once, as the whole
//! value of a field of its kind; where it is not (the line stood in a block of text, or goes on below),
//! the caller reads the unchanged text.

use super::read::File;
use std::fmt::Write as _;

/// What stands in for a piece, before its index. A file that holds this itself is left alone.
const MARK: &str = "mc-excised-piece-";

/// Shorter values are not worth it.
const AT_LEAST: usize = 64;

/// The keys whose values are taken out.
const KEYS: [&str; 3] = [
    "certificate-authority-data: ",
    "client-certificate-data: ",
    "client-key-data: ",
];

/// The text with stand-ins, and the pieces by their index. `None` where there is nothing to gain.
pub(super) fn excise(text: &str) -> Option<(String, Vec<&str>)> {
    let mut short = String::with_capacity(text.len() / 4);
    let mut pieces = Vec::new();
    for line in text.split_inclusive('\n') {
        match piece(line) {
            Some(at) => {
                let value = line[at..].trim_end();
                short.push_str(&line[..at]);
                // Writing to a String does not fail.
                let _ = write!(short, "{MARK}{}", pieces.len());
                short.push_str(&line[at + value.len()..]);
                pieces.push(value);
            }
            None if line.contains(MARK) => return None,
            None => short.push_str(line),
        }
    }
    (!pieces.is_empty()).then_some((short, pieces))
}

/// Where in a line the value starts that can be taken out.
fn piece(line: &str) -> Option<usize> {
    if line.len() < AT_LEAST {
        return None;
    }
    let entry = line.trim_start_matches([' ', '-']);
    let value = KEYS.iter().find_map(|key| entry.strip_prefix(key))?;
    let bytes = value.trim_end().as_bytes();
    let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    (bytes.len() >= AT_LEAST && bytes[0].is_ascii_alphanumeric() && bytes.iter().all(base64))
        .then(|| line.len() - value.len())
}

/// Puts the pieces back. False where one is missing or was found twice.
pub(super) fn restore(file: &mut File, pieces: &[&str]) -> bool {
    let mut found = vec![false; pieces.len()];
    let mut put_back = |value: &mut String| {
        let Some(index) = value.strip_prefix(MARK) else {
            return true;
        };
        let Some(index) = index.parse::<usize>().ok().filter(|index| *index < pieces.len()) else {
            return false;
        };
        pieces[index].clone_into(value);
        !std::mem::replace(&mut found[index], true)
    };
    let all =
        file.clusters
            .iter_mut()
            .all(|entry| put_back(&mut entry.cluster.ca_data))
            && file.users.iter_mut().all(|entry| {
                put_back(&mut entry.user.certificate_data) && put_back(&mut entry.user.key_data)
            });
    all && found.iter().all(|found| *found)
}
