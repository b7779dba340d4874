//! The stage `mc-merge`: parses its command line and calls the library.

use kubectl_mc::cli::{merge, stage};
use std::process::ExitCode;

fn main() -> ExitCode {
    stage::main::<merge::MergeCommand>()
}
