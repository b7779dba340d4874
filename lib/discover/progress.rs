//! The progress line while hubs or members are asked.

use crate::term::progress::ProgressTimer;
use crate::term::{escape, fit};
use std::pin::pin;
use std::time::Duration;
use tokio::time::sleep_until;

/// Words for the progress line: who is asked for the fleet.
#[derive(Debug)]
pub struct AskedWords {
    /// The contexts of the hubs, escaped and in quotes. If there are none, the members themselves are asked.
    hubs: Vec<String>,
}

impl AskedWords {
    /// Takes the hub's context of each question, if it is for a hub.
    pub fn new<'a>(questions: impl Iterator<Item = Option<&'a str>>) -> Self {
        let mut hubs: Vec<String> = questions
            .flatten()
            .map(|hub| format!("\"{}\"", escape(hub)))
            .collect();
        hubs.dedup();
        Self { hubs }
    }

    fn text(&self, elapsed: Duration, width: usize) -> String {
        let start = match self.hubs.len() {
            0 => "asking the members",
            1 => "asking hub ",
            _ => "asking hubs ",
        };
        let end = format!(" ({}s)", elapsed.as_secs());
        let room = width.saturating_sub(start.len() + end.len());
        let count = self.hubs.len();
        let names = fit::names(&self.hubs, count, room).or_else(|| fit::cut_name(&self.hubs, count, room));
        fit::cut(
            &format!("{start}{}", names.unwrap_or_default()),
            width.saturating_sub(end.len()),
        ) + &end
    }
}

/// Does some work, and draws the progress line until it is done.
pub async fn while_drawing<T>(
    mut progress: ProgressTimer,
    words: &AskedWords,
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(work);
    loop {
        let due = progress.due();
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = async {
                match due {
                    Some(due) => sleep_until(due.into()).await,
                    None => std::future::pending().await,
                }
            } => {
                let elapsed = progress.elapsed();
                progress.draw(|width| words.text(elapsed, width));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_names_the_hubs_and_shows_the_seconds_at_every_width() {
        let of = |hubs: &[&str], width| {
            let words = AskedWords::new(hubs.iter().map(|hub| Some(*hub)));
            words.text(Duration::from_secs(12), width)
        };
        assert_eq!(of(&["hub"], 39), "asking hub \"hub\" (12s)");
        assert_eq!(
            of(&["eu", "eu", "us\u{1b}"], 79),
            "asking hubs \"eu\", \"us^[\" (12s)"
        );
        assert_eq!(of(&[], 39), "asking the members (12s)");
        assert_eq!(
            of(&["arn:aws:eks:eu-central-1:1:cluster/hub"], 39),
            "asking hub \"arn:aws:eks:eu-centr… (12s)"
        );
        assert_eq!(of(&["hub"], 15), "asking h… (12s)");
    }
}
