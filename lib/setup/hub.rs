//! The hub's context: found or asked for, and kept in the mapping file.

use super::edit;
use super::session::Session;
use super::user_file::UserFile;
use crate::config::Config;
use crate::discover::HubContext;
use crate::exit::Fatal;
use crate::term::Label;

/// The choice that there is no hub.
const NO_HUB: &str = "none: every context of the kubeconfig is a cluster";

impl Session<'_> {
    /// Finds the hub's context. Returns false if there is no hub: the fleet is the kubeconfig then.
    pub fn choose_hub(&mut self) -> Result<bool, Fatal> {
        let discover = &self.options.discover;
        if !discover.needs_hub() {
            return Ok(true);
        }
        let kubeconfig = self.resolver.kubeconfig();
        let names: Vec<&str> = kubeconfig.context_names().collect();
        let current = kubeconfig
            .current_context()
            .filter(|name| kubeconfig.has_context(name));
        // If one of several hubs is missing, that one is asked for; the others stay as they are.
        let missing = |hub: &&HubContext| !kubeconfig.has_context(&hub.name);
        let named = discover.hubs.iter().find(missing).or(discover.hubs.first());
        if let Some(hub) = named
            && (kubeconfig.has_context(&hub.name) || !self.prompt.is_interactive())
        {
            self.name_hub(&hub.name, &hub.by);
            return Ok(true);
        }
        let mut choices = names.clone();
        choices.sort_by_key(|name| Some(*name) != current);
        choices.push(NO_HUB);
        let wanted = named.map_or("hub", |hub| &hub.name).to_owned();
        let question = "Which context leads to the hub, the cluster that lists the fleet?";
        let chosen = self.prompt.choose(question, &wanted, &choices, current);
        let (name, by) = match (chosen, current) {
            (Some(name), _) if name == NO_HUB => {
                self.keep(UserFile::Config, &["discovery", "api"], "kubeconfig")?;
                return Ok(false);
            }
            (Some(name), _) => (name, "your choice"),
            (None, Some(current)) if !self.prompt.is_interactive() && named.is_none() => {
                (current.to_owned(), "current-context in the kubeconfig")
            }
            // Discovery reports what is missing.
            (None, _) => return Ok(true),
        };
        self.name_hub(&name, by);
        let hub = HubContext {
            name,
            by: by.into(),
            region: None,
        };
        let hubs = &mut self.options.discover.hubs;
        match hubs.iter_mut().find(|hub| hub.name == wanted) {
            Some(wrong) => *wrong = hub,
            None => hubs.push(hub),
        }
        Ok(true)
    }

    fn name_hub(&self, name: &str, by: &str) {
        let line = format!("context {name:?}, as {by} says");
        self.prompt.say(Label::Heading, "hub", &line);
    }

    /// Writes the hub's context into the mapping file, unless that or the configuration has one already. Otherwise the
    /// next run would go by the current context, which the clouds' tools change.
    pub fn keep_hub(&mut self, config: &Config) -> Result<(), Fatal> {
        let is_named = self.resolver.mapping().hub_context.is_some();
        if config.hub_context.is_some() || !config.hubs.is_empty() || is_named {
            return Ok(());
        }
        let Some(hub) = self.options.discover.hubs.first().cloned() else {
            return Ok(());
        };
        self.keep(UserFile::Mapping, &["hubContext"], &hub.name)
    }

    /// Sets a key of a file, after asking.
    fn keep(&mut self, file: UserFile, path: &[&str], value: &str) -> Result<(), Fatal> {
        let name = file.path(&self.options.paths);
        let what = format!("{}: {value} in {}", path.join("."), name.display());
        if self.options.dry_run {
            self.prompt.say(Label::Faint, "would write", &what);
            return Ok(());
        }
        match self.prompt.confirm(&format!("Write {what}?"), true) {
            Some(true) => match self.edit(file, &|text| edit::set(text, path, value))? {
                Ok(()) => self.prompt.say(Label::Good, "written", &what),
                Err(problem) => self.warn(&format!("cannot write {what}: {problem}; do it by hand")),
            },
            Some(false) => {}
            None => self
                .prompt
                .say(Label::Warning, "left", &format!("{what} (--yes writes it)")),
        }
        Ok(())
    }
}
