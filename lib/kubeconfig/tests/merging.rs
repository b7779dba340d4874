//! Several files, and the paths in them.

use super::super::{Kubeconfig, clean, home_file, listed};
use super::cases::{short, view};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files in folders of their own, by their paths.
struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        Self(folder)
    }

    fn paths(&self, names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(|name| self.0.path().join(name)).collect()
    }

    fn load(&self, names: &[&str]) -> Kubeconfig {
        Kubeconfig::load_files(self.paths(names)).unwrap().0
    }

    /// [`short`], with the folder as `~`.
    fn short(&self, names: &[&str]) -> String {
        self.shorten(&short(&view(&self.load(names))))
    }

    fn shorten(&self, text: &str) -> String {
        text.replace(self.0.path().to_str().unwrap(), "~")
    }

    fn kubectl(&self, names: &[&str]) -> String {
        let list = std::env::join_paths(self.paths(names)).unwrap();
        let output = Command::new(std::env::var_os("KUBECTL").unwrap())
            .env("KUBECONFIG", list)
            .env("HOME", self.0.path())
            .args(["config", "view", "--raw", "-o", "json"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        self.shorten(&short(&serde_json::from_slice(&output.stdout).unwrap()))
    }
}

fn three() -> Files {
    Files::new(&[
        (
            "one/config",
            "current-context: ''\nclusters:\n- {name: red, cluster: {server: one, certificate-authority: ca.crt}}\n\
             users:\n- {name: red, user: {token: one}}\ncontexts:\n- {name: z, context: {cluster: red}}\n",
        ),
        (
            "two/config",
            "current-context: second\nclusters:\n- {name: red, cluster: {server: two, tls-server-name: two}}\n\
             - {name: blue, cluster: {server: two, certificate-authority: ../pki/./ca.crt}}\n\
             users:\n- {name: red, user: {token: two, username: two}}\n\
             - {name: blue, user: {tokenFile: t, client-certificate: /abs/../c.crt}}\n\
             contexts:\n- {name: a, context: {cluster: blue, user: blue}}\n- {name: z, context: {cluster: blue, namespace: ns}}\n",
        ),
        (
            "three/config",
            "current-context: third\nusers:\n- {name: green, user: {exec: {command: ./bin/x}}}\n- {name: path, user: {exec: {command: x}}}\n",
        ),
        ("empty", ""),
    ])
}

/// The lists, each with what kubectl 1.36 makes of it.
const LISTS: &[(&[&str], &str)] = &[
    (
        &["none", "one/config", "empty", "two/config", "three/config"],
        "blue=two@~/pki/ca.crt,red=one@~/one/ca.crt\
         |blue=tokenFile:~/two/t client-certificate:/abs/../c.crt,green=exec:~/three/bin/x [] ,path=exec:x [] ,red=token:one\
         |a=blue blue,z=red|second",
    ),
    (
        &["two/config", "one/config"],
        "blue=two@~/pki/ca.crt,red=two/two|blue=tokenFile:~/two/t client-certificate:/abs/../c.crt,red=token:two username:two\
         |a=blue blue,z=blue  ns|second",
    ),
    (&["none", "empty"], "|||"),
];

#[test]
fn the_first_file_wins_and_paths_are_relative_to_their_file() {
    let files = three();
    for (names, expected) in LISTS {
        assert_eq!(files.short(names), *expected, "{names:?}");
    }
    let names = ["one/config", "two/config"];
    assert_eq!(files.load(&names).context_names().collect::<Vec<_>>(), ["z", "a"]);
}

/// `KUBECTL=… cargo test --lib -- --ignored kubectl`
#[test]
#[ignore = "needs kubectl, named by KUBECTL"]
fn the_lists_are_what_kubectl_says() {
    let files = three();
    for (names, expected) in LISTS {
        assert_eq!(
            last_parts(&files.kubectl(names)),
            last_parts(expected),
            "{names:?}"
        );
    }
}

/// Without the folders: kubectl prints paths as they stand in the file, and resolves them when it uses them.
fn last_parts(text: &str) -> String {
    text.split_inclusive(['@', ':', ' ', ',', '|', '='])
        .map(|part| part.rsplit('/').next().unwrap_or_default())
        .collect()
}

#[test]
fn all_broken_files_are_named() {
    let files = Files::new(&[
        ("a", "kind: Pod\n"),
        ("b", "clusters: [{name: b}]\n"),
        ("c", "clusters: [\n"),
    ]);
    let error = Kubeconfig::load_files(files.paths(&["a", "b", "c", "."]))
        .unwrap_err()
        .0;
    let lines: Vec<String> = error.lines().map(|line| files.shorten(line)).collect();
    assert!(lines[0].starts_with("~/a: not a kubeconfig"), "{lines:?}");
    assert!(lines[1].starts_with("~/c, line 2, column 1: "), "{lines:?}");
    assert!(lines[2].starts_with("cannot read kubeconfig ~/.: "), "{lines:?}");
}

#[test]
fn entries_hidden_by_another_file_are_remembered() {
    let of = |token: &str, context: &str| {
        format!(
            "{{clusters: [{{name: c, cluster: {{server: 'https://h'}}}}], users: [{{name: u, user: {{token: {token}}}}}], \
             contexts: [{{name: {context}, context: {{cluster: c, user: u}}}}]}}"
        )
    };
    let files = Files::new(&[("a", &of("1", "x")), ("b", &of("2", "y")), ("c", &of("1", "x"))]);
    let config = files.load(&["a", "b"]);
    let hidden: Vec<_> = config
        .hidden()
        .iter()
        .map(|entry| format!("{} {}", entry.kind, entry.name))
        .collect();
    assert_eq!(hidden, ["user u"]);
    assert_eq!(
        files.shorten(&config.hidden_sentence().unwrap()),
        "not used, as with kubectl: user \"u\" of ~/b, because ~/a has others of the same name; rename one of the two, or \
         choose a file with --kubeconfig"
    );
    // The same twice hides nothing.
    assert_eq!(files.load(&["a", "c"]).hidden_sentence(), None);
}

#[test]
fn an_explicit_file_must_be_there() {
    let files = Files::new(&[("a", "current-context: x\n")]);
    let load = |name: &str| Kubeconfig::load(Some(&files.0.path().join(name)));
    assert_eq!(load("a").unwrap().current_context(), Some("x"));
    assert_eq!(
        files.shorten(&load("b").unwrap_err().0),
        "kubeconfig ~/b is not there: correct --kubeconfig"
    );
}

#[test]
fn a_file_that_is_not_text_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    std::fs::write(&file, b"a: 1\nb: \xff\n").unwrap();
    let error = Kubeconfig::load(Some(&file)).unwrap_err().0;
    assert!(
        error.ends_with("f, line 2: not UTF-8: save the kubeconfig as UTF-8 text"),
        "{error}"
    );
}

#[test]
fn the_list_holds_each_file_once() {
    assert_eq!(listed(OsStr::new(":b:a::b:")), [Path::new("b"), Path::new("a")]);
}

#[test]
fn the_place_of_old_is_read_where_the_new_one_is_empty() {
    let files = Files::new(&[(".kubeconfig", "")]);
    let kube = files.0.path();
    assert_eq!(home_file(kube), kube.join(".kubeconfig"));
    std::fs::write(kube.join("config"), "").unwrap();
    assert_eq!(home_file(kube), kube.join("config"));
}

#[test]
fn paths_are_cleaned_by_their_text() {
    assert_eq!(clean(Path::new("/a/./b/../../c/")), Path::new("/c"));
    assert_eq!(clean(Path::new("/../a")), Path::new("/a"));
}
