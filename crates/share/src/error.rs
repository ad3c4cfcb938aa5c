//! What can go wrong at the desk.

use sakimori_federation::SendError;
use sakimori_ledger::LedgerError;
use sakimori_words::Trouble;

use crate::gate::GateRefusal;
use crate::ladder::LadderError;
use crate::troubles as t;

/// Why an act at the desk was refused.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// There is no such case here.
    #[error("there is no such shared case")]
    Unknown,
    /// The draft is in another state.
    #[error("the draft is in another state")]
    DraftState,
    /// Nothing awaits release.
    #[error("no draft awaits release")]
    NotSubmitted,
    /// The victim was not asked, or has answered already.
    #[error("the victim is not being asked")]
    NotAsked,
    /// The answer is to other words than those that stand now.
    #[error("the answer is about another content")]
    OtherContent,
    /// The victim has not approved what stands now.
    #[error("the victim has not approved this content")]
    NotApproved,
    /// The victim has no node that could be asked.
    #[error("the institution has no node")]
    NoNode,
    /// Nothing was published yet.
    #[error("it was not published")]
    NotPublished,
    /// It was withdrawn.
    #[error("it was withdrawn")]
    Withdrawn,
    /// An author may not release.
    #[error("an author may not release it")]
    SecondPerson,
    /// Something is missing.
    #[error("`{field}` is missing")]
    Missing {
        /// What.
        field: &'static str,
    },
    /// A word is in none of the lists.
    #[error("`{0}` is in none of the lists")]
    UnknownWord(String),
    /// An indicator is the victim's own, or says something only within its house.
    #[error("`{0}` is of the victim's own network or of a private one")]
    VictimsOwn(String),
    /// More indicators than a case carries.
    #[error("{0} indicators are more than a case carries")]
    TooManyIndicators(usize),
    /// Passages were left standing without a reason.
    #[error("{0} passages were left standing without a reason")]
    WithoutReason(usize),
    /// What may be names was not looked at.
    #[error("{0} words that may be names were not looked at")]
    NotReviewed(usize),
    /// The words the victim approved are not those the ladder allows now.
    #[error("the register has changed: the words that may be used are others now")]
    RegisterChanged,
    /// Nothing may be shared.
    #[error("too few institutions are like it")]
    Ladder(#[from] LadderError),
    /// The gate stayed shut.
    #[error("the gate before release stays shut")]
    Gate(#[from] GateRefusal),
    /// Too few would receive it.
    #[error("{n} organisations besides the victim would receive it, {min} are needed")]
    Audience {
        /// How many would receive it.
        n: usize,
        /// How many must.
        min: usize,
    },
    /// Somebody else changed it in between.
    #[error("it was changed meanwhile")]
    ChangedMeanwhile,
    /// It cannot be written as JSON.
    #[error("it cannot be written")]
    Unwritable(#[from] serde_json::Error),
    /// It could not be queued.
    #[error("it could not be queued")]
    Send(#[source] SendError),
    /// The ledger failed.
    #[error("the ledger failed")]
    Ledger(#[source] LedgerError),
}

impl From<SendError> for ShareError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Ledger(error) => error.into(),
            error => Self::Send(error),
        }
    }
}

impl From<LedgerError> for ShareError {
    fn from(error: LedgerError) -> Self {
        if error.is_conflict() { Self::ChangedMeanwhile } else { Self::Ledger(error) }
    }
}

impl ShareError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::Unknown => &t::UNKNOWN,
            Self::DraftState | Self::NotSubmitted | Self::NotAsked | Self::OtherContent => {
                &t::DRAFT_STATE
            }
            Self::NotApproved => &t::NOT_APPROVED,
            Self::NoNode => &t::NO_NODE,
            Self::NotPublished => &t::NOT_PUBLISHED,
            Self::Withdrawn => &t::WITHDRAWN,
            Self::SecondPerson => &t::SECOND_PERSON,
            Self::Missing { .. } | Self::UnknownWord(_) => &t::MISSING,
            Self::VictimsOwn(_) => &t::VICTIMS_OWN,
            Self::TooManyIndicators(_) => &t::TOO_MANY_INDICATORS,
            Self::WithoutReason(_) | Self::NotReviewed(_) => &t::NOT_REVIEWED,
            Self::RegisterChanged => &t::REGISTER_CHANGED,
            Self::Ladder(LadderError::NotInRegister) => &t::NOT_IN_REGISTER,
            Self::Ladder(LadderError::TooFew { .. }) | Self::Gate(GateRefusal::TooFew { .. }) => {
                &t::TOO_FEW
            }
            Self::Gate(GateRefusal::Identifies { .. }) => &t::IDENTIFIES,
            Self::Audience { .. } => &t::AUDIENCE,
            Self::ChangedMeanwhile => &t::CHANGED_MEANWHILE,
            Self::Unwritable(_) => &t::UNREADABLE,
            Self::Send(error) => return error.trouble(),
            Self::Ledger(error) => return error.trouble(),
        };
        Trouble::because(kind, self)
    }
}
