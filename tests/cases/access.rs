//! Access by access providers: the credential plugins that run for members without a context, how often, what happens
//! if they fail, and the messages about that.

use crate::fleet::{Fleet, Member};
use crate::standins::Mode;
use crate::support::access::{
    CONFIG, LOCAL, TENANT, device, eks, fleet, gke, home, mc, member, result, results, rows_of, tokens,
    with_tools,
};
use crate::support::processes::{await_that, has_ended};
use serde_json::json;
use std::time::Duration;

#[test]
fn credential_plugin_runs_once_for_fifty_clusters() {
    let names: Vec<String> = (1..=50).map(|number| format!("gke-{number}")).collect();
    let fleet = Fleet::start(fleet(names.iter().map(|name| gke(name))));
    let (home, tools) = home(&fleet);
    let rows = mc(&home, "get pods,nodes -A -o name --concurrency 0").expect(0);
    let expected = rows_of(&rows, "gke-1").len();
    assert!(expected > 3, "{rows}");
    for name in &names {
        assert_eq!(rows_of(&rows, name).len(), expected, "{name}");
    }
    assert_eq!(tools.runs("gke-gcloud-auth-plugin"), 1);
    assert_eq!(tools.calls(), ["gke-gcloud-auth-plugin"]);
}

/// The ClusterProfile of the project's own description, to the letter, except for its server.
#[test]
fn credential_plugin_from_clusterprofile_properties() {
    let cluster = json!({"server": "@server@", "certificate-authority-data": "@ca@"});
    let member = |name: &str, args: &str| Member {
        access_providers: Some(json!([{"name": "kubeconfig", "cluster": cluster}]).to_string()),
        properties: [
            ("auth.exec.command", "aws"),
            ("auth.exec.args", args),
            ("auth.exec.apiVersion", "client.authentication.k8s.io/v1beta1"),
            ("cloud.provider", "aws"),
            ("cluster.type", "eks"),
        ]
        .map(|(key, value)| (key.into(), value.into()))
        .into(),
        context: false,
        tokens: vec!["production-token".into()],
        ..Member::new(name)
    };
    let fleet = Fleet::start(fleet([
        member(
            "prod-eks-cluster",
            "eks,get-token,--cluster-name,production,--region,us-east-1",
        ),
        member("no-region", "eks,get-token,--cluster-name,production"),
        member(
            "prod-role",
            "eks,get-token,--cluster-name,production,--profile,prod",
        ),
    ]));
    let (home, tools) = home(&fleet);
    let outcome = mc(&home, "get pods -A -o name");
    let rows = outcome.expect_saying(
        3,
        "Warning: Failed to query 1/3 clusters:\n\
            \x20 prod-role: Unresolved: access provider \"kubeconfig\": aws is not to be run with the flag \
            \"--profile\" (rule \"arguments\"): if you trust that command line, write into \
            ~/.kube/kubectl-mc-config.yaml: access: {allowedCommands: [\"aws eks get-token \
            --cluster-name production --profile prod\"]}, or map the cluster to a context of your own; \
            there is no context named \"prod-role\" in the kubeconfig and no mapping in \
            ~/.kube/kubectl-mc-clusters.yaml; kubectl mc setup adds one\n",
    );
    for name in ["prod-eks-cluster", "no-region"] {
        assert!(!rows_of(&rows, name).is_empty(), "{rows}");
    }
    let mut calls = tools.calls();
    calls.sort();
    assert_eq!(
        calls,
        [
            "aws --region us-east-1 eks get-token --cluster-name production --output json",
            "aws eks get-token --cluster-name production --output json",
        ]
    );
    assert!(
        tools
            .asked()
            .iter()
            .all(|question| { question["apiVersion"] == "client.authentication.k8s.io/v1beta1" })
    );
}

#[test]
fn rows_by_access_provider_equal_rows_by_context() {
    let mut members = vec![
        eks("eks-1"),
        gke("gke-1"),
        member("aks-1", "aks", &[("tenant.id", TENANT)]),
    ];
    for member in &mut members {
        member.context = true;
        member.tokens.push("aks-token".into());
    }
    let fleet = Fleet::start(fleet(members));
    let (home, tools) = home(&fleet);
    for args in [
        "get pods -A",
        "get pods -A -o json",
        "get deployments.apps -n default -o wide",
    ] {
        let by_context = mc(&home, args).expect(0);
        assert_eq!(tools.calls(), [""; 0], "a context goes first");
        home.write(
            CONFIG,
            "access: {order: [providers], allowedHosts: [127.0.0.1]}\n",
        );
        assert_eq!(mc(&home, args).expect(0), by_context);
        home.write(CONFIG, LOCAL);
        assert_eq!(tools.runs("aws"), 1);
        let mut calls = tools.calls();
        calls.sort();
        let server = "6dae42f8-4368-4678-94ff-3960e28e3630";
        assert_eq!(
            calls,
            [
                "aws --region eu-west-1 eks get-token --cluster-name eks-1 --output json".to_owned(),
                "gke-gcloud-auth-plugin".to_owned(),
                format!("kubelogin get-token --login azurecli --server-id {server} --tenant-id {TENANT}"),
            ]
        );
        std::fs::remove_dir_all(home.path().join("standins")).unwrap();
        std::fs::create_dir(home.path().join("standins")).unwrap();
    }
}

#[test]
fn failing_credential_plugins_do_not_affect_other_clusters() {
    let names = [
        "fine-1",
        "hangs",
        "floods",
        "complains",
        "fails",
        "talks",
        "silent",
        "expired",
        "old",
        "noisy",
    ];
    let mut members: Vec<Member> = names.iter().map(|name| eks(name)).collect();
    members.push(gke("fine-2"));
    let fleet = Fleet::start(fleet(members));
    let (home, tools) = home(&fleet);
    for (name, mode) in [
        ("hangs", Mode::Hang),
        ("floods", Mode::FloodStdout),
        ("complains", Mode::FloodStderr),
        ("fails", Mode::Fail),
        ("talks", Mode::Rubbish),
        ("silent", Mode::Nothing),
        ("expired", Mode::Expired),
        ("old", Mode::V1),
        ("noisy", Mode::Noisy),
    ] {
        tools.mode_for(name, mode);
    }
    // Plugins that flood a stream are ended by its limit, after a time that depends on the machine; only the one that
    // hangs needs a deadline.
    home.write(CONFIG, "access: {allowedHosts: [127.0.0.1], loginTimeout: 2s}\n");
    let alone = mc(&home, "get pods -A -o name --clusters 'fine-*'").expect(0);
    let waited = mc(
        &home,
        "get pods -A -o name --timeout 2s --clusters 'fine-1,hangs'",
    )
    .complaint(3);
    let words = "aws has not ended within 2s: to log in, open https://login.example/device";
    assert!(waited.contains(words), "{waited}");
    assert_eq!(fleet.member("hangs").counters().requests(), 0);
    home.write(
        CONFIG,
        "access: {allowedHosts: [127.0.0.1], loginTimeout: 600s}\n",
    );
    let others = "mc-discover --exclude hangs";
    let outcome = mc(&home, "get pods -A -o name --timeout 600s --exclude hangs");
    assert_eq!(outcome.status, 3, "{outcome:?}");
    for name in ["fine-1", "fine-2"] {
        assert_eq!(rows_of(&outcome.stdout, name), rows_of(&alone, name));
    }
    let answered = rows_of(&alone, "fine-1").len();
    assert_eq!(
        rows_of(&outcome.stdout, "expired").len(),
        answered,
        "the server judges"
    );
    assert_eq!(outcome.stdout.lines().count(), 4 * answered, "{outcome:?}");
    assert_eq!(rows_of(&outcome.stdout, "noisy").len(), answered);
    let records = home.shell(&with_tools(&format!(
        "{others} | mc-exec get pods -A --timeout 600s"
    )));
    let results = results(&records.stdout);
    for (name, reason, words) in [
        ("floods", "CredentialPlugin", "answers more than 1048576 bytes"),
        (
            "complains",
            "CredentialPlugin",
            "says on stderr more than 67108864 bytes",
        ),
        (
            "fails",
            "CredentialPlugin",
            "failed (exit status: 1): ERROR: 0;ownednot logged in",
        ),
        (
            "talks",
            "CredentialPlugin",
            "does not answer an ExecCredential in JSON or YAML (line 1, column",
        ),
        ("silent", "CredentialPlugin", "answers nothing"),
        (
            "old",
            "CredentialPlugin",
            "is configured for client.authentication.k8s.io/v1beta1 and answers in",
        ),
    ] {
        let result = result(&results, name);
        assert_eq!(result["reason"], reason, "{result}");
        let message = result["message"].as_str().unwrap();
        assert!(message.contains(words), "{message}");
        assert!(
            !message.chars().any(|c| c.is_control() && c != '\n'),
            "{message:?}"
        );
        assert_eq!(fleet.member(name).counters().requests(), 0, "{name}");
        assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
    }
    for shown in [&outcome.stderr, &records.stderr] {
        // The same words are shown only once per run of a plugin. On a slow machine there are also parts of lines, as
        // what is not read in time is dropped.
        let whole = shown.lines().filter(|line| line.ends_with(": complaint"));
        assert!(whole.count() <= 2, "{shown}");
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
        assert!(!shown.contains("-token"), "{shown}");
    }
    let by_hand = "(run it by hand and log in where it asks to: aws)";
    assert!(outcome.stderr.contains(by_hand), "{}", outcome.stderr);
    // A login that is no longer of use is not waited for.
    assert_eq!(tools.hanging().len(), 1);
    await_that("a plugin outlived its run", || {
        tools.hanging().into_iter().all(has_ended)
    });
}

#[test]
fn refused_token_is_renewed_once() {
    let takes = |token: &str, name: &str| Member {
        tokens: vec![token.into()],
        ..gke(name)
    };
    let fleet_of = |token: &str| Fleet::start(fleet(["a", "b", "c"].map(|name| takes(token, name))));
    let fleet = fleet_of("run-2");
    let (home, tools) = home(&fleet);
    tools.token("gke-gcloud-auth-plugin", "run-{run}");
    let rows = mc(&home, "get pods -A -o name").expect(0);
    assert_eq!(rows_of(&rows, "a").len(), rows_of(&rows, "c").len());
    assert_eq!(tools.runs("gke-gcloud-auth-plugin"), 2);
    assert_eq!(tokens(&fleet, "a").last().unwrap(), "run-2");
    drop(fleet);

    let fleet = fleet_of("another");
    let (home, tools) = self::home(&fleet);
    tools.token("gke-gcloud-auth-plugin", "run-{run}");
    // One after the other: the later clusters begin with the second token.
    let outcome = mc(&home, "get pods -A -o name --concurrency 1");
    assert_eq!((outcome.status, outcome.stdout.as_str()), (1, ""), "{outcome:?}");
    assert_eq!(tools.runs("gke-gcloud-auth-plugin"), 2);
    for name in ["a", "b", "c"] {
        let sent = tokens(&fleet, name);
        assert!(sent.len() <= 2 && sent.last().unwrap() == "run-2", "{sent:?}");
    }
    let words = "the credential of the credential plugin gke-gcloud-auth-plugin is not accepted";
    assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("run-"), "{}", outcome.stderr);
}

#[test]
fn credential_is_reused_until_it_expires() {
    let spec = fleet([Member {
        tokens: (1..=9).map(|run| format!("run-{run}")).collect(),
        ..gke("a")
    }]);
    let fleet = Fleet::start(spec.pods(16).latency(Duration::from_millis(300)));
    let (home, tools) = home(&fleet);
    tools.token("gke-gcloud-auth-plugin", "run-{run}");
    let rows = mc(&home, "get pods -A -o name --chunk-size 1").expect(0);
    assert_eq!(rows_of(&rows, "a").len(), 16);
    assert_eq!(tools.runs("gke-gcloud-auth-plugin"), 1);
    let asked = tokens(&fleet, "a");
    assert!(
        asked.len() >= 16 && asked.iter().all(|token| token == "run-1"),
        "{asked:?}"
    );

    // A token that expires during the run is renewed, and the old one is never sent again.
    fleet.reset_counters();
    tools.mode("gke-gcloud-auth-plugin", Mode::Soon);
    let rows = mc(&home, "get pods -A -o name --chunk-size 1").expect(0);
    assert_eq!(rows_of(&rows, "a").len(), 16);
    let mut sent = tokens(&fleet, "a");
    assert!(sent.is_sorted(), "{sent:?}");
    sent.dedup();
    assert!(sent.len() >= 2, "{sent:?}");
    assert_eq!(tools.runs("gke-gcloud-auth-plugin"), 1 + sent.len());
}

#[test]
fn credential_plugins_run_at_once_up_to_the_limit() {
    let fleet = Fleet::start(fleet((1..=30).map(|number| eks(&format!("n-{number}")))));
    let (home, tools) = home(&fleet);
    tools.mode("aws", Mode::Gather);
    tools.gather(8);
    mc(&home, "get pods -A -o name --concurrency 0").expect(0);
    let gathered = tools.gathered();
    assert_eq!(gathered.len(), 30);
    // As many again if the machine is so slow that the first ones have given up their slots.
    assert!(gathered.iter().all(|count| *count <= 16), "{gathered:?}");
}

#[test]
fn hanging_credential_plugins_do_not_delay_others() {
    let hanging: Vec<String> = (1..=12).map(|number| format!("a-hangs-{number}")).collect();
    let members = hanging
        .iter()
        .map(|name| eks(name))
        .chain([gke("fine-1"), eks("fine-2")]);
    let fleet = Fleet::start(fleet(members));
    let (home, tools) = home(&fleet);
    for name in &hanging {
        tools.mode_for(name, Mode::Hang);
    }
    home.write(CONFIG, "access: {allowedHosts: [127.0.0.1], loginTimeout: 10s}\n");
    let outcome = mc(&home, "get pods -A -o name --timeout 12s");
    assert_eq!(outcome.status, 3, "{outcome:?}");
    for name in ["fine-1", "fine-2"] {
        assert!(!rows_of(&outcome.stdout, name).is_empty(), "{name}: {outcome:?}");
    }
}

#[test]
fn interactive_plugin_is_not_run_without_a_terminal() {
    let fleet = Fleet::start(fleet([device("a", TENANT), eks("b")]));
    let (home, tools) = home(&fleet);
    tools.mode("kubelogin", Mode::Ask);
    let outcome = mc(&home, "get pods -A -o name");
    assert_eq!(outcome.status, 3, "{outcome:?}");
    assert!(!rows_of(&outcome.stdout, "b").is_empty());
    let words = "kubelogin has to ask on a terminal (interactiveMode: Always), and there is none";
    assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
    assert_eq!(tools.runs("kubelogin"), 0);
}

#[test]
fn interactive_plugins_run_one_at_a_time_on_a_terminal() {
    let tenants = ["1", "2", "3"].map(|last| format!("{}{last}", &TENANT[..35]));
    let fleet = Fleet::start(fleet(
        tenants
            .iter()
            .enumerate()
            .map(|(index, tenant)| device(&format!("n-{index}"), tenant)),
    ));
    for line in [
        // mc-exec's stdin is the pipe of records, so that its terminal is the one of stderr.
        "kubectl-mc get pods -A -o name",
        "mc-discover | mc-exec get pods -A | mc-merge | mc-format -o name",
    ] {
        let (home, tools) = home(&fleet);
        tools.mode("kubelogin", Mode::Ask);
        let line = with_tools(&format!("setsid -cw sh -c '{line}'"));
        let shown = home.typing(&line, "1234\n1234\n1234\n").expect(0);
        assert_eq!(shown.matches("code for device: ").count(), 3, "{shown}");
        for index in 0..3 {
            assert!(shown.contains(&format!("n-{index}\tpod/")), "{shown}");
        }
        assert_eq!(tools.runs("kubelogin"), 3);
        assert!(
            tools
                .asked()
                .iter()
                .all(|question| question["spec"]["interactive"] == true)
        );
    }
}

#[test]
fn noninteractive_plugin_gets_no_terminal() {
    let fleet = Fleet::start(fleet([eks("a")]));
    let (home, tools) = home(&fleet);
    let shown = home
        .typing(&with_tools("mc-discover >r; mc-exec get pods -A -o name <r"), "")
        .expect(0);
    assert!(shown.contains("a\tpod/"), "{shown}");
    assert_eq!(tools.asked()[0]["spec"], json!({"interactive": false}));
}
