//! Where the lines of a catalogue are kept: a file beside the log, or a PostgreSQL database.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use super::file::CatalogueFile;
use super::postgres::CatalogueTable;
use crate::LakeError;

/// Keeps the lines of one catalogue. It believes nothing of what they say: whoever reads them follows their signatures.
///
/// An `end` is a place between two lines that the store has named itself; 0 is the beginning.
#[async_trait]
pub trait CatalogueStore: fmt::Debug + Send + Sync {
    /// What was added after `end`; `None` when the catalogue is shorter than that now. One that does not exist is empty.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn read(&self, end: u64) -> Result<Option<Grown>, LakeError>;

    /// Makes it ready for one who has read it to its `end` and will add to it: makes what is not there, removes a line that was
    /// never finished.
    ///
    /// # Errors
    /// [`LakeError::CatalogueTaken`] when it ends elsewhere; else when the store cannot be written or should not be relied on.
    async fn prepare(&self, end: u64) -> Result<(), LakeError>;

    /// Adds a line (without its line feed), durable when this returns, if the catalogue still ends at `end`; returns where it
    /// ends then. After an error nobody knows whether it was added.
    ///
    /// # Errors
    /// [`LakeError::CatalogueTaken`] when it ends elsewhere; else when the store cannot be written.
    async fn append(&self, end: u64, line: &str) -> Result<u64, LakeError>;

    /// Whether processes can write to it that do not share the folder, and with it the lock, of the log.
    fn is_shared(&self) -> bool;
}

/// What was added to a catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grown {
    /// Whole lines, each with its line feed.
    pub lines: String,
    /// Where they end.
    pub end: u64,
    /// Bytes of a line after them that was never finished, and so never relied on.
    pub torn_bytes: usize,
}

/// Opens the catalogue of the log in `dir`: the file there when `address` is empty, else the database of `postgres://…`. Nothing
/// is created or connected to before it is used.
///
/// # Errors
/// When the address cannot be used.
pub fn open_catalogue(dir: &Path, address: &str) -> Result<Arc<dyn CatalogueStore>, LakeError> {
    if address.is_empty() {
        return Ok(Arc::new(CatalogueFile::new(dir)));
    }
    Ok(Arc::new(CatalogueTable::new(address)?))
}

/// Splits bytes into whole lines and the torn rest after the last line feed.
pub(crate) fn whole_lines(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    bytes.split_at(end)
}
