//! WARN 注意喚起: issue, release, relay, acknowledge, chase.
//!
//! An officer drafts a warning; another one releases it when the ministry issues (two persons); it goes down every route the tree
//! has, untouched, and each office adds its own words when it passes it on (周知). An institution sees it once however many
//! routes it came by, a named person answers, and the answer returns on every route. Each office sees who has not answered,
//! the silent ones first, and has the telephone list.
//!
//! The decisions are pure ([`Draft`], [`due_at`], [`Addressees::include`], [`AnswerState::merge`], [`Coverage`], [`chase`]); [`WarningDesk`] does
//! the reading and keeping.

mod advisory;
mod answer;
mod attachment;
mod chase;
mod coverage;
mod deadline;
mod desk;
mod devices;
mod draft;
mod error;
pub mod exchange;
pub mod matching;
pub mod paper;
mod received;
mod routes;
mod tally;
mod troubles;
mod warning;

pub use advisory::{Advisory, AffectedProduct};
pub use answer::{Acknowledgement, Answer, AnswerState, Call, Stage};
pub use attachment::{ATTACHMENTS_MAX, Attachment, attachments_fit};
pub use chase::{ChaseStep, Chased, Reminders, Telephone, chase_steps};
pub use coverage::{
    BedBand, Counts, Coverage, CoverageRow, MemberSums, OfficeRow, RowState, Selection,
};
pub use deadline::due_at;
pub use desk::{
    CoverageRows, MemberWarning, Members, NewCall, NewRelay, Reminded, Silent, WarningDesk,
    attachments,
};
pub use devices::{DeviceCounts, DeviceTotals};
pub use draft::{Draft, DraftState, IssuedWarning, Release, may_release};
pub use error::WarnError;
pub use received::{NewAnswer, ReceivedRevision, ReceivedWarning, RelayRecord, RouteRecord};
pub use routes::{Route, RouteResult};
pub use troubles::TROUBLES;
pub use warning::{
    Link, Period, RequestedAction, Signer, Warning, WarningClass, WarningContent, WarningKey,
};

/// Whom a warning is for (宛先).
pub use sakimori_words::Audience as Addressees;

#[cfg(test)]
mod tests;
