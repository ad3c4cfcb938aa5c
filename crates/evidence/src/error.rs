//! What can go wrong when evidence is taken or read, before it becomes a `Trouble`.

use std::io;
use std::path::PathBuf;

use sakimori_words::Trouble;

use crate::index::IndexError;
use crate::manifest::ManifestError;
use crate::troubles;

/// Why evidence could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum AcquireError {
    /// The source cannot be opened or is not of the kind that was asked for.
    #[error("{}", .path.display())]
    Source {
        /// The source.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The source is not what this command takes.
    #[error("{}: {why}", .path.display())]
    NotThatKind {
        /// The source.
        path: PathBuf,
        /// What it is instead.
        why: &'static str,
    },
    /// The folder for the evidence holds something already.
    #[error("{}: the folder is not empty", .0.display())]
    Occupied(PathBuf),
    /// The folder lies on the disk that is to be taken.
    #[error("{}: this folder lies on the disk that is to be taken", .0.display())]
    OnTheSource(PathBuf),
    /// The folder holds an acquisition that was begun.
    #[error("{}: an acquisition was begun here and is not finished", .0.display())]
    Unfinished(PathBuf),
    /// There is nothing to take up again.
    #[error("{}: there is nothing here that could be resumed", .0.display())]
    NothingToResume(PathBuf),
    /// Another process writes here.
    #[error("{}: another process is writing here", .0.display())]
    Busy(PathBuf),
    /// The source is another one than before, or was changed.
    #[error("{what}: was {before}, is {now}")]
    Changed {
        /// What differs.
        what: &'static str,
        /// As it was.
        before: String,
        /// As it is.
        now: String,
    },
    /// What was begun cannot be gone on with.
    #[error("{}: {why}", .path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file of the evidence cannot be written.
    #[error("{}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// A part of this process ended before its work was done.
    #[error("a part of the program ended too early")]
    Ended,
}

/// Why evidence could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file is missing or cannot be read.
    #[error("{}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The manifest is none.
    #[error("{}", .path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        cause: ManifestError,
    },
    /// The index is none.
    #[error("{}", .path.display())]
    Index {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        cause: IndexError,
    },
    /// The acquisition was never finished.
    #[error("{}: the acquisition is not finished", .0.display())]
    Unfinished(PathBuf),
    /// A part of this process ended before its work was done.
    #[error("a part of the program ended too early")]
    Ended,
    /// The stream cannot be written where it is wanted.
    #[error("the stream cannot be written")]
    Output(#[source] io::Error),
}

impl AcquireError {
    /// The error as a person meets it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::Source { .. } | Self::NotThatKind { .. } => &troubles::SOURCE,
            Self::Occupied(_) => &troubles::OCCUPIED,
            Self::OnTheSource(_) => &troubles::ON_THE_SOURCE,
            Self::Unfinished(_) => &troubles::UNFINISHED,
            Self::NothingToResume(_) => &troubles::NOTHING_TO_RESUME,
            Self::Busy(_) => &troubles::BUSY,
            Self::Changed { .. } => &troubles::CHANGED,
            Self::Journal { .. } => &troubles::JOURNAL,
            Self::Write { .. } | Self::Ended => &troubles::WRITE,
        };
        Trouble::because(kind, self)
    }
}

impl ReadError {
    /// The error as a person meets it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::File { .. } | Self::Manifest { .. } | Self::Index { .. } => {
                &troubles::NOT_EVIDENCE
            }
            Self::Unfinished(_) => &troubles::UNFINISHED,
            Self::Output(_) | Self::Ended => &troubles::WRITE,
        };
        Trouble::because(kind, self)
    }
}
