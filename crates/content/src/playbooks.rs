//! Playbooks: what to do, in which order, by whom.

use sakimori_words::Text;
use serde::Deserialize;

use crate::{ContactRole, Provenance};

/// One step of a playbook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its id within the playbook.
    pub id: String,
    /// First and last minute after the suspicion in which it is usually done.
    pub minutes: [u32; 2],
    /// What to do, in one line.
    pub title: Text,
    /// How, and what not to do.
    pub detail: Text,
    /// Who does it.
    pub who: Text,
    /// Whom it calls, when it is a call.
    #[serde(default)]
    pub calls: Option<ContactRole>,
    /// The decision guide it leads to, when it is a decision.
    #[serde(default)]
    pub decision: Option<String>,
    /// The clause behind it, when there is one.
    #[serde(default)]
    pub clause: String,
}

/// A playbook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Playbook {
    /// Its id, e.g. `first-hour`.
    pub id: String,
    /// Version of the playbook.
    pub version: String,
    /// Its title.
    pub title: Text,
    /// What it is for.
    pub purpose: Text,
    /// Its steps in order.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
    /// Source and dates.
    pub provenance: Provenance,
}

impl Playbook {
    /// The step of that id.
    #[must_use]
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }
}
