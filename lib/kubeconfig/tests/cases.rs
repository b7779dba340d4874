//! Unusual files, and what kubectl 1.36 reads from them.

use super::super::merged::Entry;
use super::super::{Kubeconfig, check, file};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

/// The expected result of a file.
enum Is {
    /// The entries that `kubectl config view --raw -o json` prints, as [`short`] renders them.
    Read(&'static str),
    /// An error in both.
    Refused,
    /// An error in kubectl, but read by this program.
    Lenient(&'static str),
}

use Is::{Lenient, Read, Refused};

/// Name, text and expected result.
const CASES: &[(&str, &str, Is)] = &[
    ("nothing", "", Read("|||")),
    ("blanks", "  \n\n", Read("|||")),
    ("a comment", "# nothing\n", Read("|||")),
    ("null", "null\n", Read("|||")),
    (
        "a byte order mark",
        "\u{feff}clusters: [{name: a, cluster: {server: x}}]\n",
        Read("a=x|||"),
    ),
    (
        "null sections",
        "clusters: null\nusers: ~\ncontexts: []\ncurrent-context: null\n",
        Read("|||"),
    ),
    (
        "null entries",
        "clusters:\n- null\n- name: x\n  cluster: null\n",
        Read("=,x=|||"),
    ),
    ("no name", "clusters:\n- cluster: {server: x}\n", Read("=x|||")),
    (
        "a key twice",
        "clusters:\n- name: a\n  cluster:\n    server: one\n    server: two\n",
        Read("a=two|||"),
    ),
    (
        "a section twice",
        "clusters: [{name: a}]\nclusters: [{name: b}]\n",
        Read("b=|||"),
    ),
    (
        "a cluster's name twice",
        "clusters:\n- {name: a}\n- {name: a}\n",
        Refused,
    ),
    (
        "a user's name twice",
        "users:\n- {name: a}\n- {name: a}\n",
        Refused,
    ),
    (
        "a context's name twice",
        "contexts:\n- {name: a}\n- {name: a}\n",
        Refused,
    ),
    ("only a kind", "kind: Config\n", Read("|||")),
    ("only a version", "apiVersion: v1\n", Read("|||")),
    ("another kind", "kind: Pod\napiVersion: v1\n", Refused),
    ("another group", "kind: Config\napiVersion: foo/v1\n", Refused),
    ("another version", "apiVersion: v2\n", Refused),
    (
        "unknown fields",
        "x: 1\npreferences: {colors: true}\nclusters: [{name: a, y: [], cluster: {z: 1}}]\n",
        Read("a=|||"),
    ),
    (
        "other capitals",
        "Clusters: [{name: a}]\nclusters: [{Name: b, name: c}]\n",
        Read("c=|||"),
    ),
    ("a mapping for a list", "clusters: {}\n", Refused),
    ("a scalar", "hello", Refused),
    ("a list", "[1]", Refused),
    ("a tab", "clusters:\n\t- name: a\n", Refused),
    ("an unclosed quote", "current-context: \"a\n", Refused),
    (
        "two documents",
        "clusters: [{name: a}]\n---\nclusters: [{name: b}]\n",
        Read("a=|||"),
    ),
    (
        "a document start",
        "---\nclusters: [{name: a}]\n...\n",
        Read("a=|||"),
    ),
    (
        "JSON",
        "{\"clusters\":[{\"name\":\"a\",\"cluster\":{\"server\":\"x\"}}],\n\t\"users\":null}",
        Read("a=x|||"),
    ),
    (
        "JSON with a comment",
        "{\"clusters\":[{\"name\":\"a\"}], # why\n}",
        Read("a=|||"),
    ),
    (
        "an alias",
        "x: &s {server: v}\nclusters:\n- {name: a, cluster: *s}\n- {name: b, cluster: *s}\n",
        Read("a=v,b=v|||"),
    ),
    (
        "a merge key",
        "x: &s {server: v}\nclusters:\n- name: a\n  cluster:\n    <<: *s\n    tls-server-name: t\n",
        Read("a=v/t|||"),
    ),
    (
        "an old yes",
        "clusters: [{name: a, cluster: {insecure-skip-tls-verify: yes}}]\n",
        Read("a=!|||"),
    ),
    (
        "an old off",
        "clusters: [{name: a, cluster: {insecure-skip-tls-verify: Off}}]\n",
        Read("a=|||"),
    ),
    (
        "a quoted yes",
        "clusters: [{name: a, cluster: {insecure-skip-tls-verify: \"yes\"}}]\n",
        Lenient("a=!|||"),
    ),
    (
        "a quoted true",
        "clusters: [{name: a, cluster: {insecure-skip-tls-verify: \"true\"}}]\n",
        Refused,
    ),
    (
        "a number for a name",
        "clusters: [{name: 12}]\n",
        Lenient("12=|||"),
    ),
    (
        "a boolean for a name",
        "clusters: [{name: true}]\n",
        Lenient("true=|||"),
    ),
    ("a list for a name", "clusters: [{name: [a]}]\n", Refused),
    ("a quoted number", "clusters: [{name: \"12\"}]\n", Read("12=|||")),
    (
        "base64 that is not",
        "clusters: [{name: a, cluster: {certificate-authority-data: \"!\"}}]\n",
        Lenient("a=ca:!|||"),
    ),
    (
        "base64 in lines",
        "clusters:\n- name: a\n  cluster:\n    certificate-authority-data: |\n      QUJD\n      REVG\n",
        Read("a=ca:QUJDREVG|||"),
    ),
    (
        "users",
        "users:\n- {name: u, user: {token: t, username: q, password: p, tokenFile: /f, as: j}}\n- {name: v}\n",
        Read("|u=token:t username:q password:p tokenFile:/f as:j,v=||"),
    ),
    (
        "a plugin",
        "users:\n- name: u\n  user:\n    exec: {command: c, args: [a], env: null, apiVersion: client.authentication.k8s.io/v1beta1}\n",
        Read("|u=exec:c [a] IfAvailable||"),
    ),
    (
        "a plugin of v1",
        "users:\n- name: u\n  user:\n    exec: {command: c, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always}\n",
        Read("|u=exec:c [] Always||"),
    ),
    (
        "contexts",
        "contexts:\n- {name: b, context: {cluster: c, user: u, namespace: ns}}\n- {name: a}\ncurrent-context: b\n",
        Read("||a=,b=c u ns|b"),
    ),
];

/// A file with every kind of field, for the fuzz tests.
pub(super) fn everything() -> String {
    let piece = "QUJD".repeat(20);
    format!(
        "apiVersion: v1\nkind: Config\nx: &x {{server: 'https://h'}}\nclusters:\n- name: a\n  cluster:\n    <<: *x\n    \
         certificate-authority-data: {piece}\n    extensions:\n    - {{name: e, extension: {{k: [1, 2.5, null]}}}}\n\
         - name: b\n  cluster: *x\nusers:\n- name: u\n  user:\n    client-certificate-data: {piece}\n    client-key-data: \
         {piece}\n    as-user-extra: {{k: [v]}}\n- name: v\n  user:\n    exec:\n      apiVersion: \
         client.authentication.k8s.io/v1\n      command: ./c\n      installHint: |\n        get it\n      \
         interactiveMode: Never\n      env: [{{name: A, value: b}}]\ncontexts:\n- name: a\n  context: {{cluster: a, user: \
         u}}\n- name: b\n  context: {{cluster: b, user: v, namespace: n}}\ncurrent-context: a\n"
    )
}

#[test]
fn unusual_files_are_read_like_kubectl() {
    for (name, text, outcome) in CASES {
        let read = Kubeconfig::from_text(text, Path::new("/k/config"));
        match outcome {
            Read(expected) | Lenient(expected) => {
                assert_eq!(short(&view(&read.unwrap())), *expected, "{name}");
            }
            Refused => assert!(read.is_err(), "{name}"),
        }
    }
}

/// Compares the table above with kubectl itself: `KUBECTL=… cargo test --lib -- --ignored kubectl`.
#[test]
#[ignore = "needs kubectl, named by KUBECTL"]
fn unusual_files_are_what_kubectl_prints() {
    let kubectl = std::env::var_os("KUBECTL").unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, text, outcome) in CASES {
        let file = folder.path().join("config");
        std::fs::write(&file, text).unwrap();
        let output = Command::new(&kubectl)
            .env("KUBECONFIG", &file)
            .env("HOME", folder.path())
            .args(["config", "view", "--raw", "-o", "json"])
            .output()
            .unwrap();
        match outcome {
            Read(expected) => {
                assert!(output.status.success(), "{name}: {output:?}");
                let theirs: Value = serde_json::from_slice(&output.stdout).unwrap();
                assert_eq!(short(&theirs), *expected, "{name}");
            }
            Refused | Lenient(_) => assert!(!output.status.success(), "{name}: {output:?}"),
        }
    }
}

/// Renders what kubectl prints as `clusters|users|contexts|current-context`, each `name=value,…`.
pub(super) fn short(view: &Value) -> String {
    let list = |section: &str, value: fn(&Value) -> String| {
        let entries = view[section].as_array().map(Vec::as_slice).unwrap_or_default();
        let entries: Vec<String> = entries
            .iter()
            .map(|entry| format!("{}={}", text(&entry["name"]), value(entry)))
            .collect();
        entries.join(",")
    };
    let cluster = |entry: &Value| {
        let cluster = &entry["cluster"];
        let mut text = text(&cluster["server"]).to_owned();
        for (key, mark) in [
            ("tls-server-name", "/"),
            ("certificate-authority", "@"),
            ("certificate-authority-data", "ca:"),
        ] {
            if let Some(value) = cluster[key].as_str() {
                text += mark;
                text += value;
            }
        }
        if cluster["insecure-skip-tls-verify"] == true {
            text += "!";
        }
        text
    };
    let user = |entry: &Value| {
        let mut parts = Vec::new();
        for key in [
            "token",
            "username",
            "password",
            "tokenFile",
            "client-certificate",
            "as",
        ] {
            if let Some(value) = entry["user"][key].as_str() {
                parts.push(format!("{key}:{value}"));
            }
        }
        let exec = &entry["user"]["exec"];
        if exec.is_object() {
            let args = exec["args"].as_array().map(Vec::as_slice).unwrap_or_default();
            let args: Vec<&str> = args.iter().map(text).collect();
            parts.push(format!(
                "exec:{} [{}] {}",
                text(&exec["command"]),
                args.join(" "),
                text(&exec["interactiveMode"])
            ));
        }
        parts.join(" ")
    };
    let context = |entry: &Value| {
        let keys = ["cluster", "user", "namespace"];
        let values: Vec<&str> = keys.iter().map(|key| text(&entry["context"][key])).collect();
        values.join(" ").trim_end().to_owned()
    };
    format!(
        "{}|{}|{}|{}",
        list("clusters", cluster),
        list("users", user),
        list("contexts", context),
        text(&view["current-context"])
    )
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Returns the JSON that kubectl prints, as far as [`short`] looks at it.
pub(super) fn view(config: &Kubeconfig) -> Value {
    fn section<T>(entries: &HashMap<String, Entry<T>>, key: &str, value: fn(&T) -> Value) -> Value {
        let mut names: Vec<&String> = entries.keys().collect();
        names.sort();
        names
            .into_iter()
            .map(|name| json!({"name": name, key: value(&entries[name].value)}))
            .collect()
    }
    fn filled(fields: &[(&str, &str)]) -> Map<String, Value> {
        fields
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| ((*key).to_owned(), json!(value)))
            .collect()
    }
    let cluster = |cluster: &file::Cluster| {
        let data = cluster.ca_data.replace('\n', "");
        let mut fields = filled(&[
            ("server", &cluster.server),
            ("tls-server-name", &cluster.tls_server_name),
            ("certificate-authority", &cluster.ca_file),
            ("certificate-authority-data", &data),
        ]);
        fields.insert("insecure-skip-tls-verify".into(), json!(cluster.insecure.0));
        Value::Object(fields)
    };
    let user = |user: &file::User| {
        let mut fields = filled(&[
            ("token", &user.token),
            ("username", &user.username),
            ("password", &user.password),
            ("tokenFile", &user.token_file),
            ("client-certificate", &user.certificate_file),
            ("as", &user.impersonate),
        ]);
        if let Some(exec) = &user.exec {
            let mode = check::interactive_mode(exec);
            fields.insert(
                "exec".into(),
                json!({"command": exec.command, "args": exec.args, "interactiveMode": mode}),
            );
        }
        Value::Object(fields)
    };
    let context = |context: &file::Context| {
        Value::Object(filled(&[
            ("cluster", &context.cluster),
            ("user", &context.user),
            ("namespace", &context.namespace),
        ]))
    };
    json!({
        "clusters": section(&config.0.clusters, "cluster", cluster),
        "users": section(&config.0.users, "user", user),
        "contexts": section(&config.0.contexts, "context", context),
        "current-context": config.0.current_context,
    })
}
