//! What an office does about those who have not answered: remind, remind their deputies, telephone. Pure: reads no clock, sends nothing.

use sakimori_content::{ChaseAct, Content};
use sakimori_words::Instant;
use serde::{Deserialize, Serialize};

use crate::answer::Stage;
use crate::warning::{Signer, Warning};

/// Something that is due about those who have not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChaseStep {
    /// From when.
    pub at: Instant,
    /// What.
    pub act: ChaseAct,
}

/// The steps for a warning by the rule of its class, in the order of time. None for one that was withdrawn.
#[must_use]
pub fn chase_steps(warning: &Warning, content: &Content) -> Vec<ChaseStep> {
    if warning.content.withdrawn.is_some() {
        return vec![];
    }
    let rule = content.chase_rule(warning.content.class.into());
    let (from, to) = (warning.released_at, warning.due_at);
    let step = |step: &sakimori_content::ChaseStep| ChaseStep {
        at: rule.step_at(*step, from, to, content.calendar()),
        act: step.act,
    };
    rule.steps.iter().map(step).collect()
}

/// Which of those who have not answered are to be telephoned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Telephone {
    /// Nobody yet.
    #[default]
    Nobody,
    /// Those whom the warning has not even reached.
    Unreached,
    /// All.
    Silent,
}

impl Telephone {
    /// What `steps` ask for at `now`.
    #[must_use]
    pub fn by(steps: &[ChaseStep], now: Instant) -> Self {
        let is_due = |act| steps.iter().any(|step| step.act == act && step.at <= now);
        if is_due(ChaseAct::TelephoneSilent) {
            Self::Silent
        } else if is_due(ChaseAct::TelephoneUnreached) {
            Self::Unreached
        } else {
            Self::Nobody
        }
    }

    /// Whether one so far is to be telephoned. Whoever was called has heard of it: a second call is a person's decision.
    pub(crate) fn takes(self, stage: Stage, called: bool) -> bool {
        let limit = match self {
            Self::Nobody => return false,
            Self::Unreached => Stage::Delivered,
            Self::Silent => Stage::Acknowledged,
        };
        stage < limit && !called
    }
}

/// What was done about those who had not answered a warning, and whether the office does more by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chased {
    /// The revision it was done for; a later one begins anew.
    pub revision: u32,
    /// The reminders, in the order they were sent.
    pub reminders: Vec<Reminders>,
    /// Since when, and by whose word, no reminder goes out by itself.
    pub stopped: Option<(Signer, Instant)>,
}

/// Reminders sent at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminders {
    /// When.
    pub at: Instant,
    /// Whether the deputies get them too.
    pub deputies: bool,
    /// To how many.
    pub n_to: u32,
    /// The officer who sent them; `None` when the rule did.
    pub by: Option<Signer>,
}

impl Chased {
    /// The same for `revision`: what was done for an earlier one is history.
    #[must_use]
    pub(crate) fn for_revision(self, revision: u32) -> Self {
        if self.revision == revision { self } else { Self { revision, ..Self::default() } }
    }

    /// The reminder that is due by the rule at `now`: of several that were missed, the last.
    #[must_use]
    pub fn due(&self, steps: &[ChaseStep], now: Instant) -> Option<ChaseStep> {
        let last_at = self.reminders.iter().map(|sent| sent.at).max();
        let reminds = |step: &&ChaseStep| {
            matches!(step.act, ChaseAct::Remind | ChaseAct::RemindDeputies) && step.at <= now
        };
        let due = steps.iter().filter(reminds).max_by_key(|step| step.at)?;
        let done = last_at.is_some_and(|last_at| last_at >= due.at);
        (self.stopped.is_none() && !done).then_some(*due)
    }
}
