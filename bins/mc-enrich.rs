//! The hub's addon `mc-enrich`: parses its command line and calls the library.

use clap::Parser;
use kubectl_mc::{cli::enrich, exit};
use std::process::ExitCode;

fn main() -> ExitCode {
    exit::finish("mc-enrich", enrich::run(&enrich::EnrichCommand::parse()))
}
