//! Looking back over the kept log: step by step from the oldest segment to what is not sealed yet, so that it can be stopped,
//! shown and taken up again.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant as Stopwatch};

use sakimori_lake::{
    LakeError, LakeReader, Look, Needle, SegmentInfo, Snapshot, StoredEvent, Wanted,
};
use sakimori_watch::retro::{LookBack, Sought};
use sakimori_words::{EvidenceRef, Instant};
use serde::{Deserialize, Serialize};

/// Most texts by which records are passed over before they are put together; each costs a look at every column.
///
/// 22 November 2026, two cores shared with others, unoptimised build, a generated year: with two texts 20,000 events a CPU second,
/// with none 8,800. To be measured again with an optimised build.
pub(crate) const NEEDLES_MAX: usize = 4;

/// The end of all time spans that have none.
pub(crate) const END: Instant = Instant::from_micros(i64::MAX);

/// The beginning of all time spans that have none.
pub(crate) const BEGIN: Instant = Instant::from_micros(i64::MIN);

/// Which events are looked at.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    /// Only those with a higher number.
    pub(crate) after_seq: u64,
    /// Only those up to this number.
    pub(crate) up_to_seq: u64,
    /// Only those of that time or later.
    pub(crate) from: Instant,
    /// Only those before.
    pub(crate) until: Instant,
}

/// How far a pass is: the last number of each class of events. Within a class segments follow each other, whatever is put
/// together meanwhile.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Position {
    /// By the name of the class.
    pub(crate) classes: BTreeMap<String, u64>,
    /// Events passed.
    pub(crate) passed: u64,
    /// Events in segments that could not be read.
    pub(crate) unreadable: u64,
}

/// What others may see and do while a pass is under way.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    /// Events passed.
    pub(crate) passed: AtomicU64,
    /// The time of the events that are looked at, in microseconds.
    pub(crate) reached: AtomicI64,
    /// Whether to stop.
    pub(crate) stop: AtomicBool,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// There is more.
    More,
    /// Everything was looked at.
    Done,
    /// Somebody said stop.
    Stopped,
}

/// A pass over the log.
pub(crate) struct Pass {
    reader: LakeReader,
    span: Span,
    needles: Vec<Needle>,
    looker: Arc<Mutex<Looker>>,
    gauge: Arc<Gauge>,
    pub(crate) position: Position,
}

struct Looker {
    back: LookBack,
    gauge: Arc<Gauge>,
    /// Rest after work, as a share of it; what is watched live comes first.
    gently: bool,
    since: Stopwatch,
}

impl Look for Looker {
    fn look(&mut self, stored: &StoredEvent) {
        let evidence = EvidenceRef::Event { seq: stored.seq, leaf: stored.leaf };
        self.back.look(&stored.event, &evidence);
    }

    fn goes_on(&mut self, n_events: u64) -> bool {
        self.gauge.passed.fetch_add(n_events, Ordering::Relaxed);
        if self.gently {
            std::thread::sleep(self.since.elapsed().min(Duration::from_secs(2)));
            self.since = Stopwatch::now();
        }
        !self.gauge.stop.load(Ordering::Relaxed)
    }
}

impl Pass {
    /// A pass that begins at `position`. `gently` leaves half of a core's time to others.
    pub(crate) fn new(
        reader: LakeReader,
        span: Span,
        sought: &[String],
        back: LookBack,
        position: Position,
        gently: bool,
    ) -> Self {
        let gauge = Arc::new(Gauge::default());
        gauge.passed.store(position.passed, Ordering::Relaxed);
        let looker = Looker { back, gauge: Arc::clone(&gauge), gently, since: Stopwatch::now() };
        let needles = sought.iter().map(|text| Needle::new(text, true)).collect::<Option<_>>();
        let needles = needles.unwrap_or_default();
        Self { reader, span, needles, looker: Arc::new(Mutex::new(looker)), gauge, position }
    }

    /// What others may see and do.
    pub(crate) fn gauge(&self) -> Arc<Gauge> {
        Arc::clone(&self.gauge)
    }

    /// What was found so far.
    pub(crate) fn with_back<T>(&self, look: impl FnOnce(&mut LookBack) -> T) -> T {
        look(&mut self.looker.lock().unwrap_or_else(PoisonError::into_inner).back)
    }

    /// How many events there are to pass, those passed already not among them.
    ///
    /// # Errors
    /// When the log or the catalogue cannot be read.
    pub(crate) async fn left(&self) -> Result<u64, LakeError> {
        let snapshot = self.reader.snapshot().await?;
        let wanted =
            snapshot.segments.iter().filter(|segment| self.wanted(segment).touches(segment));
        let hot = snapshot.hot.iter().map(|batch| batch.num_rows() as u64).sum::<u64>();
        Ok(wanted.map(|segment| segment.events).sum::<u64>() + hot)
    }

    /// Looks at the next segment, or in the end at what is not sealed.
    ///
    /// # Errors
    /// When the log or the catalogue cannot be read. A segment that cannot be read is passed over and counted.
    pub(crate) async fn step(&mut self) -> Result<Step, LakeError> {
        let snapshot = self.reader.snapshot().await?;
        let next = self.next(&snapshot);
        let Some(segment) = next else { return Ok(self.end(&snapshot)) };
        self.gauge.reached.store(segment.time.0.as_micros(), Ordering::Relaxed);
        self.looker.lock().unwrap_or_else(PoisonError::into_inner).since = Stopwatch::now();
        let wanted = self.wanted(&segment);
        let shown = self.reader.show_segment(&segment, wanted, &self.looker).await;
        if self.gauge.stop.load(Ordering::Relaxed) {
            return Ok(Step::Stopped);
        }
        if let Err(error) = shown {
            if !self.is_still_there(&segment).await? {
                // Put together with others meanwhile: its events come with the new one.
                return Ok(Step::More);
            }
            tracing::warn!(trouble = %error.trouble(), "a segment was passed over in looking back");
            self.position.unreadable += segment.events;
        }
        self.position.classes.insert(segment.class.name().to_owned(), segment.last_seq);
        self.position.passed = self.gauge.passed.load(Ordering::Relaxed);
        Ok(Step::More)
    }

    /// The oldest segment that is wanted and was not looked at.
    fn next(&self, snapshot: &Snapshot) -> Option<Arc<SegmentInfo>> {
        let wanted =
            snapshot.segments.iter().filter(|segment| self.wanted(segment).touches(segment));
        wanted.min_by_key(|segment| segment.first_seq).cloned()
    }

    fn wanted(&self, segment: &SegmentInfo) -> Wanted {
        let done = self.position.classes.get(segment.class.name()).copied().unwrap_or(0);
        self.wanted_after(done)
    }

    fn wanted_after(&self, done: u64) -> Wanted {
        Wanted {
            after_seq: done.max(self.span.after_seq),
            up_to_seq: self.span.up_to_seq,
            from: self.span.from,
            until: self.span.until,
            needles: self.needles.clone(),
        }
    }

    fn end(&mut self, snapshot: &Snapshot) -> Step {
        let mut looker = self.looker.lock().unwrap_or_else(PoisonError::into_inner);
        looker.since = Stopwatch::now();
        let wanted = self.wanted_after(0);
        for batch in &snapshot.hot {
            wanted.show_unsealed(batch, &mut *looker);
            if self.gauge.stop.load(Ordering::Relaxed) {
                return Step::Stopped;
            }
        }
        looker.back.finish();
        drop(looker);
        self.position.passed = self.gauge.passed.load(Ordering::Relaxed);
        Step::Done
    }

    async fn is_still_there(&self, segment: &SegmentInfo) -> Result<bool, LakeError> {
        let snapshot = self.reader.snapshot().await?;
        Ok(snapshot.segments.iter().any(|own| own.file == segment.file))
    }
}

/// The texts to tell events apart by, when there are few enough of them.
pub(crate) fn needles_of(sought: &Sought) -> Vec<String> {
    match sought.needles() {
        Some(needles) if needles.len() <= NEEDLES_MAX => needles.to_vec(),
        _ => Vec::new(),
    }
}
