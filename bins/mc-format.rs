//! The stage `mc-format`: parses its command line and calls the library.

use kubectl_mc::cli::{format, stage};
use std::process::ExitCode;

fn main() -> ExitCode {
    stage::main::<format::FormatCommand>()
}
