//! Flags of mc-doctor, which `kubectl mc doctor` has too.

use super::switch::as_switch;
use clap::Args;

/// Says which findings are printed.
#[derive(Args, Clone, Debug, Default)]
#[command(mut_args(as_switch))]
pub struct DoctorArgs {
    /// Print only what is wrong
    #[arg(long)]
    pub failed: bool,
}
