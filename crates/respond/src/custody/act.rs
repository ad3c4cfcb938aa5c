//! What a line of the chain says was done, and what the record is after it.
//!
//! The record is nothing but its lines one after the other: replaying the exported chain gives the same items and machines.

use std::collections::BTreeMap;

use sakimori_words::{CaseId, Digest, Instant};
use serde::{Deserialize, Serialize};

use super::machine::settled;
use super::{
    CHAIN_FORMAT, ChainHead, ChainLine, CustodyEvent, EventKind, EvidenceItem, ItemFacts,
    ItemState, Machine, MachineState, Measured, Photo, Remark, Request,
};
use crate::{Actor, EvidenceCounts, EvidenceStanding, Moment};

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Act {
    /// An item was found.
    ItemFound {
        /// Its number.
        no: String,
        /// What was written down about it.
        facts: Box<ItemFacts>,
    },
    /// An item changed its state.
    ItemState {
        /// Which one.
        no: String,
        /// The state.
        state: ItemState,
    },
    /// An item was acquired.
    ItemMeasured {
        /// Which one.
        no: String,
        /// What was measured.
        measured: Box<Measured>,
    },
    /// With an item, everything that stands for its machine is here.
    ItemCompletes {
        /// Which one.
        no: String,
    },
    /// Something was done with an item.
    ItemHandled {
        /// Which one.
        no: String,
        /// What.
        event: Box<CustodyEvent>,
    },
    /// A photograph was added.
    ItemPhoto {
        /// To which item.
        no: String,
        /// The photograph.
        photo: Photo,
    },
    /// A remark or correction was added.
    ItemRemark {
        /// To which item.
        no: String,
        /// The text.
        text: String,
    },
    /// Somebody asked to have an item destroyed.
    DestructionAsked {
        /// Which one.
        no: String,
        /// Why.
        reason: String,
    },
    /// A machine was named as affected.
    MachineNamed {
        /// Its name.
        machine: String,
        /// What it is for.
        note: String,
    },
    /// The state of a machine's evidence changed.
    MachineState {
        /// Which one.
        machine: String,
        /// The state.
        state: MachineState,
    },
    /// Somebody asked a manager to waive a machine's evidence.
    WaiverAsked {
        /// Which one.
        machine: String,
        /// Why.
        reason: String,
    },
    /// A machine was marked for rebuild.
    RebuildMarked {
        /// Which one.
        machine: String,
    },
}

/// The evidence of a case: its items, its machines and the head of its chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Custody {
    /// The head of the chain.
    pub head: ChainHead,
    /// Items by number.
    pub items: BTreeMap<String, EvidenceItem>,
    /// Machines by name.
    pub machines: BTreeMap<String, Machine>,
}

impl Custody {
    /// Machines whose evidence is neither secured nor waived: what closing a case warns of.
    pub fn unsecured(&self) -> impl Iterator<Item = &Machine> {
        self.machines.values().filter(|machine| !machine.may_be_rebuilt())
    }

    /// How far the evidence of the machines was secured at a time.
    #[must_use]
    pub fn standing_at(&self, at: Instant) -> EvidenceStanding {
        let mut counts = EvidenceCounts::default();
        for machine in self.machines.values() {
            match &machine.state {
                MachineState::Untouched | MachineState::Planned => counts.planned += 1,
                MachineState::Secured { at: since, .. } if *since <= at => counts.secured += 1,
                MachineState::Waived { at: since, .. } if *since <= at => counts.waived += 1,
                MachineState::Collecting
                | MachineState::Secured { .. }
                | MachineState::Waived { .. } => counts.collecting += 1,
            }
        }
        EvidenceStanding::of(counts)
    }

    /// The items of a machine.
    pub fn items_of<'c>(&'c self, machine: &'c str) -> impl Iterator<Item = &'c EvidenceItem> {
        self.items.values().filter(move |item| item.facts.machine == machine)
    }

    /// The record that these lines make. They are not checked here; see [`super::check_chain`].
    #[must_use]
    pub fn replay<'l>(lines: impl IntoIterator<Item = &'l ChainLine>) -> Self {
        let mut custody = Self::default();
        for line in lines {
            custody.apply(&line.act, line.at, &line.by);
            custody.head = ChainHead { n: line.n, digest: Digest::of(line.text().as_bytes()) };
        }
        custody
    }

    /// The record after these acts, and the lines that say so. What follows for the machines is written too.
    #[must_use]
    pub fn written(
        &self,
        case: &CaseId,
        acts: Vec<Act>,
        moment: Moment<'_>,
    ) -> (Self, Vec<ChainLine>) {
        let mut after = self.clone();
        let mut lines = Vec::new();
        for act in acts {
            lines.push(after.append(case, act, moment));
        }
        for act in after.settling(self, moment.now) {
            lines.push(after.append(case, act, moment));
        }
        (after, lines)
    }

    fn append(&mut self, case: &CaseId, act: Act, moment: Moment<'_>) -> ChainLine {
        let line = ChainLine {
            format: CHAIN_FORMAT.to_owned(),
            case: case.clone(),
            n: self.head.n + 1,
            prev: self.head.digest,
            at: moment.now,
            by: moment.by.clone(),
            act,
        };
        self.apply(&line.act, line.at, &line.by);
        self.head = ChainHead { n: line.n, digest: Digest::of(line.text().as_bytes()) };
        line
    }

    /// What the changed items mean for their machines.
    fn settling(&self, before: &Self, now: Instant) -> Vec<Act> {
        let changed = self.items.values().filter(|item| before.items.get(&item.no) != Some(item));
        let mut names: Vec<&str> = changed.map(|item| item.facts.machine.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let machines = names.into_iter().filter_map(|name| self.machines.get(name));
        machines
            .filter_map(|machine| {
                let state = settled(machine, self.items_of(&machine.name), now);
                (state != machine.state)
                    .then(|| Act::MachineState { machine: machine.name.clone(), state })
            })
            .collect()
    }

    fn apply(&mut self, act: &Act, at: Instant, by: &Actor) {
        match act {
            Act::ItemFound { no, facts } => {
                self.items.insert(no.clone(), found(no, facts, at, by));
            }
            Act::MachineNamed { machine, note } => {
                let named = Machine { note: note.clone(), ..Machine::new(machine) };
                self.machines.insert(machine.clone(), named);
            }
            Act::MachineState { machine, .. }
            | Act::WaiverAsked { machine, .. }
            | Act::RebuildMarked { machine } => {
                if let Some(machine) = self.machines.get_mut(machine) {
                    apply_to_machine(machine, act, at, by);
                }
            }
            Act::ItemState { no, .. }
            | Act::ItemMeasured { no, .. }
            | Act::ItemCompletes { no }
            | Act::ItemHandled { no, .. }
            | Act::ItemPhoto { no, .. }
            | Act::ItemRemark { no, .. }
            | Act::DestructionAsked { no, .. } => {
                if let Some(item) = self.items.get_mut(no) {
                    apply_to_item(item, act, at, by);
                }
            }
        }
    }
}

fn found(no: &str, facts: &ItemFacts, at: Instant, by: &Actor) -> EvidenceItem {
    EvidenceItem {
        no: no.to_owned(),
        facts: facts.clone(),
        measured: Measured::default(),
        state: ItemState::Identified,
        seal: String::new(),
        place: facts.found_at.clone(),
        recorded_at: at,
        recorded_by: by.clone(),
        events: Vec::new(),
        photos: Vec::new(),
        remarks: Vec::new(),
        destruction: None,
    }
}

fn apply_to_machine(machine: &mut Machine, act: &Act, at: Instant, by: &Actor) {
    match act {
        Act::MachineState { state, .. } => {
            machine.state = state.clone();
            if matches!(state, MachineState::Waived { .. }) {
                machine.asked = None;
            }
        }
        Act::WaiverAsked { reason, .. } => {
            machine.asked = Some(Request { at, by: by.clone(), reason: reason.clone() });
        }
        Act::RebuildMarked { .. } => machine.rebuild = Some((at, by.clone())),
        _ => {}
    }
}

fn apply_to_item(item: &mut EvidenceItem, act: &Act, at: Instant, by: &Actor) {
    match act {
        Act::ItemState { state, .. } => item.state = state.clone(),
        Act::ItemMeasured { measured, .. } => {
            item.measured = (**measured).clone();
            item.state = ItemState::Acquired;
        }
        Act::ItemCompletes { .. } => item.facts.completes = true,
        Act::ItemHandled { event, .. } => apply_event(item, event),
        Act::ItemPhoto { photo, .. } => item.photos.push(photo.clone()),
        Act::ItemRemark { text, .. } => {
            item.remarks.push(Remark { at, by: by.clone(), text: text.clone() });
        }
        Act::DestructionAsked { reason, .. } => {
            item.destruction = Some(Request { at, by: by.clone(), reason: reason.clone() });
        }
        _ => {}
    }
}

fn apply_event(item: &mut EvidenceItem, event: &CustodyEvent) {
    match event.kind {
        EventKind::Seal => item.state = ItemState::Stored,
        EventKind::HandOver => item.state = ItemState::Transferred,
        EventKind::Return => item.state = ItemState::Returned,
        EventKind::Destroy => {
            item.state = ItemState::Destroyed;
            item.destruction = None;
        }
        EventKind::Open => item.seal.clear(),
        EventKind::Check if event.matches == Some(true) && item.state == ItemState::Acquired => {
            item.state = ItemState::Verified;
        }
        EventKind::Collect | EventKind::Move | EventKind::Copy | EventKind::Check => {}
    }
    if !event.seal.is_empty() {
        item.seal.clone_from(&event.seal);
    }
    let moves = !matches!(event.kind, EventKind::Copy | EventKind::Check | EventKind::Open);
    if moves && !event.to.is_empty() {
        item.place.clone_from(&event.to);
    }
    item.events.push(event.clone());
}
