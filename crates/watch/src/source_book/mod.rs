//! The source book: what each log source has sent, and whether it has fallen silent by its own rhythm.
//!
//! The rule, so that it can be explained to whoever is woken by it. A source is judged once it has sent at least 20 events
//! over at least an hour; before that it is being learnt. It counts as silent when nothing came for longer than the longest of
//!
//! - 15 minutes,
//! - ten times its usual gap (a mean in which newer gaps count more),
//! - one and a half times the longest gap of late, so that a machine that rests every night or weekend is not reported
//!   every night and weekend. That gap is forgotten by half every week, and one outage never counts for more than three days.

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
    /// What came on each day on which something came, oldest first; the last [`DAYS_KEPT`] days.
    #[serde(default)]
    pub days: Vec<DayCount>,
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
            Some(state) => state.note(event.received_at, understood),
            None => {
                let state = SourceState::new(&event.source, event.received_at, understood);
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

    /// Whether it is silent at `now`.
    #[must_use]
    pub fn silent(&self, now: Instant) -> bool {
        self.silent_from().is_some_and(|from| now > from)
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
