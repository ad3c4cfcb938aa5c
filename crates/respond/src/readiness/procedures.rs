//! Own procedures and criteria per suspicious event (2021-06-28 notice 3(2)①②③), in versions that are never overwritten.

use sakimori_words::{Date, Instant};
use serde::{Deserialize, Serialize};

use crate::Actor;

/// Days after which a procedure has to be looked at again.
pub const REVIEW_DAYS: i32 = 365;

/// The kinds of events that procedures are written for. `isolation` holds the criteria for cutting networks and stopping systems.
pub const PROCEDURE_KINDS: [&str; 7] = [
    "isolation",
    "ransomware",
    "suspicious-mail",
    "lost-device",
    "vendor-line",
    "record-snooping",
    "other",
];

/// What a person writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcedureText {
    /// ① How it is handled and to whom it is reported.
    pub handling: String,
    /// ② How the traces are preserved.
    pub preservation: String,
    /// ③ By which criteria systems are stopped or cut off.
    pub stopping: String,
    /// Who approved it, by name.
    pub approved_by: String,
    /// When it was last looked at.
    pub reviewed_on: Option<Date>,
}

/// One version of a procedure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Procedure {
    /// The kind of event, one of [`PROCEDURE_KINDS`].
    pub kind: String,
    /// The version, from 1.
    pub version: u32,
    /// What it says.
    pub text: ProcedureText,
    /// Who wrote this version.
    pub written_by: Actor,
    /// When.
    pub written_at: Instant,
}

impl Procedure {
    /// Whether somebody has to look at it again: never reviewed, or longer ago than [`REVIEW_DAYS`].
    #[must_use]
    pub fn is_stale_on(&self, day: Date) -> bool {
        let age = |on: Date| day.since(on).map_or(0, |span| span.get_days());
        self.text.reviewed_on.is_none_or(|on| age(on) > REVIEW_DAYS)
    }
}
