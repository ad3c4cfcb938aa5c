//! Duties that a person adds, and deadlines that an office moved.

use sakimori_content::{Content, Deadline};
use sakimori_words::{Instant, Text, jst_date};
use serde::{Deserialize, Serialize};

use crate::decide::{Change, may_say, must_be_open, said, with_entry};
use crate::{
    Actor, Case, EntryKind, Moment, Obligation, RespondError, TimelineEntry, moment_words,
};

/// A deadline that was moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitMove {
    /// Which duty.
    pub obligation: String,
    /// When it was due; `None`: the rule states no number.
    pub from: Option<Instant>,
    /// When it is due now.
    pub to: Instant,
    /// Why.
    pub reason: String,
    /// Who granted it, e.g. an office and its officer; may be empty for an earlier limit.
    pub granted_by: String,
    /// When it was recorded.
    pub at: Instant,
    /// By whom.
    pub by: Actor,
}

/// Moves the deadline of an open duty, with the reason; a later one also names who granted it.
///
/// # Errors
/// When the case is closed, there is no such open duty, it is due then already, the reason is missing, or it would be due later
/// and nobody granted that.
pub fn move_limit(
    case: &Case,
    obligation: &str,
    to: Instant,
    reason: &str,
    granted_by: &str,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let known = case.obligations.iter().find(|duty| duty.id == obligation && duty.is_open());
    let duty = known
        .ok_or_else(|| RespondError::Unknown { what: "open duty", id: obligation.to_owned() })?;
    let from = duty.due_at;
    if from == Some(to) {
        return Err(RespondError::Already { what: moment_words(to).ja });
    }
    let later = from.is_some_and(|from| from < to);
    let reason = said(reason, "reason")?;
    let granted_by =
        if later { said(granted_by, "granted_by")? } else { may_say(granted_by, "granted_by")? };
    let at = moment_words(to);
    let words = Text::new(
        format!("期限を変更: {} → {}（理由: {reason}。{granted_by}）", duty.duty.ja, at.ja),
        format!("Limit moved: {} → {} (reason: {reason}. {granted_by})", duty.duty.en, at.en),
    );
    let mut after = case.clone();
    for duty in after.obligations.iter_mut().filter(|duty| duty.id == obligation) {
        duty.due_at = Some(to);
    }
    after.room.limit_moves.push(LimitMove {
        obligation: obligation.to_owned(),
        from,
        to,
        reason,
        granted_by,
        at: moment.now,
        by: moment.by.clone(),
    });
    let entry = TimelineEntry::now(&case.id, EntryKind::Decision, words, moment);
    Ok(with_entry(after, "limit_moved", entry))
}

/// Duties that start only when a person says that they apply, and that the case does not have.
#[must_use]
pub fn addable_duties<'a>(case: &Case, content: &'a Content, now: Instant) -> Vec<&'a Deadline> {
    let has = |id: &str| case.obligations.iter().any(|duty| duty.id == id);
    let today = content.deadlines(jst_date(now));
    today.filter(|deadline| deadline.on_request && !has(&deadline.id)).collect()
}

/// Adds a duty that applies only to some institutions. Its clock starts when the organisation knew, not when it was added.
///
/// # Errors
/// When the case is closed or there is no such duty to add.
pub fn add_duty(
    case: &Case,
    deadline: &str,
    content: &Content,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let all = addable_duties(case, content, moment.now);
    let found = all.into_iter().find(|one| one.id == deadline);
    let found =
        found.ok_or_else(|| RespondError::Unknown { what: "duty", id: deadline.to_owned() })?;
    let words = Text::new(
        format!("報告先に追加: {}", found.duty.ja),
        format!("Duty added: {}", found.duty.en),
    );
    let mut after = case.clone();
    after.obligations.push(Obligation::new(found, case.knew_at, moment.now));
    let entry = TimelineEntry::now(&case.id, EntryKind::Decision, words, moment);
    Ok(with_entry(after, "duty_added", entry))
}
