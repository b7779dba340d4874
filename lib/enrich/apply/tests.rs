#![allow(clippy::unwrap_used)]
use super::*;

fn profile(status: &Value, ours: &Value) -> DynamicObject {
    serde_json::from_value(json!({
        "apiVersion": crate::enrich::hub_api::PROFILE_API,
        "kind": "ClusterProfile",
        "metadata": {
            "name": "shop", "namespace": "fleet",
            "managedFields": [
                {"manager": "registration", "operation": "Update", "subresource": "status", "fieldsType": "FieldsV1",
                 "fieldsV1": {"f:status": {"f:properties": {"k:{\"name\":\"theirs\"}": {"f:value": {}}}}}},
                {"manager": FIELD_MANAGER, "operation": "Apply", "subresource": "status", "fieldsType": "FieldsV1",
                 "fieldsV1": {"f:status": ours}},
            ],
        },
        "status": status,
    }))
    .unwrap()
}

fn desired(properties: &[(&str, &str)]) -> Desired {
    Desired {
        properties: properties
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect(),
        providers: BTreeMap::from([(
            "eks".to_owned(),
            json!({"server": "https://a", "extensions": [{"name": "x"}]}),
        )]),
        refusals: Vec::new(),
    }
}

fn ours(names: &[&str]) -> Value {
    let field = |name: &&str| {
        (
            format!("k:{{\"name\":\"{name}\"}}"),
            json!({".": {}, "f:name": {}, "f:value": {}}),
        )
    };
    let properties: serde_json::Map<String, Value> = names.iter().map(field).collect();
    json!({
        "f:properties": properties,
        "f:accessProviders": {"k:{\"name\":\"eks\"}": {".": {}, "f:cluster": {"f:server": {}}, "f:name": {}}},
    })
}

#[test]
fn empty_profile_is_filled_and_a_complete_one_is_left_alone() {
    let desired = desired(&[("region", "eu"), ("account", "1")]);
    let first = plan(&profile(&json!({}), &json!({})), &desired, false);
    assert!(first.changes);
    let eks = json!([{"name": "eks", "cluster": {"server": "https://a", "extensions": [{"name": "x"}]}}]);
    assert_eq!(
        first.patch["status"],
        json!({
            "properties": [{"name": "account", "value": "1"}, {"name": "region", "value": "eu"}],
            "accessProviders": eks,
        })
    );
    // Others add properties, and fields to our provider; the server may order what it likes.
    let full = json!({
        "properties": [{"name": "region", "value": "eu"}, {"name": "theirs", "value": "x"}, {"name": "account", "value": "1"}],
        "accessProviders": [{"name": "other", "cluster": {"server": "https://b"}},
            {"name": "eks", "cluster": {"server": "https://a", "tls-server-name": "c", "extensions": [{"name": "x"}]}}],
    });
    let second = plan(&profile(&full, &ours(&["region", "account"])), &desired, false);
    assert!(!second.changes);
    assert_eq!(second.foreign, Vec::<String>::new());
    assert_eq!(second.patch["status"], first.patch["status"]);
}

#[test]
fn entries_of_other_managers_are_left_alone() {
    let status = json!({
        "properties": [{"name": "theirs", "value": "x"}],
        "accessProviders": [{"name": "eks", "cluster": {"server": "https://other"}}],
    });
    let plan = plan(&profile(&status, &json!({})), &desired(&[("theirs", "y")]), false);
    assert!(!plan.changes);
    assert_eq!(plan.foreign, ["theirs", "eks"]);
    assert_eq!(plan.patch["status"], json!({}));
}

#[test]
fn entries_that_are_no_longer_desired_are_removed() {
    let status = json!({"properties": [{"name": "region", "value": "eu"}],
        "accessProviders": [{"name": "eks", "cluster": {"server": "https://a"}}]});
    let plan = plan(&profile(&status, &ours(&["region"])), &Desired::default(), false);
    assert!(plan.changes);
    assert_eq!(plan.patch["status"], json!({}));
}

#[test]
fn changed_value_is_written() {
    let status = json!({"properties": [{"name": "region", "value": "eu"}],
        "accessProviders": [{"name": "eks", "cluster": {"server": "https://a", "extensions": [{"name": "x"}]}}]});
    let now = profile(&status, &ours(&["region"]));
    assert!(!plan(&now, &desired(&[("region", "eu")]), false).changes);
    assert!(plan(&now, &desired(&[("region", "us")]), false).changes);
}

#[test]
fn contested_properties_are_not_put_back() {
    let status = json!({"properties": [{"name": "region", "value": "eu"}],
        "accessProviders": [{"name": "eks", "cluster": {"server": "https://a", "extensions": [{"name": "x"}]}}]});
    let plan = plan(
        &profile(&status, &ours(&["region"])),
        &desired(&[("region", "eu"), ("account", "1")]),
        true,
    );
    assert!(!plan.changes);
    assert_eq!(
        plan.patch["status"]["properties"],
        json!([{"name": "region", "value": "eu"}])
    );
}

#[test]
fn property_set_by_another_manager_since_is_left_alone() {
    let mut mine = ours(&["region"]);
    mine["f:properties"]["k:{\"name\":\"region\"}"] = json!({".": {}, "f:name": {}});
    let status = json!({"properties": [{"name": "region", "value": "us"}],
        "accessProviders": [{"name": "eks", "cluster": {"server": "https://a", "extensions": [{"name": "x"}]}}]});
    let plan = plan(&profile(&status, &mine), &desired(&[("region", "eu")]), false);
    assert_eq!(plan.foreign, ["region"]);
    assert_eq!(plan.properties, BTreeSet::new());
}
