//! One run of setup: what it knows, and what it has changed.

use super::options::Options;
use super::prompt::Prompt;
use super::user_file::UserFile;
use crate::exit::Fatal;
use crate::resolve::Resolver;
use crate::term::Label;
use crate::userfile;
use crate::vendor::Vendor;
use std::collections::HashMap;
use std::path::PathBuf;
use tokio::runtime::Runtime;

/// One run of setup.
pub struct Session<'a> {
    pub options: Options,
    pub load: &'a dyn Fn() -> Result<Resolver, Fatal>,
    pub resolver: Resolver,
    pub prompt: Prompt,
    pub runtime: &'a Runtime,
    /// Each cloud's tool, or why it cannot be used. It is looked at once.
    pub tools: HashMap<Vendor, Result<PathBuf, String>>,
    /// True once a file may have changed.
    pub changed: bool,
    /// The files whose former content has been kept.
    pub backed_up: Vec<UserFile>,
}

impl Session<'_> {
    /// Prints a warning.
    pub fn warn(&self, line: &str) {
        self.prompt.say(Label::Warning, "warn", line);
    }

    /// Reads the kubeconfig and the mapping file again.
    pub fn reload(&mut self) -> Result<(), Fatal> {
        self.resolver = (self.load)()?;
        Ok(())
    }

    /// Changes a file. Before the first change its content is kept beside it. The inner error says why the text cannot
    /// be changed.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn edit(
        &mut self,
        file: UserFile,
        change: &dyn Fn(&str) -> Result<String, String>,
    ) -> Result<Result<(), String>, Fatal> {
        let path = file.path(&self.options.paths);
        let fail = |problem: &dyn std::fmt::Display| {
            Fatal::failed(format!("cannot change {}: {problem}", path.display()))
        };
        let old = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(fail(&error)),
        };
        let old = if old.trim().is_empty() { file.header() } else { old };
        let new = match change(&old) {
            Ok(new) => new,
            Err(problem) => return Ok(Err(format!("{}: {problem}", path.display()))),
        };
        let backup = !self.backed_up.contains(&file);
        userfile::replace(&path, &new, backup).map_err(|error| fail(&error))?;
        self.backed_up.push(file);
        self.changed = true;
        Ok(Ok(()))
    }
}
