//! How far each organisation has come with one warning, in few bytes each. Follows the journal.

use std::collections::HashMap;

use sakimori_ledger::StreamPuts;
use sakimori_words::OrganisationId;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::answer::{Answer, AnswerState, Stage};
use crate::devices::DeviceCounts;

/// What is kept of an [`AnswerState`] for counting and sorting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Brief {
    pub(crate) revision: u32,
    pub(crate) stage: Stage,
    pub(crate) answer: Option<Answer>,
    pub(crate) devices: Option<DeviceCounts>,
    /// Whether somebody there was reached by telephone.
    pub(crate) called: bool,
}

impl Brief {
    fn of(state: &AnswerState) -> Self {
        Self {
            revision: state.revision,
            stage: state.stage,
            answer: state.answer,
            devices: state.devices,
            called: state.call.is_some(),
        }
    }
}

/// As much of an [`AnswerState`]'s JSON as is counted: the rest is passed over.
#[derive(Deserialize)]
struct AnswerText {
    organisation: OrganisationId,
    revision: u32,
    stage: Stage,
    answer: Option<Answer>,
    #[serde(default)]
    devices: Option<DeviceCounts>,
    call: Option<IgnoredAny>,
}

impl AnswerText {
    fn brief(&self) -> Brief {
        Brief {
            revision: self.revision,
            stage: self.stage,
            answer: self.answer,
            devices: self.devices,
            called: self.call.is_some(),
        }
    }
}

/// The briefs of one warning, as of a place in the journal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    through: u64,
    briefs: HashMap<OrganisationId, Brief>,
}

impl Tally {
    /// An empty one that knows nothing after the journal entry `through`.
    pub(crate) fn new(through: u64) -> Self {
        Self { through, briefs: HashMap::new() }
    }

    /// The last journal entry that is in it.
    pub(crate) const fn through(&self) -> u64 {
        self.through
    }

    /// How many organisations are in it.
    pub(crate) fn len(&self) -> usize {
        self.briefs.len()
    }

    /// Takes in an answer.
    pub(crate) fn note(&mut self, state: &AnswerState) {
        self.briefs.insert(state.organisation.clone(), Brief::of(state));
    }

    /// Takes in what the warning's stream put on the shelf of answers. Returns whose they are. What is read twice changes nothing, for a
    /// put carries the whole answer and they come in their order.
    pub(crate) fn note_puts(&mut self, found: &StreamPuts) -> Vec<OrganisationId> {
        let mut whose = vec![];
        for text in found.puts.iter().filter_map(|put| put.body.as_deref()) {
            if let Ok(answer) = serde_json::from_str::<AnswerText>(text) {
                self.briefs.insert(answer.organisation.clone(), answer.brief());
                whose.push(answer.organisation);
            }
        }
        self.through = self.through.max(found.through.unwrap_or(0));
        whose
    }

    /// How far an organisation is with `revision`; what was said about an earlier one does not count.
    pub(crate) fn brief(&self, organisation: &OrganisationId, revision: u32) -> Brief {
        let kept = self.briefs.get(organisation).filter(|brief| brief.revision == revision);
        kept.copied().unwrap_or(Brief { revision, ..Brief::default() })
    }
}
