//! The stage `mc-resolve`: parses its command line and calls the library.

use kubectl_mc::cli::{resolve, stage};
use std::process::ExitCode;

fn main() -> ExitCode {
    stage::main::<resolve::ResolveCommand>()
}
