//! Files by their digest, and those that belong to messages: not carried in them, named by digest and size, and fetched by whoever got
//! the message.
//!
//! The message and its signature vouch for the name; the digest vouches for the bytes. So a relay hands a file on and cannot change it,
//! and a large file never holds up what waits behind it on a link.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use sakimori_words::{Digest, Instant, OrganisationId, Trouble};
use serde::{Deserialize, Serialize};

/// Largest file, in bytes.
pub const FILE_BYTES_MAX: usize = 10 << 20;
/// Most files that belong to one message; their names fit into its header.
pub const FILES_MAX: usize = 10;
/// How much of a file one answer carries, in bytes.
pub const FILE_PART_BYTES: usize = 1 << 20;

/// Type of the signed payload by which a child asks for a part of a file.
pub(crate) const FILE_REQUEST_TYPE: &str = "application/vnd.sakimori.file-request.v1+json";

/// A file as messages name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileRef {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// How many bytes it has.
    pub n_bytes: u64,
}

impl FileRef {
    /// The reference to these bytes.
    #[must_use]
    pub fn to(bytes: &[u8]) -> Self {
        Self { digest: Digest::of(bytes), n_bytes: bytes.len() as u64 }
    }

    /// Whether these are its bytes.
    #[must_use]
    pub fn fits(&self, bytes: &[u8]) -> bool {
        *self == Self::to(bytes)
    }

    pub(crate) fn is_within_limits(&self) -> bool {
        usize::try_from(self.n_bytes).is_ok_and(|n_bytes| (1..=FILE_BYTES_MAX).contains(&n_bytes))
    }
}

/// Where the files of an organisation lie, by their digest.
#[async_trait]
pub trait Files: Send + Sync {
    /// Keeps the bytes durably under their digest; the same bytes twice are kept once.
    ///
    /// # Errors
    /// When the place cannot be written.
    async fn keep(&self, digest: Digest, bytes: Vec<u8>) -> Result<(), Trouble>;

    /// At most `limit` bytes of the file from `offset` on, as they are on the disk; `None` when it is not there.
    ///
    /// # Errors
    /// When the place cannot be read.
    async fn read_part(
        &self,
        digest: &Digest,
        offset: u64,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, Trouble>;

    /// The whole file as it is on the disk, but not more than a byte beyond `bytes_max`: whoever asks sees that it is too large without
    /// holding it.
    ///
    /// # Errors
    /// When the place cannot be read.
    async fn read(&self, digest: &Digest, bytes_max: usize) -> Result<Option<Vec<u8>>, Trouble> {
        self.read_part(digest, 0, bytes_max.saturating_add(1)).await
    }
}

/// Files in memory, for simulations and tests.
#[derive(Default)]
pub struct MemoryFiles(Mutex<BTreeMap<String, Vec<u8>>>);

#[async_trait]
impl Files for MemoryFiles {
    async fn keep(&self, digest: Digest, bytes: Vec<u8>) -> Result<(), Trouble> {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        files.insert(digest.to_string(), bytes);
        Ok(())
    }

    async fn read_part(
        &self,
        digest: &Digest,
        offset: u64,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let part = |bytes: &Vec<u8>| bytes.iter().skip(offset).take(limit).copied().collect();
        Ok(files.get(&digest.to_string()).map(part))
    }
}

/// A child's question for a part of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRequest {
    /// Who asks.
    pub from: OrganisationId,
    /// Whom.
    pub to: OrganisationId,
    /// By the asker's clock.
    pub at: Instant,
    /// Which file.
    pub digest: Digest,
    /// From which byte on.
    pub offset: u64,
}
