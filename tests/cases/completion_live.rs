//! Completion that asks a hub and a member: how often, of whom, and without a word to the person.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::Home;
use crate::support::access::CONFIG;

const MEMBERS: [&str; 3] = ["prod-eu-1", "prod-us-2", "dev-eu-3"];

/// The choices for a line of `kubectl mc`. Whatever happens, nothing is said and the status is 0.
#[track_caller]
fn choices(home: &Home, line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let text = home.run("kubectl_complete-mc", &words).expect(0);
    let words = text
        .lines()
        .map(|line| line.split('\t').next().unwrap().to_owned());
    let mut lines: Vec<String> = words.collect();
    let directive = lines.pop().unwrap();
    assert!(directive.starts_with(':'), "{text}");
    lines
}

/// The number of requests to the hub and to each member since the last time.
fn requests(fleet: &Fleet) -> (u64, Vec<u64>) {
    let hub = fleet.hub().counters().requests();
    let members = fleet
        .members()
        .map(|member| member.counters().requests())
        .collect();
    fleet.reset_counters();
    (hub, members)
}

#[test]
fn cold_cache_takes_one_request_to_the_hub_and_one_to_a_member() {
    let fleet = Fleet::start(Spec::named(&MEMBERS));
    let home = Home::of(&fleet);
    assert_eq!(
        choices(&home, "get pods --clusters=prod-"),
        ["prod-eu-1", "prod-us-2"]
    );
    assert_eq!(requests(&fleet), (1, vec![0, 0, 0]));
    // The hub's answer is in the cache now.
    assert_eq!(choices(&home, "get pods --clusters=dev"), ["dev-eu-3"]);
    assert_eq!(choices(&home, "clusters --cluster-selector env=d"), ["env=dev"]);
    assert_eq!(requests(&fleet), (0, vec![0, 0, 0]));
    assert!(choices(&home, "get pods -n ").contains(&"kube-system".to_owned()));
    assert_eq!(requests(&fleet), (0, vec![0, 0, 1]));
    assert!(choices(&home, "get pods -n shop ").contains(&"cart-0".to_owned()));
    assert_eq!(requests(&fleet), (0, vec![0, 0, 1]));
    // Types are asked for where no discovery document is cached.
    assert_eq!(choices(&home, "get widg"), ["widgets.example.com"]);
    assert_eq!(requests(&fleet), (0, vec![0, 0, 1]));

    let empty = Home::of(&fleet);
    assert!(choices(&empty, "get -n shop pod/cart").contains(&"pod/cart-0".to_owned()));
    assert_eq!(requests(&fleet), (1, vec![0, 0, 1]));
}

#[test]
fn names_come_from_a_selected_member_whose_types_are_known() {
    let fleet = Fleet::start(Spec::named(&MEMBERS));
    let home = Home::of(&fleet);
    home.mc(&["get", "widgets", "-A", "--clusters=prod-us-2"])
        .expect(0);
    requests(&fleet);
    assert!(!choices(&home, "get widgets -n shop ").is_empty());
    assert_eq!(requests(&fleet), (0, vec![0, 1, 0]));
    choices(&home, "get pods --clusters=dev-* -n ");
    assert_eq!(requests(&fleet), (0, vec![0, 0, 1]));
    choices(&home, "get pods --cluster-selector=region=eu -n ");
    assert_eq!(requests(&fleet), (0, vec![0, 0, 1]));
    // All namespaces, and a name that none of them is.
    assert!(choices(&home, "get pods -A ").is_empty());
    assert_eq!(requests(&fleet), (0, vec![0, 0, 0]));
}

#[test]
fn contexts_are_clusters_where_the_kubeconfig_is_the_source() {
    let fleet = Fleet::start(Spec::named(&MEMBERS));
    let home = Home::of(&fleet);
    let clusters = choices(&home, "get pods --source=kubeconfig --clusters=");
    assert!(clusters.contains(&"prod-us-2".to_owned()), "{clusters:?}");
    let namespaces = choices(&home, "get pods --source kubeconfig --clusters=prod-us-2 -n sh");
    assert_eq!(namespaces, ["shop"]);
    assert_eq!(requests(&fleet), (0, vec![0, 1, 0]));
}

/// A hanging server would keep any other command waiting for half a minute.
#[test]
fn hub_and_members_that_do_not_answer_give_no_choices() {
    for fault in [
        Fault::HangAccept,
        Fault::HangHeaders,
        Fault::Refuse,
        Fault::Unauthorized,
        Fault::Error,
    ] {
        let mut spec = Spec::named(&MEMBERS);
        spec.hub_fault = fault;
        let fleet = Fleet::start(spec);
        let home = Home::of(&fleet);
        assert!(choices(&home, "get pods --clusters=").is_empty(), "{fault:?}");

        let mut spec = Spec::named(&MEMBERS);
        for member in &mut spec.members {
            member.fault = fault;
        }
        let fleet = Fleet::start(spec);
        let home = Home::of(&fleet);
        assert_eq!(choices(&home, "get pods --clusters=dev"), ["dev-eu-3"]);
        for line in ["get pods -n ", "get pods ", "get pod/"] {
            assert!(choices(&home, line).is_empty(), "{fault:?}: {line}");
        }
        // The built-in types are known without any server.
        assert_eq!(choices(&home, "get podt"), ["podtemplates"], "{fault:?}");
    }
}

/// Of a plugin that could ask a person, not even the program is started.
#[test]
fn credential_plugins_run_only_if_they_never_ask() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let kubeconfig = std::fs::read_to_string(fleet.kubeconfig()).unwrap();
    let mut kubeconfig: serde_json::Value = serde_yaml::from_str(&kubeconfig).unwrap();
    let users = kubeconfig["users"].as_array().unwrap().clone();
    for (mode, runs) in [("Always", false), ("IfAvailable", false), ("Never", true)] {
        let home = Home::empty();
        for (index, user) in users.iter().enumerate() {
            let name = user["name"].as_str().unwrap();
            let token = user["user"]["token"].as_str().unwrap_or_default();
            let answer = serde_json::json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                "status": {"token": token}});
            home.script(
                &format!("login-{name}"),
                &format!("touch \"$HOME/RAN\"\necho '{answer}'\n"),
            );
            let command = home.path().join("bin").join(format!("login-{name}"));
            kubeconfig["users"][index]["user"] = serde_json::json!({"exec": {"command": command,
                "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": mode}});
        }
        home.write(".kube/config", &kubeconfig.to_string());
        let namespaces = choices(&home, "get pods -n kube-s");
        let clusters = choices(&home, "get pods --clusters=");
        let ran = home.files().iter().any(|file| file == "RAN");
        assert_eq!(ran, runs, "{mode}");
        assert_eq!(
            namespaces,
            if runs { vec!["kube-system"] } else { Vec::new() },
            "{mode}"
        );
        assert_eq!(
            clusters,
            if runs { vec!["prod-eu-1"] } else { Vec::new() },
            "{mode}"
        );
    }
}

#[test]
fn files_that_are_wrong_give_fewer_choices() {
    let home = Home::empty();
    home.write(".kube/config", "no: [kubeconfig");
    home.write(CONFIG, "no: [configuration");
    assert!(choices(&home, "get pods --clusters=").is_empty());
    assert!(choices(&home, "get pods -n ").is_empty());
    assert_eq!(choices(&home, "get podt"), ["podtemplates"]);
    assert_eq!(choices(&home, "get pods --no-h"), ["--no-headers"]);
    // A folder for the home is all that is needed.
    assert_eq!(choices(&Home::empty(), "clu"), ["clusters"]);
}
