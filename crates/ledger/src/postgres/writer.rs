//! The one task that writes: jobs that wait together share one transaction and one flush to disk.

use std::collections::HashMap;
use std::error::Error as _;
use std::time::Duration;

use sakimori_words::Instant;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use super::link::{Link, Session};
use super::{batch, fault_of, rows};
use crate::chain::Sealed;
use crate::engine::{
    BATCH_JOBS_MAX, Committed, Done, HeadRow, Job, Outcome, PrivateRow, Request, WriterEnds,
    answer, is_expected,
};
use crate::error::Fault;
use crate::plan::{self, Draft, Net, Place};
use crate::{Adoption, LedgerError, schema};

/// Most jobs that share one transaction: here it costs several journeys and a dozen messages, however many there are.
const JOBS_MAX: usize = 2 * BATCH_JOBS_MAX;
/// How often a batch is tried again after a clash with another process or a lost connection.
const ATTEMPTS_MAX: u32 = 5;
/// Pause before the next attempt; grows with each.
const PAUSE_MS: u64 = 20;
/// Entries read at a time while the shelves are rebuilt.
const PAGE_ENTRIES: i64 = 500;

/// Takes the lock that writers of all processes take in turn.
pub(super) const LOCKED_HEAD: &str =
    "SELECT seq, digest, importing FROM ledger_head WHERE one = 1 FOR UPDATE";
const DIGEST_AT: &str = "SELECT digest FROM ledger_journal WHERE seq = $1";
const APPEND: &str = "INSERT INTO ledger_journal
    (seq, stream, kind, at, actor, body, puts, previous, digest)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[],
        $6::text[], $7::text[], $8::text[], $9::text[])";
const LAY: &str = "INSERT INTO ledger_shelf (shelf, key, version, at, body)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[])
    ON CONFLICT (shelf, key) DO UPDATE
    SET version = excluded.version, at = excluded.at, body = excluded.body";
const CLEAR: &str = "DELETE FROM ledger_shelf
    WHERE (shelf, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))";

/// Why one job failed: refused by the ledger's own rules, or by the engine.
enum JobError {
    Refused(LedgerError),
    Engine(Error),
}

impl From<Error> for JobError {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<LedgerError> for JobError {
    fn from(error: LedgerError) -> Self {
        Self::Refused(error)
    }
}

/// Why a whole batch failed.
enum BatchError {
    /// Nothing was committed.
    NotCommitted(Error),
    /// The connection was lost while the commit was under way. `head` is where the journal would end.
    Unknown { error: Error, head: HeadRow, outcomes: Vec<Outcome>, moved: bool },
    /// It did not get as far as a transaction.
    NoSession(Fault),
}

/// Works until every caller is gone.
pub(super) async fn run(link: Link, mut ends: WriterEnds) {
    while let Some(first) = ends.jobs.recv().await {
        let mut batch = vec![first];
        while batch.len() < JOBS_MAX {
            let Ok(next) = ends.jobs.try_recv() else { break };
            batch.push(next);
        }
        if let Some(seq) = serve(&link, batch).await {
            ends.head.send_replace(seq);
        }
    }
}

/// Does the batch and answers its callers, after the commit. Returns the new head when there is one.
async fn serve(link: &Link, batch: Vec<Request>) -> Option<u64> {
    let (jobs, callers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    let committed = transact(link, &jobs).await;
    // Their texts are the callers' alone again, who make entries of them without copying.
    drop(jobs);
    answer(callers, committed)
}

async fn transact(link: &Link, jobs: &[Job]) -> Result<Committed, Fault> {
    let mut attempt = 1;
    loop {
        let error = match try_transact(link, jobs).await {
            Ok(committed) => return Ok(committed),
            Err(BatchError::NoSession(fault)) => return Err(fault),
            Err(BatchError::NotCommitted(error)) => error,
            Err(BatchError::Unknown { error, head, outcomes, moved }) => {
                match was_committed(link, head, moved).await {
                    Some(true) => return Ok((outcomes, head)),
                    Some(false) => error,
                    None => return Err(fault_of(error)),
                }
            }
        };
        if attempt >= ATTEMPTS_MAX || !worth_another_try(&error) {
            return Err(fault_of(error));
        }
        tokio::time::sleep(Duration::from_millis(PAUSE_MS * u64::from(attempt))).await;
        attempt += 1;
    }
}

/// Clashes with another process pass, and so does a server that restarts.
fn worth_another_try(error: &Error) -> bool {
    let clashed = error.code().is_some_and(|code| {
        *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
    });
    let lost = error.source().is_some_and(|cause| cause.is::<std::io::Error>());
    clashed || lost || shuts_down(error) || error.is_closed()
}

fn shuts_down(error: &Error) -> bool {
    error
        .code()
        .is_some_and(|code| *code == SqlState::ADMIN_SHUTDOWN || *code == SqlState::CRASH_SHUTDOWN)
}

/// Whether a batch whose commit was cut off is in the journal; `None` when that cannot be told, which is so for batches
/// that only touched secrets. Taking the lock waits for the cut-off transaction to end one way or the other.
async fn was_committed(link: &Link, head: HeadRow, moved: bool) -> Option<bool> {
    if !moved {
        return None;
    }
    let session = link.session().await.ok()?;
    session.client.batch_execute("BEGIN").await.ok()?;
    session.client.query_one(LOCKED_HEAD, &[]).await.ok()?;
    let seq = signed(head.head.seq);
    let found = session.client.query_opt(DIGEST_AT, &[&seq]).await.ok()?;
    session.client.batch_execute("COMMIT").await.ok()?;
    let digest: Option<String> = found.and_then(|row| row.try_get(0).ok());
    Some(digest.as_deref() == Some(head.head.digest.to_string().as_str()))
}

async fn try_transact(link: &Link, jobs: &[Job]) -> Result<Committed, BatchError> {
    let session = link.session().await.map_err(BatchError::NoSession)?;
    let (outcomes, head, moved) = work(&session, jobs).await.map_err(BatchError::NotCommitted)?;
    match session.client.batch_execute("COMMIT").await {
        Ok(()) => Ok((outcomes, head)),
        // A server that shuts down may say so after it has committed.
        Err(error) if error.code().is_some() && !shuts_down(&error) => {
            Err(BatchError::NotCommitted(error))
        }
        Err(error) => Err(BatchError::Unknown { error, head, outcomes, moved }),
    }
}

/// What a transaction did before its commit: the outcomes, the head after it, and whether the journal grew.
type Worked = (Vec<Outcome>, HeadRow, bool);

/// Everything up to the commit. After an error the transaction is rolled back.
async fn work(session: &Session, jobs: &[Job]) -> Result<Worked, Error> {
    if batch::is_usual(jobs) {
        match or_rolled_back(session, batch::work(session, jobs).await).await {
            // The server will not keep something of it: done one by one, only the job it belongs to fails.
            Err(error) if error.code().is_some() && !worth_another_try(&error) => {}
            worked => return worked,
        }
    }
    or_rolled_back(session, one_by_one(session, jobs).await).await
}

async fn or_rolled_back(session: &Session, worked: Result<Worked, Error>) -> Result<Worked, Error> {
    if worked.is_err() {
        // If the connection is gone, the server has rolled back itself.
        drop(session.client.batch_execute("ROLLBACK").await);
    }
    worked
}

/// Everything up to the commit, each job for itself.
async fn one_by_one(session: &Session, jobs: &[Job]) -> Result<Worked, Error> {
    session.client.batch_execute("BEGIN").await?;
    let locked = session.statement(LOCKED_HEAD).await?;
    let before = rows::head(&session.client.query_one(&locked, &[]).await?)?;
    let mut head = before;
    let mut outcomes = Vec::with_capacity(jobs.len());
    for job in jobs {
        outcomes.push(in_savepoint(session, job, &mut head).await?);
    }
    let moved = head.head != before.head;
    if moved || head.importing != before.importing {
        put_head(session, head).await?;
    }
    Ok((outcomes, head, moved))
}

/// Does one job so that its failure leaves its neighbours alone. An error means that the whole batch is to be tried again.
async fn in_savepoint(session: &Session, job: &Job, head: &mut HeadRow) -> Result<Outcome, Error> {
    session.client.batch_execute("SAVEPOINT job").await?;
    let mut head_after = *head;
    let error = match run_job(session, job, &mut head_after).await {
        Ok(done) => {
            session.client.batch_execute("RELEASE SAVEPOINT job").await?;
            *head = head_after;
            return Ok(Ok(done));
        }
        Err(JobError::Refused(error)) => error,
        Err(JobError::Engine(error)) if error.code().is_none() || worth_another_try(&error) => {
            return Err(error);
        }
        Err(JobError::Engine(error)) => fault_of(error).into(),
    };
    let undo = "ROLLBACK TO SAVEPOINT job; RELEASE SAVEPOINT job";
    session.client.batch_execute(undo).await?;
    Ok(Err(error))
}

async fn run_job(session: &Session, job: &Job, head: &mut HeadRow) -> Result<Done, JobError> {
    match job {
        Job::Commit(drafts) => commit(session, drafts, head).await,
        Job::Adopt(entries, adoption) => adopt(session, entries, *adoption, head).await,
        Job::PutPrivate(row) => {
            put_private(session, &row.shelf, &row.key, &row.body, row.expires_at).await
        }
        Job::RemovePrivate { shelf, key } => {
            let n_removed = execute(session, schema::REMOVE_PRIVATE, &[shelf, key]).await?;
            Ok(Done::Flag(n_removed > 0))
        }
        Job::PurgePrivate(now) => {
            Ok(Done::Count(execute(session, schema::PURGE_PRIVATE, &[&now.as_micros()]).await?))
        }
        Job::SwapPrivate { shelf, key, expected, new, expires_at } => {
            let swaps = {
                let found = found_private(session, shelf, key).await?;
                is_expected(found.as_ref().map(|row| row.body.as_str()), expected.as_ref())
            };
            match new {
                Some(body) if swaps => {
                    put_private(session, shelf, key, body, *expires_at).await?;
                }
                None if swaps => {
                    execute(session, schema::REMOVE_PRIVATE, &[shelf, key]).await?;
                }
                Some(_) | None => {}
            }
            Ok(Done::Flag(swaps))
        }
        Job::Rebuild => rebuild(session, head).await,
    }
}

async fn commit(session: &Session, drafts: &[Draft], head: &mut HeadRow) -> Result<Done, JobError> {
    let places: Vec<Place> = drafts.iter().flat_map(Draft::places).collect();
    let versions = versions(session, &places).await?;
    let plan = plan::plan(drafts, head.usable()?, versions)?;
    append(session, &plan.sealed).await?;
    lay(session, &plan.net).await?;
    head.head = plan.head;
    Ok(Done::Appended(plan.links()))
}

async fn versions(session: &Session, places: &[Place]) -> Result<HashMap<Place, u64>, Error> {
    if places.is_empty() {
        return Ok(HashMap::new());
    }
    let (shelves, keys) = columns(places.iter());
    let statement = session.statement(schema::VERSIONS_AT).await?;
    let rows = session.client.query(&statement, &[&shelves, &keys]).await?;
    rows.iter().map(rows::version).collect()
}

async fn adopt(
    session: &Session,
    entries: &[Sealed],
    adoption: Adoption,
    head: &mut HeadRow,
) -> Result<Done, JobError> {
    *head = head.adopt(entries, adoption)?;
    let mut net = Net::default();
    for entry in entries {
        net.apply(entry)?;
    }
    append(session, entries).await?;
    lay(session, &net).await?;
    Ok(Done::Nothing)
}

async fn rebuild(session: &Session, head: &HeadRow) -> Result<Done, JobError> {
    session.client.batch_execute(schema::CLEAR_SHELVES).await?;
    let statement = session.statement(schema::ENTRIES).await?;
    let mut last = crate::Head::default();
    loop {
        let page = session.client.query(&statement, &[&signed(last.seq), &PAGE_ENTRIES]).await?;
        if page.is_empty() {
            break;
        }
        let mut net = Net::default();
        for row in &page {
            let entry = rows::sealed(row)?;
            last = entry.after(last)?;
            net.apply(&entry)?;
        }
        lay(session, &net).await?;
    }
    head.ends_at(last)?;
    Ok(Done::Nothing)
}

pub(super) async fn append(session: &Session, entries: &[Sealed]) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let texts = |text: fn(&Sealed) -> &str| -> Vec<&str> { entries.iter().map(text).collect() };
    let seqs: Vec<i64> = entries.iter().map(|entry| signed(entry.seq)).collect();
    let times: Vec<i64> = entries.iter().map(|entry| entry.at.as_micros()).collect();
    let previous: Vec<String> = entries.iter().map(|entry| entry.previous.to_string()).collect();
    let digests: Vec<String> = entries.iter().map(|entry| entry.digest.to_string()).collect();
    let values: [&(dyn ToSql + Sync); 9] = [
        &seqs,
        &texts(|entry| &entry.stream),
        &texts(|entry| &entry.kind),
        &times,
        &texts(|entry| &entry.actor),
        &texts(|entry| &entry.body),
        &texts(|entry| &entry.puts),
        &previous,
        &digests,
    ];
    execute(session, APPEND, &values).await.map(drop)
}

pub(super) async fn lay(session: &Session, net: &Net) -> Result<(), Error> {
    let laid: Vec<_> = net.laid().collect();
    if !laid.is_empty() {
        let shelves: Vec<&str> = laid.iter().map(|row| row.shelf.as_str()).collect();
        let keys: Vec<&str> = laid.iter().map(|row| row.key.as_str()).collect();
        let versions: Vec<i64> = laid.iter().map(|row| signed(row.version)).collect();
        let times: Vec<i64> = laid.iter().map(|row| row.at.as_micros()).collect();
        let bodies: Vec<&str> = laid.iter().map(|row| row.body.as_str()).collect();
        execute(session, LAY, &[&shelves, &keys, &versions, &times, &bodies]).await?;
    }
    let (shelves, keys) = columns(net.cleared());
    if !keys.is_empty() {
        execute(session, CLEAR, &[&shelves, &keys]).await?;
    }
    Ok(())
}

/// The two halves of places, as two columns.
pub(super) fn columns<'a>(places: impl Iterator<Item = &'a Place>) -> (Vec<&'a str>, Vec<&'a str>) {
    places.map(|(shelf, key)| (shelf.as_str(), key.as_str())).unzip()
}

async fn found_private(
    session: &Session,
    shelf: &str,
    key: &str,
) -> Result<Option<PrivateRow>, Error> {
    let statement = session.statement(schema::PRIVATE).await?;
    let row = session.client.query_opt(&statement, &[&shelf, &key]).await?;
    row.as_ref().map(rows::private).transpose()
}

async fn put_private(
    session: &Session,
    shelf: &str,
    key: &str,
    body: &str,
    expires_at: Option<Instant>,
) -> Result<Done, JobError> {
    let expires_at = expires_at.map(Instant::as_micros);
    execute(session, schema::PUT_PRIVATE, &[&shelf, &key, &body, &expires_at]).await?;
    Ok(Done::Nothing)
}

pub(super) async fn put_head(session: &Session, row: HeadRow) -> Result<(), Error> {
    let digest = row.head.digest.to_string();
    let importing = i64::from(row.importing);
    execute(session, schema::PUT_HEAD, &[&signed(row.head.seq), &digest, &importing])
        .await
        .map(drop)
}

pub(super) async fn execute(
    session: &Session,
    sql: &'static str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<u64, Error> {
    let statement = session.statement(sql).await?;
    session.client.execute(&statement, values).await
}

/// Sequence numbers stay far below 2^63; the store of one that did not would be refused by the check.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
