#![allow(clippy::unwrap_used, clippy::panic)]

use super::{OCM, SIG, list};
use crate::connect::Error;
use crate::discover::fleet::Fleet;
use crate::discover::paged_list::Pages;
use crate::discover::placement::Placement;
use crate::discover::sources::hub_api::HubScope;
use crate::record::Reason;
use futures_util::FutureExt as _;
use std::collections::BTreeMap;

const SIG_DECISIONS: &str = include_str!("../../../../tests/data/sources/placementdecisions.json");
const OCM_DECISIONS: &str = include_str!("../../../../tests/data/sources/ocm-placementdecisions.json");
const PROFILES: &str = include_str!("../../../../tests/data/sources/clusterprofiles.json");

/// A hub that answers requests for these paths, and any other with 404.
#[derive(Default)]
struct Hub {
    answers: BTreeMap<String, &'static str>,
    asked: Vec<String>,
}

impl Pages for Hub {
    async fn page(&mut self, path_and_query: &str, _: usize) -> Result<Vec<u8>, Error> {
        let path = path_and_query.split('?').next().unwrap_or_default().to_owned();
        self.asked.push(path.clone());
        match self.answers.get(&path) {
            Some(body) => Ok(body.as_bytes().to_vec()),
            None => {
                let mut error = Error::new(Reason::NotFound, "no such path");
                error.status = Some(404);
                Err(error)
            }
        }
    }
}

fn hub(sig: bool, ocm: bool, profiles: &[&str]) -> Hub {
    let mut hub = Hub::default();
    if sig {
        hub.answers
            .insert(format!("/apis/{SIG}/placementdecisions"), SIG_DECISIONS);
    }
    if ocm {
        hub.answers
            .insert(format!("/apis/{OCM}/placementdecisions"), OCM_DECISIONS);
    }
    for path in profiles {
        hub.answers
            .insert(format!("/apis/{SIG}/{path}clusterprofiles"), PROFILES);
    }
    hub
}

fn ask(hub: &mut Hub, namespace: Option<&str>, placement: &str) -> Result<Fleet, Error> {
    let placement = Placement::parse(placement);
    let scope = HubScope {
        hub: "hub",
        namespace,
        placement: placement.as_ref(),
    };
    list(hub, scope).now_or_never().unwrap()
}

#[test]
fn slices_of_a_decision_are_joined_and_unscheduled_entries_skipped() {
    let mut hub = hub(true, false, &["namespaces/fleet/"]);
    let fleet = ask(&mut hub, None, "web").unwrap();
    // Two slices have one decision, and only the first names the placement.
    assert_eq!(fleet.names(), ["one", "three", "two"]);
    // The object that cannot be read may have been a slice of it.
    assert_eq!(fleet.missing().len(), 1, "{:?}", fleet.missing());
    let first = fleet.members[0].cluster();
    assert_eq!(first.source.as_deref(), Some("inventory"));
    assert_eq!(first.properties["region"], "eu");
    assert_eq!(
        hub.asked.last().unwrap(),
        "/apis/multicluster.x-k8s.io/v1alpha1/namespaces/fleet/clusterprofiles"
    );
}

#[test]
fn placement_may_be_the_name_of_a_decision_with_or_without_namespace() {
    for name in ["decision-a", "web-1"] {
        let fleet = ask(&mut hub(true, false, &["namespaces/fleet/"]), None, name).unwrap();
        assert_eq!(fleet.members.len(), 3, "{name}");
    }
    let error = ask(&mut hub(true, false, &[""]), None, "batch").unwrap_err();
    assert_eq!(
        error.message,
        "placement \"batch\" is in several namespaces: name one of fleet/batch, other/batch"
    );
    let mut of_one = hub(false, false, &["", "namespaces/fleet/"]);
    of_one.answers.insert(
        format!("/apis/{SIG}/namespaces/other/placementdecisions"),
        r#"{"items":[{"metadata":{"name":"batch","namespace":"other"},"decisions":[{"clusterProfileRef":{"name":"one","namespace":"fleet"}}]}]}"#,
    );
    assert_eq!(ask(&mut of_one, None, "other/batch").unwrap().names(), ["one"]);
}

#[test]
fn missing_profile_of_a_decision_is_reported() {
    let mut hub = hub(true, false, &[""]);
    let fleet = ask(&mut hub, None, "").unwrap();
    assert_eq!(fleet.names(), ["one", "three", "two"]);
    assert_eq!(
        fleet.missing(),
        [
            "PlacementDecision \"fleet/typed\" is left out: invalid type: integer `7`, expected a sequence at line 1 column 68",
            "ClusterProfile \"fleet/gone\" is chosen by a PlacementDecision and does not exist",
            "ClusterProfile \"other/one\" is chosen by a PlacementDecision and does not exist",
        ]
    );
}

#[test]
fn decision_of_ocm_lists_clusters_without_profile() {
    let fleet = ask(&mut hub(false, true, &[""]), None, "shop").unwrap();
    // `four` is the label of a profile with another name. `alone` has no profile.
    assert_eq!(fleet.names(), ["alone", "four"]);
    assert!(fleet.missing().is_empty(), "{:?}", fleet.missing());
    let fleet = ask(&mut hub(false, true, &[]), None, "shop").unwrap();
    assert_eq!(fleet.names(), ["alone", "four"]);
    let alone = fleet.members[0].cluster();
    assert_eq!(alone.manager.as_deref(), Some("open-cluster-management"));
}

#[test]
fn unknown_placement_is_an_error_with_suggestions() {
    let error = ask(&mut hub(false, true, &[""]), None, "shpo").unwrap_err();
    assert_eq!((error.reason, error.status), (Reason::BadRequest, None));
    assert_eq!(
        error.message,
        "no PlacementDecision is of placement \"shpo\" (did you mean \"shop\"?)"
    );
    let error = ask(&mut hub(false, false, &[""]), None, "").unwrap_err();
    assert_eq!(error.status, Some(404));
}
