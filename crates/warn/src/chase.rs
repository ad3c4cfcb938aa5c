//! What an office does about those who have not answered: remind, then telephone.

use sakimori_words::{Instant, OrganisationId};

use crate::answer::Stage;
use crate::coverage::CoverageRow;
use crate::warning::Warning;

/// By what means an organisation is chased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChaseBy {
    /// 電話: the deadline passed, or half of the time passed and the node did not even receive it.
    Telephone,
    /// 督促: half of the time passed.
    Reminder,
}

/// One organisation to be chased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chase {
    /// Who.
    pub organisation: OrganisationId,
    /// How.
    pub by: ChaseBy,
}

/// Decides what to do about those of `rows` who have not answered `warning`. Pure: reads no clock, sends nothing. Telephone calls
/// first.
#[must_use]
pub fn chase(warning: &Warning, rows: &[CoverageRow], now: Instant) -> Vec<Chase> {
    if warning.content.withdrawn.is_some() {
        return vec![];
    }
    let half = warning.due_at.micros_since(warning.released_at) / 2;
    let half_passed = now.micros_since(warning.released_at) >= half;
    let mut chases: Vec<Chase> = rows
        .iter()
        .filter_map(|row| {
            let by = means(row, half_passed)?;
            Some(Chase { organisation: row.organisation.id.clone(), by })
        })
        .collect();
    chases.sort_by_key(|chase| chase.by);
    chases
}

fn means(row: &CoverageRow, half_passed: bool) -> Option<ChaseBy> {
    if row.state.stage >= Stage::Acknowledged || row.state.call.is_some() {
        return None;
    }
    if row.overdue || (half_passed && row.state.stage == Stage::Unreached) {
        return Some(ChaseBy::Telephone);
    }
    half_passed.then_some(ChaseBy::Reminder)
}
