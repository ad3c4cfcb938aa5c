//! Until when a warning wants an answer, and how those who do not give one are chased.

use sakimori_words::Instant;
use serde::Deserialize;

use crate::calendar::Calendar;
use crate::provenance::Provenance;
use crate::templates::Urgency;

/// The rules of all classes (`warn/chasing.toml`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chasing {
    flash: ChaseRule,
    urgent: ChaseRule,
    normal: ChaseRule,
    /// Source and dates.
    pub(crate) provenance: Provenance,
}

/// How a warning of one class is chased.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChaseRule {
    /// Until when an answer is wanted.
    pub answer_within: AnswerWithin,
    /// When offices chase.
    pub hours: ChaseHours,
    /// What is done when, in the order of time.
    #[serde(rename = "step")]
    pub steps: Vec<ChaseStep>,
}

/// The time a class leaves for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerWithin {
    /// So many hours, day and night.
    Hours(u32),
    /// Until offices close on so many working days later; the day of release is not counted.
    WorkingDays(u32),
}

/// When offices chase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChaseHours {
    /// At any hour.
    Any,
    /// While offices work.
    Office,
}

/// One step of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChaseStep {
    /// When, in percent of the time between release and deadline.
    pub percent: u32,
    /// What.
    pub act: ChaseAct,
}

/// What is done about those who have not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChaseAct {
    /// A reminder (督促) to the person in charge.
    Remind,
    /// A reminder that their deputies get too.
    RemindDeputies,
    /// From here on those whom the warning has not even reached are to be telephoned.
    TelephoneUnreached,
    /// From here on all who have not answered are to be telephoned.
    TelephoneSilent,
}

impl Chasing {
    /// The rule of a class.
    pub(crate) const fn rule(&self, class: Urgency) -> &ChaseRule {
        match class {
            Urgency::Flash => &self.flash,
            Urgency::Urgent => &self.urgent,
            Urgency::Normal => &self.normal,
        }
    }

    /// What is wrong with it, each with a word that stands near it.
    pub(crate) fn problems(&self) -> Vec<(String, String)> {
        let mut found = vec![];
        for (name, rule) in
            [("[flash]", &self.flash), ("[urgent]", &self.urgent), ("[normal]", &self.normal)]
        {
            let near = name.to_owned();
            if !rule.steps.is_sorted_by_key(|step| step.percent) {
                found.push((near.clone(), "the steps are not in their order".to_owned()));
            }
            if rule.answer_within.is_zero() {
                found.push((near, "no time is left for an answer".to_owned()));
            }
        }
        found
    }
}

impl AnswerWithin {
    const fn is_zero(self) -> bool {
        matches!(self, Self::Hours(0) | Self::WorkingDays(0))
    }

    /// Until when a warning released at `released_at` wants an answer.
    #[must_use]
    pub fn after(self, released_at: Instant, calendar: &Calendar) -> Instant {
        match self {
            Self::Hours(hours) => released_at.plus_seconds(i64::from(hours) * 3_600),
            Self::WorkingDays(days) => calendar.business_days_later(released_at, days),
        }
    }
}

impl ChaseRule {
    /// When a step is due for a warning between `released_at` and `due_at`.
    #[must_use]
    pub fn step_at(
        &self,
        step: ChaseStep,
        released_at: Instant,
        due_at: Instant,
        calendar: &Calendar,
    ) -> Instant {
        let share =
            due_at.micros_since(released_at).max(0).saturating_mul(step.percent.into()) / 100;
        let at = released_at.plus_micros(share);
        match self.hours {
            ChaseHours::Any => at,
            ChaseHours::Office => calendar.office_time_from(at),
        }
    }
}
