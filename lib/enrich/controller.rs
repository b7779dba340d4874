//! kube's controller runtime around the rest: what is watched, in which order it is looked at, what happens on
//! an error.
//!
//! The unit is a ClusterProfile; its ManagedCluster is found by a label, and an event of that looks at all
//! copies of the profile. Both kinds are read from the watches' stores.

use super::apply::{self, Plan};
use super::serve::{Metrics, Outcome};
use super::standing::Standing;
use super::vendors::{Desired, Member, Refusal, describe};
use super::{CLUSTER_LABEL, FIELD_MANAGER, MANAGER_LABEL, cluster_api, log, profile_api, text};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use kube::api::{Api, ListParams, Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject};
use kube::runtime::controller::{Action, Config, applier};
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::watcher;
use kube::runtime::{WatchStreamExt, reflector as reflect};
use kube::{Client, Resource, ResourceExt};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many profiles are written at once.
const CONCURRENCY: u16 = 8;

/// Several events of one profile within this time are looked at once.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// How many objects are asked for at once.
const CHUNK: u32 = 500;

type Profile = DynamicObject;

/// The name of a profile's ManagedCluster; `None` where it is not OCM's.
fn cluster_of(profile: &Profile) -> Option<String> {
    let labels = profile.labels();
    let manager = labels
        .get(MANAGER_LABEL.0)
        .map(String::as_str)
        .or_else(|| profile.data["spec"]["clusterManager"]["name"].as_str())?;
    if manager != MANAGER_LABEL.1 {
        return None;
    }
    labels.get(CLUSTER_LABEL).filter(|name| !name.is_empty()).cloned()
}

fn member(cluster: &DynamicObject) -> Member {
    Member::read(cluster.metadata.labels.as_ref(), &cluster.data)
}

fn name(profile: &Profile) -> String {
    format!(
        "{}/{}",
        profile.namespace().unwrap_or_default(),
        profile.name_any()
    )
}

/// What the reconciler has at hand.
struct Context {
    client: Client,
    recorder: Recorder,
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

    /// Writes an Event about a profile. One that cannot be written costs nothing else.
    async fn event(&self, profile: &Profile, reason: &str, note: &str) {
        let reference = profile.object_ref(&self.profile_api);
        let event = Event {
            type_: EventType::Warning,
            reason: reason.into(),
            note: Some(note.into()),
            action: "Enrich".into(),
            secondary: None,
        };
        log::warn(note, &[("profile", &name(profile)), ("reason", reason)]);
        if let Err(error) = self.recorder.publish(&event, &reference).await {
            log::error(
                "cannot write an event",
                &[("profile", &name(profile)), ("error", &text(&error))],
            );
        }
    }
}

fn recorder(client: &Client) -> Recorder {
    let reporter = Reporter {
        controller: FIELD_MANAGER.into(),
        instance: std::env::var("POD_NAME").ok(),
    };
    Recorder::new(client.clone(), reporter)
}

/// Watches, and writes what has to be written; ends only if the watches do.
pub async fn run(client: &Client, resync: Duration, metrics: &Arc<Metrics>) {
    let (profile_api, cluster_api) = (profile_api(), cluster_api());
    let (profiles, profile_writer) = store(&profile_api);
    let (clusters, cluster_writer) = store(&cluster_api);
    let context = Arc::new(Context {
        client: client.clone(),
        recorder: recorder(client),
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
    let events = watch(client, &profile_api, profile_writer, seen());
    let forgetful = Arc::clone(&context);
    let of_profiles = events.map_ok(move |event| match event {
        watcher::Event::Apply(profile) | watcher::Event::InitApply(profile) => vec![reference(&profile)],
        watcher::Event::Delete(profile) => {
            forgetful.standings().remove(&name(&profile));
            Vec::new()
        }
        _ => Vec::new(),
    });
    let events = watch(client, &cluster_api, cluster_writer, seen());
    let copies = profiles.clone();
    let of_clusters = events.map_ok(move |event| match event {
        watcher::Event::Apply(cluster) | watcher::Event::InitApply(cluster) => {
            let cluster = cluster.name_any();
            let of = |profile: &Profile| cluster_of(profile).as_deref() == Some(&cluster);
            copies
                .state_filter(of)
                .iter()
                .map(|profile| reference(profile))
                .collect()
        }
        // All ManagedClusters are known now: profiles that came before theirs.
        watcher::Event::InitDone => copies.state().iter().map(|profile| reference(profile)).collect(),
        _ => Vec::new(),
    });
    let queue = stream::select(of_profiles, of_clusters)
        .map_ok(|references| stream::iter(references).map(Ok::<_, watcher::Error>))
        .try_flatten();
    let ready = {
        let (clusters, profiles) = (clusters.clone(), profiles.clone());
        let metrics = Arc::clone(metrics);
        async move {
            if clusters.wait_until_ready().await.is_ok() && profiles.wait_until_ready().await.is_ok() {
                log::info(
                    "watching",
                    &[
                        ("clusters", &clusters.len().to_string()),
                        ("profiles", &profiles.len().to_string()),
                    ],
                );
                metrics.set_ready();
            }
            std::future::pending::<()>().await
        }
    };
    let config = Config::default().concurrency(CONCURRENCY).debounce(DEBOUNCE);
    let work = applier(
        |profile, context| Box::pin(reconcile(profile, context)),
        retry,
        context,
        profiles,
        queue.boxed(),
        config,
    )
    // What failed was logged where it failed.
    .for_each(|_| std::future::ready(()));
    tokio::select! {
        () = work => {}
        () = ready => {}
    }
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
                    let error = crate::exit::chain(&error);
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
    if plan.changes {
        let written = write(&context.client, &context.profile_api, &profile, &plan).await?;
        log::info("applied", &[("profile", &name(&profile))]);
        context.metrics.count(Outcome::Applied);
        context.standing(&profile, |standing| {
            standing.wrote(written.metadata.resource_version.as_deref(), plan.properties);
        });
    } else {
        context.metrics.count(Outcome::Unchanged);
    }
    context.standing(&profile, Standing::succeeded);
    Ok(Action::requeue(
        truce.map_or(context.resync, |left| left.min(context.resync)),
    ))
}

/// Says, once, what is not published, and that somebody removes what is.
async fn report(context: &Context, profile: &Profile, desired: &Desired) {
    let new = context.standing(profile, |standing| standing.new_refusals(&desired.refusals));
    context.metrics.count_refused(new.len());
    for Refusal { reason, message } in &new {
        context.event(profile, reason, message).await;
    }
    let present = apply::present(profile);
    let wanted = |name: &str| desired.properties.contains_key(name);
    let (removed, times) = context.standing(profile, |standing| {
        (
            standing.observe(&present, wanted, Instant::now()),
            standing.removals(),
        )
    });
    if removed {
        context.metrics.count_removed();
        // The first time an Event, which people read.
        let note = "another writer removed properties: they are put back later and later; what a credential \
                    plugin needs also stands in the access provider";
        match times {
            1 => context.event(profile, "PropertiesRemoved", note).await,
            _ => log::warn(note, &[("profile", &name(profile))]),
        }
    }
}

/// Applies a plan. A conflict means that what was read is outdated: it is planned anew after a pause.
async fn write(
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
            ("error", &text(error)),
            ("retry", &pause_text),
        ],
    );
    Action::requeue(pause)
}

/// What one pass over the whole fleet came to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Pass {
    /// Profiles that are OCM's.
    pub profiles: u64,
    /// Those that were written.
    pub applied: u64,
    /// Those that could not be.
    pub failed: u64,
}

/// Looks at every profile once. In place of being written, applications go to `instead` if there is one.
///
/// # Errors
/// ManagedClusters or ClusterProfiles cannot be listed; `instead` fails.
pub async fn once<E: From<kube::Error>>(
    client: &Client,
    mut instead: Option<&mut dyn FnMut(&serde_json::Value) -> Result<(), E>>,
) -> Result<Pass, E> {
    let profile_api = profile_api();
    let clusters = list(client, &cluster_api()).await?;
    let clusters: BTreeMap<String, Desired> = clusters
        .iter()
        .map(|cluster| (cluster.name_any(), describe(&member(cluster))))
        .collect();
    let recorder = recorder(client);
    let mut pass = Pass::default();
    for profile in list(client, &profile_api).await? {
        let Some(desired) = cluster_of(&profile).and_then(|cluster| clusters.get(&cluster)) else {
            continue;
        };
        pass.profiles += 1;
        for Refusal { reason, message } in &desired.refusals {
            log::warn(message, &[("profile", &name(&profile)), ("reason", reason)]);
            if instead.is_none() {
                let event = Event {
                    type_: EventType::Warning,
                    reason: (*reason).into(),
                    note: Some(message.clone()),
                    action: "Enrich".into(),
                    secondary: None,
                };
                if let Err(error) = recorder.publish(&event, &profile.object_ref(&profile_api)).await {
                    log::error(
                        "cannot write an event",
                        &[("profile", &name(&profile)), ("error", &text(&error))],
                    );
                }
            }
        }
        let plan = apply::plan(&profile, desired, false);
        if !plan.changes {
            continue;
        }
        if let Some(instead) = &mut instead {
            instead(&plan.patch)?;
            pass.applied += 1;
            continue;
        }
        match write(client, &profile_api, &profile, &plan).await {
            Ok(_) => {
                log::info("applied", &[("profile", &name(&profile))]);
                pass.applied += 1;
            }
            Err(error) => {
                log::error(
                    "cannot apply",
                    &[("profile", &name(&profile)), ("error", &text(&error))],
                );
                pass.failed += 1;
            }
        }
    }
    Ok(pass)
}

async fn list(client: &Client, api: &ApiResource) -> Result<Vec<DynamicObject>, kube::Error> {
    let objects = Api::<DynamicObject>::all_with(client.clone(), api);
    let mut items = Vec::new();
    let mut params = ListParams::default().limit(CHUNK);
    loop {
        let page = objects.list(&params).await?;
        items.extend(page.items);
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params = params.continue_token(&token),
            None => return Ok(items),
        }
    }
}
