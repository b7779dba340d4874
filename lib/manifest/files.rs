//! The flags `-f`, `-k` and `-R`.

use std::os::fd::RawFd;

/// The flags as they were typed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Files {
    /// `-f`, each path on its own; `-` is standard input.
    pub filenames: Vec<String>,
    /// `-k`; empty is none.
    pub kustomize: String,
    /// `-R`
    pub recursive: bool,
    /// The descriptor to read instead of standard input, where that is the record stream.
    pub stdin: Option<RawFd>,
}

impl Files {
    /// Returns true if no file is named.
    pub fn is_empty(&self) -> bool {
        self.filenames.is_empty() && self.kustomize.is_empty()
    }

    /// Returns one path as a value of `-f`: quoted where it would be split.
    pub fn join(path: &str) -> String {
        if path.contains([',', '"']) {
            format!("\"{}\"", path.replace('"', "\"\""))
        } else {
            path.to_owned()
        }
    }

    /// Returns the paths in one value of `-f`, which is a line of CSV to kubectl's flag library (pflag).
    ///
    /// # Errors
    /// A quote that is not closed.
    pub fn split(value: &str) -> Result<Vec<String>, String> {
        if value.is_empty() {
            return Ok(Vec::new());
        }
        check_quotes(value.lines().next().unwrap_or_default())?;
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(value.as_bytes());
        let mut record = csv::StringRecord::new();
        match reader.read_record(&mut record) {
            Ok(_) => Ok(record.iter().map(str::to_owned).collect()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Refuses the quotes that Go's `encoding/csv` refuses and our CSV reader accepts.
fn check_quotes(line: &str) -> Result<(), String> {
    let mut rest = line;
    loop {
        let end = match rest.strip_prefix('"') {
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                if rest[..end].contains('"') {
                    return Err("a quote stands inside a word".into());
                }
                &rest[end..]
            }
            Some(quoted) => {
                let mut quoted = quoted;
                loop {
                    let Some(close) = quoted.find('"') else {
                        return Err("a quote is not closed".into());
                    };
                    quoted = &quoted[close + 1..];
                    match quoted.strip_prefix('"') {
                        Some(after) => quoted = after,
                        None => break quoted,
                    }
                }
            }
        };
        match end.strip_prefix(',') {
            Some(after) => rest = after,
            None if end.is_empty() => return Ok(()),
            None => return Err("a word goes on after its closing quote".into()),
        }
    }
}
