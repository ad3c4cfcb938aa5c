//! Names of log files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::create_folder;
use crate::LakeError;

/// A log file: its first sequence number is its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WalFile {
    /// The sequence number of its first event.
    pub(crate) first_seq: u64,
    /// Where it is.
    pub(crate) path: PathBuf,
}

impl WalFile {
    /// The log file that begins with `first_seq`.
    pub(crate) fn new(folder: &Path, first_seq: u64) -> Self {
        Self { first_seq, path: folder.join(format!("{first_seq:020}.wal")) }
    }

    /// Its name without folders, for people.
    pub(crate) fn name(&self) -> String {
        format!("wal/{:020}.wal", self.first_seq)
    }
}

/// Where `bytes` can be kept in the `discarded` folder as `name`: with a number behind it when other bytes have that name
/// already, because what is kept there is evidence.
pub(crate) fn place_aside(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let folder = dir.join("discarded");
    create_folder(&folder)?;
    let mut place = folder.join(name);
    for n in 2_u32.. {
        match fs::read(&place) {
            Ok(there) if there != bytes => place = folder.join(format!("{name}.{n}")),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => break,
        }
    }
    Ok(place)
}

/// The folder of the log files inside a log store's folder.
pub(crate) fn wal_folder(dir: &Path) -> PathBuf {
    dir.join("wal")
}

/// The log files in a folder, oldest first; none when the folder does not exist yet. Other names are left alone.
pub(crate) fn wal_files(folder: &Path) -> Result<Vec<WalFile>, LakeError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(LakeError::file("list", folder, error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| LakeError::file("list", folder, error))?;
        let first_seq = entry.file_name().to_str().and_then(first_seq_in);
        files.extend(first_seq.map(|first_seq| WalFile { first_seq, path: entry.path() }));
    }
    files.sort();
    Ok(files)
}

fn first_seq_in(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".wal").filter(|digits| digits.len() == 20)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}
