//! Clocks that are moved: the times that a source writes leap against the time of receipt, and stay there.
//!
//! A source that was cut off delivers late what it has kept, and its clock is right nevertheless. So a leap counts only when
//! new records keep the same new distance for minutes: what is delivered late comes nearer with every record. That a person set
//! the clock of a Windows machine (4616) is told by a rule already.

use sakimori_words::{Event, EvidenceRef, Finding, Instant, Level, SECOND_MICROS, Text};
use serde::{Deserialize, Serialize};

use super::memory::Bounded;
use super::reading::machine_name;
use super::words::{Look, Said, Words};

/// Sources that are remembered.
const SOURCES_MAX: usize = 4_096;

/// A leap that is told, in seconds: twice what a Windows domain tolerates.
const LEAP_SECONDS_MIN: i64 = 600;

/// How far comparisons may lie apart to be of one clock, in seconds.
const STEADY_SECONDS: i64 = 60;

/// Comparisons that make a clock steady, and the time between two of them, in seconds.
const COMPARISONS: usize = 6;
const COMPARED_EVERY_SECONDS: i64 = 30;

/// Only one of so many events that are on time is compared: they say nothing new.
const ON_TIME_SHARE: u64 = 32;

/// Sources that send as things happen; files that were dropped say nothing about a clock.
const LIVE: [&str; 2] = ["syslog/", "http/"];

/// Where the node itself tells of its clock.
const OWN_CLOCK: &str = "sakimori/clock";

const WORDS: Words = Words {
    id: "sakimori-behaviour-clock-moved",
    title: ["機器の時計が急に動かされた", "The clock of a device was moved"],
    next_step: [
        "その機器の時刻と時刻同期（NTP）の設定を確かめ、だれが変えたか担当者に聞いてください。元に戻した日時も記録してください。心当たりがなければ「疑い」を開いてください。",
        "Check the device's time and its NTP setting, and ask who changed it. Note when it was put right. If nobody did, open a suspicion.",
    ],
    level: Level::Medium,
    tags: &["attack.defense-impairment", "attack.t1070.006"],
    clause: "S4-12",
};

/// How far each source's clock is off.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Clocks {
    pub(super) sources: Bounded<Clock, SOURCES_MAX>,
    n_on_time: u64,
}

/// One clock.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Clock {
    /// Where it stood as long as it was steady, in seconds against ours; none before it was.
    steady: Option<i64>,
    /// The latest comparisons with the time of receipt.
    latest: Vec<(i64, Instant, EvidenceRef)>,
}

impl Clocks {
    /// Compares the clock of the event's source with ours, and says when it was moved.
    pub(super) fn look(&mut self, event: &Event, look: &Look<'_>) -> Option<Finding> {
        if event.source == OWN_CLOCK {
            return own_clock(event, look);
        }
        let off = event.time.micros_since(event.received_at) / SECOND_MICROS;
        if off.saturating_abs() <= STEADY_SECONDS {
            self.n_on_time = self.n_on_time.wrapping_add(1);
            if !self.n_on_time.is_multiple_of(ON_TIME_SHARE) {
                return None;
            }
        }
        // The reading falls back on the time of receipt when a record does not say when it happened.
        if event.time == event.received_at
            || !LIVE.iter().any(|live| event.source.starts_with(live))
        {
            return None;
        }
        let machine = machine_name(&event.host).unwrap_or_default();
        let key = format!("{}\u{1f}{machine}", event.source);
        let clock = &mut self.sources.seen(&key, event.received_at)?.own;
        let (before, after) = clock.compare(off, look)?;
        let evidence = clock.latest.iter().map(|(_, _, own)| own.clone()).collect();
        Some(look.finding(&WORDS, Said { evidence, ..said(event, &machine, before, after) }))
    }
}

impl Clock {
    /// Adds a comparison. Where the clock stood and stands now, when it has leapt and stays there.
    fn compare(&mut self, off: i64, look: &Look<'_>) -> Option<(i64, i64)> {
        let at = look.event.received_at;
        if self.latest.last().is_some_and(|(_, last, _)| rests(*last, at)) {
            return None;
        }
        if self.latest.len() >= COMPARISONS {
            self.latest.remove(0);
        }
        self.latest.push((off, at, (look.evidence)()));
        let (least, most) = self
            .latest
            .iter()
            .fold((i64::MAX, i64::MIN), |(least, most), own| (least.min(own.0), most.max(own.0)));
        if self.latest.len() < COMPARISONS || most.saturating_sub(least) > STEADY_SECONDS {
            return None;
        }
        let before = self.steady.replace(off)?;
        (before.abs_diff(off) >= LEAP_SECONDS_MIN.unsigned_abs()).then_some((before, off))
    }
}

/// Whether it is too soon for another comparison.
fn rests(last: Instant, now: Instant) -> bool {
    (0..COMPARED_EVERY_SECONDS * SECOND_MICROS).contains(&now.micros_since(last))
}

/// The node's own clock tells of its leaps itself.
fn own_clock(event: &Event, look: &Look<'_>) -> Option<Finding> {
    let moved = event.src.int("seconds").filter(|_| event.activity == "clock_moved")?;
    if moved.unsigned_abs() < LEAP_SECONDS_MIN.unsigned_abs() {
        return None;
    }
    let evidence = vec![(look.evidence)()];
    Some(look.finding(&WORDS, Said { evidence, ..said(event, "sakimori", 0, moved) }))
}

fn said(event: &Event, machine: &str, before: i64, after: i64) -> Said {
    let moved = after.saturating_sub(before);
    let source: String = event.source.chars().take(200).collect();
    let name = if machine.is_empty() { source.as_str() } else { machine };
    Said {
        reason: Text::new(
            format!(
                "{name} の時計が {moved:+} 秒動きました（それまでのずれ {before:+} 秒、いまのずれ {after:+} 秒）。記録の前後関係が分からなくなります。"
            ),
            format!(
                "The clock of {name} moved by {moved:+} s (it was off by {before:+} s, and now by {after:+} s). Records can no longer be put in order."
            ),
        ),
        host: machine.to_owned(),
        user: String::new(),
        summary: format!("{source} {name}: {before:+} s -> {after:+} s"),
        evidence: Vec::new(),
    }
}
