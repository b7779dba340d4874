//! Shell completion of `kubectl mc`: prints the choices for the words typed so far.

use kubectl_mc::{cli::complete, exit};
use std::process::ExitCode;

fn main() -> ExitCode {
    exit::finish("kubectl_complete-mc", complete::run(std::env::args_os().skip(1)))
}
