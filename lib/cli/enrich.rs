//! mc-enrich's command line.

use super::flags::KubeconfigArgs;
use super::load::load_kubeconfig;
use crate::config::parse_duration;
use crate::connect::{self, Connector};
use crate::enrich::once::{Instead, once};
use crate::enrich::{self, FIELD_MANAGER, lease, log};
use crate::exit::{FailOn, Fatal, Status, Tally};
use crate::kubeconfig::{Access, Kubeconfig};
use crate::runtime::with_runtime;
use clap::{Parser, ValueEnum};
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

const TOOL: &str = "mc-enrich";

const EXAMPLES: &str = "\
Examples:
  # What would be written, without writing it
  mc-enrich --dry-run --context hub
  # Write it once
  mc-enrich --once --context hub
  # On the hub: see deploy/enrich
  mc-enrich --address 0.0.0.0:8080";

const PAGE: &str = "\
The properties cloud.provider and cluster.type are:

  cluster.type  cloud.provider  access provider  recognized by
  eks           aws             eks              product EKS, or a version with -eks-
  gke           gcp             google           product GKE, or a version with -gke.
  aks           azure           aks              product AKS
  ack           alibaba         ack              product ACK, or a version with -aliyun.
  kubernetes    by platform     kubernetes       anything else

The product is the claim product.open-cluster-management.io, else the label vendor, else the
claim or label cluster.type. The platform (AWS, Amazon, GCP, Google Cloud, Azure, Alibaba, Aliyun)
is the claim platform.open-cluster-management.io, else the label cloud, else the claim or label
cloud.provider. Case and separators do not count, and a product may be spelled with its cloud:
AWS EKS, Google GKE, Azure AKS, Alibaba ACK.

The other properties, and where each is read; the first value that is found counts:

  region          claim region.open-cluster-management.io, claim or label region, labels
                  topology.kubernetes.io/region and cluster.open-cluster-management.io/region
  location, cluster.name, account, project, subscription, resource.group, tenant.id
                  claim or label of this name; for cluster.name also the label cluster-name
  cluster.id      claim or label of this name, claims id.k8s.io and id.openshift.io, label
                  clusterID

A vendor's resource id (an EKS ARN, a GKE resource name, an Azure resource id) in cluster.id or in
any claim whose name begins with id. takes precedence over all of these. The location of a GKE
cluster that has none is its region. A label that is missing is looked up among the annotations.

The command with which a person logs in is written as well: auth.exec.command, auth.exec.args
(separated by commas) and auth.exec.apiVersion. That is aws eks get-token for EKS,
gke-gcloud-auth-plugin for GKE and kubelogin get-token for AKS. Nothing is written if a value in the
command would have unusual characters.

The ManagedCluster of a ClusterProfile is the one that its label
open-cluster-management.io/cluster-name names, else the one of its own name. Profiles of other
managers (label x-k8s.io/cluster-manager, else spec.clusterManager.name) are left alone.

Server and CA of the access provider are the first usable of spec.managedClusterClientConfigs; its
extension client.authentication.k8s.io/exec has what a credential plugin needs. Values that are too
long (more than 1,024 characters) or have unusual characters are left out, and an Event on the
ClusterProfile says so.

Profiles are changed by server-side apply with the field manager kubectl-mc-enrich. Entries of other
managers are never changed. Open Cluster Management itself replaces all properties with the
cluster's claims: properties that it has removed are put back after a second, then after two, up to
every 6 hours. Access providers stay, and claims that have the names of properties do too.

The log on stderr has a JSON object on each line; on a terminal it is plain text. On SIGTERM
mc-enrich finishes what it is doing and releases the lease. If it cannot renew the lease it exits
with status 1, to be restarted.

Exit status: 0 complete, 1 failed or the lease was lost, 2 wrong command line, 3 partial (--once).";

/// The form in which --dry-run prints.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Form {
    /// A YAML document for each profile
    #[default]
    Yaml,
    /// A JSON object on each line
    Json,
}

/// The hub's addon: add to ClusterProfiles what Open Cluster Management knows about cloud and access
#[derive(Debug, Parser)]
#[command(
    name = TOOL,
    version,
    args_override_self = true,
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{PAGE}"),
)]
pub struct EnrichCommand {
    #[command(flatten)]
    kubeconfig: KubeconfigArgs,
    /// The hub's kubeconfig context [default: in a pod its service account, else the current context]
    #[arg(long, value_name = "CONTEXT", help_heading = "Credentials")]
    context: Option<String>,
    /// Update every profile once, and exit; this needs no lease
    #[arg(long)]
    once: bool,
    /// Print what would be applied, and exit; nothing is written
    #[arg(long)]
    dry_run: bool,
    /// The output format of --dry-run
    #[arg(
        short,
        long,
        value_name = "FORM",
        value_enum,
        default_value_t,
        requires = "dry_run"
    )]
    output: Form,
    /// The address that serves /metrics, /healthz and /readyz, or off
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080", value_parser = address)]
    address: Address,
    /// The interval at which every profile is checked
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = positive)]
    resync: Duration,
    /// Write without a lease: only if no other replica runs
    #[arg(long, help_heading = "Leader election")]
    no_lease: bool,
    /// The Lease that the replicas share
    #[arg(long, value_name = "NAME", default_value = FIELD_MANAGER, help_heading = "Leader election")]
    lease_name: String,
    /// Its namespace [default: the service account's, else the context's, else default]
    #[arg(long, value_name = "NAMESPACE", help_heading = "Leader election")]
    lease_namespace: Option<String>,
    /// How long to wait for a leader that does not renew the lease, in whole seconds
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = whole_seconds, help_heading = "Leader election")]
    lease_duration: Duration,
}

/// An address, or none.
#[derive(Clone, Copy, Debug)]
struct Address(Option<SocketAddr>);

fn address(text: &str) -> Result<Address, String> {
    match text {
        "off" => Ok(Address(None)),
        _ => text
            .parse()
            .map(|address| Address(Some(address)))
            .map_err(|_| "expected an IP address and a port (127.0.0.1:8080, [::]:8080), or off".into()),
    }
}

fn positive(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err("expected more than 0".into()),
        duration => Ok(duration),
    }
}

fn whole_seconds(text: &str) -> Result<Duration, String> {
    let duration = parse_duration(text)?;
    match duration.subsec_nanos() {
        0 if (3..=3600).contains(&duration.as_secs()) => Ok(duration),
        _ => Err("expected whole seconds, from 3s to 1h".into()),
    }
}

/// mc-enrich.
///
/// # Errors
/// No hub, or it does not answer; the lease was lost; the address cannot be bound.
pub fn run(args: &EnrichCommand) -> Result<Status, Fatal> {
    with_runtime(|runtime| runtime.block_on(start(args)))?
}

async fn start(args: &EnrichCommand) -> Result<Status, Fatal> {
    let access = hub(args)?;
    let own = access.namespace.clone().unwrap_or_else(|| "default".into());
    let namespace = args.lease_namespace.clone().unwrap_or_else(|| own.clone());
    let client = Connector::new(connect::ConnectorOptions::default())
        .client(&access)
        .map_err(unusable)?
        .into_kube(own, |warning| log::warn(warning, &[]));
    if args.once || args.dry_run {
        return pass(args, &client).await;
    }
    let lease = (!args.no_lease).then(|| lease::Options {
        namespace,
        name: args.lease_name.clone(),
        duration: args.lease_duration,
    });
    let options = enrich::Options {
        identity: identity(),
        address: args.address.0,
        lease,
        resync: args.resync,
    };
    enrich::run(client, &options).await
}

/// Returns a name that no other replica has, and that is new after a restart.
fn identity() -> String {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let host = set("POD_NAME")
        .or_else(|| set("HOSTNAME"))
        .unwrap_or_else(|| TOOL.into());
    let now = jiff::Timestamp::now().as_nanosecond();
    format!("{host}_{}_{now:x}", std::process::id())
}

/// Returns the access to the hub: as in the other tools, and in a pod with its service account.
fn hub(args: &EnrichCommand) -> Result<Access, Fatal> {
    let named = args.kubeconfig.kubeconfig.is_some() || args.context.is_some();
    // In a pod, the service account is used even if a kubeconfig is mounted.
    let kubeconfig = match Kubeconfig::in_cluster().filter(|_| !named) {
        Some(pod) => pod,
        None => load_kubeconfig(&args.kubeconfig)?,
    };
    let context = args.context.as_deref().or_else(|| kubeconfig.current_context());
    let Some(context) = context else {
        return Err(Fatal::failed("no hub: name its context with --context"));
    };
    kubeconfig.access(context).map_err(unusable)
}

fn unusable(error: impl std::fmt::Display) -> Fatal {
    Fatal::failed(format!("the hub cannot be used: {error}"))
}

async fn pass(args: &EnrichCommand, client: &kube::Client) -> Result<Status, Fatal> {
    let form = args.output;
    let mut print = |patch: &serde_json::Value| print(form, patch).map_err(Ended::Output);
    let instead: Option<Instead<'_, Ended>> = if args.dry_run { Some(&mut print) } else { None };
    let pass = once(client, &identity(), instead)
        .await
        .map_err(|ended| match ended {
            Ended::Hub(message) => Fatal::failed(format!("the hub does not answer: {message}")),
            Ended::Output(error) => Fatal::output(&error),
        })?;
    let counts = [pass.profiles, pass.applied, pass.failed].map(|count| count.to_string());
    let done = if args.dry_run { "would apply" } else { "done" };
    let [profiles, applied, failed] = &counts;
    log::info(
        done,
        &[("profiles", profiles), ("applied", applied), ("failed", failed)],
    );
    let tally = Tally {
        successful: pass.profiles - pass.failed,
        failed: pass.failed,
        ..Tally::default()
    };
    Ok(tally.status(FailOn::Any))
}

/// Why a pass ended early.
enum Ended {
    Hub(String),
    Output(std::io::Error),
}

impl From<kube::Error> for Ended {
    fn from(error: kube::Error) -> Self {
        Ended::Hub(enrich::error_text(&error))
    }
}

/// Prints what `kubectl apply --server-side --subresource=status -f -` takes.
fn print(form: Form, patch: &serde_json::Value) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match form {
        Form::Yaml => {
            let text = serde_yaml::to_string(patch).map_err(std::io::Error::other)?;
            write!(stdout, "---\n{text}")
        }
        Form::Json => writeln!(stdout, "{patch}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_addresses_and_durations_are_refused() {
        assert!(address("0.0.0.0:8080").is_ok_and(|address| address.0.is_some()));
        assert!(address("off").is_ok_and(|address| address.0.is_none()));
        assert!(address("localhost").is_err());
        assert!(positive("0s").is_err() && positive("1s").is_ok());
        assert!(whole_seconds("2s").is_err() && whole_seconds("3.5s").is_err());
        assert!(whole_seconds("3s").is_ok() && whole_seconds("2h").is_err());
    }
}
