//! Lines of every tool, completed in bash, zsh and fish: what is listed, and what a line becomes.

use crate::fleet::{Fleet, Spec};
use crate::support::Home;
use crate::support::session::Session;
use crate::support::shells::{
    BASH, BASH_COMPLETION, EMPTIED, FISH, PROMPT, TABS_OF_BASH, TABS_OF_FISH, TABS_OF_ZSH, ZSH, bash, fish,
    is_there, zsh,
};

/// The effect of TAB on a line.
enum Expected {
    /// It lists at least these.
    Lists(&'static [&'static str]),
    /// It completes the line to this one.
    Becomes(&'static str),
    /// It leaves the line as it is.
    Nothing,
}

use Expected::{Becomes, Lists, Nothing};

const LINES: [(&str, Expected); 35] = [
    (
        "kubectl-mc ",
        Lists(&["clusters", "completion", "doctor", "get", "setup", "version"]),
    ),
    ("kubectl-mc ver", Becomes("kubectl-mc version")),
    ("kubectl-mc completion ", Lists(&["bash", "fish", "zsh"])),
    (
        "kubectl-mc get po",
        Lists(&["poddisruptionbudgets", "pods", "podtemplates"]),
    ),
    (
        "kubectl-mc get widg",
        Becomes("kubectl-mc get widgets.example.com"),
    ),
    ("kubectl-mc get netp", Becomes("kubectl-mc get netpol")),
    (
        "kubectl-mc get pods,dep",
        Becomes("kubectl-mc get pods,deployments"),
    ),
    (
        "kubectl-mc get pods --no-h",
        Becomes("kubectl-mc get pods --no-headers"),
    ),
    (
        "kubectl-mc get pods --show-",
        Lists(&["--show-kind", "--show-labels", "--show-managed-fields"]),
    ),
    ("kubectl-mc get pods --tok", Nothing),
    (
        "kubectl-mc get pods --conte",
        Becomes("kubectl-mc get pods --contexts"),
    ),
    ("kubectl-mc get --serv", Becomes("kubectl-mc get --server-print")),
    (
        "kubectl-mc get pods --clusters=",
        Lists(&["dev-eu-3", "prod-eu-1", "prod-us-2"]),
    ),
    (
        "kubectl-mc get pods --clusters ",
        Lists(&["dev-eu-3", "prod-eu-1", "prod-us-2"]),
    ),
    (
        "kubectl-mc get pods --clusters=prod-eu-1,prod-u",
        Becomes("kubectl-mc get pods --clusters=prod-eu-1,prod-us-2"),
    ),
    (
        "kubectl-mc get pods --exclude prod-u",
        Becomes("kubectl-mc get pods --exclude prod-us-2"),
    ),
    (
        "kubectl-mc get pods --cluster-selector=",
        Lists(&["env=", "region="]),
    ),
    (
        "kubectl-mc get pods --cluster-selector=env=p",
        Becomes("kubectl-mc get pods --cluster-selector=env=prod"),
    ),
    (
        "kubectl-mc get pods --cluster-selector env=prod,region=e",
        Becomes("kubectl-mc get pods --cluster-selector env=prod,region=eu"),
    ),
    (
        "kubectl-mc get pods -n kube-",
        Lists(&["kube-node-lease", "kube-public", "kube-system"]),
    ),
    (
        "kubectl-mc get pods --namespace=sh",
        Becomes("kubectl-mc get pods --namespace=shop"),
    ),
    ("kubectl-mc get pods -n shop ", Lists(&["cart-0", "cart-1"])),
    (
        "kubectl-mc get widgets.example.com -n shop di",
        Becomes("kubectl-mc get widgets.example.com -n shop dial"),
    ),
    (
        "kubectl-mc get -n shop po/cart-",
        Lists(&["po/cart-0", "po/cart-1"]),
    ),
    ("kubectl-mc get pods --fail-on=", Lists(&["all", "any"])),
    (
        "kubectl-mc get pods -o js",
        Lists(&["json", "jsonpath", "jsonpath-as-json"]),
    ),
    ("kubectl-mc get -f obj", Becomes("kubectl-mc get -f objects.yaml")),
    (
        "kubectl-mc clusters --cluster-s",
        Lists(&["luster-selector", "luster-set"]),
    ),
    (
        "kubectl-mc setup --provider a",
        Lists(&["alibaba", "aws", "azure"]),
    ),
    (
        "kubectl-mc doctor --total",
        Becomes("kubectl-mc doctor --total-timeout"),
    ),
    (
        "kubectl mc get pods --hub-context h",
        Becomes("kubectl mc get pods --hub-context hub"),
    ),
    ("kubectl mc get pods -n shop cart-", Lists(&["cart-0", "cart-1"])),
    ("mc-exec get widg", Becomes("mc-exec get widgets.example.com")),
    ("mc-format -o t", Lists(&["table", "template", "tsv"])),
    (
        "mc-discover --source=clusterprofile,ku",
        Becomes("mc-discover --source=clusterprofile,kubeconfig"),
    ),
];

/// The tools, each with its own completion script but for kubectl.
const TOOLS: [&str; 5] = ["kubectl-mc", "mc-exec", "mc-format", "mc-discover", "kubectl"];

/// A home in which every cluster was asked for its types, and whose tools print the words that they are given.
fn home(fleet: &Fleet) -> Home {
    let home = Home::of(fleet);
    home.mc(&["get", "widgets", "-A"]).expect(0);
    home.write("objects.yaml", "");
    for tool in TOOLS {
        let complete = "[ \"$1 $2\" = '__complete mc' ] && shift 2 && exec kubectl_complete-mc \"$@\"\n";
        home.script(
            tool,
            &format!("{complete}printf 'RAN<%s>\\n' \"${{0##*/}} $*\"\n"),
        );
    }
    home
}

#[track_caller]
fn complete(mut session: Session, tabs: &str) {
    for (line, expected) in LINES {
        session.types(line);
        session.wait_for(line.trim_end());
        let whole = match expected {
            Lists(choices) => {
                session.types(tabs);
                session.wait_for_all(choices);
                session.types(EMPTIED);
                session.wait_for(PROMPT);
                continue;
            }
            Becomes(whole) => whole,
            Nothing => line,
        };
        session.types("\t\r");
        session.wait_for_all(&[&format!("RAN<{whole}>"), PROMPT]);
    }
    session.types("exit\r");
    session.end();
}

/// The completion scripts of the tools, and of kubectl.
fn scripts(shell: &str, before: &str, after: &str) -> Vec<String> {
    let root = env!("CARGO_MANIFEST_DIR");
    let own = TOOLS[..4]
        .iter()
        .map(|tool| format!("{root}/completions/{shell}/{before}{tool}{after}"));
    own.chain([format!("{root}/tests/data/completion/cobra-1.9.1.{shell}")])
        .collect()
}

fn fleet() -> Fleet {
    Fleet::start(Spec::named(&["prod-eu-1", "prod-us-2", "dev-eu-3"]))
}

#[test]
fn lines_of_all_tools_complete_in_bash() {
    if is_there(&[BASH, BASH_COMPLETION]) {
        let fleet = fleet();
        let home = home(&fleet);
        let sources = scripts("bash", "", "");
        complete(
            bash(&home, &sources.iter().map(String::as_str).collect::<Vec<_>>()),
            TABS_OF_BASH,
        );
    }
}

#[test]
fn lines_of_all_tools_complete_in_zsh() {
    if is_there(&[ZSH]) {
        let fleet = fleet();
        let home = home(&fleet);
        let sources = scripts("zsh", "_", "");
        complete(
            zsh(&home, &sources.iter().map(String::as_str).collect::<Vec<_>>()),
            TABS_OF_ZSH,
        );
    }
}

#[test]
fn lines_of_all_tools_complete_in_fish() {
    if is_there(&[FISH]) {
        let fleet = fleet();
        let home = home(&fleet);
        let sources = scripts("fish", "", ".fish");
        complete(
            fish(&home, &sources.iter().map(String::as_str).collect::<Vec<_>>()),
            TABS_OF_FISH,
        );
    }
}
