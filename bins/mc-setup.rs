//! The tool `mc-setup`: parses its command line and calls the library.

use clap::Parser;
use kubectl_mc::{cli::setup, exit};
use std::process::ExitCode;

fn main() -> ExitCode {
    exit::finish("mc-setup", setup::run(&setup::SetupCommand::parse()))
}
