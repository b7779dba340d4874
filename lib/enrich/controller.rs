//! Reconciles profiles with kube's controller runtime: what is watched, in which order, and what happens on an error.
//!
//! The unit is a ClusterProfile. Its ManagedCluster is found by a label or by name, and an event of a ManagedCluster
//! reconciles all of its profiles. Both kinds are read from the watches' stores.

use super::apply::{self, ApplyPlan};
use super::events::Events;
use super::hub_api::{
    CHUNK, CLUSTER_LABEL, FIELD_MANAGER, MANAGER_LABEL, cluster_api, error_text, profile_api,
};
use super::log;
use super::profile_state::ProfileState;
use super::serve::{Metrics, ReconcileResult};
use super::stop::{GRACE, StopSignal};
use super::vendors::{Desired, ManagedCluster, RefusedValue, describe};
use crate::mutex::lock;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use kube::api::{Api, Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject};
use kube::runtime::controller::{Action, Config, applier};
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::watcher;
use kube::runtime::{WatchStreamExt, reflector as reflect};
use kube::{Client, Resource, ResourceExt};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How many profiles are reconciled at once.
const CONCURRENCY: u16 = 8;

/// Events of one profile within this time are reconciled together.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// A ClusterProfile.
pub(super) type Profile = DynamicObject;

/// Returns the name of a profile's ManagedCluster: that of its label, otherwise the profile's own. `None` if the profile
/// is not managed by OCM: a ManagedCluster of the same name may be a different cluster.
pub(super) fn cluster_of(profile: &Profile) -> Option<String> {
    let labels = profile.labels();
    let manager = labels
        .get(MANAGER_LABEL.0)
        .map(String::as_str)
        .or_else(|| profile.data["spec"]["clusterManager"]["name"].as_str());
    if manager.is_some_and(|manager| manager != MANAGER_LABEL.1) {
        return None;
    }
    let named = labels.get(CLUSTER_LABEL).filter(|name| !name.is_empty());
    named.or(profile.metadata.name.as_ref()).cloned()
}

pub(super) fn member(cluster: &DynamicObject) -> ManagedCluster {
    ManagedCluster::read(&cluster.metadata, &cluster.data)
}

/// Returns `NAMESPACE/NAME`.
pub(super) fn name(profile: &Profile) -> String {
    format!(
        "{}/{}",
        profile.namespace().unwrap_or_default(),
        profile.name_any()
    )
}

/// The reconciler's context.
struct Context {
    client: Client,
    events: Events,
    profile_api: ApiResource,
    clusters: Store<DynamicObject>,
    cluster_api: ApiResource,
    states: Mutex<HashMap<String, ProfileState>>,
    metrics: Arc<Metrics>,
    resync: Duration,
}

impl Context {
    fn states(&self) -> MutexGuard<'_, HashMap<String, ProfileState>> {
        lock(&self.states)
    }

    fn state<T>(&self, profile: &Profile, change: impl FnOnce(&mut ProfileState) -> T) -> T {
        change(self.states().entry(name(profile)).or_default())
    }

    /// Forgets deleted profiles.
    fn forget(&self, is_gone: impl Fn(&str) -> bool) {
        let mut states = self.states();
        states.retain(|name, _| !is_gone(name));
        self.metrics.set_refused(refused(&states));
    }
}

fn refused(states: &HashMap<String, ProfileState>) -> usize {
    states.values().map(ProfileState::refusals).sum()
}

/// Watches and reconciles until it is told to stop, then finishes what is under way.
pub async fn run(
    client: &Client,
    resync: Duration,
    metrics: &Arc<Metrics>,
    identity: &str,
    stop: StopSignal,
) {
    let (profile_api, cluster_api) = (profile_api(), cluster_api());
    let (profiles, profile_writer) = store(&profile_api);
    let (clusters, cluster_writer) = store(&cluster_api);
    let context = Arc::new(Context {
        client: client.clone(),
        events: Events::new(client.clone(), identity),
        profile_api: profile_api.clone(),
        clusters: clusters.clone(),
        cluster_api: cluster_api.clone(),
        states: Mutex::default(),
        metrics: Arc::clone(metrics),
        resync,
    });
    let seen = || {
        let (clusters, profiles) = (clusters.clone(), profiles.clone());
        let metrics = Arc::clone(metrics);
        move || metrics.set_watched(clusters.len(), profiles.len())
    };
    // During a list the store still has the old objects, so everything is reconciled when the list is complete.
    let (of_profiles, all) = (Arc::clone(&context), profiles.clone());
    let of_profiles = watch(client, &profile_api, profile_writer, seen()).map_ok(move |event| match event {
        watcher::Event::Apply(profile) => vec![reference(&profile)],
        watcher::Event::Delete(profile) => {
            let gone = name(&profile);
            of_profiles.forget(|name| name == gone);
            Vec::new()
        }
        watcher::Event::InitDone => {
            let all = all.state();
            let names: HashSet<String> = all.iter().map(|profile| name(profile)).collect();
            of_profiles.forget(|name| !names.contains(name));
            all.iter().map(|profile| reference(profile)).collect()
        }
        watcher::Event::Init | watcher::Event::InitApply(_) => Vec::new(),
    });
    let copies = profiles.clone();
    let of_clusters = watch(client, &cluster_api, cluster_writer, seen()).map_ok(move |event| match event {
        watcher::Event::Apply(cluster) => {
            let cluster = cluster.name_any();
            let of = |profile: &Profile| cluster_of(profile).as_deref() == Some(&cluster);
            let copies = copies.state_filter(of);
            copies.iter().map(|profile| reference(profile)).collect()
        }
        watcher::Event::InitDone => copies.state().iter().map(|profile| reference(profile)).collect(),
        // The properties of a cluster that left stay until its manager deletes the profile.
        watcher::Event::Delete(_) | watcher::Event::Init | watcher::Event::InitApply(_) => Vec::new(),
    });
    let queue = stream::select(of_profiles, of_clusters)
        .map_ok(|references: Vec<_>| stream::iter(references).map(Ok::<_, watcher::Error>))
        .try_flatten()
        .take_until(stop.clone());
    let config = Config::default().concurrency(CONCURRENCY).debounce(DEBOUNCE);
    let work = applier(
        |profile, context| Box::pin(reconcile(profile, context)),
        retry,
        context,
        profiles.clone(),
        queue.boxed(),
        config,
    )
    // Errors have been logged.
    .for_each(|_| std::future::ready(()));
    let overdue = async {
        stop.await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = work => {}
        () = announce(&clusters, &profiles, metrics) => {}
        () = overdue => log::warn("what was under way is given up", &[]),
    }
}

/// Logs when both kinds have been listed. Never ends.
async fn announce(clusters: &Store<DynamicObject>, profiles: &Store<Profile>, metrics: &Metrics) {
    if clusters.wait_until_ready().await.is_ok() && profiles.wait_until_ready().await.is_ok() {
        let counts = [clusters.len(), profiles.len()].map(|count| count.to_string());
        log::info("watching", &[("clusters", &counts[0]), ("profiles", &counts[1])]);
        metrics.set_ready();
    }
    std::future::pending().await
}

fn store(api: &ApiResource) -> (Store<DynamicObject>, reflector::store::Writer<DynamicObject>) {
    let writer = reflector::store::Writer::new(api.clone());
    (writer.as_reader(), writer)
}

fn reference(profile: &Profile) -> ObjectRef<Profile> {
    ObjectRef::from_obj_with(profile, profile_api())
}

/// Watches a kind, and returns its events after they have updated the store. A watch that fails is started again after
/// kube's backoff; a repeated error is logged once.
fn watch(
    client: &Client,
    api: &ApiResource,
    writer: reflector::store::Writer<DynamicObject>,
    seen: impl Fn() + Send + 'static,
) -> BoxStream<'static, Result<watcher::Event<DynamicObject>, watcher::Error>> {
    let kind = api.plural.clone();
    let objects = Api::<DynamicObject>::all_with(client.clone(), api);
    let config = watcher::Config::default().page_size(CHUNK);
    let mut last = String::new();
    reflect(writer, watcher(objects, config).default_backoff())
        .filter_map(move |event| {
            seen();
            let event = match event {
                Ok(event) => {
                    last.clear();
                    Some(Ok(event))
                }
                Err(error) => {
                    let error = said(&error);
                    if error != last {
                        log::error("cannot watch", &[("resource", &kind), ("error", &error)]);
                        last = error;
                    }
                    None
                }
            };
            std::future::ready(event)
        })
        .boxed()
}

fn said(error: &watcher::Error) -> String {
    match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => error_text(error),
        watcher::Error::WatchError(status) => status.message.clone(),
        watcher::Error::NoResourceVersion => error.to_string(),
    }
}

async fn reconcile(profile: Arc<Profile>, context: Arc<Context>) -> Result<Action, kube::Error> {
    let Some(cluster) = cluster_of(&profile) else {
        return Ok(Action::await_change());
    };
    if context.state(&profile, |state| {
        state.is_ahead_of(profile.metadata.resource_version.as_deref())
    }) {
        return Ok(Action::await_change());
    }
    let key = ObjectRef::new_with(&cluster, context.cluster_api.clone());
    let Some(cluster) = context.clusters.get(&key) else {
        context.metrics.count(ReconcileResult::Orphan);
        return Ok(Action::await_change());
    };
    let desired = describe(&member(&cluster));
    report(&context, &profile, &desired).await;
    let now = Instant::now();
    let truce = context.state(&profile, |state| state.truce(now));
    let plan = apply::plan(&profile, &desired, truce.is_some());
    if context.state(&profile, |state| state.left_to_others(&plan.foreign)) {
        leave(&profile, &plan);
    }
    if plan.changes {
        let written = write(&context.client, &context.profile_api, &profile, &plan).await?;
        log::info("applied", &[("profile", &name(&profile))]);
        context.metrics.count(ReconcileResult::Applied);
        context.state(&profile, |state| {
            state.wrote(
                written.metadata.resource_version.as_deref(),
                plan.properties,
                Instant::now(),
            );
        });
    } else {
        context.metrics.count(ReconcileResult::Unchanged);
    }
    context.state(&profile, ProfileState::succeeded);
    Ok(Action::requeue(
        truce.map_or(context.resync, |left| left.min(context.resync)),
    ))
}

/// Logs the entries that belong to other field managers.
pub(super) fn leave(profile: &Profile, plan: &ApplyPlan) {
    log::info(
        "another field manager's, and left alone",
        &[("profile", &name(profile)), ("entries", &plan.foreign.join(", "))],
    );
}

/// Reports, once, values that are not published, and that another writer removes properties.
async fn report(context: &Context, profile: &Profile, desired: &Desired) {
    let now = Instant::now();
    let said = context.state(profile, |state| state.refused(&desired.refusals, now));
    context.metrics.set_refused(refused(&context.states()));
    let about = profile.object_ref(&context.profile_api);
    for RefusedValue { reason, message } in &said {
        context.events.warn(&about, reason, message).await;
    }
    let present = apply::present(profile);
    let wanted = |name: &str| desired.properties.contains_key(name);
    let (removed, times) = context.state(profile, |state| {
        (state.observe(&present, wanted, now), state.removals())
    });
    if removed {
        context.metrics.count_removed();
        // Only the first time as an Event.
        let note = "another writer removed properties: they are put back after growing pauses; the access provider also has \
                    what a credential plugin needs";
        match times {
            1 => context.events.warn(&about, "PropertiesRemoved", note).await,
            _ => log::warn(note, &[("profile", &name(profile))]),
        }
    }
}

/// Applies a plan. A conflict means that the profile was outdated: it is reconciled again after a pause.
pub(super) async fn write(
    client: &Client,
    api: &ApiResource,
    profile: &Profile,
    plan: &ApplyPlan,
) -> Result<DynamicObject, kube::Error> {
    let namespace = profile.namespace().unwrap_or_default();
    let api = Api::<DynamicObject>::namespaced_with(client.clone(), &namespace, api);
    let params = PatchParams::apply(FIELD_MANAGER);
    api.patch_status(&profile.name_any(), &params, &Patch::Apply(&plan.patch))
        .await
}

fn retry(profile: Arc<Profile>, error: &kube::Error, context: Arc<Context>) -> Action {
    context.metrics.count(ReconcileResult::Failed);
    let pause = context.state(&profile, ProfileState::failed);
    let pause_text = format!("{pause:?}");
    log::error(
        "cannot apply",
        &[
            ("profile", &name(&profile)),
            ("error", &error_text(error)),
            ("retry", &pause_text),
        ],
    );
    Action::requeue(pause)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Profile, cluster_of};
    use serde_json::{Value, json};

    fn of(labels: &Value, spec: &Value) -> Option<String> {
        let profile: Profile = serde_json::from_value(json!({
            "apiVersion": "multicluster.x-k8s.io/v1alpha1",
            "kind": "ClusterProfile",
            "metadata": {"name": "shop", "namespace": "fleet", "labels": labels},
            "spec": spec,
        }))
        .unwrap();
        cluster_of(&profile)
    }

    #[test]
    fn managed_cluster_is_named_by_the_label_or_the_profile() {
        let ocm = json!({"clusterManager": {"name": "open-cluster-management"}});
        let other = json!({"clusterManager": {"name": "gke-fleet"}});
        let label = json!({"open-cluster-management.io/cluster-name": "web"});
        let shop = Some("shop".to_owned());
        assert_eq!(of(&label, &ocm), Some("web".to_owned()));
        assert_eq!(of(&label, &json!({})), Some("web".to_owned()));
        assert_eq!(of(&json!({}), &ocm), shop);
        assert_eq!(of(&json!({}), &json!({})), shop);
        assert_eq!(
            of(&json!({"open-cluster-management.io/cluster-name": ""}), &ocm),
            shop
        );
        assert_eq!(of(&label, &other), None);
        let labelled = json!({"x-k8s.io/cluster-manager": "open-cluster-management"});
        assert_eq!(of(&labelled, &other), shop);
    }
}
