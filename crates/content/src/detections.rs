//! Detections: a Sigma rule as text, and the reason a person reads beside its finding.

use sakimori_words::Text;
use serde::Deserialize;

/// Why a detection matters and what to do, in words for people.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DetectionReason {
    /// What happened.
    pub title: Text,
    /// Why it matters.
    pub reason: Text,
    /// What to do next.
    pub next_step: Text,
    /// The clause behind it, when there is one.
    #[serde(default)]
    pub clause: String,
}

/// A column map for CSV exports of the pack: `watch/csv_maps/<name>.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvMapText {
    /// Its file, relative to the pack's root.
    pub file: String,
    /// The map as it is written; the source that reads CSV parses it.
    pub text: String,
}

/// A detection of the pack: `watch/detections/<id>/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// Its folder's name.
    pub id: String,
    /// `rule.yml` as it is written; the Sigma engine parses it.
    pub rule: String,
    /// `reason.toml`.
    pub reason: DetectionReason,
    /// `reason.toml` as it is written, for keys this crate does not need.
    pub reason_text: String,
}
