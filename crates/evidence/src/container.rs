//! The folder: names of its files, and writing them so that a power cut leaves the old or the new and nothing between.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::AcquireError;

/// The manifest; there when the acquisition is complete.
pub const MANIFEST: &str = "manifest.json";
/// The index of the chunks.
pub const INDEX: &str = "chunks.idx";
/// The list of files or members, one JSON object a line.
pub const LIST: &str = "list.jsonl";
/// What an unfinished acquisition goes on with; gone when it is complete.
pub(crate) const JOURNAL: &str = "acquisition.json";
const LOCK: &str = "lock";

/// Name of a data file.
pub(crate) fn data_name(number: u16) -> String {
    format!("data-{number:05}.bin")
}

/// The folder is ours for as long as this lives; its lock file goes with it.
pub(crate) struct Held {
    path: PathBuf,
    _lock: File,
}

impl Drop for Held {
    fn drop(&mut self) {
        // A lock file left behind locks nothing: the lock is the kernel's.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Makes the folder for this account alone, or takes one that is empty.
pub(crate) fn make(folder: &Path) -> Result<Held, AcquireError> {
    if !is_there(folder)? {
        std::fs::create_dir_all(folder).map_err(|cause| write_error(folder, cause))?;
        restrict(folder);
    }
    let held = hold(folder)?;
    if is_there(&folder.join(JOURNAL))? {
        return Err(AcquireError::Unfinished(folder.to_path_buf()));
    }
    let entries = std::fs::read_dir(folder).map_err(|cause| write_error(folder, cause))?;
    for entry in entries {
        let entry = entry.map_err(|cause| write_error(folder, cause))?;
        if entry.file_name() != LOCK {
            return Err(AcquireError::Occupied(folder.to_path_buf()));
        }
    }
    Ok(held)
}

/// Takes the folder for this process; it is free again when the process ends, however it ends.
pub(crate) fn hold(folder: &Path) -> Result<Held, AcquireError> {
    let path = folder.join(LOCK);
    let lock = OpenOptions::new().create(true).write(true).truncate(false).open(&path);
    let lock = lock.map_err(|cause| write_error(&path, cause))?;
    match lock.try_lock() {
        Ok(()) => Ok(Held { path, _lock: lock }),
        Err(TryLockError::WouldBlock) => Err(AcquireError::Busy(folder.to_path_buf())),
        Err(TryLockError::Error(cause)) => Err(write_error(&path, cause)),
    }
}

pub(crate) fn is_there(path: &Path) -> Result<bool, AcquireError> {
    path.try_exists().map_err(|cause| write_error(path, cause))
}

pub(crate) fn write_error(path: &Path, cause: io::Error) -> AcquireError {
    AcquireError::Write { path: path.to_path_buf(), cause }
}

/// Puts `bytes` in the place of the file `path`, durable before it returns.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), AcquireError> {
    let draft = path.with_extension("tmp");
    let written = || {
        let mut file = private().truncate(true).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&draft, path)?;
        sync_folder(path.parent().unwrap_or(Path::new(".")))
    };
    written().map_err(|cause| write_error(path, cause))
}

/// Makes new names in the folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Options for a file that is written and read by this account only.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).write(true).read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Closes a new folder to other accounts, where the file system knows accounts (FAT on a USB disk does not).
fn restrict(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700));
    }
    #[cfg(not(unix))]
    let _ = folder;
}

/// A file of at most `limit_bytes`; one that is longer is no error here but cut, and what reads it refuses it.
pub(crate) fn read_bounded(path: &Path, limit_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit_bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}
