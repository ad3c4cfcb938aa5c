//! SQL over hot and sealed events.
//!
//! One table `events`, one statement at a time, reading only. The engine stays behind a surface without generics
//! ([`Query::sql`] in, [`Table`] out), so that nothing that uses it compiles the engine again. It runs on threads of its own:
//! a search over a year never makes a screen wait.

mod cells;
mod error;
mod events;
#[cfg(feature = "grid")]
mod functions;
#[cfg(feature = "grid")]
mod grid;
mod guard;
mod leaf;
mod limits;
mod memory;
mod packed;
mod parquet;
mod prefilter;
mod rows;
mod search;
mod sight;
mod statement;
mod tally;
mod troubles;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use sakimori_lake::LakeReader;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::guard::StopFlag;
use crate::search::Place;

pub use cells::{Cell, Table};
pub use error::{Position, QueryError};
#[cfg(feature = "grid")]
pub use grid::{ExecutorSettings, Grid, GridError, run_executor, run_scheduler};
pub use limits::{Limits, SQL_BYTES_MAX};
pub use parquet::{PARQUET_BYTES_MAX, ParquetFile};
pub use sight::{MASKED_TEXT, Pseudonyms, Sight};
pub use statement::fuzz_sql;
pub use troubles::TROUBLES;

/// How many searches run at the same time; the others wait within their own time.
const CONCURRENT_MAX: usize = 4;

/// Stack of a search thread: reading, checking and planning walk an expression by recursion, also in an unoptimised build.
/// Only what is used is ever taken from the machine.
const STACK_BYTES: usize = 128 * 1024 * 1024;

/// SQL over one log store.
pub struct Query {
    place: Place,
    running: Arc<Semaphore>,
    threads: Option<Runtime>,
}

impl Query {
    /// Searches the events that `reader` sees.
    ///
    /// # Errors
    /// When the threads for searching cannot be started.
    pub fn new(reader: LakeReader) -> Result<Self, QueryError> {
        let n_threads = available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = Builder::new_multi_thread()
            .worker_threads(n_threads)
            .thread_name("query")
            .thread_stack_size(STACK_BYTES)
            .enable_all()
            .build()
            .map_err(QueryError::Start)?;
        Ok(Self {
            place: Place {
                reader,
                environment: Arc::default(),
                #[cfg(feature = "grid")]
                grid: None,
            },
            running: Arc::new(Semaphore::new(CONCURRENT_MAX)),
            threads: Some(threads),
        })
    }

    /// Hands large searches to `grid`.
    #[cfg(feature = "grid")]
    #[must_use]
    pub fn with_grid(mut self, grid: Grid) -> Self {
        self.place.grid = Some(grid);
        self
    }

    /// Runs one reading statement over all events taken in so far, which show of patients what `sight` allows.
    ///
    /// # Errors
    /// When the statement is wrong or does more than read, a limit is reached, or the log cannot be read.
    pub async fn sql(&self, sql: &str, sight: Sight, limits: Limits) -> Result<Table, QueryError> {
        let (place, sql) = (self.place.clone(), sql.to_owned());
        self.in_turn(limits, |stop| async move {
            search::run(&place, &sql, &sight, limits, &stop).await
        })
        .await
    }

    /// As [`Query::sql`], with the rows as one Parquet file of at most [`PARQUET_BYTES_MAX`].
    ///
    /// # Errors
    /// As [`Query::sql`].
    pub async fn parquet(
        &self,
        sql: &str,
        sight: Sight,
        limits: Limits,
    ) -> Result<ParquetFile, QueryError> {
        let (place, sql) = (self.place.clone(), sql.to_owned());
        self.in_turn(limits, |stop| async move {
            search::run_to_parquet(&place, &sql, &sight, limits, &stop).await
        })
        .await
    }

    /// Runs a search on the threads for searching, when its turn comes and within its time.
    async fn in_turn<T: Send + 'static, S>(
        &self,
        limits: Limits,
        search: impl FnOnce(StopFlag) -> S,
    ) -> Result<T, QueryError>
    where
        S: Future<Output = Result<T, QueryError>> + Send + 'static,
    {
        let Some(threads) = &self.threads else { return Err(search::ended()) };
        let running = Arc::clone(&self.running);
        let stop = StopFlag::default();
        let search = search(stop.clone());
        let search = async move {
            let _turn = running.acquire().await.map_err(|_| search::ended())?;
            search.await
        };
        let mut running = Running { task: threads.spawn(search), stop };
        let longest = Duration::from_secs(limits.seconds.into());
        match tokio::time::timeout(longest, &mut running.task).await {
            Ok(Ok(result)) => result,
            Ok(Err(error)) => Err(QueryError::Failed { message: error.to_string() }),
            Err(_) => Err(QueryError::TooSlow { seconds: limits.seconds }),
        }
    }
}

impl Drop for Query {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}

/// A search whose caller went away, or whose time is up, stops.
struct Running<T> {
    task: JoinHandle<T>,
    stop: StopFlag,
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.stop.stop();
        self.task.abort();
    }
}

#[cfg(test)]
mod tests;
