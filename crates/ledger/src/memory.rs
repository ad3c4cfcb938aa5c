//! The ledger on a disk that exists only in this process: for simulations, where hundreds of organisations are founded, crashed
//! and compared in a second. The same plans, chain and promises as the other engines; what it forgets with the process is all.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::chain::Sealed;
use crate::check::Checker;
use crate::engine::{
    BATCH_JOBS_MAX, Committed, Done, HeadRow, Job, Ledger, Outcome, Page, PrivateRow, Reader,
    WriterEnds, answer, is_expected,
};
use crate::error::Fault;
use crate::plan::{self, Draft, Net, Place, ShelfRow};
use crate::{Adoption, CheckReport, Head, LedgerError, Store};

type Shelves = BTreeMap<String, BTreeMap<String, Arc<ShelfRow>>>;
type Privates = BTreeMap<String, BTreeMap<String, PrivateRow>>;

/// A disk in memory with one store on it.
///
/// It outlives the stores opened on it, so dropping a store and opening the disk again is what a restart is. Clones are the same disk;
/// [`MemoryDisk::copy`] makes another one.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk(Arc<Mutex<Content>>);

#[derive(Clone, Debug)]
struct Content {
    head: HeadRow,
    journal: Vec<Arc<Sealed>>,
    shelves: Shelves,
    privates: Privates,
    failing: Option<Failing>,
}

/// A power failure that is to come.
#[derive(Clone, Copy, Debug)]
struct Failing {
    n_changes_left: u64,
    last_is_told: bool,
}

impl Default for Content {
    fn default() -> Self {
        Self {
            head: HeadRow { head: Head::default(), importing: false },
            journal: vec![],
            shelves: Shelves::new(),
            privates: Privates::new(),
            failing: None,
        }
    }
}

impl MemoryDisk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens the store on it; a power failure is over then. Needs a running tokio runtime.
    ///
    /// # Errors
    /// When an import into it was never finished.
    pub fn open(&self) -> Result<Arc<dyn Store>, LedgerError> {
        let head = {
            let mut content = self.content();
            content.failing = None;
            content.head.usable()?
        };
        let (ledger, ends) = Ledger::new(Box::new(self.clone()), head);
        tokio::spawn(run(self.clone(), ends));
        Ok(Arc::new(ledger))
    }

    /// Another disk with the same content, secrets included.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.content().clone())))
    }

    /// Lets the power fail after so many further changes: those are kept, every later one fails with [`LedgerError::Stopped`] until
    /// the disk is opened again. When the last is not told, its caller hears of the failure although it is kept.
    pub fn fail_after(&self, n_changes: u64, last_is_told: bool) {
        self.content().failing = Some(Failing { n_changes_left: n_changes, last_is_told });
    }

    /// Whether the power has failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.content().failing.is_some_and(|failing| failing.n_changes_left == 0)
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Works until every caller is gone.
async fn run(disk: MemoryDisk, mut ends: WriterEnds) {
    while let Some(first) = ends.jobs.recv().await {
        let mut batch = vec![first];
        while batch.len() < BATCH_JOBS_MAX {
            let Ok(next) = ends.jobs.try_recv() else { break };
            batch.push(next);
        }
        let (jobs, callers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        if let Some(seq) = answer(callers, Ok(disk.content().serve(jobs))) {
            ends.head.send_replace(seq);
        }
    }
}

impl Content {
    fn serve(&mut self, jobs: Vec<Job>) -> Committed {
        let outcomes = jobs.into_iter().map(|job| self.run_powered(job)).collect();
        (outcomes, self.head)
    }

    fn run_powered(&mut self, job: Job) -> Outcome {
        let Some(failing) = self.failing.as_mut() else { return self.run_job(job) };
        if failing.n_changes_left == 0 {
            return Err(LedgerError::Stopped);
        }
        failing.n_changes_left -= 1;
        let told = failing.n_changes_left > 0 || failing.last_is_told;
        let outcome = self.run_job(job);
        if told { outcome } else { Err(LedgerError::Stopped) }
    }

    /// Works everything out before it changes anything, so a job that fails leaves nothing behind.
    fn run_job(&mut self, job: Job) -> Outcome {
        match job {
            Job::Commit(drafts) => self.commit(&drafts),
            Job::Adopt(entries, adoption) => self.adopt(&entries, adoption),
            Job::PutPrivate(row) => Ok(self.put_private(row)),
            Job::RemovePrivate { shelf, key } => Ok(Done::Flag(self.remove_private(&shelf, &key))),
            Job::PurgePrivate(now) => {
                let expired = |row: &PrivateRow| row.expires_at.is_some_and(|at| at <= now);
                Ok(Done::Count(self.purge_private(expired)))
            }
            Job::SwapPrivate { shelf, key, expected, new, expires_at } => {
                let found = self.private_row(&shelf, &key).map(|row| row.body.as_str());
                let swaps = is_expected(found, expected.as_ref());
                match new {
                    Some(body) if swaps => {
                        self.put_private(PrivateRow { shelf, key, body, expires_at });
                    }
                    None if swaps => drop(self.remove_private(&shelf, &key)),
                    Some(_) | None => {}
                }
                Ok(Done::Flag(swaps))
            }
            Job::Rebuild => self.rebuild(),
        }
    }

    fn commit(&mut self, drafts: &[Draft]) -> Outcome {
        let places = drafts.iter().flat_map(Draft::places);
        let version = |(shelf, key): Place| {
            let version = self.row(&shelf, &key)?.version;
            Some(((shelf, key), version))
        };
        let versions = places.filter_map(version).collect();
        let plan = plan::plan(drafts, self.head.usable()?, versions)?;
        self.append(&plan.sealed);
        lay(&mut self.shelves, &plan.net);
        self.head.head = plan.head;
        Ok(Done::Appended(plan.links()))
    }

    fn adopt(&mut self, entries: &[Sealed], adoption: Adoption) -> Outcome {
        let head = self.head.adopt(entries, adoption)?;
        let mut net = Net::default();
        for entry in entries {
            net.apply(entry)?;
        }
        self.append(entries);
        lay(&mut self.shelves, &net);
        self.head = head;
        Ok(Done::Nothing)
    }

    fn rebuild(&mut self) -> Outcome {
        let (mut net, mut last) = (Net::default(), Head::default());
        for entry in &self.journal {
            last = entry.after(last)?;
            net.apply(entry)?;
        }
        self.head.ends_at(last)?;
        self.shelves = Shelves::new();
        lay(&mut self.shelves, &net);
        Ok(Done::Nothing)
    }

    fn append(&mut self, entries: &[Sealed]) {
        self.journal.extend(entries.iter().cloned().map(Arc::new));
    }

    fn row(&self, shelf: &str, key: &str) -> Option<&ShelfRow> {
        self.shelves.get(shelf)?.get(key).map(Arc::as_ref)
    }

    fn private_row(&self, shelf: &str, key: &str) -> Option<&PrivateRow> {
        self.privates.get(shelf)?.get(key)
    }

    fn put_private(&mut self, row: PrivateRow) -> Done {
        self.privates.entry(row.shelf.clone()).or_default().insert(row.key.clone(), row);
        Done::Nothing
    }

    fn remove_private(&mut self, shelf: &str, key: &str) -> bool {
        self.privates.get_mut(shelf).is_some_and(|rows| rows.remove(key).is_some())
    }

    fn purge_private(&mut self, expired: impl Fn(&PrivateRow) -> bool) -> u64 {
        let mut n_removed = 0;
        for rows in self.privates.values_mut() {
            let before = rows.len();
            rows.retain(|_, row| !expired(row));
            n_removed += (before - rows.len()) as u64;
        }
        n_removed
    }

    fn page(&self, shelf: &str, page: Page<'_>, limit: usize) -> Vec<ShelfRow> {
        let Some(rows) = self.shelves.get(shelf) else { return vec![] };
        let bounds: (Bound<&str>, Bound<&str>) = match page {
            Page::From(key) => (Bound::Included(key), Bound::Unbounded),
            Page::After(key) => (Bound::Excluded(key), Bound::Unbounded),
            Page::Between(key, end) => (Bound::Included(key), Bound::Excluded(end)),
            Page::Latest => (Bound::Unbounded, Bound::Unbounded),
            Page::Before(key) => (Bound::Unbounded, Bound::Excluded(key)),
        };
        let rows = rows.range::<str, _>(bounds).map(|(_, row)| ShelfRow::clone(row));
        match page {
            Page::From(_) | Page::After(_) | Page::Between(..) => rows.take(limit).collect(),
            Page::Latest | Page::Before(_) => rows.rev().take(limit).collect(),
        }
    }

    fn check(&self) -> CheckReport {
        let mut checker = Checker::new(self.head.head);
        self.journal.iter().for_each(|entry| checker.entry(entry));
        self.shelves.values().flat_map(BTreeMap::values).for_each(|row| checker.record(row));
        checker.finish()
    }
}

fn lay(shelves: &mut Shelves, net: &Net) {
    for row in net.laid() {
        let shelf = shelves.entry(row.shelf.clone()).or_default();
        shelf.insert(row.key.clone(), Arc::new(row.clone()));
    }
    for (shelf, key) in net.cleared() {
        shelves.get_mut(shelf).map(|rows| rows.remove(key));
    }
}

fn usize_of(limit: i64) -> usize {
    usize::try_from(limit).unwrap_or(0)
}

#[async_trait]
impl Reader for MemoryDisk {
    async fn head(&self) -> Result<HeadRow, Fault> {
        Ok(self.content().head)
    }

    async fn record(&self, shelf: &str, key: &str) -> Result<Option<ShelfRow>, Fault> {
        Ok(self.content().row(shelf, key).cloned())
    }

    async fn version(&self, shelf: &str, key: &str) -> Result<Option<u64>, Fault> {
        Ok(self.content().row(shelf, key).map(|row| row.version))
    }

    async fn records_at(&self, places: &[(&str, &str)]) -> Result<Vec<ShelfRow>, Fault> {
        let content = self.content();
        let places: BTreeSet<&(&str, &str)> = places.iter().collect();
        Ok(places.into_iter().filter_map(|(shelf, key)| content.row(shelf, key).cloned()).collect())
    }

    async fn records(
        &self,
        shelf: &str,
        page: Page<'_>,
        limit: i64,
    ) -> Result<Vec<ShelfRow>, Fault> {
        Ok(self.content().page(shelf, page, usize_of(limit)))
    }

    async fn count(&self, shelf: &str) -> Result<u64, Fault> {
        Ok(self.content().shelves.get(shelf).map_or(0, |rows| rows.len() as u64))
    }

    async fn entries(
        &self,
        stream: Option<&str>,
        after: u64,
        limit: i64,
    ) -> Result<Vec<Sealed>, Fault> {
        let content = self.content();
        let later = content.journal.iter().skip(usize::try_from(after).unwrap_or(usize::MAX));
        let of_stream = later.filter(|entry| stream.is_none_or(|stream| entry.stream == stream));
        Ok(of_stream.take(usize_of(limit)).map(|entry| Sealed::clone(entry)).collect())
    }

    async fn puts(
        &self,
        stream: &str,
        after: u64,
        limit: i64,
    ) -> Result<Vec<(u64, String)>, Fault> {
        let entries = self.entries(Some(stream), after, limit).await?;
        Ok(entries.into_iter().map(|entry| (entry.seq, entry.puts)).collect())
    }

    async fn private(&self, shelf: &str, key: &str) -> Result<Option<PrivateRow>, Fault> {
        Ok(self.content().private_row(shelf, key).cloned())
    }

    async fn privates(&self, shelf: &str) -> Result<Vec<PrivateRow>, Fault> {
        let content = self.content();
        Ok(content.privates.get(shelf).map_or(vec![], |rows| rows.values().cloned().collect()))
    }

    async fn private_shelves(&self) -> Result<Vec<String>, Fault> {
        let content = self.content();
        let held = content.privates.iter().filter(|(_, rows)| !rows.is_empty());
        Ok(held.map(|(shelf, _)| shelf.clone()).collect())
    }

    async fn check(&self) -> Result<CheckReport, Fault> {
        Ok(self.content().check())
    }
}
