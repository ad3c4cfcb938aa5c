//! Why the ledger refused or failed.

use std::error::Error;
use std::sync::Arc;

use sakimori_words::Trouble;

use crate::troubles;

/// A cause that several callers of one group commit share.
pub(crate) type Cause = Arc<dyn Error + Send + Sync>;

/// A failure of the engine, which all callers of one group commit may share.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    Full(Cause),
    Engine(Cause),
    Damaged(String),
    Stopped,
}

impl From<Fault> for LedgerError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Full(cause) => Self::Full { cause },
            Fault::Engine(cause) => Self::Engine { cause },
            Fault::Damaged(what) => Self::Damaged { what },
            Fault::Stopped => Self::Stopped,
        }
    }
}

/// Why the ledger refused or failed. After an error nothing of the refused commit is left behind.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Somebody else changed the record first.
    #[error("record `{key}` on shelf `{shelf}` is not in the expected version")]
    Conflict {
        /// The shelf.
        shelf: String,
        /// The key.
        key: String,
    },
    /// The fact cannot be kept as it is.
    #[error("{what} cannot be kept: {why}")]
    Unfit {
        /// What was refused.
        what: String,
        /// Why.
        why: String,
    },
    /// The address of the store is not understood.
    #[error("the store's address is not understood: {why}")]
    Address {
        /// Why.
        why: String,
    },
    /// The store could not be opened.
    #[error("could not open the store at {place}")]
    Open {
        /// Where, without credentials.
        place: String,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// The server would not keep what it acknowledges, or would let others read it.
    #[error("the database server is not fit: {why}")]
    UnfitServer {
        /// What is wrong with it.
        why: String,
    },
    /// There is no room left to write.
    #[error("no room left for the store")]
    Full {
        /// What the engine said.
        #[source]
        cause: Cause,
    },
    /// The engine failed.
    #[error("the store's engine failed")]
    Engine {
        /// What the engine said.
        #[source]
        cause: Cause,
    },
    /// The engine reported damage, or a stored row is not what this program writes.
    #[error("the store is damaged: {what}")]
    Damaged {
        /// What was met.
        what: String,
    },
    /// Writing stopped after the disk failed. What was acknowledged before is safe; nothing more is accepted.
    #[error("the store no longer accepts writes after an earlier failure of the disk")]
    Stopped,
    /// A newer version of Sakimori wrote this store.
    #[error("the store has format {found}; this version reads up to {known}")]
    NewerFormat {
        /// Format of the store.
        found: String,
        /// Newest format this version reads.
        known: u32,
    },
    /// An import needs an empty store.
    #[error("the store already has {seq} entries")]
    NotEmpty {
        /// How many.
        seq: u64,
    },
    /// An import into this store began and never finished.
    #[error("an import into this store began and never finished")]
    ImportUnfinished,
    /// The export file cannot be taken in.
    #[error("line {line} of the export: {why}")]
    Import {
        /// Line, from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// The export file could not be read or written.
    #[error("could not read or write the export")]
    ExportFile(#[source] std::io::Error),
    /// A record does not have the shape the program expects.
    #[error("record `{key}` on shelf `{shelf}` has an unexpected shape")]
    Shape {
        /// The shelf.
        shelf: String,
        /// The key.
        key: String,
        /// How it differs.
        #[source]
        cause: serde_json::Error,
    },
}

impl LedgerError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::Conflict { .. } => &troubles::CONFLICT,
            Self::Unfit { .. } => &troubles::UNFIT,
            Self::Address { .. } => &troubles::ADDRESS,
            Self::Open { .. } => &troubles::OPEN,
            Self::UnfitServer { .. } => &troubles::UNFIT_SERVER,
            Self::Full { .. } => &troubles::FULL,
            Self::Engine { .. } => &troubles::ENGINE,
            Self::Damaged { .. } => &troubles::DAMAGED,
            Self::Stopped => &troubles::STOPPED,
            Self::NewerFormat { .. } => &troubles::NEWER_FORMAT,
            Self::NotEmpty { .. } => &troubles::NOT_EMPTY,
            Self::ImportUnfinished => &troubles::IMPORT_UNFINISHED,
            Self::Import { .. } => &troubles::IMPORT,
            Self::ExportFile(_) => &troubles::EXPORT_FILE,
            Self::Shape { .. } => &troubles::SHAPE,
        };
        Trouble::because(kind, self)
    }

    /// Whether somebody else changed the record first, so that reading again and retrying makes sense.
    #[must_use]
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }
}
