//! The example's command line.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus};
use std::sync::mpsc;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::fleet::faults::{Fault, parse_duration};
use crate::fleet::{Fleet, HUB, Member, Spec};

/// Runs a simulated fleet of Kubernetes clusters on 127.0.0.1.
///
/// Writes DIR/kubeconfig, prints "ready" when all clusters are listening, and runs until its stdin
/// closes or a signal comes; or, given a command, runs that with KUBECONFIG set and exits as it does.
/// DIR/counters.json then says what every cluster was asked.
#[derive(clap::Parser)]
#[command(name = "fleet")]
pub struct Args {
    /// Where kubeconfig and counters.json go; without it a temporary folder, gone afterwards
    #[arg(long)]
    dir: Option<PathBuf>,

    /// How many members there are
    #[arg(long, default_value_t = 3, value_name = "N")]
    members: usize,

    /// The members' names, instead of prod-eu-1, prod-us-2, dev-eu-3, …
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        conflicts_with = "members"
    )]
    names: Vec<String>,

    /// How many pods each member has; without it, those that were recorded
    #[arg(long, value_name = "N")]
    pods: Option<usize>,

    /// How many bytes each pod takes at least, as it stands in a list
    #[arg(long, value_name = "BYTES")]
    pod_bytes: Option<usize>,

    /// How often a pod of each member restarts, as get pods -A -w shows
    #[arg(long, value_name = "EVERY", value_parser = parse_duration)]
    restarts: Option<Duration>,

    /// How long every answer takes
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "0")]
    latency: Duration,

    /// A fault of some members: NAME[:PARAMETER]=MEMBERS, where members are names, numbers and
    /// ranges (prod-eu-1, 3, member-3, 10-19) separated by commas, or "hub"
    #[arg(long = "fault", value_name = "FAULT=MEMBERS")]
    faults: Vec<String>,

    /// Members that the hub reports as unhealthy
    #[arg(long, value_name = "MEMBERS")]
    unhealthy: Option<String>,

    /// A CA for every cluster instead of one for all
    #[arg(long)]
    ca_per_member: bool,

    /// Publishes servers and CAs in the ClusterProfiles, under this access provider
    #[arg(long, value_name = "PROVIDER")]
    access_provider: Option<String>,

    /// Serves ManagedClusters, PlacementDecisions and ClusterProperties too
    #[arg(long)]
    every_source: bool,

    /// Threads that serve
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    threads: u8,

    /// Another folder of recorded answers
    #[arg(long, value_name = "FOLDER")]
    recorded: Option<PathBuf>,

    /// Goes on when stdin closes
    #[arg(long)]
    keep: bool,

    /// A command to run with KUBECONFIG set
    #[arg(last = true)]
    command: Vec<String>,
}

impl Args {
    fn spec(&self) -> Result<Spec, String> {
        let mut spec = if self.names.is_empty() {
            Spec::new(self.members)
        } else {
            Spec::named(&self.names)
        };
        if let Some(bad) = spec
            .members
            .iter()
            .find(|member| member.name == HUB || member.name.is_empty())
        {
            return Err(format!("\"{}\" cannot be a member's name", bad.name));
        }
        for given in &self.faults {
            let (fault, target) = given
                .rsplit_once('=')
                .ok_or_else(|| format!("--fault {given}: FAULT=MEMBERS is expected"))?;
            let fault: Fault = fault.parse().map_err(|e| format!("--fault {given}: {e}"))?;
            spec.set_fault(target, fault)
                .map_err(|e| format!("--fault {given}: {e}"))?;
        }
        if let Some(target) = &self.unhealthy {
            for index in spec
                .targets(target)
                .map_err(|e| format!("--unhealthy {target}: {e}"))?
            {
                let member: &mut Member = &mut spec.members[index];
                member.healthy = "False".to_owned();
            }
        }
        Ok(Spec {
            dir: self.dir.clone(),
            pods: self.pods,
            pod_bytes: self.pod_bytes,
            restarts: self.restarts.filter(|every| !every.is_zero()),
            latency: self.latency,
            ca_per_member: self.ca_per_member,
            access_provider: self.access_provider.clone(),
            every_source: self.every_source,
            // A benchmark does not need them.
            record_requests: false,
            threads: self.threads.into(),
            recorded: self.recorded.clone(),
            ..spec
        })
    }
}

/// Runs the fleet as the command line says.
///
/// # Errors
/// When it cannot start, or the command cannot.
pub fn run(args: Args) -> Result<ExitCode, String> {
    let spec = args.spec()?;
    check_file_limit(spec.members.len());
    let fleet = Fleet::try_start(spec)?;
    let status = match args.command.split_first() {
        Some((program, rest)) => run_command(&fleet, program, rest)?,
        None => {
            wait(&fleet, args.keep)?;
            ExitCode::SUCCESS
        }
    };
    fleet
        .write_counters()
        .map_err(|e| format!("counters.json: {e}"))?;
    Ok(status)
}

/// Warns where connections would silently go unaccepted. The limit is not raised, because the command
/// would inherit it, and may be there to be measured with the usual one.
fn check_file_limit(members: usize) {
    /// stdio, the runtime's own, the hub.
    const OTHERS: u64 = 32;
    // A listener and a connection each.
    let wanted = members as u64 * 2 + OTHERS;
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    if let Some(limit) = limit.filter(|limit| *limit < wanted) {
        eprintln!(
            "fleet: {members} members want {wanted} open files and the limit is {limit}; see `ulimit -n`"
        );
    }
}

/// Waits for the end of stdin or a signal.
fn wait(fleet: &Fleet, keep: bool) -> Result<(), String> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(|e| e.to_string())?;
    let (ended, end) = mpsc::channel();
    let by_signal = ended.clone();
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            let _ = by_signal.send(());
        }
    });
    if !keep {
        std::thread::spawn(move || {
            let mut buffer = [0; 256];
            while matches!(std::io::stdin().read(&mut buffer), Ok(1..)) {}
            let _ = ended.send(());
        });
    }
    let mut stdout = std::io::stdout();
    // A reader that has gone does not matter.
    let _ = writeln!(stdout, "ready").and_then(|()| stdout.flush());
    eprintln!("fleet: export KUBECONFIG={}", fleet.kubeconfig().display());
    let _ = end.recv();
    Ok(())
}

/// Runs a command on the fleet; a signal to the fleet goes to the command, which then ends it.
fn run_command(fleet: &Fleet, program: &str, arguments: &[String]) -> Result<ExitCode, String> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(|e| e.to_string())?;
    let mut child = Command::new(program)
        .args(arguments)
        .env("KUBECONFIG", fleet.kubeconfig())
        .spawn()
        .map_err(|e| format!("{program}: {e}"))?;
    let process = rustix::process::Pid::from_child(&child);
    std::thread::spawn(move || {
        for signal in signals.forever() {
            // Ctrl-C reaches the whole foreground group by itself.
            if signal == SIGTERM {
                let _ = rustix::process::kill_process(process, rustix::process::Signal::TERM);
            }
        }
    });
    let status = child.wait().map_err(|e| format!("{program}: {e}"))?;
    Ok(ExitCode::from(exit_status(status)))
}

/// A status as a shell gives it.
fn exit_status(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}
