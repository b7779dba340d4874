//! What is wrong with the objects of files, and how kubectl says it: what leads a line depends on how its errors
//! are wrapped into one another on their way up.

use super::super::bad_request;
use crate::connect::Error;
use crate::exec::fanout::Answer;
use crate::manifest::{Document, Object};
use crate::record::{Lack, Reason};

/// Why an object did not come.
pub struct Problem {
    /// What it says by itself, without `Error from server (NotFound): ` or `error: `.
    text: String,
    /// How kubectl leads it where it stands alone.
    lead: String,
    kind: Kind,
    object: Object,
}

/// What kind of problem it is.
enum Kind {
    /// The cluster merely lacks it.
    Lack,
    /// It was found, in a namespace that was not asked for.
    Mismatch,
    /// The server's answer, or none.
    Failed(Error),
    /// The file says nothing that could be looked for.
    File,
}

impl Problem {
    /// Of a file that says nothing to look for.
    pub fn file(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            lead: "error: ".into(),
            kind: Kind::File,
            object: Object::default(),
        }
    }

    /// Of a file's object that cannot be looked for.
    pub fn of(object: &Object, text: impl Into<String>) -> Self {
        Self::with(object, Kind::File, text)
    }

    /// Of one that was found in a namespace that was not asked for.
    pub fn mismatch(object: &Object, text: impl Into<String>) -> Self {
        Self::with(object, Kind::Mismatch, text)
    }

    /// Of one that is there, and that selectors leave out.
    pub fn not_selected(object: &Object, text: impl Into<String>) -> Self {
        Self::with(object, Kind::Lack, text)
    }

    fn with(object: &Object, kind: Kind, text: impl Into<String>) -> Self {
        Self {
            kind,
            object: object.clone(),
            ..Self::file(text)
        }
    }

    /// The server's answer, or that there is none; `is_lack` where the cluster merely lacks the object.
    pub fn server(object: &Object, error: Error, is_lack: bool) -> Self {
        let (lead, text) = match error.message.split_once("): ") {
            Some((lead, text)) if lead.starts_with("Error from server (") => (format!("{lead}): "), text),
            _ => (String::new(), error.message.as_str()),
        };
        Self {
            text: text.to_owned(),
            lead,
            object: object.clone(),
            kind: if is_lack { Kind::Lack } else { Kind::Failed(error) },
        }
    }

    /// The cluster does not have the kind.
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
        Self::with(object, Kind::Lack, text)
    }

    /// The same where the cluster cannot tell whether it has it.
    pub fn in_doubt(self, doubt: Error) -> Self {
        let error = Error {
            message: self.text.clone(),
            ..doubt
        };
        Self {
            kind: Kind::Failed(error),
            ..self
        }
    }

    /// What the cluster merely lacks.
    fn lack(&self, message: String) -> Lack<'static> {
        Lack {
            type_: type_of(&self.object).into(),
            name: self.object.name.clone().into(),
            message: message.into(),
        }
    }

    fn is_status(&self) -> bool {
        self.lead.starts_with("Error from server")
    }

    /// With what leads it where it is one of several: only what a server says keeps its lead.
    fn among_others(&self) -> String {
        let lead = if self.is_status() { &self.lead } else { "" };
        format!("{lead}{}", self.text)
    }

    fn alone(&self) -> String {
        format!("{}{}", self.lead, self.text)
    }
}

/// Where nothing else was asked for.
impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        let text = problem.alone();
        let lack = problem.lack(text.clone());
        match problem.kind {
            Kind::Lack => Self {
                failure: Some(Error::new(Reason::NotFound, text)),
                missing: vec![lack],
                ..Self::default()
            },
            Kind::Failed(error) => error.into(),
            Kind::Mismatch | Kind::File => bad_request(&text).into(),
        }
    }
}

/// What went wrong with a document: with the one object in it, or with some of a list, which kubectl says in
/// one breath.
pub struct Problems {
    /// Whether it is a list.
    pub of_list: bool,
    /// What went wrong, in order.
    pub problems: Vec<Problem>,
}

/// All that went wrong.
#[derive(Default)]
pub struct Trouble {
    /// With objects that did not come.
    pub documents: Vec<Problems>,
    /// With those that came, and are not where they were asked for.
    pub mismatches: Vec<Problem>,
}

impl Trouble {
    /// Whether nothing did.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty() && self.mismatches.is_empty()
    }
}

/// What did not come, as this cluster's lacks and its failure.
///
/// `failures` are those of what came and could not be printed; `single` is
/// [`Manifest::single`](crate::manifest::Manifest::single).
pub fn said(
    trouble: Trouble,
    failures: Vec<Error>,
    is_table: bool,
    single: bool,
) -> (Vec<Lack<'static>>, Option<Error>) {
    let lines = lines(trouble, is_table || single, is_table);
    let mut missing: Vec<Lack<'static>> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    let mut first: Option<Error> = None;
    for (text, problems) in lines {
        if let [problem] = problems.as_slice()
            && matches!(problem.kind, Kind::Lack)
        {
            let lack = problem.lack(text);
            if !missing.contains(&lack) {
                missing.push(lack);
            }
            continue;
        }
        for problem in problems {
            match problem.kind {
                Kind::Failed(error) => first = first.or(Some(error)),
                // What stands in a file is the same for every cluster.
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

/// kubectl's lines for what went wrong, each with what it is about. How they are led depends on how its errors
/// are wrapped into one another on the way up.
fn lines(trouble: Trouble, unflattened: bool, is_table: bool) -> Vec<(String, Vec<Problem>)> {
    let Trouble {
        documents,
        mismatches,
    } = trouble;
    let mut lines = Vec::new();
    let one = |problem: Problem, text: String| (text, vec![problem]);
    if !unflattened || mismatches.is_empty() && !is_table {
        let lists = documents.iter().filter(|document| document.of_list).count();
        let whole = unflattened && documents.len() == 1 && lists == 1;
        let mut all: Vec<Problem> = documents
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
        let all: Vec<Problem> = documents
            .into_iter()
            .flat_map(|document| document.problems)
            .collect();
        if !all.is_empty() {
            lines.push((in_one_breath(&all), all));
        }
        return lines;
    }
    for document in documents {
        if document.of_list {
            lines.push((in_one_breath(&document.problems), document.problems));
        } else {
            for problem in document.problems {
                let text = problem.among_others();
                lines.push(one(problem, text));
            }
        }
    }
    lines
}

/// `a`, or `[a, b]`, each text once.
fn in_one_breath(problems: &[Problem]) -> String {
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

/// What a lack is called: its kind, with its group.
fn type_of(object: &Object) -> String {
    let kind = object.kind.to_lowercase();
    if object.group.is_empty() {
        kind
    } else {
        format!("{kind}.{}", object.group)
    }
}
