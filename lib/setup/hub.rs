//! Which context leads to the hub: found or asked for, and kept in the mapping file.

use super::files::Which;
use super::{Setup, edit};
use crate::config::Config;
use crate::discover::HubContext;
use crate::exit::Fatal;
use crate::term::Label;

impl Setup<'_> {
    /// Finds the hub's context; false where the fleet is to be the kubeconfig itself.
    pub(super) fn choose_hub(&mut self) -> Result<bool, Fatal> {
        if !self
            .options
            .discover
            .sources
            .iter()
            .any(|source| source.needs_hub())
        {
            return Ok(true);
        }
        let kubeconfig = self.resolver.kubeconfig();
        let names: Vec<&str> = kubeconfig.context_names().collect();
        let current = kubeconfig
            .current_context()
            .filter(|name| kubeconfig.has_context(name));
        // Of several hubs the first that is missing is asked for; the others stay as they are.
        let named = self.options.discover.hubs.iter();
        let named = named
            .clone()
            .find(|hub| !kubeconfig.has_context(&hub.name))
            .or(named.clone().next());
        if let Some(hub) = named
            && (kubeconfig.has_context(&hub.name) || !self.prompt.asks())
        {
            let line = format!("context {:?}, as {} says", hub.name, hub.by);
            self.prompt.say(Label::Heading, "hub", &line);
            return Ok(true);
        }
        const NO_HUB: &str = "none: every context of the kubeconfig is a cluster";
        let mut choices = names.clone();
        choices.sort_by_key(|name| Some(*name) != current);
        choices.push(NO_HUB);
        let wanted = named.map_or("hub", |hub| &hub.name).to_owned();
        let question = "Which context leads to the hub, the cluster that lists the fleet?";
        let chosen = self.prompt.choose(question, &wanted, &choices, current);
        let (name, by) = match (chosen, current) {
            (Some(name), _) if name == NO_HUB => {
                self.keep(Which::Config, &["discovery", "api"], "kubeconfig")?;
                return Ok(false);
            }
            (Some(name), _) => (name, "your choice"),
            (None, Some(current)) if !self.prompt.asks() && named.is_none() => {
                (current.to_owned(), "current-context in the kubeconfig")
            }
            // Discovery says what is missing.
            (None, _) => return Ok(true),
        };
        let line = format!("context {name:?}, as {by} says");
        self.prompt.say(Label::Heading, "hub", &line);
        let wrong = self
            .options
            .discover
            .hubs
            .iter()
            .position(|hub| hub.name == wanted);
        let hub = HubContext {
            name,
            by: by.into(),
            region: None,
        };
        match wrong {
            Some(index) => self.options.discover.hubs[index] = hub,
            None => self.options.discover.hubs.push(hub),
        }
        Ok(true)
    }

    /// Writes the hub's context into the mapping file, where neither that nor the configuration has one: the clouds'
    /// tools make what they write the current context.
    pub(super) fn keep_hub(&mut self, config: &Config) -> Result<(), Fatal> {
        let is_named = self.resolver.mapping().hub_context.is_some();
        if config.hub_context.is_some() || !config.hubs.is_empty() || is_named {
            return Ok(());
        }
        let Some(hub) = self.options.discover.hubs.first().cloned() else {
            return Ok(());
        };
        self.keep(Which::Mapping, &["hubContext"], &hub.name)
    }

    /// Sets a key of a file, after asking.
    fn keep(&mut self, which: Which, path: &[&str], value: &str) -> Result<(), Fatal> {
        let file = which.path(&self.options.paths);
        let what = format!("{}: {value} in {}", path.join("."), file.display());
        if self.options.dry_run {
            self.prompt.say(Label::Faint, "would write", &what);
            return Ok(());
        }
        match self.prompt.may(&format!("Write {what}?"), true) {
            Some(true) => match self.edit(which, &|text| edit::set(text, path, value))? {
                Ok(()) => self.prompt.say(Label::Good, "written", &what),
                Err(problem) => {
                    let line = format!("cannot write {what}: {problem}; do it by hand");
                    self.prompt.say(Label::Warning, "warn", &line);
                }
            },
            Some(false) => {}
            None => self
                .prompt
                .say(Label::Warning, "left", &format!("{what} (--yes writes it)")),
        }
        Ok(())
    }
}
