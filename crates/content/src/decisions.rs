//! Decision guides: the question, what to weigh, the options with their effect, and the order of doing.

use sakimori_words::Text;
use serde::Deserialize;

use crate::Provenance;

/// Something to weigh before choosing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consideration {
    /// Its id.
    pub id: String,
    /// The question to ask oneself.
    pub question: Text,
}

/// One way to decide.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionOption {
    /// Its id, e.g. `cut-outside-lines`.
    pub id: String,
    /// What is done.
    pub label: Text,
    /// What it achieves.
    pub effect: Text,
    /// What it costs patients and staff.
    pub clinical: Text,
    /// A condition under which it is usually taken back.
    pub revert: Text,
    /// Steps of the order that belong to it, by id.
    pub steps: Vec<String>,
}

/// One step in the order of cutting.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderStep {
    /// Its id, e.g. `backup-path`.
    pub id: String,
    /// What is done.
    pub action: Text,
    /// Why at this place in the order.
    pub reason: Text,
}

/// A decision prepared in advance (2021-06-28 notice 3(2)③).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionGuide {
    /// Its id, e.g. `isolation`.
    pub id: String,
    /// The question.
    pub question: Text,
    /// Who decides.
    pub decider: Text,
    /// Minutes after which the decision is looked at again.
    pub review_minutes: i64,
    /// What to weigh.
    #[serde(rename = "consideration")]
    pub considerations: Vec<Consideration>,
    /// The ways to decide.
    #[serde(rename = "option")]
    pub options: Vec<DecisionOption>,
    /// The order of doing, first step first.
    #[serde(rename = "step")]
    pub order: Vec<OrderStep>,
    /// Source and dates.
    pub provenance: Provenance,
}

impl DecisionGuide {
    /// The option of that id.
    #[must_use]
    pub fn option(&self, id: &str) -> Option<&DecisionOption> {
        self.options.iter().find(|option| option.id == id)
    }

    /// The steps of an option in the guide's order.
    #[must_use]
    pub fn steps_of(&self, option: &DecisionOption) -> Vec<&OrderStep> {
        self.order.iter().filter(|step| option.steps.contains(&step.id)).collect()
    }
}
