//! How far an organisation has come with a warning, and how answers from several routes become one.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use sakimori_words::{Instant, OrganisationId};
use serde::{Deserialize, Serialize};

use crate::devices::DeviceCounts;
use crate::warning::{Signer, WarningKey};

/// The ladder of one organisation and one warning. Each step includes those before it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 未達: nothing came back.
    #[default]
    Unreached,
    /// 到達: the node has it.
    Delivered,
    /// 開封: a person opened it.
    Opened,
    /// 確認: a named person answered; at an office: it was relayed (周知).
    Acknowledged,
    /// 完了: what was asked for is done.
    Done,
}

/// What the named person answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// 該当あり.
    Affected,
    /// 該当なし.
    NotAffected,
    /// 確認中.
    Checking,
}

/// One word of an organisation about a warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// About which warning.
    pub warning: WarningKey,
    /// About which revision.
    pub revision: u32,
    /// Who answers.
    pub organisation: OrganisationId,
    /// How far it has come.
    pub stage: Stage,
    /// When it came so far, by its own clock.
    pub at: Instant,
    /// What it answered; from [`Stage::Acknowledged`] on, `None` for an office that relayed.
    pub answer: Option<Answer>,
    /// Name of the person who answered.
    pub person: String,
    /// What the person added.
    pub note: String,
    /// To how many organisations an office relayed it.
    pub n_relayed_to: u32,
    /// What its list of devices said; `None` when it answered without one.
    pub devices: Option<DeviceCounts>,
}

/// A telephone call by which an office reached somebody (電話確認).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The officer who called.
    pub by: Signer,
    /// When.
    pub at: Instant,
    /// With whom the officer spoke.
    pub spoke_with: String,
}

/// Everything known of one organisation's answer to one warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerState {
    /// About which warning.
    pub warning: WarningKey,
    /// About which revision; words about an earlier one are dropped.
    pub revision: u32,
    /// Who.
    pub organisation: OrganisationId,
    /// How far it is.
    pub stage: Stage,
    /// Since when, by its own clock.
    pub stage_at: Instant,
    /// What it answered.
    pub answer: Option<Answer>,
    /// Who answered.
    pub person: String,
    /// What was added to it.
    pub note: String,
    /// To how many an office relayed it.
    pub n_relayed_to: u32,
    /// What its list of devices said.
    #[serde(default)]
    pub devices: Option<DeviceCounts>,
    /// The neighbours by which answers came.
    pub routes: BTreeSet<OrganisationId>,
    /// The latest telephone call.
    pub call: Option<Call>,
}

impl AnswerState {
    /// Nothing known yet.
    #[must_use]
    pub fn new(warning: WarningKey, revision: u32, organisation: OrganisationId) -> Self {
        Self {
            warning,
            revision,
            organisation,
            stage: Stage::Unreached,
            stage_at: Instant::default(),
            answer: None,
            person: String::new(),
            note: String::new(),
            n_relayed_to: 0,
            devices: None,
            routes: BTreeSet::new(),
            call: None,
        }
    }

    /// This state with one more word that came by the neighbour `route`.
    ///
    /// Words may come twice, by several routes and in any order: the result is the same. Of several words the latest by the
    /// answering organisation's own clock counts, so that an answer can also be taken back.
    #[must_use]
    pub fn merge(&self, word: &Acknowledgement, route: &OrganisationId) -> Self {
        let mut state = match word.revision.cmp(&self.revision) {
            Ordering::Less => return self.clone(),
            Ordering::Equal => self.clone(),
            Ordering::Greater => {
                Self::new(self.warning.clone(), word.revision, self.organisation.clone())
            }
        };
        state.routes.insert(route.clone());
        state.n_relayed_to = state.n_relayed_to.max(word.n_relayed_to);
        let kept = (state.stage_at, state.stage, state.answer, &state.person, &state.note);
        let kept = (kept, state.devices);
        if ((word.at, word.stage, word.answer, &word.person, &word.note), word.devices) > kept {
            state.stage_at = word.at;
            state.stage = word.stage;
            state.answer = word.answer;
            state.person.clone_from(&word.person);
            state.note.clone_from(&word.note);
            state.devices = word.devices;
        }
        state
    }
}
