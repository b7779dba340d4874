//! Ask a whole fleet of Kubernetes clusters what you would ask one.
//!
//! This library is what the binaries in `bins/` call; each of them parses its command line, calls one function here and
//! exits with the status that it returns. A tool of the pipe has a module of the same name, and data passes through
//! them in this order, never back:
//!
//! ```text
//! discover → resolve → exec (over apiserver and connect) → merge → format
//! ```
//!
//! The modules in order of layering: a module uses only modules below it in this list, and `tests/cases/layers.rs`
//! checks that. In a module's folder, files use their siblings and never the module's own file.
//!
//! | module | what it is for |
//! |---|---|
//! | [`cli`] | the command lines: one file for each tool, the groups of flags, and the wrapper `kubectl mc` |
//! | `doctor` | mc-doctor: checks every link on the way to each cluster |
//! | `ctx` | mc-ctx: the context that leads to each cluster |
//! | `setup` | mc-setup: finds or makes the access to each cluster |
//! | `enrich` | mc-enrich: the hub's addon |
//! | [`pipeline`] | the wrapper's processes: starts the stages, passes signals on, joins their statuses |
//! | `exec` | mc-exec: asks all clusters at once, one file or folder for each verb |
//! | `apiserver` | what one API server says: requests, the types that it serves, limits of its answers |
//! | `resolve` | mc-resolve: from a cluster's name to the access to it |
//! | `discover` | mc-discover: the fleet, from its sources or from the cache |
//! | `connect` | one HTTP stack for every cluster: transports, TLS, credentials and their plugins, errors |
//! | [`format`] | mc-format: the output formats |
//! | [`merge`] | mc-merge: the order of rows, and the summary |
//! | `outcomes` | counts how the query of each cluster ended |
//! | [`manifest`] | the files of objects that `-f` and `-k` name |
//! | [`jsonpath`] | kubectl's JSONPath, for templates, columns and sort keys |
//! | `go` | Go's semantics: text, numbers, values, templates |
//! | `kubeconfig` | the user's kubeconfig, merged as kubectl merges it |
//! | [`config`] | the user's configuration and mapping file, and the environment |
//! | [`record`] | the types of the record stream; `man/mc-records.7` specifies them |
//! | [`wire`] | reads and writes the lines of the stream: limits, flushing, bad lines |
//! | `json` | takes JSON text apart without parsing all of it |
//! | `quantity` | Kubernetes' quantities: reads, adds and prints them exactly |
//! | `selector` | label selectors, as Kubernetes reads them |
//! | `runtime` | the async runtime of a tool |
//! | `signals` | Ctrl-C, SIGTERM and SIGHUP |
//! | `program` | other programs: finds and runs them, and ends what they started |
//! | [`exit`] | exit statuses, and the end of every tool |
//! | [`term`] | terminals: colours, the progress line, and escaping of control characters |
//! | `userfile` | replaces one of the user's files, all or nothing |
//! | `cachefile` | files of the cache |
//! | `vendor` | the vendors of managed Kubernetes, and how their names are spelled |
//! | `suggest` | "did you mean" |
//! | `error_text`, `percent` | errors in one line and lists in them, percent-encoding |
//! | `arena`, `spill` | many short texts in memory, and rows that do not fit there |
//! | `jitter`, `mutex` | random waits, locks |
//!
//! The text tools (mc-merge, mc-format and the wrapper) are built without the feature `cluster` too; what uses the
//! network or Kubernetes' client needs it. `enrich` has a feature of its own, which brings kube's HTTP client and
//! controller runtime.

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
pub mod ctx;
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
pub(crate) mod percent;
pub mod pipeline;
pub(crate) mod program;
pub mod quantity;
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
pub mod vendor;
pub mod wire;
