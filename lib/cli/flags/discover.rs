//! The flags of every tool that lists the fleet.

use super::credentials::KubeconfigArgs;
use super::fleet::FleetArgs;
use super::limits::{CacheArgs, LimitArgs, TimeoutArgs};
use clap::Args;

/// The flags of every tool that lists the fleet.
#[derive(Args, Clone, Debug, Default)]
pub struct DiscoverArgs {
    /// Chooses the clusters.
    #[command(flatten)]
    pub fleet: FleetArgs,
    /// Bounds the run.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Bounds one cluster.
    #[command(flatten)]
    pub timeout: TimeoutArgs,
    /// Names the cache.
    #[command(flatten)]
    pub cache: CacheArgs,
    /// Names the kubeconfig.
    #[command(flatten)]
    pub kubeconfig: KubeconfigArgs,
}
