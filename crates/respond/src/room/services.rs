//! Care and services: what runs, what stands still, what is done on paper, since when and by whose decision.

use sakimori_words::{Instant, Text, new_uuid7};
use serde::{Deserialize, Serialize};

use super::{Taken, Taking, as_seen, taken};
use crate::decide::{Change, may_say, must_be_open, said, with_entry};
use crate::{Case, EntryKind, Moment, RespondError, TimelineEntry, moment_words};

/// Most services of one case.
const SERVICES_MAX: usize = 100;

/// What stands in for a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Substitute {
    /// Paper.
    Paper,
    /// A copy of the records for reading only.
    ReferenceCopy,
    /// Patients go to another institution.
    Transfer,
}

/// How a service runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ServiceState {
    /// As always.
    Normal,
    /// It runs, with limits.
    Degraded,
    /// It does not run.
    Stopped,
    /// Something stands in for it.
    Workaround {
        /// What.
        by: Substitute,
    },
    /// It runs again in part.
    Partial {
        /// For what: which departments, which patients.
        scope: String,
    },
    /// It runs again; what was done meanwhile may still have to be entered.
    Restored,
}

/// One step of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceStep {
    /// How it runs from then on.
    pub state: ServiceState,
    /// Under which condition, or what to know about it; may be empty.
    pub condition: String,
    /// When it is planned to run again; `None`: not known.
    pub planned_restore: Option<Instant>,
    /// When, and who decided.
    pub taken: Taken,
}

/// A service of the institution: a kind of care, or a system many depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its id within the case.
    pub id: String,
    /// Its name, e.g. `救急外来`.
    pub name: String,
    /// How soon it must run again, 1 first.
    pub priority: u8,
    /// Its steps in order; without one it runs as always.
    pub steps: Vec<ServiceStep>,
}

/// A step of a service as a person says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceChange {
    /// How it runs from then on.
    pub state: ServiceState,
    /// Under which condition; may be empty.
    pub condition: String,
    /// When it is planned to run again.
    pub planned_restore: Option<Instant>,
    /// When, and who decided.
    pub taking: Taking,
}

impl ServiceState {
    /// The state in words.
    #[must_use]
    pub fn words(&self) -> Text {
        let [ja, en] = match self {
            Self::Normal => ["通常", "normal"],
            Self::Degraded => ["制限あり", "with limits"],
            Self::Stopped => ["停止", "stopped"],
            Self::Workaround { by: Substitute::Paper } => ["紙で運用", "on paper"],
            Self::Workaround { by: Substitute::ReferenceCopy } => {
                ["参照用の写しで運用", "with a reference copy"]
            }
            Self::Workaround { by: Substitute::Transfer } => {
                ["他院へ転送・紹介", "patients transferred"]
            }
            Self::Partial { scope } => {
                return Text::new(format!("一部再開（{scope}）"), format!("in part ({scope})"));
            }
            Self::Restored => ["再開", "restored"],
        };
        Text::new(ja, en)
    }

    /// Whether a service can go from this state to `next`. Normal comes only after restored: what was written on paper
    /// meanwhile has to be entered first.
    #[must_use]
    pub fn leads_to(&self, next: &Self) -> bool {
        if self == next {
            return false;
        }
        match (self, next) {
            (Self::Normal, Self::Degraded | Self::Stopped | Self::Workaround { .. }) => true,
            (Self::Normal, _) => false,
            (Self::Restored, next) => !matches!(next, Self::Partial { .. }),
            (_, Self::Normal) => false,
            _ => true,
        }
    }

    fn checked(&self) -> Result<Self, RespondError> {
        match self {
            Self::Partial { scope } => Ok(Self::Partial { scope: said(scope, "scope")? }),
            other => Ok(other.clone()),
        }
    }
}

impl Service {
    /// How it runs.
    #[must_use]
    pub fn state(&self) -> &ServiceState {
        self.steps.last().map_or(&ServiceState::Normal, |step| &step.state)
    }

    /// The step that held at `at`; `None`: it ran as always.
    #[must_use]
    pub fn step_at(&self, at: Instant) -> Option<&ServiceStep> {
        self.steps.iter().rfind(|step| step.taken.at <= at)
    }
}

/// Puts a service on the board, running as always.
///
/// # Errors
/// When the case is closed, the name is empty or endless or there already, or the board is full.
pub fn add_service(
    case: &Case,
    name: &str,
    priority: u8,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let name = said(name, "service")?;
    if case.room.services.iter().any(|known| known.name == name) {
        return Err(RespondError::Already { what: name });
    }
    if case.room.services.len() >= SERVICES_MAX {
        return Err(RespondError::TooMany { what: "services", max: SERVICES_MAX });
    }
    let words = Text::new(
        format!("診療・業務の一覧に追加: {name}（優先度 {priority}）"),
        format!("Put on the board of services: {name} (priority {priority})"),
    );
    let id = new_uuid7(moment.now, moment.chance);
    let mut after = case.clone();
    after.room.services.push(Service { id, name, priority, steps: Vec::new() });
    after.room.services.sort_by_key(|service| service.priority);
    let entry = TimelineEntry::now(&case.id, EntryKind::Action, words, moment);
    Ok(with_entry(after, "service_added", entry))
}

/// Records how a service runs from now on.
///
/// # Errors
/// When the case is closed, there is no such service, the state does not follow from the one it is in, a text is endless, the
/// time is in the future or before the step it follows, or somebody else moved it since `seen` steps.
pub fn change_service(
    case: &Case,
    service: &str,
    change: &ServiceChange,
    seen: Option<usize>,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let known = case.room.services.iter().find(|one| one.id == service);
    let known =
        known.ok_or_else(|| RespondError::Unknown { what: "service", id: service.to_owned() })?;
    let last = known.steps.last();
    let by = last.map(|step| (&step.taken.recorded_by, step.taken.recorded_at));
    as_seen(seen, known.steps.len(), by)?;
    let state = change.state.checked()?;
    if !known.state().leads_to(&state) {
        let (from, to) = (known.state().words(), state.words());
        return Err(RespondError::Step { from, to });
    }
    let step = ServiceStep {
        state,
        condition: may_say(&change.condition, "condition")?,
        planned_restore: change.planned_restore,
        taken: taken(&change.taking, last.map(|step| step.taken.at), moment)?,
    };
    let mut entry =
        TimelineEntry::now(&case.id, EntryKind::Decision, step_words(known, &step), moment);
    entry.at = step.taken.at;
    let mut after = case.clone();
    for one in after.room.services.iter_mut().filter(|one| one.id == service) {
        one.steps.push(step.clone());
    }
    Ok(with_entry(after, "service_changed", entry))
}

fn step_words(service: &Service, step: &ServiceStep) -> Text {
    let (state, who) = (step.state.words(), step.taken.decider());
    let mut text = Text::new(
        format!("{}: {}（判断: {}）", service.name, state.ja, who.ja),
        format!("{}: {} (decided by {})", service.name, state.en, who.en),
    );
    if !step.condition.is_empty() {
        text.ja.push_str(&format!("。条件: {}", step.condition));
        text.en.push_str(&format!(". Condition: {}", step.condition));
    }
    if let Some(at) = step.planned_restore {
        let at = moment_words(at);
        text.ja.push_str(&format!("。再開の見込み: {}", at.ja));
        text.en.push_str(&format!(". Planned to run again: {}", at.en));
    }
    text
}
