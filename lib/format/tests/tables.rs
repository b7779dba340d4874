//! Tables, CSV, TSV, names and NDJSON.

use super::{deployment, formatted, join, ok, options, pod, stdout};
use crate::exit::Status;
use crate::format::{ClusterColumns, ClusterOrder, Formatter, Options, Output};
use crate::term::Terminal;

fn plain() -> Options {
    Options {
        show_cluster_column: false,
        ..options(Output::Auto)
    }
}

const WEB: &str = r#"{"NAME":"web-0","READY":"1/1","STATUS":"Running","RESTARTS":2,"AGE":"5d"}"#;
const DB: &str = r#"{"NAME":"database-primary","READY":"0/1","STATUS":"Pending","RESTARTS":0,"AGE":"1h"}"#;

#[test]
fn table_without_cluster_column_is_kubectls() {
    assert_eq!(
        stdout(plain(), &[pod("a", WEB), pod("a", DB)]),
        "NAME               READY   STATUS    RESTARTS   AGE\n\
         web-0              1/1     Running   2          5d\n\
         database-primary   0/1     Pending   0          1h\n"
    );
}

#[test]
fn cluster_column_follows_name() {
    assert_eq!(
        stdout(options(Output::Table), &[pod("prod-eu", WEB), pod("b", DB)]),
        "NAME               CLUSTER   READY   STATUS    RESTARTS   AGE\n\
         web-0              prod-eu   1/1     Running   2          5d\n\
         database-primary   b         0/1     Pending   0          1h\n"
    );
    assert_eq!(
        stdout(
            options(Output::Auto),
            &[pod("a", r#"{"NAMESPACE":"x","NAME":"y"}"#)]
        ),
        "NAMESPACE   NAME   CLUSTER\nx           y      a\n"
    );
    assert_eq!(
        stdout(options(Output::Auto), &[pod("a", r#"{"X":"y"}"#)]),
        "CLUSTER   X\na         y\n"
    );
}

#[test]
fn no_headers() {
    let no_headers = Options {
        no_headers: true,
        ..plain()
    };
    assert_eq!(
        stdout(
            no_headers,
            &[
                pod("a", r#"{"NAME":"a","LONGEST":"1"}"#),
                deployment("a", r#"{"NAME":"x"}"#)
            ]
        ),
        "pod/a   1\ndeployment.apps/x\n"
    );
}

#[test]
fn each_type_has_its_own_table() {
    let web = r#"{"NAME":"web","READY":"1/1"}"#;
    assert_eq!(
        stdout(plain(), &[deployment("a", web), pod("a", web)]),
        "NAME      READY\npod/web   1/1\n\nNAME                  READY\ndeployment.apps/web   1/1\n"
    );
    let kind = Options {
        show_kind: true,
        ..plain()
    };
    assert_eq!(stdout(kind, &[pod("a", web)]), "NAME      READY\npod/web   1/1\n");
    // Two types of one category, one of which has another position on another cluster.
    let row = |cluster: &str, type_: &str, position: u32| {
        format!(
            r#"{{"kind":"Row","cluster":"{cluster}","resource":"{type_}s","type":"{type_}","position":{position},"columns":{{"NAME":"x"}}}}"#
        )
    };
    let rows = [row("b", "gauge", 1), row("a", "widget", 1), row("b", "widget", 2)];
    assert_eq!(
        stdout(plain(), &rows),
        "NAME\ngauge/x\n\nNAME\nwidget/x\nwidget/x\n"
    );
}

#[test]
fn columns_of_some_servers_only() {
    let old = r#"{"NAME":"a","STATUS":"ok","AGE":"1d"}"#;
    let new = r#"{"NAME":"b","ROLE":"x","STATUS":"ok","AGE":"1d","NOTE":null}"#;
    assert_eq!(
        stdout(plain(), &[pod("a", old), pod("b", new)]),
        "NAME   ROLE     STATUS   AGE   NOTE\na      <none>   ok       1d    <none>\nb      x        ok       1d    \n"
    );
    let csv = "CLUSTER,NAME,ROLE,STATUS,AGE,NOTE\na,a,,ok,1d,\nb,b,x,ok,1d,\n";
    assert_eq!(stdout(options(Output::Csv), &[pod("a", old), pod("b", new)]), csv);
}

#[test]
fn equal_headings() {
    let twice = pod("a", r#"{"NAME":"a","AGE":"1","AGE":"2"}"#);
    assert_eq!(stdout(plain(), &[&twice]), "NAME   AGE   AGE\na      1     2\n");
    assert_eq!(
        stdout(options(Output::Csv), &[&twice]),
        "CLUSTER,NAME,AGE,AGE_2\na,a,1,2\n"
    );
}

#[test]
fn terminals_get_colour_but_no_control_characters() {
    let terminal = |color| Options {
        terminal: Terminal {
            is_terminal: true,
            color,
        },
        ..options(Output::Auto)
    };
    let hostile = r#"{"NAME":"a\tb\u001b[2J","STATUS":"Running","X\u0007":"\u202e\u009b"}"#;
    let text = stdout(terminal(false), &[pod("c\\u001bd", hostile)]);
    assert!(
        text.chars().all(|c| c == '\n' || !crate::term::is_hostile(c)),
        "{text:?}"
    );
    assert_eq!(
        text,
        "NAME        CLUSTER   STATUS    X\\u{7}\na\\tb^[[2J   c^[d      Running   \\u{202e}\\u{9b}\n"
    );
    let painted = stdout(terminal(true), &[pod("c", WEB)]);
    assert!(painted.contains("\u{1b}[36mc\u{1b}[0m"), "{painted:?}");
    assert!(painted.contains("\u{1b}[32mRunning\u{1b}[0m"), "{painted:?}");
    let unpainted = ["1", "32", "36", "0"]
        .iter()
        .fold(painted, |text, code| text.replace(&format!("\u{1b}[{code}m"), ""));
    assert_eq!(unpainted, stdout(terminal(false), &[pod("c", WEB)]));
}

#[test]
fn streamed_rows_are_aligned_with_those_before() {
    let options = Options {
        stream: true,
        ..plain()
    };
    let mut formatter = Formatter::new(options);
    let mut output = Vec::new();
    for batch in [
        vec![
            pod("a", r#"{"NAME":"first-pod","X":"1"}"#),
            pod("a", r#"{"NAME":"b","X":"1"}"#),
        ],
        vec![],
        vec![pod("a", r#"{"NAME":"c","X":"2"}"#)],
        vec![pod("b", r#"{"NAME":"d","X":"2","Y":"3"}"#)],
        vec![pod("a", r#"{"NAME":"e","X":"2"}"#)],
    ] {
        for line in batch {
            formatter
                .line(1, &line, &mut output, &mut |line| unreachable!("{line}"))
                .unwrap();
        }
        formatter.flush(&mut output).unwrap();
    }
    formatter
        .finish(&mut output, &mut |line| unreachable!("{line}"))
        .unwrap();
    assert_eq!(
        String::from_utf8(output).unwrap(),
        "NAME        X\nfirst-pod   1\nb           1\nc           2\n\
         NAME        X     Y\nd           2     3\ne           2     <none>\n"
    );
}

#[test]
fn csv_and_tsv_cells_are_whole() {
    let cells = r#"{"NAME":"a","SAID":"one\ntwo, \"three\"\t\\","N":1.50,"L":[1,"x"]}"#;
    assert_eq!(
        stdout(options(Output::Csv), &[pod("c", cells)]),
        "CLUSTER,NAME,SAID,N,L\nc,a,\"one\ntwo, \"\"three\"\"\t\\\",1.50,\"[1,\"\"x\"\"]\"\n"
    );
    assert_eq!(
        stdout(options(Output::Tsv), &[pod("c", cells)]),
        "CLUSTER\tNAME\tSAID\tN\tL\nc\ta\tone\\ntwo, \"three\"\\t\\\\\t1.50\t[1,\"x\"]\n"
    );
    let bare = Options {
        show_cluster_column: false,
        no_headers: true,
        ..options(Output::Csv)
    };
    assert_eq!(stdout(bare, &[pod("c", r#"{"NAME":""}"#)]), "\"\"\n");
}

#[test]
fn escape_formulas() {
    let cells = r#"{"A":"=1+1","B":"-5","C":"-x","D":"@SUM(1)","E":"+49 30","F":"a=b","G":"\t=1","H":""}"#;
    let shown = |output, escape_formulas| {
        let options = Options {
            escape_formulas,
            no_headers: true,
            ..options(output)
        };
        stdout(options, &[pod("=c", cells)])
    };
    assert_eq!(
        shown(Output::Csv, true),
        "'=c,'=1+1,-5,'-x,'@SUM(1),'+49 30,a=b,'\t=1,\n"
    );
    assert_eq!(
        shown(Output::Tsv, true),
        "'=c\t'=1+1\t-5\t'-x\t'@SUM(1)\t'+49 30\ta=b\t'\\t=1\t\n"
    );
    assert_eq!(
        shown(Output::Csv, false),
        "=c,=1+1,-5,-x,@SUM(1),+49 30,a=b,\t=1,\n"
    );
}

#[test]
fn csv_of_several_types_is_one_table() {
    let rows = [
        pod("a", r#"{"NAME":"x","STATUS":"s","AGE":"1"}"#),
        deployment("a", r#"{"NAME":"y","READY":"r","AGE":"2"}"#),
    ];
    assert_eq!(
        stdout(options(Output::Csv), &rows),
        "CLUSTER,TYPE,NAME,READY,STATUS,AGE\na,pod,x,,s,1\na,deployment.apps,y,r,,2\n"
    );
}

#[test]
fn names_are_prefixed_with_their_cluster() {
    let row =
        r#"{"kind":"Row","cluster":"a","resource":"deployments.apps","type":"deployment.apps","name":"x"}"#;
    let object = r#"{"kind":"Object","cluster":"b","resource":"pods","type":"pod","name":"y","object":{}}"#;
    let cluster = r#"{"kind":"Cluster","cluster":"c"}"#;
    assert_eq!(
        stdout(options(Output::Name), &[row, object, cluster]),
        "a\tdeployment.apps/x\nb\tpod/y\nc\n"
    );
    let plain = Options {
        show_cluster_column: false,
        ..options(Output::Name)
    };
    assert_eq!(stdout(plain, &[row]), "deployment.apps/x\n");
}

const FLEET: [&str; 3] = [
    r#"{"kind":"Cluster","cluster":"prod","hub":"h","health":"Healthy","version":"v1.36.0","access":{"context":"prod","via":"context"},"x":1.0}"#,
    r#"{"kind":"Cluster","cluster":"eu","hub":"h","health":"Unhealthy","access":{"context":"e","via":"mapping"}}"#,
    r#"{"kind":"Cluster","cluster":"orphan","hub":"h","skip":{"reason":"Skipped","message":"no context"}}"#,
];

#[test]
fn cluster_records_as_a_table() {
    assert_eq!(
        stdout(options(Output::Auto), &FLEET),
        "NAME     HEALTH      VERSION     ACCESS\n\
         prod     Healthy     v1.36.0     prod\n\
         eu       Unhealthy   <unknown>   mapping → e\n\
         orphan   Unknown     <unknown>   Skipped\n"
    );
    let verbose = Options {
        verbose: true,
        ..options(Output::Auto)
    };
    assert!(stdout(verbose, &FLEET).ends_with("Skipped: no context\n"));
    let several_hubs = [FLEET[0].to_owned(), FLEET[1].replace("\"h\"", "\"g\"")];
    assert_eq!(
        stdout(options(Output::Auto), &several_hubs),
        "NAME   HEALTH      VERSION     HUB   ACCESS\n\
         prod   Healthy     v1.36.0     h     prod\n\
         eu     Unhealthy   <unknown>   g     mapping → e\n"
    );
    let wide = Options {
        wide: true,
        ..options(Output::Table)
    };
    let named = FLEET[0].replace("\"hub\"", "\"displayName\":\"Production\\u001b[31m\",\"hub\"");
    assert_eq!(
        stdout(wide, &[named.as_str(), FLEET[1]]),
        "NAME   HEALTH      VERSION     HUB   ACCESS        DISPLAY-NAME\n\
         prod   Healthy     v1.36.0     h     prod          Production^[[31m\n\
         eu     Unhealthy   <unknown>   h     mapping → e   <none>\n"
    );
    assert_eq!(
        stdout(options(Output::Auto), &[r#"{"kind":"Cluster","cluster":"x"}"#]),
        "NAME   HEALTH    VERSION\nx      Unknown   <unknown>\n"
    );
    assert_eq!(stdout(options(Output::Name), &FLEET), "prod\neu\norphan\n");
    assert!(stdout(options(Output::Csv), &FLEET).starts_with("NAME,HEALTH,VERSION,HUB,ACCESS\nprod,"));
}

/// Clusters as three hubs of different kinds describe them.
const DESCRIBED: [&str; 3] = [
    r#"{"kind":"Cluster","cluster":"a","hub":"h","clusterSets":["blue","global"],"labels":{"env":"prod","x/region":"r"},"properties":{"cloud.provider":"aws","region":"eu-west-1"},"version":"v1.30.2"}"#,
    r#"{"kind":"Cluster","cluster":"b","hub":"h","labels":{"vendor":"GKE","env":"dev"},"properties":{"kubernetes-fleet.io/node-count":"12"},"version":"v1.9.1"}"#,
    r#"{"kind":"Cluster","cluster":"c","hub":"h","properties":{"platform.open-cluster-management.io":"OnPrem","region.open-cluster-management.io":"dc1","env":"lab"}}"#,
];

#[test]
fn cluster_columns_are_those_that_the_hub_fills() {
    assert_eq!(
        stdout(options(Output::Auto), &DESCRIBED),
        "NAME   HEALTH    VERSION     REGION      PROVIDER   NODES\n\
         a      Unknown   v1.30.2     eu-west-1   aws        <none>\n\
         b      Unknown   v1.9.1      <none>      gcp        12\n\
         c      Unknown   <unknown>   dc1         OnPrem     <none>\n"
    );
    let wide = Options {
        wide: true,
        clusters: ClusterColumns {
            label_columns: vec!["x/region".into(), "env".into()],
            show_labels: true,
            sort_by: None,
        },
        ..options(Output::Table)
    };
    assert_eq!(
        stdout(wide.clone(), &DESCRIBED),
        "NAME   HEALTH    VERSION     REGION      PROVIDER   NODES    SETS          HUB   REGION_2   ENV    LABELS\n\
         a      Unknown   v1.30.2     eu-west-1   aws        <none>   blue,global   h     r          prod   env=prod,x/region=r\n\
         b      Unknown   v1.9.1      <none>      gcp        12       <none>        h                dev    env=dev,vendor=GKE\n\
         c      Unknown   <unknown>   dc1         OnPrem     <none>   <none>        h                lab    <none>\n"
    );
    let csv = Options {
        output: Output::Csv,
        wide: false,
        ..wide
    };
    assert!(
        stdout(csv, &DESCRIBED)
            .starts_with("NAME,HEALTH,VERSION,REGION,PROVIDER,NODES,SETS,HUB,REGION_2,ENV,LABELS\na,Unknown,v1.30.2,eu-west-1,aws,,\"blue,global\",h,r,prod,")
    );
}

#[test]
fn clusters_are_sorted_by_a_column_or_a_field() {
    let sorted = |by: &str, output: Output| {
        let options = Options {
            clusters: ClusterColumns {
                sort_by: Some(ClusterOrder::parse(by).unwrap()),
                ..ClusterColumns::default()
            },
            ..options(output)
        };
        stdout(options, &DESCRIBED)
    };
    assert_eq!(sorted("version", Output::Name), "b\na\nc\n");
    assert_eq!(sorted(".version", Output::Name), "b\na\nc\n");
    assert_eq!(sorted("Region", Output::Name), "c\na\nb\n");
    assert_eq!(sorted("{.labels.env}", Output::Name), "b\na\nc\n");
    assert_eq!(sorted("nodes", Output::Name), "b\na\nc\n");
    let json = sorted(".version", Output::Json);
    assert!(
        json.find("v1.9.1").unwrap() < json.find("v1.30.2").unwrap(),
        "{json}"
    );
    assert!(ClusterOrder::parse("{.a").is_err());
}

#[test]
fn ndjson_copies_the_records() {
    let lines = [
        FLEET[0].to_owned(),
        pod("a", WEB),
        r#"{"kind":"New","x":1.0}"#.to_owned(),
        ok("a"),
    ];
    assert_eq!(stdout(options(Output::Ndjson), &lines), join(&lines));
    let (output, complaints, status) = formatted(options(Output::Ndjson), "{\"kind\":\"Row\"\n\n{}\n");
    assert_eq!((complaints.len(), status), (2, Status::Failed));
    let problems: Vec<&str> = output.lines().collect();
    assert!(
        problems.len() == 2 && problems[0].starts_with(r#"{"kind":"Problem","stage":"mc-format","status":3"#),
        "what it lost itself is told to the next: {output}"
    );
    let terminal = Options {
        terminal: Terminal {
            is_terminal: true,
            color: false,
        },
        ..options(Output::Ndjson)
    };
    assert_eq!(
        stdout(terminal, &["{\"kind\":\"New\",\"x\":\"\u{9b}\u{202e}\"}"]),
        "{\"kind\":\"New\",\"x\":\"\\u009b\\u202e\"}\n"
    );
}

#[test]
fn objects_in_a_table_have_a_name_column() {
    let object = r#"{"kind":"Object","cluster":"b","resource":"pods","type":"pod","namespace":"n","name":"y","object":{}}"#;
    assert_eq!(
        stdout(options(Output::Table), &[object]),
        "NAMESPACE   NAME   CLUSTER\nn           y      b\n"
    );
}

#[test]
fn text_lines_are_prefixed_with_their_cluster() {
    let text = r#"{"kind":"Text","cluster":"a","stream":"stdout","text":"one\n\ntwo\n"}"#;
    assert_eq!(stdout(options(Output::Auto), &[text]), "a\tone\na\t\na\ttwo\n");
    assert_eq!(stdout(plain(), &[text]), "one\n\ntwo\n");
    assert_eq!(
        stdout(
            plain(),
            &[text.to_owned(), pod("a", r#"{"NAME":"x"}"#), text.to_owned()]
        ),
        "one\n\ntwo\nNAME\nx\none\n\ntwo\n"
    );
    assert_eq!(
        stdout(options(Output::Csv), &[text]),
        "CLUSTER,TEXT\na,one\na,\na,two\n"
    );
}

#[test]
fn csv_is_escaped_on_a_terminal_only() {
    let row = pod(r"a\u001b[2J", r#"{"NAME":"x\ny\u0007","NO\u001bTE":"\u202e\\"}"#);
    let raw = "CLUSTER,NAME,NO\u{1b}TE\na\u{1b}[2J,\"x\ny\u{7}\",\u{202e}\\\n";
    assert_eq!(stdout(options(Output::Csv), &[&row]), raw);
    let on_terminal = |output| Options {
        terminal: Terminal {
            is_terminal: true,
            color: false,
        },
        ..options(output)
    };
    assert_eq!(
        stdout(on_terminal(Output::Csv), &[&row]),
        "CLUSTER,NAME,NO^[TE\na^[[2J,\"x\ny\\u{7}\",\\u{202e}\\\n"
    );
    assert_eq!(
        stdout(on_terminal(Output::Tsv), &[&row]),
        "CLUSTER\tNAME\tNO^[TE\na^[[2J\tx\\ny\\u{7}\t\\u{202e}\\\\\n"
    );
}
