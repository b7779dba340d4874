//! Ask a whole fleet of Kubernetes clusters what you would ask one.
//!
//! This library is what the binaries in `bins/` call; each of them parses its command line, calls one
//! function here and exits with the status that it returns. The stages of the pipe are modules of the
//! same name, and data goes through them in the order of the pipe, never back:
//!
//! ```text
//! discover → resolve → exec (over connect) → merge → format
//! ```
//!
//! | module | what it is for |
//! |---|---|
//! | [`record`] | the stream's types: the specification of what the tools say to each other |
//! | [`wire`] | reading and writing lines of it: limits, flushing, bad lines |
//! | `json` | JSON text taken apart without being understood |
//! | [`exit`] | exit statuses, and how outcomes are joined |
//! | [`term`] | terminals: TTY, colour by label, escaping of control characters |
//! | [`config`] | the user's configuration and cluster mapping files |
//! | `kubeconfig` | the user's kubeconfig, merged as kubectl merges it |
//! | `selector` | label selectors, as Kubernetes reads them |
//! | `discover` | the fleet, from its sources or the cache |
//! | `resolve` | from a cluster's name to a way into it |
//! | `connect` | one HTTP stack for every cluster |
//! | `apiserver` | what one API server says: requests, the types that it serves, limits |
//! | `exec` | the fan-out, and what is asked |
//! | [`manifest`] | the files of objects that `-f` and `-k` name |
//! | `enrich` | the hub's addon, outside the pipe |
//! | [`merge`] | order and summary |
//! | `outcomes` | how a query of the fleet ended, counted |
//! | `arena` | many short texts in few allocations |
//! | [`jsonpath`] | kubectl's JSONPath dialect, for templates, columns and sort keys |
//! | `go` | Go's semantics, said once: text, floats, values, templates |
//! | [`format`] | what a person, a spreadsheet or a script reads |
//! | `userfile` | the user's own files, replaced as a whole |
//! | `vendor` | the vendors of managed Kubernetes, however they are spelled |
//! | `setup` | the way into each cluster, found or made with the person's help |
//! | `doctor` | what is wrong on the way from here to every cluster, and what to do |
//! | [`pipeline`] | the wrapper's chain of processes |
//! | `program` | the programs of others: where they are, and how they end |
//! | [`cli`] | a clap struct a tool |
//!
//! `wire`, `json` and `go` know nothing of the others, `record` knows only `wire` and [`exit`], `jsonpath` only
//! `json` and `go`, `merge` only those and [`exit`], `format` only all of these and [`term`], and only what stands
//! behind the feature `cluster` knows Kubernetes' client.
//! `enrich` stands behind a feature of its own, which brings kube's own HTTP client and controller runtime.

#[cfg(feature = "cluster")]
pub mod apiserver;
pub(crate) mod arena;
#[cfg(feature = "cluster")]
pub(crate) mod cachefile;
pub mod cli;
pub mod config;
#[cfg(feature = "cluster")]
pub mod connect;
#[cfg(feature = "cluster")]
pub mod discover;
#[cfg(feature = "cluster")]
pub mod doctor;
#[cfg(feature = "enrich")]
pub mod enrich;
pub(crate) mod error_text;
#[cfg(feature = "cluster")]
pub mod exec;
pub mod exit;
pub mod format;
pub(crate) mod go;
#[cfg(feature = "cluster")]
pub(crate) mod jitter;
pub(crate) mod json;
pub mod jsonpath;
#[cfg(feature = "cluster")]
pub mod kubeconfig;
pub mod manifest;
pub mod merge;
pub(crate) mod mutex;
pub(crate) mod outcomes;
#[cfg(feature = "cluster")]
pub(crate) mod percent;
pub mod pipeline;
pub(crate) mod program;
pub mod record;
#[cfg(feature = "cluster")]
pub mod resolve;
#[cfg(feature = "cluster")]
pub(crate) mod runtime;
#[cfg(feature = "cluster")]
pub mod selector;
#[cfg(feature = "cluster")]
pub mod setup;
#[cfg(feature = "cluster")]
pub(crate) mod signals;
pub(crate) mod spill;
pub(crate) mod suggest;
pub mod term;
#[cfg(feature = "cluster")]
pub(crate) mod userfile;
#[cfg(feature = "cluster")]
pub mod vendor;
pub mod wire;
