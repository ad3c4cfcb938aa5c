//! Warning templates: what the five notices ask for, in our own words, ready for an officer to adapt.

use sakimori_words::Text;
use serde::Deserialize;

use crate::Provenance;

/// How urgent a warning is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Acknowledge within four hours, at any hour.
    Flash,
    /// Within one working day.
    Urgent,
    /// Within five working days.
    Normal,
}

/// One thing the recipients are asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateAction {
    /// What to do.
    pub text: Text,
    /// The clauses of the notice behind it, e.g. `["S0-9"]`.
    pub clauses: Vec<String>,
}

/// A template.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarningTemplate {
    /// Its id, e.g. `year-end-2023`.
    pub id: String,
    /// The notice it summarises, e.g. `S0`.
    pub notice: String,
    /// When to use it.
    pub occasion: Text,
    /// Title of the warning.
    pub title: Text,
    /// Body of the warning; paragraphs are separated by an empty line.
    pub body: Text,
    /// How urgent it usually is.
    pub urgency: Urgency,
    /// What the recipients are asked to do.
    #[serde(rename = "action")]
    pub actions: Vec<TemplateAction>,
    /// Source and dates.
    pub provenance: Provenance,
}
