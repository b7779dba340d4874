//! Interrupts, broken input, and readers of the output that are stuck or gone.

use super::*;
use std::io::{self, Write};
use std::sync::Mutex;

#[tokio::test]
async fn interrupt_ends_the_run_with_what_has_arrived() {
    let (interrupt, interrupts) = mpsc::channel(1);
    let output = sink();
    let shared = output.2.clone();
    let press = async {
        let has_arrived = |text: &str| text.contains("Result") && text.matches("Row").count() == 4;
        while !has_arrived(&shared.text()) {
            sleep(Duration::from_millis(1)).await;
        }
        interrupt.send(()).await.unwrap();
        interrupt.closed().await;
    };
    let lines = ["a-10ms-rows", "b-rows-hangs", "c-hangs"];
    let (run, ()) = tokio::join!(run_with(settings(2), given(&lines), interrupts, output), press);
    assert_eq!(status(&run), Status::Interrupted);
    assert!(run.result("a-10ms-rows").ok);
    let outcome = run.result("b-rows-hangs");
    assert_eq!((outcome.reason, outcome.items), (Some(Reason::Cancelled), 2));
    assert_eq!(run.result("c-hangs").message.unwrap(), "interrupted");
}

#[tokio::test(start_paused = true)]
async fn broken_input_lets_running_queries_end() {
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

/// An output whose reader takes nothing while the gate is locked, and may be gone.
#[derive(Clone)]
struct Stuck {
    gate: Arc<Mutex<()>>,
    kind: Option<io::ErrorKind>,
    shared: SharedBuffer,
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

fn stuck(kind: Option<io::ErrorKind>) -> (Arc<Mutex<()>>, (Sink, Written, SharedBuffer)) {
    let stuck = Stuck {
        gate: Arc::default(),
        kind,
        shared: SharedBuffer::default(),
    };
    let (gate, shared) = (Arc::clone(&stuck.gate), stuck.shared.clone());
    let (sink, written) = Sink::start(Box::new(stuck), Arc::default(), Arc::default()).unwrap();
    (gate, (sink, written, shared))
}

#[tokio::test]
async fn run_ends_when_the_reader_of_the_output_goes_away() {
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

#[tokio::test(start_paused = true)]
async fn slow_reader_does_not_count_for_timeouts() {
    let (gate, output) = stuck(None);
    let names: Vec<String> = (0..100).map(|number| format!("c{number}-rows-rows")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let settings = Settings {
        timeout: SECOND,
        total_timeout: Some(2 * SECOND),
        ..settings(0)
    };
    let locked = gate.lock().unwrap();
    let free = async {
        sleep(60 * SECOND).await;
        drop(locked);
    };
    let (run, ()) = tokio::join!(run_with(settings, given(&names), no_interrupts(), output), free);
    assert_eq!(status(&run), Status::Complete);
    assert_eq!(run.results().len(), 100);
    assert_eq!(run.lines.len(), 500);
}

#[tokio::test(start_paused = true)]
#[expect(clippy::await_holding_lock, reason = "the writing thread is to be stuck")]
async fn second_interrupt_ends_a_run_with_a_stuck_reader() {
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
