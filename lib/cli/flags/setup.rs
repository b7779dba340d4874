//! Flags of mc-setup, which `kubectl mc setup` has too.

use super::switch::as_switch;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// Says how a fleet is set up.
#[derive(Args, Clone, Debug, Default)]
#[command(mut_args(as_switch))]
pub struct SetupArgs {
    /// Set up only the clusters of this cloud
    #[arg(long, value_name = "CLOUD", value_parser = provider_parser())]
    pub provider: Option<String>,
    /// Answer yes to every question: run the clouds' tools, write the files
    #[arg(short, long)]
    pub yes: bool,
    /// Make a context for clusters whose access is made on the fly, too: see kubectl mc ctx
    #[arg(long)]
    pub with_contexts: bool,
    /// Print what would be run and changed, without doing it
    #[arg(long)]
    pub dry_run: bool,
}

fn provider_parser() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new([
        PossibleValue::new("aws").alias("eks"),
        PossibleValue::new("gcp").aliases(["google", "gke"]),
        PossibleValue::new("azure").alias("aks"),
        PossibleValue::new("alibaba").aliases(["aliyun", "ack"]),
    ])
}
