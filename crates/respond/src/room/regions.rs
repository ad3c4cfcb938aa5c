//! The five regions of a case at a moment.

use sakimori_words::Instant;

use super::{
    Disclosure, EvidenceStanding, MhlwPhase, PatientNotice, Phase, Service, ServiceState,
    ServiceStep,
};
use crate::{Case, Obligation, ObligationState, Standing};

/// How many duties stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DutyCounts {
    /// Past their limit.
    pub overdue: usize,
    /// To be done.
    pub open: usize,
    /// Sent, receipt awaited.
    pub sent: usize,
    /// Fulfilled.
    pub met: usize,
    /// Do not apply.
    pub excused: usize,
}

/// Where the five regions of a case stand at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regions<'a> {
    /// Handling; `None` before anything was noticed.
    pub phase: Option<Phase>,
    /// The ministry's phase that follows from it.
    pub mhlw: Option<MhlwPhase>,
    /// Evidence, as it stands now.
    pub evidence: EvidenceStanding,
    /// Duties.
    pub duties: DutyCounts,
    /// Services with the step that held; `None`: ran as always.
    pub services: Vec<(&'a Service, Option<&'a ServiceStep>)>,
    /// Telling the public.
    pub disclosure: Disclosure,
    /// Telling patients.
    pub patient_notice: PatientNotice,
}

impl Regions<'_> {
    /// Services that do not run as always.
    #[must_use]
    pub fn disturbed(&self) -> usize {
        let disturbed = |step: &&ServiceStep| {
            !matches!(step.state, ServiceState::Normal | ServiceState::Restored)
        };
        self.services.iter().filter_map(|(_, step)| *step).filter(disturbed).count()
    }
}

/// The regions as they stood at `at`, by when things happened, not by when they were written down. `evidence` comes from the
/// custody record.
#[must_use]
pub fn regions(case: &Case, evidence: EvidenceStanding, at: Instant) -> Regions<'_> {
    let phase = case.phase_at(at);
    let disclosure = case.room.disclosure.iter().rfind(|step| step.taken.at <= at);
    let notice = case.room.patient_notice.iter().rfind(|step| step.taken.at <= at);
    Regions {
        phase,
        mhlw: phase.and_then(Phase::mhlw),
        evidence,
        duties: duties_at(case, at),
        services: case.room.services.iter().map(|one| (one, one.step_at(at))).collect(),
        disclosure: disclosure.map(|step| step.state).unwrap_or_default(),
        patient_notice: notice.map(|step| step.state.clone()).unwrap_or_default(),
    }
}

fn duties_at(case: &Case, at: Instant) -> DutyCounts {
    let mut counts = DutyCounts::default();
    for duty in case.obligations.iter().filter(|duty| duty.anchor_at <= at) {
        let count = match standing_at(duty, at) {
            Standing::Overdue => &mut counts.overdue,
            Standing::Pressing | Standing::Open => &mut counts.open,
            Standing::Sent => &mut counts.sent,
            Standing::Met => &mut counts.met,
            Standing::Excused => &mut counts.excused,
        };
        *count += 1;
    }
    counts
}

/// How a duty stood at `at`; what was done about it later had not been done yet.
fn standing_at(duty: &Obligation, at: Instant) -> Standing {
    let done_at = match &duty.state {
        ObligationState::Open => None,
        ObligationState::Sent { at, .. }
        | ObligationState::Met { at, .. }
        | ObligationState::Excused { at, .. } => Some(*at),
    };
    if done_at.is_some_and(|done| done > at) {
        let open = Obligation { state: ObligationState::Open, ..duty.clone() };
        return open.standing(at);
    }
    duty.standing(at)
}
