//! What to secure in the first hour, what vanishes first, and what counts as secured.

use sakimori_words::Text;
use serde::Deserialize;

use crate::Provenance;

/// One step of the first hour.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuideStep {
    /// Its id.
    pub id: String,
    /// Minute after the beginning from which it is done.
    pub from_minute: u32,
    /// Minute by which it is done.
    pub to_minute: u32,
    /// What is done.
    pub title: Text,
    /// How, and what not to do.
    pub detail: Text,
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuideLine {
    /// Its id.
    pub id: String,
    /// The line.
    pub what: Text,
}

/// A guide to securing evidence for a house without forensic staff.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceGuide {
    /// Its id, e.g. `first-hour`.
    pub id: String,
    /// What to do, in order.
    #[serde(rename = "step")]
    pub steps: Vec<GuideStep>,
    /// What vanishes first, first.
    #[serde(rename = "volatile")]
    pub volatility: Vec<GuideLine>,
    /// What counts as secured.
    pub secured: Vec<GuideLine>,
    /// How memory is taken.
    pub memory: Vec<GuideLine>,
    /// Source and dates.
    pub provenance: Provenance,
}
