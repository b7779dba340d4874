#![allow(clippy::unwrap_used, clippy::panic)]

use super::{OCM, SIG, list};
use crate::connect::Error;
use crate::discover::gathering::Fleet;
use crate::discover::options::Placement;
use crate::discover::paged_list::Pages;
use crate::record::{Cluster, Reason};
use futures_util::FutureExt as _;
use std::collections::BTreeMap;

const SIG_DECISIONS: &str = include_str!("../../../../tests/data/sources/placementdecisions.json");
const OCM_DECISIONS: &str = include_str!("../../../../tests/data/sources/ocm-placementdecisions.json");
const PROFILES: &str = include_str!("../../../../tests/data/sources/clusterprofiles.json");

/// A hub that serves these paths, and 404 for any other.
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
    let placement = match placement.split_once('/') {
        _ if placement.is_empty() => None,
        Some((namespace, name)) => Some(Placement {
            namespace: Some(namespace.into()),
            name: name.into(),
        }),
        None => Some(Placement {
            namespace: None,
            name: placement.into(),
        }),
    };
    list(hub, "hub", namespace, placement.as_ref())
        .now_or_never()
        .unwrap()
}

fn names(fleet: &Fleet) -> Vec<String> {
    let clusters = fleet
        .lines
        .lines()
        .map(|line| serde_json::from_str::<Cluster<'_>>(line).unwrap());
    clusters.map(|cluster| cluster.cluster.to_string()).collect()
}

#[test]
fn slices_are_put_together_and_the_unscheduled_passed_over() {
    let mut hub = hub(true, false, &["namespaces/fleet/"]);
    let fleet = ask(&mut hub, None, "web").unwrap();
    // Two slices share a decision, the second is of no placement by itself.
    assert_eq!(names(&fleet), ["one", "three", "two"]);
    // One that cannot be read may have been a slice of it.
    assert_eq!(fleet.problems.len(), 1, "{:?}", fleet.problems);
    let first: Cluster<'_> = serde_json::from_str(fleet.lines.lines().next().unwrap()).unwrap();
    assert_eq!(first.source.as_deref(), Some("inventory"));
    assert_eq!(first.properties["region"], "eu");
    assert_eq!(
        hub.asked.last().unwrap(),
        "/apis/multicluster.x-k8s.io/v1alpha1/namespaces/fleet/clusterprofiles"
    );
}

#[test]
fn a_decision_may_be_named_by_itself_and_its_namespace_be_said() {
    for name in ["decision-a", "web-1"] {
        let fleet = ask(&mut hub(true, false, &["namespaces/fleet/"]), None, name).unwrap();
        assert_eq!(fleet.count, 3, "{name}");
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
    assert_eq!(names(&ask(&mut of_one, None, "other/batch").unwrap()), ["one"]);
}

#[test]
fn what_is_chosen_and_not_there_is_a_problem() {
    let mut hub = hub(true, false, &[""]);
    let fleet = ask(&mut hub, None, "").unwrap();
    assert_eq!(names(&fleet), ["one", "three", "two"]);
    assert_eq!(
        fleet.problems,
        [
            "PlacementDecision \"fleet/typed\" is left out: invalid type: integer `7`, expected a sequence at line 1 column 68",
            "ClusterProfile \"fleet/gone\" is chosen by a PlacementDecision and is not there",
            "ClusterProfile \"other/one\" is chosen by a PlacementDecision and is not there",
        ]
    );
}

#[test]
fn ocm_chooses_by_the_clusters_own_name_and_needs_no_profile() {
    let fleet = ask(&mut hub(false, true, &[""]), None, "shop").unwrap();
    // `four` is the label's name for a profile called otherwise; `alone` has no profile.
    assert_eq!(names(&fleet), ["alone", "four"]);
    assert!(fleet.problems.is_empty(), "{:?}", fleet.problems);
    let fleet = ask(&mut hub(false, true, &[]), None, "shop").unwrap();
    assert_eq!(names(&fleet), ["alone", "four"]);
    let alone: Cluster<'_> = serde_json::from_str(fleet.lines.lines().next().unwrap()).unwrap();
    assert_eq!(alone.manager.as_deref(), Some("open-cluster-management"));
}

#[test]
fn a_placement_that_is_not_there_is_an_error_with_those_that_are() {
    let error = ask(&mut hub(false, true, &[""]), None, "shpo").unwrap_err();
    assert_eq!((error.reason, error.status), (Reason::BadRequest, None));
    assert_eq!(
        error.message,
        "no PlacementDecision is of placement \"shpo\" (did you mean \"shop\"?)"
    );
    let error = ask(&mut hub(false, false, &[""]), None, "").unwrap_err();
    assert_eq!(error.status, Some(404));
}
