//! What can go wrong in the log store.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sakimori_words::{Trouble, TroubleKind};

use crate::troubles;

/// Why the log store could not do what it was asked to do. Nothing that was acknowledged before is affected.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LakeError {
    /// Another process writes to this folder.
    #[error("`{dir}` is in use by another process")]
    Locked {
        /// The folder.
        dir: PathBuf,
    },
    /// The disk has no room left.
    #[error("no room left for `{path}`")]
    DiskFull {
        /// The file that could not grow.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: Arc<io::Error>,
    },
    /// A file could not be read or written.
    #[error("could not {doing} `{path}`")]
    File {
        /// What was tried: `read`, `write`, …
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: Arc<io::Error>,
    },
    /// The writer stopped for good because it no longer knows what is on the disk.
    #[error("intake has stopped: {reason}")]
    Stopped {
        /// What stopped it.
        reason: String,
        /// The log file was taken away under the writer: events acknowledged before may be gone with it.
        log_removed: bool,
    },
    /// The segment store (folder or bucket) failed.
    #[error("could not {doing} segment `{file}`")]
    Store {
        /// What was tried.
        doing: &'static str,
        /// The segment file.
        file: String,
        /// What the store said.
        #[source]
        cause: Arc<object_store::Error>,
    },
    /// A segment file is not what this version writes or reads.
    #[error("segment `{file}` cannot be read: {reason}")]
    Segment {
        /// The segment file.
        file: String,
        /// Why.
        reason: String,
    },
    /// A freshly written segment did not read back as it was written.
    #[error("segment `{file}` did not read back as it was written: {reason}")]
    ReadBack {
        /// The segment file.
        file: String,
        /// What differs.
        reason: String,
    },
    /// The catalogue is not an unbroken, signed chain.
    #[error("catalogue line {line}: {reason}")]
    Catalogue {
        /// Line in the catalogue, from 1.
        line: u64,
        /// Why it cannot be relied on.
        reason: String,
    },
    /// The database of the catalogue did not answer as it should.
    #[error("could not {doing} the catalogue's database")]
    CatalogueAway {
        /// What was tried.
        doing: &'static str,
        /// What went wrong.
        #[source]
        cause: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// The database of the catalogue is not one to keep it in: where it is or how it is set up.
    #[error("the catalogue's database cannot be used")]
    CatalogueUnfit {
        /// What is wrong with it.
        #[source]
        cause: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// Somebody else writes to the catalogue of this log.
    #[error("the catalogue has another writer: {what}")]
    CatalogueTaken {
        /// How it shows.
        what: String,
    },
    /// A file was written by a newer version.
    #[error("`{path}` has format {found}, this version reads {known}")]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// A setting cannot be used.
    #[error("{what}")]
    Setting {
        /// Which one and why.
        what: String,
    },
}

impl LakeError {
    /// What a person is told.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        Trouble::because(self.kind(), self)
    }

    /// An input/output error on a file; a full disk is told apart because people can do something about it.
    pub(crate) fn file(doing: &'static str, path: &Path, cause: io::Error) -> Self {
        let path = path.to_path_buf();
        let full = matches!(
            cause.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        );
        let cause = Arc::new(cause);
        if full { Self::DiskFull { path, cause } } else { Self::File { doing, path, cause } }
    }

    /// An error of the segment store.
    pub(crate) fn store(doing: &'static str, file: &str, cause: object_store::Error) -> Self {
        Self::Store { doing, file: file.to_owned(), cause: Arc::new(cause) }
    }

    const fn kind(&self) -> &'static TroubleKind {
        match self {
            Self::Locked { .. } => &troubles::LOCKED,
            Self::DiskFull { .. } => &troubles::DISK_FULL,
            Self::File { .. } => &troubles::FILE,
            Self::Stopped { log_removed: false, .. } => &troubles::STOPPED,
            Self::Stopped { log_removed: true, .. } => &troubles::LOG_REMOVED,
            Self::Store { .. } => &troubles::STORE,
            Self::Segment { .. } => &troubles::SEGMENT,
            Self::ReadBack { .. } => &troubles::READ_BACK,
            Self::Catalogue { .. } => &troubles::CATALOGUE,
            Self::CatalogueAway { .. } => &troubles::CATALOGUE_AWAY,
            Self::CatalogueUnfit { .. } => &troubles::CATALOGUE_UNFIT,
            Self::CatalogueTaken { .. } => &troubles::CATALOGUE_TAKEN,
            Self::Format { .. } => &troubles::FORMAT,
            Self::Setting { .. } => &troubles::SETTING,
        }
    }
}
