//! Why something about a warning could not be done.

use sakimori_federation::{FileError, SendError};
use sakimori_ledger::LedgerError;
use sakimori_words::Trouble;

use crate::troubles as t;

/// Why something about a warning could not be done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum WarnError {
    /// There is no such warning.
    #[error("there is no such warning here")]
    Unknown,
    /// There is no draft to work at.
    #[error("there is no draft")]
    NoDraft,
    /// The draft awaits release and is not edited meanwhile.
    #[error("the draft awaits release")]
    AwaitsRelease,
    /// The draft was not submitted for release.
    #[error("the draft was not submitted")]
    NotSubmitted,
    /// Nothing was released yet.
    #[error("nothing was released yet")]
    NotReleased,
    /// It was withdrawn.
    #[error("the warning was withdrawn")]
    Withdrawn,
    /// A further draft is being written already.
    #[error("a further revision is being written already")]
    AlreadyDrafted,
    /// Somebody who wrote it may not release it.
    #[error("the releaser wrote at it")]
    SecondPerson,
    /// Something that must be filled in is not.
    #[error("`{field}` is not filled in")]
    Missing {
        /// What.
        field: &'static str,
    },
    /// A file's name does not end as a document's does.
    #[error("`{name}` does not end in pdf, png, jpg, txt, csv, docx, xlsx or pptx")]
    AttachmentName {
        /// Its name.
        name: String,
    },
    /// A file is not what its name says, or holds a program.
    #[error("`{name}` is not what its name says, or holds a program")]
    AttachmentKind {
        /// Its name.
        name: String,
    },
    /// Too many files, or one twice.
    #[error("more than 10 files, or one of them twice")]
    Attachments,
    /// A file cannot be kept or given.
    #[error("a file cannot be kept or given")]
    File(#[from] FileError),
    /// Nobody answered yet.
    #[error("nobody answered yet")]
    NotAnswered,
    /// The answer is still 確認中.
    #[error("the answer is still: checking")]
    StillChecking,
    /// There is nobody below to pass it on to.
    #[error("nobody enrolled here is addressed")]
    NobodyBelow,
    /// Somebody else changed it at the same moment.
    #[error("somebody else changed it at the same moment")]
    ChangedMeanwhile,
    /// It could not be queued.
    #[error("could not queue it")]
    Send(#[source] SendError),
    /// The ledger failed.
    #[error("could not read or keep it")]
    Ledger(#[source] LedgerError),
}

impl From<SendError> for WarnError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Ledger(error) => error.into(),
            error => Self::Send(error),
        }
    }
}

impl From<LedgerError> for WarnError {
    fn from(error: LedgerError) -> Self {
        if error.is_conflict() { Self::ChangedMeanwhile } else { Self::Ledger(error) }
    }
}

impl WarnError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::Unknown => &t::UNKNOWN,
            Self::NoDraft | Self::NotSubmitted | Self::AwaitsRelease | Self::AlreadyDrafted => {
                &t::DRAFT_STATE
            }
            Self::NotReleased => &t::NOT_RELEASED,
            Self::Withdrawn => &t::WITHDRAWN,
            Self::SecondPerson => &t::SECOND_PERSON,
            Self::Missing { .. } => &t::MISSING,
            Self::AttachmentName { .. } | Self::AttachmentKind { .. } | Self::Attachments => {
                &t::ATTACHMENT
            }
            Self::File(error) => return error.trouble(),
            Self::NotAnswered | Self::StillChecking => &t::NOT_ANSWERED,
            Self::NobodyBelow => &t::NOBODY_BELOW,
            Self::ChangedMeanwhile => &t::CHANGED_MEANWHILE,
            Self::Send(error) => return error.trouble(),
            Self::Ledger(error) => return error.trouble(),
        };
        Trouble::because(kind, self)
    }
}
