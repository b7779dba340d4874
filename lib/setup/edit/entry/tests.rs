#![allow(clippy::unwrap_used)]
use super::map;
use proptest::prelude::{any, prop, proptest};

const AWS: [(&str, &str); 2] = [("cloudProvider", "aws"), ("region", "eu-west-1")];

fn mapped(text: &str) -> String {
    map(text, "new", "admin@new", &AWS).unwrap()
}

const NEW: &str = "- name: new\n  context: admin@new\n  cloudProvider: aws\n  region: eu-west-1\n";

#[test]
fn list_keeps_comments_order_and_unknown_fields() {
    let text = "apiVersion: kubectl-mc.k8s.io/v1alpha1\nkind: ClusterMapping\nhubContext: my-hub-cluster  # Optional: \
                default hub context\nclusters:\n- name: prod-us-west-1\n  context: eks-us-west\n  cloudProvider: aws        \
                # Optional\n  region: us-west-2         # Optional\n  owner: {team: web, since: 2024}\n\n# in Frankfurt\n- \
                name: prod-eu-central-1\n  context: eks-eu-central\n- name: on-prem-dc1\n  context: on-prem-1\n  # No \
                cloud metadata - manually managed\n";
    let added = mapped(text);
    let before_comment = text.replace("  # No cloud", &format!("{NEW}  # No cloud"));
    assert_eq!(added, before_comment);
    let changed = map(
        text,
        "prod-us-west-1",
        "other",
        &[("region", "eu"), ("project", "p")],
    )
    .unwrap();
    assert_eq!(
        changed,
        text.replace("eks-us-west", "other")
            .replace("since: 2024}\n", "since: 2024}\n  project: p\n"),
        "the region is the user's"
    );
    let changed = map(text, "on-prem-dc1", "other", &[]).unwrap();
    assert_eq!(changed, text.replace("on-prem-1", "other"));
}

#[test]
fn entry_is_added_however_the_file_begins() {
    for (text, expected) in [
        ("", format!("clusters:\n{NEW}")),
        ("# only this", format!("# only this\nclusters:\n{NEW}")),
        ("hubContext: h", format!("hubContext: h\nclusters:\n{NEW}")),
        ("clusters:\n", format!("clusters:\n{NEW}")),
        ("clusters: # none yet\n", format!("clusters: # none yet\n{NEW}")),
        ("clusters: []  # none\n", format!("clusters:   # none\n{NEW}")),
        ("clusters: {}\nhubContext: h\n", format!("clusters:\n{NEW}hubContext: h\n")),
        ("clusters: ~\n", format!("clusters:\n{NEW}")),
        (
            "---\nclusters:\n- name: a\n  context: b",
            format!("---\nclusters:\n- name: a\n  context: b\n{NEW}"),
        ),
        (
            "\u{feff}clusters:\r\n- name: a\r\n  context: b\r\n",
            format!(
                "\u{feff}clusters:\r\n- name: a\r\n  context: b\r\n{}",
                NEW.replace('\n', "\r\n")
            ),
        ),
        (
            "clusters:\n    - name: a\n      context: b\n# end\nhubContext: h\n",
            format!(
                "clusters:\n    - name: a\n      context: b\n{}# end\nhubContext: h\n",
                NEW.lines().map(|line| format!("    {line}\n")).collect::<String>()
            ),
        ),
        (
            "clusters:\n  -\n    name: a\n    context: b\n",
            format!(
                "clusters:\n  -\n    name: a\n    context: b\n{}",
                NEW.lines().map(|line| format!("  {line}\n")).collect::<String>()
            ),
        ),
        (
            "clusters: [{name: a, context: b}] # all\n",
            "clusters: [{name: a, context: b}, {name: new, context: admin@new, cloudProvider: aws, region: eu-west-1}] \
             # all\n"
                .into(),
        ),
    ] {
        assert_eq!(mapped(text), expected, "{text}");
    }
}

#[test]
fn entry_is_changed_in_place_in_every_style() {
    for (text, expected) in [
        (
            "clusters:\n- context: old # why\n  name: new\n- name: b\n  context: c\n",
            "clusters:\n- context: admin@new # why\n  name: new\n  cloudProvider: aws\n  region: eu-west-1\n- name: b\n  context: c\n",
        ),
        (
            "clusters:\n-   name: new\n    cloudProvider: gcp\n    region:\n",
            "clusters:\n-   name: new\n    cloudProvider: gcp\n    region: eu-west-1\n    context: admin@new\n",
        ),
        (
            "clusters:\n- {name: new, context: old, n: 1.5, on: true, tags: [a b, \"#c\"]} # why\n- {name: b, context: c}\n",
            "clusters:\n- {name: new, context: admin@new, n: 1.5, on: true, tags: [\"a b\", \"#c\"], cloudProvider: aws, region: eu-west-1} # why\n- {name: b, context: c}\n",
        ),
        (
            "clusters: [{name: new, context: old}, {name: b, context: c}]\n",
            "clusters: [{name: new, context: admin@new, cloudProvider: aws, region: eu-west-1}, {name: b, context: c}]\n",
        ),
    ] {
        assert_eq!(mapped(text), expected, "{text}");
        assert_eq!(mapped(expected), expected, "the second time changes nothing");
    }
}

#[test]
fn short_form_stays_short() {
    assert_eq!(
        mapped("clusters:\n  a: b  # why\n"),
        "clusters:\n  a: b  # why\n  new: admin@new\n"
    );
    assert_eq!(
        mapped("clusters:\n  new:\n    region: eu\n    # why\n    context: old\n  b: c\n"),
        "clusters:\n  new:\n    region: eu\n    # why\n    context: admin@new\n    cloudProvider: aws\n  b: c\n"
    );
}

#[test]
fn odd_names_and_contexts_are_quoted() {
    for name in [
        "true",
        "12",
        "a b",
        "é\"",
        "null",
        "- x",
        "a: b",
        "#c",
        "\u{2028}",
        "\u{feff}",
        "\u{85}",
        "\u{fffe}",
        "\u{1f600}",
        "tab\t",
        "\u{0}",
        "[x",
        "{y",
        "&z",
        "a,b",
        "'",
    ] {
        for text in [
            "clusters:\n- name: a\n  context: b\n",
            "clusters: [{name: a, context: b}]\n",
            "clusters:\n  a: b\n",
            "",
        ] {
            let once = map(text, name, name, &[]).unwrap();
            assert_eq!(map(&once, name, name, &[]).unwrap(), once);
            let read = crate::config::ClusterMapping::from_text(&once, std::path::Path::new("m")).unwrap();
            assert_eq!(
                read.find(name, None).unwrap().1.context.as_deref(),
                Some(name),
                "{once}"
            );
        }
    }
}

#[test]
fn unsupported_forms_of_yaml_are_refused() {
    for text in [
        "clusters: [\n  {name: a, context: b},\n]\n",
        "clusters: &x\n- name: a\n  context: b\nother: *x\n",
        "- a\n",
        "clusters: 7\n",
        "{\"clusters\": [{\"name\": \"a\", \"context\": \"b\"}]}\n",
    ] {
        assert!(map(text, "new", "admin@new", &AWS).is_err(), "{text}");
    }
}

#[test]
fn brackets_in_texts_and_comments_are_not_lists() {
    for text in [
        "clusters: # ] [\n- name: new\n  context: \"}{\"\n",
        "clusters:\n- name: \"}{\"\n  context: b\n",
        "clusters:\n- name: a # } {\n  context: \"][\"\n",
    ] {
        let changed = mapped(text);
        assert!(changed.contains("admin@new"), "{changed}");
        assert_eq!(
            changed.matches('#').count(),
            text.matches('#').count(),
            "{changed}"
        );
    }
}

const WHOLE: &str = "hubContext: h\nclusters: # all\n- {name: a, context: \"b\"} # why\n- name: new\n  context: old\n  \
                     owner: [x, {y: z}]\n-\n  name: c\n  # no\n  context: 'd'\nother: {a: b}\n";

proptest! {
    #[test]
    fn mangled_file_never_panics(at in any::<prop::sample::Index>(), len in 0usize..9, with in "[ -~\t\n\u{e9}]{0,6}") {
        let at = at.index(WHOLE.len());
        let mangled = format!("{}{with}{}", &WHOLE[..at], &WHOLE[(at + len).min(WHOLE.len())..]);
        for name in ["new", "a", "c", "added"] {
            let _ = map(&mangled, name, "context", &AWS);
        }
    }
}
