//! The node's own clock in the log: whether it follows a time server, at the start and whenever that changes, and every jump.
//!
//! Times in the log are evidence. Whoever compares them years later must be able to see what the clock was worth then.

use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};

use sakimori_web::ports::ClockState;
use sakimori_words::{Event, Instant, SECOND_MICROS};

use super::Pipeline;
use super::own_events::own_event;
use crate::doctor;

/// How often the clock is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The clock has jumped when it moved this much more or less than the time that has passed, in seconds. Time servers slew
/// smaller differences away.
const JUMP_SECONDS_MIN: i64 = 2;

const PART: &str = "clock";

/// Watches the clock for ever.
pub(crate) async fn watch_clock(pipeline: Arc<Pipeline>) {
    let mut before = None;
    let (mut at, mut passed) = (pipeline.now(), Stopwatch::now());
    loop {
        let state = doctor::clock_state().await;
        let now = pipeline.now();
        let jumped = jump(now.micros_since(at), passed.elapsed());
        (at, passed) = (now, Stopwatch::now());
        let changed = (before != Some(state)).then(|| state_event(state, now));
        let jumped = jumped.map(|seconds| jump_event(seconds, now));
        let events: Vec<Event> = changed.into_iter().chain(jumped).collect();
        if !events.is_empty() {
            match pipeline.take(events).await {
                Ok(_) => before = Some(state),
                Err(trouble) => pipeline.note_trouble(&trouble),
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// By how many seconds the clock moved more than time passed, when that is a jump.
fn jump(moved_micros: i64, passed: Duration) -> Option<i64> {
    let passed = i64::try_from(passed.as_micros()).unwrap_or(i64::MAX);
    let seconds = moved_micros.saturating_sub(passed) / SECOND_MICROS;
    (seconds.abs() >= JUMP_SECONDS_MIN).then_some(seconds)
}

fn state_event(state: ClockState, at: Instant) -> Event {
    let (word, message) = match state {
        ClockState::Synchronised => (
            "synchronised",
            [
                "この機器の時計は時刻サーバーに同期しています",
                "the clock of this node follows a time server",
            ],
        ),
        ClockState::Adrift => (
            "adrift",
            [
                "この機器の時計は時刻サーバーに同期していません",
                "the clock of this node does not follow a time server",
            ],
        ),
        ClockState::Unknown => (
            "unknown",
            [
                "この機器の時計が同期しているか分かりません",
                "the system does not say whether the clock of this node is synchronised",
            ],
        ),
    };
    own_event(PART, "clock_state", at, &message.map(str::to_owned), vec![("state", word.into())])
}

fn jump_event(seconds: i64, at: Instant) -> Event {
    let message = [
        format!("この機器の時計が {seconds:+} 秒動きました（時刻合わせ、または機器の休止）"),
        format!("the clock of this node moved by {seconds:+} s (it was set, or the machine slept)"),
    ];
    own_event(PART, "clock_moved", at, &message, vec![("seconds", seconds.into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_is_told_from_one_that_runs() {
        let minute = Duration::from_secs(60);
        assert_eq!(jump(60_400_000, minute), None);
        assert_eq!(jump(3_660_000_000, minute), Some(3_600));
        assert_eq!(jump(-60_000_000, minute), Some(-120));
    }

    #[test]
    fn every_state_is_an_event_with_its_word() {
        for (state, word) in [
            (ClockState::Synchronised, "synchronised"),
            (ClockState::Adrift, "adrift"),
            (ClockState::Unknown, "unknown"),
        ] {
            let event = state_event(state, Instant::default());
            assert_eq!(event.src.text("state").as_deref(), Some(word));
        }
    }
}
