#![allow(clippy::unwrap_used, clippy::panic)]
use super::progress::{Line, Progress};
use super::*;
use crate::config::Concurrency;
use crate::connect::FAR;
use crate::exec::get::testing::{Shared, sink};
use crate::record::{Lack, Outcome, Record, Skip};
use proptest::prelude::*;
use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

const SECOND: Duration = Duration::from_secs(1);

/// With a number of slots that nobody asked for.
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
        watching: false,
    }
}

/// A cluster's name says how it behaves, in words between dashes: `2s` answers after two seconds, `rows` writes two
/// rows first, `login` waits for a person for a minute, `fails` and `lacks` fail, `turns` comes back three times before it answers, `hangs` never answers, `drips` sends a byte now and then for ever.
#[derive(Default)]
struct Play {
    now: Cell<usize>,
    most: Cell<usize>,
    started: RefCell<Vec<String>>,
}

impl Ask for Play {
    async fn ask(&self, _: &Access<'_>, state: &QueryState, sink: &Sink) -> Answer {
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

/// A run and the ends that a test holds.
struct Run {
    status: Result<Status, Fatal>,
    /// The announcements, and all other lines.
    asked: Vec<String>,
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
    output: (Sink, Written, Shared),
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
        progress: Progress::new(Arc::new(Line::default()), false),
        say: &|message| said.borrow_mut().push(message.to_owned()),
    };
    let status = run(&settings, &play, ends).await;
    assert_eq!(play.now.get(), 0, "nothing goes on behind the end");
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
    // Its sender is gone, as where no signals are listened to.
    mpsc::channel(1).1
}

async fn play(settings: Settings, lines: &[&str]) -> Run {
    run_with(settings, given(lines), no_interrupts(), sink()).await
}

fn status(run: &Run) -> Status {
    *run.status.as_ref().unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_cluster_ends_in_one_result_behind_its_rows() {
    let run = play(
        settings(0),
        &["a-1s-rows", "b-fails", "skipped", "c-rows-2s-rows"],
    )
    .await;
    assert_eq!(status(&run), Status::Partial);
    assert_eq!(run.results().len(), 4);
    let last = run
        .lines
        .iter()
        .rposition(|line| line.contains("a-1s-rows"))
        .unwrap();
    assert!(run.lines[last].contains("Result"));
    let a = run.result("a-1s-rows");
    assert!(a.ok && a.reason.is_none());
    assert_eq!((a.items, a.seconds), (2, 1.0));
    assert_eq!(run.result("c-rows-2s-rows").items, 4);
    let b = run.result("b-fails");
    assert_eq!(b.reason, Some(Reason::Forbidden));
    assert_eq!(b.message.unwrap(), "not\nfor you");
    assert_eq!(run.result("skipped").reason, Some(Reason::Skipped));
    assert_eq!(run.most, 2);
}

#[tokio::test(start_paused = true)]
async fn input_without_any_line_is_an_error() {
    let run = play(settings(3), &[]).await;
    assert_eq!(run.status.unwrap_err().status, Status::Failed);
    assert_eq!(run.lines, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn every_cluster_is_announced_once_before_its_records() {
    let run = play(settings(2), &["a-1s-rows", "skipped", "b-fails", "a-1s-rows"]).await;
    let asked = ["a-1s-rows", "skipped", "b-fails"]
        .map(|cluster| format!(r#"{{"kind":"Asked","cluster":"{cluster}"}}"#));
    assert_eq!(run.asked, asked);

    // Many go out together: each write wakes the next stage up.
    let (output, written, shared) = sink();
    let names: Vec<String> = (0..200).map(|number| format!("c{number}-1s")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let run = run_with(
        settings(0),
        given(&names),
        no_interrupts(),
        (output, written, shared.clone()),
    )
    .await;
    assert_eq!(run.asked.len(), 200);
    let first: Vec<String> = shared.lines().into_iter().take(200).collect();
    assert_eq!(first, run.asked, "before any answer");
}

#[tokio::test(start_paused = true)]
async fn what_stages_before_lost_counts_and_is_passed_on() {
    let problem = r#"{"kind":"Problem","stage":"mc-discover","status":1,"message":"x"}"#;
    let run = play(settings(0), &[problem]).await;
    assert_eq!(
        (status(&run), run.lines.as_slice()),
        (Status::Failed, [problem.to_owned()].as_slice())
    );
    let run = play(settings(0), &[problem, "a-rows"]).await;
    assert_eq!(status(&run), Status::Partial);
    assert_eq!(run.lines.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_limit_holds_while_all_answer() {
    let names: Vec<String> = (0..20).map(|number| format!("c{number}-rows")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let run = play(settings(1), &names).await;
    assert_eq!(run.most, 1);
    assert_eq!(run.results().len(), 20);
    assert!(run.result("c0-rows").ok);
}

#[tokio::test(start_paused = true)]
async fn those_that_can_go_on_do_before_another_one_starts() {
    let names: Vec<String> = (0..100).map(|number| format!("c{number}-turns-rows")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let run = play(settings(0), &names).await;
    assert_eq!(run.results().len(), 100);
    assert!((2..=8).contains(&run.most), "{}", run.most);
    // Those that wait hold up nobody's start.
    let names: Vec<String> = (0..100).map(|number| format!("c{number}-1s")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let run = play(settings(0), &names).await;
    assert_eq!((run.most, run.took), (100, SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_for_each_and_does_not_count_the_queue() {
    let settings = Settings {
        timeout: 2 * SECOND,
        ..settings(1)
    };
    let run = play(settings, &["a-rows-hangs", "b-1s", "c-1s"]).await;
    let a = run.result("a-rows-hangs");
    assert_eq!((a.reason, a.items, a.seconds), (Some(Reason::Timeout), 2, 2.0));
    assert!(run.result("b-1s").ok && run.result("c-1s").ok);
    assert_eq!(status(&run), Status::Partial);
}

#[tokio::test(start_paused = true)]
async fn the_silent_hold_up_nobody() {
    for fault in ["hangs", "drips"] {
        the_dead_hold_up_nobody(fault).await;
    }
}

async fn the_dead_hold_up_nobody(fault: &str) {
    let mut names: Vec<String> = (0..450).map(|number| format!("live{number}-rows")).collect();
    names.splice(10..10, (0..50).map(|number| format!("dead{number}-{fault}")));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let run = play(settings(10), &names).await;
    // The dead took the slots of the living for half a second.
    assert!(run.took < 31 * SECOND, "{:?}", run.took);
    let live = run.results().into_iter().filter(|outcome| outcome.ok).count();
    assert_eq!(live, 450);
    let last_live = run.lines.iter().rposition(|line| line.contains("live")).unwrap();
    let first_dead = run.lines.iter().position(|line| line.contains("dead")).unwrap();
    assert!(last_live < first_dead);
    assert!(run.most <= 60);
}

/// The same of a number that the user asked for.
fn at_most(concurrency: usize) -> Settings {
    Settings {
        slots: Slots::new(Concurrency::asked(concurrency), 1000),
        ..settings(0)
    }
}

#[tokio::test(start_paused = true)]
async fn a_concurrency_that_was_asked_for_is_a_maximum() {
    for (word, seconds) in [("300ms", 3), ("1s", 10), ("3s", 30), ("4s-4s", 80)] {
        let names: Vec<String> = (0..30).map(|number| format!("c{number}-{word}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let settings = Settings {
            total_timeout: Some(FAR),
            ..at_most(3)
        };
        let run = play(settings, &names).await;
        assert_eq!((run.most, run.took), (3, seconds * SECOND), "{word}");
        assert_eq!(status(&run), Status::Complete);
    }
}

#[tokio::test(start_paused = true)]
async fn dead_clusters_delay_those_behind_a_maximum_by_its_patience_only() {
    for fault in ["hangs", "drips"] {
        let names: Vec<String> = (0..6).map(|number| format!("dead{number}-{fault}")).collect();
        let mut lines: Vec<&str> = vec!["live0-rows", "live1-1s"];
        lines.extend(names.iter().map(String::as_str));
        lines.push("last-rows");
        let run = play(at_most(2), &lines).await;
        // Two of them give way after three times the second that the slowest took, three times over.
        let last = run.result("last-rows");
        assert!(last.ok && last.seconds < 1.0);
        let order: Vec<bool> = run.results().iter().map(|outcome| outcome.ok).collect();
        assert_eq!(order.iter().position(|ok| !ok), Some(3), "{fault}: {order:?}");
        assert!(run.took <= 40 * SECOND, "{:?}", run.took);
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_was_given_up_and_answers_has_its_slot_again() {
    // It gives way after 5 s, answers after 20 s and goes on until 28 s. The second one ends at 25 s, and nobody
    // starts in its place before the first has ended.
    let lines = ["slow-20s-2s-2s-2s-2s", "a-4s-4s-4s-4s-4s", "b-1s"];
    let run = play(at_most(1), &lines).await;
    assert_eq!(status(&run), Status::Complete);
    assert_eq!((run.most, run.took), (2, 29 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_login_is_no_silence_where_the_number_is_a_maximum() {
    let names: Vec<String> = (0..5).map(|number| format!("c{number}-login-1s")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let settings = Settings {
        total_timeout: Some(FAR),
        ..at_most(2)
    };
    assert_eq!(play(settings, &names).await.most, 2);
}

#[tokio::test(start_paused = true)]
async fn open_connections_are_bounded() {
    let settings = Settings {
        slots: Slots {
            answering: 2,
            open: 5,
            is_maximum: false,
        },
        timeout: 10 * SECOND,
        ..settings(2)
    };
    let names: Vec<String> = (0..12).map(|number| format!("dead{number}-hangs")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let run = play(settings, &names).await;
    assert_eq!(run.most, 5);
    assert_eq!(run.said.len(), 1);
    assert!(run.said[0].starts_with("the limit on open files allows for 5 clusters"));
    assert_eq!(run.results().len(), 12);
    assert_eq!(status(&run), Status::Failed);
}

#[tokio::test(start_paused = true)]
async fn the_whole_run_has_an_end() {
    let settings = Settings {
        total_timeout: Some(5 * SECOND),
        ..settings(1)
    };
    let run = play(settings, &["a-rows-hangs", "b-2s", "c-hangs", "d-hangs"]).await;
    assert_eq!(run.took, 5 * SECOND);
    assert_eq!(run.results().len(), 4);
    let failure = run.result("d-hangs");
    assert_eq!(failure.reason, Some(Reason::Timeout));
    assert!(failure.message.unwrap().contains("--total-timeout"));
    assert_eq!(run.result("a-rows-hangs").items, 2);
}

#[tokio::test(start_paused = true)]
async fn without_being_told_the_whole_run_has_time_for_each_cluster() {
    let names: Vec<String> = (0..20).map(|number| format!("c{number}-hangs")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut settings = settings(1);
    settings.slots.open = 1;
    settings.timeout = 25 * SECOND;
    let run = play(settings, &["a-hangs", "b-hangs", "c-hangs"]).await;
    assert_eq!(run.took, 60 * SECOND, "a minute");
    let run = play(settings, &names).await;
    assert_eq!(run.took, 100 * SECOND, "more for many");
    settings.slots.open = 1000;
    settings.timeout = 70 * SECOND;
    let run = play(settings, &["a-hangs"]).await;
    assert_eq!(run.took, 70 * SECOND, "what one cluster was given is never cut");
    assert!(!run.result("a-hangs").message.unwrap().contains("--total-timeout"));
    settings.timeout = FAR;
    let run = play(settings, &["a-300s"]).await;
    assert!(run.result("a-300s").ok, "no limit for one is none for all");
}

#[tokio::test(start_paused = true)]
async fn waiting_for_input_is_nobodys_fault() {
    let (queue, input) = mpsc::channel(1);
    let feed = async {
        for name in ["a-1s", "b-1s", "c-1s"] {
            queue.send(Input::Line(1, name.into())).await.unwrap();
            sleep(50 * SECOND).await;
        }
        drop(queue);
    };
    let (run, ()) = tokio::join!(run_with(settings(1), input, no_interrupts(), sink()), feed);
    assert_eq!(status(&run), Status::Complete);
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_stops_all() {
    let settings = Settings {
        fail_fast: true,
        ..settings(2)
    };
    let run = play(
        settings,
        &["skipped", "a-lacks", "b-1s-fails", "c-rows-hangs", "d-hangs"],
    )
    .await;
    assert_eq!(run.took, SECOND);
    assert_eq!(run.results().len(), 5);
    for name in ["c-rows-hangs", "d-hangs"] {
        let outcome = run.result(name);
        assert_eq!(outcome.reason, Some(Reason::Cancelled));
        assert_eq!(
            outcome.message.unwrap(),
            "cancelled, because b-1s-fails failed and --fail-fast is set"
        );
    }
    // What comes later is not asked either, and has its Result.
    let (queue, input) = mpsc::channel(1);
    let feed = async {
        for name in ["a-fails", "b", "c"] {
            queue.send(Input::Line(1, name.into())).await.unwrap();
            sleep(SECOND).await;
        }
        drop(queue);
    };
    let (run, ()) = tokio::join!(run_with(settings, input, no_interrupts(), sink()), feed);
    assert_eq!(run.results().len(), 3);
    assert_eq!(run.result("c").reason, Some(Reason::Cancelled));
}

#[tokio::test]
async fn an_interrupt_ends_all_with_what_there_is() {
    let (interrupt, interrupts) = mpsc::channel(1);
    let press = async {
        sleep(Duration::from_millis(200)).await;
        interrupt.send(()).await.unwrap();
        interrupt.closed().await;
    };
    let lines = ["a-10ms-rows", "b-rows-hangs", "c-hangs"];
    let (run, ()) = tokio::join!(run_with(settings(2), given(&lines), interrupts, sink()), press);
    assert_eq!(status(&run), Status::Interrupted);
    assert!(run.result("a-10ms-rows").ok);
    let outcome = run.result("b-rows-hangs");
    assert_eq!((outcome.reason, outcome.items), (Some(Reason::Cancelled), 2));
    assert_eq!(run.result("c-hangs").message.unwrap(), "interrupted");
}

#[tokio::test(start_paused = true)]
async fn what_others_have_may_lack() {
    assert_eq!(
        status(&play(settings(0), &["a", "b-lacks"]).await),
        Status::Complete
    );
    assert_eq!(
        status(&play(settings(0), &["a-lacks", "b-lacks"]).await),
        Status::Failed
    );
}

#[tokio::test(start_paused = true)]
async fn lines_that_are_not_clusters() {
    let run = play(settings(0), &["{\"kind\":\"Other\"}", "a", "{bad", "a"]).await;
    assert_eq!(run.lines[0], "{\"kind\":\"Other\"}");
    assert_eq!(run.lines.len(), 3);
    let problem = run.lines.iter().find(|line| line.contains("Problem")).unwrap();
    assert!(
        problem
            .starts_with(r#"{"kind":"Problem","stage":"mc-exec","status":3,"message":"line 3: not JSON","#)
    );
    assert_eq!(
        run.said,
        [
            "line 3: not JSON",
            "line 4: cluster a has come before; it is asked once"
        ]
    );
    assert_eq!(status(&run), Status::Partial);
    assert_eq!(status(&play(settings(0), &["{bad"]).await), Status::Failed);
}

#[tokio::test(start_paused = true)]
async fn broken_input_ends_what_has_begun() {
    let (queue, input) = mpsc::channel(4);
    queue.try_send(Input::Line(1, "a-1s".into())).unwrap();
    queue
        .try_send(Input::Broken(io::Error::other("unplugged")))
        .unwrap();
    drop(queue);
    let run = run_with(settings(0), input, no_interrupts(), sink()).await;
    assert!(run.result("a-1s").ok);
    let fatal = run.status.unwrap_err();
    assert_eq!(fatal.status, Status::Failed);
    assert!(fatal.message.contains("unplugged"));
}

/// An output whose reader takes nothing until it is told to, and may go away.
#[derive(Clone)]
struct Stuck {
    gate: Arc<Mutex<()>>,
    kind: Option<io::ErrorKind>,
    shared: Shared,
}

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _open = self.gate.lock();
        match self.kind {
            Some(kind) => Err(kind.into()),
            None => self.shared.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn stuck(kind: Option<io::ErrorKind>) -> (Arc<Mutex<()>>, (Sink, Written, Shared)) {
    let stuck = Stuck {
        gate: Arc::default(),
        kind,
        shared: Shared::default(),
    };
    let (gate, shared) = (Arc::clone(&stuck.gate), stuck.shared.clone());
    let (sink, written) = Sink::start(Box::new(stuck), Arc::default(), Arc::default()).unwrap();
    (gate, (sink, written, shared))
}

#[tokio::test]
async fn a_reader_that_goes_away_ends_the_work() {
    let (_, output) = stuck(Some(io::ErrorKind::BrokenPipe));
    let run = run_with(
        settings(0),
        given(&["a-rows", "b-hangs"]),
        no_interrupts(),
        output,
    )
    .await;
    let fatal = run.status.unwrap_err();
    assert_eq!((fatal.status, fatal.message.as_str()), (Status::Complete, ""));
    let (_, output) = stuck(Some(io::ErrorKind::StorageFull));
    let run = run_with(
        settings(0),
        given(&["a-rows", "b-hangs"]),
        no_interrupts(),
        output,
    )
    .await;
    assert_eq!(run.status.unwrap_err().status, Status::Failed);
}

#[tokio::test]
async fn time_in_which_the_reader_is_slow_does_not_count() {
    let (gate, output) = stuck(None);
    let names: Vec<String> = (0..100).map(|number| format!("c{number}-rows-rows")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let settings = Settings {
        timeout: Duration::from_millis(100),
        total_timeout: Some(Duration::from_millis(200)),
        ..settings(0)
    };
    let locked = gate.lock().unwrap();
    let free = async {
        sleep(Duration::from_millis(600)).await;
        drop(locked);
    };
    let (run, ()) = tokio::join!(run_with(settings, given(&names), no_interrupts(), output), free);
    assert_eq!(status(&run), Status::Complete);
    assert_eq!(run.results().len(), 100);
    assert_eq!(run.lines.len(), 500);
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "the writing thread is to be stuck")]
async fn a_second_interrupt_gets_through_a_stuck_reader() {
    let (gate, output) = stuck(None);
    let _locked = gate.lock().unwrap();
    let (interrupt, interrupts) = mpsc::channel(2);
    let names: Vec<String> = (0..100).map(|number| format!("c{number}-rows")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let press = async {
        for _ in 0..3 {
            sleep(Duration::from_millis(50)).await;
            if interrupt.send(()).await.is_err() {
                return;
            }
        }
    };
    let (run, ()) = tokio::join!(run_with(settings(0), given(&names), interrupts, output), press);
    assert_eq!(status(&run), Status::Interrupted);
    assert!(run.took < SECOND);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever clusters do, and whatever limits there are.
    #[test]
    fn every_cluster_ends_in_exactly_one_result(
        words in prop::collection::vec(
            prop::sample::subsequence(vec!["rows", "1s", "hangs", "7s", "rows", "fails", "lacks"], 0..4),
            0..20,
        ),
        concurrency in 0usize..4,
        fail_fast: bool,
        timeout in 1u32..9,
        total in prop::option::of(1u32..20),
    ) {
        let names: Vec<String> = (0..).zip(&words).map(|(number, words)| format!("c{number}-{}", words.join("-"))).collect();
        let lines: Vec<&str> = names.iter().map(String::as_str).collect();
        let settings = Settings {
            timeout: timeout * SECOND,
            total_timeout: total.map(|seconds| seconds * SECOND),
            fail_fast,
            ..settings(concurrency)
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let run = runtime.block_on(run_with(settings, given(&lines), no_interrupts(), sink()));
        prop_assert_eq!(run.results().len(), names.len());
        for name in &names {
            let outcome = run.result(name);
            prop_assert_eq!(outcome.ok, outcome.reason.is_none());
            let rows = run.lines.iter().filter(|line| line.contains("Row") && line.contains(&format!("\"{name}\"")));
            prop_assert_eq!(rows.count() as u64, outcome.items);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn time_in_which_a_person_logs_in_counts_for_nobody_who_waits_for_that() {
    // Its own 30 s do not count it, those of another do.
    let run = play(settings(0), &["a-login-10s", "b-hangs"]).await;
    assert!(run.result("a-login-10s").ok);
    assert_eq!(run.result("b-hangs").seconds, 30.0);
    // Behind it its time goes on.
    let run = play(settings(0), &["a-20s-login-20s"]).await;
    assert_eq!(run.result("a-20s-login-20s").seconds, 90.0);
    let settings = Settings {
        timeout: 600 * SECOND,
        total_timeout: Some(30 * SECOND),
        ..settings(0)
    };
    let run = play(settings, &["a-login-10s", "b-hangs"]).await;
    assert!(run.result("a-login-10s").ok);
    let message = run.result("b-hangs").message.unwrap();
    assert!(message.contains("--total-timeout"), "{message}");
    assert_eq!(run.took, 90 * SECOND);
}
