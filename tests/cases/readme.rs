//! The README's terminal sessions are run and compared; `make docs` writes them anew.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::{Home, check_file};
use std::fmt::Write as _;

/// The lines that are typed in each session, by the session's name in the README.
const SESSIONS: [(&str, &[&str]); 6] = [
    ("intro", &["kubectl mc get deployments -A"]),
    ("clusters", &["kubectl mc clusters"]),
    (
        "trouble",
        &[
            "kubectl mc get nodes --timeout 2s",
            "echo $?",
            "kubectl mc get nodes --timeout 2s -v >/dev/null",
        ],
    ),
    (
        "groups",
        &[
            "kubectl mc get pods -A --group-by NAMESPACE",
            "kubectl mc get nodes --group-by VERSION:.status.nodeInfo.kubeletVersion --sum .status.capacity.memory",
            "kubectl mc get deployments -A --fold",
        ],
    ),
    (
        "pipeline",
        &["kubectl mc get pods -A --clusters='prod-*' -o csv --print-pipeline"],
    ),
    (
        "config",
        &[
            "KUBECTL_MC_MAX_STALE=1h kubectl mc config view --timeout=5s | grep -E 'FROM|hub|Stale|TTL|timeout'",
        ],
    ),
];

#[test]
fn readme_sessions_are_current() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let healthy = Fleet::start(Spec::named(&["dev-eu-1", "prod-eu-1", "prod-us-1"]));
    let mut spec = Spec::named(&["dev-eu-1", "prod-eu-1", "prod-us-1", "test-ap-1"])
        .fault("dev-eu-1", Fault::HangHeaders)
        .fault("prod-us-1", Fault::Forbidden);
    spec.members[0].healthy = "False".into();
    spec.members[3].context = false;
    let ailing = Fleet::start(spec);

    let mut fresh = readme.clone();
    for (name, lines) in SESSIONS {
        let fleet = if matches!(name, "intro" | "groups" | "pipeline") {
            &healthy
        } else {
            &ailing
        };
        let home = Home::of(fleet);
        if name == "config" {
            home.write(".kube/kubectl-mc-config.yaml", "hubContext: hub\n");
        }
        let mut text = String::from("\n```console\n");
        let mut status = 0;
        for line in lines {
            writeln!(text, "$ {line}").unwrap();
            let runnable = line
                .replace("kubectl mc", "kubectl-mc")
                .replace("$?", &status.to_string());
            // Both streams in one, as on a terminal.
            let outcome = home.shell(&format!("{{ {runnable} ; }} 2>&1"));
            status = outcome.status;
            text.push_str(&anonymous(&outcome.stdout, fleet));
        }
        text.push_str("```\n");
        fresh = replace(&fresh, &format!("<!-- session: {name} -->"), &text);
    }
    let results = include_str!("../../benches/results/pipeline.md");
    let (_, figures) = results.split_once("\n").unwrap();
    // The limits that are promised, and the figures of a usual size.
    let sections: Vec<&str> = figures.split("\n## ").collect();
    let usual = sections
        .iter()
        .rfind(|section| section.starts_with("100 members × 100 pods, 100"));
    let summary = [sections[0], sections[1], usual.unwrap()].join("\n### ");
    fresh = replace(&fresh, "<!-- bench -->", &summary);
    check_file("README.md", fresh.as_bytes());
}

/// Replaces the servers' ports, which differ from run to run, by names.
fn anonymous(text: &str, fleet: &Fleet) -> String {
    let mut text = text.to_owned();
    for member in fleet.members() {
        let address = member.server().trim_start_matches("https://");
        text = text.replace(address, &format!("{}.example.com:6443", member.name()));
    }
    text
}

/// Replaces the text between a marker and the next `<!-- end -->`.
fn replace(document: &str, marker: &str, text: &str) -> String {
    let (before, rest) = document
        .split_once(marker)
        .unwrap_or_else(|| panic!("no {marker} in README.md"));
    let (_, after) = rest
        .split_once("<!-- end -->")
        .unwrap_or_else(|| panic!("no end of {marker}"));
    format!("{before}{marker}{text}<!-- end -->{after}")
}
