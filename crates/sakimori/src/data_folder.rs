//! The data folder: made for this account alone, held by one process at a time, written so that a power cut leaves the old or the
//! new file and nothing between.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::Path;

use sakimori_words::Trouble;

use crate::troubles;

/// The folder is ours for as long as this lives.
pub(crate) struct Held {
    _lock: File,
}

/// Makes the folder when it is not there, closed to other accounts: it holds logs, keys and what people said.
///
/// # Errors
/// SK-NODE-003 when it cannot be made or closed.
pub(crate) fn make(data: &Path) -> Result<(), Trouble> {
    std::fs::create_dir_all(data)
        .and_then(|()| restrict(data, 0o700))
        .map_err(|error| refused(data, &error))
}

/// Takes the folder for this process; it is free again when the process ends, however it ends.
///
/// # Errors
/// SK-NODE-013 when another process holds it, SK-NODE-003 when it cannot be written.
pub(crate) fn hold(data: &Path) -> Result<Held, Trouble> {
    let path = data.join("lock");
    let lock = OpenOptions::new().create(true).write(true).truncate(false).open(&path);
    let lock = lock.map_err(|error| refused(&path, &error))?;
    match lock.try_lock() {
        Ok(()) => Ok(Held { _lock: lock }),
        Err(TryLockError::WouldBlock) => {
            Err(Trouble::new(&troubles::IN_USE, data.display().to_string()))
        }
        Err(TryLockError::Error(error)) => Err(refused(&path, &error)),
    }
}

/// Puts `bytes` in the place of the file `path`, readable by this account only, durable before it returns.
///
/// # Errors
/// What the system said.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let draft = path
        .with_file_name(format!("{}.tmp", path.file_name().unwrap_or_default().to_string_lossy()));
    let mut file = private_file(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    // A bare file name lies in the folder we are in.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    sync_folder(folder.unwrap_or(Path::new(".")))
}

/// A new, empty file that only this account can read.
///
/// # Errors
/// What the system said.
pub(crate) fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    // A file that was there before keeps its mode when it is opened.
    restrict(path, 0o600)?;
    Ok(file)
}

/// Closes a file or folder to other accounts.
///
/// # Errors
/// What the system said.
#[cfg(unix)]
pub(crate) fn restrict(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// Closes a file or folder to other accounts.
///
/// # Errors
/// Never: on Windows the data folder inherits its owner's access list.
#[cfg(not(unix))]
pub(crate) fn restrict(_path: &Path, _mode: u32) -> std::io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> std::io::Result<()> {
    // Windows has no handle of a folder to flush; the rename is in the journal of NTFS.
    Ok(())
}

fn refused(path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::new(&troubles::DATA_FOLDER, format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_once_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let held = hold(folder.path()).unwrap();
        assert_eq!(hold(folder.path()).err().unwrap().kind.code, "SK-NODE-013");
        drop(held);
        hold(folder.path()).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn what_is_written_is_closed_to_other_accounts() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "open").unwrap();
        replace_file(&path, b"closed").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"closed");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
