//! mc-doctor's command line.

use super::discover;
use super::flags::{AccessArgs, DiscoverArgs, OutputArgs, TemplateArgs};
use super::load::{load_config, load_kubeconfig, load_resolver};
use super::wrapper;
use crate::config::Config;
use crate::doctor::{self, Options};
use crate::exit::{Fatal, Status};
use crate::format::Output;
use crate::signals;
use crate::term::Terminal;
use clap::Parser;
use std::io::Write;

const TOOL: &str = "mc-doctor";

/// Check every link on the way to each cluster, and report how to fix what is broken
///
/// Checks your files and who can read them, kubectl and the plugin, the hub and what it serves, and the mapping file
/// against the fleet and the kubeconfig. Then checks for every cluster the access, the credential plugin, connecting and
/// TLS, the clock, and whether you may list its pods. Changes nothing.
#[derive(Debug, Parser)]
#[command(
    name = TOOL,
    version,
    args_override_self = true,
    after_help = "Examples:
  # Everything
  kubectl mc doctor
  # Only what is broken
  kubectl mc doctor -o json | jq '.findings[] | select(.level==\"fail\")'

Exit status: 0 nothing is broken, 1 something every cluster needs is broken, or every cluster is, 2 wrong command
line, 3 some clusters are broken."
)]
pub struct DoctorCommand {
    #[command(flatten)]
    discover: DiscoverArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// mc-doctor.
///
/// # Errors
/// An output format that it does not have; the output itself.
pub fn run(args: &DoctorCommand) -> Result<Status, Fatal> {
    let output = args.output.understand(&TemplateArgs::default())?;
    let json = match output.map(|output| output.output()) {
        None | Some(Output::Table) => false,
        Some(Output::Json) => true,
        Some(_) => return Err(Fatal::usage("doctor prints lines, or JSON with -o json")),
    };
    signals::end_with_programs()?;
    // A configuration that cannot be read is one of the things to find.
    let (paths, config) = match load_config() {
        Ok(loaded) => loaded,
        Err(error) => (
            crate::config::Paths::from_env().map_err(|_| error)?,
            Config::default(),
        ),
    };
    let DiscoverArgs {
        limits,
        timeout,
        kubeconfig,
        ..
    } = &args.discover;
    let timeout = timeout.timeout(&config);
    // A mapping file that cannot be read is reported once, with the access to the clusters.
    let mapping = || Ok(paths.load_mapping().unwrap_or_default());
    let options = |config: &Config| discover::options_with(&args.discover, &paths, config, &mapping);
    let (mut found, contradiction) = match options(&config) {
        Ok(found) => (found, None),
        Err(error) if error.status == Status::Failed => {
            let several = Config {
                hub_context: None,
                ..config.clone()
            };
            (options(&several)?, Some(error.message))
        }
        Err(error) => return Err(error),
    };
    found.refresh = true;
    let options = Options {
        discover: found,
        contradiction,
        timeout,
        connect_timeout: limits.connect_timeout(&config),
        concurrency: limits.concurrency(&config).most,
        paths: paths.clone(),
        stages: wrapper::stages().collect(),
    };
    let load = || load_resolver(&paths, &config, kubeconfig, &args.access);
    let report = doctor::run(&options, load_kubeconfig(kubeconfig), &load)?;
    let mut text = Vec::new();
    let written = if json {
        serde_json::to_writer_pretty(&mut text, &report)
            .map_err(std::io::Error::from)
            .and_then(|()| writeln!(text))
    } else {
        report.print(&mut text, Terminal::stdout(config.output.colorize))
    };
    written
        .and_then(|()| std::io::stdout().write_all(&text))
        .map_err(|error| Fatal::output(&error))?;
    Ok(report.status())
}
