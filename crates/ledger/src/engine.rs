//! What the two engines have in common: the queue before the one writer, the port for readers, and the store over both.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use sakimori_words::Instant;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};

use crate::chain::{Linked, Sealed};
use crate::error::Fault;
use crate::plan::{self, Draft, Place, ShelfRow};
use crate::{
    Adoption, CheckReport, Entry, Fact, Head, LedgerError, PrivateRecord, Record, Store, StreamPuts,
};

/// Most jobs that share one transaction and one flush to disk. Measured on SQLite at full durability: 64 gives 5 to 8 times
/// the throughput of one, more gives little (notes on storage, 2026-11).
pub(crate) const BATCH_JOBS_MAX: usize = 64;
/// Jobs that may wait; beyond that callers wait to hand theirs in.
const QUEUE_JOBS_MAX: usize = 1024;
/// Most rows one read returns, whatever the caller asks for.
const PAGE_ROWS_MAX: usize = 10_000;

/// Something for the writer. Kept whole until it is done, so that a batch can be tried again.
#[derive(Debug)]
pub(crate) enum Job {
    /// Shared with the caller, who puts the entries together from them: the writer copies nothing for that.
    Commit(Arc<Vec<Draft>>),
    Adopt(Vec<Sealed>, Adoption),
    PutPrivate(PrivateRow),
    RemovePrivate {
        shelf: String,
        key: String,
    },
    PurgePrivate(Instant),
    SwapPrivate {
        shelf: String,
        key: String,
        expected: Option<Value>,
        new: Option<String>,
        expires_at: Option<Instant>,
    },
    Rebuild,
}

/// What became of a job.
#[derive(Debug)]
pub(crate) enum Done {
    Appended(Vec<Linked>),
    Flag(bool),
    Count(u64),
    Nothing,
}

/// How a job ended.
pub(crate) type Outcome = Result<Done, LedgerError>;

/// The outcomes of a batch in the order of its jobs, and the head after it.
pub(crate) type Committed = (Vec<Outcome>, HeadRow);

/// A job and where its outcome goes.
pub(crate) type Request = (Job, oneshot::Sender<Outcome>);

/// Answers the callers of a batch, after the commit. Returns the new head when there is one.
pub(crate) fn answer(
    callers: Vec<oneshot::Sender<Outcome>>,
    committed: Result<Committed, Fault>,
) -> Option<u64> {
    match committed {
        Ok((outcomes, head)) => {
            for (caller, outcome) in callers.into_iter().zip(outcomes) {
                // A caller that went away no longer wants to know.
                drop(caller.send(outcome));
            }
            Some(head.head.seq)
        }
        Err(fault) => {
            for caller in callers {
                drop(caller.send(Err(fault.clone().into())));
            }
            None
        }
    }
}

/// A private record as its row holds it.
#[derive(Clone, Debug)]
pub(crate) struct PrivateRow {
    pub(crate) shelf: String,
    pub(crate) key: String,
    pub(crate) body: String,
    pub(crate) expires_at: Option<Instant>,
}

impl PrivateRow {
    fn read(self) -> Result<PrivateRecord, LedgerError> {
        let body = serde_json::from_str(&self.body).map_err(|cause| LedgerError::Damaged {
            what: format!("private record on shelf `{}`: {cause}", self.shelf),
        })?;
        let Self { shelf, key, expires_at, .. } = self;
        Ok(PrivateRecord { shelf, key, body, expires_at })
    }
}

/// The head row: where the journal ends, and whether an import is under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadRow {
    pub(crate) head: Head,
    pub(crate) importing: bool,
}

impl HeadRow {
    /// The row after `entries` of another store, or why they are not taken.
    pub(crate) fn adopt(self, entries: &[Sealed], adoption: Adoption) -> Result<Self, LedgerError> {
        if !self.importing && self.head.seq > 0 {
            return Err(LedgerError::NotEmpty { seq: self.head.seq });
        }
        let mut head = self.head;
        for entry in entries {
            head = entry.after(head)?;
        }
        Ok(Self { head, importing: adoption == Adoption::More })
    }

    /// Whether the journal, read to its end, ends where it should.
    pub(crate) fn ends_at(&self, last: Head) -> Result<(), LedgerError> {
        if last == self.head {
            return Ok(());
        }
        let what = format!("the journal ends at {} and not at {}", last.seq, self.head.seq);
        Err(LedgerError::Damaged { what })
    }

    /// The head, unless an import is under way.
    pub(crate) fn usable(self) -> Result<Head, LedgerError> {
        if self.importing { Err(LedgerError::ImportUnfinished) } else { Ok(self.head) }
    }
}

/// Which records of a shelf.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Page<'a> {
    From(&'a str),
    After(&'a str),
    /// From the first key up to, and without, the second.
    Between(&'a str, &'a str),
    Latest,
    Before(&'a str),
}

/// What an engine reads. Rows come as texts; what they mean is worked out above.
#[async_trait]
pub(crate) trait Reader: Send + Sync {
    async fn head(&self) -> Result<HeadRow, Fault>;
    async fn record(&self, shelf: &str, key: &str) -> Result<Option<ShelfRow>, Fault>;
    async fn version(&self, shelf: &str, key: &str) -> Result<Option<u64>, Fault>;
    /// The rows that are there, in any order.
    async fn records_at(&self, places: &[(&str, &str)]) -> Result<Vec<ShelfRow>, Fault>;
    async fn records(
        &self,
        shelf: &str,
        page: Page<'_>,
        limit: i64,
    ) -> Result<Vec<ShelfRow>, Fault>;
    async fn count(&self, shelf: &str) -> Result<u64, Fault>;
    async fn entries(
        &self,
        stream: Option<&str>,
        after: u64,
        limit: i64,
    ) -> Result<Vec<Sealed>, Fault>;
    /// Sequence number and puts of entries of a stream.
    async fn puts(&self, stream: &str, after: u64, limit: i64)
    -> Result<Vec<(u64, String)>, Fault>;
    async fn private(&self, shelf: &str, key: &str) -> Result<Option<PrivateRow>, Fault>;
    async fn privates(&self, shelf: &str) -> Result<Vec<PrivateRow>, Fault>;
    async fn private_shelves(&self) -> Result<Vec<String>, Fault>;
    async fn check(&self) -> Result<CheckReport, Fault>;
}

/// The store: a queue to the one writer, and readers beside it.
pub(crate) struct Ledger {
    jobs: mpsc::Sender<Request>,
    head: watch::Receiver<u64>,
    reader: Box<dyn Reader>,
}

/// The writer's ends of the queue.
pub(crate) struct WriterEnds {
    pub(crate) jobs: mpsc::Receiver<Request>,
    pub(crate) head: watch::Sender<u64>,
}

impl Ledger {
    /// A store over `reader` and the ends that its writer needs.
    pub(crate) fn new(reader: Box<dyn Reader>, head: Head) -> (Self, WriterEnds) {
        let (jobs, jobs_end) = mpsc::channel(QUEUE_JOBS_MAX);
        let (head_end, head) = watch::channel(head.seq);
        (Self { jobs, head, reader }, WriterEnds { jobs: jobs_end, head: head_end })
    }

    async fn submit(&self, job: Job) -> Result<Done, LedgerError> {
        let (reply, outcome) = oneshot::channel();
        self.jobs.send((job, reply)).await.map_err(|_| LedgerError::Stopped)?;
        outcome.await.map_err(|_| LedgerError::Stopped)?
    }

    async fn page(
        &self,
        shelf: &str,
        page: Page<'_>,
        limit: usize,
    ) -> Result<Vec<Record>, LedgerError> {
        let rows = self.reader.records(shelf, page, rows_max(limit)).await?;
        rows.into_iter().map(ShelfRow::read).collect()
    }
}

#[async_trait]
impl Store for Ledger {
    async fn commit(&self, facts: Vec<Fact>) -> Result<Vec<Entry>, LedgerError> {
        let drafts = Arc::new(plan::drafts(facts)?);
        match self.submit(Job::Commit(Arc::clone(&drafts))).await? {
            Done::Appended(links) => Ok(plan::entries(Arc::unwrap_or_clone(drafts), links)),
            Done::Flag(_) | Done::Count(_) | Done::Nothing => Ok(vec![]),
        }
    }

    async fn get(&self, shelf: &str, key: &str) -> Result<Option<Record>, LedgerError> {
        self.reader.record(shelf, key).await?.map(ShelfRow::read).transpose()
    }

    async fn version(&self, shelf: &str, key: &str) -> Result<Option<u64>, LedgerError> {
        Ok(self.reader.version(shelf, key).await?)
    }

    async fn get_many(&self, places: &[(&str, &str)]) -> Result<Vec<Option<Record>>, LedgerError> {
        let mut found: HashMap<Place, ShelfRow> = HashMap::with_capacity(places.len());
        for row in self.reader.records_at(places).await? {
            found.insert((row.shelf.clone(), row.key.clone()), row);
        }
        let row =
            |(shelf, key): &(&str, &str)| found.get(&((*shelf).to_owned(), (*key).to_owned()));
        places.iter().map(|place| row(place).cloned().map(ShelfRow::read).transpose()).collect()
    }

    async fn list(
        &self,
        shelf: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>, LedgerError> {
        self.page(shelf, after.map_or(Page::From(""), Page::After), limit).await
    }

    async fn list_latest(
        &self,
        shelf: &str,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>, LedgerError> {
        self.page(shelf, before.map_or(Page::Latest, Page::Before), limit).await
    }

    async fn list_prefix(
        &self,
        shelf: &str,
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<Record>, LedgerError> {
        // Keys with the prefix stand together in key order and begin where the prefix itself would stand.
        let end = behind(prefix);
        let page = end.as_deref().map_or(Page::From(prefix), |end| Page::Between(prefix, end));
        self.page(shelf, page, limit).await
    }

    async fn count(&self, shelf: &str) -> Result<u64, LedgerError> {
        Ok(self.reader.count(shelf).await?)
    }

    async fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, LedgerError> {
        let rows = self.reader.entries(None, after, rows_max(limit)).await?;
        rows.into_iter().map(plan::read_entry).collect()
    }

    async fn stream_entries(
        &self,
        stream: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, LedgerError> {
        let rows = self.reader.entries(Some(stream), after, rows_max(limit)).await?;
        rows.into_iter().map(plan::read_entry).collect()
    }

    async fn stream_puts(
        &self,
        stream: &str,
        shelf: &str,
        after: u64,
        limit: usize,
    ) -> Result<StreamPuts, LedgerError> {
        let rows = self.reader.puts(stream, after, rows_max(limit)).await?;
        plan::read_puts(&rows, shelf)
    }

    async fn head(&self) -> Result<Head, LedgerError> {
        Ok(self.reader.head().await?.head)
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.head.clone()
    }

    async fn put_private(
        &self,
        shelf: &str,
        key: &str,
        body: Value,
        expires_at: Option<Instant>,
    ) -> Result<(), LedgerError> {
        let body = plan::private_text(shelf, key, &body)?;
        let row = PrivateRow { shelf: shelf.to_owned(), key: key.to_owned(), body, expires_at };
        self.submit(Job::PutPrivate(row)).await.map(drop)
    }

    async fn get_private(
        &self,
        shelf: &str,
        key: &str,
    ) -> Result<Option<PrivateRecord>, LedgerError> {
        self.reader.private(shelf, key).await?.map(PrivateRow::read).transpose()
    }

    async fn list_private(&self, shelf: &str) -> Result<Vec<PrivateRecord>, LedgerError> {
        self.reader.privates(shelf).await?.into_iter().map(PrivateRow::read).collect()
    }

    async fn private_shelves(&self) -> Result<Vec<String>, LedgerError> {
        Ok(self.reader.private_shelves().await?)
    }

    async fn remove_private(&self, shelf: &str, key: &str) -> Result<bool, LedgerError> {
        let job = Job::RemovePrivate { shelf: shelf.to_owned(), key: key.to_owned() };
        Ok(matches!(self.submit(job).await?, Done::Flag(true)))
    }

    async fn purge_private(&self, now: Instant) -> Result<u64, LedgerError> {
        match self.submit(Job::PurgePrivate(now)).await? {
            Done::Count(count) => Ok(count),
            Done::Appended(_) | Done::Flag(_) | Done::Nothing => Ok(0),
        }
    }

    async fn swap_private(
        &self,
        shelf: &str,
        key: &str,
        expected: Option<&Value>,
        new: Option<Value>,
        expires_at: Option<Instant>,
    ) -> Result<bool, LedgerError> {
        let new = new.map(|body| plan::private_text(shelf, key, &body)).transpose()?;
        let job = Job::SwapPrivate {
            shelf: shelf.to_owned(),
            key: key.to_owned(),
            expected: expected.cloned(),
            new,
            expires_at,
        };
        Ok(matches!(self.submit(job).await?, Done::Flag(true)))
    }

    async fn check(&self) -> Result<CheckReport, LedgerError> {
        Ok(self.reader.check().await?)
    }

    async fn rebuild(&self) -> Result<(), LedgerError> {
        self.submit(Job::Rebuild).await.map(drop)
    }

    async fn adopt(&self, entries: Vec<Entry>, adoption: Adoption) -> Result<(), LedgerError> {
        let sealed = entries.into_iter().map(plan::sealed_of).collect();
        self.submit(Job::Adopt(sealed, adoption)).await.map(drop)
    }
}

/// Where the keys that begin with `prefix` end: at the next text that does not, by bytes of UTF-8, which sort as characters do. `None`:
/// with the last key of all.
fn behind(prefix: &str) -> Option<String> {
    let mut head = prefix.chars();
    while let Some(last) = head.next_back() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            return Some(format!("{}{next}", head.as_str()));
        }
    }
    None
}

/// Whether a private record is still what the caller expects.
pub(crate) fn is_expected(found: Option<&str>, expected: Option<&Value>) -> bool {
    match (found, expected) {
        (None, None) => true,
        (Some(text), Some(expected)) => {
            serde_json::from_str::<Value>(text).is_ok_and(|found| found == *expected)
        }
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn rows_max(limit: usize) -> i64 {
    i64::try_from(limit.min(PAGE_ROWS_MAX)).unwrap_or(0)
}
