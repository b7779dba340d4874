//! One pass over the whole fleet, for a person, a cron job and `--dry-run`.

use super::controller::{cluster_of, leave, member, name, write};
use super::events::Events;
use super::hub_api::{CHUNK, cluster_api, error_text, profile_api};
use super::vendors::{Desired, RefusedValue, describe};
use super::{apply, log};
use kube::api::{Api, ListParams};
use kube::core::{ApiResource, DynamicObject};
use kube::{Client, Resource, ResourceExt};
use std::collections::BTreeMap;

/// The result of a pass.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Pass {
    /// The number of OCM's profiles whose cluster is known.
    pub profiles: u64,
    /// How many of them were written, or would be.
    pub applied: u64,
    /// How many could not be written.
    pub failed: u64,
}

/// Takes what would be applied to the hub.
pub type Instead<'a, E> = &'a mut dyn FnMut(&serde_json::Value) -> Result<(), E>;

/// Reconciles every profile once. With `instead`, nothing is written, Events included: what would be applied goes there.
///
/// # Errors
/// ManagedClusters or ClusterProfiles cannot be listed; `instead` fails.
pub async fn once<E: From<kube::Error>>(
    client: &Client,
    identity: &str,
    mut instead: Option<Instead<'_, E>>,
) -> Result<Pass, E> {
    let profile_api = profile_api();
    let clusters = list(client, &cluster_api()).await?;
    let clusters: BTreeMap<String, Desired> = clusters
        .iter()
        .map(|cluster| (cluster.name_any(), describe(&member(cluster))))
        .collect();
    let events = Events::new(client.clone(), identity);
    let mut pass = Pass::default();
    for profile in list(client, &profile_api).await? {
        let Some(desired) = cluster_of(&profile).and_then(|cluster| clusters.get(&cluster)) else {
            continue;
        };
        pass.profiles += 1;
        for RefusedValue { reason, message } in &desired.refusals {
            match instead {
                None => {
                    let about = profile.object_ref(&profile_api);
                    events.warn(&about, reason, message).await;
                }
                Some(_) => log::warn(message, &[("profile", &name(&profile)), ("reason", reason)]),
            }
        }
        let plan = apply::plan(&profile, desired, false);
        if !plan.foreign.is_empty() {
            leave(&profile, &plan);
        }
        if !plan.changes {
            continue;
        }
        if let Some(instead) = &mut instead {
            instead(&plan.patch)?;
            pass.applied += 1;
            continue;
        }
        let profile_name = name(&profile);
        match write(client, &profile_api, &profile, &plan).await {
            Ok(_) => {
                log::info("applied", &[("profile", &profile_name)]);
                pass.applied += 1;
            }
            Err(error) => {
                let error = error_text(&error);
                log::error("cannot apply", &[("profile", &profile_name), ("error", &error)]);
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
