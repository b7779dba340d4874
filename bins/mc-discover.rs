//! The stage `mc-discover`: parses its command line and calls the library.

use clap::Parser;
use kubectl_mc::{cli::discover, exit};
use std::process::ExitCode;

fn main() -> ExitCode {
    exit::finish("mc-discover", discover::run(&discover::Args::parse()))
}
