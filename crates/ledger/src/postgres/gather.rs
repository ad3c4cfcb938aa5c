//! Questions that come while another is under way are asked together, in one statement: a server spends far more on a question than
//! on a row.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{Error, Row};

use super::fault_of;
use super::link::Link;
use crate::error::Fault;
use crate::plan::Place;

/// Most places in one statement: bodies may be large, and a statement's rows are in memory at once.
const PLACES_MAX: usize = 128;

/// Places that somebody wants to know the rows of, and where the rows go.
type Question<T> = (Vec<Place>, oneshot::Sender<Result<Vec<T>, Fault>>);

/// Asks for rows by their places.
pub(super) struct Gather<T> {
    questions: mpsc::UnboundedSender<Question<T>>,
}

/// How the rows are asked for and read.
pub(super) struct Rows<T> {
    /// With the shelves as `$1` and the keys as `$2`.
    pub(super) sql: &'static str,
    pub(super) read: fn(&Row) -> Result<T, Error>,
    pub(super) place: fn(&T) -> (&str, &str),
}

impl<T: Clone + Send + Sync + 'static> Gather<T> {
    /// Asks over `link` as long as this value lives.
    pub(super) fn new(link: Arc<Link>, rows: Rows<T>) -> Self {
        let (questions, mut waiting) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(batch) = next_batch(&mut waiting).await {
                ask(&link, &rows, batch).await;
            }
        });
        Self { questions }
    }

    /// The rows that are there, in any order.
    pub(super) async fn at(&self, places: &[(&str, &str)]) -> Result<Vec<T>, Fault> {
        // PostgreSQL cannot spell NUL, so nothing lies there; the question would fail for all who ask together.
        let asked =
            places.iter().filter(|(shelf, key)| !shelf.contains('\0') && !key.contains('\0'));
        let asked: Vec<Place> =
            asked.map(|(shelf, key)| ((*shelf).to_owned(), (*key).to_owned())).collect();
        if asked.is_empty() {
            return Ok(vec![]);
        }
        let (reply, rows) = oneshot::channel();
        self.questions.send((asked, reply)).map_err(|_| Fault::Stopped)?;
        rows.await.map_err(|_| Fault::Stopped)?
    }
}

/// What waits, as much as goes into one statement; `None` when nobody will ask any more.
async fn next_batch<T>(
    waiting: &mut mpsc::UnboundedReceiver<Question<T>>,
) -> Option<Vec<Question<T>>> {
    let first = waiting.recv().await?;
    let mut n_places = first.0.len();
    let mut batch = vec![first];
    while n_places < PLACES_MAX
        && let Ok(next) = waiting.try_recv()
    {
        n_places += next.0.len();
        batch.push(next);
    }
    Some(batch)
}

async fn ask<T: Clone>(link: &Link, rows: &Rows<T>, batch: Vec<Question<T>>) {
    match found(link, rows, &batch).await {
        Ok(found) => {
            let by_place: HashMap<(&str, &str), &T> =
                found.iter().map(|row| ((rows.place)(row), row)).collect();
            for (places, reply) in batch {
                let rows = places.iter().filter_map(|(shelf, key)| {
                    by_place.get(&(shelf.as_str(), key.as_str())).map(|row| T::clone(row))
                });
                // Whoever went away no longer wants to know.
                drop(reply.send(Ok(rows.collect())));
            }
        }
        Err(fault) => {
            for (_, reply) in batch {
                drop(reply.send(Err(fault.clone())));
            }
        }
    }
}

async fn found<T>(link: &Link, rows: &Rows<T>, batch: &[Question<T>]) -> Result<Vec<T>, Fault> {
    let mut places: Vec<&Place> = batch.iter().flat_map(|(places, _)| places).collect();
    places.sort_unstable();
    places.dedup();
    let (shelves, keys): (Vec<&str>, Vec<&str>) =
        places.into_iter().map(|(shelf, key)| (shelf.as_str(), key.as_str())).unzip();
    let session = link.session().await?;
    let statement = session.statement(rows.sql).await.map_err(fault_of)?;
    let found = session.client.query(&statement, &[&shelves, &keys]).await.map_err(fault_of)?;
    found.iter().map(|row| (rows.read)(row).map_err(fault_of)).collect()
}
