//! Affected machines and the gate before their rebuild: nothing is made new before its evidence is secured, or a manager has
//! waived it by name.

use sakimori_words::{Instant, Text};
use serde::{Deserialize, Serialize};

use super::{EvidenceItem, ItemState, Request, moment};
use crate::Actor;

/// Where the evidence of a machine stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum MachineState {
    /// Nobody has done anything about it.
    #[default]
    Untouched,
    /// It is decided what will be kept.
    Planned,
    /// Some of it is here.
    Collecting,
    /// What stands for the machine is safe.
    Secured {
        /// Since when.
        #[serde(with = "moment")]
        at: Instant,
        /// Numbers of the items.
        items: Vec<String>,
    },
    /// A manager answers for having no evidence of it.
    Waived {
        /// Since when.
        #[serde(with = "moment")]
        at: Instant,
        /// The manager.
        by: Actor,
        /// Why.
        reason: String,
        /// Who had asked for it: another person.
        asked: Request,
    },
}

impl MachineState {
    /// The state as lists name it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Untouched => "untouched",
            Self::Planned => "planned",
            Self::Collecting => "collecting",
            Self::Secured { .. } => "secured",
            Self::Waived { .. } => "waived",
        }
    }

    /// The state in words.
    #[must_use]
    pub fn label(&self) -> Text {
        let [ja, en] = match self {
            Self::Untouched => ["証拠はまだ", "No evidence yet"],
            Self::Planned => ["保全を予定", "Evidence planned"],
            Self::Collecting => ["保全の途中", "Being collected"],
            Self::Secured { .. } => ["証拠を確保した", "Evidence secured"],
            Self::Waived { .. } => {
                ["証拠を放棄した（管理者の判断）", "Evidence waived by a manager"]
            }
        };
        Text::new(ja, en)
    }
}

/// A machine that is affected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// What it is for; may be empty.
    pub note: String,
    /// Where its evidence stands.
    pub state: MachineState,
    /// Whether somebody asked a manager to waive its evidence.
    pub asked: Option<Request>,
    /// When and by whom it was marked for rebuild.
    pub rebuild: Option<(Instant, Actor)>,
}

impl Machine {
    /// A machine nobody has touched yet.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            note: String::new(),
            state: MachineState::Untouched,
            asked: None,
            rebuild: None,
        }
    }

    /// The gate: whether it may be made new.
    #[must_use]
    pub const fn may_be_rebuilt(&self) -> bool {
        matches!(self.state, MachineState::Secured { .. } | MachineState::Waived { .. })
    }
}

/// Where the evidence of `machine` stands with these items of it.
///
/// It is secured when an item says that, with it, everything is here, and every item that stands for the machine is safe: of a
/// server with four disks three in a locker are not its evidence. A waiver and a mark for rebuild are never taken back.
pub(super) fn settled<'i>(
    machine: &Machine,
    items: impl Iterator<Item = &'i EvidenceItem>,
    now: Instant,
) -> MachineState {
    if machine.rebuild.is_some() || matches!(machine.state, MachineState::Waived { .. }) {
        return machine.state.clone();
    }
    let items: Vec<&EvidenceItem> = items.collect();
    let stands = |item: &&&EvidenceItem| {
        item.facts.kind.stands_for_machine() && item.state != ItemState::Destroyed
    };
    let standing = || items.iter().filter(stands);
    let complete = standing().any(|item| item.facts.completes);
    if complete && standing().all(|item| item.state.is_safe()) {
        let items: Vec<String> = standing().map(|item| item.no.clone()).collect();
        let at = match &machine.state {
            MachineState::Secured { at, items: known } if *known == items => *at,
            _ => now,
        };
        return MachineState::Secured { at, items };
    }
    match (&machine.state, items.is_empty()) {
        (MachineState::Planned, true) => MachineState::Planned,
        (_, true) => MachineState::Untouched,
        (_, false) => MachineState::Collecting,
    }
}
