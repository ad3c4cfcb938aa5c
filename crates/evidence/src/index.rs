//! The index: where each chunk lies and what it is, 64 bytes a chunk, only ever appended.
//!
//! ```text
//! header   magic "sakimori-chunks/1" padded with zeros to 56 · chunk length u32 · CRC-32C of the 60 bytes before
//! record   raw offset u64 · raw length u32 · kind u8 · 0 u8 · data file u16 · position u64 · stored length u32
//!          · BLAKE3 chaining value 32 · CRC-32C of the 60 bytes before
//! ```
//! All numbers little endian. CRCs tell damage from change; only the digests tell that nothing was changed.

use crate::digests::Digest32;

/// Length of the header and of every record, in bytes.
pub(crate) const RECORD_BYTES: usize = 64;

/// Longest chunk that is read, in bytes: what one damaged number may make us allocate.
pub const CHUNK_BYTES_MAX: u32 = 64 * 1024 * 1024;

const MAGIC: &[u8] = b"sakimori-chunks/1";
const MAGIC_ROOM: usize = 56;

/// How a chunk is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    /// Nothing but zeros: nothing is stored.
    Hole,
    /// As it is.
    Plain,
    /// As one zstd frame.
    Zstd,
}

/// One chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkRecord {
    /// Where it begins in the stream.
    pub(crate) offset: u64,
    /// Its length in the stream.
    pub(crate) raw_len: u32,
    /// How it is stored.
    pub(crate) stored: Stored,
    /// Number of the data file.
    pub(crate) file: u16,
    /// Where it begins in the data file.
    pub(crate) position: u64,
    /// Its length in the data file.
    pub(crate) stored_len: u32,
    /// BLAKE3 chaining value at its place.
    pub(crate) digest: Digest32,
}

/// What is wrong with an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// Not an index, or of a later version.
    #[error("this is no index of chunks (version 1)")]
    Header,
    /// A record is damaged or missing.
    #[error("record {number} of the index is damaged")]
    Record {
        /// Counted from 0.
        number: u64,
    },
}

/// The first bytes of an index.
#[must_use]
pub(crate) fn header(chunk_bytes: u32) -> [u8; RECORD_BYTES] {
    let mut bytes = MAGIC.to_vec();
    bytes.resize(MAGIC_ROOM, 0);
    bytes.extend(chunk_bytes.to_le_bytes());
    sealed(bytes)
}

/// Reads a header: the chunk length.
///
/// # Errors
/// When it is none.
pub(crate) fn read_header(bytes: &[u8]) -> Result<u32, IndexError> {
    let body = opened(bytes).ok_or(IndexError::Header)?;
    let (magic, length) = body.split_at_checked(MAGIC_ROOM).ok_or(IndexError::Header)?;
    let chunk_bytes = number(length).and_then(|n| u32::try_from(n).ok());
    let rest_is_zero = magic.iter().skip(MAGIC.len()).all(|byte| *byte == 0);
    chunk_bytes
        .filter(|_| magic.starts_with(MAGIC) && rest_is_zero)
        .filter(|n| n.is_power_of_two() && (1024..=CHUNK_BYTES_MAX).contains(n))
        .ok_or(IndexError::Header)
}

impl ChunkRecord {
    /// The record as it is written.
    #[must_use]
    pub(crate) fn to_bytes(self) -> [u8; RECORD_BYTES] {
        let kind = match self.stored {
            Stored::Hole => 0,
            Stored::Plain => 1,
            Stored::Zstd => 2,
        };
        let mut bytes = self.offset.to_le_bytes().to_vec();
        bytes.extend(self.raw_len.to_le_bytes());
        bytes.extend([kind, 0]);
        bytes.extend(self.file.to_le_bytes());
        bytes.extend(self.position.to_le_bytes());
        bytes.extend(self.stored_len.to_le_bytes());
        bytes.extend(self.digest);
        sealed(bytes)
    }

    /// Reads a record; `None` when it is damaged.
    #[must_use]
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = opened(bytes)?;
        let mut take = |length: usize| {
            let (taken, after) = rest.split_at_checked(length)?;
            rest = after;
            Some(taken)
        };
        let offset = number(take(8)?)?;
        let raw_len = u32::try_from(number(take(4)?)?).ok()?;
        let stored = match take(2)? {
            [0, 0] => Stored::Hole,
            [1, 0] => Stored::Plain,
            [2, 0] => Stored::Zstd,
            _ => return None,
        };
        let file = u16::try_from(number(take(2)?)?).ok()?;
        let position = number(take(8)?)?;
        let stored_len = u32::try_from(number(take(4)?)?).ok()?;
        let digest = take(32)?.try_into().ok()?;
        Some(Self { offset, raw_len, stored, file, position, stored_len, digest })
    }
}

/// An index read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    /// Length of every chunk but the last.
    pub(crate) chunk_bytes: u32,
    /// The chunks, each `None` when its record is damaged or not the one for its place.
    pub(crate) chunks: Vec<Option<ChunkRecord>>,
}

impl Index {
    /// Reads an index for a stream of `size_bytes`. Records that are damaged, missing or out of place are `None`; what is behind
    /// the last one is left alone.
    ///
    /// # Errors
    /// When the header is none.
    pub(crate) fn read(bytes: &[u8], size_bytes: u64) -> Result<Self, IndexError> {
        let (first, rest) = bytes.split_at_checked(RECORD_BYTES).ok_or(IndexError::Header)?;
        let chunk_bytes = read_header(first)?;
        let n_wanted = size_bytes.div_ceil(u64::from(chunk_bytes));
        // A manifest that claims more than the index can hold must not make us allocate it.
        let n_read = n_wanted.min((rest.len() / RECORD_BYTES) as u64 + 1);
        let mut records = rest.chunks_exact(RECORD_BYTES);
        let chunks = (0..n_read).map(|number| {
            let record = ChunkRecord::read(records.next()?)?;
            fits(&record, number, chunk_bytes, size_bytes).then_some(record)
        });
        Ok(Self { chunk_bytes, chunks: chunks.collect() })
    }
}

fn fits(record: &ChunkRecord, number: u64, chunk_bytes: u32, size_bytes: u64) -> bool {
    let offset = number.saturating_mul(u64::from(chunk_bytes));
    let wanted = size_bytes.saturating_sub(offset).min(u64::from(chunk_bytes));
    record.offset == offset
        && u64::from(record.raw_len) == wanted
        && record.stored_len <= record.raw_len
}

fn sealed(mut bytes: Vec<u8>) -> [u8; RECORD_BYTES] {
    bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
    bytes.try_into().unwrap_or([0; RECORD_BYTES])
}

fn opened(bytes: &[u8]) -> Option<&[u8]> {
    let (body, sum) = bytes.split_at_checked(RECORD_BYTES - 4)?;
    (sum == crc32c::crc32c(body).to_le_bytes()).then_some(body)
}

fn number(bytes: &[u8]) -> Option<u64> {
    let shifted =
        bytes.iter().rev().try_fold(0_u64, |n, byte| Some(n.checked_mul(256)? + u64::from(*byte)));
    shifted.filter(|_| bytes.len() <= 8)
}

/// Any bytes, read as an index: never falls, and what is read writes itself the same again.
///
/// # Panics
/// When that is not so: a fault of this program.
pub fn fuzz_index(bytes: &[u8]) {
    if let Ok(index) = Index::read(bytes, u64::MAX) {
        for record in index.chunks.into_iter().flatten() {
            assert_eq!(ChunkRecord::read(&record.to_bytes()), Some(record));
        }
    }
}
