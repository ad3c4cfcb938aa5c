//! Decisions of any kind: the question, what could be done, what was chosen by whom, and when it is looked at again.

use sakimori_words::{Instant, Text, new_uuid7};
use serde::{Deserialize, Serialize};

use super::{Taken, Taking, taken};
use crate::decide::{Change, may_say, must_be_open, said, with_entry};
use crate::{Case, EntryKind, Moment, RespondError, TimelineEntry, moment_words};

/// Most options one decision names.
const OPTIONS_MAX: usize = 12;

/// A decision as a person says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choosing {
    /// The question.
    pub question: String,
    /// What could be done; the chosen one need not be among them.
    pub options: Vec<String>,
    /// What is done.
    pub chosen: String,
    /// What it means for patients and staff; `調査中` is an answer.
    pub clinical_impact: String,
    /// When it is taken back; may be empty.
    pub revert_condition: String,
    /// When it is looked at again; `None`: it is not.
    pub review_at: Option<Instant>,
    /// When, and who decided.
    pub taking: Taking,
    /// The decision it replaces.
    pub supersedes: Option<String>,
}

/// A decision as the record keeps it. Never edited: a new one supersedes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its id.
    pub id: String,
    /// The question.
    pub question: String,
    /// What could be done.
    pub options: Vec<String>,
    /// What is done.
    pub chosen: String,
    /// What it means for patients and staff.
    pub clinical_impact: String,
    /// When it is taken back; may be empty.
    pub revert_condition: String,
    /// When it is looked at again.
    pub review_at: Option<Instant>,
    /// When, and who decided.
    pub taken: Taken,
    /// The decision it replaces.
    pub supersedes: Option<String>,
}

impl Case {
    /// The decision that replaced `id`, if one did.
    #[must_use]
    pub fn superseded_by(&self, id: &str) -> Option<&Decision> {
        self.room.decisions.iter().find(|one| one.supersedes.as_deref() == Some(id))
    }
}

/// Records a decision; one that it replaces stays and is superseded.
///
/// # Errors
/// When the case is closed, question, choice or impact on care is missing, a text is endless, the time is in the future, there is
/// no decision to replace, or somebody else has replaced it already.
pub fn choose(
    case: &Case,
    choosing: &Choosing,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    if let Some(replaced) = &choosing.supersedes {
        replaceable(case, replaced)?;
    }
    let decision = decided(choosing, moment)?;
    let mut entry =
        TimelineEntry::now(&case.id, EntryKind::Decision, decision_words(&decision), moment);
    entry.at = decision.taken.at;
    let mut after = case.clone();
    after.room.decisions.push(decision);
    Ok(with_entry(after, "decided", entry))
}

/// Questions whose decision is to be looked at again, with the moment it is due; the longest overdue first.
#[must_use]
pub fn reviews_due(case: &Case, now: Instant) -> Vec<(Text, Instant)> {
    let general = case.room.decisions.iter().filter(|one| case.superseded_by(&one.id).is_none());
    let general =
        general.filter_map(|one| Some((Text::new(&*one.question, &*one.question), one.review_at?)));
    let isolation = case.isolation().map(|one| (one.question.clone(), one.review_at));
    let mut due: Vec<(Text, Instant)> = general.chain(isolation).collect();
    due.retain(|(_, at)| *at <= now);
    due.sort_by_key(|(_, at)| *at);
    due
}

fn replaceable(case: &Case, id: &str) -> Result<(), RespondError> {
    if !case.room.decisions.iter().any(|one| one.id == id) {
        return Err(RespondError::Unknown { what: "decision", id: id.to_owned() });
    }
    match case.superseded_by(id) {
        Some(newer) => {
            let (by, at) = (newer.taken.recorded_by.name.clone(), newer.taken.recorded_at);
            Err(RespondError::MovedMeanwhile { by, at })
        }
        None => Ok(()),
    }
}

fn decided(choosing: &Choosing, moment: Moment<'_>) -> Result<Decision, RespondError> {
    if choosing.options.len() > OPTIONS_MAX {
        return Err(RespondError::TooMany { what: "options", max: OPTIONS_MAX });
    }
    let options: Result<Vec<String>, RespondError> = choosing
        .options
        .iter()
        .filter(|option| !option.trim().is_empty())
        .map(|option| said(option, "options"))
        .collect();
    Ok(Decision {
        id: new_uuid7(moment.now, moment.chance),
        question: said(&choosing.question, "question")?,
        options: options?,
        chosen: said(&choosing.chosen, "chosen")?,
        clinical_impact: said(&choosing.clinical_impact, "clinical_impact")?,
        revert_condition: may_say(&choosing.revert_condition, "revert_condition")?,
        review_at: choosing.review_at,
        taken: taken(&choosing.taking, None, moment)?,
        supersedes: choosing.supersedes.clone(),
    })
}

fn decision_words(decision: &Decision) -> Text {
    let who = decision.taken.decider();
    let mut text = Text::new(
        format!(
            "判断: {} → {}（{}）。診療への影響: {}",
            decision.question, decision.chosen, who.ja, decision.clinical_impact
        ),
        format!(
            "Decision: {} → {} ({}). Impact on care: {}",
            decision.question, decision.chosen, who.en, decision.clinical_impact
        ),
    );
    if !decision.revert_condition.is_empty() {
        text.ja.push_str(&format!("。取りやめる条件: {}", decision.revert_condition));
        text.en.push_str(&format!(". Taken back when: {}", decision.revert_condition));
    }
    if let Some(at) = decision.review_at {
        let at = moment_words(at);
        text.ja.push_str(&format!("。見直し: {}", at.ja));
        text.en.push_str(&format!(". Review: {}", at.en));
    }
    text
}
