//! The lock of a log store's folder: one process writes to it at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::LakeError;
use crate::wal::create_folder;

/// The lock, held until it is dropped; the system lets it go when the process ends, however it ends.
pub(crate) struct FolderLock(File);

impl FolderLock {
    /// Takes the lock of the folder and creates the folder when it is missing.
    pub(crate) fn take(dir: &Path) -> Result<Self, LakeError> {
        let path = dir.join("lock");
        let open = || {
            create_folder(dir)?;
            OpenOptions::new().create(true).truncate(false).write(true).open(&path)
        };
        let file = open().map_err(|error| LakeError::file("open", &path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(LakeError::Locked { dir: dir.to_path_buf() }),
            Err(TryLockError::Error(error)) => Err(LakeError::file("lock", &path, error)),
        }
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Closing the file is not enough: a child process that is just being started holds a copy of the descriptor,
        // and with it the lock, until its own program begins.
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_lock_is_free_at_once_even_while_a_child_process_holds_a_copy_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let lock = FolderLock::take(folder.path()).unwrap();
        assert!(matches!(FolderLock::take(folder.path()), Err(LakeError::Locked { .. })));
        let copy = lock.0.try_clone().unwrap();
        drop(lock);
        assert!(FolderLock::take(folder.path()).is_ok());
        drop(copy);
    }
}
