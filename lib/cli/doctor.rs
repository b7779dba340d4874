//! mc-doctor's command line.

use super::discover;
use super::examples;
use super::flags::{AccessArgs, ColorArgs, DiscoverArgs, DoctorArgs, OutputArgs, TemplateArgs};
use super::load::{load_config, load_kubeconfig, load_resolver};
use super::wrapper;
use crate::config::Config;
use crate::doctor::{self, Form, Options, Progress};
use crate::exit::{Fatal, Status};
use crate::format::Output;
use crate::signals;
use crate::term::Terminal;
use clap::Parser;
use std::sync::Arc;

const TOOL: &str = "mc-doctor";

/// Check every link on the way to each cluster, and report how to fix what is broken
///
/// Checks your files and who can read them, kubectl and the plugin, the hub and what it serves, and the mapping file
/// against the fleet and the kubeconfig. Then checks for every cluster the access, the credential plugin, connecting and
/// TLS, the clock, and whether you may list its pods. Changes nothing.
///
/// Each finding is printed as soon as there is one: those about your files and programs first, then those about the
/// hub, then those about the clusters, which are asked side by side. On a terminal the clusters come as they end, in a
/// pipe or a file and with -o json in the order of their names. Ctrl-C sums up what was checked and what was not.
#[derive(Debug, Parser)]
#[command(
    name = TOOL,
    version,
    args_override_self = true,
    after_help = examples::DOCTOR,
)]
pub struct DoctorCommand {
    #[command(flatten)]
    discover: DiscoverArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    doctor: DoctorArgs,
    #[command(flatten)]
    color: ColorArgs,
}

/// mc-doctor.
///
/// # Errors
/// An output format that it does not have; the output itself.
pub fn run(args: &DoctorCommand) -> Result<Status, Fatal> {
    let output = args.output.understand(&TemplateArgs::default())?;
    let is_json = match output.map(|output| output.output()) {
        None | Some(Output::Table) => false,
        Some(Output::Json) => true,
        Some(_) => return Err(Fatal::usage("doctor prints lines, or JSON with -o json")),
    };
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
    let form = match is_json {
        true => Form::Json,
        false => Form::Lines(Terminal::stdout(args.color.colorize(&config))),
    };
    let progress = Arc::new(Progress::new(form, args.doctor.failed));
    let interrupted = Arc::clone(&progress);
    signals::end_with_programs_and(move |_| {
        interrupted.interrupted();
        std::process::exit(Status::Interrupted.code().into());
    })?;
    found.refresh = true;
    let options = Options {
        discover: found,
        contradiction,
        timeout,
        connect_timeout: limits.connect_timeout(&config),
        concurrency: limits.concurrency(&config),
        paths: paths.clone(),
        stages: wrapper::stages().collect(),
    };
    let load = || load_resolver(&paths, &config, kubeconfig, &args.access);
    let report = doctor::run(&options, load_kubeconfig(kubeconfig), &load, &progress)?;
    progress.finish().map_err(|error| Fatal::output(&error))?;
    Ok(report.status())
}
