//! Merging of several files, and paths in them.

use super::super::merged::{Merged, clean};
use super::super::{Kubeconfig, home_file, listed};
use super::cases::{short, view};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files in a temporary folder.
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
        Kubeconfig(Merged::load(self.paths(names)).unwrap().0)
    }

    /// Returns [`short`], with the folder as `~`.
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

/// Lists of files, each with what kubectl 1.36 reads from it.
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
fn first_file_wins_and_paths_are_relative_to_their_file() {
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
fn merged_files_are_what_kubectl_prints() {
    let files = three();
    for (names, expected) in LISTS {
        assert_eq!(
            last_parts(&files.kubectl(names)),
            last_parts(expected),
            "{names:?}"
        );
    }
}

/// Removes the folders of paths: kubectl prints paths as they are in the file, and resolves them on use.
fn last_parts(text: &str) -> String {
    text.split_inclusive(['@', ':', ' ', ',', '|', '='])
        .map(|part| part.rsplit('/').next().unwrap_or_default())
        .collect()
}

#[test]
fn all_broken_files_are_reported() {
    let files = Files::new(&[
        ("a", "kind: Pod\n"),
        ("b", "clusters: [{name: b}]\n"),
        ("c", "clusters: [\n"),
    ]);
    let error = Merged::load(files.paths(&["a", "b", "c", "."])).err().unwrap().0;
    let lines: Vec<String> = error.lines().map(|line| files.shorten(line)).collect();
    assert!(lines[0].starts_with("~/a: not a kubeconfig"), "{lines:?}");
    assert!(lines[1].starts_with("~/c, line 2, column 1: "), "{lines:?}");
    assert!(lines[2].starts_with("cannot read kubeconfig ~/.: "), "{lines:?}");
}

#[test]
fn entries_hidden_by_another_file_are_reported() {
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
    // Two equal entries hide nothing.
    assert_eq!(files.load(&["a", "c"]).hidden_sentence(), None);
}

#[test]
fn explicit_file_must_exist() {
    let files = Files::new(&[("a", "current-context: x\n")]);
    let load = |name: &str| Kubeconfig::load(Some(&files.0.path().join(name)));
    assert_eq!(load("a").unwrap().current_context(), Some("x"));
    assert_eq!(
        files.shorten(&load("b").unwrap_err().0),
        "kubeconfig ~/b does not exist: correct --kubeconfig"
    );
}

#[test]
fn file_that_is_not_utf8_is_reported_with_its_line() {
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
fn file_named_twice_in_kubeconfig_variable_is_read_once() {
    assert_eq!(listed(OsStr::new(":b:a::b:")), [Path::new("b"), Path::new("a")]);
}

#[test]
fn old_kubeconfig_path_is_read_if_new_one_is_missing() {
    let files = Files::new(&[(".kubeconfig", "")]);
    let kube = files.0.path();
    assert_eq!(home_file(kube), kube.join(".kubeconfig"));
    std::fs::write(kube.join("config"), "").unwrap();
    assert_eq!(home_file(kube), kube.join("config"));
}

#[test]
fn paths_are_cleaned_without_the_file_system() {
    assert_eq!(clean(Path::new("/a/./b/../../c/")), Path::new("/c"));
    assert_eq!(clean(Path::new("/../a")), Path::new("/a"));
}
