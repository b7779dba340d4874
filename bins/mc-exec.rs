//! The stage `mc-exec`: parses its command line and calls the library.

use kubectl_mc::cli::{exec, stage};
use std::process::ExitCode;

fn main() -> ExitCode {
    stage::main::<exec::ExecCommand>()
}
