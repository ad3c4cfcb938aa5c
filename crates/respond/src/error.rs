//! Why an act on a case, a report or a received report was refused.

use sakimori_ledger::LedgerError;
use sakimori_words::{Instant, Text};

use crate::exchange::ExchangeError;
use crate::office::OfficeError;

/// Why an act was refused. After an error nothing of it is left behind.
#[derive(Debug, thiserror::Error)]
pub enum RespondError {
    /// There is no such thing.
    #[error("there is no {what} `{id}`")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// Something that must be said is missing.
    #[error("{what} is empty")]
    Missing {
        /// What.
        what: &'static str,
    },
    /// A text is longer than the record takes.
    #[error("{what} has {n_chars} characters; at most {max_chars} are kept")]
    TooLong {
        /// What.
        what: &'static str,
        /// How long it is.
        n_chars: usize,
        /// How long it may be.
        max_chars: usize,
    },
    /// A time lies in the future.
    #[error("{what} lies in the future")]
    InFuture {
        /// What.
        what: &'static str,
    },
    /// The field does not take this answer.
    #[error("the answer does not fit field `{field}`")]
    UnfitAnswer {
        /// Which field.
        field: String,
    },
    /// The case is closed or dismissed.
    #[error("the case is closed")]
    CaseClosed,
    /// The case is open.
    #[error("the case is still open")]
    CaseOpen,
    /// Duties are still open.
    #[error("{n_open} duties are still open")]
    DutiesOpen {
        /// How many.
        n_open: usize,
    },
    /// The report is not in a state in which this can be done.
    #[error("the report is {state}; it must be {needed}")]
    ReportState {
        /// How it is.
        state: &'static str,
        /// How it must be.
        needed: &'static str,
    },
    /// Drafter and approver are the same person.
    #[error("a report is approved by another person than the one who drafted it")]
    SamePerson,
    /// The draft was changed after the approver opened it.
    #[error("the draft was changed after it was opened for approval")]
    ChangedMeanwhile,
    /// The institution's own criteria are not those the decider saw.
    #[error("the own criteria changed: version {seen:?} was seen, {now:?} is in force")]
    CriteriaChanged {
        /// The version the decider saw; `None`: none.
        seen: Option<u32>,
        /// The version in force; `None`: none.
        now: Option<u32>,
    },
    /// The document is not the one that was approved.
    #[error("the document is not the one that was approved")]
    NotAsApproved,
    /// The message says it is from somebody else.
    #[error("the message names `{named}` but came from `{from}`")]
    WrongSender {
        /// The organisation in the message.
        named: String,
        /// The organisation that signed it.
        from: String,
    },
    /// It cannot go from where it is to there.
    #[error("it cannot go from `{}` to `{}`", from.en, to.en)]
    Step {
        /// Where it is.
        from: Text,
        /// Where it was to go.
        to: Text,
    },
    /// Somebody else changed it after the person looked.
    #[error("{by} changed it at {at}")]
    MovedMeanwhile {
        /// Who.
        by: String,
        /// When.
        at: Instant,
    },
    /// The time lies before the step it follows.
    #[error("{what} lies before the step it follows")]
    OutOfOrder {
        /// What.
        what: &'static str,
    },
    /// It is there already.
    #[error("`{what}` is there already")]
    Already {
        /// What.
        what: String,
    },
    /// There are too many.
    #[error("there are {max} {what} already")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// Somebody else approved or submitted the report first.
    #[error("{by} did it at {at}")]
    DoneBy {
        /// Who.
        by: String,
        /// When.
        at: Instant,
    },
    /// The offices have had the final report.
    #[error("the final report closed the chain for {offices}")]
    ChainClosed {
        /// Which offices.
        offices: String,
    },
    /// This is not done in the state it is in.
    #[error("the {what} is not in a state in which this can be done")]
    NotNow {
        /// What.
        what: &'static str,
    },
    /// The case is real.
    #[error("the case is no exercise")]
    NotAnExercise,
    /// Others kept changing the record; try again.
    #[error("the record kept changing while it was written")]
    Busy,
    /// The content pack lacks something this act needs.
    #[error("the content pack has no {what}")]
    ContentLacks {
        /// What.
        what: &'static str,
    },
    /// An act of an office was refused.
    #[error("the office's act was refused")]
    Office(#[from] OfficeError),
    /// A message could not be read or written.
    #[error("the message could not be exchanged")]
    Exchange(#[from] ExchangeError),
    /// The ledger refused or failed.
    #[error("the record could not be kept or read")]
    Ledger(#[from] LedgerError),
}
