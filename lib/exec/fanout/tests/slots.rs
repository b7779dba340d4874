//! Slots: which clusters are asked at once.

use super::*;
use crate::connect::FAR;

#[tokio::test(start_paused = true)]
async fn concurrency_limits_clusters_that_answer() {
    let names: Vec<String> = (0..20).map(|number| format!("c{number}-rows")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let run = play(settings(1), &names).await;
    assert_eq!(run.most, 1);
    assert_eq!(run.results().len(), 20);
    assert!(run.result("c0-rows").ok);
}

#[tokio::test(start_paused = true)]
async fn running_queries_go_on_before_another_starts() {
    let names: Vec<String> = (0..100).map(|number| format!("c{number}-turns-rows")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let run = play(settings(0), &names).await;
    assert_eq!(run.results().len(), 100);
    assert!((2..=8).contains(&run.most), "{}", run.most);
    // Clusters that only wait do not delay the start of others.
    let names: Vec<String> = (0..100).map(|number| format!("c{number}-1s")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let run = play(settings(0), &names).await;
    assert_eq!((run.most, run.took), (100, SECOND));
}

#[tokio::test(start_paused = true)]
async fn silent_clusters_give_their_slots_to_others() {
    for fault in ["hangs", "drips"] {
        play_silent_clusters(fault).await;
    }
}

async fn play_silent_clusters(fault: &str) {
    let mut names: Vec<String> = (0..450).map(|number| format!("live{number}-rows")).collect();
    names.splice(10..10, (0..50).map(|number| format!("dead{number}-{fault}")));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let run = play(settings(10), &names).await;
    // Silent clusters kept their slots for half a second.
    assert!(run.took < 31 * SECOND, "{:?}", run.took);
    let live = run.results().into_iter().filter(|outcome| outcome.ok).count();
    assert_eq!(live, 450);
    let last_live = run.lines.iter().rposition(|line| line.contains("live")).unwrap();
    let first_dead = run.lines.iter().position(|line| line.contains("dead")).unwrap();
    assert!(last_live < first_dead);
    assert!(run.most <= 60);
}

#[tokio::test(start_paused = true)]
async fn requested_concurrency_is_a_maximum() {
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
async fn dead_clusters_delay_others_only_by_the_patience_of_a_maximum() {
    for fault in ["hangs", "drips"] {
        let names: Vec<String> = (0..6).map(|number| format!("dead{number}-{fault}")).collect();
        let mut lines: Vec<&str> = vec!["live0-rows", "live1-1s"];
        lines.extend(names.iter().map(String::as_str));
        lines.push("last-rows");
        let run = play(at_most(2), &lines).await;
        // The patience is three times the second of the slowest answer, for two dead clusters at a time, three times.
        let last = run.result("last-rows");
        assert!(last.ok && last.seconds < 1.0);
        let order: Vec<bool> = run.results().iter().map(|outcome| outcome.ok).collect();
        assert_eq!(order.iter().position(|ok| !ok), Some(3), "{fault}: {order:?}");
        assert!(run.took <= 40 * SECOND, "{:?}", run.took);
    }
}

#[tokio::test(start_paused = true)]
async fn cluster_that_answers_after_it_lost_its_slot_takes_it_again() {
    // `slow` loses its slot after 5 s, answers after 20 s and ends after 28 s. `a` ends after 25 s, and `b` must not
    // start before `slow` has ended.
    let lines = ["slow-20s-2s-2s-2s-2s", "a-4s-4s-4s-4s-4s", "b-1s"];
    let run = play(at_most(1), &lines).await;
    assert_eq!(status(&run), Status::Complete);
    assert_eq!((run.most, run.took), (2, 29 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn login_is_not_silence_with_a_maximum() {
    let names: Vec<String> = (0..5).map(|number| format!("c{number}-login-1s")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let settings = Settings {
        total_timeout: Some(FAR),
        ..at_most(2)
    };
    assert_eq!(play(settings, &names).await.most, 2);
}

#[tokio::test(start_paused = true)]
async fn open_connections_are_limited() {
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
