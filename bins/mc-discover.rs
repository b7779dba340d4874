//! The stage `mc-discover`: parses its command line and calls the library.

use kubectl_mc::cli::{discover, stage};
use std::process::ExitCode;

fn main() -> ExitCode {
    stage::main::<discover::DiscoverCommand>()
}
