//! A stream into the container: one thread reads, one computes SHA-256, several BLAKE3 and zstd, and this one writes in order.
//!
//! Memory is bounded by a fixed set of buffers that go round; whoever is slowest holds the others back.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, Scope, ScopedJoinHandle};

use sha2::Digest as _;

use crate::container::{self, data_name, write_error};
use crate::digests::{ChunkDigest, Tree, chunk_digest, hex, put_down};
use crate::error::AcquireError;
use crate::index::{self, ChunkRecord, RECORD_BYTES, Stored};
use crate::journal::{Job, Journal, Mark};

use crate::manifest::Range;
use crate::source::{Unread, join};

/// zstd's quickest ordinary level: disks in hospitals are read at 100 to 500 MB/s, and one core keeps up.
const LEVEL: i32 = 1;
const WORKERS_MAX: usize = 6;

/// Sizes of the container.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Length of a chunk: a power of two, 1 KiB at least.
    pub chunk_bytes: u32,
    /// A data file is not begun anew before it is that long. FAT on USB disks ends at 4 GiB.
    pub file_bytes: u64,
    /// After that much a mark is made, from which the work goes on after a stop.
    pub mark_bytes: u64,
}

impl Layout {
    /// 4 MiB, 2 GiB, 128 MiB.
    pub const USUAL: Self =
        Self { chunk_bytes: 4 << 20, file_bytes: 2 << 30, mark_bytes: 128 << 20 };
}

/// How far the work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the stream that are stored.
    pub done_bytes: u64,
    /// Bytes that could not be read.
    pub bad_bytes: u64,
}

/// A stream that is stored to its end.
pub(crate) struct Packed {
    pub(crate) mark: Mark,
    pub(crate) sha256: String,
    pub(crate) blake3: String,
    pub(crate) index_sha256: String,
}

/// Where a stream is put in, chunk by chunk.
pub(crate) struct Feeder {
    pool: Receiver<Vec<u8>>,
    sha: SyncSender<Arc<Raw>>,
    workers: Vec<SyncSender<Arc<Raw>>>,
    chunk_bytes: usize,
    n_chunks: u64,
}

struct Raw {
    offset: u64,
    bytes: Vec<u8>,
    unread: Unread,
}

struct Pressed {
    raw: Arc<Raw>,
    digest: ChunkDigest,
    stored: Stored,
    bytes: Vec<u8>,
}

impl Feeder {
    /// An empty buffer, when one is free.
    pub(crate) fn buffer(&mut self) -> Result<Vec<u8>, AcquireError> {
        let mut buffer = self.pool.recv().map_err(|_| AcquireError::Ended)?;
        buffer.clear();
        Ok(buffer)
    }

    /// Length of a chunk; only the last one may be shorter.
    pub(crate) fn chunk_bytes(&self) -> usize {
        self.chunk_bytes
    }

    /// Where the next chunk begins.
    pub(crate) fn offset(&self) -> u64 {
        self.n_chunks * self.chunk_bytes as u64
    }

    /// Hands in the next chunk with what could not be read of it.
    pub(crate) fn push(&mut self, bytes: Vec<u8>, unread: Unread) -> Result<(), AcquireError> {
        let raw = Arc::new(Raw { offset: self.offset(), bytes, unread });
        let turn = turn(self.n_chunks, self.workers.len());
        let worker = self.workers.get(turn).ok_or(AcquireError::Ended)?;
        self.sha.send(Arc::clone(&raw)).map_err(|_| AcquireError::Ended)?;
        worker.send(raw).map_err(|_| AcquireError::Ended)?;
        self.n_chunks += 1;
        Ok(())
    }
}

/// A [`Feeder`] that is written to byte by byte.
pub(crate) struct Stream<'a> {
    feeder: &'a mut Feeder,
    buffer: Vec<u8>,
}

impl<'a> Stream<'a> {
    pub(crate) fn new(feeder: &'a mut Feeder) -> Result<Self, AcquireError> {
        let buffer = feeder.buffer()?;
        Ok(Self { feeder, buffer })
    }

    /// Bytes written so far.
    pub(crate) fn position(&self) -> u64 {
        self.feeder.offset() + self.buffer.len() as u64
    }

    /// Hands in what is left.
    pub(crate) fn finish(self) -> Result<(), AcquireError> {
        if self.buffer.is_empty() {
            Ok(())
        } else {
            self.feeder.push(self.buffer, Unread::default())
        }
    }

    /// Adds bytes.
    pub(crate) fn put(&mut self, mut bytes: &[u8]) -> Result<(), AcquireError> {
        while !bytes.is_empty() {
            let room = self.feeder.chunk_bytes().saturating_sub(self.buffer.len());
            let (now, later) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            self.buffer.extend_from_slice(now);
            bytes = later;
            if self.buffer.len() >= self.feeder.chunk_bytes() {
                let full = std::mem::take(&mut self.buffer);
                self.feeder.push(full, Unread::default())?;
                self.buffer = self.feeder.buffer()?;
            }
        }
        Ok(())
    }
}

/// Stores what `feed` hands in behind `from`, and marks how far it is. When `feed` fails, what it handed in before is kept.
pub(crate) fn pack<T: Send>(
    folder: &Path,
    layout: Layout,
    job: &Job,
    from: Mark,
    feed: impl FnOnce(&mut Feeder) -> Result<T, AcquireError> + Send,
    tell: &mut dyn FnMut(Progress),
) -> Result<(Packed, T), AcquireError> {
    let mut disk = Disk::open(folder, layout, job.clone(), from)?;
    let fed = thread::scope(|scope| {
        let (line, feeder) = Line::set_up(scope, &disk)?;
        let feeding = scope.spawn(move || run(feeder, feed));
        let written = line.write_all(&mut disk, tell);
        // Ended first: nobody waits for buffers from a writer that is gone.
        let fed = joined(feeding)?;
        let n_written = written?;
        Ok(match fed {
            (Ok(_), n_fed) if n_fed != n_written => Err(AcquireError::Ended),
            (fed, _) => fed,
        })
    });
    // After a write that failed nothing is marked any more: a second fsync may say "fine" and be wrong.
    let fed = fed?;
    disk.mark()?;
    Ok((disk.packed()?, fed?))
}

fn run<T>(
    mut feeder: Feeder,
    feed: impl FnOnce(&mut Feeder) -> Result<T, AcquireError>,
) -> (Result<T, AcquireError>, u64) {
    let fed = feed(&mut feeder);
    (fed, feeder.n_chunks)
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> Result<T, AcquireError> {
    thread.join().map_err(|_| AcquireError::Ended)
}

fn turn(number: u64, n_workers: usize) -> usize {
    usize::try_from(number % (n_workers.max(1) as u64)).unwrap_or(0)
}

/// Everything between the one who reads and the disk.
struct Line {
    pool: SyncSender<Vec<u8>>,
    states: Receiver<Vec<u8>>,
    pressed: Vec<Receiver<Pressed>>,
}

impl Line {
    fn set_up<'scope>(
        scope: &'scope Scope<'scope, '_>,
        disk: &Disk<'_>,
    ) -> Result<(Self, Feeder), AcquireError> {
        let n_workers = thread::available_parallelism().map_or(1, usize::from).min(WORKERS_MAX);
        let n_buffers = 2 * n_workers + 3;
        let chunk_bytes = usize::try_from(disk.layout.chunk_bytes).unwrap_or(usize::MAX);
        let (pool, free) = sync_channel(n_buffers);
        for _ in 0..n_buffers {
            pool.send(Vec::with_capacity(chunk_bytes)).map_err(|_| AcquireError::Ended)?;
        }
        let (sha, to_sha) = sync_channel::<Arc<Raw>>(n_buffers);
        let (states_out, states) = sync_channel(n_buffers);
        let mut sha256 = disk.sha256.clone();
        scope.spawn(move || {
            for raw in to_sha {
                sha256.update(&raw.bytes);
                drop(raw);
                if states_out.send(put_down(&sha256)).is_err() {
                    return;
                }
            }
        });
        let (mut workers, mut pressed) = (Vec::new(), Vec::new());
        for _ in 0..n_workers {
            let (worker, to_worker) = sync_channel::<Arc<Raw>>(n_buffers);
            let (out, results) = sync_channel(n_buffers);
            scope.spawn(move || press_all(to_worker, &out));
            workers.push(worker);
            pressed.push(results);
        }
        let n_chunks = disk.mark.n_chunks;
        let feeder = Feeder { pool: free, sha, workers, chunk_bytes, n_chunks };
        Ok((Self { pool, states, pressed }, feeder))
    }

    /// Writes every chunk in order until no more come; how many there are then.
    fn write_all(
        self,
        disk: &mut Disk<'_>,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<u64, AcquireError> {
        loop {
            let worker = self.pressed.get(turn(disk.mark.n_chunks, self.pressed.len()));
            let Some(Ok(pressed)) = worker.map(Receiver::recv) else { break };
            let Ok(state) = self.states.recv() else { break };
            disk.append(&pressed, state)?;
            tell(disk.progress());
            if let Some(raw) = Arc::into_inner(pressed.raw) {
                // The reader is gone when there is no more to read.
                let _ = self.pool.send(raw.bytes);
            }
        }
        Ok(disk.mark.n_chunks)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the end of the channel belongs to this thread")]
fn press_all(incoming: Receiver<Arc<Raw>>, out: &SyncSender<Pressed>) {
    let mut compressor = zstd::bulk::Compressor::new(LEVEL).ok();
    for raw in &incoming {
        let digest = chunk_digest(raw.offset, &raw.bytes);
        let (stored, bytes) = press(&raw.bytes, compressor.as_mut());
        if out.send(Pressed { raw, digest, stored, bytes }).is_err() {
            return;
        }
    }
}

/// How a chunk is stored: not at all, packed, or, when that saves less than a sixteenth, as it is.
fn press(bytes: &[u8], compressor: Option<&mut zstd::bulk::Compressor<'_>>) -> (Stored, Vec<u8>) {
    if is_zero(bytes) {
        return (Stored::Hole, Vec::new());
    }
    let mut packed = Vec::with_capacity(bytes.len() / 16 * 15);
    let done = compressor.map(|compressor| compressor.compress_to_buffer(bytes, &mut packed));
    match done {
        Some(Ok(_)) => (Stored::Zstd, packed),
        _ => (Stored::Plain, Vec::new()),
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
    bytes.chunks(ZEROS.len()).all(|part| ZEROS.starts_with(part))
}

/// The files of the container.
struct Disk<'a> {
    folder: &'a Path,
    layout: Layout,
    job: Job,
    mark: Mark,
    sha256: sha2::Sha256,
    sha256_state: Vec<u8>,
    tree: Tree,
    index: File,
    data: File,
    /// Records of chunks that are not durable yet.
    pending: Vec<u8>,
    marked_bytes: u64,
}

impl<'a> Disk<'a> {
    fn open(folder: &'a Path, layout: Layout, job: Job, mark: Mark) -> Result<Self, AcquireError> {
        let damaged = |why: &str| AcquireError::Journal {
            path: folder.join(container::JOURNAL),
            why: why.to_owned(),
        };
        let (sha256, tree) = mark.digests().ok_or_else(|| damaged("digests do not fit"))?;
        let index = open_index(folder, &mark)?;
        let data = open_data(folder, mark.data_file, mark.data_len)?;
        let sha256_state = put_down(&sha256);
        let marked_bytes = mark.size_bytes;
        let pending = Vec::new();
        Journal::new(job.clone(), mark.clone()).keep(folder)?;
        Ok(Self {
            folder,
            layout,
            job,
            mark,
            sha256,
            sha256_state,
            tree,
            index,
            data,
            pending,
            marked_bytes,
        })
    }

    fn append(&mut self, pressed: &Pressed, state: Vec<u8>) -> Result<(), AcquireError> {
        let bytes = match pressed.stored {
            Stored::Hole => &[][..],
            Stored::Plain => &pressed.raw.bytes,
            Stored::Zstd => &pressed.bytes,
        };
        if self.mark.data_len > 0
            && self.mark.data_len + bytes.len() as u64 > self.layout.file_bytes
        {
            self.next_file()?;
        }
        self.data.write_all(bytes).map_err(|cause| self.data_error(cause))?;
        let record = ChunkRecord {
            offset: pressed.raw.offset,
            raw_len: length32(&pressed.raw.bytes),
            stored: pressed.stored,
            file: self.mark.data_file,
            position: self.mark.data_len,
            stored_len: length32(bytes),
            digest: pressed.digest.inner,
        };
        self.pending.extend(record.to_bytes());
        self.count(pressed, bytes.len() as u64);
        self.sha256_state = state;
        if self.mark.size_bytes - self.marked_bytes >= self.layout.mark_bytes {
            self.mark()?;
        }
        Ok(())
    }

    fn count(&mut self, pressed: &Pressed, stored_bytes: u64) {
        self.tree.push(&pressed.digest);
        self.mark.n_chunks += 1;
        self.mark.size_bytes += pressed.raw.bytes.len() as u64;
        self.mark.data_len += stored_bytes;
        self.mark.stored_bytes += stored_bytes;
        let unread = &pressed.raw.unread;
        unread.bad.iter().for_each(|range| join(&mut self.mark.bad_ranges, *range));
        unread.given_up.iter().for_each(|range| join(&mut self.mark.given_up_ranges, *range));
    }

    fn next_file(&mut self) -> Result<(), AcquireError> {
        self.data.sync_data().map_err(|cause| self.data_error(cause))?;
        let number = self.mark.data_file.checked_add(1);
        let number = number.ok_or_else(|| self.data_error(io::Error::other("too many files")))?;
        self.data = open_data(self.folder, number, 0)?;
        (self.mark.data_file, self.mark.data_len) = (number, 0);
        Ok(())
    }

    /// Makes durable what is there: data, then the records that speak of them, then the mark that speaks of both.
    fn mark(&mut self) -> Result<(), AcquireError> {
        self.data.sync_data().map_err(|cause| self.data_error(cause))?;
        let path = self.folder.join(container::INDEX);
        let written = self.index.write_all(&self.pending).and_then(|()| self.index.sync_data());
        written.map_err(|cause| write_error(&path, cause))?;
        self.pending.clear();
        self.mark.set_digests(&self.sha256_state, &self.tree);
        Journal::new(self.job.clone(), self.mark.clone()).keep(self.folder)?;
        self.marked_bytes = self.mark.size_bytes;
        Ok(())
    }

    fn progress(&self) -> Progress {
        let bad_bytes = Range::sum_bytes(&self.mark.bad_ranges);
        Progress { done_bytes: self.mark.size_bytes, bad_bytes }
    }

    fn packed(self) -> Result<Packed, AcquireError> {
        let (sha256, tree) = self.mark.digests().ok_or(AcquireError::Ended)?;
        let path = self.folder.join(container::INDEX);
        let index_sha256 = file_sha256(&path).map_err(|cause| write_error(&path, cause))?;
        let (sha256, blake3) = (hex(&sha256.finalize()), hex(&tree.root()));
        Ok(Packed { mark: self.mark, sha256, blake3, index_sha256 })
    }

    fn data_error(&self, cause: io::Error) -> AcquireError {
        write_error(&self.folder.join(data_name(self.mark.data_file)), cause)
    }
}

fn length32(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// SHA-256 of a file, in hexadecimal digits.
///
/// # Errors
/// When it cannot be read.
pub fn file_sha256(path: &Path) -> io::Result<String> {
    struct Into(sha2::Sha256);
    impl Write for Into {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut digest = Into(sha2::Sha256::default());
    io::copy(&mut File::open(path)?, &mut digest)?;
    Ok(hex(&digest.0.finalize()))
}

/// The index, cut behind the mark.
fn open_index(folder: &Path, mark: &Mark) -> Result<File, AcquireError> {
    let path = folder.join(container::INDEX);
    let length = (mark.n_chunks + 1).saturating_mul(RECORD_BYTES as u64);
    let mut file = open_cut(&path, if mark.n_chunks == 0 { 0 } else { length })?;
    if mark.n_chunks == 0 {
        let begun = file.write_all(&index::header(mark.chunk_bytes)).and_then(|()| file.sync_all());
        begun.map_err(|cause| write_error(&path, cause))?;
    }
    Ok(file)
}

/// A data file, cut at `length`, without what lies in later ones.
fn open_data(folder: &Path, number: u16, length: u64) -> Result<File, AcquireError> {
    let later = (number..u16::MAX).map(|number| folder.join(data_name(number + 1)));
    for path in later {
        if !container::is_there(&path)? {
            break;
        }
        std::fs::remove_file(&path).map_err(|cause| write_error(&path, cause))?;
    }
    let file = open_cut(&folder.join(data_name(number)), length)?;
    container::sync_folder(folder).map_err(|cause| write_error(folder, cause))?;
    Ok(file)
}

fn open_cut(path: &Path, length: u64) -> Result<File, AcquireError> {
    let opened = || {
        let mut file = container::private().truncate(false).open(path)?;
        let there = file.metadata()?.len();
        if there >= length {
            file.set_len(length)?;
            file.seek(SeekFrom::Start(length))?;
        }
        Ok((file, there))
    };
    let (file, there) = opened().map_err(|cause| write_error(path, cause))?;
    if there < length {
        let why = format!("has {there} bytes where {length} were written");
        return Err(AcquireError::Journal { path: path.to_path_buf(), why });
    }
    Ok(file)
}
