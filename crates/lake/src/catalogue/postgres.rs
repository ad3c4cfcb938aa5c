//! The catalogue as a table of a PostgreSQL database: one row a line, numbered from 0.
//!
//! The database keeps rows and the order in which writers reach the end; what the rows say is proved by their signatures alone.
//! One catalogue a schema, as the ledger has it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sakimori_postgres::{Place, unfit_setting};
use tokio::sync::Mutex;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, Row};

use super::store::{CatalogueStore, Grown};
use crate::LakeError;

/// How long a connection is waited for. Searches and intake stand behind it.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// How long a statement may take. Reading a year's catalogue takes a second.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

const CREATE: &str =
    "CREATE TABLE IF NOT EXISTS lake_catalogue (n BIGINT PRIMARY KEY, line TEXT NOT NULL)";

/// Rows from `$1` on, and the one before them without its line: when that is gone, the catalogue is shorter than it was.
const ROWS: &str = "SELECT n, CASE WHEN n < $1 THEN '' ELSE line END FROM lake_catalogue
    WHERE n >= $1 - 1 ORDER BY n";

/// Adds row `$1` when the catalogue ends there. Of two that add it at once, the key lets one through.
const ADD: &str = "INSERT INTO lake_catalogue (n, line)
    SELECT $1, $2 WHERE $1 = (SELECT coalesce(max(n) + 1, 0) FROM lake_catalogue)";

/// A catalogue in a database. Its ends are numbers of rows.
pub(super) struct CatalogueTable {
    place: Place,
    client: Mutex<Option<Arc<Client>>>,
}

impl fmt::Debug for CatalogueTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CatalogueTable({})", self.place)
    }
}

impl CatalogueTable {
    pub(super) fn new(address: &str) -> Result<Self, LakeError> {
        let place = Place::at(address).map_err(unfit)?;
        Ok(Self { place, client: Mutex::default() })
    }

    /// The current connection, or a new one when it was lost.
    async fn client(&self) -> Result<Arc<Client>, LakeError> {
        let mut current = self.client.lock().await;
        if let Some(client) = current.as_ref().filter(|client| !client.is_closed()) {
            return Ok(Arc::clone(client));
        }
        let connected = tokio::time::timeout(CONNECT_WITHIN, self.place.connect()).await;
        let client = connected.map_err(|_| Failure::Late).and_then(|client| Ok(client?));
        let client = Arc::new(client.map_err(away("connect to"))?);
        *current = Some(Arc::clone(&client));
        Ok(client)
    }

    /// Waits for an answer, not for ever: a connection that gives none is not asked again.
    async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, Failure> {
        if let Ok(answer) = tokio::time::timeout(ANSWER_WITHIN, work).await {
            return Ok(answer?);
        }
        *self.client.lock().await = None;
        Err(Failure::Late)
    }
}

#[async_trait]
impl CatalogueStore for CatalogueTable {
    async fn read(&self, end: u64) -> Result<Option<Grown>, LakeError> {
        let client = self.client().await?;
        let rows = self.in_time(client.query(ROWS, &[&number(end)])).await;
        match rows {
            Ok(rows) => grown(&rows, end).map_err(|error| away("read")(error.into())),
            // Nobody has begun it.
            Err(Failure::Server(error)) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => {
                Ok((end == 0).then(Grown::default))
            }
            Err(error) => Err(away("read")(error)),
        }
    }

    async fn prepare(&self, _end: u64) -> Result<(), LakeError> {
        let client = self.client().await?;
        let setting = self.in_time(unfit_setting(&client)).await.map_err(away("read"))?;
        if let Some(setting) = setting {
            return Err(unfit(setting));
        }
        self.in_time(client.batch_execute(CREATE)).await.map_err(away("write"))
    }

    async fn append(&self, end: u64, line: &str) -> Result<u64, LakeError> {
        let client = self.client().await?;
        let added = self.in_time(client.execute(ADD, &[&number(end), &line])).await;
        let taken = || LakeError::CatalogueTaken {
            what: format!("its record {} was not the next one", end + 1),
        };
        match added {
            Ok(1) => Ok(end + 1),
            Ok(_) => Err(taken()),
            Err(Failure::Server(error)) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
                Err(taken())
            }
            Err(error) => Err(away("write")(error)),
        }
    }

    fn is_shared(&self) -> bool {
        true
    }
}

/// Why the database did not do it.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Server(#[from] Error),
    #[error("no answer in time")]
    Late,
}

fn away(doing: &'static str) -> impl Fn(Failure) -> LakeError {
    move |cause| LakeError::CatalogueAway { doing, cause: Arc::new(cause) }
}

fn unfit(cause: impl std::error::Error + Send + Sync + 'static) -> LakeError {
    LakeError::CatalogueUnfit { cause: Arc::new(cause) }
}

fn number(end: u64) -> i64 {
    i64::try_from(end).unwrap_or(i64::MAX)
}

/// The lines of the rows from `end` on; `None` when the catalogue is shorter. Gaps and doubles are for the chain to find.
fn grown(rows: &[Row], end: u64) -> Result<Option<Grown>, Error> {
    let mut grown = Grown { end, ..Grown::default() };
    let mut is_there = end == 0;
    for row in rows {
        let n = u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or_default();
        if n < end {
            is_there = true;
            continue;
        }
        grown.end = n.saturating_add(1);
        // A line feed inside would make two lines of it; ours have none, so the chain will say so.
        grown.lines.push_str(row.try_get(1)?);
        grown.lines.push('\n');
    }
    Ok(is_there.then_some(grown))
}
