//! The timeline of a case: append-only; a mistake is corrected by a further entry that points at it.

use sakimori_words::{CaseId, EvidenceRef, Instant, Text, new_uuid7};
use serde::{Deserialize, Serialize};

use crate::{Actor, Moment};

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Something that is so.
    Fact,
    /// Something that was done.
    Action,
    /// Something that was decided.
    Decision,
    /// Somebody was told.
    Contact,
    /// Something we suppose.
    Hypothesis,
    /// An earlier entry was wrong.
    Correction,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// Its id; ids sort in the order of recording.
    pub id: String,
    /// The case.
    pub case: CaseId,
    /// When it happened.
    pub at: Instant,
    /// When it was written down.
    pub recorded_at: Instant,
    /// Who wrote it down.
    pub by: Actor,
    /// What it is.
    pub kind: EntryKind,
    /// What happened. What a person typed is the same in both languages.
    pub text: Text,
    /// The entry it corrects.
    pub corrects: Option<String>,
    /// The events behind it.
    pub evidence: Vec<EvidenceRef>,
    /// How exactly the time it happened is known.
    #[serde(default, skip_serializing_if = "Precision::is_exact")]
    pub precision: Precision,
    /// The hypothesis it settles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settles: Option<Settled>,
}

/// How exactly a time is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// To the minute.
    #[default]
    Exact,
    /// About that time (午前2時ごろ).
    About,
    /// Only the day.
    Day,
}

impl Precision {
    /// Whether it is known to the minute.
    #[must_use]
    pub const fn is_exact(&self) -> bool {
        matches!(self, Self::Exact)
    }
}

/// What became of a hypothesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is so.
    Confirmed,
    /// It is not so.
    Refuted,
}

/// That an entry settles a hypothesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The hypothesis, by the id of its entry.
    pub entry: String,
    /// What became of it.
    pub verdict: Verdict,
}

/// A line of the timeline as a person says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noting {
    /// What it is.
    pub kind: EntryKind,
    /// What happened.
    pub text: String,
    /// When; `None`: now.
    pub at: Option<Instant>,
    /// How exactly that is known.
    pub precision: Precision,
}

impl TimelineEntry {
    /// An entry about something that happens now.
    #[must_use]
    pub fn now(case: &CaseId, kind: EntryKind, text: Text, moment: Moment<'_>) -> Self {
        Self {
            id: new_uuid7(moment.now, moment.chance),
            case: case.clone(),
            at: moment.now,
            recorded_at: moment.now,
            by: moment.by.clone(),
            kind,
            text,
            corrects: None,
            evidence: Vec::new(),
            precision: Precision::Exact,
            settles: None,
        }
    }
}
