//! The few things the log asks of a disk, behind a port so that a test can fill it up or break it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A disk that can hold log files.
pub(crate) trait Disk: Send + Sync {
    /// Creates a file that begins with `head` (replacing one of that name). It is there durably with its whole head or
    /// not at all, so a file whose head cannot be read was damaged.
    fn create(&self, path: &Path, head: &[u8]) -> io::Result<Box<dyn LogFile>>;
}

/// A file that grows at its end.
pub(crate) trait LogFile: Send {
    /// Writes all of `bytes` at the end. After an error any part of them may have been written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Returns when everything appended is on the disk.
    fn sync(&mut self) -> io::Result<()>;
    /// Forgets everything after the first `length` bytes.
    fn cut(&mut self, length: u64) -> io::Result<()>;
    /// Whether the file can still be found under its name. What goes into a removed file is gone once it is closed.
    fn is_in_place(&self) -> io::Result<bool>;
}

/// The machine's own disk.
#[derive(Debug)]
pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn create(&self, path: &Path, head: &[u8]) -> io::Result<Box<dyn LogFile>> {
        replace_file(path, &[head])?;
        // Append mode: after a cut the next write goes to the new end.
        let file = OpenOptions::new().append(true).open(path)?;
        Ok(Box::new(RealFile { file, path: path.to_path_buf() }))
    }
}

struct RealFile {
    file: File,
    path: PathBuf,
}

impl LogFile for RealFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    fn is_in_place(&self) -> io::Result<bool> {
        // The name as well: a file that was moved away still has a link, but no reader would ever find it.
        Ok(has_link(&self.file)? && self.path.try_exists()?)
    }
}

#[cfg(unix)]
fn has_link(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(file.metadata()?.nlink() > 0)
}

#[cfg(not(unix))]
fn has_link(_file: &File) -> io::Result<bool> {
    Ok(true)
}

/// Makes the names in a folder durable. Windows keeps them with the files and cannot open folders.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Creates a folder with its parents and makes each new name durable.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.try_exists()? {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_folder(parent)?;
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync_folder(parent.unwrap_or_else(|| Path::new(".")))
}

/// Replaces a file by `bytes` so that after a power cut either the old or the new content is there.
pub(crate) fn replace_file(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = Path::new(&temporary);
    let written = write_synced(temporary, parts).and_then(|()| fs::rename(temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(temporary);
    }
    written?;
    sync_folder(path.parent().unwrap_or_else(|| Path::new(".")))
}

fn write_synced(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = File::create(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}
