//! A user who has an evil hub: tripwires on PATH, members that play the evil servers, and a home that is compared
//! before and after.

use super::access::{CONFIG, eks, fleet, result, results};
use super::{Home, Outcome, binaries};
use crate::fleet::{Fleet, Member};
use serde_json::Value;
use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

/// Everything that a hub may want run: our own templates' commands too. (Doctor runs kubectl, on its own account.)
const TRIPWIRES: [&str; 13] = [
    "aws",
    "gke-gcloud-auth-plugin",
    "kubelogin",
    "corp-login",
    "my-plugin",
    "sh",
    "bash",
    "env",
    "id",
    "curl",
    "touch",
    "python3",
    "gcloud",
];

/// A provider file that takes what a profile adds, and a command line that the user has allowed.
const FILE: &str = r#"{"providers": [{"name": "corp", "execConfig": {"apiVersion": "client.authentication.k8s.io/v1",
    "command": "corp-login", "args": ["token"], "interactiveMode": "Never", "provideClusterInfo": true},
    "profileSourcedCLIArgsPolicy": "Append", "profileSourcedEnvVarsPolicy": "Replace"}]}"#;

/// A configuration that allows the evil servers' host, so that no other rule than the one under test stops
/// the hub.
pub const ALLOWED: &str =
    "access: {allowedHosts: [127.0.0.1], allowedCommands: [\"my-plugin token --cluster *\"]}\n";

/// A user: a home in a folder, with files beside it that `..` would lead to.
pub struct User {
    /// Where everything of hers is.
    pub home: Home,
    fleet: Fleet,
}

impl User {
    pub fn of(fleet: Fleet, config: &str) -> Self {
        let home = Home::of(&fleet);
        for (file, text) in [
            (format!("home/{CONFIG}"), config),
            ("home/.kube/kubectl-mc-providers.json".into(), FILE),
            (
                "home/.kube/kubectl-mc-clusters.yaml".into(),
                "clusters: {another: hub}\n",
            ),
            ("home/.ssh/id_ed25519".into(), "private\n"),
            ("secret".into(), "s3cret\n"),
            ("pwned".into(), "not yet\n"),
        ] {
            home.write(&file, text);
        }
        for name in TRIPWIRES {
            let file = format!("trip/{name}");
            home.write(
                &file,
                &format!("#!/bin/sh\necho \"$0 $*\" >>{}/tripped\n", home.path().display()),
            );
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(home.path().join(file), mode).unwrap();
        }
        Self { home, fleet }
    }

    /// Runs a line of the shell's own commands and our binaries (`@mc@/…`).
    pub fn run(&self, line: &str) -> Outcome {
        let line = line.replace("@mc@", &binaries().display().to_string());
        let script = format!(
            "HOME=$HOME/home; cd \"$HOME\"; PATH={}/trip; export HOME PATH; {line}",
            self.home.path().display()
        );
        self.home.shell(&script)
    }

    /// Every file's content, mode and time, but for the cache's own folder.
    pub fn files(&self) -> BTreeMap<String, (Vec<u8>, u32, i64, i64)> {
        let files = self.home.files().into_iter();
        let files = files.filter(|file| !file.starts_with("home/.kube/cache/kubectl-mc/"));
        let state = |file: String| {
            let path = self.home.path().join(&file);
            let data = std::fs::metadata(&path).unwrap();
            (
                file,
                (
                    std::fs::read(&path).unwrap(),
                    data.mode(),
                    data.mtime(),
                    data.mtime_nsec(),
                ),
            )
        };
        files.map(state).collect()
    }

    pub fn tripped(&self) -> String {
        std::fs::read_to_string(self.home.path().join("tripped")).unwrap_or_default()
    }

    /// That the lines do no harm, whatever they say; what they said.
    #[track_caller]
    pub fn unharmed<const N: usize>(&self, lines: [&str; N]) -> [Outcome; N] {
        let before = self.files();
        let outcomes = lines.map(|line| self.run(line));
        assert_eq!(self.tripped(), "", "something ran: {outcomes:?}");
        let after = self.files();
        let changed = |file: &&String| after.get(*file) != before.get(*file);
        let changed: Vec<_> = before.keys().chain(after.keys()).filter(changed).collect();
        assert!(changed.is_empty(), "{changed:?}");
        for member in self.fleet.members() {
            let seen = member.counters().seen();
            assert!(seen.is_empty(), "{} was sent {seen:?}", member.name());
        }
        for outcome in &outcomes {
            for text in [&outcome.stdout, &outcome.stderr] {
                assert!(!text.contains("s3cret") && !text.contains("hub-token"), "{text}");
                assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
            }
        }
        outcomes
    }
}

/// The rule that stops a member, and what the hub publishes of that member. The rule is empty where nothing is published.
pub type Row = (&'static str, Value, Value);

fn evil(index: usize, row: &Row) -> Member {
    let (_, providers, properties) = row;
    let properties = properties.as_object().unwrap().iter();
    Member {
        access_providers: Some(providers.to_string()),
        properties: properties
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect(),
        ..eks(&format!("row-{index}"))
    }
}

/// Runs the whole pipeline, its parts and doctor against a hub that publishes all rows, and looks at what each
/// comes to.
#[track_caller]
pub fn stopped(rows: &[Row], config: &str) {
    let fleet = Fleet::start(fleet(
        rows.iter().enumerate().map(|(index, row)| evil(index, row)),
    ));
    let user = User::of(fleet, config);
    let [whole, parts, ..] = user.unharmed([
        "@mc@/kubectl-mc get pods -A -v",
        "@mc@/mc-discover | @mc@/mc-exec get pods -A",
        "@mc@/mc-discover | @mc@/mc-resolve -v | @mc@/mc-exec get pods -A",
        "@mc@/kubectl-mc clusters",
        "@mc@/kubectl-mc doctor",
    ]);
    assert_eq!(whole.status, 1, "{whole:?}");
    let results = results(&parts.stdout);
    for (index, (rule, providers, properties)) in rows.iter().enumerate() {
        let about = format!("{rule}: {providers:.200} {properties}");
        let result = result(&results, &format!("row-{index}"));
        let message = result["message"].as_str().unwrap();
        if rule.is_empty() {
            assert_eq!(result["reason"], "Skipped", "{about}: {message}");
            continue;
        }
        assert_eq!(result["reason"], "Unresolved", "{about}: {message}");
        assert!(
            message.contains(&format!("(rule {rule:?})")),
            "{about}: {message}"
        );
        let remedy = match *rule {
            // A line with blanks or a star in a word is not one to be copied; a file can say it.
            "command" if !message.contains("allowedCommands") => "to allow it, name a provider ",
            "command" => "access: {allowedCommands: [",
            "host" => "access: {allowedHosts: {",
            // The user decides who logs in, and no other argument is offered.
            "arguments"
                if ["--profile", "--role-arn"]
                    .iter()
                    .any(|flag| about.contains(flag)) =>
            {
                "access: {allowedCommands: ["
            }
            "arguments" | "environment" => "name the plugin in the provider file as you want it",
            _ => "a hub cannot be allowed this",
        };
        assert!(message.contains(remedy), "{about}: {message}");
        assert!(message.contains("context of your own"), "{about}: {message}");
        assert!(message.len() < 4096, "{about}: {message:.300}");
    }
    // Names, so that a person knows which cluster it is about.
    assert!(whole.stderr.contains("row-0: "), "{}", whole.stderr);
}
