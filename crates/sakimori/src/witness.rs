//! The journal as a witness of the log: each sealed head is written down where whoever changes the log alone does not reach.

use sakimori_lake::Lake;
use sakimori_ledger::{Fact, LedgerError, Put, Store};
use sakimori_words::Instant;
use serde_json::json;

const STREAM: &str = "log";
const SHELF: &str = "log_witness";
const KEY: &str = "newest";

/// Writes down the newest signed checkpoint of `lake`.
///
/// # Errors
/// When the ledger refuses; the next seal is witnessed again.
pub(crate) async fn write(lake: &Lake, store: &dyn Store, now: Instant) -> Result<(), LedgerError> {
    // A log that cannot be read tells so elsewhere; there is nothing to witness then.
    let Ok(Some(note)) = lake.reader().checkpoint().await else { return Ok(()) };
    let mut fact = Fact::new(STREAM, "sealed", now, "system", &json!({ "checkpoint": note }))?;
    fact.puts.push(Put::new(SHELF, KEY, &note)?);
    store.commit(vec![fact]).await.map(drop)
}

/// What was witnessed; nothing for a log that was never sealed.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) async fn of(store: &dyn Store) -> Result<Vec<String>, LedgerError> {
    let record = store.get(SHELF, KEY).await?;
    Ok(record.map(|record| record.read()).transpose()?.into_iter().collect())
}
