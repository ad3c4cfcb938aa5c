//! What the register proposes and a person decides.

use sakimori_words::{Date, OrganisationId};
use serde::{Deserialize, Serialize};

/// Something about an entry that a person decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The entry.
    pub facility: OrganisationId,
    /// Its name.
    pub name: String,
    /// What is proposed.
    pub what: Proposed,
}

/// What is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Proposed {
    /// It is closed: a complete list does not name it.
    Closed {
        /// The list.
        list: String,
        /// The day of the list.
        on: Date,
    },
    /// It is the institution whose node enrolled: the code is not clear, the name is the same.
    Node {
        /// The node's organisation.
        organisation: OrganisationId,
        /// How that calls itself.
        name: String,
    },
}

impl Proposal {
    /// Under which key it lies: one of each sort for an entry and node.
    pub(crate) fn key(&self) -> String {
        match &self.what {
            Proposed::Closed { .. } => format!("{}/closed", self.facility),
            Proposed::Node { organisation, .. } => format!("{}/node/{organisation}", self.facility),
        }
    }
}
