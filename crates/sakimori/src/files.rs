//! Files people give: what lies below a folder, when a file was written, and the trouble of one that cannot be used.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sakimori_words::{Instant, Trouble};

use crate::troubles;

/// Free bytes on the disk that `path` is on, for whoever is not root; `None` when nobody can say.
pub(crate) fn free_bytes(path: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// A file that a person gave: up to one byte more than `limit_bytes`, enough for whoever takes it to see that it is too much.
///
/// # Errors
/// SK-NODE-007 when it cannot be read.
pub(crate) fn read_given(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit_bytes.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|error| refused(path, &error))?;
    Ok(bytes)
}

/// What lies below a folder.
#[derive(Debug, Default)]
pub(crate) struct FilesBelow {
    /// Every file, in the order of their names.
    pub(crate) files: Vec<PathBuf>,
    /// Folders and entries that could not be looked at, and why. The others are all there.
    pub(crate) unreadable: Vec<(PathBuf, std::io::Error)>,
}

/// Every file below `folder`, without the folders in `except`. Links are not followed.
pub(crate) fn files_below(folder: &Path, except: &[PathBuf]) -> FilesBelow {
    let mut found = FilesBelow::default();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if except.contains(&folder) {
            continue;
        }
        if let Err(error) = look_into(&folder, &mut folders, &mut found) {
            found.unreadable.push((folder, error));
        }
    }
    found.files.sort();
    found.unreadable.sort_by(|(left, _), (right, _)| left.cmp(right));
    found
}

fn look_into(
    folder: &Path,
    folders: &mut Vec<PathBuf>,
    found: &mut FilesBelow,
) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => folders.push(entry.path()),
            Ok(kind) if kind.is_file() => found.files.push(entry.path()),
            Ok(_) => {}
            Err(error) => found.unreadable.push((entry.path(), error)),
        }
    }
    Ok(())
}

/// When the file was last written, as far as its folder knows.
pub(crate) fn written_at(meta: &Metadata) -> Option<Instant> {
    let since = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_micros()).ok().map(Instant::from_micros)
}

/// SK-NODE-007: `path` cannot be read or written.
pub(crate) fn refused(path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::new(&troubles::FILE, format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_cannot_be_read_is_named_and_the_others_are_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        std::fs::write(folder.path().join("sub/one.yml"), "title: One").unwrap();
        let below = files_below(folder.path(), &[]);
        assert_eq!((below.files.len(), below.unreadable.len()), (1, 0));
        let gone = folder.path().join("gone");
        assert_eq!(files_below(&gone, &[]).unreadable.len(), 1);
        let except = [folder.path().join("sub")];
        assert!(files_below(folder.path(), &except).files.is_empty());
    }
}
