//! The source book: what each log source has sent, and whether it has fallen silent by its own rhythm.
//!
//! The rule, so that it can be explained to whoever is woken by it. A source is judged once it has sent at least 20 events
//! over at least an hour; before that it is being learnt. It counts as silent when nothing came for longer than the longest of
//!
//! - 15 minutes,
//! - ten times its usual gap (a mean in which newer gaps count more),
//! - one and a half times the longest gap of late, so that a machine that rests every night or weekend is not reported
//!   every night and weekend. That gap is forgotten by half every week, and one outage never counts for more than three days.
//!
//! Of a source that sends as things happen (syslog, HTTP) it also knows how far its clock is off: the median of what the last
//! records said against the time at which they came. A median, because a sender that was cut off delivers hours late what it
//! has queued, and its clock is right nevertheless.

use std::collections::BTreeMap;

use sakimori_words::{Event, Instant, SECOND_MICROS};
use serde::{Deserialize, Serialize};

use crate::sources;

mod days;

pub use days::{DAYS_KEPT, Day, DayCount, DayState, LATE_SECONDS};

#[cfg(test)]
mod tests;

/// Events a source must have sent before it is judged.
pub const LEARNT_EVENTS: u64 = 20;

/// Time between its first and last event before it is judged, in seconds.
pub const LEARNT_SECONDS: i64 = 3_600;

/// No source is called silent sooner, in seconds.
pub const SILENT_SECONDS_MIN: f64 = 900.0;

/// A clock that is off by more than this is worth a look, in seconds. Windows domains refuse sign-ins beyond five minutes, so
/// nothing in a healthy network is off by more.
pub const SKEW_SECONDS_MAX: i64 = 300;

/// What the names of the sources begin with that Sakimori writes itself: its clock, its own losses.
pub const OWN_SOURCES: &str = "sakimori/";

/// Comparisons of clocks that are remembered.
const SKEW_SAMPLES: usize = 15;
/// Comparisons before anything is said.
const SKEW_SAMPLES_MIN: usize = 5;
/// Time between two comparisons once there are enough to say something, in seconds: what was queued comes all at once and
/// shall count once.
const SKEW_EVERY_SECONDS: i64 = 60;
/// Sources that send as things happen. Files that were dropped say nothing about a clock.
const LIVE: [&str; 2] = ["syslog/", "http/"];

/// Weight of the newest gap in the usual gap.
const NEWEST_WEIGHT: f64 = 1.0 / 32.0;
/// How many usual gaps are still no silence.
const USUAL_GAPS: f64 = 10.0;
/// How many times the longest gap of late is still no silence.
const LONGEST_GAPS: f64 = 1.5;
/// After this time the longest gap counts half, in seconds.
const HALF_LIFE_SECONDS: f64 = 7.0 * 86_400.0;
/// What one gap counts at most, in seconds: from Friday evening to Monday evening.
const GAP_SECONDS_MAX: f64 = 3.0 * 86_400.0;

/// What each source has sent. Pure: told of events and of the time, answers questions, goes into a snapshot and back.
#[derive(Debug, Default)]
pub struct SourceBook {
    sources: BTreeMap<String, SourceState>,
}

/// What one source has sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceState {
    /// Its name, as in `Event::source`.
    pub source: String,
    /// When its first event was received.
    pub first_at: Instant,
    /// When its latest event was received.
    pub last_at: Instant,
    /// Events received.
    pub events: u64,
    /// Of them, events no source understood.
    pub not_understood: u64,
    /// Mean gap between events in seconds, newer gaps counting more; `None` before the second event.
    pub usual_gap_seconds: Option<f64>,
    /// Longest gap of late in seconds; forgotten by half every week.
    pub longest_gap_seconds: f64,
    /// How its clock compares with ours.
    #[serde(default)]
    pub skew: Skew,
    /// What came on each day on which something came, oldest first; the last [`DAYS_KEPT`] days.
    #[serde(default)]
    pub days: Vec<DayCount>,
}

/// How the clock of a source compares with the clock of this node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skew {
    /// What the latest records said minus when they came, in seconds, oldest first.
    samples: Vec<i64>,
    /// When the last of them came.
    sampled_at: Instant,
}

impl Skew {
    /// By how many seconds the source's clock is ahead (negative: behind); `None` before enough records were compared.
    #[must_use]
    pub fn seconds(&self) -> Option<i64> {
        let mut samples = self.samples.clone();
        samples.sort_unstable();
        samples.get(samples.len() / 2).copied().filter(|_| samples.len() >= SKEW_SAMPLES_MIN)
    }

    /// A comparison of clocks that says `seconds`, made often enough to be believed.
    #[must_use]
    pub fn of(seconds: i64) -> Self {
        Self { samples: vec![seconds; SKEW_SAMPLES], sampled_at: Instant::default() }
    }

    fn note(&mut self, event: &Event) {
        // The reading falls back on the time of receipt when a record does not say when it happened.
        if event.time == event.received_at || !LIVE.iter().any(|own| event.source.starts_with(own))
        {
            return;
        }
        let since = event.received_at.micros_since(self.sampled_at);
        let resting = (0..SKEW_EVERY_SECONDS * SECOND_MICROS).contains(&since);
        if self.samples.len() >= SKEW_SAMPLES_MIN && resting {
            return;
        }
        if self.samples.len() >= SKEW_SAMPLES {
            self.samples.remove(0);
        }
        self.samples.push(event.time.micros_since(event.received_at) / SECOND_MICROS);
        self.sampled_at = event.received_at;
    }
}

/// The whole book, to be kept and read back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceBookSnapshot {
    /// Every source, by name.
    pub sources: Vec<SourceState>,
}

impl SourceBook {
    /// A book with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The book as it was when the snapshot was taken.
    #[must_use]
    pub fn from_snapshot(snapshot: SourceBookSnapshot) -> Self {
        let sources = snapshot.sources.into_iter().map(|state| (state.source.clone(), state));
        Self { sources: sources.collect() }
    }

    /// The book as it is now.
    #[must_use]
    pub fn snapshot(&self) -> SourceBookSnapshot {
        SourceBookSnapshot { sources: self.sources.values().cloned().collect() }
    }

    /// Notes an event that was received.
    pub fn note(&mut self, event: &Event) {
        let understood = sources::understood(event);
        match self.sources.get_mut(&event.source) {
            Some(state) => {
                state.note(event.received_at, understood);
                state.skew.note(event);
            }
            None => {
                let mut state = SourceState::new(&event.source, event.received_at, understood);
                state.skew.note(event);
                self.sources.insert(event.source.clone(), state);
            }
        }
        if let Some(state) = self.sources.get_mut(&event.source) {
            days::note(&mut state.days, event.received_at, event.time, understood);
        }
    }

    /// All sources, by name.
    #[must_use]
    pub fn sources(&self) -> Vec<&SourceState> {
        self.sources.values().collect()
    }

    /// Sources that have been quiet for longer than their rhythm explains.
    #[must_use]
    pub fn silent(&self, now: Instant) -> Vec<&SourceState> {
        self.sources.values().filter(|source| source.silent(now)).collect()
    }
}

impl SourceState {
    fn new(source: &str, at: Instant, understood: bool) -> Self {
        Self {
            source: source.to_owned(),
            first_at: at,
            last_at: at,
            events: 1,
            not_understood: u64::from(!understood),
            usual_gap_seconds: None,
            longest_gap_seconds: 0.0,
            skew: Skew::default(),
            days: Vec::new(),
        }
    }

    fn note(&mut self, at: Instant, understood: bool) {
        let gap = seconds(at.micros_since(self.last_at).max(0));
        let counted = gap.min(GAP_SECONDS_MAX);
        let usual = self.usual_gap_seconds.unwrap_or(counted);
        self.usual_gap_seconds = Some(usual + (counted - usual) * NEWEST_WEIGHT);
        let faded = self.longest_gap_seconds * (-gap / HALF_LIFE_SECONDS).exp2();
        self.longest_gap_seconds = faded.max(counted);
        self.last_at = self.last_at.max(at);
        self.events += 1;
        self.not_understood += u64::from(!understood);
    }

    /// Whether it has sent enough, for long enough, to be judged.
    #[must_use]
    pub fn learnt(&self) -> bool {
        let watched = self.last_at.micros_since(self.first_at);
        self.events >= LEARNT_EVENTS && watched >= LEARNT_SECONDS.saturating_mul(SECOND_MICROS)
    }

    /// When it counts as silent if nothing comes; `None` while it is being learnt.
    #[must_use]
    pub fn silent_from(&self) -> Option<Instant> {
        let patience = SILENT_SECONDS_MIN
            .max(self.usual_gap_seconds.unwrap_or(0.0) * USUAL_GAPS)
            .max(self.longest_gap_seconds * LONGEST_GAPS);
        self.learnt().then(|| self.last_at.plus_seconds(whole(patience)))
    }

    /// Whether it is silent at `now`. What Sakimori itself writes comes when there is something to say, and has no rhythm.
    #[must_use]
    pub fn silent(&self, now: Instant) -> bool {
        !self.source.starts_with(OWN_SOURCES) && self.silent_from().is_some_and(|from| now > from)
    }

    /// Whether its clock is off by more than [`SKEW_SECONDS_MAX`].
    #[must_use]
    pub fn clock_is_off(&self) -> bool {
        self.skew
            .seconds()
            .is_some_and(|seconds| seconds.unsigned_abs() > SKEW_SECONDS_MAX.unsigned_abs())
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "gaps of less than a century in microseconds are exact enough"
)]
fn seconds(micros: i64) -> f64 {
    micros as f64 / SECOND_MICROS as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "bounded by GAP_SECONDS_MAX times USUAL_GAPS, far below i64::MAX"
)]
fn whole(seconds: f64) -> i64 {
    seconds.ceil() as i64
}
