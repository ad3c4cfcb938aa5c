//! From events to durable events: the one way into the lake.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sakimori_lake::{Lake, LakeError, Stored, StoredEvent};
use sakimori_watch::mail::MailShelf;
use sakimori_web::ports::Stoppage;
use sakimori_words::{Clock, Event, EvidenceRef, Instant, Lang, Retry, Trouble};
use tokio::sync::{mpsc, watch};

use crate::failing::Failing;
use crate::troubles;

/// How long to wait before a write that did not work is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// The way into the lake, shared by every door.
pub(crate) struct Pipeline {
    lake: Arc<Lake>,
    clock: Arc<dyn Clock>,
    watcher: mpsc::Sender<StoredEvent>,
    moved: watch::Sender<u64>,
    stopped: watch::Sender<Option<Stoppage>>,
    failing: Failing,
}

impl Pipeline {
    /// A way into `lake` and on to the watcher; `moved` tells live screens, `failing` hears when nothing can be kept any more.
    pub(crate) fn new(
        lake: Arc<Lake>,
        clock: Arc<dyn Clock>,
        watcher: mpsc::Sender<StoredEvent>,
        moved: watch::Sender<u64>,
        failing: Failing,
    ) -> Self {
        Self { lake, clock, watcher, moved, stopped: watch::Sender::new(None), failing }
    }

    /// The time of receipt for what arrives now.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// What keeps events from being stored right now, and since when.
    pub(crate) fn stopped(&self) -> watch::Receiver<Option<Stoppage>> {
        self.stopped.subscribe()
    }

    /// Makes `events` durable; only then does it return. While the disk is full it waits with them in hand, so that a door
    /// that can wait (TCP, files) holds its sender back instead of losing what it has read. The number of the last event, if
    /// there was any.
    ///
    /// # Errors
    /// When they can never be written. The door must not acknowledge them.
    pub(crate) async fn take(&self, mut events: Vec<Event>) -> Result<Option<u64>, Trouble> {
        let mut last = None;
        // One write at a time: tried again as a whole, it is stored as a whole or not at all.
        while !events.is_empty() {
            let later = events.split_off(Lake::fitting(&events).clamp(1, events.len()));
            let stored = self.take_together(std::mem::replace(&mut events, later)).await?;
            last = stored.or(last);
        }
        Ok(last)
    }

    /// As [`Pipeline::take`], for a door that can tell its sender to come again: tries once and waits for nothing. All of the
    /// events are stored or none.
    ///
    /// # Errors
    /// When none was stored: there are more than can be stored together, or the disk does not take them now.
    pub(crate) async fn offer(&self, events: Vec<Event>) -> Result<(), Trouble> {
        let fitting = Lake::fitting(&events);
        if fitting < events.len() {
            let detail = format!("{fitting} of {} records can be stored together", events.len());
            return Err(Trouble::new(&troubles::BODY_TOO_LARGE, detail));
        }
        if events.is_empty() {
            return Ok(());
        }
        let stored = self.lake.append(&events).await.map_err(|error| self.note_failure(&error))?;
        self.note_recovery();
        self.hand_on(stored, events).await;
        Ok(())
    }

    async fn take_together(&self, events: Vec<Event>) -> Result<Option<u64>, Trouble> {
        let stored = self.store(&events).await?;
        let last = stored.last().map(|stored| stored.seq);
        self.hand_on(stored, events).await;
        Ok(last)
    }

    /// Shows stored events to the watcher and moves the live screens.
    async fn hand_on(&self, stored: Vec<Stored>, events: Vec<Event>) {
        for (stored, event) in stored.into_iter().zip(events) {
            // The watcher is gone only while the process stops; it looks at the rest after the next start.
            let event = StoredEvent { seq: stored.seq, leaf: stored.leaf, event };
            let _ = self.watcher.send(event).await;
        }
        self.moved.send_modify(|moved| *moved += 1);
    }

    async fn store(&self, events: &[Event]) -> Result<Vec<Stored>, Trouble> {
        loop {
            let error = match self.lake.append(events).await {
                Ok(stored) => {
                    self.note_recovery();
                    return Ok(stored);
                }
                Err(error) => error,
            };
            let trouble = self.note_failure(&error);
            if trouble.kind.retry == Retry::No {
                return Err(trouble);
            }
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }

    /// Notes that nothing is stored right now; the trouble behind it.
    fn note_failure(&self, error: &LakeError) -> Trouble {
        let trouble = error.trouble();
        self.note_stoppage(&trouble);
        if let LakeError::Stopped { .. } = error {
            self.failing.fail(trouble.clone());
        }
        trouble
    }

    /// The first failure is written to the log of this process; those that follow only keep the lamp red.
    fn note_stoppage(&self, trouble: &Trouble) {
        let since = self.now();
        let first = self.stopped.send_if_modified(|stopped| {
            let first = stopped.is_none();
            if first {
                *stopped = Some(Stoppage { since, trouble: trouble.clone() });
            }
            first
        });
        if first {
            self.note_trouble(trouble);
        }
    }

    fn note_recovery(&self) {
        let before = self.stopped.send_if_modified(|stopped| stopped.take().is_some());
        if before {
            tracing::warn!("the log takes events in again");
        }
    }

    /// Writes a trouble of a door to the log of this process.
    #[expect(
        clippy::unused_self,
        reason = "doors report to the pipeline, wherever it keeps what they say"
    )]
    pub(crate) fn note_trouble(&self, trouble: &Trouble) {
        tracing::warn!(code = trouble.kind.code, detail = %trouble.detail, "{}", trouble.kind.what(Lang::En));
    }
}

/// A mail is kept like any event, and whoever hands it in is told at once when it cannot be.
#[async_trait]
impl MailShelf for Pipeline {
    async fn keep(&self, event: Event) -> Result<EvidenceRef, Trouble> {
        let events = vec![event];
        let stored = self.lake.append(&events).await.map_err(|error| self.note_failure(&error))?;
        self.note_recovery();
        let place = |stored: &Stored| EvidenceRef::Event { seq: stored.seq, leaf: stored.leaf };
        let evidence = stored.first().map(place);
        self.hand_on(stored, events).await;
        evidence.ok_or_else(|| Trouble::new(&troubles::BODY_TOO_LARGE, "nothing was stored"))
    }
}
