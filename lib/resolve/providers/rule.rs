//! What a hub may not do, each with the name that errors give it and the way to allow it where there is one.

use std::fmt;

/// A rule that stopped something that a hub publishes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rule {
    /// Only built-in plugins, those of the user's provider file and those that the configuration allows run.
    Command,
    /// A built-in plugin gets the arguments of its template, with values of the expected form.
    Arguments,
    /// What changes how programs are loaded, found or connected is no business of a hub's.
    Environment,
    /// The address must be a URL without credentials.
    Server,
    /// Nothing is sent unencrypted.
    Http,
    /// The server's certificate is always verified.
    Insecure,
    /// A file is never named by a hub.
    CaPath,
    /// The certificate authority must be one.
    Ca,
    /// A proxy is never named by a hub.
    Proxy,
    /// Credentials go to the provider's own hosts, and those that the user allows.
    Host,
    /// What is published has a size.
    Size,
    /// And a form.
    Malformed,
}

impl Rule {
    /// As errors name it.
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

/// Something that a hub publishes and that is not used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// Why.
    pub rule: Rule,
    /// What it was about.
    pub what: String,
    /// How the user can allow it, or what to do in its place.
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

    /// Without the remedy.
    pub(in crate::resolve) fn what_and_rule(&self) -> String {
        format!("{} (rule {:?})", self.what, self.rule.as_str())
    }

    /// The same with the name of the configuration, for which `CONFIG` stands.
    pub(super) fn in_file(mut self, config: &str) -> Self {
        self.remedy = self
            .remedy
            .replace("write into CONFIG:", &format!("write into {config}:"));
        self
    }

    /// The same with the lines that would allow it.
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

/// A hub's text in quotes, control characters escaped, at most 100 characters.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
