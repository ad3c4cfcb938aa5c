//! The catalogue as a file in the folder of its log.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::store::{CatalogueStore, Grown, whole_lines};
use crate::LakeError;
use crate::background::in_background;
use crate::wal::sync_folder;

/// The catalogue file inside a log store's folder.
pub(crate) fn catalogue_path(dir: &Path) -> PathBuf {
    dir.join("catalogue")
}

/// A catalogue file. Its ends are bytes.
#[derive(Debug)]
pub(super) struct CatalogueFile {
    path: PathBuf,
}

impl CatalogueFile {
    pub(super) fn new(dir: &Path) -> Self {
        Self { path: catalogue_path(dir) }
    }

    /// Cuts off what a torn write left after `end`, so that the next line begins there.
    fn cut_torn(&self, end: u64) -> Result<(), LakeError> {
        let taken = |what: &str| Err(LakeError::CatalogueTaken { what: what.to_owned() });
        let rest = match read_after(&self.path, end) {
            Ok(Some(rest)) => rest,
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(LakeError::file("read", &self.path, error));
            }
            Err(_) if end == 0 => return Ok(()),
            Ok(None) | Err(_) => return taken("the file is shorter than it was"),
        };
        if !whole_lines(&rest).0.is_empty() {
            return taken("the file is longer than it was");
        }
        if rest.is_empty() {
            return Ok(());
        }
        tracing::warn!(n_bytes = rest.len(), "the catalogue's last line was torn and is cut off");
        cut(&self.path, end).map_err(|error| LakeError::file("shorten", &self.path, error))
    }

    fn add(&self, line: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).open(&self.path)?;
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_data()?;
        sync_folder(self.path.parent().unwrap_or_else(|| Path::new("/")))
    }
}

#[async_trait]
impl CatalogueStore for CatalogueFile {
    async fn read(&self, end: u64) -> Result<Option<Grown>, LakeError> {
        let path = self.path.clone();
        let read = move || match read_after(&path, end) {
            Ok(added) => Ok(added.map(|bytes| grown(&bytes, end))),
            // Taken away while it is read: what was read stays true, and `verify` tells.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(grown(&[], end))),
            Err(error) => Err(LakeError::file("read", &path, error)),
        };
        in_background(read).await
    }

    async fn prepare(&self, end: u64) -> Result<(), LakeError> {
        self.cut_torn(end)
    }

    /// Nothing here waits, so a caller that goes away leaves the line written or not begun.
    async fn append(&self, end: u64, line: &str) -> Result<u64, LakeError> {
        self.cut_torn(end)?;
        if let Err(error) = self.add(line) {
            // What is left of the line would be cut off by the next one; a reader need not see it until then.
            let _ = cut(&self.path, end);
            return Err(LakeError::file("write", &self.path, error));
        }
        Ok(end + line.len() as u64 + 1)
    }

    fn is_shared(&self) -> bool {
        false
    }
}

fn grown(added: &[u8], end: u64) -> Grown {
    let (whole, torn) = whole_lines(added);
    let lines = String::from_utf8_lossy(whole).into_owned();
    Grown { lines, end: end + whole.len() as u64, torn_bytes: torn.len() }
}

/// The bytes of a file after `end`; `None` when it is shorter.
fn read_after(path: &Path, end: u64) -> io::Result<Option<Vec<u8>>> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() < end {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(end))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn cut(path: &Path, end: u64) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(end)?;
    file.sync_all()
}
