//! Reading a log store from any process, also while another one writes to it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use object_store::{ObjectStore, ObjectStoreExt as _};
use sakimori_words::{Digest, Event, Instant};
use tokio::sync::Mutex;

use crate::LakeError;
use crate::background::in_background;
use crate::batch::{HOT_BATCH_ROWS, batches_of, events_in, events_schema, find_event};
use crate::catalogue::{CatalogueStore, Chain, Grown, LiveSegments, Says, SegmentInfo};
use crate::retention::{Retention, RetentionDays};
use crate::segment::read_batches;
use crate::status::{LakeStatus, Totals};
use crate::wal::{Resume, WalFile, scan_from, wal_files, wal_folder};

/// An event as the store holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    /// Its sequence number.
    pub seq: u64,
    /// Its leaf digest.
    pub leaf: Digest,
    /// The event. Read back from a segment, the values of its own fields are text.
    pub event: Event,
}

/// All events at one moment: every event is either in one of the segments or in one of the hot batches.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The sealed segments, oldest first.
    pub segments: Vec<Arc<SegmentInfo>>,
    /// The unsealed events in the order of `seq`, with the columns of [`events_schema`].
    pub hot: Vec<RecordBatch>,
}

/// A view of a log store that stays current: each call reads what was added since the last. Cheap to clone.
#[derive(Clone)]
pub struct LakeReader {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    catalogue: Arc<dyn CatalogueStore>,
    segments: Arc<dyn ObjectStore>,
    seen: Arc<Mutex<Seen>>,
}

/// What was read so far.
#[derive(Default)]
struct Seen {
    catalogue: SeenCatalogue,
    hot: BTreeMap<u64, HotFile>,
}

#[derive(Default)]
struct SeenCatalogue {
    end: u64,
    chain: Chain,
    live: LiveSegments,
    /// First and last number of each seal.
    seals: Vec<(u64, u64)>,
    totals: Totals,
    checkpoint: Option<String>,
}

/// An unsealed log file, read up to some offset.
#[derive(Default)]
struct HotFile {
    resume: Resume,
    batches: Vec<RecordBatch>,
    totals: Totals,
    last_seq: u64,
}

/// What the catalogue has that was not read yet.
enum Added {
    /// These lines.
    Lines(Grown),
    /// It is another one than before.
    Anew(Grown),
}

/// Where the next events are.
enum Next {
    /// In these segments, up to that number.
    Sealed { segments: Vec<Arc<SegmentInfo>>, last_seq: u64 },
    /// Not sealed yet.
    Hot(Vec<RecordBatch>),
}

impl LakeReader {
    /// A reader of the log store in `dir` whose catalogue and segments are in these stores. Nothing is read yet; a store that
    /// does not exist yet is an empty one.
    #[must_use]
    pub fn open(
        dir: &Path,
        catalogue: Arc<dyn CatalogueStore>,
        segments: Arc<dyn ObjectStore>,
    ) -> Self {
        let inner = Inner { dir: dir.to_path_buf(), catalogue, segments, seen: Arc::default() };
        Self { inner: Arc::new(inner) }
    }

    /// The store that the catalogue is in.
    #[must_use]
    pub fn catalogue(&self) -> Arc<dyn CatalogueStore> {
        Arc::clone(&self.inner.catalogue)
    }

    /// The store that the files of [`Snapshot::segments`] are in.
    #[must_use]
    pub fn segments(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.inner.segments)
    }

    /// All events now.
    ///
    /// # Errors
    /// When the log or the catalogue cannot be read.
    pub async fn snapshot(&self) -> Result<Snapshot, LakeError> {
        self.with_current(|seen| Snapshot {
            segments: seen.catalogue.live.segments().cloned().collect(),
            hot: seen.hot.values().flat_map(|file| file.batches.iter().cloned()).collect(),
        })
        .await
    }

    /// The files that no search reads any more and since when the catalogue says so.
    pub(crate) async fn gone(&self) -> Result<Vec<(String, Instant)>, LakeError> {
        let gone = |seen: &Seen| {
            let gone = seen.catalogue.live.gone().iter();
            gone.map(|(file, gone)| (file.clone(), gone.at)).collect()
        };
        self.with_current(gone).await
    }

    /// What the store holds now, with what is past its time at `now`.
    ///
    /// # Errors
    /// When the log or the catalogue cannot be read.
    pub async fn status(&self, days: RetentionDays, now: Instant) -> Result<LakeStatus, LakeError> {
        self.with_current(move |seen| seen.status(days, now)).await
    }

    /// The last sequence number; 0 before the first event.
    ///
    /// # Errors
    /// When the log or the catalogue cannot be read.
    pub async fn last_seq(&self) -> Result<u64, LakeError> {
        self.with_current(Seen::last_seq).await
    }

    /// The newest signed checkpoint, to be witnessed elsewhere; `None` before the first seal.
    ///
    /// # Errors
    /// When the log or the catalogue cannot be read.
    pub async fn checkpoint(&self) -> Result<Option<String>, LakeError> {
        self.with_current(|seen| seen.catalogue.checkpoint.clone()).await
    }

    /// The event with that sequence number; `None` when there is none.
    ///
    /// # Errors
    /// When the log, the catalogue or the segment cannot be read.
    pub async fn event(&self, seq: u64) -> Result<Option<StoredEvent>, LakeError> {
        let snapshot = self.snapshot().await?;
        if let Some(found) = snapshot.hot.iter().find_map(|batch| find_event(batch, seq)) {
            return Ok(Some(found));
        }
        for segment in snapshot.segments.iter().filter(|segment| segment.may_hold(seq, seq)) {
            let batches = self.batches_of_segment(segment).await?;
            if let Some(found) = batches.iter().find_map(|batch| find_event(batch, seq)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The next events after number `after` in the order of their numbers: those of the next seal that has any, else all
    /// unsealed ones. Empty when there are none. For whoever has to see every event once.
    ///
    /// # Errors
    /// When the log, the catalogue or the segment cannot be read.
    pub async fn next_events(&self, after: u64) -> Result<Vec<StoredEvent>, LakeError> {
        let mut after = after;
        loop {
            let next = self.with_current(move |seen| seen.next(after)).await?;
            let (batches, last) = match next {
                Next::Hot(batches) => (batches, u64::MAX),
                Next::Sealed { segments, last_seq } => {
                    (self.batches_of(&segments).await?, last_seq)
                }
            };
            let mut events: Vec<_> =
                batches.iter().flat_map(|batch| events_in(batch, after, last)).collect();
            // A seal whose events were all let go has nothing to see.
            if !events.is_empty() || last == u64::MAX {
                events.sort_unstable_by_key(|stored| stored.seq);
                return Ok(events);
            }
            after = last;
        }
    }

    /// The events of `source` after number `after`, in the order of their numbers. Segments without that source are not read.
    ///
    /// # Errors
    /// When the log, the catalogue or a segment cannot be read.
    pub async fn events_of(&self, source: &str, after: u64) -> Result<Vec<StoredEvent>, LakeError> {
        let snapshot = self.snapshot().await?;
        let mut events = Vec::new();
        let mut add = |batch: &RecordBatch| {
            let found = events_in(batch, after, u64::MAX).into_iter();
            events.extend(found.filter(|stored| stored.event.source == source));
        };
        for segment in &snapshot.segments {
            let names_it = segment.sources.iter().any(|own| own.source == source);
            if segment.last_seq > after && names_it {
                self.batches_of_segment(segment).await?.iter().for_each(&mut add);
            }
        }
        snapshot.hot.iter().for_each(&mut add);
        events.sort_unstable_by_key(|stored| stored.seq);
        Ok(events)
    }

    async fn batches_of(
        &self,
        segments: &[Arc<SegmentInfo>],
    ) -> Result<Vec<RecordBatch>, LakeError> {
        let mut batches = Vec::new();
        for segment in segments {
            batches.extend(self.batches_of_segment(segment).await?);
        }
        Ok(batches)
    }

    async fn batches_of_segment(
        &self,
        segment: &SegmentInfo,
    ) -> Result<Vec<RecordBatch>, LakeError> {
        let file = self.read_segment(&segment.file).await?;
        read_batches(file)
            .map_err(|reason| LakeError::Segment { file: segment.file.clone(), reason })
    }

    pub(crate) async fn read_segment(&self, file: &str) -> Result<bytes::Bytes, LakeError> {
        let failed = |error| LakeError::store("read", file, error);
        let found = self.inner.segments.get(&file.into()).await.map_err(failed)?;
        found.bytes().await.map_err(failed)
    }

    /// Catches up and looks, away from the threads that serve people.
    ///
    /// The log is read first and the catalogue second: an event that is sealed in between is then seen twice, which is put
    /// right, instead of not at all.
    async fn with_current<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Seen) -> T + Send + 'static,
    ) -> Result<T, LakeError> {
        let mut seen = Arc::clone(&self.inner.seen).lock_owned().await;
        let dir = self.inner.dir.clone();
        let (mut seen, files) = in_background(move || {
            let files = seen.read_log(&dir)?;
            Ok((seen, files))
        })
        .await?;
        let added = match self.added(seen.catalogue.end).await {
            Err(error) if seen.is_whole(&files) => {
                tracing::warn!(%error, "the catalogue is out of reach; nothing was sealed since it was last read");
                Added::Lines(Grown { end: seen.catalogue.end, ..Grown::default() })
            }
            added => added?,
        };
        in_background(move || {
            seen.read_catalogue(added)?;
            seen.forget_sealed(&files);
            Ok(look(&seen))
        })
        .await
    }

    /// What was added to the catalogue after `end`.
    async fn added(&self, end: u64) -> Result<Added, LakeError> {
        let catalogue = &self.inner.catalogue;
        if let Some(grown) = catalogue.read(end).await? {
            return Ok(Added::Lines(grown));
        }
        // Put back from a copy, or tampered with: read it anew; `verify` judges.
        Ok(Added::Anew(catalogue.read(0).await?.unwrap_or_default()))
    }
}

impl Seen {
    /// Reads what was added to the log files and returns which there are.
    fn read_log(&mut self, dir: &Path) -> Result<Vec<WalFile>, LakeError> {
        let files = wal_files(&wal_folder(dir))?;
        for file in &files {
            self.hot.entry(file.first_seq).or_default().catch_up(file)?;
        }
        Ok(files)
    }

    fn read_catalogue(&mut self, added: Added) -> Result<(), LakeError> {
        let grown = match added {
            Added::Lines(grown) => grown,
            Added::Anew(grown) => {
                self.catalogue = SeenCatalogue::default();
                grown
            }
        };
        self.catalogue.catch_up(&grown)
    }

    fn forget_sealed(&mut self, files: &[WalFile]) {
        let last_sealed = self.catalogue.chain.last_seq();
        let is_there = |first_seq: &u64| files.iter().any(|file| file.first_seq == *first_seq);
        self.hot.retain(|first_seq, file| is_there(first_seq) && file.last_seq > last_sealed);
    }

    /// Whether nothing can have been sealed that the catalogue, as it was last read, does not have: the log still begins at
    /// the next number, and a log file goes only once its seal is in the catalogue.
    fn is_whole(&self, files: &[WalFile]) -> bool {
        let next = self.catalogue.chain.last_seq() + 1;
        self.catalogue.end > 0 && files.first().is_some_and(|file| file.first_seq <= next)
    }

    fn next(&self, after: u64) -> Next {
        let hot = || self.hot.values().flat_map(|file| file.batches.iter().cloned()).collect();
        self.catalogue.next_seal(after).unwrap_or_else(|| Next::Hot(hot()))
    }

    fn last_seq(&self) -> u64 {
        let hot_last = self.hot.values().map(|file| file.last_seq).max().unwrap_or_default();
        self.catalogue.chain.last_seq().max(hot_last)
    }

    fn status(&self, days: RetentionDays, now: Instant) -> LakeStatus {
        let mut totals = self.catalogue.totals.clone();
        for file in self.hot.values() {
            totals.add(&file.totals);
        }
        let oldest_at = totals.received.map(|(oldest, _)| oldest);
        let segments: Vec<_> = self.catalogue.live.segments().cloned().collect();
        LakeStatus {
            events: totals.events,
            hot_events: totals.events - self.catalogue.totals.events,
            segments: self.catalogue.live.len() as u64,
            bytes: totals.bytes,
            raw_bytes: totals.raw_bytes,
            oldest_at,
            newest_at: totals.received.map(|(_, newest)| newest),
            retention: Retention::of(&segments, oldest_at, days, now),
            sources: totals.sources(),
            last_seq: self.last_seq(),
            checkpoint: self.catalogue.checkpoint.clone(),
        }
    }
}

impl SeenCatalogue {
    /// The first seal that has a number over `after`, with the segments its events are in now.
    fn next_seal(&self, after: u64) -> Option<Next> {
        let next = self.seals.partition_point(|(_, last)| *last <= after);
        let (first_seq, last_seq) = *self.seals.get(next)?;
        let holds = |segment: &&Arc<SegmentInfo>| segment.may_hold(first_seq, last_seq);
        Some(Next::Sealed {
            segments: self.live.segments().filter(holds).cloned().collect(),
            last_seq,
        })
    }

    fn catch_up(&mut self, grown: &Grown) -> Result<(), LakeError> {
        for line in grown.lines.lines() {
            self.follow(line)?;
        }
        self.end = grown.end;
        Ok(())
    }

    fn follow(&mut self, line: &str) -> Result<(), LakeError> {
        let n = self.chain.size() + 1;
        let line =
            self.chain.follow(line).map_err(|reason| LakeError::Catalogue { line: n, reason })?;
        let damaged = |reason| LakeError::Catalogue { line: n, reason };
        self.live.follow(&line.record).map_err(damaged)?;
        match &line.record.says {
            Says::Begin { .. } => {}
            Says::Seal(segments) => {
                self.seals.extend(seal_bounds(segments));
                segments.iter().for_each(|segment| self.totals.add_segment(segment));
            }
            // Rare: counted anew.
            Says::Compaction(_) | Says::Expiry(_) => {
                self.totals = Totals::default();
                self.live.segments().for_each(|segment| self.totals.add_segment(segment));
            }
        }
        self.checkpoint = Some(line.checkpoint.note);
        Ok(())
    }
}

/// First and last number of the segments of a seal.
fn seal_bounds(segments: &[SegmentInfo]) -> Option<(u64, u64)> {
    let first = segments.iter().map(|segment| segment.first_seq).min()?;
    Some((first, segments.iter().map(|segment| segment.last_seq).max()?))
}

impl HotFile {
    fn catch_up(&mut self, file: &WalFile) -> Result<(), LakeError> {
        let offset = self.resume.offset as u64;
        let bytes = match read_after(&file.path, offset) {
            Ok(Now::Grown(bytes)) => bytes,
            Ok(Now::Shorter) => {
                *self = Self::default();
                return Ok(());
            }
            // Sealed and removed since it was listed: the catalogue has it.
            Ok(Now::Gone) => return Ok(()),
            Err(error) => return Err(LakeError::file("read", &file.path, error)),
        };
        let scan = scan_from(&bytes, &mut self.resume);
        self.totals.bytes += self.resume.offset as u64 - offset;
        let Some(last) = scan.events.last() else { return Ok(()) };
        self.last_seq = last.seq;
        scan.events.iter().for_each(|stored| self.totals.add_event(stored));
        self.add(&scan.events)
            .map_err(|error| LakeError::Segment { file: file.name(), reason: error.to_string() })
    }

    /// Adds events; small batches grow until they are full, so that a search does not meet thousands of them.
    fn add(&mut self, events: &[StoredEvent]) -> Result<(), arrow::error::ArrowError> {
        for batch in batches_of(events)? {
            match self.batches.last_mut() {
                Some(last) if last.num_rows() + batch.num_rows() <= HOT_BATCH_ROWS => {
                    *last = concat_batches(&events_schema(), [&*last, &batch])?;
                }
                _ => self.batches.push(batch),
            }
        }
        Ok(())
    }
}

/// What became of a log file since it was last read.
enum Now {
    Grown(Vec<u8>),
    Shorter,
    Gone,
}

fn read_after(path: &Path, offset: u64) -> io::Result<Now> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Now::Gone),
        Err(error) => return Err(error),
    };
    if file.metadata()?.len() < offset {
        return Ok(Now::Shorter);
    }
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Now::Grown(bytes))
}
