//! The Result of every cluster, and the status of the run.

use super::*;
use proptest::prelude::*;

#[tokio::test(start_paused = true)]
async fn every_cluster_ends_in_one_result_after_its_rows() {
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
async fn empty_input_is_an_error() {
    let run = play(settings(3), &[]).await;
    assert_eq!(run.status.unwrap_err().status, Status::Failed);
    assert_eq!(run.lines, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn clusters_are_announced_once_before_their_records() {
    let run = play(settings(2), &["a-1s-rows", "skipped", "b-fails", "a-1s-rows"]).await;
    let asked = ["a-1s-rows", "skipped", "b-fails"]
        .map(|cluster| format!(r#"{{"kind":"Asked","cluster":"{cluster}"}}"#));
    assert_eq!(run.asked, asked);

    // Many are written together: each write wakes the next stage up.
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
async fn problems_of_earlier_stages_are_counted_and_passed_on() {
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
async fn object_that_some_clusters_lack_is_not_a_failure() {
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
async fn lines_that_are_not_clusters_are_passed_on_or_reported() {
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
            "line 4: cluster a was named before; it is asked once"
        ]
    );
    assert_eq!(status(&run), Status::Partial);
    assert_eq!(status(&play(settings(0), &["{bad"]).await), Status::Failed);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Holds for all behaviours and limits.
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
