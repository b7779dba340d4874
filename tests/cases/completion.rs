//! Shell completion with hostile names, in real interactive shells and with the scripts that kubectl's
//! completion has come with (those of cobra 1.7, 1.8 and 1.9).

use crate::fleet::{Fleet, Spec};
use crate::support::Home;
use crate::support::access::CONFIG;
use crate::support::session::Session;
use crate::support::shells::{
    BASH, BASH_COMPLETION, EMPTIED, FISH, PROMPT, TABS_OF_BASH, TABS_OF_FISH, TABS_OF_ZSH, ZSH, bash, fish,
    is_there, zsh,
};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;

/// A mark that every hostile name has, and no other.
const EVIL: &str = "EVIL";

/// Names with text that a shell or a terminal could act on; each begins like a good one.
fn hostile(begin: &str) -> Vec<String> {
    let touch = "touch PWNED";
    [
        format!("{begin}EVIL$({touch})"),
        format!("{begin}EVIL`{touch}`"),
        format!("{begin}EVIL;{touch};"),
        format!("{begin}EVIL|{touch}"),
        format!("{begin}EVIL&{touch}&"),
        format!("{begin}EVIL${{x[$({touch})]}}"),
        format!("$({touch}){begin}EVIL"),
        format!("{begin}EVIL\n$({touch})EVIL"),
        format!("{begin}EVIL\t$({touch})EVIL"),
        format!("_activeHelp_ {begin}EVIL\u{1b}]0;EVIL\u{7}"),
        format!("{begin}EVIL\n_activeHelp_ \u{1b}[31mEVIL"),
        format!("{begin}\u{1b}]0;EVIL\u{7}"),
        format!("{begin}EVIL\u{9b}31m"),
        format!("{begin}EVIL\u{202e}"),
        format!("{begin}EVIL\n:0"),
        format!("{begin}EVIL' $({touch}) '"),
        format!("{begin}EVIL\" $({touch}) \""),
        format!("{begin}EVIL <({touch})"),
        format!("{begin}EVIL%F{{red}}"),
        format!("-x{begin}EVIL"),
    ]
    .into()
}

/// A home whose caches, kubeconfig and configuration hold such names beside good ones, as if every other check had
/// been passed, and a stand-in for kubectl that passes on what our program prints.
fn home() -> Home {
    let home = Home::empty();
    let names = |begin: &str, good: [&str; 2]| {
        let mut names = hostile(begin);
        names.extend(good.map(str::to_owned));
        names
    };
    let mut lines: Vec<String> = names("shop/web-", ["shop/web-1", "shop/web-2"])
        .into_iter()
        .map(|about| json!({"kind": "FleetCache", "source": "inventory", "about": about}).to_string())
        .collect();
    for (cluster, set) in names("prod-", ["prod-eu-1", "prod-us-2"])
        .into_iter()
        .zip(names("set-", ["set-global", "set-shop"]))
    {
        let properties = json!({&cluster: cluster});
        let record =
            json!({"kind": "Cluster", "cluster": cluster, "clusterSets": [set], "properties": properties});
        lines.push(record.to_string());
    }
    private(
        &home,
        ".kube/cache/kubectl-mc/fleet/hub.ndjson",
        &(lines.join("\n") + "\n"),
    );
    let resources: Vec<_> = names("gadget", ["gadgets", "gadgetwheels"])
        .into_iter()
        .map(|name| json!({"plural": name, "singular": name, "kind": name, "namespaced": true}))
        .collect();
    let groups = json!([{"name": "", "preferred": 0, "versions": [{"name": "v1", "resources": resources}]}]);
    let file = json!({"server": "https://x", "fetched": 1, "etags": [null, null], "groups": groups});
    private(
        &home,
        ".kube/cache/kubectl-mc/discovery/x.json",
        &file.to_string(),
    );
    let contexts: Vec<_> = names("ctx-", ["ctx-1", "ctx-2"])
        .into_iter()
        .map(|name| json!({"name": name, "context": {"cluster": "x", "user": "x", "namespace": "EVIL$(touch PWNED)"}}))
        .collect();
    let kubeconfig = json!({"apiVersion": "v1", "kind": "Config", "contexts": contexts,
        "clusters": [{"name": "x", "cluster": {"server": "https://x"}}], "users": []});
    home.write(".kube/config", &yaml(&kubeconfig));
    let hubs: Vec<_> = names("land-", ["land-1", "land-2"])
        .into_iter()
        .enumerate()
        .map(|(index, region)| json!({"context": format!("hub-{index}"), "region": region}))
        .collect();
    home.write(
        CONFIG,
        &yaml(&json!({"apiVersion": "kubectl-mc.k8s.io/v1alpha1", "kind": "Config", "hubs": hubs})),
    );
    home.script(
        "kubectl",
        "[ \"$1 $2\" = '__complete mc' ] || exit 1\nshift 2\nexec kubectl_complete-mc \"$@\"\n",
    );
    home
}

/// As YAML, which takes no C1 control characters as they are.
fn yaml(value: &serde_json::Value) -> String {
    let escaped = |character: char| match character.is_ascii() {
        true => character.to_string(),
        false => format!("\\u{:04x}", u32::from(character)),
    };
    value.to_string().chars().map(escaped).collect()
}

fn private(home: &Home, path: &str, text: &str) {
    home.write(path, text);
    let path = home.path().join(path);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn script(name: &str) -> String {
    format!("{}/tests/data/completion/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Lines to complete, and what is offered there.
const LINES: [(&str, &str); 12] = [
    ("get --clusters ", "prod-us-2"),
    ("get --clusters=", "prod-us-2"),
    ("get --exclude prod-", "prod-us-2"),
    ("get --cluster-set ", "set-global"),
    ("get --placement ", "shop/web-2"),
    ("get --region ", "land-2"),
    ("get --contexts ", "ctx-2"),
    ("get --hub-context ", "ctx-2"),
    ("get gad", "gadgetwheels"),
    ("get -o ", "jsonpath-as-json"),
    ("get --show-", "--show-managed-fields"),
    ("", "clusters"),
];

/// Completes all these lines, and asserts that nothing ran.
#[track_caller]
fn harmless(home: &Home, mut session: Session, tabs: &str) {
    for (line, offered) in LINES {
        session.types(&format!("kubectl mc {line}"));
        session.wait_for(line);
        session.types(tabs);
        session.wait_for(offered);
        session.types(EMPTIED);
        session.wait_for(PROMPT);
    }
    // The shell completes the rest, with file names.
    for line in ["get -n ", "get --cluster-selector ", "get pods --subresource "] {
        session.types(&format!("kubectl mc {line}"));
        session.wait_for(line);
        session.types(&format!("{tabs}{EMPTIED}"));
        session.wait_for(PROMPT);
    }
    session.types("exit\r");
    let shown = session.end();
    assert!(!shown.contains(EVIL), "{shown:?}");
    assert_eq!(pwned(home), Vec::<String>::new(), "{shown:?}");
}

fn pwned(home: &Home) -> Vec<String> {
    let mut files = home.files();
    files.retain(|file| file.contains("PWNED"));
    files
}

#[test]
fn hostile_names_run_nothing_at_tab_in_bash() {
    if !is_there(&[BASH, BASH_COMPLETION]) {
        return;
    }
    for version in ["1.7.0", "1.8.1", "1.9.1"] {
        let home = home();
        let session = bash(&home, &[&script(&format!("cobra-{version}.bash"))]);
        harmless(&home, session, TABS_OF_BASH);
    }
}

#[test]
fn hostile_names_run_nothing_at_tab_in_zsh() {
    if !is_there(&[ZSH]) {
        return;
    }
    let home = home();
    let session = zsh(&home, &[&script("cobra-1.9.1.zsh")]);
    harmless(&home, session, TABS_OF_ZSH);
}

#[test]
fn hostile_names_run_nothing_at_tab_in_fish() {
    if !is_there(&[FISH]) {
        return;
    }
    let home = home();
    let session = fish(&home, &[&script("cobra-1.9.1.fish")]);
    harmless(&home, session, TABS_OF_FISH);
}

/// Shows that the tests above can fail: such a name runs something where nothing checks it.
#[test]
fn unchecked_hostile_name_would_run_at_tab() {
    if !is_there(&[BASH, BASH_COMPLETION]) {
        return;
    }
    let home = home();
    home.script("kubectl", "echo 'prod-1$(touch PWNED)'\necho prod-2\necho :4\n");
    let mut session = bash(&home, &[&script("cobra-1.8.1.bash")]);
    session.types(&format!("kubectl mc get --clusters {TABS_OF_BASH}"));
    session.wait_for("prod-2");
    session.types(&format!("{EMPTIED}exit\r"));
    session.end();
    assert_eq!(pwned(&home), ["PWNED"]);
}

/// Lines that our own scripts complete, and a word that is offered there.
const OWN_LINES: [(&str, &str); 8] = [
    ("kubectl-mc get --clusters ", "prod-us-2"),
    ("kubectl-mc get --clusters=", "prod-us-2"),
    ("kubectl-mc get gad", "gadgetwheels"),
    ("kubectl-mc ", "clusters"),
    ("mc-exec get gad", "gadgetwheels"),
    ("mc-discover --cluster-set ", "set-global"),
    ("mc-discover --source ", "clusterprofile"),
    ("mc-format -o ", "jsonpath-as-json"),
];

/// Our own scripts, which offer the same names as kubectl's, in a folder with hostile file names.
#[test]
fn own_completion_scripts_offer_names_and_run_nothing() {
    let folder = format!("{}/completions", env!("CARGO_MANIFEST_DIR"));
    let home = home();
    for name in hostile("").iter().filter(|name| !name.contains('/')) {
        home.write(&name.replace(EVIL, "file"), "");
    }
    let complete = |mut session: Session, tabs: &str| {
        for (line, offered) in OWN_LINES {
            session.types(line);
            session.wait_for(line);
            session.types(tabs);
            session.wait_for(offered);
            session.types(EMPTIED);
            session.wait_for(PROMPT);
        }
        // The shell offers files.
        session.types("mc-exec get --kubeconfig ");
        session.wait_for("--kubeconfig ");
        session.types(&format!("{tabs}{EMPTIED}"));
        session.wait_for(PROMPT);
        // A flag that is refused.
        session.types("kubectl-mc get --tok");
        session.wait_for("--tok");
        session.types(&format!("{tabs}{EMPTIED}"));
        session.wait_for(PROMPT);
        session.types("exit\r");
        let shown = session.end();
        assert_eq!(pwned(&home).iter().filter(|file| *file == "PWNED").count(), 0);
        assert!(!shown.contains("--token"), "{shown:?}");
    };
    let tools = ["kubectl-mc", "mc-exec", "mc-format", "mc-discover"];
    if is_there(&[BASH, BASH_COMPLETION]) {
        let sources = tools.map(|name| format!("{folder}/bash/{name}"));
        let session = bash(&home, &sources.each_ref().map(String::as_str));
        complete(session, TABS_OF_BASH);
    }
    if is_there(&[ZSH]) {
        let sources = tools.map(|name| format!("{folder}/zsh/_{name}"));
        let session = zsh(&home, &sources.each_ref().map(String::as_str));
        complete(session, TABS_OF_ZSH);
    }
    if is_there(&[FISH]) {
        let sources = tools.map(|name| format!("{folder}/fish/{name}.fish"));
        let session = fish(&home, &sources.each_ref().map(String::as_str));
        complete(session, TABS_OF_FISH);
    }
}

/// The same names end to end: from a hub, and from a member's discovery document.
#[test]
fn hub_and_member_with_hostile_names_are_left_out_and_named() {
    let profile = |name: &String| {
        json!({"metadata": {"name": name, "namespace": "x"}, "spec": {"clusterManager": {"name": "m"}}})
            .to_string()
    };
    let mut names = hostile("prod-");
    // Has a meaning only in a prompt of zsh.
    names.retain(|name| !name.contains('%'));
    names.extend(
        [
            "\u{2028}",
            "\u{200b}",
            "\u{ad}",
            "\u{feff}",
            "\u{e0041}",
            "\u{2066}",
        ]
        .map(|c| format!("prod-{c}EVIL")),
    );
    let resource = |name: &String| {
        json!({"resource": name, "responseKind": {"group": "", "version": "", "kind": "Evil"},
            "scope": "Namespaced", "singularResource": "evil", "verbs": ["get", "list"], "categories": ["all"]})
    };
    let core = include_str!("../data/recorded/member.api.aggregated.json");
    let mut core: serde_json::Value = serde_json::from_str(core).unwrap();
    let resources = core["items"][0]["versions"][0]["resources"]
        .as_array_mut()
        .unwrap();
    resources.extend(hostile("gadget").iter().map(resource));
    let spec = Spec {
        extra_profiles: names.iter().map(profile).collect(),
        ..Spec::named(&["prod-eu-1", "prod-us-2"])
    };
    let fleet = Fleet::start(spec.answer("prod-us-2", "/api", &core.to_string()));
    let home = Home::of(&fleet);
    let discovered = home.run("mc-discover", &[]);
    assert_eq!(discovered.status, 3, "{discovered:?}");
    assert_eq!(discovered.stdout.matches(r#"{"kind":"Cluster","#).count(), 2);
    // All are counted, and the first few are named.
    let named = discovered.stderr.matches("is refused").count();
    let more = format!("and {} more like these", names.len() - named);
    assert!(
        named == 20 && discovered.stderr.contains(&more),
        "{}",
        discovered.stderr
    );
    let is_plain = |text: &str| {
        text.chars()
            .all(|c| c == '\n' || c.is_ascii_graphic() || c == ' ' || c == '…')
    };
    assert!(is_plain(&discovered.stderr), "{:?}", discovered.stderr);

    let shown = home.run("kubectl-mc", &["get", "all", "-A", "-o", "name"]);
    assert_eq!(shown.status, 3, "{shown:?}");
    assert!(!shown.stdout.contains(EVIL), "{}", shown.stdout);
    assert!(
        shown
            .stderr
            .contains("types whose names are not DNS labels are left out: \"gadgetEVIL$(touch PWNED)\""),
        "{}",
        shown.stderr
    );
    assert!(is_plain(&shown.stderr), "{:?}", shown.stderr);
    for cluster in ["prod-eu-1", "prod-us-2"] {
        assert!(
            shown.stdout.contains(&format!("{cluster}\tpod/")),
            "{}",
            shown.stdout
        );
    }
    let offered = home.run("kubectl_complete-mc", &["get", ""]).expect(0);
    assert!(
        offered.contains("\nwidgets.example.com\n") && !offered.contains(EVIL),
        "{offered}"
    );
}
