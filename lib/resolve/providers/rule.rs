//! The rules for what hubs publish, with their names in errors and the ways to allow exceptions.

use std::fmt;

/// A rule that forbids something that a hub publishes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rule {
    /// Only built-in plugins run, those of the user's provider file, and those that the configuration allows.
    Command,
    /// A built-in plugin gets its own arguments, with values of the expected form.
    Arguments,
    /// Variables that change how programs are loaded, found or connected are not set by a hub.
    Environment,
    /// The address must be a URL without credentials.
    Server,
    /// Nothing is sent unencrypted.
    Http,
    /// The server's certificate is always verified.
    Insecure,
    /// Hubs do not name files.
    CaPath,
    /// The certificate authority must be valid.
    Ca,
    /// Hubs do not name proxies.
    Proxy,
    /// Credentials are sent to the provider's own hosts, and to those that the user allows.
    Host,
    /// The size is limited.
    Size,
    /// The form must be right.
    Malformed,
}

impl Rule {
    /// Returns its name in errors.
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::Command => "command",
            Rule::Arguments => "arguments",
            Rule::Environment => "environment",
            Rule::Server => "server",
            Rule::Http => "http",
            Rule::Insecure => "insecure",
            Rule::CaPath => "ca-path",
            Rule::Ca => "ca",
            Rule::Proxy => "proxy",
            Rule::Host => "host",
            Rule::Size => "size",
            Rule::Malformed => "malformed",
        }
    }
}

/// Something that a hub publishes and that is refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The rule that forbids it.
    pub rule: Rule,
    /// The published value.
    pub what: String,
    /// How the user can allow it, or what to do instead.
    pub remedy: String,
}

impl Refusal {
    pub(super) fn new(rule: Rule, what: impl Into<String>) -> Self {
        let instead = "or map the cluster to a context of your own";
        let remedy = match rule {
            Rule::Command | Rule::Host => instead.to_owned(),
            Rule::Arguments | Rule::Environment => {
                "a hub cannot be allowed this: name the plugin in the provider file as you want it, or map the \
                 cluster to a context of your own"
                    .to_owned()
            }
            _ => "a hub cannot be allowed this: have it corrected there, or map the cluster to a context of \
                  your own"
                .to_owned(),
        };
        Self {
            rule,
            what: what.into(),
            remedy,
        }
    }

    /// Returns the message without the remedy.
    pub(crate) fn what_and_rule(&self) -> String {
        format!("{} (rule {:?})", self.what, self.rule.as_str())
    }

    /// Replaces the placeholder `CONFIG` with the path of the configuration.
    pub(super) fn in_file(mut self, config: &str) -> Self {
        self.remedy = self
            .remedy
            .replace("write into CONFIG:", &format!("write into {config}:"));
        self
    }

    /// Sets the remedy to the lines that would allow it.
    pub(super) fn allowed_by(mut self, lines: &str) -> Self {
        self.remedy = format!("to allow it, {lines}, or map the cluster to a context of your own");
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what_and_rule(), self.remedy)
    }
}

/// Quotes a hub's text for a message: control characters are escaped, and at most 100 characters are shown.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
