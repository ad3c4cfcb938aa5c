//! Duties to tell somebody, each with a clock that is set once.

use sakimori_content::{Deadline, Recipient};
use sakimori_words::{Instant, ReportId, Text, jst_date, wareki};
use serde::{Deserialize, Serialize};

use crate::Actor;

/// One duty of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligation {
    /// The deadline's id, e.g. `ppc-prompt`; once per case.
    pub id: String,
    /// Duties of one group are fulfilled together.
    pub group: String,
    /// Who is to be told.
    pub recipient: Recipient,
    /// What is to be done.
    pub duty: Text,
    /// The limit as the rule words it.
    pub limit_words: Text,
    /// The moment the clock started.
    pub anchor_at: Instant,
    /// When it is due; `None` when the rule states no number. Fixed when the duty arose; never moves.
    pub due_at: Option<Instant>,
    /// When we remind although the rule states no number. Fixed as well.
    pub remind_at: Option<Instant>,
    /// Whether an answered call is enough.
    pub met_by_call: bool,
    /// Whether only a final report fulfils it.
    pub final_report: bool,
    /// The document and the clause or article behind it.
    pub basis: String,
    /// When the duty arose.
    pub opened_at: Instant,
    /// How it stands.
    pub state: ObligationState,
}

/// How a duty stands. Being overdue is not a state: it is read off the clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ObligationState {
    /// Nobody was told yet.
    Open,
    /// The report is on its way; no receipt yet.
    Sent {
        /// When it was handed over.
        at: Instant,
        /// Which report.
        report: ReportId,
    },
    /// They know.
    Met {
        /// Since when.
        at: Instant,
        /// How it is known: receipt number, who answered.
        how: Text,
    },
    /// It does not apply, with the reason of a named person.
    Excused {
        /// When that was decided.
        at: Instant,
        /// By whom.
        by: Actor,
        /// Why.
        reason: String,
    },
}

/// How a duty stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The limit has passed.
    Overdue,
    /// No number in the rule, but our reminder has passed.
    Pressing,
    /// To be done.
    Open,
    /// Sent, receipt awaited.
    Sent,
    /// Done.
    Met,
    /// Does not apply.
    Excused,
}

/// A report handed in outside the federation: a web form, a visit, a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandIn {
    /// How, e.g. `個人情報保護委員会 報告フォーム`.
    pub channel: String,
    /// Receipt number, empty when none was given.
    pub receipt_number: String,
    /// When; `None`: now.
    pub at: Option<Instant>,
}

impl Obligation {
    /// The duty that a deadline makes when its clock starts at `anchor`.
    #[must_use]
    pub fn new(deadline: &Deadline, anchor: Instant, now: Instant) -> Self {
        Self {
            id: deadline.id.clone(),
            group: deadline.group.clone(),
            recipient: deadline.recipient,
            duty: deadline.duty.clone(),
            limit_words: deadline.limit_words.clone(),
            anchor_at: anchor,
            due_at: deadline.due_at(anchor),
            remind_at: deadline.remind_at(anchor),
            met_by_call: deadline.met_by_call,
            final_report: deadline.final_report,
            basis: deadline.provenance.citation(),
            opened_at: now,
            state: ObligationState::Open,
        }
    }

    /// How it stands at `now`.
    #[must_use]
    pub fn standing(&self, now: Instant) -> Standing {
        match &self.state {
            ObligationState::Met { .. } => Standing::Met,
            ObligationState::Excused { .. } => Standing::Excused,
            ObligationState::Sent { .. } => Standing::Sent,
            ObligationState::Open if self.due_at.is_some_and(|due| due < now) => Standing::Overdue,
            ObligationState::Open if self.remind_at.is_some_and(|at| at < now) => {
                Standing::Pressing
            }
            ObligationState::Open => Standing::Open,
        }
    }

    /// Whether `other` adds nothing to this duty: it is the same, or one of its group that is due no earlier. A duty that does
    /// not apply covers no other: excusing one of a group does not lose the rest.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let due = |duty: &Self| duty.due_at.unwrap_or(Instant::from_micros(i64::MAX));
        let same_group = self.group == other.group && !self.is_excused();
        self.id == other.id || (same_group && due(self) <= due(other))
    }

    /// The limit as the rule words it, with the day it falls on when there is one.
    #[must_use]
    pub fn limit_with_date(&self) -> Text {
        let Some(due_at) = self.due_at else { return self.limit_words.clone() };
        let day = jst_date(due_at);
        Text::new(
            format!("{}、期限 {}", self.limit_words.ja, wareki(day)),
            format!("{}, due {day}", self.limit_words.en),
        )
    }

    /// Whether somebody still has to act.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, ObligationState::Open)
    }

    /// Whether it was decided that it does not apply.
    #[must_use]
    pub const fn is_excused(&self) -> bool {
        matches!(self.state, ObligationState::Excused { .. })
    }

    /// Whether it was fulfilled after its limit.
    #[must_use]
    pub fn was_late(&self) -> bool {
        let done_at = match &self.state {
            ObligationState::Met { at, .. } | ObligationState::Sent { at, .. } => *at,
            ObligationState::Open | ObligationState::Excused { .. } => return false,
        };
        self.due_at.is_some_and(|due| due < done_at)
    }
}
