//! Why the register refused or failed.

use sakimori_ledger::LedgerError;
use sakimori_words::Trouble;

use crate::list::ListError;
use crate::troubles as t;

/// Why the register refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// There is no such entry.
    #[error("there is no such entry")]
    Unknown,
    /// The entry lacks something.
    #[error("the entry has no {what}")]
    Missing {
        /// What.
        what: &'static str,
    },
    /// An entry stays in its prefecture; one that moved away is closed and entered anew.
    #[error("an entry stays in its prefecture")]
    Moved,
    /// A day after today.
    #[error("the day lies in the future")]
    FutureDay,
    /// Somebody else changed it at the same moment.
    #[error("somebody else changed it at the same moment")]
    ChangedMeanwhile,
    /// The list is not readable.
    #[error("the list is not readable")]
    List(#[from] ListError),
    /// The ledger failed.
    #[error("could not read or keep it")]
    Ledger(#[source] LedgerError),
}

impl From<LedgerError> for RegisterError {
    fn from(error: LedgerError) -> Self {
        if error.is_conflict() { Self::ChangedMeanwhile } else { Self::Ledger(error) }
    }
}

impl RegisterError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::Unknown => &t::UNKNOWN,
            Self::Missing { .. } | Self::Moved | Self::FutureDay => &t::UNFIT,
            Self::ChangedMeanwhile => &t::CHANGED_MEANWHILE,
            Self::List(_) => &t::LIST,
            Self::Ledger(error) => return error.trouble(),
        };
        Trouble::because(kind, self)
    }
}
