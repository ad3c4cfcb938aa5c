//! The watcher: shows every stored event to the detector and keeps what it finds.
//!
//! It works behind the intake, from a bounded queue: when detection falls behind, intake slows down with it instead of events
//! passing unseen. How far it has looked is kept, and what correlations, the sources' rhythm and behaviour have learnt, so that after a
//! stop it goes on where it was.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant as Stopwatch};

use sakimori_lake::{LakeReader, StoredEvent};
use sakimori_ledger::{LedgerError, Store};
use sakimori_watch::maintenance::{MaintenanceDesk, SUPPLIER_RULE};
use sakimori_watch::{Behaviour, Detector, Findings, FindingsError, SourceBook};
use sakimori_words::{EvidenceRef, Finding};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::mpsc;

use crate::failing::Failing;

const SHELF: &str = "watcher";
const POSITION: &str = "looked_up_to";
const CORRELATIONS: &str = "correlations";
const BOOK: &str = "source_book";
const BEHAVIOUR: &str = "behaviour";

/// Events looked at before the position is kept.
const BATCH: usize = 2_000;

/// Events that may be looked at ahead of a missing one before it is fetched from the store.
const AHEAD_MAX: usize = 10_000;

/// How long to wait before a refused read or write is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// How often what was learnt is kept. A kill costs correlations at most this much of their memory.
const KEEP_EVERY: Duration = Duration::from_secs(60);

/// How often what behaviour has learnt is kept: it is larger, grows over weeks, and a kill costs it some minutes of them.
const KEEP_BEHAVIOUR_EVERY: Duration = Duration::from_secs(600);

/// How often it is looked at what is told by the clock and not by an event: maintenance that overruns its plan.
const TICK_EVERY: Duration = Duration::from_secs(30);

/// What the watcher works with.
pub(crate) struct Watcher {
    pub(crate) detector: Detector,
    pub(crate) behaviour: Arc<Mutex<Behaviour>>,
    pub(crate) findings: Arc<Findings>,
    pub(crate) book: Arc<Mutex<SourceBook>>,
    pub(crate) maintenance: Arc<MaintenanceDesk>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) reader: LakeReader,
    pub(crate) failing: Failing,
}

/// Which events were looked at: all up to a number, and some ahead of it. Doors write at the same time, so events come
/// through the queue in an order that is not quite theirs.
#[derive(Debug, Default)]
struct Frontier {
    up_to: u64,
    ahead: BTreeSet<u64>,
}

impl Frontier {
    /// Notes that `seq` is being looked at; whether it had not been before.
    fn pass(&mut self, seq: u64) -> bool {
        if seq <= self.up_to || !self.ahead.insert(seq) {
            return false;
        }
        self.close_up();
        true
    }

    /// Notes that everything up to `seq` was looked at or is not in the store.
    fn reach(&mut self, seq: u64) {
        if seq > self.up_to {
            self.up_to = seq;
            self.ahead = self.ahead.split_off(&(seq + 1));
            self.close_up();
        }
    }

    fn close_up(&mut self) {
        while self.ahead.remove(&(self.up_to + 1)) {
            self.up_to += 1;
        }
    }
}

/// The number of the last event up to which all were looked at: the log cannot be shorter than that.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) async fn looked_up_to(store: &dyn Store) -> Result<u64, LedgerError> {
    let kept = store.get_private(SHELF, POSITION).await?;
    Ok(kept.and_then(|record| record.body.as_u64()).unwrap_or(0))
}

impl Watcher {
    /// Looks at what was stored while nobody watched, then at what comes, until the intake ends.
    pub(crate) async fn watch(mut self, mut stored: mpsc::Receiver<StoredEvent>) {
        self.remember().await;
        let mut behaviour_kept_at = Stopwatch::now();
        let mut frontier = Frontier { up_to: self.position().await, ahead: BTreeSet::new() };
        self.catch_up(&mut frontier).await;
        let mut batch = Vec::with_capacity(BATCH);
        let (mut kept_at, mut ticked_at) = (Stopwatch::now(), Stopwatch::now());
        loop {
            // Quiet logs do not hold up what is told by the clock.
            match tokio::time::timeout(TICK_EVERY, stored.recv_many(&mut batch, BATCH)).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(_) => {
                    self.tick().await;
                    continue;
                }
            }
            batch.retain(|event| frontier.pass(event.seq));
            self.look_until_kept(&batch, frontier.up_to).await;
            batch.clear();
            if frontier.ahead.len() > AHEAD_MAX {
                // An event was kept although its door was told otherwise: only the store has it.
                self.catch_up(&mut frontier).await;
            }
            if ticked_at.elapsed() > TICK_EVERY {
                self.tick().await;
                ticked_at = Stopwatch::now();
            }
            if kept_at.elapsed() > KEEP_EVERY {
                self.keep_learnt().await;
                kept_at = Stopwatch::now();
            }
            if behaviour_kept_at.elapsed() > KEEP_BEHAVIOUR_EVERY {
                self.keep_behaviour().await;
                behaviour_kept_at = Stopwatch::now();
            }
        }
        self.keep_learnt().await;
        self.keep_behaviour().await;
        let _ = self.findings.tick(true).await;
    }

    /// The number up to which events were looked at. The log never gives out a number again, so what comes is beyond it.
    async fn position(&self) -> u64 {
        loop {
            match looked_up_to(self.store.as_ref()).await {
                Ok(kept) => return kept,
                Err(error) => self.wait_after(&error).await,
            }
        }
    }

    /// Looks at everything in the store that was not looked at yet.
    async fn catch_up(&mut self, frontier: &mut Frontier) {
        let mut kept_at = Stopwatch::now();
        loop {
            if kept_at.elapsed() > KEEP_EVERY {
                self.keep_learnt().await;
                kept_at = Stopwatch::now();
            }
            let mut missed = match self.reader.next_events(frontier.up_to).await {
                Ok(missed) => missed,
                Err(error) => {
                    tracing::error!(trouble = %error.trouble(), "stored events could not be looked at");
                    return;
                }
            };
            let Some(last) = missed.last().map(|event| event.seq) else { return };
            missed.retain(|event| frontier.pass(event.seq));
            for portion in missed.chunks(BATCH) {
                let position = portion.last().map_or(frontier.up_to, |event| event.seq);
                self.look_until_kept(portion, position.min(frontier.up_to)).await;
            }
            // Numbers that are not in the store (lost with a disk) must not be waited for.
            frontier.reach(last);
        }
    }

    /// Shows events to the detector; findings are offered again until the ledger takes them.
    async fn look_until_kept(&mut self, events: &[StoredEvent], position: u64) {
        self.refresh_maintenance().await;
        let found = self.look(events);
        if !found.is_empty() {
            self.keep(found).await;
        }
        self.keep_maintenance().await;
        if let Err(error) = self.store.put_private(SHELF, POSITION, json!(position), None).await {
            // Not lost: the same events are looked at again after a restart and group into the same findings.
            tracing::warn!(trouble = %error.trouble(), "the watcher's position could not be kept");
        }
    }

    async fn keep(&self, found: Vec<Finding>) {
        let mut waiting = vec![found];
        while let Some(found) = waiting.pop() {
            match self.findings.keep(found.clone()).await {
                Ok(_) => {}
                // Too much for one commit: half of it may fit, and one finding that never fits must not hold up the others.
                Err(FindingsError::Ledger(LedgerError::Unfit { .. })) if found.len() > 1 => {
                    let (first, rest) = found.split_at(found.len() / 2);
                    waiting.extend([rest.to_vec(), first.to_vec()]);
                }
                Err(FindingsError::Ledger(LedgerError::Unfit { what, why })) => {
                    tracing::error!(what, why, "a finding could not be kept");
                }
                Err(FindingsError::Ledger(error)) => {
                    self.wait_after(&error).await;
                    waiting.push(found);
                }
                Err(error) => {
                    tracing::error!(trouble = %error.trouble(), "a finding could not be kept");
                }
            }
        }
    }

    /// Waits before a refused read or write is tried again; tells when trying is of no use.
    async fn wait_after(&self, error: &LedgerError) {
        tracing::error!(trouble = %error.trouble(), "the ledger could not be used");
        if matches!(error, LedgerError::Stopped) {
            self.failing.fail(error.trouble());
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }

    fn look(&mut self, events: &[StoredEvent]) -> Vec<Finding> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let mut behaviour = self.behaviour.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = Vec::new();
        for stored in events {
            book.note(&stored.event);
            let evidence = || EvidenceRef::Event { seq: stored.seq, leaf: stored.leaf };
            let maintenance = self.maintenance.note(&stored.event, &evidence);
            let rules = self.detector.look(&stored.event, &evidence).into_iter();
            // Of a supplier's connection the desk knows whether it was announced; the rule would call each one a finding.
            found.extend(
                rules.filter(|own| !(maintenance.spoken_for && own.rule_id == SUPPLIER_RULE)),
            );
            found.extend(maintenance.findings);
            found.extend(behaviour.look(&stored.event, &evidence));
            found.extend(behaviour.hear(&stored.event, &evidence));
        }
        found
    }

    /// Looks at the clock.
    async fn tick(&self) {
        self.refresh_maintenance().await;
        let found = self.maintenance.tick();
        if !found.is_empty() {
            self.keep(found).await;
        }
        self.keep_maintenance().await;
    }

    async fn refresh_maintenance(&self) {
        if let Err(error) = self.maintenance.refresh().await {
            tracing::warn!(trouble = %error.trouble(), "the maintenance plans could not be read");
        }
    }

    async fn keep_maintenance(&self) {
        if let Err(error) = self.maintenance.keep().await {
            // Not lost: what has changed waits for the next time.
            tracing::warn!(trouble = %error.trouble(), "maintenance sessions could not be kept");
        }
    }

    /// Takes up what was learnt before the last stop.
    async fn remember(&mut self) {
        if let Some(kept) = self.read(CORRELATIONS).await {
            self.detector.restore(kept);
        }
        if let Some(kept) = self.read(BOOK).await {
            *self.book.lock().unwrap_or_else(PoisonError::into_inner) =
                SourceBook::from_snapshot(kept);
        }
        if let Some(kept) = self.read(BEHAVIOUR).await {
            *self.behaviour.lock().unwrap_or_else(PoisonError::into_inner) =
                Behaviour::restore(kept);
        }
        if let Err(error) = self.maintenance.remember().await {
            tracing::warn!(trouble = %error.trouble(), "maintenance sessions of before are forgotten");
        }
    }

    async fn read<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let kept = self.store.get_private(SHELF, key).await.ok().flatten()?;
        // What another version has learnt in another form is learnt anew.
        serde_json::from_value(kept.body).ok()
    }

    async fn keep_learnt(&self) {
        let book = self.book.lock().unwrap_or_else(PoisonError::into_inner).snapshot();
        self.write(CORRELATIONS, &self.detector.snapshot()).await;
        self.write(BOOK, &book).await;
        if let Err(error) = self.maintenance.keep_tracker().await {
            tracing::warn!(trouble = %error.trouble(), "what was learnt of maintenance could not be kept");
        }
    }

    async fn keep_behaviour(&self) {
        let learnt = self.behaviour.lock().unwrap_or_else(PoisonError::into_inner).snapshot();
        self.write(BEHAVIOUR, &learnt).await;
    }

    async fn write(&self, key: &str, learnt: &impl Serialize) {
        let Ok(body) = serde_json::to_value(learnt) else { return };
        if let Err(error) = self.store.put_private(SHELF, key, body, None).await {
            tracing::warn!(trouble = %error.trouble(), key, "what was learnt could not be kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_looked_at_once_in_whatever_order_they_come() {
        let mut frontier = Frontier::default();
        assert!([2, 3, 1, 5].into_iter().all(|seq| frontier.pass(seq)));
        assert!(!frontier.pass(3) && !frontier.pass(5));
        assert_eq!(frontier.up_to, 3);
        assert!(frontier.pass(4));
        assert_eq!(frontier.up_to, 5);
    }

    #[test]
    fn numbers_that_the_store_does_not_hold_are_not_waited_for() {
        let mut frontier = Frontier::default();
        assert!([1, 2, 7, 8, 10].into_iter().all(|seq| frontier.pass(seq)));
        assert_eq!(frontier.up_to, 2);
        frontier.reach(7);
        assert_eq!(frontier.up_to, 8);
        assert!(!frontier.pass(5) && frontier.pass(9));
        assert_eq!(frontier.up_to, 10);
    }
}
