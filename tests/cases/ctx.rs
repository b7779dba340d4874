//! `kubectl mc ctx`: the context that leads to a cluster, and switching to it.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::{Home, access};
use std::os::unix::fs::PermissionsExt;

/// A fleet of two, with a kubeconfig of the user's own before that of the fleet.
fn home(fleet: &Fleet) -> Home {
    let home = Home::of(fleet);
    home.write(
        ".kube/kubectl-mc-clusters.yaml",
        "hubContext: hub\nclusters: {prod-eu-1: prod-us-1}\n",
    );
    home
}

fn two() -> Fleet {
    Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]))
}

#[test]
fn ctx_prints_the_context_that_leads_to_a_cluster() {
    let fleet = two();
    let home = home(&fleet);
    for program in ["kubectl-mc ctx", "mc-ctx"] {
        assert_eq!(
            home.shell(&format!("{program} prod-us-1")).expect(0),
            "prod-us-1\n"
        );
        assert_eq!(
            home.shell(&format!("{program} prod-eu-1")).expect(0),
            "prod-us-1\n",
            "as the mapping says"
        );
    }
    home.shell("kubectl-mc ctx prod-eu1").expect_saying(
        1,
        "mc-ctx: no cluster of the fleet has the name \"prod-eu1\" (did you mean \"prod-eu-1\" or \"prod-us-1\"?): \
         kubectl mc ctx lists all\n",
    );
    home.shell("kubectl-mc ctx --use").complaint(2);
    assert_eq!(
        home.shell("kubectl-mc ctx prod-us-1 --use --print-pipeline")
            .expect(0),
        "mc-ctx --use -- prod-us-1\n"
    );
}

#[test]
fn ctx_lists_clusters_with_their_contexts() {
    let mut spec = Spec::named(&["prod-eu-1", "prod-us-1", "stray"]);
    spec.members[2].context = false;
    let fleet = Fleet::start(spec);
    let home = home(&fleet);
    home.shell("mc-ctx prod-us-1 --use").expect(0);
    assert_eq!(
        home.shell("kubectl-mc ctx").expect(0),
        "CURRENT   CLUSTER     NAMESPACE   CONTEXT\n\
         *         prod-eu-1               prod-us-1\n\
         *         prod-us-1               prod-us-1\n\
         \u{20}         stray                   <none>\n"
    );
    assert_eq!(
        home.shell("mc-ctx -o csv --no-headers --clusters=stray")
            .expect(0),
        ",stray,,<none>\n"
    );
    home.shell("mc-ctx -o json").expect_saying(
        2,
        "mc-ctx: ctx prints names: -o table, csv, tsv or ndjson gives the list another form\n",
    );
    let complaint = home.shell("mc-ctx stray").complaint(1);
    assert!(
        complaint.contains("kubectl mc setup --clusters=stray"),
        "{complaint}"
    );
}

#[test]
fn ctx_use_changes_the_file_that_sets_the_current_context() {
    let fleet = two();
    let home = home(&fleet);
    let text = "# mine\napiVersion: v1\ncurrent-context: hub # the hub\nkind: Config\nusers: []\n";
    home.write("first", "apiVersion: v1\nkind: Config\n");
    home.write("second", text);
    let second = home.path().join("second");
    std::fs::set_permissions(&second, PermissionsExt::from_mode(0o640)).unwrap();
    let before = std::fs::read(fleet.kubeconfig()).unwrap();
    let line = |args: &str| format!("KUBECONFIG=$HOME/first:$HOME/second:$KUBECONFIG kubectl-mc ctx {args}");
    assert_eq!(
        home.shell(&line("prod-us-1 --use")).expect(0),
        "Switched to context \"prod-us-1\".\n"
    );
    let read = |file: &str| std::fs::read_to_string(home.path().join(file)).unwrap();
    assert_eq!(read("second"), text.replace("hub #", "prod-us-1 #"));
    assert_eq!(
        std::fs::metadata(&second).unwrap().permissions().mode() & 0o777,
        0o640
    );
    assert_eq!(read("first"), "apiVersion: v1\nkind: Config\n");
    assert_eq!(std::fs::read(fleet.kubeconfig()).unwrap(), before);
    // It is locked as kubectl locks it.
    home.write("second.lock", "");
    home.write("second", text);
    let complaint = home.shell(&line("prod-us-1 --use")).complaint(1);
    assert!(
        complaint.contains("locked by") && complaint.contains("second.lock"),
        "{complaint}"
    );
    assert_eq!(read("second"), text);
}

#[test]
fn ctx_use_warns_when_the_hub_was_only_the_current_context() {
    let fleet = two();
    let home = Home::of(&fleet);
    home.shell("kubectl-mc ctx prod-us-1").expect(0);
    let outcome = home.shell("kubectl-mc ctx prod-us-1 --use");
    assert_eq!(outcome.status, 0, "{outcome}");
    assert!(
        outcome
            .stderr
            .contains("write hubContext: hub into ~/.kube/kubectl-mc-clusters.yaml"),
        "{outcome}"
    );
}

#[test]
fn ctx_without_the_hub_uses_the_user_files() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]).fault("hub", Fault::Refuse));
    let home = home(&fleet);
    assert_eq!(home.shell("kubectl-mc ctx prod-eu-1").expect(0), "prod-us-1\n");
    let complaint = home.shell("kubectl-mc ctx other").complaint(1);
    assert!(complaint.contains("connection refused"), "{complaint}");
}

#[test]
fn ctx_of_a_cluster_without_context_names_setup_which_makes_one() {
    let mut member = access::eks("one");
    member.properties.extend([
        ("cloud.provider".to_owned(), "aws".to_owned()),
        ("cluster-name".to_owned(), "one".to_owned()),
    ]);
    let fleet = Fleet::start(access::fleet([member]));
    let (home, tools) = access::home(&fleet);
    home.write(access::MAPPING, "hubContext: hub\n");
    tools.fetch(
        "aws",
        "eks update-kubeconfig --name one --region eu-west-1",
        r#"sed -i 's|^contexts:|contexts:\n- {name: admin@one, context: {cluster: hub, user: hub}}|' "$KUBECONFIG""#,
    );
    let run = |line: &str| home.shell(&access::with_tools(line));
    run("kubectl-mc ctx one").expect_saying(
        1,
        "mc-ctx: no context leads to one: access to it is made on the fly, by the access provider \"eks\" that its hub \
         publishes. kubectl mc setup --with-contexts --clusters=one makes a context\n",
    );
    let unchanged = run("kubectl-mc setup --clusters=one --yes");
    assert!(unchanged.stdout.contains("1 had access already"), "{unchanged}");
    let made = run("kubectl-mc setup --with-contexts --clusters=one --yes");
    assert_eq!(made.status, 0, "{made}");
    let context = run("kubectl-mc ctx one");
    assert_eq!(
        (context.status, context.stdout.as_str()),
        (0, "admin@one\n"),
        "{made}\n{context}"
    );
}
