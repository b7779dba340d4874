//! The fan-out: every cluster at once, each ending in exactly one Result (mc-exec).

pub(crate) mod fanout;
pub mod get;

use crate::config::{Concurrency, NO_LIMIT};
use crate::connect::concurrency::{self, Slots};
use crate::connect::plugin::Screen;
use crate::connect::{self, Connector, HeldUp};
use crate::exit::{FailOn, Fatal, Status};
use crate::jsonpath::Fields;
use crate::manifest::Files;
use crate::resolve::Resolver;
use crate::signals;
use fanout::input;
use fanout::output::{self, Sink};
use fanout::progress::{self, Progress};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What mc-exec was asked for, with configuration and environment taken in.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many clusters at once.
    pub concurrency: Concurrency,
    /// For one cluster, from the start of its query to its last byte.
    pub timeout: Duration,
    /// For how long a cluster is watched; `None` is for ever. It ends with success.
    pub watch_limit: Option<Duration>,
    /// For DNS, TCP and TLS together.
    pub connect_timeout: Duration,
    /// For the whole run; `None` is max(60 s, clusters × 5 s, `timeout` + `connect_timeout`).
    pub total_timeout: Option<Duration>,
    /// Stop everything when the first cluster fails.
    pub fail_fast: bool,
    /// What counts as partial.
    pub fail_on: FailOn,
    /// Draw a progress line on stderr while clusters are outstanding.
    pub progress: bool,
    /// Say more on stderr.
    pub verbose: bool,
    /// The cache's folder, `~/.kube/cache/kubectl-mc`.
    pub cache_dir: PathBuf,
    /// Whom to be on every cluster, in place of whom its context says.
    pub act_as: ActAs,
    /// Count a cluster whose server warns as failed.
    pub warnings_as_errors: bool,
    /// What each cluster is asked.
    pub query: Query,
}

/// Whom to impersonate (`--as` and its kind). What is not given, or empty, is left as the context has it.
#[derive(Clone, Debug, Default)]
pub struct ActAs {
    /// `--as`
    pub user: Option<String>,
    /// `--as-group`
    pub groups: Vec<String>,
    /// `--as-uid`
    pub uid: Option<String>,
    /// `--as-user-extra`
    pub extra: BTreeMap<String, Vec<String>>,
}

/// `kubectl get …`, parsed but not yet understood: which of the arguments are types and which are names
/// is for each cluster to say.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// TYPE[.VERSION][.GROUP][,…] [NAME …] or TYPE/NAME …, as typed.
    pub args: Vec<String>,
    /// `-n`; `None` is the context's own.
    pub namespace: Option<String>,
    /// `-A`
    pub all_namespaces: bool,
    /// `-l`
    pub selector: Option<String>,
    /// `--field-selector`
    pub field_selector: Option<String>,
    /// What is wanted back.
    pub want: Want,
    /// Of each object, what is sent of it; `None` is all.
    pub trim: Option<Arc<Fields>>,
    /// `--show-labels`
    pub show_labels: bool,
    /// `-L`
    pub label_columns: Vec<String>,
    /// `--ignore-not-found`
    pub ignore_not_found: bool,
    /// `--chunk-size`; 0 is everything at once.
    pub chunk_size: u32,
    /// `--show-managed-fields`
    pub show_managed_fields: bool,
    /// `--subresource`; empty is none.
    pub subresource: String,
    /// `--server-print=false`: rows of nothing but NAME and AGE, made here of plain objects.
    pub plain_rows: bool,
    /// Whether of each row only the name is going to be printed, with its type (`-o name`).
    pub names_only: bool,
    /// `--sort-by`: an expression; empty is none.
    pub sort_by: String,
    /// `--raw`: a path to ask for in place of all else; empty is none.
    pub raw: String,
    /// `-f`, `-k` and `-R`
    pub files: Files,
    /// Whether to go on with what changes, and how.
    pub watch: Option<Watch>,
}

/// How objects are watched.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Watch {
    /// `--watch-only`: what is there already is not shown.
    pub only: bool,
    /// `--output-watch-events`: records say what happened in a column EVENT, or have the whole event as their
    /// object.
    pub events: bool,
}

/// What is wanted back from a cluster.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Want {
    /// Row records with the columns of priority 0.
    #[default]
    Rows,
    /// Row records with all columns (`-o wide`).
    WideRows,
    /// Object records.
    Objects,
}

/// mc-exec: reads Cluster records or bare names, starts each as it arrives, and writes its rows and then
/// its Result. Lines of other kinds are passed on.
///
/// # Errors
/// Arguments that kubectl would refuse before asking any server; input or output that breaks.
pub fn run(
    options: &Options,
    resolver: &Resolver,
    input: impl Read + Send + 'static,
    output: Box<dyn Write + Send>,
    complain: &mut dyn FnMut(&str),
) -> Result<Status, Fatal> {
    let plan = get::plan(&options.query)?;
    let watching = options.query.watch.is_some();
    let line = Arc::new(progress::Line::default());
    let complain = RefCell::new(complain);
    let say = |message: &str| {
        let _wiped = line.try_wipe();
        (complain.borrow_mut())(message);
    };
    let slots = Slots::new(options.concurrency, concurrency::raise_open_file_limit());
    let settings = fanout::Settings {
        slots,
        // A watch sees to its time by itself.
        timeout: if watching { NO_LIMIT } else { options.timeout },
        total_timeout: options.total_timeout.or(watching.then_some(NO_LIMIT)),
        watching,
        connect_timeout: options.connect_timeout,
        fail_fast: options.fail_fast,
        fail_on: options.fail_on,
    };
    let held_up = Arc::<HeldUp>::default();
    let connector = Connector::new(connect::ConnectorOptions {
        connect_timeout: options.connect_timeout,
        logins: Arc::clone(&held_up),
        screen: Arc::clone(&line) as Arc<dyn Screen>,
        login_timeout: resolver.login_timeout(),
    });
    let getter = get::Getter::new(options, plan, resolver, connector, &say)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Fatal::failed(format!("cannot start: {error}")))?;
    let outcome = runtime.block_on(async {
        let interrupts = signals::listen()
            .map_err(|error| Fatal::failed(format!("cannot listen for signals: {error}")))?;
        let no_thread = |error| Fatal::no_thread(&error);
        let (sink, written) = Sink::start(output, Arc::clone(&line), held_up).map_err(no_thread)?;
        let ends = fanout::Ends {
            input: input::start(input, resolver.lookup()).map_err(no_thread)?,
            resolve: &|line| resolver.cluster_of_line(line),
            sink,
            written,
            interrupts,
            progress: Progress::new(Arc::clone(&line), options.progress && !watching),
            gone: if watching { output::gone() } else { None },
            say: &say,
        };
        fanout::run(&settings, &getter, ends).await
    });
    // Blocking look-ups of names that nobody waits for any more must not hold up the end.
    runtime.shutdown_background();
    for doubt in resolver.doubts() {
        say(&format!("warning: {doubt}"));
    }
    if outcome.is_ok() {
        resolver.check_left_out()?;
    }
    outcome
}
