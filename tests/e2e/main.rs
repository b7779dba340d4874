//! The end-to-end tests: the real binaries against real API servers.
//!
//! `make e2e` sees to the servers and runs this; by hand it is
//!
//! ```text
//! KUBEBUILDER_ASSETS=$(tests/e2e/servers/build) cargo test --test e2e
//! KUBEBUILDER_ASSETS=$(tests/e2e/servers/build) cargo test --test e2e -- --ignored record
//! ```
//!
//! | file | what it is about |
//! |---|---|
//! | `servers/` | which servers: their versions, and how they are built |
//! | `reaper.rs` | child processes that end with this one, however it ends |
//! | `members.rs`, `members.txt` | `kubectl mc get` on all members, which differ, against kubectl on each |
//! | `broken.rs` | a member whose APIService has no working service |
//! | `pki.rs` | certificates: an authority a cluster |
//! | `http.rs` | one request, one answer, nothing hidden |
//! | `access.rs` | members without a context or a mapping, reached through what a hub publishes of them |
//! | `apiserver.rs` | etcd and kube-apiserver, started and ready |
//! | `files.rs` | `-f`, `-k` and `-R` on one member, against kubectl |
//! | `enrich.rs`, `addon.rs` | the hub's addon, on hubs of its own (feature `enrich`) |
//! | `fixtures.rs` | what the clusters are filled with |
//! | `fleet.rs` | the whole: hub and members, and the kubeconfig for them |
//! | `generate.rs`, `words.txt` | random command lines of `kubectl get` |
//! | `home.rs` | a home folder a test, and commands run in it |
//! | `quantities.rs`, `servers/quantities/` | sums of quantities, against Kubernetes' own library (needs Go) |
//! | `random.rs` | `kubectl mc get` on one member, against kubectl, for random command lines |
//! | `record.rs` | the simulator's answers, and the test that they have not drifted |
//! | `setup.rs` | setting up access with a stand-in for a cloud's tool, and checking it |
//! | `shell.rs` | words of a command line, for tables of them |
//! | `single.rs`, `commands.txt` | `kubectl mc get` on one member, against kubectl, byte for byte |
//! | `sources.rs` | every discovery source, and two hubs |
//! | `strategies.rs` | `--drift`, against kubectl on each member |
//! | `../standins/` | stand-ins for the clouds' tools, shared with the integration tests |
//! | `version.rs` | `kubectl mc version`, against kubectl on each member |
//! | `watch.rs` | what changes: against kubectl, and while API servers are killed |
//! | `whole.rs` | the whole fleet: every member's rows, statuses, pipelines |

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
#[cfg(feature = "enrich")]
mod addon;
mod apiserver;
mod broken;
#[cfg(feature = "enrich")]
mod enrich;
mod files;
mod fixtures;
mod fleet;
mod generate;
mod home;
mod http;
mod members;
mod pki;
mod quantities;
mod random;
mod reaper;
mod record;
mod setup;
mod shell;
mod single;
mod sources;
#[path = "../standins/mod.rs"]
mod standins;
mod strategies;
mod version;
mod watch;
mod whole;
