//! `cargo run --example fleet -- --dir DIR --members 12 …`: a simulated fleet to try things on.

#[path = "mod.rs"]
mod fleet;

mod command;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    command::run(command::Args::parse()).unwrap_or_else(|error| {
        eprintln!("fleet: {error}");
        ExitCode::FAILURE
    })
}
