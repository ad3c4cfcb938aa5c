//! Taking one source byte for byte: a disk, a partition, a memory image, an archive; and going on after a stop.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sakimori_words::Clock;

use crate::container::{self, Held, INDEX, MANIFEST, write_error};
use crate::digests::chunk_digest;
use crate::error::AcquireError;
use crate::index::{Index, RECORD_BYTES, Stored};
use crate::journal::{Job, Journal, Mark};
use crate::manifest::{
    Chunks, FORMAT, Kind, List, Manifest, Range, Said, SourceFacts, Tool, written,
};
use crate::pack::{Feeder, Layout, Packed, Progress, pack};
use crate::source::{Reader, Source};

/// What every acquisition is told.
pub struct Request<'a> {
    /// The folder that the evidence goes into: new or empty.
    pub folder: PathBuf,
    /// What the person said.
    pub said: Said,
    /// The program.
    pub tool: Tool,
    /// Sizes of the container.
    pub layout: Layout,
    /// How long the bad places of one chunk are read again in smaller and smaller pieces. What is given up for it is named.
    pub patience: Duration,
    /// The time.
    pub clock: &'a dyn Clock,
}

/// Evidence that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Its manifest.
    pub manifest: Manifest,
    /// Bytes of the source that this run read: after a stop only the rest, and two chunks to see that it is the same source.
    pub read_bytes: u64,
}

/// Takes a source from its beginning.
///
/// # Errors
/// When the folder holds something, or cannot be written. What cannot be read of the source is recorded, not refused.
pub fn acquire_image(
    request: &Request<'_>,
    kind: Kind,
    facts: SourceFacts,
    source: &mut dyn Source,
    list: Option<(List, Vec<u8>)>,
    tell: &mut dyn FnMut(Progress),
) -> Result<Taken, AcquireError> {
    let held = container::make(&request.folder)?;
    let list = keep_list(&request.folder, list)?;
    let job = job(request, kind, facts);
    let mark = Mark::start(request.layout.chunk_bytes);
    image(request, job, mark, source, list, tell, &held)
}

/// Goes on where an acquisition of the same source was stopped. One that was complete already is given back as it is.
///
/// # Errors
/// When there is nothing to go on with, the source is another one or was changed, or the folder cannot be written.
pub fn resume_image(
    request: &Request<'_>,
    kind: Kind,
    facts: &SourceFacts,
    source: &mut dyn Source,
    list: Option<(List, Vec<u8>)>,
    tell: &mut dyn FnMut(Progress),
) -> Result<Taken, AcquireError> {
    if !container::is_there(&request.folder)? {
        return Err(AcquireError::NothingToResume(request.folder.clone()));
    }
    let held = container::hold(&request.folder)?;
    if let Some(manifest) = finished(&request.folder)? {
        return Ok(Taken { manifest, read_bytes: 0 });
    }
    let Journal { mut job, mark, .. } = Journal::read(&request.folder)?;
    same_facts(&job, kind, facts)?;
    let compared_bytes = same_content(&request.folder, &mark, source)?;
    job.resumed_at.push(written(request.clock.now()));
    let list = keep_list(&request.folder, list)?;
    let mut taken = image(request, job, mark, source, list, tell, &held)?;
    taken.read_bytes += compared_bytes;
    Ok(taken)
}

pub(crate) fn job(request: &Request<'_>, kind: Kind, source: SourceFacts) -> Job {
    Job {
        kind,
        said: request.said.clone(),
        source,
        tool: request.tool.clone(),
        started_at: written(request.clock.now()),
        resumed_at: Vec::new(),
    }
}

fn image(
    request: &Request<'_>,
    job: Job,
    mark: Mark,
    source: &mut dyn Source,
    list: Option<List>,
    tell: &mut dyn FnMut(Progress),
    held: &Held,
) -> Result<Taken, AcquireError> {
    let layout = Layout { chunk_bytes: mark.chunk_bytes, ..request.layout };
    let feed = |feeder: &mut Feeder| feed_source(feeder, source, request.patience);
    let (packed, read_bytes) = pack(&request.folder, layout, &job, mark, feed, tell)?;
    let manifest = finish(request, job, packed, list, held)?;
    Ok(Taken { manifest, read_bytes })
}

fn feed_source(
    feeder: &mut Feeder,
    source: &mut dyn Source,
    patience: Duration,
) -> Result<u64, AcquireError> {
    let size_bytes = source.size_bytes();
    let mut reader = Reader::new(source, patience);
    let began_at = feeder.offset().min(size_bytes);
    while feeder.offset() < size_bytes {
        let offset = feeder.offset();
        let wanted = usize::try_from(size_bytes - offset).unwrap_or(usize::MAX);
        let mut buffer = feeder.buffer()?;
        buffer.resize(wanted.min(feeder.chunk_bytes()), 0);
        let unread = reader.fill(offset, &mut buffer);
        feeder.push(buffer, unread)?;
    }
    Ok(size_bytes - began_at)
}

/// Writes the manifest, and only then lets the journal go.
pub(crate) fn finish(
    request: &Request<'_>,
    job: Job,
    packed: Packed,
    list: Option<List>,
    _held: &Held,
) -> Result<Manifest, AcquireError> {
    let mark = packed.mark;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        kind: job.kind,
        said: job.said,
        source: job.source,
        started_at: job.started_at,
        finished_at: written(request.clock.now()),
        resumed_at: job.resumed_at,
        size_bytes: mark.size_bytes,
        sha256: packed.sha256,
        blake3: packed.blake3,
        bad_ranges: mark.bad_ranges,
        given_up_ranges: mark.given_up_ranges,
        tool: job.tool,
        chunks: Chunks {
            count: mark.n_chunks,
            chunk_bytes: mark.chunk_bytes,
            index_sha256: packed.index_sha256,
            data_files: u32::from(mark.data_file) + 1,
            stored_bytes: mark.stored_bytes,
        },
        list,
    };
    container::replace(&request.folder.join(MANIFEST), manifest.to_text().as_bytes())?;
    forget_journal(&request.folder)?;
    Ok(manifest)
}

fn forget_journal(folder: &Path) -> Result<(), AcquireError> {
    let path = folder.join(container::JOURNAL);
    match std::fs::remove_file(&path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            Err(write_error(&path, cause))
        }
        _ => Ok(()),
    }
}

/// The manifest of an acquisition that was complete, stopped only before its journal was gone.
fn finished(folder: &Path) -> Result<Option<Manifest>, AcquireError> {
    let path = folder.join(MANIFEST);
    if !container::is_there(&path)? {
        return Ok(None);
    }
    let text = container::read_bounded(&path, crate::manifest::MANIFEST_BYTES_MAX);
    let text = text.map_err(|cause| write_error(&path, cause))?;
    let manifest = Manifest::read(&text)
        .map_err(|error| AcquireError::Journal { path, why: error.to_string() })?;
    forget_journal(folder)?;
    Ok(Some(manifest))
}

pub(crate) fn keep_list(
    folder: &Path,
    list: Option<(List, Vec<u8>)>,
) -> Result<Option<List>, AcquireError> {
    let Some((list, text)) = list else { return Ok(None) };
    container::replace(&folder.join(container::LIST), &text)?;
    Ok(Some(list))
}

/// A disk may come back under another path; what it says of itself may not differ.
fn same_facts(job: &Job, kind: Kind, now: &SourceFacts) -> Result<(), AcquireError> {
    let before = &job.source;
    let (kind_before, kind_now) = (format!("{:?}", job.kind), format!("{kind:?}"));
    let (size_before, size_now) = (before.size_bytes.to_string(), now.size_bytes.to_string());
    let pairs = [
        ("kind", &kind_before, &kind_now),
        ("size in bytes", &size_before, &size_now),
        ("serial number", &before.serial, &now.serial),
        ("model", &before.model, &now.model),
    ];
    for (what, before, now) in pairs {
        if before != now {
            let (before, now) = (before.clone(), now.clone());
            return Err(AcquireError::Changed { what, before, now });
        }
    }
    Ok(())
}

/// Compares the first and the last chunk with something in them; how many bytes that took.
fn same_content(folder: &Path, mark: &Mark, source: &mut dyn Source) -> Result<u64, AcquireError> {
    // Nothing is done yet, and the index may not even have its header.
    if mark.n_chunks == 0 {
        return Ok(0);
    }
    let path = folder.join(INDEX);
    let length = (mark.n_chunks + 1).saturating_mul(RECORD_BYTES as u64);
    let bytes =
        container::read_bounded(&path, length).map_err(|cause| write_error(&path, cause))?;
    let index = Index::read(&bytes, mark.size_bytes);
    let index = index.map_err(|error| AcquireError::Journal { path, why: error.to_string() })?;
    let telling: Vec<_> = index
        .chunks
        .iter()
        .flatten()
        .filter(|chunk| chunk.stored != Stored::Hole)
        .filter(|chunk| !touches(&mark.bad_ranges, chunk.offset, u64::from(chunk.raw_len)))
        .collect();
    let mut ends = vec![telling.first(), telling.last()];
    ends.dedup();
    let mut read_bytes = 0;
    for chunk in ends.into_iter().flatten() {
        let mut buffer = vec![0; usize::try_from(chunk.raw_len).unwrap_or_default()];
        let unread = Reader::new(source, Duration::ZERO).fill(chunk.offset, &mut buffer);
        read_bytes += buffer.len() as u64;
        let digest = chunk_digest(chunk.offset, &buffer).inner;
        if !unread.is_empty() || digest != chunk.digest {
            return Err(AcquireError::Changed {
                what: "content",
                before: format!("{} at byte {}", crate::digests::hex(&chunk.digest), chunk.offset),
                now: if unread.is_empty() {
                    crate::digests::hex(&digest)
                } else {
                    "unreadable".to_owned()
                },
            });
        }
    }
    Ok(read_bytes)
}

pub(crate) fn touches(ranges: &[Range], offset: u64, length: u64) -> bool {
    let end = offset.saturating_add(length);
    ranges
        .iter()
        .any(|range| range.offset < end && range.offset.saturating_add(range.length) > offset)
}
