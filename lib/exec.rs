//! mc-exec: asks every cluster at once, whatever the verb, and ends each in exactly one Result.

pub mod act_as;
pub mod ask;
pub(crate) mod fanout;
pub mod get;
pub mod options;
pub mod version;
pub mod want;

use crate::apiserver::workers::Workers;
use crate::config::NO_LIMIT;
use crate::connect::concurrency::{Slots, raise_open_file_limit};
use crate::connect::plugin::Screen;
use crate::connect::{self, Connector, HeldUp};
use crate::exit::{Fatal, Status};
use crate::resolve::Resolver;
use crate::runtime::with_runtime;
use crate::signals;
use crate::term::keyboard::Keyboard;
use crate::term::progress::{ProgressLine, ProgressTimer};
use ask::{Ask, ConnectingQuery};
use fanout::input;
use fanout::output::{self, Sink};
use options::Options;
use std::io::{Read, Write};
use std::sync::Arc;

/// Reads Cluster records or bare names, asks each cluster as it arrives, and writes its records and then its Result.
/// Passes lines of other kinds on.
///
/// # Errors
/// Input or output that breaks.
pub fn run(
    options: &Options,
    verb: &impl Ask,
    resolver: &Resolver,
    input: impl Read + Send + 'static,
    output: Box<dyn Write + Send>,
) -> Result<Status, Fatal> {
    let is_endless = verb.is_endless();
    let line = Arc::new(ProgressLine::default());
    let screen = Screen {
        tool: "mc-exec",
        line: Arc::clone(&line),
    };
    let say = |message: &str| screen.say(message);
    let settings = fanout::Settings {
        slots: Slots::new(options.concurrency, raise_open_file_limit()),
        // An endless query sees to its time limits itself.
        timeout: if is_endless { NO_LIMIT } else { options.timeout },
        total_timeout: options.total_timeout.or(is_endless.then_some(NO_LIMIT)),
        connect_timeout: options.connect_timeout,
        fail_fast: options.fail_fast,
        fail_on: options.fail_on,
    };
    let held_up = Arc::<HeldUp>::default();
    let connector = Connector::new(connect::ConnectorOptions {
        connect_timeout: options.connect_timeout,
        logins: Arc::clone(&held_up),
        screen: screen.clone(),
        login_timeout: resolver.login_timeout(),
    });
    let query = ConnectingQuery {
        verb,
        options,
        resolver,
        connector,
        workers: Workers::default(),
        say: &say,
    };
    let ask_all = async {
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
            progress: ProgressTimer::new(Arc::clone(&line), options.progress && !is_endless),
            keyboard: options.offer_rows.then(Keyboard::open).flatten(),
            gone: if is_endless { output::gone() } else { None },
            say: &say,
        };
        fanout::run(&settings, &query, ends).await
    };
    let outcome = with_runtime(|runtime| runtime.block_on(ask_all))?;
    for doubt in resolver.doubts() {
        say(&format!("Warning: {doubt}"));
    }
    if outcome.is_ok() {
        resolver.check_left_out()?;
    }
    outcome
}
