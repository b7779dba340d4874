//! The stage `mc-merge`: parses its command line and calls the library.

use clap::Parser;
use kubectl_mc::{cli::merge, exit};
use std::process::ExitCode;

fn main() -> ExitCode {
    exit::finish("mc-merge", merge::run(&merge::Args::parse()))
}
