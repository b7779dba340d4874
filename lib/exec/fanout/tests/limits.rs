//! Timeouts and fail-fast.

use super::*;
use crate::connect::FAR;

#[tokio::test(start_paused = true)]
async fn timeout_is_for_each_cluster_without_its_time_in_the_queue() {
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
async fn total_timeout_ends_the_run() {
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
async fn default_total_timeout_grows_with_the_clusters() {
    let names: Vec<String> = (0..20).map(|number| format!("c{number}-hangs")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut settings = settings(1);
    settings.slots.open = 1;
    settings.timeout = 25 * SECOND;
    let run = play(settings, &["a-hangs", "b-hangs", "c-hangs"]).await;
    assert_eq!(run.took, 60 * SECOND, "the least");
    let run = play(settings, &names).await;
    assert_eq!(run.took, 100 * SECOND, "5 s for each");
    settings.slots.open = 1000;
    settings.timeout = 70 * SECOND;
    let run = play(settings, &["a-hangs"]).await;
    assert_eq!(
        run.took,
        70 * SECOND,
        "never less than the timeout of one cluster"
    );
    assert!(!run.result("a-hangs").message.unwrap().contains("--total-timeout"));
    settings.timeout = FAR;
    let run = play(settings, &["a-300s"]).await;
    assert!(
        run.result("a-300s").ok,
        "no timeout for one cluster, none for all"
    );
}

#[tokio::test(start_paused = true)]
async fn waiting_for_input_does_not_count_for_timeouts() {
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
async fn login_does_not_count_for_timeouts() {
    // Its login does not count for its own 30 s, but for those of the other cluster.
    let run = play(settings(0), &["a-login-10s", "b-hangs"]).await;
    assert!(run.result("a-login-10s").ok);
    assert_eq!(run.result("b-hangs").seconds, 30.0);
    // After the login its time goes on.
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

#[tokio::test(start_paused = true)]
async fn fail_fast_stops_the_run_at_the_first_failure() {
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
    // Clusters that come later are not asked, and have a Result, too.
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
