//! RESPOND 初動対応: from the first suspicion to the reports that offices receive.
//!
//! A [`Case`] is one record from which everything else is rendered: the call sheet's ticks, the decisions with who made
//! them, the judgement against the reporting threshold, the duties with their clocks, and every version of the report. What
//! may happen is decided by pure functions over the record ([`decide`]); [`CaseDesk`] (institution) and [`OfficeDesk`]
//! (office) load, decide and commit. Promises that tests hold it to: no report leaves before another person approved it, or
//! one person did so alone, loudly; a deadline never moves; the timeline is never edited, only corrected; "still finding out"
//! is an answer everywhere.

mod actor;
mod answers;
mod case;
pub mod decide;
mod desk;
mod error;
pub mod exchange;
mod isolation;
mod judgement;
mod obligations;
mod office;
mod printable;
mod render;
mod report;
mod timeline;
mod troubles;

pub use actor::{Actor, Moment};
pub use answers::Answer;
pub use case::{
    Call, CallOutcome, CallRecord, Case, CaseFile, EvidenceHold, FindingBrief, Handling,
    LearnedFrom, Opening, Origin, StepMark, StepState,
};
pub use desk::{CaseDesk, Outgoing};
pub use error::RespondError;
pub use isolation::{DecisionStep, IsolationChoice, IsolationDecision};
pub use judgement::{Judgement, Outcome, Threshold, Tri, Weighed};
pub use obligations::{HandIn, Obligation, ObligationState, Standing};
pub use office::{OfficeDesk, Reading, ReceivedReport, Reception, Reply, ReplyKind};
pub use printable::{PrintableReport, PrintedRow, PrintedSection, moment_words};
pub use render::{SOURCES, check_form};
pub use report::{
    Addressee, Approval, Channel, Draft, Receipt, Report, ReportState, ReportingParty, Stage,
    Submission,
};
pub use timeline::{EntryKind, TimelineEntry};
pub use troubles::TROUBLES;

#[cfg(test)]
mod tests;
