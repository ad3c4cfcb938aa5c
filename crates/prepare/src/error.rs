//! Why the list could not be read or changed.

use sakimori_ledger::LedgerError;
use sakimori_words::{Text, Trouble};

use crate::file::AssetsFileError;
use crate::troubles as t;

/// Why the list could not be read or changed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// There is no such line.
    #[error("there is no such device on the list")]
    Unknown,
    /// A field cannot be kept as it is.
    #[error("`{field}` cannot be kept: {}", why.en)]
    Unfit {
        /// The field.
        field: &'static str,
        /// Why.
        why: Text,
    },
    /// There is a line of that number, or of that maker, product and place, already.
    #[error("the device stands on the list already")]
    Twice,
    /// The list has as many lines as it may.
    #[error("the list has {limit} lines already")]
    Full {
        /// Most lines.
        limit: usize,
    },
    /// An answer to a checklist cannot be kept.
    #[error("the answer to `{number}` cannot be kept: {}", why.en)]
    Check {
        /// The number of the item on the form.
        number: String,
        /// Why.
        why: Text,
    },
    /// The file cannot be read.
    #[error("the file holds no list that can be read")]
    File(#[from] AssetsFileError),
    /// Somebody else changed it at the same moment.
    #[error("somebody else changed it at the same moment")]
    ChangedMeanwhile,
    /// The ledger failed.
    #[error("could not read or keep the list")]
    Ledger(#[source] LedgerError),
}

impl From<LedgerError> for PrepareError {
    fn from(error: LedgerError) -> Self {
        if error.is_conflict() { Self::ChangedMeanwhile } else { Self::Ledger(error) }
    }
}

impl PrepareError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::Unknown => &t::UNKNOWN,
            Self::Unfit { .. } => &t::UNFIT,
            Self::Twice => &t::TWICE,
            Self::Full { .. } => &t::FULL,
            Self::Check { .. } => &t::CHECK,
            Self::File(_) => &t::FILE,
            Self::ChangedMeanwhile => &t::CHANGED_MEANWHILE,
            Self::Ledger(error) => return error.trouble(),
        };
        Trouble::because(kind, self)
    }
}
