//! The stage `mc-format`: parses its command line and calls the library.

use clap::Parser;
use kubectl_mc::{cli::format, exit};
use std::process::ExitCode;

fn main() -> ExitCode {
    exit::finish("mc-format", format::run(&format::Args::parse()))
}
