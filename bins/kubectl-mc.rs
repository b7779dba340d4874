//! The wrapper `kubectl mc`: parses its command line and calls the library.

use kubectl_mc::{cli::wrapper, exit};
use std::process::ExitCode;

fn main() -> ExitCode {
    exit::finish(
        "kubectl-mc",
        wrapper::parse().and_then(|typed| wrapper::run(&typed)),
    )
}
