//! Decodes a kubeconfig file's bytes to text.

use super::error::Error;
use std::path::Path;

/// Decodes a file's bytes: UTF-8, or UTF-16 if a byte order mark says so, like Go's YAML reader. PowerShell writes
/// UTF-16 by default.
pub(super) fn text(bytes: Vec<u8>, file: &Path) -> Result<String, Error> {
    let decode = |unit: fn([u8; 2]) -> u16, name: &str| {
        let units: Vec<u16> = bytes[2..]
            .chunks_exact(2)
            .map(|pair| unit([pair[0], pair[1]]))
            .collect();
        // A file that ends in the middle of a character was cut off.
        let whole = bytes.len().is_multiple_of(2);
        String::from_utf16(&units).ok().filter(|_| whole).ok_or_else(|| {
            Error(format!(
                "{}: not {name}, which its byte order mark says it is: save the kubeconfig as UTF-8 text",
                file.display()
            ))
        })
    };
    match bytes.get(..2) {
        Some([0xff, 0xfe]) => return decode(u16::from_le_bytes, "UTF-16 (little endian)"),
        Some([0xfe, 0xff]) => return decode(u16::from_be_bytes, "UTF-16 (big endian)"),
        _ => {}
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        Error(format!(
            "{}, line {line}: not UTF-8: save the kubeconfig as UTF-8 text",
            file.display()
        ))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::text;
    use std::path::Path;

    fn read(bytes: &[u8]) -> Result<String, String> {
        text(bytes.to_vec(), Path::new("/k")).map_err(|error| error.0)
    }

    #[test]
    fn utf16_file_with_byte_order_mark_is_read() {
        let units: Vec<u16> = "\u{feff}name: größe-漢字-😀\r\n".encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for bytes in [little, big] {
            assert_eq!(read(&bytes).unwrap(), "name: größe-漢字-😀\r\n");
            assert!(read(&bytes[..bytes.len() - 1]).unwrap_err().contains("UTF-16"));
        }
        // Half a surrogate pair.
        assert!(read(&[0xff, 0xfe, 0x3d, 0xd8]).is_err());
        // Without a mark it is read as UTF-8, as kubectl does.
        assert!(read(&[b'a', 0xff]).unwrap_err().contains("line 1: not UTF-8"));
    }
}
