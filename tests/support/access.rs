//! Fleets that only access providers lead into, and a user who has the clouds' tools.

use super::{Home, Outcome, records};
use crate::fleet::{Fleet, Member, Spec};
use crate::standins::Standins;
use serde_json::{Value, json};

pub const CONFIG: &str = ".kube/kubectl-mc-config.yaml";
pub const MAPPING: &str = ".kube/kubectl-mc-clusters.yaml";

/// The members play their clouds' hosts on 127.0.0.1, which the user has to allow.
pub const LOCAL: &str = "access: {allowedHosts: [127.0.0.1]}\n";

/// A tenant of Azure's.
pub const TENANT: &str = "00000000-1111-2222-3333-444444444444";

/// A member that only its access provider leads to.
pub fn member(name: &str, provider: &str, properties: &[(&str, &str)]) -> Member {
    let cluster = json!({"server": "@server@", "certificate-authority-data": "@ca@"});
    Member {
        context: false,
        access_providers: Some(json!([{"name": provider, "cluster": cluster}]).to_string()),
        properties: properties
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect(),
        ..Member::new(name)
    }
}

/// One of Amazon's, whose token is its own.
pub fn eks(name: &str) -> Member {
    member(name, "eks", &[("region", "eu-west-1")])
}

/// One of Google's, all of which take one token.
pub fn gke(name: &str) -> Member {
    Member {
        tokens: vec!["gke-token".into()],
        ..member(name, "google", &[])
    }
}

/// One that a person logs in to with a code.
pub fn device(name: &str, tenant: &str) -> Member {
    let args = format!("get-token,--login,devicecode,--tenant-id,{tenant}");
    let properties = [("auth.exec.command", "kubelogin"), ("auth.exec.args", &args)];
    Member {
        tokens: vec!["device-token".into()],
        ..member(name, "aks", &properties)
    }
}

pub fn fleet(members: impl IntoIterator<Item = Member>) -> Spec {
    Spec {
        members: members.into_iter().collect(),
        ..Spec::default()
    }
}

/// A home in which the user has the clouds' tools and has allowed [`LOCAL`].
pub fn home(fleet: &Fleet) -> (Home, Standins) {
    let home = Home::of(fleet);
    home.write(CONFIG, LOCAL);
    let tools = Standins::in_home(home.path());
    (home, tools)
}

pub fn mc(home: &Home, args: &str) -> Outcome {
    home.shell(&with_tools(&format!("kubectl-mc {args} -v")))
}

pub fn with_tools(line: &str) -> String {
    format!("PATH=\"$HOME/bin:$PATH\"; export PATH; {line}")
}

/// The rows of a cluster in `-o name`.
pub fn rows_of<'a>(rows: &'a str, cluster: &str) -> Vec<&'a str> {
    rows.lines()
        .filter(|row| row.split('\t').next() == Some(cluster))
        .collect()
}

/// The Result records in the output of a stage.
pub fn results(records: &str) -> Vec<Value> {
    let records = records::read_all(records).into_iter();
    records.filter(|record| record["kind"] == "Result").collect()
}

pub fn result<'a>(results: &'a [Value], cluster: &str) -> &'a Value {
    results
        .iter()
        .find(|result| result["cluster"] == cluster)
        .unwrap()
}

/// The tokens that a member was sent, in order.
pub fn tokens(fleet: &Fleet, member: &str) -> Vec<String> {
    let seen = fleet.member(member).counters().seen();
    let sent = seen.iter().filter_map(|request| request.header("authorization"));
    sent.map(|header| header.trim_start_matches("Bearer ").to_owned())
        .collect()
}
