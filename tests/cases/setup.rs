//! `kubectl mc setup`, with stand-ins for the clouds' tools that take exactly the calls that they should get.

use crate::fleet::{Fault, Fleet, Spec};
use crate::standins::Standins;
use crate::support::{Home, Outcome, check_snapshot};
use serde_json::json;

/// Gives a member without a context these properties.
fn member(spec: &mut Spec, name: &str, properties: &[(&str, &str)]) {
    let member = spec
        .members
        .iter_mut()
        .find(|member| member.name == name)
        .unwrap();
    member.properties = properties
        .iter()
        .map(|(key, value)| ((*key).into(), (*value).into()))
        .collect();
}

/// A cluster in each cloud, one without metadata, and one with a context of its own name.
const NAMES: [&str; 6] = ["one", "two", "three", "four", "cluster-3", "own"];

fn spec() -> Spec {
    let mut spec = Spec::named(&NAMES);
    member(
        &mut spec,
        "one",
        &[("cloud.provider", "aws"), ("region", "eu-west-1")],
    );
    let gke = [
        ("cluster.type", "gke"),
        ("location", "europe-west1"),
        ("project", "shop-1"),
    ];
    member(&mut spec, "two", &gke);
    member(
        &mut spec,
        "three",
        &[("cloud.provider", "azure"), ("resourceGroup", "rg")],
    );
    member(
        &mut spec,
        "four",
        &[("cluster.type", "ack"), ("cluster.id", "c0123456789abcdef")],
    );
    spec
}

/// A home with the kubeconfig of a fleet that has contexts for the hub and `own` only; the contexts stand last,
/// so that a stand-in can add one.
fn home(fleet: &Fleet) -> Home {
    let home = Home::empty();
    let whole = std::fs::read_to_string(fleet.kubeconfig()).unwrap();
    let (before, _) = whole.split_once("contexts:\n").unwrap();
    let contexts = ["hub", "own"]
        .map(|name| format!("- {{name: {name}, context: {{cluster: {name}, user: {name}}}}}\n"));
    let text = format!("current-context: hub\n{before}contexts:\n{}", contexts.concat());
    home.write(".kube/config", &text);
    let add = |context: &str, member: &str| {
        format!(
            "printf -- '- {{name: \"{context}\", context: {{cluster: {member}, user: {member}}}}}\\n' >>\"$HOME/.kube/config\"; \
             sed -i 's|^current-context: .*|current-context: {context}|' \"$HOME/.kube/config\""
        )
    };
    let tools = Standins::in_home(home.path());
    let arn = "arn:aws:eks:eu-west-1:111122223333:cluster/one";
    tools.fetch(
        "aws",
        "eks update-kubeconfig --name one --region eu-west-1",
        &add(arn, "one"),
    );
    tools.fetch(
        "gcloud",
        "container clusters get-credentials two --region europe-west1 --project shop-1",
        &add("gke_shop-1_europe-west1_two", "two"),
    );
    tools.fetch(
        "az",
        "aks get-credentials --name three --resource-group rg",
        &add("three-admin", "three"),
    );
    tools.fetch(
        "aliyun",
        "cs cluster get-kubeconfig --cluster c0123456789abcdef",
        &add("ack-four", "four"),
    );
    home
}

fn setup(home: &Home, args: &str) -> Outcome {
    home.shell(&format!("PATH=\"$HOME/bin:$PATH\" kubectl-mc setup {args}"))
}

fn typing(home: &Home, args: &str, typed: &str) -> Outcome {
    home.typing(
        &format!("PATH=\"$HOME/bin:$PATH\" NO_COLOR=1 kubectl-mc setup {args}"),
        typed,
    )
}

fn read(home: &Home, path: &str) -> String {
    std::fs::read_to_string(home.path().join(path)).unwrap_or_default()
}

const MAPPING: &str = ".kube/kubectl-mc-clusters.yaml";
const CONFIG: &str = ".kube/kubectl-mc-config.yaml";

#[test]
fn setup_yes_runs_each_cloud_tool_once_and_maps_its_context() {
    let fleet = Fleet::start(spec());
    let home = home(&fleet);
    home.write(
        MAPPING,
        "# mine\nclusters:\n  # the first\n  zero: hub   # why\n\n# end\n",
    );
    check_snapshot("setup-yes", &setup(&home, "--yes"));
    assert_eq!(
        read(&home, MAPPING),
        "# mine\nclusters:\n  # the first\n  zero: hub   # why\n  four: ack-four\n  \
         one: arn:aws:eks:eu-west-1:111122223333:cluster/one\n  three: three-admin\n  \
         two: gke_shop-1_europe-west1_two\nhubContext: hub\n\n# end\n"
    );
    assert_eq!(
        read(&home, &format!("{MAPPING}.bak")),
        "# mine\nclusters:\n  # the first\n  zero: hub   # why\n\n# end\n"
    );
    assert_eq!(read(&home, CONFIG), "");
    let rows = home
        .mc(&["get", "pods", "-A", "-o", "name", "--exclude=cluster-3"])
        .expect(0);
    for name in ["one", "two", "three", "four", "own"] {
        assert!(rows.contains(&format!("{name}\t")), "{rows}");
    }

    // Again: nothing is run, and no byte of the files changes.
    let (mapping, config) = (read(&home, MAPPING), read(&home, CONFIG));
    let (kubeconfig, calls) = (read(&home, ".kube/config"), read(&home, "standins/calls"));
    setup(&home, "--yes").expect(3);
    assert_eq!((read(&home, MAPPING), read(&home, CONFIG)), (mapping, config));
    assert_eq!(
        (read(&home, ".kube/config"), read(&home, "standins/calls")),
        (kubeconfig, calls)
    );
}

#[test]
fn setup_finds_the_new_context_by_its_server() {
    let mut spec = spec();
    let four = spec
        .members
        .iter_mut()
        .find(|member| member.name == "four")
        .unwrap();
    four.access_providers = Some(
        r#"[{"name": "ack", "cluster": {"server": "@server@", "certificate-authority-data": "@ca@"}}]"#
            .into(),
    );
    let fleet = Fleet::start(spec);
    let home = home(&fleet);
    let add = |context: &str, member: &str| {
        format!(
            "printf -- '- {{name: \"{context}\", context: {{cluster: {member}, user: {member}}}}}\\n' >>\"$HOME/.kube/config\"\n"
        )
    };
    // Two contexts with names that say nothing about the cluster.
    home.write(
        "standins/aliyun.act",
        &(add("kubernetes-admin-1", "one") + &add("kubernetes-admin-2", "four")),
    );
    setup(&home, "--yes --clusters four").expect(0);
    let mapping = read(&home, MAPPING);
    assert!(
        mapping.contains("- name: four\n  context: kubernetes-admin-2\n"),
        "{mapping}"
    );
    // A context that leads to the published server needs no mapping.
    home.write(MAPPING, "hubContext: hub\n");
    let shown = setup(&home, "--yes --clusters four").expect(0);
    assert!(
        shown.contains("ok four: context \"kubernetes-admin-2\", "),
        "{shown}"
    );
    assert_eq!(read(&home, MAPPING), "hubContext: hub\n");
}

#[test]
fn setup_asks_on_a_terminal() {
    let fleet = Fleet::start(spec());
    let home = home(&fleet);
    // The hub by Enter, the configuration, a context for cluster-3 after two mistakes, then yes to the clouds.
    let typed = "\n\n17\nhob\nhub\nn\n\ny\ny\nmaybe\ny\ny\n";
    let shown = typing(&home, "", typed);
    // `n` to four's tool, and Enter to the choice of a context: it is not mapped.
    let mapping = read(&home, MAPPING);
    check_snapshot("setup-terminal", &format!("{shown}\n--- {MAPPING}\n{mapping}"));
}

#[test]
fn setup_stops_at_the_end_of_input() {
    let fleet = Fleet::start(spec());
    let home = home(&fleet);
    check_snapshot("setup-end-of-input", &typing(&home, "", "\u{4}"));
    assert_eq!(read(&home, MAPPING), "");
    assert_eq!(read(&home, CONFIG), "");
}

#[test]
fn setup_offers_the_closest_context_first() {
    let fleet = Fleet::start(spec());
    let home = home(&fleet);
    let text = read(&home, ".kube/config")
        + "- {name: admin@cluster-3, context: {cluster: cluster-3, user: cluster-3}}\n";
    home.write(".kube/config", &text);
    // No to the question whether to write the hub.
    let shown = typing(&home, "--clusters=cluster-3 --hub-context hub", "n\n1\n");
    let mapping = read(&home, MAPPING);
    check_snapshot(
        "setup-closest-context",
        &format!("{shown}\n--- {MAPPING}\n{mapping}"),
    );
}

#[test]
fn setup_reports_missing_tools_and_logins() {
    let fleet = Fleet::start(spec());
    let home = home(&fleet);
    std::fs::remove_file(home.path().join("bin/aws")).unwrap();
    for name in ["gcloud", "az", "aliyun"] {
        home.write(&format!("standins/{name}.out"), "");
    }
    check_snapshot("setup-tools-missing", &setup(&home, "--yes"));
    assert!(!read(&home, MAPPING).contains("clusters:"));
}

#[test]
fn setup_provider_selects_one_cloud() {
    let fleet = Fleet::start(spec());
    let home = home(&fleet);
    check_snapshot("setup-one-provider", &setup(&home, "--provider aws --yes"));
    assert!(!read(&home, "standins/calls").contains("gcloud"));
    home.mc(&["setup", "--provider", "nobody"]).expect_saying(
        2,
        "error: invalid value 'nobody' for '--provider <CLOUD>'\n\
            \x20 [possible values: aws, gcp, azure, alibaba]\n\
            \n\
            For more information, try '--help'.\n",
    );
}

#[test]
fn setup_dry_run_changes_nothing() {
    let fleet = Fleet::start(spec());
    let home = home(&fleet);
    let (files, kubeconfig) = (home.files(), read(&home, ".kube/config"));
    check_snapshot("setup-dry-run", &setup(&home, "--dry-run"));
    let now: Vec<String> = home
        .files()
        .into_iter()
        .filter(|file| file != "standins/calls")
        .collect();
    assert_eq!(now, files);
    assert_eq!(read(&home, ".kube/config"), kubeconfig);
    assert!(!read(&home, "standins/calls").contains("update-kubeconfig"));
}

/// Drafts of the ClusterProfile API have this in `spec`, with providers spelled in several ways.
#[test]
fn setup_takes_cloud_arguments_from_the_profile_spec() {
    let profile = |name: &str, spec: &str| {
        format!(
            r#"{{"apiVersion": "multicluster.x-k8s.io/v1alpha1", "kind": "ClusterProfile", "metadata": {{"name": "{name}"}},
               "spec": {{"clusterName": "{name}", "displayName": "Production", {spec}}},
               "status": {{"conditions": [{{"type": "Ready", "status": "True"}}]}}}}"#
        )
    };
    let mut spec = Spec::named(&["own"]);
    spec.extra_profiles = vec![
        profile(
            "prod-us-west-1",
            r#""cloudProvider": "aws", "region": "us-west-2""#,
        ),
        profile("eks", r#""cloudProvider": "AWS EKS", "region": "us-west-2""#),
        profile(
            "gke",
            r#""cloudProvider": "Google GKE", "region": "us-west1", "project": "shop-1""#,
        ),
        profile("aks", r#""cloudProvider": "Azure AKS", "resourceGroup": "rg""#),
        profile(
            "ack",
            r#""cloudProvider": "Alibaba ACK", "clusterId": "c0123456789abcdef""#,
        ),
    ];
    let fleet = Fleet::start(spec);
    let home = home(&fleet);
    check_snapshot("setup-profile-spec", &setup(&home, "--dry-run"));
}

#[test]
fn setup_dry_run_makes_no_folder() {
    let fleet = Fleet::start(spec());
    let home = home(&fleet);
    // The folder of all files that it would write is missing.
    std::fs::rename(home.path().join(".kube/config"), home.path().join("config")).unwrap();
    std::fs::remove_dir(home.path().join(".kube")).unwrap();
    let line = "PATH=\"$HOME/bin:$PATH\" KUBECONFIG=config kubectl-mc setup";
    let shown = home.shell(&format!("{line} --dry-run")).expect(3);
    assert!(shown.contains("would map one "), "{shown}");
    assert!(shown.contains("would write hubContext: hub in "), "{shown}");
    assert!(!home.path().join(".kube").exists());
    home.shell(&format!("{line} --yes --clusters=own")).expect(0);
    assert!(read(&home, MAPPING).contains("hubContext: hub"));
}

#[test]
fn setup_without_a_terminal_lists_what_is_left() {
    let fleet = Fleet::start(spec());
    let home = home(&fleet);
    check_snapshot("setup-no-terminal", &setup(&home, ""));
    assert_eq!(
        (read(&home, MAPPING), read(&home, CONFIG)),
        (String::new(), String::new())
    );
    let none = setup(&home, "--exclude own").expect(1);
    assert!(none.contains("0 had access already, 0 set up, 5 left"), "{none}");
    setup(&home, "--clusters own").expect(0);
}

#[test]
fn setup_does_not_map_a_context_that_does_not_answer() {
    let fleet = Fleet::start(
        spec()
            .fault("one", Fault::Unauthorized)
            .fault("two", Fault::Refuse),
    );
    let home = home(&fleet);
    home.script("az", "case \"$*\" in \"account show\") echo me ;; *) echo 'first'; echo 'ERROR: \u{1b}[31mno such group' >&2; exit 3 ;; esac\n");
    let shown = setup(&home, "--yes --clusters one,two,three");
    check_snapshot("setup-no-answer", &shown);
    assert!(!read(&home, MAPPING).contains("clusters:"));
}

#[test]
fn setup_refuses_hub_values_that_look_like_flags_or_shell() {
    let mut spec = spec();
    member(
        &mut spec,
        "one",
        &[("cloud.provider", "aws"), ("region", "--debug")],
    );
    member(
        &mut spec,
        "two",
        &[
            ("cluster.type", "gke"),
            ("location", "eu;touch pwned"),
            ("project", "shop-1"),
        ],
    );
    let fleet = Fleet::start(spec);
    let home = home(&fleet);
    check_snapshot("setup-refused-words", &setup(&home, "--yes --clusters one,two"));
    assert_eq!(read(&home, "standins/calls"), "");
    assert!(!read(&home, MAPPING).contains("clusters:"));
}

#[test]
fn setup_goes_on_after_a_mapping_file_that_cannot_be_edited() {
    let fleet = Fleet::start(spec());
    let home = home(&fleet);
    let mapping = "hubContext: hub\nclusters: [\n  {name: one, region: eu-west-1},\n]\n";
    home.write(MAPPING, mapping);
    check_snapshot("setup-unedited-file", &setup(&home, "--yes --clusters one,own"));
    assert_eq!(read(&home, MAPPING), mapping);
}

#[test]
fn setup_with_hostile_cluster_names() {
    let profile = |name: &str| {
        json!({
            "apiVersion": "multicluster.x-k8s.io/v1alpha1", "kind": "ClusterProfile", "metadata": {"name": name},
            "spec": {"cloudProvider": "aws", "region": "eu-west-1"},
        })
        .to_string()
    };
    let hostile = [
        "a-$(touch PWNED)",
        "a`touch PWNED`",
        "a;touch PWNED",
        "a\u{2028}b",
        "a\u{200b}b",
        "a\u{1b}[2J",
    ];
    // Names that EKS does not allow, but that are harmless in a shell.
    let odd = ["a@b", "a.b", "12", "true"];
    let mut spec = spec();
    spec.extra_profiles = hostile.iter().chain(&odd).map(|name| profile(name)).collect();
    let fleet = Fleet::start(spec);
    let home = home(&fleet);
    home.write(
        MAPPING,
        "hubContext: hub\nclusters:\n- {name: \"12\", context: own}\n",
    );
    let outcome = setup(&home, "--yes --provider aws");
    check_snapshot("setup-hostile-names", &outcome);
    let said = outcome.to_string();
    assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{said:?}");
    assert!(!home.path().join("PWNED").exists());
    let mapping = read(&home, MAPPING);
    assert!(
        mapping.starts_with("hubContext: hub\nclusters:\n- {name: \"12\", context: own}\n- name: one\n"),
        "{mapping}"
    );
    assert!(!mapping.contains("touch"), "{mapping}");
}

#[test]
fn setup_kubeconfig_flag_is_passed_to_cloud_tools() {
    let fleet = Fleet::start(spec());
    let home = home(&fleet);
    home.script(
        "az",
        "case \"$*\" in \"account show\") echo me ;;\n\
         \"aks get-credentials --name three --resource-group rg --file $HOME/elsewhere\")\n\
         [ \"$KUBECONFIG\" = \"$HOME/elsewhere\" ] || exit 65\n\
         printf -- '- {name: three, context: {cluster: three, user: three}}\\n' >>\"$HOME/elsewhere\" ;;\n*) exit 64 ;; esac\n",
    );
    home.write("elsewhere", &read(&home, ".kube/config"));
    setup(&home, "--yes --clusters three --kubeconfig \"$HOME/elsewhere\"").expect(0);
    assert!(read(&home, MAPPING).contains("\n- name: three\n  context: three\n"));
    assert!(!read(&home, ".kube/config").contains("- {name: three,"));
}

#[test]
fn setup_without_a_hub() {
    let fleet = Fleet::start(spec().fault("hub", Fault::Refuse));
    let home = home(&fleet);
    let outcome = setup(&home, "--yes");
    assert!(
        outcome
            .stderr
            .contains("cannot list the fleet from context \"hub\""),
        "{outcome:?}"
    );
    assert_eq!(outcome.status, 1);
    assert_eq!(read(&home, CONFIG), "");
    assert_eq!(
        setup(&home, "--yes --hub-context hup").to_string(),
        "hub context \"hup\", as --hub-context says\n\
         ! mc-setup: the hub that --hub-context names cannot be used: context \"hup\" does not exist (did you mean \
         \"hub\"?): kubectl config get-contexts lists what is there\n\
         [status 1]\n"
    );
}

#[test]
fn setup_refreshes_the_fleet_cache() {
    let fleet = Fleet::start(spec());
    let home = home(&fleet);
    let asked = || fleet.hub().counters().requests();
    home.mc(&["clusters"]).expect(0);
    setup(&home, "--yes --clusters own --hub-context hub").expect(0);
    assert_eq!(asked(), 2, "the cached fleet is not enough for setup");
    setup(&home, "--yes --clusters own").expect(0);
    assert_eq!(asked(), 3);
    home.mc(&["clusters"]).expect(0);
    assert_eq!(asked(), 3, "its answer is in the cache");
}

#[test]
fn setup_drops_the_fleet_cache_after_a_change() {
    let fleet = Fleet::start(spec());
    let home = home(&fleet);
    home.mc(&["clusters"]).expect(0);
    let cached = |home: &Home| home.files().iter().any(|file| file.ends_with(".ndjson"));
    assert!(cached(&home));
    setup(&home, "--yes --clusters one").expect(0);
    assert!(!cached(&home));
}
