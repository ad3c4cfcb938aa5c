//! Who has answered a warning and who has not, the silent ones first.

use std::collections::BTreeMap;

use sakimori_words::{Instant, Organisation, OrganisationId};

use crate::answer::{Answer, AnswerState, Stage};
use crate::warning::Warning;

/// One institution or vendor the warning is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageRow {
    /// Who.
    pub organisation: Organisation,
    /// What is known of its answer.
    pub state: AnswerState,
    /// Whether no named person has answered although the deadline has passed.
    pub overdue: bool,
}

/// One office the warning was handed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeRow {
    /// Which.
    pub organisation: Organisation,
    /// How far it is; [`Stage::Acknowledged`] means relayed.
    pub state: AnswerState,
}

/// Counts over the institutions and vendors of a coverage. Each organisation is counted once, whatever routes it answered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All.
    pub expected: usize,
    /// No named person has answered: unreached, delivered or opened.
    pub silent: usize,
    /// Nothing came back at all.
    pub unreached: usize,
    /// Delivered, not opened.
    pub delivered: usize,
    /// Opened, not answered.
    pub opened: usize,
    /// A named person has answered, done or not.
    pub acknowledged: usize,
    /// Answered 該当あり.
    pub affected: usize,
    /// Answered 該当なし.
    pub not_affected: usize,
    /// Answered 確認中.
    pub checking: usize,
    /// Done.
    pub done: usize,
    /// Silent after the deadline.
    pub overdue: usize,
}

/// The state of a warning at its sender or at a relay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Institutions and vendors, the silent ones first, then by answer, then by name.
    pub rows: Vec<CoverageRow>,
    /// Offices, those that have not relayed first.
    pub offices: Vec<OfficeRow>,
    /// Counts over `rows`.
    pub counts: Counts,
}

/// The coverage of `warning` over the organisations below us, at `now`. Pure.
///
/// An organisation that answered is shown even if the rule does not name it: relays know their members better than profiles.
#[must_use]
pub fn coverage(
    warning: &Warning,
    below: &[Organisation],
    answers: &[AnswerState],
    now: Instant,
) -> Coverage {
    let answers: BTreeMap<&OrganisationId, &AnswerState> =
        answers.iter().map(|state| (&state.organisation, state)).collect();
    let mut coverage = Coverage::default();
    for organisation in below {
        let state = current(warning, answers.get(&organisation.id).copied(), &organisation.id);
        let answered = state.stage > Stage::Unreached;
        if !answered && !warning.content.addressees.reach(organisation) {
            continue;
        }
        let organisation = organisation.clone();
        if organisation.kind.is_office() {
            coverage.offices.push(OfficeRow { organisation, state });
        } else {
            let overdue = state.stage < Stage::Acknowledged && now > warning.due_at;
            coverage.rows.push(CoverageRow { organisation, state, overdue });
        }
    }
    coverage
        .rows
        .sort_by(|a, b| rank(&a.state, &a.organisation).cmp(&rank(&b.state, &b.organisation)));
    coverage
        .offices
        .sort_by(|a, b| rank(&a.state, &a.organisation).cmp(&rank(&b.state, &b.organisation)));
    coverage.counts = counts(&coverage.rows);
    coverage
}

/// The state for this revision; what was said about an earlier one does not count.
fn current(
    warning: &Warning,
    state: Option<&AnswerState>,
    organisation: &OrganisationId,
) -> AnswerState {
    state.filter(|state| state.revision == warning.revision).cloned().unwrap_or_else(|| {
        AnswerState::new(warning.key.clone(), warning.revision, organisation.clone())
    })
}

fn rank<'a>(
    state: &AnswerState,
    organisation: &'a Organisation,
) -> (Stage, Option<Answer>, &'a str, &'a str) {
    (state.stage, state.answer, organisation.name.as_str(), organisation.id.as_str())
}

fn counts(rows: &[CoverageRow]) -> Counts {
    let count = |is: &dyn Fn(&CoverageRow) -> bool| rows.iter().filter(|row| is(row)).count();
    let at = |stage| count(&|row| row.state.stage == stage);
    let answered = |answer| count(&|row| row.state.answer == Some(answer));
    Counts {
        expected: rows.len(),
        silent: count(&|row| row.state.stage < Stage::Acknowledged),
        unreached: at(Stage::Unreached),
        delivered: at(Stage::Delivered),
        opened: at(Stage::Opened),
        acknowledged: count(&|row| row.state.stage >= Stage::Acknowledged),
        affected: answered(Answer::Affected),
        not_affected: answered(Answer::NotAffected),
        checking: answered(Answer::Checking),
        done: at(Stage::Done),
        overdue: count(&|row| row.overdue),
    }
}
