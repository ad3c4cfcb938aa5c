//! The case room: where handling, services and disclosure stand beside evidence and duties, and what is decided and followed.
//!
//! Five regions move on their own (decision record 0021): an incident can be contained while care is on paper, evidence is
//! being collected, the police know and the press does not. Each keeps its steps in order; nothing is edited, so that every
//! region can be shown as it was at any moment.

mod decisions;
mod desk;
mod disclosure;
mod evidence;
mod limits;
mod phase;
mod playbooks;
mod regions;
mod services;

use sakimori_words::Instant;
use serde::{Deserialize, Serialize};

use crate::decide::{may_say, said};
use crate::tasks::Task;
use crate::{Actor, Moment, RespondError};

pub use decisions::{Choosing, Decision, choose, reviews_due};
pub use disclosure::{
    Disclosure, DisclosureStep, PatientNotice, PatientNoticeStep, disclose, notify_patients,
};
pub use evidence::{EvidenceCounts, EvidenceStanding};
pub use limits::{LimitMove, add_duty, addable_duties, move_limit};
pub use phase::{MhlwPhase, Phase, PhaseStep, advance};
pub(crate) use phase::{ended, follow_judgement, reopened};
pub(crate) use playbooks::step_behind;
pub use playbooks::{Followed, follow, followed, plays, step_key};
pub use regions::{DutyCounts, Regions, regions};
pub use services::{
    Service, ServiceChange, ServiceState, ServiceStep, Substitute, add_service, change_service,
};

/// What the room adds to the record of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CaseRoom {
    /// How handling went on, in order; empty in cases of older versions.
    pub phases: Vec<PhaseStep>,
    /// Care and services, in the order of their priority.
    pub services: Vec<Service>,
    /// How far telling the public is, in order.
    pub disclosure: Vec<DisclosureStep>,
    /// How far telling patients is, in order.
    pub patient_notice: Vec<PatientNoticeStep>,
    /// Tasks in the order they were made.
    pub tasks: Vec<Task>,
    /// Playbooks followed besides the one of the opening, in order.
    pub playbooks: Vec<Followed>,
    /// Decisions other than those on isolation, in order.
    pub decisions: Vec<Decision>,
    /// Deadlines that were moved, with the reason.
    pub limit_moves: Vec<LimitMove>,
}

/// Who decided a step and when it was taken, as a person says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taking {
    /// Name of the decider; empty: whoever writes it down.
    pub decided_by: String,
    /// Position of the decider; may be empty.
    pub decider_role: String,
    /// When; `None`: now.
    pub at: Option<Instant>,
}

/// Who decided a step, when it was taken and who wrote it down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// When it was taken.
    pub at: Instant,
    /// Name of the decider.
    pub decided_by: String,
    /// Position of the decider; may be empty.
    pub decider_role: String,
    /// When it was written down.
    pub recorded_at: Instant,
    /// Who wrote it down.
    pub recorded_by: Actor,
}

impl Taken {
    /// A step taken now by whoever writes it down.
    #[must_use]
    pub fn now(moment: Moment<'_>) -> Self {
        Self {
            at: moment.now,
            decided_by: moment.by.name.clone(),
            decider_role: moment.by.role.clone(),
            recorded_at: moment.now,
            recorded_by: moment.by.clone(),
        }
    }

    /// The decider with position, e.g. `山田 太郎（病院長）`.
    #[must_use]
    pub fn decider(&self) -> sakimori_words::Text {
        Actor::new("", &*self.decided_by, &*self.decider_role).words()
    }
}

/// What a person said, checked: not in the future, and not before the step it follows.
fn taken(
    taking: &Taking,
    after: Option<Instant>,
    moment: Moment<'_>,
) -> Result<Taken, RespondError> {
    let at = taking.at.unwrap_or(moment.now);
    if at > moment.now {
        return Err(RespondError::InFuture { what: "at" });
    }
    if after.is_some_and(|before| at < before) && taking.at.is_some() {
        return Err(RespondError::OutOfOrder { what: "at" });
    }
    let named = !taking.decided_by.trim().is_empty();
    let (decided_by, decider_role) = if named {
        (said(&taking.decided_by, "decided_by")?, may_say(&taking.decider_role, "decider_role")?)
    } else {
        (moment.by.name.clone(), moment.by.role.clone())
    };
    Ok(Taken {
        at,
        decided_by,
        decider_role,
        recorded_at: moment.now,
        recorded_by: moment.by.clone(),
    })
}

/// Refuses an act on something that somebody else has moved since the person looked: `seen` is how many steps there were.
pub(crate) fn as_seen(
    seen: Option<usize>,
    n_steps: usize,
    last: Option<(&Actor, Instant)>,
) -> Result<(), RespondError> {
    match (seen, last) {
        (Some(seen), Some((by, at))) if seen != n_steps => {
            Err(RespondError::MovedMeanwhile { by: by.name.clone(), at })
        }
        _ => Ok(()),
    }
}
