//! What the organisations of the demonstration know of each other: addresses, and whom a visitor can be.

use std::sync::{Arc, OnceLock};

use sakimori_identity::Identity;
use sakimori_words::{PersonId, Text};

use super::cast::CAST;
use crate::node::Running;

/// The stage; filled once when every organisation runs.
pub(super) struct Stage {
    rooms: OnceLock<Vec<Room>>,
}

/// One organisation on the stage.
pub(super) struct Room {
    pub(super) label: Text,
    pub(super) address: String,
    pub(super) identity: Arc<Identity>,
    pub(super) people: Vec<(PersonId, Text)>,
}

impl Stage {
    pub(super) const fn new() -> Self {
        Self { rooms: OnceLock::new() }
    }

    /// The organisation at `index`, once the stage is filled.
    pub(super) fn room(&self, index: usize) -> Option<&Room> {
        self.rooms.get()?.get(index)
    }

    /// All organisations; none before the stage is filled.
    pub(super) fn rooms(&self) -> &[Room] {
        self.rooms.get().map(Vec::as_slice).unwrap_or_default()
    }

    /// Fills the stage.
    pub(super) fn raise(&self, running: &[Running], people: Vec<Vec<(PersonId, Text)>>) {
        let rooms = CAST.iter().zip(running).zip(people).map(|((member, part), people)| {
            let [ja, en] = member.label;
            Room {
                label: Text::new(ja, en),
                address: part.address.clone(),
                identity: Arc::clone(&part.house.identity),
                people,
            }
        });
        // The stage is raised once; a second time would be the same rooms.
        let _ = self.rooms.set(rooms.collect());
    }
}
