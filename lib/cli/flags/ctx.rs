//! Flags of mc-ctx, which `kubectl mc ctx` has too.

use super::switch::as_switch;
use clap::Args;

/// Says which cluster's context is meant, and what becomes of it.
#[derive(Args, Clone, Debug, Default)]
#[command(mut_args(as_switch))]
pub struct CtxArgs {
    /// The cluster's name [default: list all clusters with their contexts]
    #[arg(value_name = "CLUSTER")]
    pub cluster_name: Option<String>,
    /// Make the cluster's context the current one, as kubectl config use-context does
    #[arg(long = "use", requires = "cluster_name")]
    pub use_context: bool,
}
