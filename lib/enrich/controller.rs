//! kube's controller runtime around the rest: what is watched, in which order it is looked at, what happens on
//! an error.
//!
//! The unit is a ClusterProfile; its ManagedCluster is found by a label or by its name, and an event of that looks at all
//! copies of the profile. Both kinds are read from the watches' stores.

use super::apply::{self, Plan};
use super::events::Events;
use super::hub_api::{
    CHUNK, CLUSTER_LABEL, FIELD_MANAGER, MANAGER_LABEL, cluster_api, error_text, profile_api,
};
use super::log;
use super::serve::{Metrics, Outcome};
use super::standing::Standing;
use super::stop::{GRACE, Stop};
use super::vendors::{Desired, Member, Refusal, describe};
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
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many profiles are written at once.
const CONCURRENCY: u16 = 8;

/// Several events of one profile within this time are looked at once.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// A ClusterProfile, as it came.
pub(super) type Profile = DynamicObject;

/// The name of a profile's ManagedCluster: that of its label, else its own. `None` where another than OCM manages the
/// profile, whose cluster of the same name may be another one.
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

pub(super) fn member(cluster: &DynamicObject) -> Member {
    Member::read(&cluster.metadata, &cluster.data)
}

/// `NAMESPACE/NAME`.
pub(super) fn name(profile: &Profile) -> String {
    format!(
        "{}/{}",
        profile.namespace().unwrap_or_default(),
        profile.name_any()
    )
}

/// What the reconciler has at hand.
struct Context {
    client: Client,
    events: Events,
    profile_api: ApiResource,
    clusters: Store<DynamicObject>,
    cluster_api: ApiResource,
    standings: Mutex<HashMap<String, Standing>>,
    metrics: Arc<Metrics>,
    resync: Duration,
}

impl Context {
    fn standings(&self) -> MutexGuard<'_, HashMap<String, Standing>> {
        self.standings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn standing<T>(&self, profile: &Profile, change: impl FnOnce(&mut Standing) -> T) -> T {
        change(self.standings().entry(name(profile)).or_default())
    }

    /// Forgets profiles that are gone.
    fn forget(&self, is_gone: impl Fn(&str) -> bool) {
        let mut standings = self.standings();
        standings.retain(|name, _| !is_gone(name));
        self.metrics.set_refused(refused(&standings));
    }
}

fn refused(standings: &HashMap<String, Standing>) -> usize {
    standings.values().map(Standing::refusals).sum()
}

/// Watches, and writes what has to be written, until it is told to stop; what is under way then is finished.
pub async fn run(client: &Client, resync: Duration, metrics: &Arc<Metrics>, identity: &str, stop: Stop) {
    let (profile_api, cluster_api) = (profile_api(), cluster_api());
    let (profiles, profile_writer) = store(&profile_api);
    let (clusters, cluster_writer) = store(&cluster_api);
    let context = Arc::new(Context {
        client: client.clone(),
        events: Events::new(client.clone(), identity),
        profile_api: profile_api.clone(),
        clusters: clusters.clone(),
        cluster_api: cluster_api.clone(),
        standings: Mutex::default(),
        metrics: Arc::clone(metrics),
        resync,
    });
    let seen = || {
        let (clusters, profiles) = (clusters.clone(), profiles.clone());
        let metrics = Arc::clone(metrics);
        move || metrics.set_watched(clusters.len(), profiles.len())
    };
    // While a kind is listed, its store still has what it had before: all of it is looked at when that is done.
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
        // What was published of a cluster that left stays until its profile goes, which is its manager's affair.
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
    // What failed was logged where it failed.
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

/// Says when everything has been listed. Never ends.
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

/// The events of a kind, which have been taken into its store. A watch that fails is begun again after a pause,
/// by kube's backoff; each failure is logged when it is a new one.
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
    if context.standing(&profile, |standing| {
        standing.is_ahead_of(profile.metadata.resource_version.as_deref())
    }) {
        return Ok(Action::await_change());
    }
    let key = ObjectRef::new_with(&cluster, context.cluster_api.clone());
    let Some(cluster) = context.clusters.get(&key) else {
        context.metrics.count(Outcome::Orphan);
        return Ok(Action::await_change());
    };
    let desired = describe(&member(&cluster));
    report(&context, &profile, &desired).await;
    let now = Instant::now();
    let truce = context.standing(&profile, |standing| standing.truce(now));
    let plan = apply::plan(&profile, &desired, truce.is_some());
    if context.standing(&profile, |standing| standing.left_to_others(&plan.foreign)) {
        leave(&profile, &plan);
    }
    if plan.changes {
        let written = write(&context.client, &context.profile_api, &profile, &plan).await?;
        log::info("applied", &[("profile", &name(&profile))]);
        context.metrics.count(Outcome::Applied);
        context.standing(&profile, |standing| {
            standing.wrote(
                written.metadata.resource_version.as_deref(),
                plan.properties,
                Instant::now(),
            );
        });
    } else {
        context.metrics.count(Outcome::Unchanged);
    }
    context.standing(&profile, Standing::succeeded);
    Ok(Action::requeue(
        truce.map_or(context.resync, |left| left.min(context.resync)),
    ))
}

/// Says what is left to others.
pub(super) fn leave(profile: &Profile, plan: &Plan) {
    log::info(
        "another field manager's, and left alone",
        &[("profile", &name(profile)), ("entries", &plan.foreign.join(", "))],
    );
}

/// Says, once, what is not published, and that somebody removes what is.
async fn report(context: &Context, profile: &Profile, desired: &Desired) {
    let now = Instant::now();
    let said = context.standing(profile, |standing| standing.refused(&desired.refusals, now));
    context.metrics.set_refused(refused(&context.standings()));
    let about = profile.object_ref(&context.profile_api);
    for Refusal { reason, message } in &said {
        context.events.warn(&about, reason, message).await;
    }
    let present = apply::present(profile);
    let wanted = |name: &str| desired.properties.contains_key(name);
    let (removed, times) = context.standing(profile, |standing| {
        (standing.observe(&present, wanted, now), standing.removals())
    });
    if removed {
        context.metrics.count_removed();
        // The first time an Event, which people read.
        let note = "another writer removed properties: they are put back later and later; what a credential \
                    plugin needs also stands in the access provider";
        match times {
            1 => context.events.warn(&about, "PropertiesRemoved", note).await,
            _ => log::warn(note, &[("profile", &name(profile))]),
        }
    }
}

/// Applies a plan. A conflict means that what was read is outdated: it is planned anew after a pause.
pub(super) async fn write(
    client: &Client,
    api: &ApiResource,
    profile: &Profile,
    plan: &Plan,
) -> Result<DynamicObject, kube::Error> {
    let namespace = profile.namespace().unwrap_or_default();
    let api = Api::<DynamicObject>::namespaced_with(client.clone(), &namespace, api);
    let params = PatchParams::apply(FIELD_MANAGER);
    api.patch_status(&profile.name_any(), &params, &Patch::Apply(&plan.patch))
        .await
}

fn retry(profile: Arc<Profile>, error: &kube::Error, context: Arc<Context>) -> Action {
    context.metrics.count(Outcome::Failed);
    let pause = context.standing(&profile, Standing::failed);
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
