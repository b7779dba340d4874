//! The stage `mc-resolve`: parses its command line and calls the library.

use clap::Parser;
use kubectl_mc::{cli::resolve, exit};
use std::process::ExitCode;

fn main() -> ExitCode {
    exit::finish("mc-resolve", resolve::run(&resolve::Args::parse()))
}
