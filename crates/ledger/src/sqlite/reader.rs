//! Reading beside the writer: a few connections that cannot write.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use tokio::sync::Semaphore;

use super::{fault_of, prepare, rows};
use crate::chain::Sealed;
use crate::check::{Checker, Problem};
use crate::engine::{HeadRow, Page, PrivateRow, Reader};
use crate::error::Fault;
use crate::plan::ShelfRow;
use crate::{CheckReport, schema};

/// Connections open at the same time. Reads are short; more would only wait for the same disk.
const CONNECTIONS_MAX: usize = 4;

pub(super) struct SqliteReader {
    pool: Arc<Pool>,
}

struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    room: Arc<Semaphore>,
}

impl SqliteReader {
    pub(super) fn new(path: PathBuf) -> Self {
        let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        Self { pool: Arc::new(Pool { path, idle: Mutex::new(vec![]), room }) }
    }

    /// Runs `read` on an idle connection, off the async threads.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let room = Arc::clone(&self.pool.room).acquire_owned().await;
        let pool = Arc::clone(&self.pool);
        let done = tokio::task::spawn_blocking(move || {
            let connection = pool.take()?;
            let value = read(&connection)?;
            // A connection that failed is not used again.
            pool.give_back(connection);
            drop(room);
            Ok(value)
        });
        match done.await {
            Ok(outcome) => outcome.map_err(fault_of),
            Err(cause) => Err(Fault::Engine(Arc::new(cause))),
        }
    }
}

impl SqliteReader {
    /// Runs `read` on an idle connection right here. For a few rows found by their key: that takes microseconds, less than handing it
    /// to another thread and back; and a reader of a write-ahead log waits for nobody.
    async fn read_at_once<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send,
    ) -> Result<T, Fault> {
        let Ok(_room) = self.pool.room.acquire().await else { return Err(Fault::Stopped) };
        let connection = self.pool.take().map_err(fault_of)?;
        let value = read(&connection).map_err(fault_of)?;
        self.pool.give_back(connection);
        Ok(value)
    }
}

impl Pool {
    fn take(&self) -> rusqlite::Result<Connection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(connection) = idle {
            return Ok(connection);
        }
        // Not SQLITE_OPEN_READ_ONLY: a reader of a write-ahead log must be able to write its index file.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        prepare(&connection)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    fn give_back(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

#[async_trait]
impl Reader for SqliteReader {
    async fn head(&self) -> Result<HeadRow, Fault> {
        self.read(rows::head).await
    }

    async fn record(&self, shelf: &str, key: &str) -> Result<Option<ShelfRow>, Fault> {
        self.read_at_once(|connection| {
            let mut statement = connection.prepare_cached(schema::RECORD)?;
            statement.query_row([shelf, key], rows::shelf).optional()
        })
        .await
    }

    async fn version(&self, shelf: &str, key: &str) -> Result<Option<u64>, Fault> {
        self.read_at_once(|connection| rows::version(connection, shelf, key)).await
    }

    async fn records_at(&self, places: &[(&str, &str)]) -> Result<Vec<ShelfRow>, Fault> {
        self.read_at_once(|connection| {
            let mut statement = connection.prepare_cached(schema::RECORD)?;
            let row = |(shelf, key): &(&str, &str)| {
                statement.query_row([shelf, key], rows::shelf).optional()
            };
            places.iter().map(row).filter_map(Result::transpose).collect()
        })
        .await
    }

    async fn records(
        &self,
        shelf: &str,
        page: Page<'_>,
        limit: i64,
    ) -> Result<Vec<ShelfRow>, Fault> {
        let shelf = shelf.to_owned();
        let (statement, keys) = match page {
            Page::From(key) => (schema::RECORDS_FROM, vec![key.to_owned()]),
            Page::After(key) => (schema::RECORDS_AFTER, vec![key.to_owned()]),
            Page::Between(key, end) => {
                (schema::RECORDS_BETWEEN, vec![key.to_owned(), end.to_owned()])
            }
            Page::Before(key) => (schema::RECORDS_BEFORE, vec![key.to_owned()]),
            Page::Latest => (schema::RECORDS_LATEST, vec![]),
        };
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(statement)?;
            match keys.as_slice() {
                [] => rows::all(&mut statement, params![shelf, limit], rows::shelf),
                [key] => rows::all(&mut statement, params![shelf, key, limit], rows::shelf),
                [key, end, ..] => {
                    rows::all(&mut statement, params![shelf, key, end, limit], rows::shelf)
                }
            }
        })
        .await
    }

    async fn count(&self, shelf: &str) -> Result<u64, Fault> {
        let shelf = shelf.to_owned();
        let count: i64 = self
            .read(move |connection| {
                connection.prepare_cached(schema::COUNT)?.query_row([shelf], |row| row.get(0))
            })
            .await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    async fn entries(
        &self,
        stream: Option<&str>,
        after: u64,
        limit: i64,
    ) -> Result<Vec<Sealed>, Fault> {
        let stream = stream.map(str::to_owned);
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        self.read(move |connection| match stream {
            None => {
                let mut statement = connection.prepare_cached(schema::ENTRIES)?;
                rows::all(&mut statement, params![after, limit], rows::sealed)
            }
            Some(stream) => {
                let mut statement = connection.prepare_cached(schema::STREAM_ENTRIES)?;
                rows::all(&mut statement, params![stream, after, limit], rows::sealed)
            }
        })
        .await
    }

    async fn puts(
        &self,
        stream: &str,
        after: u64,
        limit: i64,
    ) -> Result<Vec<(u64, String)>, Fault> {
        let stream = stream.to_owned();
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(schema::STREAM_PUTS)?;
            rows::all(&mut statement, params![stream, after, limit], rows::puts)
        })
        .await
    }

    async fn private(&self, shelf: &str, key: &str) -> Result<Option<PrivateRow>, Fault> {
        self.read_at_once(|connection| {
            let mut statement = connection.prepare_cached(schema::PRIVATE)?;
            statement.query_row([shelf, key], rows::private).optional()
        })
        .await
    }

    async fn privates(&self, shelf: &str) -> Result<Vec<PrivateRow>, Fault> {
        let shelf = shelf.to_owned();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(schema::PRIVATES)?;
            rows::all(&mut statement, [shelf], rows::private)
        })
        .await
    }

    async fn private_shelves(&self) -> Result<Vec<String>, Fault> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(schema::PRIVATE_SHELVES)?;
            rows::all(&mut statement, [], |row| row.get(0))
        })
        .await
    }

    async fn check(&self) -> Result<CheckReport, Fault> {
        self.read(check).await
    }
}

/// Reads everything in one transaction, so that commits made meanwhile do not look like damage.
fn check(connection: &Connection) -> rusqlite::Result<CheckReport> {
    let transaction = connection.unchecked_transaction()?;
    let mut checker = Checker::new(rows::head(&transaction)?.head);
    for what in integrity_problems(&transaction)? {
        checker.problem(Problem::EngineDamage { what });
    }
    rows::each_entry(&transaction, &mut |entry| checker.entry(&entry))?;
    {
        let mut statement = transaction.prepare(schema::ALL_RECORDS)?;
        let mut records = statement.query([])?;
        while let Some(row) = records.next()? {
            checker.record(&rows::shelf(row)?);
        }
    }
    transaction.finish()?;
    Ok(checker.finish())
}

fn integrity_problems(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut problems: Vec<String> = lines.collect::<Result<_, _>>()?;
    problems.retain(|line| line != "ok");
    Ok(problems)
}
