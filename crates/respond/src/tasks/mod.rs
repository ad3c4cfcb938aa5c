//! Tasks of a case: what has to be done, by whom, until when.

mod acts;
mod desk;

use sakimori_words::{Instant, PersonId, ReportId, Text};
use serde::{Deserialize, Serialize};

use crate::Actor;

pub use acts::{NewTask, add_step_task, add_task, assign_task, mark_task, move_task};
pub(crate) use acts::{returned_task, step_marked};

/// Who does it: a person, or a role while nobody is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskOwner {
    /// Name of the person or role; empty: nobody yet.
    pub name: String,
    /// The account, when the person has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}

/// Where a task comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TaskOrigin {
    /// Somebody wrote it.
    Free,
    /// A step of a playbook, by the key under which the case marks it.
    Step {
        /// The key.
        step: String,
    },
    /// An office returned a report.
    Returned {
        /// Which one.
        report: ReportId,
    },
}

/// How far a task is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TaskState {
    /// To be done.
    Open,
    /// Somebody is at it.
    Doing,
    /// Done.
    Done {
        /// A remark; may be empty.
        note: String,
    },
    /// Not done, with a reason.
    Dropped {
        /// Why.
        reason: String,
    },
}

/// What happened to a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum TaskChange {
    /// It is in another state.
    Marked {
        /// Which.
        state: TaskState,
    },
    /// Somebody else does it.
    Assigned {
        /// Who.
        owner: TaskOwner,
    },
    /// It is due at another time.
    Moved {
        /// When; `None`: no limit.
        due_at: Option<Instant>,
        /// Why.
        reason: String,
    },
}

/// One change of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskStep {
    /// What happened.
    pub change: TaskChange,
    /// When.
    pub at: Instant,
    /// By whom.
    pub by: Actor,
}

/// One task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its id within the case.
    pub id: String,
    /// What is to be done, in one line.
    pub title: Text,
    /// Who does it.
    pub owner: TaskOwner,
    /// Until when; `None`: no limit.
    pub due_at: Option<Instant>,
    /// Where it comes from.
    pub origin: TaskOrigin,
    /// How far it is.
    pub state: TaskState,
    /// When it was made.
    pub made_at: Instant,
    /// By whom.
    pub made_by: Actor,
    /// What happened to it, in order.
    pub steps: Vec<TaskStep>,
}

impl TaskOwner {
    /// A person or role by name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), person: None }
    }

    /// A person with an account.
    #[must_use]
    pub fn of(actor: &Actor) -> Self {
        Self { name: actor.name.clone(), person: Some(actor.person.clone()) }
    }

    /// Whether `actor` is meant: by account, by name, or by one of their roles.
    #[must_use]
    pub fn is(&self, actor: &Actor) -> bool {
        match &self.person {
            Some(person) => *person == actor.person,
            None => {
                let roles = actor.role.split('・').map(str::trim);
                let mut names = roles.chain([actor.name.as_str()]);
                !self.name.is_empty() && names.any(|name| name == self.name)
            }
        }
    }
}

impl TaskState {
    /// The state in words.
    #[must_use]
    pub fn words(&self) -> Text {
        match self {
            Self::Open => Text::new("未着手", "to do"),
            Self::Doing => Text::new("対応中", "being done"),
            Self::Done { .. } => Text::new("済み", "done"),
            Self::Dropped { .. } => Text::new("取りやめ", "dropped"),
        }
    }

    /// Whether somebody still has to do it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open | Self::Doing)
    }
}

impl Task {
    /// Whether its time has passed and it is not done.
    #[must_use]
    pub fn is_overdue(&self, now: Instant) -> bool {
        self.state.is_open() && self.due_at.is_some_and(|due| due < now)
    }
}

impl crate::Case {
    /// The tasks in the order of pressing: overdue first, then by due time, then those without; what is over comes last.
    #[must_use]
    pub fn tasks_at(&self, now: Instant) -> Vec<&Task> {
        let mut all: Vec<&Task> = self.room.tasks.iter().collect();
        all.sort_by_key(|task| {
            let due = task.due_at.unwrap_or(Instant::from_micros(i64::MAX));
            (!task.state.is_open(), !task.is_overdue(now), due)
        });
        all
    }
}
