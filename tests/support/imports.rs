//! The imports among the modules of a source tree, read from its files: `use` lines, and paths in the code that
//! begin with `crate::`, `super::` or `self::`. Code for tests only (`#[cfg(test)]`) is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A module's path below the crate's root, which is the empty one.
pub type Module = Vec<String>;

/// One module's use of another one.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Import {
    pub from: Module,
    pub to: Module,
    /// The path as it is written.
    pub path: String,
    /// The file and the line, to be printed.
    pub place: String,
}

/// The modules of a crate, and what each imports from the others.
#[derive(Debug, Default)]
pub struct Tree {
    pub modules: BTreeSet<Module>,
    pub imports: Vec<Import>,
}

impl Tree {
    /// Reads all Rust files below a folder, whose root module is `lib.rs`.
    pub fn read(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
                    files.insert(name.to_owned(), std::fs::read_to_string(&path).unwrap());
                }
            }
        }
        Self::of(&files)
    }

    /// Takes a tree from the text of its files, by their names (`exec/get.rs`).
    pub fn of(files: &BTreeMap<String, String>) -> Self {
        let sources: BTreeMap<Module, Source> = files
            .iter()
            .map(|(file, text)| (module_of(file), Source::parse(file, text)))
            .collect();
        let is_for_tests = |module: &Module| {
            (1..=module.len()).any(|end| {
                let parent = sources.get(&module[..end - 1]);
                parent.is_some_and(|parent| parent.test_modules.contains(&module[end - 1]))
            })
        };
        let modules: BTreeSet<Module> = sources
            .keys()
            .filter(|module| !is_for_tests(module))
            .cloned()
            .collect();
        let mut imports = Vec::new();
        for from in &modules {
            for path in &sources[from].paths {
                let to = resolve(&modules, from, path);
                if to != *from {
                    imports.push(Import {
                        from: from.clone(),
                        to,
                        path: path.text(),
                        place: path.place.clone(),
                    });
                }
            }
        }
        imports.sort();
        imports.dedup();
        Self { modules, imports }
    }
}

fn module_of(file: &str) -> Module {
    match file.trim_end_matches(".rs") {
        "lib" => Vec::new(),
        path => path
            .trim_end_matches("/mod")
            .split('/')
            .map(str::to_owned)
            .collect(),
    }
}

/// The module that a path leads into: the longest beginning of it that is one.
fn resolve(modules: &BTreeSet<Module>, from: &Module, path: &Written) -> Module {
    let mut full = match path.segments[0].as_str() {
        "crate" => Vec::new(),
        _ => [from.as_slice(), &path.inline].concat(),
    };
    for segment in &path.segments {
        match segment.as_str() {
            "crate" | "self" => {}
            "super" => drop(full.pop()),
            name => full.push(name.to_owned()),
        }
    }
    while !modules.contains(&full) {
        full.pop();
    }
    full
}

/// A path in the code.
#[derive(Debug)]
struct Written {
    segments: Vec<String>,
    /// The modules within the file that it is in.
    inline: Vec<String>,
    place: String,
}

impl Written {
    fn text(&self) -> String {
        self.segments.join("::")
    }
}

/// The imports of a file.
#[derive(Debug, Default)]
struct Source {
    paths: Vec<Written>,
    /// Modules in files of their own that are for tests.
    test_modules: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Mark(char),
}

impl Source {
    fn parse(file: &str, text: &str) -> Self {
        let code = without_comments_and_strings(text);
        let tokens = tokens(&code);
        let mut parser = Parser {
            file,
            tokens: &tokens,
            source: Self::default(),
        };
        parser.run();
        parser.source
    }
}

struct Parser<'a> {
    file: &'a str,
    tokens: &'a [(Token<'a>, usize)],
    source: Source,
}

impl Parser<'_> {
    fn token(&self, at: usize) -> Option<Token<'_>> {
        self.tokens.get(at).map(|(token, _)| *token)
    }

    fn is(&self, at: usize, marks: &str) -> bool {
        let mut marks = marks.chars().enumerate();
        marks.all(|(offset, mark)| self.token(at + offset) == Some(Token::Mark(mark)))
    }

    fn word(&self, at: usize) -> Option<&str> {
        match self.token(at) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn run(&mut self) {
        let mut at = 0;
        let mut depth: usize = 0;
        // Modules within the file, each with the depth of its braces.
        let mut inline: Vec<(String, usize)> = Vec::new();
        while let Some(token) = self.token(at) {
            match token {
                Token::Mark('#') if self.is_test_only(at) => {
                    // `#![cfg(test)]` is about all of the file.
                    if self.is(at, "#!") {
                        return;
                    }
                    at = self.skip_item(self.end_of_group(at + 1));
                    continue;
                }
                Token::Mark('{') => depth += 1,
                Token::Mark('}') => {
                    depth = depth.saturating_sub(1);
                    inline.pop_if(|(_, outside)| *outside == depth);
                }
                Token::Word("mod") if self.is(at + 2, "{") => {
                    let name = self.word(at + 1).unwrap_or_default().to_owned();
                    inline.push((name, depth));
                }
                Token::Word("use") if !self.is(at + 1, "<") => {
                    let names: Vec<String> = inline.iter().map(|(name, _)| name.clone()).collect();
                    at = self.use_tree(at + 1, &[], &names);
                    continue;
                }
                // `pub(in crate::exec)` does not import.
                Token::Word("crate" | "super" | "self")
                    if self.is(at + 1, "::")
                        && at.checked_sub(1).is_none_or(|at| self.word(at) != Some("in")) =>
                {
                    let names: Vec<String> = inline.iter().map(|(name, _)| name.clone()).collect();
                    at = self.path(at, &names);
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Takes a path in the code; returns where it ends.
    fn path(&mut self, start: usize, inline: &[String]) -> usize {
        let mut segments = vec![self.word(start).unwrap_or_default().to_owned()];
        let mut at = start + 1;
        while self.is(at, "::") {
            let Some(word) = self.word(at + 2) else { break };
            segments.push(word.to_owned());
            at += 3;
        }
        self.add(segments, start, inline);
        at
    }

    /// Takes the paths of a `use` that begin with `before`, several in braces; returns where it ends.
    fn use_tree(&mut self, start: usize, before: &[String], inline: &[String]) -> usize {
        let mut at = start;
        let mut segments = before.to_vec();
        loop {
            if let Some(word) = self.word(at) {
                segments.push(word.to_owned());
                at += 1;
            } else if self.is(at, "*") {
                at += 1;
            } else if self.is(at, "{") {
                at += 1;
                while at < self.tokens.len() && !self.is(at, "}") {
                    at = self.use_tree(at, &segments, inline);
                    at += usize::from(self.is(at, ","));
                }
                return at + 1;
            }
            if !self.is(at, "::") {
                break;
            }
            at += 2;
        }
        // `as NAME`
        if self.word(at) == Some("as") {
            at += 2;
        }
        self.add(segments, start, inline);
        at.max(start + 1)
    }

    fn add(&mut self, segments: Vec<String>, at: usize, inline: &[String]) {
        if matches!(
            segments.first().map(String::as_str),
            Some("crate" | "super" | "self")
        ) {
            let place = format!("{}:{}", self.file, self.tokens[at].1);
            self.source.paths.push(Written {
                segments,
                inline: inline.to_vec(),
                place,
            });
        }
    }

    /// Returns whether an attribute is `#[cfg(test)]` or `#[cfg(all(test, …))]`.
    fn is_test_only(&self, at: usize) -> bool {
        let at = at + 1 + usize::from(self.is(at, "#!"));
        if !self.is(at, "[") || self.word(at + 1) != Some("cfg") || !self.is(at + 2, "(") {
            return false;
        }
        match self.word(at + 3) {
            Some("test") => self.is(at + 4, ")"),
            Some("all") => {
                let end = self.end_of_group(at + 4);
                // Of the words at the first level: `all(feature = "x", test)` as well.
                let mut depth = 0;
                (at + 4..end).any(|at| {
                    depth += i32::from(self.is(at, "(")) - i32::from(self.is(at, ")"));
                    depth == 1 && self.word(at) == Some("test")
                })
            }
            _ => false,
        }
    }

    /// Where a group ends that opens there, past its closing mark.
    fn end_of_group(&self, start: usize) -> usize {
        let mut depth = 0;
        for at in start..self.tokens.len() {
            match self.token(at) {
                Some(Token::Mark('(' | '[' | '{')) => depth += 1,
                Some(Token::Mark(')' | ']' | '}')) => {
                    depth -= 1;
                    if depth == 0 {
                        return at + 1;
                    }
                }
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// Skips the item, field or statement that an attribute for tests stands before, and notes the module that it
    /// declares.
    fn skip_item(&mut self, start: usize) -> usize {
        let mut at = start;
        while self.is(at, "#[") {
            at = self.end_of_group(at + 1);
        }
        let mut is_item = false;
        while at < self.tokens.len() {
            match self.token(at) {
                Some(Token::Mark('{')) => return self.end_of_group(at),
                Some(Token::Mark('(' | '[')) => {
                    at = self.end_of_group(at);
                    continue;
                }
                Some(Token::Mark(';')) => return at + 1,
                Some(Token::Mark(',')) if !is_item => return at + 1,
                // The end of what holds it.
                Some(Token::Mark(')' | ']' | '}')) => return at,
                Some(Token::Word("mod")) if self.is(at + 2, ";") => {
                    let name = self.word(at + 1).unwrap_or_default().to_owned();
                    self.source.test_modules.insert(name);
                }
                // A comma may stand among its parameters.
                Some(Token::Word("fn" | "impl" | "struct" | "enum" | "trait" | "use" | "type")) => {
                    is_item = true
                }
                _ => {}
            }
            at += 1;
        }
        at
    }
}

/// The words and the marks of code, with their lines.
fn tokens(code: &str) -> Vec<(Token<'_>, usize)> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = match rest.find(|c| !is_word(c)) {
            Some(0) => first.len_utf8(),
            Some(end) => end,
            None => rest.len(),
        };
        let (token, after) = rest.split_at(length);
        if is_word(first) {
            tokens.push((Token::Word(token), line));
        } else if !first.is_whitespace() {
            tokens.push((Token::Mark(first), line));
        }
        line += usize::from(first == '\n');
        rest = after;
    }
    tokens
}

/// The code alone, with every line where it was.
fn without_comments_and_strings(text: &str) -> String {
    let text: Vec<char> = text.chars().collect();
    let mut code = String::new();
    let mut at = 0;
    while let Some(&c) = text.get(at) {
        let before = at.checked_sub(1).map(|at| text[at]);
        let is_in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let end = match (c, text.get(at + 1)) {
            ('/', Some('/')) => find(&text, at, "\n").unwrap_or(text.len()),
            ('/', Some('*')) => end_of_comment(&text, at),
            ('"', _) => end_of_string(&text, at),
            ('r', Some('"' | '#')) if !is_in_word || before == Some('b') => end_of_raw_string(&text, at),
            ('\'', Some('\\')) => find(&text, at + 3, "'").map_or(text.len(), |at| at + 1),
            ('\'', Some(_)) if text.get(at + 2) == Some(&'\'') => at + 3,
            _ => at,
        };
        if end == at {
            code.push(c);
            at += 1;
            continue;
        }
        code.push(' ');
        code.extend(text[at..end].iter().filter(|c| **c == '\n'));
        at = end;
    }
    code
}

fn find(text: &[char], from: usize, what: &str) -> Option<usize> {
    let what: Vec<char> = what.chars().collect();
    (from..text.len()).find(|&at| text[at..].starts_with(&what))
}

/// Comments of this form may hold others.
fn end_of_comment(text: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            ('/', Some('*')) => (at, depth) = (at + 2, depth + 1),
            ('*', Some('/')) => {
                (at, depth) = (at + 2, depth - 1);
                if depth == 0 {
                    break;
                }
            }
            _ => at += 1,
        }
    }
    at
}

fn end_of_string(text: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < text.len() && text[at] != '"' {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

/// The end of `r#"…"#`; the start where it is an identifier (`r#type`).
fn end_of_raw_string(text: &[char], start: usize) -> usize {
    let marks = text[start + 1..].iter().take_while(|c| **c == '#').count();
    if text.get(start + 1 + marks) != Some(&'"') {
        return start;
    }
    let end = format!("\"{}", "#".repeat(marks));
    find(text, start + 2 + marks, &end).map_or(text.len(), |at| at + end.len())
}
