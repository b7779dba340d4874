//! The ClusterProfiles of the design document, to the letter: as in drafts of the API, without a manager and
//! with a condition Ready, and with the properties of a credential plugin.

use crate::fleet::{Fleet, HUB, Member, Spec};
use crate::standins::Standins;
use crate::support::access::{CONFIG, LOCAL, result, results, with_tools};
use crate::support::{Home, records};
use serde_json::{Value, json};

const PATH: &str = "/apis/multicluster.x-k8s.io/v1alpha1/clusterprofiles";

const SKETCH: &str = r#"
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ClusterProfile
metadata:
  name: prod-us-west-1
spec:
  clusterName: prod-us-west-1
  displayName: "Production US West"
  cloudProvider: aws
  region: us-west-2
  # Additional metadata for platform helpers
status:
  conditions:
  - type: Ready
    status: "True"
"#;

const EXEC: &str = r#"
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ClusterProfile
metadata:
  name: prod-eks-cluster
status:
  accessProviders:
  - name: kubeconfig
    cluster:
      server: https://ABC123.eks.amazonaws.com
      certificate-authority-data: LS0t...
  properties:
  - name: auth.exec.command
    value: "aws"
  - name: auth.exec.args
    value: "eks,get-token,--cluster-name,production,--region,us-east-1"
  - name: auth.exec.apiVersion
    value: "client.authentication.k8s.io/v1beta1"
  - name: cloud.provider
    value: "aws"
  - name: cluster.type
    value: "eks"
"#;

fn list(profiles: &[&str]) -> String {
    let items: Vec<Value> = profiles
        .iter()
        .map(|yaml| serde_yaml::from_str(yaml).unwrap())
        .collect();
    json!({"kind": "ClusterProfileList", "apiVersion": "multicluster.x-k8s.io/v1alpha1", "items": items})
        .to_string()
}

#[test]
fn clusterprofile_of_the_proposal_is_a_cluster() {
    let fleet = Fleet::start(Spec::named(&["prod-us-west-1"]).answer(HUB, PATH, &list(&[SKETCH])));
    let home = Home::of(&fleet);
    let listed = home.run("mc-discover", &[]);
    let record = records::read(listed.stdout.trim_end());
    assert_eq!(record["cluster"], "prod-us-west-1");
    assert_eq!(record["displayName"], "Production US West");
    assert_eq!(record["health"], "Healthy");
    assert_eq!(
        record["properties"],
        json!({"cloud.provider": "aws", "region": "us-west-2"})
    );
    let wide = home.mc(&["clusters", "-o", "wide"]).expect(0);
    assert!(wide.lines().next().unwrap().ends_with("DISPLAY-NAME"), "{wide}");
    assert!(wide.contains("Production US West"), "{wide}");
    assert!(!home.mc(&["clusters"]).expect(0).contains("Production US West"));
    let rows = home.mc(&["get", "pods", "-A", "-o", "name"]);
    assert!(rows.stdout.contains("prod-us-west-1\tpod/"), "{rows:?}");
    rows.expect(0);
}

#[test]
fn clusterprofile_fields_become_properties() {
    let more = "  project: my-project\n  resourceGroup: my-group\n  clusterId: c-123\n";
    let sketch = SKETCH.replace("  region: us-west-2\n", &format!("  region: us-west-2\n{more}"));
    let fleet = Fleet::start(Spec::named(&["prod-us-west-1"]).answer(HUB, PATH, &list(&[&sketch])));
    let listed = Home::of(&fleet).run("mc-discover", &[]).expect(0);
    let record = records::read(listed.trim_end());
    for (name, value) in [
        ("project", "my-project"),
        ("resource.group", "my-group"),
        ("cluster.id", "c-123"),
    ] {
        assert_eq!(record["properties"][name], value, "{record}");
    }
}

#[test]
fn clusterprofile_exec_properties_give_access() {
    // The member stands in for the host of the example.
    let member = Fleet::start(Spec {
        members: vec![Member {
            tokens: vec!["production-token".into()],
            ..Member::new("eks")
        }],
        ..Spec::default()
    });
    let text = std::fs::read_to_string(member.kubeconfig()).unwrap();
    let config: Value = serde_yaml::from_str(&text).unwrap();
    let entry = config["clusters"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["name"] == "eks")
        .unwrap();
    let ca = entry["cluster"]["certificate-authority-data"].as_str().unwrap();
    let profile = EXEC
        .replace("https://ABC123.eks.amazonaws.com", member.member("eks").server())
        .replace("LS0t...", ca);
    let mut spec = Spec::default().answer(HUB, PATH, &list(&[&profile]));
    spec.record_requests = true;
    let hub = Fleet::start(spec);
    let home = Home::of(&hub);
    let _tools = Standins::in_home(home.path());
    let get = || home.shell(&with_tools("mc-discover | mc-exec get pods -A"));
    // The example's own host is Amazon's; this one has to be allowed.
    let refused = get();
    assert_eq!(
        result(&results(&refused.stdout), "prod-eks-cluster")["reason"],
        "Unresolved"
    );
    assert_eq!(member.member("eks").counters().connections(), 0);
    home.write(CONFIG, LOCAL);
    let got = get();
    assert_eq!(
        result(&results(&got.stdout), "prod-eks-cluster")["ok"],
        true,
        "{got:?}"
    );
    let sent = member.member("eks").counters().seen();
    let sent: Vec<_> = sent
        .iter()
        .filter_map(|request| request.header("authorization"))
        .collect();
    assert_eq!(sent, ["Bearer production-token"]);
}

#[test]
fn refresh_lists_new_and_gone_clusters() {
    let names = ["prod-eu-1", "prod-us-1"];
    let fleet = Fleet::start(Spec::named(&names));
    let home = Home::of(&fleet);
    let place = format!("context \"hub\" ({})", fleet.hub().server());
    let refresh = || home.mc(&["--refresh"]);
    assert_eq!(
        refresh().expect(0),
        format!("{place}: 2 clusters, listed for the first time\n")
    );
    assert_eq!(
        refresh().expect(0),
        format!("{place}: 2 clusters, none new, none gone\n")
    );
    assert_eq!(fleet.hub().counters().requests(), 2);
    // The fleet has changed since it was cached.
    let file = home
        .files()
        .into_iter()
        .find(|file| file.contains("cache/"))
        .unwrap();
    let cached = std::fs::read_to_string(home.path().join(&file)).unwrap();
    let (header, records) = cached.split_once('\n').unwrap();
    let records = records.replace("prod-eu-1", "old-eu-1");
    let checksum = records.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mut header: Value = serde_json::from_str(header).unwrap();
    header["checksum"] = format!("{checksum:016x}").into();
    header["names"] = serde_json::json!(["old-eu-1", "prod-us-1"]);
    std::fs::write(home.path().join(&file), format!("{header}\n{records}")).unwrap();
    assert_eq!(
        refresh().expect(0),
        format!("{place}: 2 clusters, 1 new (prod-eu-1), 1 gone (old-eu-1)\n")
    );
    assert!(
        home.mc(&["--refresh", "--print-pipeline"])
            .expect(0)
            .contains("mc-discover --refresh --changes")
    );
    // Without it a verb is required.
    for (args, words) in [
        (&[][..], "Usage: kubectl mc"),
        (&["--no-stale"], "the command is missing"),
    ] {
        let complaint = home.mc(args).complaint(2);
        assert!(complaint.contains(words), "{complaint}");
    }
    // A hub that is down is reported, with the age of the cache.
    fleet.hub().set_fault(crate::fleet::Fault::Error);
    let away = refresh();
    assert!(away.stderr.contains("so this is its fleet from "), "{away:?}");
    away.complaint(3);
}
