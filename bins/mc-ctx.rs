//! The tool `mc-ctx`: parses its command line and calls the library.

use clap::Parser;
use kubectl_mc::{cli::ctx, exit};
use std::process::ExitCode;

fn main() -> ExitCode {
    exit::finish("mc-ctx", ctx::run(&ctx::CtxCommand::parse()))
}
