//! The integration tests: one binary, hermetic, on the simulated fleet.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod fleet;
#[path = "fuzz/checks/mod.rs"]
mod fuzz;
mod standins;
mod support;

mod cases {
    pub mod access;
    pub mod cache;
    pub mod completion;
    pub mod completion_lines;
    pub mod completion_live;
    pub mod corpus;
    pub mod ctx;
    pub mod deadlines;
    pub mod docs;
    pub mod doctor;
    pub mod evil;
    pub mod files;
    pub mod flags;
    pub mod flow;
    pub mod harness;
    pub mod hostile;
    pub mod interrupt;
    pub mod kills;
    pub mod kubeconfigs;
    pub mod layers;
    pub mod limits;
    pub mod lints;
    pub mod login;
    pub mod mapping;
    pub mod matrix;
    pub mod memory;
    pub mod mistakes;
    pub mod namespaces;
    pub mod problems;
    pub mod profiles;
    pub mod readme;
    pub mod records;
    pub mod servers;
    pub mod settings;
    pub mod setup;
    pub mod sources;
    pub mod stalls;
    pub mod strategies;
    pub mod stuck;
    pub mod takeover;
    pub mod terminal;
    pub mod trouble;
    pub mod version;
    pub mod watch;
    pub mod watch_ends;
    pub mod ways;
}
