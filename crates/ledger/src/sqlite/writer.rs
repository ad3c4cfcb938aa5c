//! The one thread that writes: jobs that wait together share one transaction and one flush to disk.

use std::collections::HashMap;

use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use super::{fault_of, rows};
use crate::chain::Sealed;
use crate::engine::{
    BATCH_JOBS_MAX, Committed, Done, HeadRow, Job, Outcome, PrivateRow, Request, WriterEnds,
    answer, is_expected,
};
use crate::error::Fault;
use crate::plan::{self, Draft, Net};
use crate::{Adoption, LedgerError, schema};

/// Why one job failed: refused by the ledger's own rules, or by the engine.
enum JobError {
    Refused(LedgerError),
    Engine(rusqlite::Error),
}

impl From<rusqlite::Error> for JobError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<LedgerError> for JobError {
    fn from(error: LedgerError) -> Self {
        Self::Refused(error)
    }
}

/// Works until every caller is gone.
pub(super) fn run(connection: Connection, mut ends: WriterEnds) {
    let mut writer = Writer { connection, stopped: false };
    while let Some(first) = ends.jobs.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH_JOBS_MAX {
            let Ok(next) = ends.jobs.try_recv() else { break };
            batch.push(next);
        }
        if let Some(seq) = writer.serve(batch) {
            ends.head.send_replace(seq);
        }
    }
}

struct Writer {
    connection: Connection,
    /// Set when the disk failed. After a failed flush nobody knows what is on it, so nothing more is acknowledged.
    stopped: bool,
}

impl Writer {
    /// Does the batch and answers its callers, after the commit. Returns the new head when there is one.
    fn serve(&mut self, batch: Vec<Request>) -> Option<u64> {
        let (jobs, callers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let committed = if self.stopped { Err(Fault::Stopped) } else { self.transact(jobs) };
        answer(callers, committed)
    }

    fn transact(&mut self, jobs: Vec<Job>) -> Result<Committed, Fault> {
        let done = self.try_transact(jobs);
        if done.is_err() && !self.connection.is_autocommit() {
            let rolled_back = self.connection.execute_batch("ROLLBACK");
            self.stopped |= rolled_back.is_err();
        }
        done.map_err(|error| self.fault(error))
    }

    fn try_transact(&mut self, jobs: Vec<Job>) -> rusqlite::Result<(Vec<Outcome>, HeadRow)> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let before = rows::head(&self.connection)?;
        let mut head = before;
        let mut outcomes = Vec::with_capacity(jobs.len());
        for job in jobs {
            outcomes.push(self.in_savepoint(job, &mut head)?);
        }
        if head.head != before.head || head.importing != before.importing {
            put_head(&self.connection, head)?;
        }
        self.connection.execute_batch("COMMIT")?;
        Ok((outcomes, head))
    }

    /// Does one job so that its failure leaves its neighbours alone. An error means that the whole batch is lost.
    fn in_savepoint(&mut self, job: Job, head: &mut HeadRow) -> rusqlite::Result<Outcome> {
        self.connection.execute_batch("SAVEPOINT job")?;
        let mut head_after = *head;
        let error = match run_job(&self.connection, job, &mut head_after) {
            Ok(done) => {
                self.connection.execute_batch("RELEASE job")?;
                *head = head_after;
                return Ok(Ok(done));
            }
            Err(JobError::Refused(error)) => error,
            // SQLite gives up the whole transaction on some errors, among them a full disk.
            Err(JobError::Engine(error)) if self.connection.is_autocommit() => return Err(error),
            Err(JobError::Engine(error)) => self.fault(error).into(),
        };
        self.connection.execute_batch("ROLLBACK TO job; RELEASE job")?;
        Ok(Err(error))
    }

    fn fault(&mut self, error: rusqlite::Error) -> Fault {
        let disk_failed = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        );
        if disk_failed && !self.stopped {
            tracing::error!(%error, "the ledger stops writing: its disk failed");
            self.stopped = true;
        }
        fault_of(error)
    }
}

fn run_job(connection: &Connection, job: Job, head: &mut HeadRow) -> Result<Done, JobError> {
    match job {
        Job::Commit(drafts) => commit(connection, &drafts, head),
        Job::Adopt(entries, adoption) => adopt(connection, &entries, adoption, head),
        Job::PutPrivate(row) => put_private(connection, &row),
        Job::RemovePrivate { shelf, key } => {
            let n_removed =
                connection.prepare_cached(schema::REMOVE_PRIVATE)?.execute([shelf, key])?;
            Ok(Done::Flag(n_removed > 0))
        }
        Job::PurgePrivate(now) => {
            let n_removed =
                connection.prepare_cached(schema::PURGE_PRIVATE)?.execute([now.as_micros()])?;
            Ok(Done::Count(n_removed as u64))
        }
        Job::SwapPrivate { shelf, key, expected, new, expires_at } => {
            let found: Option<String> = connection
                .prepare_cached(schema::PRIVATE)?
                .query_row([&shelf, &key], |row| row.get(2))
                .optional()?;
            let swaps = is_expected(found.as_deref(), expected.as_ref());
            match new {
                Some(body) if swaps => {
                    put_private(connection, &PrivateRow { shelf, key, body, expires_at })?;
                }
                None if swaps => {
                    connection.prepare_cached(schema::REMOVE_PRIVATE)?.execute([shelf, key])?;
                }
                Some(_) | None => {}
            }
            Ok(Done::Flag(swaps))
        }
        Job::Rebuild => rebuild(connection, head),
    }
}

fn commit(connection: &Connection, drafts: &[Draft], head: &mut HeadRow) -> Result<Done, JobError> {
    let mut versions = HashMap::new();
    for place in drafts.iter().flat_map(Draft::places) {
        if let Some(version) = rows::version(connection, &place.0, &place.1)? {
            versions.insert(place, version);
        }
    }
    let plan = plan::plan(drafts, head.usable()?, versions)?;
    append(connection, &plan.sealed)?;
    lay(connection, &plan.net)?;
    head.head = plan.head;
    Ok(Done::Appended(plan.links()))
}

fn adopt(
    connection: &Connection,
    entries: &[Sealed],
    adoption: Adoption,
    head: &mut HeadRow,
) -> Result<Done, JobError> {
    *head = head.adopt(entries, adoption)?;
    let mut net = Net::default();
    for entry in entries {
        net.apply(entry)?;
    }
    append(connection, entries)?;
    lay(connection, &net)?;
    Ok(Done::Nothing)
}

fn rebuild(connection: &Connection, head: &HeadRow) -> Result<Done, JobError> {
    connection.execute_batch(schema::CLEAR_SHELVES)?;
    let mut last = crate::Head::default();
    let mut statement = connection.prepare_cached(schema::ENTRIES)?;
    let mut entries = statement.query(params![0, i64::MAX])?;
    while let Some(row) = entries.next()? {
        let entry = rows::sealed(row)?;
        last = entry.after(last)?;
        let mut net = Net::default();
        net.apply(&entry)?;
        lay(connection, &net)?;
    }
    head.ends_at(last)?;
    Ok(Done::Nothing)
}

fn append(connection: &Connection, entries: &[Sealed]) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO ledger_journal (seq, stream, kind, at, actor, body, puts, previous, digest)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )?;
    for entry in entries {
        statement.execute(params![
            signed(entry.seq),
            entry.stream,
            entry.kind,
            entry.at.as_micros(),
            entry.actor,
            entry.body,
            entry.puts,
            entry.previous.to_string(),
            entry.digest.to_string(),
        ])?;
    }
    Ok(())
}

fn lay(connection: &Connection, net: &Net) -> rusqlite::Result<()> {
    let mut put = connection.prepare_cached(
        "INSERT INTO ledger_shelf (shelf, key, version, at, body) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (shelf, key) DO UPDATE
            SET version = excluded.version, at = excluded.at, body = excluded.body",
    )?;
    for row in net.laid() {
        put.execute(params![
            row.shelf,
            row.key,
            signed(row.version),
            row.at.as_micros(),
            row.body
        ])?;
    }
    let mut clear =
        connection.prepare_cached("DELETE FROM ledger_shelf WHERE shelf = $1 AND key = $2")?;
    for (shelf, key) in net.cleared() {
        clear.execute([shelf, key])?;
    }
    Ok(())
}

fn put_private(connection: &Connection, row: &PrivateRow) -> Result<Done, JobError> {
    let expires_at = row.expires_at.map(sakimori_words::Instant::as_micros);
    connection
        .prepare_cached(schema::PUT_PRIVATE)?
        .execute(params![row.shelf, row.key, row.body, expires_at])?;
    Ok(Done::Nothing)
}

fn put_head(connection: &Connection, row: HeadRow) -> rusqlite::Result<()> {
    connection.prepare_cached(schema::PUT_HEAD)?.execute(params![
        signed(row.head.seq),
        row.head.digest.to_string(),
        i64::from(row.importing)
    ])?;
    Ok(())
}

/// Sequence numbers stay far below 2^63; the store of one that did not would be refused by the check.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
