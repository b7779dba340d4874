//! From paths to files, and from files to their documents.

use super::document;
use super::files::Files;
use super::objects::{Document, Manifest};
use crate::error_text::io_text;
use crate::exit::Fatal;
use crate::go::text::quote;
use crate::program;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The extensions of the files that are read in a folder.
const EXTENSIONS: [&str; 3] = ["json", "yaml", "yml"];

/// The name of standard input in kubectl's errors.
const STDIN: &str = "STDIN";

/// The files that objects are read from, in the order of the command line.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sources {
    sources: Vec<Source>,
    /// As in [`Manifest::single`].
    single: bool,
    /// As in [`Files::stdin`].
    stdin: Option<i32>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Source {
    Stdin,
    File(String),
    /// A folder or a URL for `kubectl kustomize`.
    Kustomize(String),
}

impl Files {
    /// Finds the files. Nothing is opened.
    ///
    /// # Errors
    /// Flags that exclude one another, paths that don't exist, URLs; where kubectl has a message for it, with that.
    pub fn find(&self) -> Result<Sources, Fatal> {
        let mut found = Sources {
            stdin: self.stdin,
            ..Sources::default()
        };
        let mut errors = Vec::new();
        let mut is_usage = true;
        if !self.filenames.is_empty() && !self.kustomize.is_empty() {
            errors.push("only one of -f or -k can be specified".to_owned());
        }
        if !self.kustomize.is_empty() && self.recursive {
            errors.push("the -k flag can't be used with -f or -R".to_owned());
        }
        if errors.is_empty() {
            for filename in &self.filenames {
                if let Err(problem) = self.add(filename, &mut found) {
                    is_usage &= problem.is_usage;
                    errors.push(problem.text);
                }
            }
            if !self.kustomize.is_empty() {
                found.sources.push(Source::Kustomize(self.kustomize.clone()));
            }
        }
        let text = match errors.as_slice() {
            [] => {
                let streams = found.sources.contains(&Source::Stdin);
                found.single = !streams && found.sources.len() == 1;
                return Ok(found);
            }
            [error] => format!("error: {error}"),
            several => several.join("\n"),
        };
        let error = match is_usage {
            true => Fatal::usage(text),
            false => Fatal::failed(text),
        };
        Err(error.in_kubectls_words())
    }

    fn add(&self, filename: &str, found: &mut Sources) -> Result<(), Problem> {
        if filename == "-" {
            if found.sources.contains(&Source::Stdin) {
                return Err(Problem::usage(
                    "standard input cannot be used for multiple arguments",
                ));
            }
            found.sources.push(Source::Stdin);
            return Ok(());
        }
        if filename.starts_with("http://") || filename.starts_with("https://") {
            return Err(Problem::usage(format!(
                "-f takes files and folders, and {} is a URL: fetch it first, with curl -sfL {filename} | \
                 kubectl mc get -f -",
                quote(filename)
            )));
        }
        let paths = expand(filename)?;
        for path in &paths {
            match fs::metadata(path) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Err(no_such_path(path)),
                Err(error) => {
                    let why = io_text(&error);
                    return Err(Problem::file(format!(
                        "the path {} cannot be accessed: stat {path}: {why}",
                        quote(path)
                    )));
                }
                Ok(_) => (),
            }
            walk(path, self.recursive, &mut found.sources).map_err(|(place, error)| {
                let why = io_text(&error);
                Problem::file(format!("error reading {}: open {place}: {why}", quote(path)))
            })?;
        }
        // As with kubectl, a folder without files is ignored after another file.
        if found.sources.is_empty() {
            return Err(Problem::file(format!(
                "error reading [{}]: recognized file extensions are [.json .yaml .yml]",
                paths.join(" ")
            )));
        }
        Ok(())
    }
}

/// The reason why a path names no files.
struct Problem {
    text: String,
    /// True if the command line is wrong, not a file.
    is_usage: bool,
}

impl Problem {
    fn usage(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_usage: true,
        }
    }

    fn file(text: String) -> Self {
        Self {
            text,
            is_usage: false,
        }
    }
}

fn no_such_path(path: &str) -> Problem {
    Problem::file(format!("the path {} does not exist", quote(path)))
}

/// Returns the path if it exists, otherwise the paths that it matches as a pattern.
fn expand(path: &str) -> Result<Vec<String>, Problem> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => (),
        _ => return Ok(vec![path.to_owned()]),
    }
    let bad = |_| {
        Problem::usage(format!(
            "pattern {} is not valid: syntax error in pattern",
            quote(path)
        ))
    };
    let matches = glob::glob(path).map_err(bad)?;
    let matches: Vec<String> = matches
        .filter_map(Result::ok)
        .map(|path| path.display().to_string())
        .collect();
    if matches.is_empty() {
        return Err(no_such_path(path));
    }
    Ok(matches)
}

/// Adds the files below a path, in each folder in the order of their names. A path that is a file itself is taken
/// whatever its extension. As with kubectl, a link to a folder is not followed.
fn walk(path: &str, recursive: bool, sources: &mut Vec<Source>) -> Result<(), (String, io::Error)> {
    let fault = |error| (path.to_owned(), error);
    if !fs::symlink_metadata(path).map_err(fault)?.is_dir() {
        sources.push(Source::File(path.to_owned()));
        return Ok(());
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries = entries.map_err(fault)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    // Go joins paths in this way.
    let folder = path.trim_end_matches('/').trim_start_matches("./");
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let path = match folder {
            "." => name.into_owned(),
            "" if path.starts_with('/') => format!("/{name}"),
            "" => name.into_owned(),
            folder => format!("{folder}/{name}"),
        };
        let extension = Path::new(&path)
            .extension()
            .map(|extension| extension.to_string_lossy());
        if entry.file_type().map_err(fault)?.is_dir() {
            if recursive {
                walk(&path, true, sources)?;
            }
        } else if extension.is_some_and(|extension| EXTENSIONS.contains(&&*extension))
            || EXTENSIONS
                .iter()
                .any(|ending| path.ends_with(&format!("/.{ending}")))
        {
            sources.push(Source::File(path));
        }
    }
    Ok(())
}

impl Sources {
    /// Returns the number of files; a kustomization and a stream count as one each.
    pub fn count(&self) -> usize {
        self.sources.len()
    }

    /// Returns true if standard input is one of them.
    pub fn has_stdin(&self) -> bool {
        self.sources.contains(&Source::Stdin)
    }

    /// Reads all of them. An error in one becomes part of the result, and the others are read all the same.
    pub fn read(&self) -> Manifest {
        let mut documents = Vec::new();
        for source in &self.sources {
            let (name, read) = match source {
                Source::Stdin => (STDIN, self.read_stdin()),
                Source::File(path) => (path.as_str(), read(path, path)),
                Source::Kustomize(folder) => (folder.as_str(), kustomize(folder)),
            };
            match read {
                Ok(bytes) => document::read(name, &bytes, &mut documents),
                Err(problem) => documents.push(Document {
                    source: name.to_owned(),
                    content: Err(problem),
                }),
            }
        }
        Manifest {
            documents,
            single: self.single,
        }
    }

    fn read_stdin(&self) -> Result<Vec<u8>, String> {
        match self.stdin {
            Some(descriptor) => read(&format!("/dev/fd/{descriptor}"), STDIN),
            None => {
                let mut bytes = Vec::new();
                let mut stdin = io::stdin().lock();
                let read = stdin.read_to_end(&mut bytes);
                read.map_err(|error| format!("error parsing {STDIN}: {}", io_text(&error)))?;
                Ok(bytes)
            }
        }
    }
}

/// Reads a file; errors call it `name`.
fn read(path: &str, name: &str) -> Result<Vec<u8>, String> {
    let mut file = File::open(path).map_err(|error| format!("open {name}: {}", io_text(&error)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .map_err(|error| format!("error parsing {name}: read {name}: {}", io_text(&error)))?;
    Ok(bytes)
}

/// Has the user's own kubectl build a kustomization: there is no other implementation of it.
fn kustomize(folder: &str) -> Result<Vec<u8>, String> {
    let needed = |what: &str| {
        format!(
            "-k needs kubectl, which builds the kustomization, and {what}; put kubectl on PATH, or name it in \
             KUBECTL_PATH"
        )
    };
    let kubectl = kubectl(|variable| env::var_os(variable)).ok_or_else(|| needed("it was not found"))?;
    let output = Command::new(&kubectl)
        .args(["kustomize", folder])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            needed(&format!(
                "{} cannot be started: {}",
                kubectl.display(),
                io_text(&error)
            ))
        })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim();
    Err(match said.strip_prefix("error: ").unwrap_or(said) {
        "" => format!("kubectl kustomize {folder} ended with {}", output.status),
        said => said.to_owned(),
    })
}

/// Returns the kubectl that runs this process as its plugin, otherwise the one on PATH.
fn kubectl(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    variable("KUBECTL_PATH")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
        .or_else(|| program::find("kubectl"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn files(filenames: &[&str]) -> Files {
        Files {
            filenames: filenames.iter().map(|name| (*name).to_owned()).collect(),
            ..Files::default()
        }
    }

    fn paths(files: &Files, folder: &Path) -> Vec<String> {
        let prefix = format!("{}/", folder.display());
        let found = files.find().unwrap();
        let path = |source: &Source| match source {
            Source::File(path) => path.strip_prefix(&prefix).unwrap().to_owned(),
            other => format!("{other:?}"),
        };
        found.sources.iter().map(path).collect()
    }

    fn error(files: &Files) -> String {
        files.find().unwrap_err().message
    }

    #[test]
    fn folder_is_searched_for_json_and_yaml() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display().to_string();
        fs::create_dir(folder.path().join("b")).unwrap();
        for name in ["c.yml", "a.json", "b/x.yaml", "d.txt", "e.YAML"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let flat = files(&[&root]);
        assert_eq!(paths(&flat, folder.path()), ["a.json", "c.yml"]);
        let deep = Files {
            recursive: true,
            ..flat
        };
        assert_eq!(paths(&deep, folder.path()), ["a.json", "b/x.yaml", "c.yml"]);
        // What is named itself is taken whatever its ending, and a pattern names what it matches.
        let named = files(&[&format!("{root}/d.txt"), &format!("{root}/*.y*ml")]);
        assert_eq!(paths(&named, folder.path()), ["d.txt", "c.yml"]);
        assert_eq!(
            error(&files(&[&format!("{root}/b/none")])),
            format!("error: the path \"{root}/b/none\" does not exist")
        );
    }

    #[test]
    fn wrong_command_lines_are_refused_before_any_file_is_read() {
        let kustomize = Files {
            kustomize: "k".into(),
            recursive: true,
            ..files(&["-"])
        };
        assert_eq!(
            error(&kustomize),
            "only one of -f or -k can be specified\nthe -k flag can't be used with -f or -R"
        );
        assert_eq!(
            error(&files(&["-", "-"])),
            "error: standard input cannot be used for multiple arguments"
        );
        assert!(error(&files(&["https://x/y"])).contains("curl -sfL https://x/y | kubectl mc get -f -"));
        assert_eq!(
            error(&files(&["[.yaml"])),
            "error: pattern \"[.yaml\" is not valid: syntax error in pattern"
        );
    }

    #[test]
    fn only_one_file_is_single() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.yaml").display().to_string();
        fs::write(&file, "").unwrap();
        assert!(files(&[&file]).find().unwrap().single);
        assert!(!files(&[&file, &file]).find().unwrap().single);
        assert!(!files(&["-"]).find().unwrap().single);
    }

    #[test]
    fn kubectl_path_goes_before_path() {
        assert_eq!(kubectl(|_| None), program::find("kubectl"));
        assert_eq!(kubectl(|_| Some("".into())), program::find("kubectl"));
        assert_eq!(
            kubectl(|_| Some("/opt/kubectl".into())),
            Some(PathBuf::from("/opt/kubectl"))
        );
    }
}
