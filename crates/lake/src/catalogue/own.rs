//! What the writer of a catalogue keeps of it in the folder of its log: the newest checkpoint, and what it was about to add.
//!
//! Whoever holds the catalogue's database can then neither cut off its end nor have somebody else go on with it unseen.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ed25519_dalek::VerifyingKey;
use sakimori_words::Digest;

use crate::LakeError;
use crate::note::Checkpoint;
use crate::wal::{replace_file, wal_files, wal_folder};

/// The file that holds the newest checkpoint by itself.
pub(crate) fn checkpoint_path(dir: &Path) -> PathBuf {
    dir.join("checkpoint")
}

/// The writer's own notes about its catalogue.
pub(super) struct OwnNotes {
    dir: PathBuf,
}

impl OwnNotes {
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_path_buf() }
    }

    /// The folder of the log.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The newest checkpoint, checked; `None` when there is none yet.
    pub(super) fn checkpoint(&self, key: &VerifyingKey) -> Result<Option<Checkpoint>, LakeError> {
        let bytes = read_or_empty(&checkpoint_path(&self.dir))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let note = String::from_utf8_lossy(&bytes);
        let checkpoint = Checkpoint::read(&note, key).map_err(|error| LakeError::Catalogue {
            line: 0,
            reason: format!("checkpoint: {error}"),
        })?;
        Ok(Some(checkpoint))
    }

    /// Keeps the newest checkpoint.
    pub(super) fn publish(&self, checkpoint: &Checkpoint) -> Result<(), LakeError> {
        replace(&checkpoint_path(&self.dir), checkpoint.note.as_bytes())
    }

    /// The roots that one of the records would lead to which were sent and not heard of again.
    pub(super) fn unheard(&self) -> Result<Vec<Digest>, LakeError> {
        let bytes = read_or_empty(&self.unheard_path())?;
        Ok(String::from_utf8_lossy(&bytes).lines().filter_map(Digest::from_hex).collect())
    }

    /// Keeps those roots; before each record is sent, and without any once it was heard of.
    pub(super) fn keep_unheard(&self, roots: &[Digest]) -> Result<(), LakeError> {
        let lines: String = roots.iter().map(|root| format!("{root}\n")).collect();
        replace(&self.unheard_path(), lines.as_bytes())
    }

    /// Whether the folder has never held a log.
    pub(super) fn is_new(&self) -> Result<bool, LakeError> {
        Ok(wal_files(&wal_folder(&self.dir))?.is_empty())
    }

    fn unheard_path(&self) -> PathBuf {
        self.dir.join("catalogue-unheard")
    }
}

fn replace(path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
    replace_file(path, &[bytes]).map_err(|error| LakeError::file("write", path, error))
}

/// A file's bytes; none when it does not exist.
pub(crate) fn read_or_empty(path: &Path) -> Result<Vec<u8>, LakeError> {
    match fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(LakeError::file("read", path, error)),
    }
}
