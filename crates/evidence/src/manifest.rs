//! The manifest: what was taken, from where, by whom, with which digests; written last, so that its presence says "complete".

use sakimori_words::Instant;
use serde::{Deserialize, Serialize};

/// Name and version of the format.
pub const FORMAT: &str = "sakimori-evidence/1";

/// Longest manifest that is read, in bytes. A disk with a million unreadable places stays below it.
pub const MANIFEST_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A disk, a partition or a file, byte for byte.
    Disk,
    /// A folder: a tar archive of its files.
    Files,
    /// What a running or dead Linux says of itself: a tar archive.
    Triage,
    /// A memory image made by another program.
    Memory,
    /// What Velociraptor or UAC collected.
    Archive,
    /// Logs of a period with their proofs: a tar archive.
    Logs,
}

/// Where it was taken from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceFacts {
    /// Path of the device, file or folder.
    pub path: String,
    /// Its length; 0 for a folder.
    pub size_bytes: u64,
    /// Make and model of the device, as it says itself.
    pub model: String,
    /// Serial number of the device, as it says itself.
    pub serial: String,
    /// Name of the machine it was read on.
    pub host: String,
    /// What the content was recognised as, e.g. `lime` or `velociraptor`; empty when nothing was.
    pub recognised: String,
    /// Where the device was mounted while it was read; a mounted disk changes under the hand.
    pub mounted_at: Vec<String>,
}

/// A span of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
}

impl Range {
    /// How many bytes some ranges have together.
    #[must_use]
    pub fn sum_bytes(ranges: &[Self]) -> u64 {
        ranges.iter().map(|range| range.length).sum()
    }
}

/// The program that did it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its file.
    pub digest: String,
}

/// How the stream is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Chunks {
    /// Number of chunks.
    pub count: u64,
    /// Length of every chunk but the last.
    pub chunk_bytes: u32,
    /// SHA-256 of the index file.
    pub index_sha256: String,
    /// Number of data files.
    pub data_files: u32,
    /// Bytes in them.
    pub stored_bytes: u64,
}

/// A list beside the stream: of the files in it, or of the members of an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct List {
    /// Name of the file, one JSON object a line.
    pub file: String,
    /// Lines in it.
    pub entries: u64,
    /// Entries that could not be read.
    pub failed: u64,
    /// Whether it stops before the end, at a limit.
    pub cut: bool,
    /// SHA-256 of the list.
    pub sha256: String,
}

/// What the person said who takes the evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    /// A title for people.
    pub title: String,
    /// Who took it.
    pub examiner: String,
    /// Who watched.
    pub witness: String,
    /// The case it belongs to.
    pub case: String,
    /// Anything else.
    pub note: String,
}

/// The manifest, version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// What was taken.
    pub kind: Kind,
    /// What the person said.
    #[serde(flatten)]
    pub said: Said,
    /// Where from.
    pub source: SourceFacts,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// When it was complete, RFC 3339.
    pub finished_at: String,
    /// When it was taken up again after a stop, RFC 3339.
    #[serde(default)]
    pub resumed_at: Vec<String>,
    /// Length of the stream, which `evidence export --raw` gives back.
    pub size_bytes: u64,
    /// SHA-256 of the stream.
    pub sha256: String,
    /// BLAKE3 of the stream.
    pub blake3: String,
    /// What could not be read; the stream has zeros there.
    #[serde(default)]
    pub bad_ranges: Vec<Range>,
    /// What of it was not tried to the last sector, because the time for it was over: another attempt may read more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given_up_ranges: Vec<Range>,
    /// The program.
    #[serde(default)]
    pub tool: Tool,
    /// How it is stored.
    pub chunks: Chunks,
    /// The list beside it, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<List>,
}

/// Why a manifest is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is not of this format.
    #[error("the manifest is not one of `{FORMAT}`")]
    Unknown(#[source] serde_json::Error),
    /// It is of another version.
    #[error("the manifest is of format `{0}`, not `{FORMAT}`")]
    Version(String),
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// When the text is none, or of another version.
    pub fn read(text: &[u8]) -> Result<Self, ManifestError> {
        let manifest: Self = serde_json::from_slice(text).map_err(ManifestError::Unknown)?;
        if manifest.format == FORMAT {
            Ok(manifest)
        } else {
            Err(ManifestError::Version(manifest.format))
        }
    }

    /// The manifest as it is written.
    #[must_use]
    pub fn to_text(&self) -> String {
        // Plain data with text keys: serde_json writes it always.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// An instant as manifests write it.
pub(crate) fn written(at: Instant) -> String {
    at.rfc3339()
}

/// Any bytes, read as a manifest: never falls, and what is read writes itself the same again.
///
/// # Panics
/// When that is not so: a fault of this program.
pub fn fuzz_manifest(bytes: &[u8]) {
    if let Ok(manifest) = Manifest::read(bytes) {
        assert!(Manifest::read(manifest.to_text().as_bytes()).is_ok_and(|again| again == manifest));
    }
}
