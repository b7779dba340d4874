//! Tests of the fan-out with clusters that behave as their names say.

#![allow(clippy::unwrap_used, clippy::panic)]

mod ends;
mod limits;
mod results;
mod slots;

use super::answer::Answer;
use super::input::Input;
use super::output::{Sink, Written};
use super::query::Query;
use super::testing::{SharedBuffer, sink};
use super::{Ends, Settings, run};
use crate::apiserver::query_state::QueryState;
use crate::config::Concurrency;
use crate::connect::Error;
use crate::connect::concurrency::Slots;
use crate::exit::{FailOn, Fatal, Status};
use crate::record::{Access, Lack, Outcome, Reason, Record, Skip};
use crate::resolve::{Resolution, ResolvedCluster};
use crate::term::progress::{ProgressLine, ProgressTimer};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// Returns settings with a default concurrency.
fn settings(concurrency: usize) -> Settings {
    let concurrency = Concurrency {
        most: concurrency,
        is_maximum: false,
    };
    Settings {
        slots: Slots::new(concurrency, 1000),
        timeout: 30 * SECOND,
        total_timeout: None,
        connect_timeout: 5 * SECOND,
        fail_fast: false,
        fail_on: FailOn::Any,
    }
}

/// Returns settings with a concurrency that the user asked for.
fn at_most(concurrency: usize) -> Settings {
    Settings {
        slots: Slots::new(Concurrency::asked(concurrency), 1000),
        ..settings(0)
    }
}

/// Clusters that behave as their names say, in words between dashes: `2s` answers after two seconds, `rows` writes two rows
/// first, `login` waits a minute for a person, `fails` and `lacks` fail, `turns` is polled three times before it answers,
/// `hangs` never answers, `drips` sends single bytes forever.
#[derive(Default)]
struct Play {
    now: Cell<usize>,
    most: Cell<usize>,
    started: RefCell<Vec<String>>,
}

impl Query for Play {
    async fn run(&self, _: &Access<'_>, state: &QueryState, sink: &Sink) -> Answer {
        struct Leave<'a>(&'a Cell<usize>);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.set(self.0.get() - 1);
            }
        }
        let name = state.cluster();
        self.started.borrow_mut().push(name.to_owned());
        self.now.set(self.now.get() + 1);
        self.most.set(self.most.get().max(self.now.get()));
        let _leave = Leave(&self.now);
        let mut answer = Answer::default();
        for word in name.split('-') {
            if let Some(millis) = word.strip_suffix("ms").and_then(|word| word.parse().ok()) {
                sleep(Duration::from_millis(millis)).await;
                state.hear();
            } else if let Some(seconds) = word.strip_suffix('s').and_then(|word| word.parse::<u32>().ok()) {
                sleep(seconds * SECOND).await;
                state.hear();
            }
            match word {
                "rows" => {
                    state.hear();
                    let row = format!("{{\"kind\":\"Row\",\"cluster\":\"{name}\"}}\n").repeat(2);
                    sink.send(Some(state), row.into_bytes()).await;
                    state.add_items(2);
                }
                "login" => {
                    let _not_counted = (state.logins().start(), sink.held_up().start());
                    sleep(60 * SECOND).await;
                }
                "turns" => {
                    for _ in 0..3 {
                        yield_now().await;
                    }
                }
                "hangs" => std::future::pending().await,
                "drips" => loop {
                    sleep(Duration::from_millis(20)).await;
                    state.hear_bytes(1);
                },
                "fails" => answer.failure = Some(Error::new(Reason::Forbidden, "not\nfor you")),
                "lacks" => {
                    answer.failure = Some(Error::new(Reason::NotFound, "no x"));
                    answer.missing.push(Lack {
                        message: "no x".into(),
                        ..Lack::default()
                    });
                }
                _ => (),
            }
        }
        answer
    }
}

fn resolve(line: &str) -> Result<Option<ResolvedCluster>, String> {
    let access = |name: &str| ResolvedCluster {
        namespace: None,
        is_left_out: false,
        name: name.to_owned(),
        resolution: Resolution::Access(Access::default()),
    };
    match line {
        "{bad" => Err("not JSON".into()),
        line if line.starts_with('{') => Ok(None),
        "skipped" => Ok(Some(ResolvedCluster {
            resolution: Resolution::Skip(Skip {
                reason: Reason::Skipped,
                message: "no context".into(),
            }),
            ..access(line)
        })),
        line => Ok(Some(access(line))),
    }
}

/// A run that has ended.
struct Run {
    status: Result<Status, Fatal>,
    /// The announcements.
    asked: Vec<String>,
    /// All other lines.
    lines: Vec<String>,
    said: Vec<String>,
    most: usize,
    took: Duration,
}

impl Run {
    fn result(&self, cluster: &str) -> Outcome<'_> {
        let results = self.results();
        let mut of_cluster = results.into_iter().filter(|outcome| outcome.cluster == cluster);
        let outcome = of_cluster
            .next()
            .unwrap_or_else(|| panic!("no Result of {cluster}"));
        assert!(of_cluster.next().is_none(), "two Results of {cluster}");
        outcome
    }

    fn results(&self) -> Vec<Outcome<'_>> {
        let records = self.lines.iter().map(|line| Record::parse(line).unwrap());
        records
            .filter_map(|record| match record {
                Record::Outcome(outcome) => Some(outcome),
                _ => None,
            })
            .collect()
    }
}

async fn run_with(
    settings: Settings,
    input: mpsc::Receiver<Input>,
    interrupts: mpsc::Receiver<()>,
    output: (Sink, Written, SharedBuffer),
) -> Run {
    let (sink, written, shared) = output;
    let said = RefCell::new(Vec::new());
    let play = Play::default();
    let start = Instant::now();
    let ends = Ends {
        input,
        resolve: &resolve,
        sink,
        written,
        interrupts,
        gone: None,
        progress: ProgressTimer::new(Arc::new(ProgressLine::default()), false),
        keyboard: None,
        say: &|message| said.borrow_mut().push(message.to_owned()),
    };
    let status = run(&settings, &play, ends).await;
    assert_eq!(play.now.get(), 0, "no query runs after the end");
    let is_asked = |line: &String| line.starts_with(r#"{"kind":"Asked","#);
    let (asked, lines) = shared.lines().into_iter().partition(is_asked);
    Run {
        status,
        asked,
        lines,
        said: said.into_inner(),
        most: play.most.get(),
        took: start.elapsed(),
    }
}

fn given(lines: &[&str]) -> mpsc::Receiver<Input> {
    let (queue, input) = mpsc::channel(lines.len().max(1));
    for (number, line) in (1..).zip(lines) {
        queue.try_send(Input::Line(number, (*line).to_owned())).unwrap();
    }
    input
}

fn no_interrupts() -> mpsc::Receiver<()> {
    // A channel without a sender, as where signals are not handled.
    mpsc::channel(1).1
}

async fn play(settings: Settings, lines: &[&str]) -> Run {
    run_with(settings, given(lines), no_interrupts(), sink()).await
}

fn status(run: &Run) -> Status {
    *run.status.as_ref().unwrap()
}
