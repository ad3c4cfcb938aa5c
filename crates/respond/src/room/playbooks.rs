//! Playbooks a case follows besides the one of its opening. Marks on their steps stay, whatever is followed later.

use sakimori_content::{Content, Playbook, Step};
use sakimori_words::{Instant, Text, jst_date};
use serde::{Deserialize, Serialize};

use crate::decide::{Change, must_be_open, with_entry};
use crate::{Actor, Case, EntryKind, Moment, RespondError, TimelineEntry};

/// A playbook that was added to a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    /// Its id.
    pub id: String,
    /// The version it had then.
    pub version: String,
    /// Since when it is followed.
    pub since: Instant,
    /// Who added it.
    pub by: Actor,
}

/// Adds a playbook to a case.
///
/// # Errors
/// When the case is closed, there is no such playbook today, or the case follows it already.
pub fn follow(
    case: &Case,
    playbook: &str,
    content: &Content,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let known = content
        .playbook(playbook, jst_date(moment.now))
        .ok_or_else(|| RespondError::Unknown { what: "playbook", id: playbook.to_owned() })?;
    if follows(case, playbook) {
        return Err(RespondError::Already { what: known.title.ja.clone() });
    }
    let words = Text::new(
        format!("手順書に沿って対応: {}", known.title.ja),
        format!("Playbook followed: {}", known.title.en),
    );
    let mut after = case.clone();
    after.room.playbooks.push(Followed {
        id: known.id.clone(),
        version: known.version.clone(),
        since: moment.now,
        by: moment.by.clone(),
    });
    let entry = TimelineEntry::now(&case.id, EntryKind::Action, words, moment);
    Ok(with_entry(after, "playbook_followed", entry))
}

/// The playbooks a case follows, that of its opening first, each with the moment its minutes count from.
#[must_use]
pub fn followed<'a>(
    case: &Case,
    content: &'a Content,
    now: Instant,
) -> Vec<(&'a Playbook, Instant)> {
    let [id, version] = &case.playbook;
    let first = std::iter::once((id.as_str(), version.as_str(), case.knew_at));
    let added = case.room.playbooks.iter();
    let added = added.map(|one| (one.id.as_str(), one.version.as_str(), one.since));
    first
        .chain(added)
        .filter_map(|(id, version, since)| {
            let playbook = content.playbook_version(id, version);
            let playbook = playbook.or_else(|| content.playbook(id, jst_date(now)))?;
            Some((playbook, since))
        })
        .collect()
}

/// Playbooks that could be added to the case today.
#[must_use]
pub fn plays<'a>(case: &Case, content: &'a Content, now: Instant) -> Vec<&'a Playbook> {
    let today = content.playbooks(jst_date(now));
    today.filter(|playbook| !follows(case, &playbook.id)).collect()
}

/// The key under which a case marks a step: the step's id, for an added playbook with the playbook's id before it.
#[must_use]
pub fn step_key(case: &Case, playbook: &str, step: &str) -> String {
    let [first, _] = &case.playbook;
    if first == playbook { step.to_owned() } else { format!("{playbook}/{step}") }
}

/// The step behind a key, with the moment its minutes count from.
pub(crate) fn step_behind<'a>(
    case: &Case,
    key: &str,
    content: &'a Content,
    now: Instant,
) -> Result<(&'a Step, Instant), RespondError> {
    let all = followed(case, content, now);
    let [first, _] = &case.playbook;
    let (playbook, step) = key.split_once('/').unwrap_or((first, key));
    let found = all.iter().find(|(known, _)| known.id == playbook);
    let (known, since) =
        found.ok_or(RespondError::ContentLacks { what: "playbook of this case" })?;
    let step = known.step(step);
    let step = step.ok_or_else(|| RespondError::Unknown { what: "step", id: key.to_owned() })?;
    Ok((step, *since))
}

fn follows(case: &Case, playbook: &str) -> bool {
    let [first, _] = &case.playbook;
    first == playbook || case.room.playbooks.iter().any(|known| known.id == playbook)
}
