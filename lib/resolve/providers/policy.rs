//! The permissions that the user gives hubs, from the configuration and the provider file.

use super::provider_file::ProviderFile;
use crate::config;
use crate::resolve::home::at_home;
use std::path::Path;
use std::time::Duration;

/// The longest argument that a configured command line leaves to the hub, in bytes.
const MAX_VALUE: usize = 1024;

/// The permissions that the user gives hubs.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub(super) config: config::AccessSettings,
    pub(super) file: ProviderFile,
    /// The path of the configuration, for messages.
    pub(super) config_file: String,
    /// The path of the provider file, for messages.
    pub(super) providers_file: String,
}

impl Policy {
    /// Loads what the user allows: the access settings of the configuration, and the provider file. If the configuration
    /// names that file, it must exist.
    ///
    /// # Errors
    /// The provider file cannot be read.
    pub fn load(config: config::AccessSettings, usual: &Path, config_file: String) -> Result<Self, String> {
        let file = config.providers.as_deref().unwrap_or(usual);
        Ok(Self {
            file: ProviderFile::load(file, config.providers.is_some())?,
            providers_file: at_home(file),
            config,
            config_file,
        })
    }

    /// Parses the text of a provider file. `file` is for messages.
    ///
    /// # Errors
    /// The text is not a provider file.
    pub fn from_text(config: config::AccessSettings, text: &str, file: &Path) -> Result<Self, String> {
        Ok(Self {
            config,
            file: ProviderFile::from_text(text, file)?,
            providers_file: at_home(file),
            ..Self::default()
        })
    }

    /// Returns [`config::AccessSettings::login_timeout`], of which zero means no limit.
    pub(crate) fn login_timeout(&self) -> Duration {
        match self.config.login_timeout {
            Duration::ZERO => config::NO_LIMIT,
            limit => limit,
        }
    }

    /// Returns the places where access is looked for, in their order.
    pub(crate) fn order(&self) -> &[config::Way] {
        &self.config.order
    }

    /// Returns true if a context is refused that leads elsewhere than the hub says.
    pub(crate) fn verifies_server(&self) -> bool {
        self.config.verify_server
    }

    /// Returns true if the credentials of some provider may be sent to a host.
    pub(crate) fn is_allowed_anywhere(&self, host: &str) -> bool {
        let mut allowed = self.config.allowed_hosts.iter();
        allowed.any(|(_, pattern)| pattern.matches(host))
    }

    /// Returns true if the credentials of a provider may be sent to a host.
    pub(super) fn allows_host(&self, provider: &str, host: &str) -> bool {
        self.config.allowed_hosts.iter().any(|(of_provider, pattern)| {
            of_provider.as_deref().is_none_or(|name| name == provider) && pattern.matches(host)
        })
    }

    /// Returns true if the configuration allows a command line.
    pub(super) fn allows_command(&self, command: &str, args: &[String]) -> bool {
        let mut lines = self.config.allowed_commands.iter();
        lines.any(|line| is_line(line, command, args))
    }
}

/// Returns true if a configured command line matches a command. The word `*` matches one argument that is not a flag.
fn is_line(line: &str, command: &str, args: &[String]) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    let is_value = |arg: &str| {
        !arg.is_empty()
            && arg.len() <= MAX_VALUE
            && !arg.starts_with('-')
            && !arg.chars().any(char::is_control)
    };
    *first == command
        && rest.len() == args.len()
        && rest
            .iter()
            .zip(args)
            .all(|(word, arg)| word == arg || (*word == "*" && is_value(arg)))
}
