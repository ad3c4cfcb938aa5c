//! The stream out of the container: every chunk is unpacked and compared; what is damaged is named, and the rest still comes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::container::{self, INDEX, JOURNAL, MANIFEST, data_name};
use crate::digests::{ChunkDigest, chunk_digest, hex};
use crate::error::ReadError;
use crate::index::{ChunkRecord, Index, RECORD_BYTES, Stored};
use crate::manifest::{MANIFEST_BYTES_MAX, Manifest, Range};
use crate::pack::{Progress, file_sha256};

const WORKERS_MAX: u64 = 6;
/// Longest index that is read: sixteen million chunks, 64 TiB of 4 MiB chunks.
const INDEX_BYTES_MAX: u64 = 1 << 30;

/// What is wrong with a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The index has no sound record for it.
    Record,
    /// Its data file cannot be opened.
    NoFile(String),
    /// Its data file cannot be read there, or ends before it.
    Unread(String),
    /// It cannot be unpacked.
    Packing(String),
    /// It is not what was stored.
    Digest(String),
}

/// A folder of evidence, opened.
pub struct Evidence {
    /// The folder.
    pub folder: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    /// SHA-256 of the manifest's file, which a custody record names.
    pub manifest_sha256: String,
    /// Whether the index is the one that the manifest names.
    pub index_is_the_one: bool,
    index: Index,
}

impl Evidence {
    /// Opens a folder.
    ///
    /// # Errors
    /// When it is none, or was never finished.
    pub fn open(folder: &Path) -> Result<Self, ReadError> {
        let path = folder.join(MANIFEST);
        let text = match container::read_bounded(&path, MANIFEST_BYTES_MAX) {
            Ok(text) => text,
            Err(_) if folder.join(JOURNAL).is_file() => {
                return Err(ReadError::Unfinished(folder.to_path_buf()));
            }
            Err(cause) => return Err(ReadError::File { path, cause }),
        };
        let manifest = Manifest::read(&text);
        let manifest = manifest.map_err(|cause| ReadError::Manifest { path, cause })?;
        let path = folder.join(INDEX);
        let file = |cause| ReadError::File { path: path.clone(), cause };
        let bytes = container::read_bounded(&path, INDEX_BYTES_MAX).map_err(file)?;
        let index_sha256 = file_sha256(&path).map_err(file)?;
        let index = Index::read(&bytes, manifest.size_bytes);
        let index = index.map_err(|cause| ReadError::Index { path, cause })?;
        Ok(Self {
            folder: folder.to_path_buf(),
            manifest_sha256: sha256_of(&text),
            index_is_the_one: index_sha256 == manifest.chunks.index_sha256
                && bytes.len() as u64
                    == (manifest.chunks.count + 1).saturating_mul(RECORD_BYTES as u64),
            manifest,
            index,
        })
    }

    /// Chunks that the stream has by its length.
    pub(crate) fn n_chunks(&self) -> u64 {
        self.manifest.size_bytes.div_ceil(u64::from(self.index.chunk_bytes))
    }

    pub(crate) fn n_indexed(&self) -> u64 {
        self.index.chunks.len() as u64
    }

    fn range(&self, number: u64) -> Range {
        let chunk_bytes = u64::from(self.index.chunk_bytes);
        let offset = number.saturating_mul(chunk_bytes);
        let length = self.manifest.size_bytes.saturating_sub(offset).min(chunk_bytes);
        Range { offset, length }
    }

    /// What no record speaks of any more.
    pub(crate) fn missing_end(&self) -> Option<Range> {
        let offset = self.range(self.n_indexed()).offset;
        let length = self.manifest.size_bytes.saturating_sub(offset);
        (length > 0).then_some(Range { offset, length })
    }

    /// Shows every chunk in order.
    pub(crate) fn each_chunk(
        &self,
        show: &mut dyn FnMut(Range, Result<Unpacked, Fault>) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let n_workers =
            thread::available_parallelism().map_or(1, |n| n.get() as u64).min(WORKERS_MAX);
        thread::scope(|scope| {
            let workers: Vec<Receiver<Result<Unpacked, Fault>>> = (0..n_workers)
                .map(|turn| {
                    let (out, results) = sync_channel(1);
                    scope.spawn(move || self.unpack_every(turn, n_workers, &out));
                    results
                })
                .collect();
            for number in 0..self.n_indexed() {
                let turn = usize::try_from(number % n_workers).unwrap_or_default();
                let result = workers.get(turn).and_then(|worker| worker.recv().ok());
                show(self.range(number), result.ok_or(ReadError::Ended)?)?;
            }
            Ok(())
        })
    }

    fn unpack_every(&self, first: u64, step: u64, out: &SyncSender<Result<Unpacked, Fault>>) {
        let mut reader = ChunkReader { folder: &self.folder, open: None };
        let mine = self.index.chunks.iter().skip(usize::try_from(first).unwrap_or_default());
        for record in mine.step_by(usize::try_from(step).unwrap_or(1)) {
            let result =
                record.as_ref().ok_or(Fault::Record).and_then(|record| reader.read(record));
            if out.send(result).is_err() {
                return;
            }
        }
    }

    /// Writes the stream; what is damaged as zeros, and named afterwards.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn export(
        &self,
        out: &mut dyn Write,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Damage>, ReadError> {
        let mut damage = Vec::new();
        self.each_chunk(&mut |range, result| {
            let bytes = result.map(|unpacked| unpacked.bytes).unwrap_or_else(|fault| {
                note(&mut damage, range, fault);
                vec![0; usize::try_from(range.length).unwrap_or_default()]
            });
            tell(Progress { done_bytes: range.offset + range.length, bad_bytes: 0 });
            out.write_all(&bytes).map_err(ReadError::Output)
        })?;
        if let Some(range) = self.missing_end() {
            note(&mut damage, range, Fault::Record);
            let zeros = &mut io::repeat(0).take(range.length);
            io::copy(zeros, out).map_err(ReadError::Output)?;
        }
        out.flush().map_err(ReadError::Output)?;
        Ok(damage)
    }
}

/// A chunk that is as it was stored.
pub(crate) struct Unpacked {
    pub(crate) bytes: Vec<u8>,
    pub(crate) digest: ChunkDigest,
}

/// A damaged part of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where.
    pub range: Range,
    /// What is wrong.
    pub fault: Fault,
}

/// Adds damage, joined with the last one when they touch and are alike.
pub(crate) fn note(damage: &mut Vec<Damage>, range: Range, fault: Fault) {
    match damage.last_mut() {
        Some(last)
            if last.fault == fault && last.range.offset + last.range.length == range.offset =>
        {
            last.range.length += range.length;
        }
        _ => damage.push(Damage { range, fault }),
    }
}

struct ChunkReader<'a> {
    folder: &'a Path,
    open: Option<(u16, File)>,
}

impl ChunkReader<'_> {
    fn read(&mut self, record: &ChunkRecord) -> Result<Unpacked, Fault> {
        let name = data_name(record.file);
        let bytes = match record.stored {
            Stored::Hole => vec![0; usize::try_from(record.raw_len).unwrap_or_default()],
            Stored::Plain => self.stored(record, &name)?,
            Stored::Zstd => unpacked(record, &self.stored(record, &name)?, &name)?,
        };
        let digest = chunk_digest(record.offset, &bytes);
        if bytes.len() as u64 != u64::from(record.raw_len) || digest.inner != record.digest {
            return Err(Fault::Digest(name));
        }
        Ok(Unpacked { bytes, digest })
    }

    fn stored(&mut self, record: &ChunkRecord, name: &str) -> Result<Vec<u8>, Fault> {
        let file = self.file(record.file, name)?;
        let mut bytes = vec![0; usize::try_from(record.stored_len).unwrap_or_default()];
        file.seek(SeekFrom::Start(record.position))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|_| Fault::Unread(name.to_owned()))?;
        Ok(bytes)
    }

    fn file(&mut self, number: u16, name: &str) -> Result<&mut File, Fault> {
        let missing = || Fault::NoFile(name.to_owned());
        if self.open.as_ref().is_none_or(|(open, _)| *open != number) {
            let file = File::open(self.folder.join(name)).map_err(|_| missing())?;
            self.open = Some((number, file));
        }
        self.open.as_mut().map(|(_, file)| file).ok_or_else(missing)
    }
}

fn unpacked(record: &ChunkRecord, stored: &[u8], name: &str) -> Result<Vec<u8>, Fault> {
    let room = usize::try_from(record.raw_len).unwrap_or_default();
    zstd::bulk::decompress(stored, room).map_err(|_| Fault::Packing(name.to_owned()))
}

pub(crate) fn sha256_of(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex(&sha2::Sha256::digest(bytes))
}
