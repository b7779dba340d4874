//! JSON, YAML and KYAML.

use super::{failed, ok, options, pod, stdout};
use crate::format::{Options, Output};
use crate::term::Terminal;

fn object(cluster: &str, json: &str) -> String {
    format!(r#"{{"kind":"Object","cluster":"{cluster}","resource":"pods","object":{json}}}"#)
}

#[test]
fn blanks_between_tokens_do_not_change_the_output() {
    let json = |object_json: &str| stdout(options(Output::Json), &[object("a", object_json), ok("a")]);
    let compact = json(r#"{"a":{"b":[1,"x: y",null],"c":{}},"d\"":true}"#);
    for with_blanks in [
        r#"{ "a" : { "b" : [ 1 , "x: y" , null ] , "c" : { } } , "d\"" : true }"#,
        "{\t\"a\"\t:\t{\"b\":\t[1\t,\"x: y\",null\t],\"c\"\t:{\t}},\"d\\\"\" \t :true\t}",
        "{\"a\"\r:\r{\"b\"\r\r:[1\r,\"x: y\"\r,null\r],\"c\":{}},\"d\\\"\":true\r}",
    ] {
        assert_eq!(json(with_blanks), compact, "{with_blanks}");
    }
}

#[test]
fn json_is_indented_as_in_kubectl() {
    let lines = [
        object("b", r#"{"z":1.50,"a":[],"m":{},"l":[1E5,{"x":"\u003c"}]}"#),
        object("a", "{}"),
        ok("b"),
        ok("c"),
        failed("d", "Timeout", "late"),
    ];
    let expected = r#"{
    "apiVersion": "kubectl-mc.k8s.io/v1alpha1",
    "kind": "MultiClusterResult",
    "clusters": [
        {
            "cluster": "a",
            "items": [
                {}
            ]
        },
        {
            "cluster": "b",
            "items": [
                {
                    "z": 1.50,
                    "a": [],
                    "m": {},
                    "l": [
                        1E5,
                        {
                            "x": "\u003c"
                        }
                    ]
                }
            ]
        },
        {
            "cluster": "c",
            "items": []
        }
    ],
    "summary": {
        "total": 4,
        "successful": 2,
        "failed": 2,
        "skipped": 0,
        "errors": {
            "a": {
                "reason": "Protocol",
                "message": "its answer ended without a Result: the stream was cut off or filtered"
            },
            "d": {
                "reason": "Timeout",
                "message": "late"
            }
        }
    }
}
"#;
    assert_eq!(stdout(options(Output::Json), &lines), expected);
    assert_eq!(stdout(options(Output::Auto), &lines), expected);
}

#[test]
fn yaml_looks_as_in_kubectl() {
    let json = r##"{"z":1.50,"count":12345678901234567890,"a":[],"m":{},"l":[[1,[2]],{"x":"y","w":["q"]}],
        "s":["plain text","true","","1","a: b","- x","it's","a\tb","2024-01-01T00:00:00Z","😀"],
        "script":"#!/bin/sh\necho \"a\"\n","tail":"a\n\n","lead":"  a\nb","blank":"a \nb","t":true,"o":null,"no":{"1":{"k":"|"}}}"##;
    let expected = r##"apiVersion: kubectl-mc.k8s.io/v1alpha1
kind: MultiClusterResult
clusters:
- cluster: a
  items:
  - z: 1.50
    count: 12345678901234567890
    a: []
    m: {}
    l:
    - - 1
      - - 2
    - x: "y"
      w:
      - q
    s:
    - plain text
    - "true"
    - ""
    - "1"
    - 'a: b'
    - '- x'
    - it's
    - "a\tb"
    - "2024-01-01T00:00:00Z"
    - "\U0001F600"
    script: |
      #!/bin/sh
      echo "a"
    tail: |+
      a

    lead: |2-
        a
      b
    blank: "a \nb"
    t: true
    o: null
    "no":
      "1":
        k: '|'
summary:
  total: 1
  successful: 1
  failed: 0
  skipped: 0
  errors: {}
"##;
    assert_eq!(
        stdout(
            options(Output::Yaml),
            &[object("a", &json.replace('\n', " ")), ok("a")]
        ),
        expected
    );
}

#[test]
fn rows_become_objects_of_their_columns() {
    let row = pod("a", r#"{"NAME":"x","SIZE":1.50,"AGE":"1","AGE":"2"}"#);
    let text = stdout(options(Output::Yaml), &[row, ok("a")]);
    assert!(
        text.contains("\n  - NAME: x\n    SIZE: 1.50\n    AGE: \"1\"\n    AGE_2: \"2\"\n"),
        "{text}"
    );
}

#[test]
fn cluster_records_are_a_cluster_list() {
    let cluster = r#"{"kind":"Cluster","cluster":"a","x-new":1.0}"#;
    assert_eq!(
        stdout(options(Output::Yaml), &[cluster]),
        "apiVersion: kubectl-mc.k8s.io/v1alpha1\nkind: ClusterList\nitems:\n- kind: Cluster\n  cluster: a\n  x-new: 1.0\n"
    );
    let text = stdout(options(Output::Json), &[cluster.to_owned(), ok("a")]);
    assert!(
        text.contains("\"kind\": \"MultiClusterResult\",\n    \"fleet\": ["),
        "{text}"
    );
}

#[test]
fn empty_run_is_a_document_and_rows_alone_have_no_summary() {
    let none: [&str; 0] = [];
    let text = stdout(options(Output::Json), &none);
    assert!(
        text.contains("\"clusters\": [],\n    \"summary\": {\n        \"total\": 0"),
        "{text}"
    );
    assert!(!stdout(options(Output::Json), &[object("a", "{}")]).contains("summary"));
    assert_eq!(stdout(options(Output::Auto), &none), "");
}

/// The example of the design document.
#[test]
fn multi_cluster_result_of_two_clusters() {
    let designed = r#"{
      "apiVersion": "kubectl-mc.k8s.io/v1alpha1",
      "kind": "MultiClusterResult",
      "clusters": [
        {
          "cluster": "prod-us-west-1",
          "items": [
            { "metadata": { "name": "nginx-abc123" } }
          ]
        },
        {
          "cluster": "prod-eu-central-1",
          "items": [
            { "metadata": { "name": "nginx-def456" } }
          ]
        }
      ],
      "summary": {
        "total": 2,
        "successful": 2,
        "failed": 0
      }
    }"#;
    let lines = [
        object("prod-us-west-1", r#"{"metadata":{"name":"nginx-abc123"}}"#),
        object("prod-eu-central-1", r#"{"metadata":{"name":"nginx-def456"}}"#),
        ok("prod-us-west-1"),
        ok("prod-eu-central-1"),
    ];
    let mut designed: serde_json::Value = serde_json::from_str(designed).unwrap();
    // Sorted by name.
    designed["clusters"].as_array_mut().unwrap().reverse();
    for output in [Output::Json, Output::Yaml, Output::Kyaml] {
        let mut printed: serde_json::Value = serde_yaml::from_str(&stdout(options(output), &lines)).unwrap();
        // The example leaves out empty fields.
        let summary = printed["summary"].as_object_mut().unwrap();
        assert_eq!(summary.remove("skipped"), Some(0.into()));
        assert_eq!(summary.remove("errors"), Some(serde_json::json!({})));
        assert_eq!(printed, designed);
    }
}

#[test]
fn summary_has_errors_by_cluster_and_problems_by_stage() {
    let problem = r#"{"kind":"Problem","stage":"mc-discover","status":3,"message":"hub b is down"}"#;
    let lines = [failed("b: c", "Timeout", "late"), ok("a"), problem.to_owned()];
    for output in [Output::Json, Output::Yaml, Output::Kyaml] {
        let printed: serde_json::Value = serde_yaml::from_str(&stdout(options(output), &lines)).unwrap();
        assert_eq!(
            printed["summary"],
            serde_json::json!({
                "total": 2, "successful": 1, "failed": 1, "skipped": 0,
                "errors": {"b: c": {"reason": "Timeout", "message": "late"}},
                "problems": [{"stage": "mc-discover", "message": "hub b is down"}],
            })
        );
    }
    // A stage that failed may have sent nothing else.
    let printed = stdout(options(Output::Json), &[problem]);
    let printed: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed["summary"]["problems"][0]["stage"], "mc-discover");
}

#[test]
fn text_is_a_field_beside_the_items() {
    let text = r#"{"kind":"Text","cluster":"a","stream":"stdout","text":"one\ntwo\n"}"#;
    let yaml = stdout(options(Output::Yaml), &[text.to_owned(), ok("a")]);
    assert!(
        yaml.contains("- cluster: a\n  items: []\n  text: |\n    one\n    two\n"),
        "{yaml}"
    );
}

#[test]
fn deep_nesting_needs_no_stack_and_no_indentation() {
    let depth = 50_000;
    let deep = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    for output in [Output::Json, Output::Yaml, Output::Kyaml] {
        let text = stdout(options(output), &[object("a", &deep), ok("a")]);
        assert!(text.len() < 10 * depth, "{}", text.len());
    }
    // Deep enough for flow style, but not too deep for the parsers.
    let deep = format!(
        "{}{{\"k\":[1.50,\"a: b\",{{}}],\"l\":\"\\n\"}}{}",
        "{\"a\":[".repeat(30),
        "]}".repeat(30)
    );
    let given: serde_json::Value = serde_json::from_str(&deep).unwrap();
    for output in [Output::Json, Output::Yaml, Output::Kyaml] {
        let text = stdout(options(output), &[object("a", &deep), ok("a")]);
        let back: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(back["clusters"][0]["items"][0], given);
    }
}

#[test]
fn long_keys_get_a_question_mark() {
    let key = "k".repeat(3000);
    let json = format!(r#"{{"a":[{{"{key}":{{"x":["y"]}},"z":1}}],"{key}":"v"}}"#);
    for output in [Output::Yaml, Output::Kyaml] {
        let text = stdout(options(output), &[object("a", &json), ok("a")]);
        let back: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        let given: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(back["clusters"][0]["items"][0], given);
    }
}

#[test]
fn terminals_get_no_control_characters() {
    for output in [Output::Json, Output::Yaml, Output::Kyaml] {
        let terminal = Options {
            terminal: Terminal {
                is_terminal: true,
                color: true,
            },
            ..options(output)
        };
        let text = stdout(
            terminal,
            &[object("a", "{\"k\u{202e}\":\"\u{9b}31m\u{202e}\"}"), ok("a")],
        );
        assert!(
            text.chars()
                .all(|c| matches!(c, '\n' | '\t') || !crate::term::is_hostile(c)),
            "{text:?}"
        );
        let back: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(back["clusters"][0]["items"][0]["k\u{202e}"], "\u{9b}31m\u{202e}");
    }
}

#[test]
fn ndjson_on_a_terminal_has_no_carriage_return() {
    let terminal = Options {
        terminal: Terminal {
            is_terminal: true,
            color: false,
        },
        ..options(Output::Ndjson)
    };
    let line = "{\"kind\":\"Row\",\"cluster\":\"a\",\r\t\"columns\":{\"A\":\"\u{202e}\"}}";
    let shown = "{\"kind\":\"Row\",\"cluster\":\"a\", \t\"columns\":{\"A\":\"\\u202e\"}}\n";
    assert_eq!(stdout(terminal, &[line]), shown);
    assert_eq!(stdout(options(Output::Ndjson), &[line]), format!("{line}\n"));
}

#[test]
fn kyaml_looks_as_in_kubectl() {
    let json = r#"{"kind":"Pod","n":1.50,"no":"x","a b":[],"c":[{"a":"x\ny"},{}],"d":[1,{}]}"#;
    let expected = r#"---
{
  apiVersion: "kubectl-mc.k8s.io/v1alpha1",
  kind: "MultiClusterResult",
  clusters: [{
    cluster: "a",
    items: [{
      kind: "Pod",
      "n": 1.50,
      "no": "x",
      "a b": [],
      c: [{
        a: "\
           x\n\
           y\
          ",
      }, {}],
      d: [
        1,
        {},
      ],
    }, {}],
  }],
  summary: {
    total: 1,
    successful: 1,
    failed: 0,
    skipped: 0,
    errors: {},
  },
}
"#;
    let lines = [object("a", json), object("a", "{}"), ok("a")];
    assert_eq!(stdout(options(Output::Kyaml), &lines), expected);
}

#[test]
fn output_list_is_a_v1_list() {
    let list = |output| Options {
        list: true,
        ..options(output)
    };
    let lines = [
        object("b", r#"{"kind":"Pod","metadata":{"name":"x"},"n":1.50}"#),
        object("a", r#"{"kind":"Pod","metadata":{"annotations":{"k":"v"}}}"#),
        ok("a"),
        ok("b"),
        failed("c", "Timeout", "late"),
    ];
    let expected = r#"{
    "apiVersion": "v1",
    "items": [
        {
            "kind": "Pod",
            "metadata": {
                "annotations": {
                    "k": "v",
                    "kubectl-mc.k8s.io/cluster": "a"
                }
            }
        },
        {
            "kind": "Pod",
            "metadata": {
                "name": "x",
                "annotations": {
                    "kubectl-mc.k8s.io/cluster": "b"
                }
            },
            "n": 1.50
        }
    ],
    "kind": "List",
    "metadata": {
        "resourceVersion": ""
    }
}
"#;
    let (text, complaints, status) = super::formatted(list(Output::Json), &super::join(&lines));
    assert_eq!(text, expected);
    assert_eq!(
        complaints,
        [
            "Warning: Failed to query 1/3 clusters. Run with -v for details.",
            "  Timeout (1): c: HINT"
        ]
    );
    assert_eq!(status, crate::exit::Status::Partial);
    for output in [Output::Yaml, Output::Kyaml] {
        let back: serde_json::Value = serde_yaml::from_str(&stdout(list(output), &lines)).unwrap();
        assert_eq!(back, serde_json::from_str::<serde_json::Value>(expected).unwrap());
    }
    assert_eq!(
        stdout(list(Output::Yaml), &[ok("a")]),
        "apiVersion: v1\nitems: []\nkind: List\nmetadata:\n  resourceVersion: \"\"\n"
    );
}
