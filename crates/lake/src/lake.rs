//! The log store of one writing process: intake, sealing, the lock.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use object_store::{ObjectStore, ObjectStoreExt as _};
use sakimori_words::{Clock, Digest, Event};
use tokio::sync::{Mutex, MutexGuard};

use crate::LakeError;
use crate::background::{Worker, in_background};
use crate::catalogue::{Catalogue, CatalogueStore, Says, SegmentInfo};
use crate::large::keepable;
use crate::lock::FolderLock;
use crate::merkle::Tree;
use crate::note::is_origin;
use crate::reader::LakeReader;
use crate::retention::RetentionDays;
use crate::segment::{Sealed, read_leaves, seal_events};
use crate::status::LakeStatus;
use crate::wal::{
    Disk, Portion, RealDisk, Recovery, Resume, Scan, WalFile, WalSettings, WalWriter, place_aside,
    recover, scan_from, wal_files, wal_folder,
};

/// Usual size of the log at which it is sealed, in bytes: about 100,000 events, a few seconds of one core.
pub const SEAL_AFTER_BYTES: u64 = 64 * 1024 * 1024;

/// Usual age of the log at which it is sealed, in seconds. Unsealed events are as safe and as searchable as sealed ones;
/// sealing seldom keeps segments few, which is what makes searching a year fast.
pub const SEAL_AFTER_SECONDS: u32 = 6 * 3_600;

/// Largest event kept as it is, in bytes with its fields.
///
/// Of a larger one only source, times and record are kept, and of a record that is larger by itself only its first part,
/// which the message then says.
pub const EVENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Most bytes of one portion of [`Lake::append`], which is stored as a whole or not at all; see [`Lake::fitting`].
pub const APPEND_BYTES_MAX: usize = EVENT_BYTES_MAX;

/// How a log store is kept.
#[derive(Clone)]
pub struct LakeSettings {
    /// Its folder: the log and the newest checkpoint. Must be a local disk.
    pub dir: PathBuf,
    /// Where the catalogue is kept; open it with [`crate::open_catalogue`].
    pub catalogue: Arc<dyn CatalogueStore>,
    /// Where segments are kept; open it with [`crate::open_store`], which makes local files durable.
    pub segments: Arc<dyn ObjectStore>,
    /// How long events are kept.
    pub retention: RetentionDays,
    /// Size of the log at which it is sealed, in bytes.
    pub seal_after_bytes: u64,
    /// Age of the log at which [`Lake::tick`] seals it, in seconds.
    pub seal_after_seconds: u32,
    /// The key that signs checkpoints. It belongs to the log for good.
    pub signer: SigningKey,
    /// The last number that is known elsewhere to have been given out. No number is given out twice: when the log is shorter
    /// than that, what is gone shows as a gap for good.
    pub seen_up_to: u64,
    /// The name of this log in checkpoints, e.g. `sakimori.example/node/osaka-north`. No spaces, no `+`.
    pub origin: String,
}

/// An acknowledged event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its sequence number: from 1, without gaps.
    pub seq: u64,
    /// Its leaf digest, by which it can be proved.
    pub leaf: Digest,
}

/// A log store, open for writing. One process at a time can have it.
pub struct Lake {
    pub(crate) settings: LakeSettings,
    pub(crate) clock: Arc<dyn Clock>,
    writer: WalWriter,
    /// Where segments are made and checked.
    pub(crate) worker: Worker,
    catalogue: Mutex<Catalogue>,
    reader: LakeReader,
    recovery: Recovery,
    /// Segments that were found not to be as they were sealed since the store was opened. They stay as they are, and do not keep
    /// others from being put together.
    pub(crate) damaged: std::sync::Mutex<BTreeSet<String>>,
}

impl Lake {
    /// Opens or begins a log store and puts right what a crash has left; see [`Lake::recovery`].
    ///
    /// # Errors
    /// When another process has it, a file cannot be read or written, or the catalogue does not fit its signatures.
    pub async fn open(settings: LakeSettings, clock: Arc<dyn Clock>) -> Result<Self, LakeError> {
        Self::open_on(settings, clock, Box::new(RealDisk)).await
    }

    pub(crate) async fn open_on(
        settings: LakeSettings,
        clock: Arc<dyn Clock>,
        disk: Box<dyn Disk>,
    ) -> Result<Self, LakeError> {
        if !is_origin(&settings.origin) {
            let what = format!("`{}` cannot name a log: empty, spaces or `+`", settings.origin);
            return Err(LakeError::Setting { what });
        }
        let dir = settings.dir.clone();
        let lock = in_background(move || FolderLock::take(&dir)).await?;
        let (store, signer) = (Arc::clone(&settings.catalogue), settings.signer.clone());
        let catalogue =
            Catalogue::open(&settings.dir, store, &settings.origin, signer, clock.now()).await?;
        in_background(move || Self::open_log(settings, clock, disk, lock, catalogue)).await
    }

    fn open_log(
        settings: LakeSettings,
        clock: Arc<dyn Clock>,
        disk: Box<dyn Disk>,
        lock: FolderLock,
        catalogue: Catalogue,
    ) -> Result<Self, LakeError> {
        let secret = settings.signer.to_bytes();
        let (recovery, last_seq) = recover(&settings.dir, &secret, catalogue.chain().last_seq())?;
        let writer = WalWriter::start(WalSettings {
            folder: wal_folder(&settings.dir),
            disk,
            next_seq: last_seq.max(settings.seen_up_to) + 1,
            rotate_at_bytes: settings.seal_after_bytes,
            secret,
            clock: Arc::clone(&clock),
            lock,
        })?;
        let reader = LakeReader::open(
            &settings.dir,
            Arc::clone(&settings.catalogue),
            Arc::clone(&settings.segments),
        );
        let (catalogue, damaged) = (Mutex::new(catalogue), std::sync::Mutex::default());
        let worker = Worker::start()?;
        Ok(Self { settings, clock, writer, worker, catalogue, reader, recovery, damaged })
    }

    /// What opening found and put right; [`Recovery::texts`] says it to people.
    #[must_use]
    pub const fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// Takes events in. When this returns they are on the disk and will not be lost; waiting callers share one sync. No
    /// event is refused for its size; see [`EVENT_BYTES_MAX`].
    ///
    /// Events that [fit](Lake::fitting) into one portion are stored all or none, so a call that failed for want of room can
    /// be tried again and stores each of them once. More events than fit go in portions one after the other; when a later
    /// one fails, those before it stay stored, and trying again would store them twice.
    ///
    /// # Errors
    /// None of the events is acknowledged then. After [`LakeError::Stopped`] nobody knows whether they were kept; after any
    /// other error nothing of the portion was.
    pub async fn append(&self, events: &[Event]) -> Result<Vec<Stored>, LakeError> {
        let mut stored = Vec::with_capacity(events.len());
        let mut rest = events;
        while !rest.is_empty() {
            let (portion, later) = rest.split_at(Self::fitting(rest));
            let mut laid_out = self.writer.portion();
            portion.iter().for_each(|event| laid_out.push(&keepable(event)));
            stored.append(&mut self.writer.append(laid_out).await?);
            rest = later;
        }
        Ok(stored)
    }

    /// How many of the first events go into one portion of [`Lake::append`]: at least one when there are any, and as many as
    /// have [`APPEND_BYTES_MAX`] bytes together. Pass no more at once to be able to try again.
    #[must_use]
    pub fn fitting(events: &[Event]) -> usize {
        let mut bytes = 0_usize;
        let fitting = events.iter().take_while(|event| {
            bytes = bytes.saturating_add(Portion::len_of(event).min(EVENT_BYTES_MAX));
            bytes <= APPEND_BYTES_MAX
        });
        fitting.count().max(usize::from(!events.is_empty()))
    }

    /// Seals everything that was acknowledged before the call. Returns the new segments.
    ///
    /// # Errors
    /// When the segment store or a disk fails; the events stay in the log and the next call tries again.
    pub async fn seal(&self) -> Result<Vec<Arc<SegmentInfo>>, LakeError> {
        self.writer.rotate().await?;
        self.seal_closed().await
    }

    /// Seals what is due by size or age. Call it every few seconds.
    ///
    /// # Errors
    /// As [`Lake::seal`].
    pub async fn tick(&self) -> Result<Vec<Arc<SegmentInfo>>, LakeError> {
        let after = i64::from(self.settings.seal_after_seconds);
        let due = |since: sakimori_words::Instant| since.plus_seconds(after) <= self.clock.now();
        if self.writer.open_file().is_some_and(|file| due(file.since)) {
            self.writer.rotate().await?;
        }
        self.seal_closed().await
    }

    /// Seals the oldest closed log files until the others have no more than `bytes` together. For the start, before new events
    /// come in: however short the lives of the process are, the log and what recovery has to read stay bounded then.
    ///
    /// # Errors
    /// As [`Lake::seal`].
    pub async fn seal_down_to(&self, bytes: u64) -> Result<Vec<Arc<SegmentInfo>>, LakeError> {
        let mut catalogue = self.catalogue().await?;
        let files = self.closed_files()?;
        let mut lengths = Vec::with_capacity(files.len());
        for file in &files {
            let meta = fs::metadata(&file.path);
            lengths.push(meta.map_err(|error| LakeError::file("read", &file.path, error))?.len());
        }
        let mut left: u64 = lengths.iter().sum();
        let mut sealed = Vec::new();
        for (file, length) in files.iter().zip(lengths) {
            if left <= bytes {
                break;
            }
            sealed.extend(self.seal_file(file, &mut catalogue).await?);
            left -= length;
        }
        Ok(sealed)
    }

    /// A reader of this store for searches in this process.
    #[must_use]
    pub fn reader(&self) -> LakeReader {
        self.reader.clone()
    }

    /// What the store holds now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn status(&self) -> Result<LakeStatus, LakeError> {
        self.reader.status(self.settings.retention, self.clock.now()).await
    }

    /// The catalogue, for whoever is going to add to it: it is known then what became of the last record.
    pub(crate) async fn catalogue(&self) -> Result<MutexGuard<'_, Catalogue>, LakeError> {
        let mut catalogue = self.catalogue.lock().await;
        catalogue.settle().await?;
        Ok(catalogue)
    }

    /// Seals all closed log files, oldest first.
    async fn seal_closed(&self) -> Result<Vec<Arc<SegmentInfo>>, LakeError> {
        self.seal_down_to(0).await
    }

    /// The log files that nothing is written to any more, oldest first.
    fn closed_files(&self) -> Result<Vec<WalFile>, LakeError> {
        let closed_before = self.writer.closed_before();
        let mut files = wal_files(&wal_folder(&self.settings.dir))?;
        files.retain(|file| file.first_seq < closed_before);
        Ok(files)
    }

    /// Seals one log file: segments stored, read back, catalogued; only then the log file goes.
    async fn seal_file(
        &self,
        file: &WalFile,
        catalogue: &mut Catalogue,
    ) -> Result<Vec<Arc<SegmentInfo>>, LakeError> {
        let chain = catalogue.chain();
        let (last_sealed, previous) = (chain.last_seq(), chain.previous());
        let (closed, secret) = (file.clone(), self.settings.signer.to_bytes());
        let read = move || read_closed(&closed, &secret, last_sealed, previous);
        let (sealed, damaged) = self.worker.run(read).await?;
        for segment in &sealed {
            self.store(segment).await?;
        }
        let infos: Vec<_> = sealed.into_iter().map(|segment| segment.info).collect();
        if !infos.is_empty() {
            catalogue.append(Says::Seal(infos.clone()), self.clock.now()).await?;
        }
        if damaged {
            set_aside(&self.settings.dir, file)?;
        } else {
            remove_file(&file.path)?;
        }
        Ok(infos.into_iter().map(Arc::new).collect())
    }

    /// Stores a segment and reads it back before anybody relies on it.
    async fn store(&self, sealed: &Sealed) -> Result<(), LakeError> {
        let back = self.put(&sealed.info.file, sealed.file.clone()).await?;
        let (root, digest) = (sealed.content_root, sealed.info.file_digest);
        let file = sealed.info.file.clone();
        let check = move || {
            check_read_back(back, digest, root)
                .map_err(|reason| LakeError::ReadBack { file, reason })
        };
        self.worker.run(check).await
    }

    /// Stores a file and returns what the store gives back.
    pub(crate) async fn put(&self, name: &str, file: Bytes) -> Result<Bytes, LakeError> {
        let at = object_store::path::Path::from(name);
        let store = &self.settings.segments;
        let put = store.put(&at, file.into()).await;
        put.map_err(|error| LakeError::store("write", name, error))?;
        let failed = |error| LakeError::store("read back", name, error);
        store.get(&at).await.map_err(failed)?.bytes().await.map_err(failed)
    }
}

/// Reads a closed log file and lays its unsealed events, if it has any, out as segments; with whether it was damaged.
fn read_closed(
    file: &WalFile,
    secret: &[u8; 32],
    last_sealed: u64,
    previous: Digest,
) -> Result<(Vec<Sealed>, bool), LakeError> {
    let bytes = fs::read(&file.path).map_err(|error| LakeError::file("read", &file.path, error))?;
    let mut resume = Resume::with_secret(secret, file.first_seq);
    let Scan { mut events, damage, committed } = scan_from(&bytes, &mut resume);
    let damaged = !damage.is_empty() || committed < bytes.len();
    drop(bytes);
    events.retain(|stored| stored.seq > last_sealed);
    if events.is_empty() {
        return Ok((Vec::new(), damaged));
    }
    Ok((seal_events(events, last_sealed + 1, previous)?, damaged))
}

fn check_read_back(back: Bytes, digest: Digest, root: Digest) -> Result<(), String> {
    if Digest::of(&back) != digest {
        return Err("other bytes".to_owned());
    }
    let tree: Tree = read_leaves(back)?.into_iter().map(|row| row.leaf).collect();
    if tree.root() == root { Ok(()) } else { Err("other events".to_owned()) }
}

/// A closed log file that was damaged is evidence of the damage.
fn set_aside(dir: &Path, file: &WalFile) -> Result<(), LakeError> {
    let name = format!("{:020}.wal", file.first_seq);
    fs::read(&file.path)
        .and_then(|bytes| place_aside(dir, &name, &bytes))
        .and_then(|to| fs::rename(&file.path, to))
        .map_err(|error| LakeError::file("set aside", &file.path, error))
}

fn remove_file(path: &Path) -> Result<(), LakeError> {
    fs::remove_file(path).map_err(|error| LakeError::file("remove", path, error))
}
