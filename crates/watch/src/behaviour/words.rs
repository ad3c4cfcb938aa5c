//! What a finding of behaviour says: the words of its kind, and what was seen against what was usual.

use sakimori_words::{Event, EvidenceRef, Finding, Instant, Level, SECOND_MICROS, Text};

use crate::detector::involved;
use crate::{Day, DayCount};

/// Longest one-line summary, in characters.
const SUMMARY_CHARS_MAX: usize = 1_000;

/// What all findings of one kind say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    /// Its own id.
    pub(super) id: &'static str,
    /// What happened, Japanese and English.
    pub(super) title: [&'static str; 2],
    /// What to do next.
    pub(super) next_step: [&'static str; 2],
    /// How serious.
    pub(super) level: Level,
    /// ATT&CK tags.
    pub(super) tags: &'static [&'static str],
    /// The clause of a notice behind it.
    pub(super) clause: &'static str,
}

/// An event being looked at.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) event: &'a Event,
    pub(super) evidence: &'a dyn Fn() -> EvidenceRef,
    /// When it happened.
    pub(super) at: Instant,
    /// When the learning began.
    pub(super) since: Instant,
}

/// What one finding says beyond the words of its kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// What was seen, and what was usual.
    pub(super) reason: Text,
    pub(super) host: String,
    pub(super) user: String,
    pub(super) summary: String,
    pub(super) evidence: Vec<EvidenceRef>,
}

impl Look<'_> {
    /// The day in Japan on which it happened.
    pub(super) const fn day(&self) -> Day {
        DayCount::day_of(self.at)
    }

    /// Whether what was seen first at `first_at` has been known for so many days, and so has everything.
    pub(super) fn known_for(&self, first_at: Instant, n_days: i64) -> bool {
        let known = first_at.max(self.since).plus_days(n_days);
        self.at >= known
    }

    /// Whole days since `first_at`, or since the learning began.
    pub(super) fn n_days_since(&self, first_at: Instant) -> i64 {
        self.at.micros_since(first_at.max(self.since)) / (86_400 * SECOND_MICROS)
    }

    /// The finding that these words and this event make.
    pub(super) fn finding(&self, words: &Words, said: Said) -> Finding {
        let text = |[ja, en]: [&str; 2]| Text::new(ja, en);
        Finding {
            id: "".into(),
            time: self.at,
            found_at: self.event.received_at,
            rule_id: words.id.to_owned(),
            title: text(words.title),
            reason: said.reason,
            next_step: text(words.next_step),
            level: words.level,
            tags: words.tags.iter().map(|tag| (*tag).to_owned()).collect(),
            author: "Sakimori".to_owned(),
            clause: words.clause.to_owned(),
            source: self.event.source.chars().take(SUMMARY_CHARS_MAX / 4).collect(),
            host: said.host,
            user: said.user,
            involved: involved(self.event),
            summary: said.summary.chars().take(SUMMARY_CHARS_MAX).collect(),
            evidence: said.evidence,
        }
    }
}

/// Bytes as people say them: `3.2 GB`.
pub(super) fn bytes(n_bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match UNITS.iter().find(|(_, size)| n_bytes >= *size) {
        Some((unit, size)) => {
            let tenths = n_bytes / (size / 10);
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{n_bytes} B"),
    }
}
