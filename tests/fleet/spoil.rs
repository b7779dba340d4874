//! Bodies that are wrong in themselves, made from right ones.

use std::io::Write as _;
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};

use super::answers::Form;

/// How deep `deep-json` nests.
const DEPTH: usize = 100_000;

/// Cuts the body in half and closes it with the wrong brackets.
pub fn invalid_json(body: &Bytes) -> Bytes {
    let mut spoiled = body[..body.len() / 2].to_vec();
    spoiled.extend_from_slice(b"}]}\n");
    spoiled.into()
}

/// A list of one object or row that is nested deep.
pub fn deep_json(form: Form) -> Bytes {
    let deep = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    let body = match form {
        Form::Table => format!(
            r#"{{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{{"resourceVersion":"1"}},"columnDefinitions":[{{"name":"Name","type":"string","format":"name","description":"","priority":0}}],"rows":[{{"cells":[{deep}],"object":null}}]}}"#
        ),
        _ => format!(
            r#"{{"kind":"List","apiVersion":"v1","metadata":{{"resourceVersion":"1"}},"items":[{{"metadata":{{"name":"deep"}},"spec":{deep}}}]}}"#
        ),
    };
    body.into()
}

/// Puts rows in front of a Table's own that have no, too few, too many and odd cells. Other bodies
/// stay as they are.
pub fn wrong_cells(body: &Bytes) -> Bytes {
    const ROWS: &str = concat!(
        r#"{"cells":[],"object":null},"#,
        r#"{"cells":["too-few"],"object":null},"#,
        r#"{"cells":["too-many",1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20],"object":null},"#,
        r#"{"cells":[null,true,-1.5e300,{"a":{"b":[1]}},["x","y"],12345678901234567890123],"object":{}},"#,
        r#"{"cells":null,"object":null},"#,
        r#"{"object":{"metadata":{"name":"no-cells"}}}"#,
    );
    let text = String::from_utf8_lossy(body);
    let Some(at) = text.find(r#""rows":["#) else {
        return body.clone();
    };
    let (head, tail) = text.split_at(at + r#""rows":["#.len());
    let comma = if tail.starts_with(']') { "" } else { "," };
    format!("{head}{ROWS}{comma}{tail}").into()
}

/// Gives every top-level key a first value that does not count.
pub fn duplicate_keys(body: &Bytes) -> Bytes {
    let text = String::from_utf8_lossy(body);
    let first = if text.contains(r#""kind":"Table""#) {
        r#""kind":"Status","metadata":{"continue":"nowhere"},"columnDefinitions":[],"rows":[],"#
    } else {
        r#""kind":"Status","metadata":{"continue":"nowhere"},"items":[],"#
    };
    text.replacen('{', &format!("{{{first}"), 1).into()
}

/// Lets every object have been made in another year.
pub fn made_in(body: &Bytes, year: &str) -> Bytes {
    const KEY: &str = r#""creationTimestamp":""#;
    let text = String::from_utf8_lossy(body);
    let mut pieces = text.split(KEY);
    let mut spoiled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        spoiled.push_str(KEY);
        let rest = piece.find('-').map_or(piece, |at| &piece[at..]);
        spoiled.push_str(year);
        spoiled.push_str(rest);
    }
    spoiled.into()
}

/// 4 GiB of blanks in a few megabytes of gzip, made once.
pub fn gzip_bomb() -> Bytes {
    static BOMB: OnceLock<Bytes> = OnceLock::new();
    BOMB.get_or_init(|| {
        const BLOCK: usize = 1 << 20;
        const BLOCKS: usize = 4096;
        // A block that ends in a full flush can be repeated, so only one has to be compressed.
        let mut block = Vec::with_capacity(BLOCK);
        let compressed = Compress::new(Compression::best(), false).compress_vec(
            &vec![b' '; BLOCK],
            &mut block,
            FlushCompress::Full,
        );
        debug_assert!(compressed.is_ok());
        let mut bomb = Vec::with_capacity(block.len() * BLOCKS + 64);
        let _ = bomb.write_all(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
        for _ in 0..BLOCKS {
            bomb.extend_from_slice(&block);
        }
        // An empty last block, with a wrong checksum.
        bomb.extend_from_slice(&[0x03, 0x00, 0, 0, 0, 0, 0, 0, 0, 0]);
        bomb.into()
    })
    .clone()
}
