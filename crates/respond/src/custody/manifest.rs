//! Reads the record of an acquisition (`sakimori-evidence/1`) that the imaging command or an expert's tool wrote.

use sakimori_words::{Digest, Instant};
use serde::Deserialize;

use super::{BadRange, EvidenceKind, ItemFacts, Measured};
use crate::Moment;

/// What the file says it is.
pub const MANIFEST_FORMAT: &str = "sakimori-evidence/1";
/// Largest manifest, in bytes: a hundred thousand bad ranges and some text.
pub const MANIFEST_BYTES_MAX: usize = 8 << 20;
/// Most bad ranges that are kept one by one; the digest of the manifest stands for the others.
const BAD_RANGES_KEPT: usize = 2_000;
/// Longest text in a field, in characters.
const TEXT_CHARS_MAX: usize = 1_000;

/// Why a manifest cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Larger than a manifest can be.
    #[error("the file has {bytes} bytes; at most {MANIFEST_BYTES_MAX} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Not JSON, or a field has another kind of value.
    #[error("line {line}: {what}")]
    Unreadable {
        /// On which line.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// Another format or version.
    #[error("the format is `{found}`, not `{MANIFEST_FORMAT}`")]
    Format {
        /// What it says.
        found: String,
    },
    /// A value cannot be.
    #[error("`{field}` {why}")]
    Value {
        /// Which field.
        field: &'static str,
        /// Why.
        why: &'static str,
    },
}

/// An acquisition as a file tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acquisition {
    /// What it says about the item.
    pub facts: ItemFacts,
    /// What was measured.
    pub measured: Measured,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    format: String,
    kind: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    source: Source,
    started_at: Option<String>,
    finished_at: Option<String>,
    size_bytes: Option<u64>,
    sha256: Option<String>,
    #[serde(default)]
    blake3: Option<String>,
    #[serde(default)]
    bad_ranges: Vec<BadRange>,
    #[serde(default)]
    tool: Tool,
    #[serde(default)]
    examiner: Option<String>,
    #[serde(default)]
    witness: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Source {
    path: Option<String>,
    size_bytes: Option<u64>,
    model: Option<String>,
    serial: Option<String>,
    host: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tool {
    name: Option<String>,
    version: Option<String>,
    digest: Option<String>,
}

/// Reads a manifest. Fields it does not know are left alone; what it knows must be right.
///
/// # Errors
/// When it is too large, not JSON, of another format, or a value cannot be.
pub fn read_manifest(bytes: &[u8], moment: Moment<'_>) -> Result<Acquisition, ManifestError> {
    if bytes.len() > MANIFEST_BYTES_MAX {
        return Err(ManifestError::TooLarge { bytes: bytes.len() });
    }
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(|error| {
        ManifestError::Unreadable { line: error.line(), what: error.to_string() }
    })?;
    if manifest.format != MANIFEST_FORMAT {
        let found = manifest.format.chars().take(80).collect();
        return Err(ManifestError::Format { found });
    }
    acquisition(manifest, Digest::of(bytes), moment)
}

fn acquisition(
    manifest: Manifest,
    digest_of_file: Digest,
    moment: Moment<'_>,
) -> Result<Acquisition, ManifestError> {
    let Manifest { source, tool, mut bad_ranges, .. } = manifest;
    let started_at = time("started_at", manifest.started_at.as_deref())?;
    let finished_at = time("finished_at", manifest.finished_at.as_deref())?;
    let times = [("started_at", started_at), ("finished_at", finished_at)];
    let in_future = |at: Option<Instant>| at.is_some_and(|at| at > moment.now);
    if let Some((field, _)) = times.into_iter().find(|(_, at)| in_future(*at)) {
        return Err(ManifestError::Value { field, why: "lies in the future; check the clocks" });
    }
    // A folder has no length of its own; its archive has.
    let size = source.size_bytes.filter(|bytes| *bytes > 0).or(manifest.size_bytes);
    check_ranges(&bad_ranges, size)?;
    let bad_left_out = bad_ranges.len().saturating_sub(BAD_RANGES_KEPT) as u64;
    bad_ranges.truncate(BAD_RANGES_KEPT);
    let sha256 = digest(manifest.sha256.as_deref())?;
    if sha256.is_none() {
        return Err(ManifestError::Value { field: "sha256", why: "is missing" });
    }
    let examiner = text("examiner", manifest.examiner)?;
    let facts = ItemFacts {
        kind: EvidenceKind::parse(&kind_name(&manifest.kind))
            .ok_or(ManifestError::Value { field: "kind", why: "is none that is known" })?,
        title: text("title", Some(manifest.title))?,
        model: text("source.model", source.model)?,
        serial: text("source.serial", source.serial)?,
        machine: text("source.host", source.host)?,
        collected_at: started_at,
        collected_by: examiner.clone(),
        witness: text("witness", manifest.witness)?,
        ..ItemFacts::default()
    };
    let measured = Measured {
        tool: text("tool.name", tool.name)?,
        tool_version: text("tool.version", tool.version)?,
        tool_digest: text("tool.digest", tool.digest)?,
        examiner,
        source_path: text("source.path", source.path)?,
        source_bytes: source.size_bytes,
        started_at,
        finished_at,
        size_bytes: manifest.size_bytes,
        sha256,
        blake3: blake3(manifest.blake3)?,
        bad_ranges,
        bad_left_out,
        manifest_sha256: Some(digest_of_file),
    };
    Ok(Acquisition { facts, measured })
}

/// Names of kinds that tools write beside ours.
fn kind_name(kind: &str) -> String {
    match kind.trim() {
        "partition" => "disk".to_owned(),
        "vm" | "vm-snapshot" | "snapshot" => "vm_snapshot".to_owned(),
        "folder" | "folders" | "file" => "files".to_owned(),
        "log" => "logs".to_owned(),
        "archive" => "triage".to_owned(),
        other => other.replace('-', "_"),
    }
}

fn text(field: &'static str, text: Option<String>) -> Result<String, ManifestError> {
    let text = text.unwrap_or_default().trim().to_owned();
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(ManifestError::Value { field, why: "is too long" });
    }
    Ok(text)
}

fn time(field: &'static str, text: Option<&str>) -> Result<Option<Instant>, ManifestError> {
    let read = |text| Instant::parse(text);
    text.map(read)
        .transpose()
        .map_err(|_| ManifestError::Value { field, why: "is no RFC 3339 time" })
}

fn digest(text: Option<&str>) -> Result<Option<Digest>, ManifestError> {
    let Some(text) = text else { return Ok(None) };
    let why = "is not 64 hexadecimal digits";
    Digest::from_hex(text.trim()).map(Some).ok_or(ManifestError::Value { field: "sha256", why })
}

fn blake3(text: Option<String>) -> Result<String, ManifestError> {
    let Some(text) = text else { return Ok(String::new()) };
    let text = text.trim().to_ascii_lowercase();
    // Both digests have 32 bytes; the reader of one checks the spelling of the other.
    if text.is_empty() || Digest::from_hex(&text).is_some() {
        return Ok(text);
    }
    Err(ManifestError::Value { field: "blake3", why: "is not 64 hexadecimal digits" })
}

fn check_ranges(ranges: &[BadRange], size: Option<u64>) -> Result<(), ManifestError> {
    let value = |why| Err(ManifestError::Value { field: "bad_ranges", why });
    for range in ranges {
        let Some(end) = range.offset.checked_add(range.length) else {
            return value("reaches beyond any medium");
        };
        if range.length == 0 || size.is_some_and(|size| end > size) {
            return value("reaches beyond the medium, or is empty");
        }
    }
    Ok(())
}
