//! What an unfinished acquisition goes on with: the job, and how far it is, written after the data it speaks of are durable.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::container;
use crate::digests::{Digest32, Tree, from_hex, hex, put_down, take_up};
use crate::error::AcquireError;
use crate::manifest::{Kind, Range, Said, SourceFacts, Tool};

const FORMAT: &str = "sakimori-acquisition/1";
const JOURNAL_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What is being taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) kind: Kind,
    pub(crate) said: Said,
    pub(crate) source: SourceFacts,
    pub(crate) tool: Tool,
    pub(crate) started_at: String,
    #[serde(default)]
    pub(crate) resumed_at: Vec<String>,
}

/// How far it is. Everything before it is durable; what lies behind it in the files is cut off when it goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) chunk_bytes: u32,
    pub(crate) n_chunks: u64,
    pub(crate) size_bytes: u64,
    pub(crate) data_file: u16,
    pub(crate) data_len: u64,
    pub(crate) stored_bytes: u64,
    sha256_state: String,
    blake3_subtrees: Vec<String>,
    blake3_first: String,
    pub(crate) bad_ranges: Vec<Range>,
    #[serde(default)]
    pub(crate) given_up_ranges: Vec<Range>,
}

/// The file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Journal {
    format: String,
    pub(crate) job: Job,
    pub(crate) mark: Mark,
}

impl Mark {
    /// Before the first chunk.
    pub(crate) fn start(chunk_bytes: u32) -> Self {
        Self {
            chunk_bytes,
            n_chunks: 0,
            size_bytes: 0,
            data_file: 0,
            data_len: 0,
            stored_bytes: 0,
            sha256_state: hex(&put_down(&sha2::Sha256::default())),
            blake3_subtrees: Vec::new(),
            blake3_first: hex(&Digest32::default()),
            bad_ranges: Vec::new(),
            given_up_ranges: Vec::new(),
        }
    }

    pub(crate) fn set_digests(&mut self, sha256_state: &[u8], tree: &Tree) {
        self.sha256_state = hex(sha256_state);
        self.blake3_subtrees = tree.stack.iter().map(|subtree| hex(subtree)).collect();
        self.blake3_first = hex(&tree.first_alone);
    }

    /// The digests as they were; `None` when the file was damaged.
    pub(crate) fn digests(&self) -> Option<(sha2::Sha256, Tree)> {
        let sha256 = take_up(&from_hex(&self.sha256_state)?)?;
        let stack: Option<Vec<Digest32>> =
            self.blake3_subtrees.iter().map(|text| digest32(text)).collect();
        let first_alone = digest32(&self.blake3_first)?;
        Some((sha256, Tree { stack: stack?, n_chunks: self.n_chunks, first_alone }))
    }
}

fn digest32(text: &str) -> Option<Digest32> {
    from_hex(text)?.try_into().ok()
}

impl Journal {
    pub(crate) fn new(job: Job, mark: Mark) -> Self {
        Self { format: FORMAT.to_owned(), job, mark }
    }

    /// Writes it in the place of the last one.
    pub(crate) fn keep(&self, folder: &Path) -> Result<(), AcquireError> {
        let path = folder.join(container::JOURNAL);
        let text = serde_json::to_vec(self)
            .map_err(|error| container::write_error(&path, std::io::Error::other(error)))?;
        container::replace(&path, &text)
    }

    /// The one of an unfinished acquisition.
    pub(crate) fn read(folder: &Path) -> Result<Self, AcquireError> {
        let path = folder.join(container::JOURNAL);
        if !container::is_there(&path)? {
            return Err(AcquireError::NothingToResume(folder.to_path_buf()));
        }
        let text = container::read_bounded(&path, JOURNAL_BYTES_MAX);
        let text = text.map_err(|cause| container::write_error(&path, cause))?;
        Self::parse(&text).map_err(|why| AcquireError::Journal { path, why })
    }

    fn parse(text: &[u8]) -> Result<Self, String> {
        let journal: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if journal.format != FORMAT {
            return Err(format!("format `{}`", journal.format));
        }
        let mark = &journal.mark;
        let whole = mark.n_chunks.checked_mul(u64::from(mark.chunk_bytes));
        let chunk_fits = mark.chunk_bytes.is_power_of_two() && mark.chunk_bytes >= 1024;
        if !chunk_fits
            || whole.is_none_or(|whole| mark.size_bytes > whole)
            || mark.digests().is_none()
        {
            return Err("numbers or digests do not fit".to_owned());
        }
        Ok(journal)
    }
}

/// Any bytes, read as a journal: never falls, and what is taken can be gone on with.
///
/// # Panics
/// When that is not so: a fault of this program.
pub fn fuzz_journal(bytes: &[u8]) {
    if let Ok(journal) = Journal::parse(bytes) {
        assert!(journal.mark.digests().is_some());
    }
}
