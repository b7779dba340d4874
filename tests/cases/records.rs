//! The record stream against a second declaration of it (`tests/support/records.rs`).

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::Home;
use crate::support::records;
use kubectl_mc::record::Record;
use serde_json::Value;

/// A record of each kind with every field that there is.
const WHOLE: [&str; 9] = [
    r#"{"kind":"Cluster","cluster":"c","displayName":"C","hub":"h","source":"ocm","namespace":"n","profile":"p","manager":"m","clusterSets":["s"],"labels":{"a":"b"},"properties":{"c":"d"},"health":"Healthy","healthReason":"fine","version":"v1.36.3","accessProviders":[{"name":"eks"}],"clientConfigs":[{"server":"https://s","caBundle":"Y2E="}],"ambiguous":["n/p","m/p"],"taints":[{"key":"k"}],"access":{"context":"x","via":"mapping","provider":"eks","server":"https://s","tlsServerName":"t","certificateAuthorityData":"Y2E=","plugin":{"command":"aws","args":["eks"],"env":{"A":"b"},"apiVersion":"client.authentication.k8s.io/v1","config":{"k":1}},"user":"u"},"skip":{"reason":"Skipped","message":"no access"}}"#,
    r#"{"kind":"Row","cluster":"c","resource":"pods","type":"pod","position":1,"namespace":"n","name":"x","columns":{"NAME":"x","SIZE":1.50},"headings":{"NAME_2":"NAME"},"fields":{"spec":{}},"sort":[1],"event":"ADDED","listed":true}"#,
    r#"{"kind":"Object","cluster":"c","resource":"pods","type":"pod","position":1,"namespace":"n","name":"x","single":true,"object":{"a":1.50},"sort":[1],"event":"DELETED","listed":true}"#,
    r#"{"kind":"Group","resource":"pods","type":"pod","position":1,"by":{"STATUS":"Running"},"count":2,"clusters":{"c":2},"folded":true,"computed":[{"heading":"AVG(REPLICAS)","of":"avg","path":".spec.replicas","value":2.5,"sum":5,"form":"plain","number":2,"other":1}],"changes":[{"field":"READY","from":"1/1","to":"0/1"}]}"#,
    r#"{"kind":"Text","cluster":"c","stream":"stderr","text":"t","aboutTypes":true}"#,
    r#"{"kind":"Result","cluster":"c","ok":false,"items":2,"seconds":0.5,"reason":"Timeout","message":"late","hint":"wait","missing":[{"type":"pods","name":"x","message":"not found"}],"unserved":[{"type":"widgets","message":"no such type"}],"notice":"No resources found","types":2,"unsorted":"no such field","emptyList":true,"watched":true}"#,
    r#"{"kind":"Asked","cluster":"c"}"#,
    r#"{"kind":"Problem","stage":"mc-exec","cluster":"c","status":3,"message":"gone","said":"1:2:3"}"#,
    r#"{"kind":"Summary","total":2,"successful":1,"failed":1,"skipped":0,"errors":{"c":{"reason":"Dns","message":"no such host"}},"lacking":"counts lack 1 of 2 clusters","differs":true}"#,
];

/// Writes a record as the tools do.
fn written(record: &Record<'_>) -> String {
    match record {
        Record::Cluster(record) => serde_json::to_string(record),
        Record::Row(record) => serde_json::to_string(record),
        Record::Object(record) => serde_json::to_string(record),
        Record::Group(record) => serde_json::to_string(record),
        Record::Text(record) => serde_json::to_string(record),
        Record::Outcome(record) => serde_json::to_string(record),
        Record::Asked(record) => serde_json::to_string(record),
        Record::Problem(record) => serde_json::to_string(record),
        Record::Summary(record) => serde_json::to_string(record),
        Record::Show(record) => serde_json::to_string(record),
        Record::Unknown(line) => panic!("a kind that is not known: {line}"),
    }
    .unwrap()
}

/// A field that the library does not know is lost on this way; one that is not declared in the tests is refused.
#[test]
fn every_field_of_a_record_is_read_and_written() {
    for line in WHOLE {
        records::read(line);
        assert_eq!(written(&Record::parse(line).unwrap()), line);
    }
}

/// The names of all fields in a value, at any depth; those of an object that maps names to values are not among them.
fn fields(value: &Value) -> Vec<String> {
    let names_of_others = [
        "labels",
        "properties",
        "env",
        "columns",
        "headings",
        "errors",
        "object",
        "fields",
        "by",
        "clusters",
        "config",
    ];
    let Value::Object(object) = value else {
        let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
        return items.iter().flat_map(fields).collect();
    };
    let inner = |(name, value): (&String, &Value)| {
        let deeper = match names_of_others.contains(&name.as_str()) {
            true => Vec::new(),
            false => fields(value),
        };
        [vec![name.clone()], deeper].concat()
    };
    object.iter().flat_map(inner).collect()
}

/// [`WHOLE`] would not show a field that the library has gained: its source does.
#[test]
fn every_field_of_the_library_is_in_the_whole_records() {
    let whole: Vec<String> = WHOLE
        .iter()
        .flat_map(|line| fields(&serde_json::from_str(line).unwrap()))
        .chain(["reason".to_owned()])
        .collect();
    let of_library = crate::cases::docs::record_fields();
    assert!(of_library.len() > 60, "{of_library:?}");
    for (kind, field) in of_library {
        assert!(
            whole.contains(&field),
            "{field} of {kind:?} is in no record of this test"
        );
    }
}

#[test]
fn stages_write_the_declared_records_only() {
    let fleet = Fleet::start(
        Spec::named(&["prod-eu-1", "prod-us-1", "prod-ap-1"])
            .every_source()
            .fault("2", Fault::Forbidden),
    );
    let home = Home::of(&fleet);
    home.write("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: gated}\n");
    for line in [
        "mc-discover",
        "mc-discover --source=ocm,about,clusterprofile",
        "mc-discover | mc-resolve",
        "{ mc-discover; echo nowhere; echo '{bad'; } 2>/dev/null | mc-resolve",
        "mc-discover | mc-exec get pods -A",
        "mc-discover | mc-exec get pods,nodes,nothing -A",
        "mc-discover | mc-exec get pod gated ghost",
        "mc-discover | mc-exec get all -A --for json",
        "mc-discover | mc-exec get pods -A --sort-by=.metadata.name",
        "mc-discover | mc-exec get pods -A --fields=.spec.nodeName",
        "mc-discover | mc-exec get pods -n empty -o ndjson",
        "mc-discover | mc-exec get -f pod.yaml --for json",
        "mc-discover | mc-exec get pods -A | mc-merge",
        "mc-discover | mc-exec get pods -A | mc-merge | mc-format -o ndjson",
        "mc-discover | mc-exec get pods -A --fields=.spec.nodeName | mc-merge --group-by=.spec.nodeName",
        "mc-discover | mc-exec get nodes --fields=.status.capacity.memory | mc-merge --sum=.status.capacity.memory \
         --avg=.status.capacity.memory --min=.status.capacity.memory",
        "mc-discover | mc-exec get deploy -A | mc-merge --fold",
        "mc-discover | mc-exec get pods -A | grep -v '\"cluster\":\"prod-eu-1\".*gated' | mc-merge --drift --exit-code",
        "kubectl-mc get pods -A -o ndjson",
        "kubectl-mc get pods -A -w --timeout=1s -o ndjson",
    ] {
        let outcome = home.shell(line);
        assert!(!outcome.stdout.is_empty(), "{line}\n{outcome}");
        records::read_all(&outcome.stdout);
    }
}
