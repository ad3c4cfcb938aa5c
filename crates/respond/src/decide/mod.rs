//! What may happen to a case: pure functions from the record and an act to the changed record.
//!
//! They read no clock and keep nothing; [`crate::CaseDesk`] commits what they return, so every rule of the state machines can
//! be tested by calling them.

mod record;
mod reports;

pub use record::{
    add_findings, answer, close, correct, decide_isolation, dismiss, excuse, hand_in, judge,
    mark_step, note, note_with, open, record_call, release_hold, reopen,
};
pub(crate) use record::{meet, with_entry};
pub use reports::{
    approve, approve_alone, draft, refresh, submit, take_reply, wire_body, withdraw_approval,
};

pub use crate::room::{
    add_duty, add_service, advance, change_service, choose, disclose, follow, move_limit,
    notify_patients,
};
pub use crate::tasks::{add_step_task, add_task, assign_task, mark_task, move_task};
use crate::{Case, Report, RespondError, TimelineEntry};

/// What an act changes: everything here is committed together, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What happened, as the journal names it: `suspicion_opened`.
    pub kind: &'static str,
    /// The case afterwards.
    pub case: Case,
    /// What the timeline gains.
    pub entries: Vec<TimelineEntry>,
    /// The report afterwards, when the act was about one.
    pub report: Option<Report>,
    /// Whether the act placed or lifted the evidence hold.
    pub hold_changed: bool,
}

/// Longest text a person may type into one place, in characters.
pub const TEXT_CHARS_MAX: usize = 4_000;

/// The text without surrounding blanks, refused when it is empty.
pub(crate) fn said(text: &str, what: &'static str) -> Result<String, RespondError> {
    let text = may_say(text, what)?;
    if text.is_empty() { Err(RespondError::Missing { what }) } else { Ok(text) }
}

/// The text without surrounding blanks; may be empty, may not be endless.
pub(crate) fn may_say(text: &str, what: &'static str) -> Result<String, RespondError> {
    let text = text.trim();
    let n_chars = text.chars().count();
    if n_chars > TEXT_CHARS_MAX {
        return Err(RespondError::TooLong { what, n_chars, max_chars: TEXT_CHARS_MAX });
    }
    Ok(text.to_owned())
}

pub(crate) fn must_be_open(case: &Case) -> Result<(), RespondError> {
    if case.is_open() { Ok(()) } else { Err(RespondError::CaseClosed) }
}
