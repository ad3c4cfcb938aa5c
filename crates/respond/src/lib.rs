//! RESPOND 初動対応: from the first suspicion to the reports that offices receive.
//!
//! A [`Case`] is one record from which everything else is rendered: the call sheet's ticks, the decisions with who made
//! them, the judgement against the reporting threshold, the duties with their clocks, and every version of the report. What
//! may happen is decided by pure functions over the record ([`decide`]); [`CaseDesk`] (institution) and [`OfficeDesk`]
//! (office) load, decide and commit. Promises that tests hold it to: no report leaves before another person approved it, or
//! one person did so alone, loudly; a deadline moves later only with the reason and who granted it; the timeline is never edited, only corrected; "still finding out"
//! is an answer everywhere.

mod actor;
mod answers;
mod case;
pub mod custody;
pub mod decide;
mod desk;
mod error;
pub mod exchange;
mod isolation;
mod judgement;
mod obligations;
pub mod office;
mod paper;
mod printable;
pub mod readiness;
mod render;
mod report;
mod room;
mod scrub;
mod standing;
mod tasks;
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
pub use office::{
    OFFICE_TROUBLES, OfficeDesk, OfficeError, Reading, ReceivedReport, Reception, Reply, ReplyKind,
};
pub use paper::case_number;
pub use printable::{PrintableReport, PrintedRow, PrintedSection};
pub use render::{SOURCES, check_form};
pub use report::{
    Addressee, Approval, Channel, Draft, Receipt, Report, ReportState, ReportingParty, Stage,
    Submission,
};
pub use room::{
    CaseRoom, Choosing, Decision, Disclosure, DisclosureStep, DutyCounts, EvidenceCounts,
    EvidenceStanding, Followed, LimitMove, MhlwPhase, PatientNotice, PatientNoticeStep, Phase,
    PhaseStep, Regions, Service, ServiceChange, ServiceState, ServiceStep, Substitute, Taken,
    Taking, addable_duties, followed, plays, regions, reviews_due, step_key,
};
pub use sakimori_words::passages::{
    Passage, PassageKind, fuzz_passages, passages, patient_passages,
};
pub use scrub::passages_of;
pub use standing::{ReportStanding, superseded_by};
pub use tasks::{NewTask, Task, TaskChange, TaskOrigin, TaskOwner, TaskState, TaskStep};
pub use timeline::{EntryKind, Noting, Precision, Settled, TimelineEntry, Verdict};
pub use troubles::TROUBLES;

pub use sakimori_words::moment_words;

#[cfg(test)]
mod tests;
