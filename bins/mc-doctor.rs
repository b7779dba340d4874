//! The tool `mc-doctor`: parses its command line and calls the library.

use clap::Parser;
use kubectl_mc::{cli::doctor, exit};
use std::process::ExitCode;

fn main() -> ExitCode {
    exit::finish("mc-doctor", doctor::run(&doctor::DoctorCommand::parse()))
}
