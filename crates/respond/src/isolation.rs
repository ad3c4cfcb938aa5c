//! The decision to cut networks or stop systems: who decided what, at what price to care, and when it is looked at again.

use sakimori_words::{Instant, Text};
use serde::{Deserialize, Serialize};

use crate::Actor;

/// What a person chose, before it is written into the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsolationChoice {
    /// Id of the decision guide, e.g. `isolation`.
    pub guide: String,
    /// Id of the chosen option.
    pub option: String,
    /// Name of the decider; by telephone, not the one who writes it down.
    pub decided_by: String,
    /// Position of the decider, e.g. `院長`.
    pub decider_role: String,
    /// When it was decided; `None`: now.
    pub decided_at: Option<Instant>,
    /// What it means for patients and staff; `調査中` is an answer.
    pub clinical_impact: String,
    /// When it is taken back.
    pub revert_condition: String,
    /// When it is looked at again; `None`: after the guide's time.
    pub review_at: Option<Instant>,
}

/// One step of the order in which things are cut, as the guide had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionStep {
    /// Its id, e.g. `backup-path`.
    pub id: String,
    /// What is done.
    pub action: Text,
}

/// A decision as the record keeps it. Never edited: a new one supersedes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IsolationDecision {
    /// Its id.
    pub id: String,
    /// The question that was asked.
    pub question: Text,
    /// The options that were open.
    pub options: Vec<Text>,
    /// Id of the chosen option.
    pub option: String,
    /// The chosen option in words.
    pub chosen: Text,
    /// Name of the decider.
    pub decided_by: String,
    /// Position of the decider.
    pub decider_role: String,
    /// When it was decided.
    pub decided_at: Instant,
    /// When it was written down.
    pub recorded_at: Instant,
    /// Who wrote it down.
    pub recorded_by: Actor,
    /// What it means for patients and staff.
    pub clinical_impact: String,
    /// The order: the path to the backups first, then outside lines, then segment borders.
    pub order: Vec<DecisionStep>,
    /// When it is taken back.
    pub revert_condition: String,
    /// When it is looked at again.
    pub review_at: Instant,
    /// The decision it replaces.
    pub supersedes: Option<String>,
    /// The version of the institution's own criteria it was made by, when there were any.
    #[serde(default)]
    pub own_criteria: Option<u32>,
}
