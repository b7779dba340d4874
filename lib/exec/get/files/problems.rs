//! Problems with the objects of files, and kubectl's lines for them. The prefix of a line depends on how kubectl wraps its
//! errors on their way up.

use crate::apiserver::protocol::bad_request;
use crate::connect::Error;
use crate::exec::fanout::answer::Answer;
use crate::manifest::{Document, Object};
use crate::record::{Lack, Reason};

/// Why an object was not got.
pub struct FileProblem {
    /// The text without a prefix such as `Error from server (NotFound): ` or `error: `.
    text: String,
    /// The prefix that kubectl gives it if it is the only problem.
    prefix: String,
    kind: ProblemKind,
    object: Object,
}

/// The kind of a problem.
enum ProblemKind {
    /// The cluster does not have the object.
    Lack,
    /// The object was found, but in a namespace that was not asked for.
    Mismatch,
    /// The server refused, or did not answer.
    Failed(Error),
    /// The file does not name an object that could be got.
    File,
}

impl FileProblem {
    /// Returns the problem of a file that does not name an object.
    pub fn file(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            prefix: "error: ".into(),
            kind: ProblemKind::File,
            object: Object::default(),
        }
    }

    /// Returns the problem of an object that cannot be got.
    pub fn of(object: &Object, text: impl Into<String>) -> Self {
        Self::with(object, ProblemKind::File, text)
    }

    /// Returns the problem of an object that was found in a namespace that was not asked for.
    pub fn mismatch(object: &Object, text: impl Into<String>) -> Self {
        Self::with(object, ProblemKind::Mismatch, text)
    }

    /// Returns the problem of an object that exists, but that selectors leave out.
    pub fn not_selected(object: &Object, text: impl Into<String>) -> Self {
        Self::with(object, ProblemKind::Lack, text)
    }

    fn with(object: &Object, kind: ProblemKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            object: object.clone(),
            ..Self::file(text)
        }
    }

    /// Returns the problem of a request that failed. `is_lack` means that the cluster does not have the object.
    pub fn server(object: &Object, error: Error, is_lack: bool) -> Self {
        let (prefix, text) = match error.message.split_once("): ") {
            Some((prefix, text)) if prefix.starts_with("Error from server (") => {
                (format!("{prefix}): "), text)
            }
            _ => (String::new(), error.message.as_str()),
        };
        Self {
            text: text.to_owned(),
            prefix,
            object: object.clone(),
            kind: if is_lack {
                ProblemKind::Lack
            } else {
                ProblemKind::Failed(error)
            },
        }
    }

    /// Returns the problem that the cluster does not serve a kind.
    pub fn no_kind(document: &Document, object: &Object, in_list: bool) -> Self {
        let missing = format!(
            "no matches for kind \"{}\" in version \"{}\"",
            object.kind,
            object.api_version()
        );
        let text = if in_list {
            format!("unable to recognize {missing}")
        } else {
            format!(
                "resource mapping not found for name: \"{}\" namespace: \"{}\" from \"{}\": {missing}\nensure CRDs \
                 are installed first",
                object.name, object.namespace, document.source
            )
        };
        Self::with(object, ProblemKind::Lack, text)
    }

    /// Returns the same problem if the cluster cannot tell whether it serves the kind.
    pub fn in_doubt(self, doubt: Error) -> Self {
        let error = Error {
            message: self.text.clone(),
            ..doubt
        };
        Self {
            kind: ProblemKind::Failed(error),
            ..self
        }
    }

    /// Returns the object as one that the cluster does not have.
    fn lack(&self, message: String) -> Lack<'static> {
        Lack {
            type_: type_of(&self.object).into(),
            name: self.object.name.clone().into(),
            message: message.into(),
            hint: None,
        }
    }

    fn is_status(&self) -> bool {
        self.prefix.starts_with("Error from server")
    }

    /// Returns its text as one of several problems: only errors of servers keep their prefix.
    fn among_others(&self) -> String {
        let prefix = if self.is_status() { &self.prefix } else { "" };
        format!("{prefix}{}", self.text)
    }

    /// Returns its text as the only problem.
    fn alone(&self) -> String {
        format!("{}{}", self.prefix, self.text)
    }
}

/// The answer of a query for only this object.
impl From<FileProblem> for Answer {
    fn from(problem: FileProblem) -> Self {
        let text = problem.alone();
        let lack = problem.lack(text.clone());
        match problem.kind {
            ProblemKind::Lack => Self {
                failure: Some(Error::new(Reason::NotFound, text)),
                missing: vec![lack],
                ..Self::default()
            },
            ProblemKind::Failed(error) => error.into(),
            ProblemKind::Mismatch | ProblemKind::File => bad_request(text).into(),
        }
    }
}

/// The problems of one document: of the one object in it, or of some objects of a list, which kubectl reports in one line.
pub struct DocumentProblems {
    /// True if the document is a list.
    pub of_list: bool,
    /// The problems, in order.
    pub problems: Vec<FileProblem>,
}

/// All problems with the objects of files.
#[derive(Default)]
pub struct FileProblems {
    /// The problems of objects that were not got.
    pub documents: Vec<DocumentProblems>,
    /// Objects that were got, but are not in the namespace that was asked for.
    pub mismatches: Vec<FileProblem>,
}

impl FileProblems {
    /// Returns whether there are no problems.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty() && self.mismatches.is_empty()
    }

    /// Sums the problems up as the objects that the cluster lacks, and its failure.
    ///
    /// `failures` are errors of printing the objects that were found; `single` is
    /// [`Manifest::single`](crate::manifest::Manifest::single).
    pub fn summary(
        self,
        failures: Vec<Error>,
        is_table: bool,
        single: bool,
    ) -> (Vec<Lack<'static>>, Option<Error>) {
        let lines = lines(self, is_table || single, is_table);
        let mut missing: Vec<Lack<'static>> = Vec::new();
        let mut texts: Vec<String> = Vec::new();
        let mut first: Option<Error> = None;
        for (text, problems) in lines {
            if let [problem] = problems.as_slice()
                && matches!(problem.kind, ProblemKind::Lack)
            {
                let lack = problem.lack(text);
                if !missing.contains(&lack) {
                    missing.push(lack);
                }
                continue;
            }
            for problem in problems {
                match problem.kind {
                    ProblemKind::Failed(error) => first = first.or(Some(error)),
                    // The problem is in the file, so it is the same for every cluster.
                    _ => first = first.or_else(|| Some(bad_request(""))),
                }
            }
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        for error in failures {
            texts.push(error.message.clone());
            first = first.or(Some(error));
        }
        let failure = first.map(|first| Error {
            message: texts.join("\n"),
            ..first
        });
        (missing, failure)
    }
}

/// Returns kubectl's lines for the problems, each with the problems that it reports. `unflattened` means that kubectl
/// keeps the errors of a list together.
fn lines(trouble: FileProblems, unflattened: bool, is_table: bool) -> Vec<(String, Vec<FileProblem>)> {
    let FileProblems {
        documents,
        mismatches,
    } = trouble;
    let mut lines = Vec::new();
    let one = |problem: FileProblem, text: String| (text, vec![problem]);
    if !unflattened || mismatches.is_empty() && !is_table {
        let lists = documents.iter().filter(|document| document.of_list).count();
        let whole = unflattened && documents.len() == 1 && lists == 1;
        let mut all: Vec<FileProblem> = documents
            .into_iter()
            .flat_map(|document| document.problems)
            .chain(mismatches)
            .collect();
        if all.len() == 1
            && !whole
            && let Some(problem) = all.pop()
        {
            let text = problem.alone();
            return vec![one(problem, text)];
        }
        return all
            .into_iter()
            .map(|problem| {
                let text = problem.among_others();
                one(problem, text)
            })
            .collect();
    }
    let alone = mismatches.len() == 1 && documents.is_empty();
    let mixed = !mismatches.is_empty();
    for problem in mismatches {
        let text = if alone {
            problem.alone()
        } else {
            problem.among_others()
        };
        lines.push(one(problem, text));
    }
    if mixed {
        let all: Vec<FileProblem> = documents
            .into_iter()
            .flat_map(|document| document.problems)
            .collect();
        if !all.is_empty() {
            lines.push((in_one_line(&all), all));
        }
        return lines;
    }
    for document in documents {
        if document.of_list {
            lines.push((in_one_line(&document.problems), document.problems));
        } else {
            for problem in document.problems {
                let text = problem.among_others();
                lines.push(one(problem, text));
            }
        }
    }
    lines
}

/// Returns the texts as `a`, or `[a, b]`, each once.
fn in_one_line(problems: &[FileProblem]) -> String {
    let mut texts: Vec<&str> = Vec::new();
    for problem in problems {
        if !texts.contains(&problem.text.as_str()) {
            texts.push(&problem.text);
        }
    }
    match texts.as_slice() {
        [text] => (*text).to_owned(),
        texts => format!("[{}]", texts.join(", ")),
    }
}

/// Returns an object's kind, in lower case and with its group.
fn type_of(object: &Object) -> String {
    let kind = object.kind.to_lowercase();
    if object.group.is_empty() {
        kind
    } else {
        format!("{kind}.{}", object.group)
    }
}
