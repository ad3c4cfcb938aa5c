//! The list of cases: what an officer must see first, filters, and cases that may be the same. Pure.

use sakimori_words::{Instant, SECOND_MICROS};

use super::case::{Awareness, OfficeCase};
use crate::Standing;

/// An institution that was not heard of for so long counts as silent. Our own aim; the notices give no number.
pub const SILENT_HOURS: i64 = 24;

/// Which cases a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Also finished ones. Cases that went on in another are never listed.
    pub closed: bool,
    /// Only those that became known so.
    pub awareness: Option<Awareness>,
    /// Only those whose report to the ministry is open.
    pub unreported: bool,
    /// Only those whose number, title or institution holds this text.
    pub text: String,
}

impl CaseFilter {
    /// Whether the list shows the case.
    #[must_use]
    pub fn takes(&self, case: &OfficeCase) -> bool {
        let text = self.text.trim();
        let named = [&case.number, &case.title, &case.institution.name];
        case.goes_on_in().is_none()
            && (self.closed || case.is_open())
            && self.awareness.is_none_or(|awareness| awareness == case.awareness)
            && (!self.unreported || case.duties.iter().any(crate::Obligation::is_open))
            && (text.is_empty() || named.iter().any(|name| name.contains(text)))
    }
}

/// Whether nothing was heard of the institution for [`SILENT_HOURS`] while the case is open.
#[must_use]
pub fn is_silent(case: &OfficeCase, now: Instant) -> bool {
    case.is_open() && now.micros_since(case.heard_at) >= SILENT_HOURS * 3_600 * SECOND_MICROS
}

/// Puts the most pressing first: silent ones, then those past their clock, unread ones, the rest newest first; finished last.
pub fn in_order(cases: &mut [OfficeCase], now: Instant) {
    cases.sort_by_key(|case| {
        let late = case
            .duties
            .iter()
            .any(|duty| matches!(duty.standing(now), Standing::Overdue | Standing::Pressing));
        let known = std::cmp::Reverse(case.known_at);
        (!case.is_open(), !is_silent(case, now), !late, !case.read_by.is_empty(), known)
    });
}

/// Cases that may be the same incident as `case`: same institution, both open, and nobody has said that they differ.
#[must_use]
pub fn proposals<'a>(case: &OfficeCase, all: &'a [OfficeCase]) -> Vec<&'a OfficeCase> {
    let parted = |one: &OfficeCase, other: &OfficeCase| one.different_from.contains(&other.id);
    all.iter()
        .filter(|other| {
            other.id != case.id
                && case.is_open()
                && other.is_open()
                && case.exercise == other.exercise
                && case.institution.is_same_as(&other.institution)
                && !parted(case, other)
                && !parted(other, case)
        })
        .collect()
}
