//! The stage `mc-exec`: parses its command line and calls the library.

use clap::Parser;
use kubectl_mc::{cli::exec, exit};
use std::process::ExitCode;

fn main() -> ExitCode {
    exit::finish("mc-exec", exec::run(&exec::Args::parse()))
}
