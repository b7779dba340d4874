//! The user's files: a file that is named must be there, and a missing one is reported with what names it; files of
//! objects and of templates, pipes among them.

use crate::fleet::{Fleet, Spec};
use crate::support::Home;

/// Runs `kubectl mc clusters` with a variable set, and returns its one line of stderr.
#[track_caller]
fn complaint(home: &Home, variable: &str, value: &str) -> String {
    let stderr = home
        .shell(&format!("{variable}={value} kubectl-mc clusters"))
        .complaint(1);
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

#[test]
fn missing_file_named_by_the_environment_is_an_error() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    for variable in ["KUBECTL_MC_CONFIG", "KUBECTL_MC_MAPPING"] {
        let stderr = complaint(&home, variable, "nowhere.yaml");
        assert!(
            stderr.contains("nowhere.yaml is not there") && stderr.contains(variable),
            "{stderr}"
        );
        for value in ["", "/dev/null"] {
            let line = format!("{variable}={value} kubectl-mc clusters");
            home.shell(&line).expect(0);
        }
    }
}

#[test]
fn home_that_is_not_a_folder() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    let outcome = home.shell("HOME=/dev/null kubectl-mc get pods gated -o name");
    assert!(outcome.stderr.contains("cannot be cached"), "{outcome:?}");
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    assert_eq!(
        outcome.expect_saying(
            0,
            "mc-discover: Warning: the fleet cannot be cached in /dev/null/.kube/cache/kubectl-mc, so \
            every run asks the hub: not a directory\n"
        ),
        "prod-eu-1\tpod/gated\n"
    );
}

#[test]
fn missing_hub_context_is_reported_with_its_origin() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    let mc = "kubectl-mc clusters";
    home.write(".kube/kubectl-mc-clusters.yaml", "hubContext: hup\n");
    let by_mapping = home.shell(mc).complaint(1);
    home.write(".kube/kubectl-mc-config.yaml", "hubContext: hup\n");
    let by_config = home.shell(mc).complaint(1);
    let by_variable = complaint(&home, "KUBECTL_MC_HUB_CONTEXT", "hup");
    let by_flag = home.mc(&["clusters", "--hub-context", "hup"]).complaint(1);
    for (stderr, place) in [
        (by_mapping, "kubectl-mc-clusters.yaml"),
        (by_config, "kubectl-mc-config.yaml"),
        (by_variable, "KUBECTL_MC_HUB_CONTEXT"),
        (by_flag, "--hub-context"),
    ] {
        assert!(
            stderr.contains(place) && stderr.contains("did you mean \"hub\""),
            "{stderr}"
        );
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
    // A flag takes precedence over the variable, and that over both files.
    home.shell("KUBECTL_MC_HUB_CONTEXT=hub kubectl-mc clusters")
        .expect(0);
    home.shell("KUBECTL_MC_HUB_CONTEXT=hup kubectl-mc clusters --hub-context hub")
        .expect(0);
}

#[test]
fn no_context_error_lists_the_kubeconfig_files() {
    let home = Home::empty();
    let stderr = complaint(&home, "KUBECONFIG", "one:two");
    assert!(
        stderr.contains("one, two") && stderr.contains("KUBECONFIG"),
        "{stderr}"
    );
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: gated}\n";

fn two_members() -> (Fleet, Home) {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]));
    let home = Home::of(&fleet);
    home.write("pod.yaml", POD);
    (fleet, home)
}

const BOTH: &str = "prod-eu-1\tpod/gated\nprod-us-1\tpod/gated\n";

#[test]
fn get_f_reads_files_and_standard_input() {
    let (_fleet, home) = two_members();
    for line in [
        "kubectl-mc get -f pod.yaml -o name",
        "kubectl-mc get -f - -o name < pod.yaml",
        "cat pod.yaml | kubectl-mc get --filename=/dev/stdin -o name",
        "mc-discover | mc-exec get -f /dev/fd/3 -o name 3<pod.yaml",
        "mc-discover | mc-exec get -f /dev/fd/3 --for name 3<pod.yaml | mc-merge | mc-format -o name",
    ] {
        assert_eq!(home.shell(line).expect(0), BOTH, "{line}");
    }
}

#[test]
fn print_pipeline_of_get_f_stdin_runs_when_pasted() {
    let (_fleet, home) = two_members();
    home.write("a,b.yaml", POD);
    for files in [
        "-f -",
        "-f /dev/stdin",
        "-f - -f '\"a,b.yaml\"' --ignore-not-found",
    ] {
        let printed = home
            .shell(&format!("kubectl-mc get {files} -o name --print-pipeline"))
            .expect(0);
        let direct = home.shell(&format!("kubectl-mc get {files} -o name < pod.yaml"));
        assert!(!direct.stdout.is_empty(), "{direct:?}");
        let pasted = home.shell(&format!("cat pod.yaml | {printed}"));
        assert_eq!(pasted.stdout, direct.expect(0), "{printed}");
    }
}

#[test]
fn mc_exec_refuses_get_f_stdin() {
    let (_fleet, home) = two_members();
    let complaint = home.shell("mc-discover | mc-exec get -f -").complaint(2);
    assert!(
        complaint.contains("standard input is the stream of clusters"),
        "{complaint}"
    );
}

#[test]
fn get_f_with_a_document_that_cannot_be_decoded() {
    let (_fleet, home) = two_members();
    home.write("some.yaml", &format!("{POD}---\nmetadata: {{name: x}}\n"));
    let outcome = home.mc(&["get", "-f", "some.yaml", "-o", "wide", "--no-headers"]);
    let row = |cluster| {
        format!(
            "gated   {cluster}   0/1   SchedulingGated   0     120m{}\n",
            "   <none>".repeat(4)
        )
    };
    assert_eq!(
        outcome.to_string(),
        row("prod-eu-1")
            + &row("prod-us-1")
            + "! unable to decode \"some.yaml\": Object 'Kind' is missing in '{\"metadata\":{\"name\":\"x\"}}'\n\
               ! Warning: Failed to query 2/2 clusters. Run with -v for details.\n\
               !   BadRequest (2): prod-eu-1, prod-us-1: the request itself is refused: check selectors, names and files\n\
               [status 1]\n"
    );
}

#[test]
fn get_of_an_unreadable_file_prints_nothing() {
    let (_fleet, home) = two_members();
    for (args, status) in [
        ("-f ghost.yaml -o json", 1),
        ("-f pod.yaml pods -o json", 2),
        ("-f pod.yaml -l a=( -o json", 2),
        ("pods --sort-by={.a -o json", 2),
        ("pods -o jsonpath-file=ghost", 1),
    ] {
        let args: Vec<&str> = std::iter::once("get").chain(args.split(' ')).collect();
        let outcome = home.mc(&args);
        assert_eq!(outcome.stdout, "", "{args:?}");
        assert_eq!(outcome.complaint(status).lines().count(), 1, "{args:?}");
    }
}

#[test]
fn get_k_needs_kubectl() {
    let (_fleet, home) = two_members();
    home.write("fake", "#!/bin/sh\necho \"$@\" >&2\ncat pod.yaml\n");
    let line = "chmod +x fake; KUBECTL_PATH=./fake kubectl-mc get -k some -o name";
    assert_eq!(home.shell(line).expect(0), BOTH);
    let complaint = home
        .shell("KUBECTL_PATH=./nothing kubectl-mc get -k some")
        .complaint(1);
    assert!(complaint.contains("-k needs kubectl"), "{complaint}");
    home.write("fake", "#!/bin/sh\necho \"error: no such thing\" >&2\nexit 1\n");
    let complaint = home
        .shell("KUBECTL_PATH=./fake kubectl-mc get -k some")
        .complaint(1);
    // As in kubectl, which begins the output with it if there is no table.
    assert!(complaint.starts_with("no such thing\n"), "{complaint}");
    let complaint = home
        .shell("KUBECTL_PATH=./fake kubectl-mc get -k some -o name")
        .complaint(1);
    assert!(complaint.starts_with("error: no such thing\n"), "{complaint}");
}

/// A pipe can be read only once, and three processes need the template.
#[test]
fn template_file_is_read_once() {
    let (_fleet, home) = two_members();
    home.write("t.jsonpath", "{.metadata.name}");
    home.write("t.go", "{{.metadata.name}}");
    home.write("t.columns", "NAME\n.metadata.name\n");
    let names = "prod-eu-1\tgated\nprod-us-1\tgated\n";
    for (format, file) in [
        ("jsonpath-file", "t.jsonpath"),
        ("go-template-file", "t.go"),
        ("custom-columns-file", "t.columns"),
    ] {
        let mc = "kubectl-mc get pod gated -o";
        let plain = home.shell(&format!("{mc} {format}={file}")).expect(0);
        if format != "custom-columns-file" {
            assert_eq!(plain, names);
        }
        for line in [
            format!("cat {file} | {mc} {format}=/dev/stdin"),
            format!("cat {file} | {mc} {format} --template /dev/stdin"),
            format!("mkfifo p; cat {file} >p & {mc} {format}=p; rm p"),
        ] {
            assert_eq!(home.shell(&line).expect(0), plain, "{line}");
        }
        let substitution = format!("bash -c '{mc} {format}=<(cat {file})'");
        assert_eq!(home.shell(&substitution).expect(0), plain, "{substitution}");
        let printed = home
            .shell(&format!("{mc} {format}={file} --print-pipeline"))
            .expect(0);
        assert_eq!(home.shell(&printed).expect(0), plain, "{printed}");
    }
    let printed =
        home.shell("cat t.jsonpath | kubectl-mc get pod gated -o jsonpath-file=/dev/stdin --print-pipeline");
    assert_eq!(home.shell(&printed.expect(0)).expect(0), names);
    // Longer than a command-line argument may be.
    home.write("long", &format!("{{.metadata.name}}{}", " ".repeat(300_000)));
    let long = home
        .shell("kubectl-mc get pod gated -o jsonpath-file=long")
        .expect(0);
    assert!(long.len() > 600_000);
}
